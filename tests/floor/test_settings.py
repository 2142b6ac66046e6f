from pytest import fixture, mark, raises

from signaal.errors import UnsafeSetting
from signaal.settings import read_settings

PRODUCTION = {
    "SIGNAAL_MODE": "production",
    "SIGNAAL_PUBLIC_URL": "https://signaal.example.nl",
    "SIGNAAL_SECRET_KEY": "a" * 40,
    "SIGNAAL_MASTER_KEY": "b" * 40,
    "SIGNAAL_REPORTER_PEPPER": "c" * 40,
    "SIGNAAL_CARRIER": "twilio",
    "SIGNAAL_TWILIO_ACCOUNT_SID": "AC1",
    "SIGNAAL_TWILIO_AUTH_TOKEN": "d" * 32,
    "SIGNAAL_ROTA_FILE": "rota.toml",
}


@fixture
def environment(monkeypatch):
    def give(**values: str) -> None:
        for name, value in values.items():
            monkeypatch.setenv(name, value)

    return give


def test_the_demo_needs_no_settings() -> None:
    assert read_settings().is_demo


def test_a_whole_production_environment_is_taken(environment) -> None:
    environment(**PRODUCTION)
    assert not read_settings().is_demo


@mark.parametrize(
    ("name", "value", "said"),
    [
        ("SIGNAAL_PUBLIC_URL", "http://signaal.example.nl", "https://"),
        ("SIGNAAL_PUBLIC_URL", "signaal.example.nl", "volledig webadres"),
        ("SIGNAAL_SECRET_KEY", "only-for-the-demo-never-for-real-people", "SIGNAAL_SECRET_KEY"),
        ("SIGNAAL_MASTER_KEY", "short", "SIGNAAL_MASTER_KEY"),
        ("SIGNAAL_REPORTER_PEPPER", "", "SIGNAAL_REPORTER_PEPPER"),
        ("SIGNAAL_CARRIER", "console", "SIGNAAL_CARRIER=twilio"),
        ("SIGNAAL_CARRIER", "pigeon", "SIGNAAL_CARRIER is niet bruikbaar"),
        ("SIGNAAL_TWILIO_AUTH_TOKEN", "", "SIGNAAL_TWILIO_AUTH_TOKEN"),
        ("SIGNAAL_TWILIO_API_URL", "http://elsewhere.example", "SIGNAAL_TWILIO_API_URL"),
        ("SIGNAAL_PORT", "0", "SIGNAAL_PORT"),
        ("SIGNAAL_LINE_NUMBER", "abc", "SIGNAAL_LINE_NUMBER"),
        ("SIGNAAL_LINE_NUMBER", "", "SIGNAAL_LINE_NUMBER"),
        ("SIGNAAL_DATABASE_URL", "nonsense", "SIGNAAL_DATABASE_URL"),
        ("SIGNAAL_DATABASE_URL", "mysql://x/y", "SIGNAAL_DATABASE_URL"),
        ("SIGNAAL_PUBLIC_URL", "http://[::1", "SIGNAAL_PUBLIC_URL"),
        ("SIGNAAL_PUBLIC_URL", "https://x.example:99999", "SIGNAAL_PUBLIC_URL"),
        ("SIGNAAL_MODE", "test", "SIGNAAL_MODE"),
    ],
)
def test_an_unsafe_setting_is_refused_with_its_name_and_mend(
    environment, name, value, said
) -> None:
    environment(**(PRODUCTION | {name: value}))
    with raises(UnsafeSetting, match=said) as caught:
        read_settings()
    assert " / " in str(caught.value), "in Dutch and in English"


def test_the_demo_listens_to_this_machine_only(environment) -> None:
    environment(SIGNAAL_HOST="0.0.0.0")  # noqa: S104 - refused
    with raises(UnsafeSetting, match="SIGNAAL_HOST"):
        read_settings()


def test_a_refusal_never_repeats_a_secret(environment) -> None:
    environment(**(PRODUCTION | {"SIGNAAL_MASTER_KEY": "hunter2", "SIGNAAL_PORT": "x"}))
    with raises(UnsafeSetting) as caught:
        read_settings()
    assert "hunter2" not in str(caught.value)


# -- the master key in a file ----------------------------------------------------------------


@fixture
def key_file(tmp_path, environment):
    """A production environment whose master key stands in a file."""

    def write(text: str | bytes, mode: int = 0o600) -> None:
        path = tmp_path / "master.key"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        path.chmod(mode)
        given = {name: value for name, value in PRODUCTION.items() if "MASTER" not in name}
        environment(**given, SIGNAAL_MASTER_KEY_FILE=str(path))

    return write


def test_the_master_key_may_stand_in_a_file_that_only_we_can_read(key_file) -> None:
    key_file("b" * 40 + "\n")
    assert read_settings().master_key.get_secret_value() == "b" * 40


@mark.parametrize(
    ("text", "mode", "said"),
    [
        ("", 0o600, "is leeg"),
        (" \n", 0o600, "is leeg"),
        ("short", 0o600, "minstens 32 tekens"),
        ("only-for-the-demo-never-for-real-people", 0o600, "eigen geheim"),
        (b"\xff" * 40, 0o600, "niet te lezen"),
        ("b" * 40, 0o640, "leesbaar voor anderen"),
        ("b" * 40, 0o604, "leesbaar voor anderen"),
    ],
)
def test_an_unusable_key_file_is_refused_in_two_languages(key_file, text, mode, said) -> None:
    key_file(text, mode)
    with raises(UnsafeSetting) as refused:
        read_settings()
    assert said in str(refused.value)
    assert "SIGNAAL_MASTER_KEY" in str(refused.value).split(" / ")[1]
    assert "b" * 40 not in str(refused.value)


def test_a_missing_key_file_is_refused(key_file, environment, tmp_path) -> None:
    key_file("b" * 40)
    environment(SIGNAAL_MASTER_KEY_FILE=str(tmp_path / "elsewhere"))
    with raises(UnsafeSetting, match="niet te lezen"):
        read_settings()


def test_a_folder_is_no_key_file(key_file, environment, tmp_path) -> None:
    key_file("b" * 40)
    environment(SIGNAAL_MASTER_KEY_FILE=str(tmp_path))
    with raises(UnsafeSetting, match="niet te lezen"):
        read_settings()


def test_two_master_keys_are_one_too_many(key_file, environment) -> None:
    key_file("b" * 40)
    environment(SIGNAAL_MASTER_KEY="c" * 40)
    with raises(UnsafeSetting, match="niet allebei"):
        read_settings()
