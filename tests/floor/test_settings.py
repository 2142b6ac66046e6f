from pytest import fixture, mark, raises

from signaal.errors import UnsafeSetting
from signaal.settings import DEMO_SECRET, read_settings

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


@mark.parametrize("address", ["https://signaal.example.nl", "http://192.0.2.7:8000"])
def test_the_demo_has_no_address_that_others_can_reach(environment, address) -> None:
    environment(SIGNAAL_PUBLIC_URL=address)
    with raises(UnsafeSetting, match=r"SIGNAAL_PUBLIC_URL.*SIGNAAL_MODE=production") as refused:
        read_settings()
    assert str(refused.value).count("SIGNAAL_MODE=production") == 2


@mark.parametrize("address", ["http://localhost:1", "http://[::1]:8000", "http://127.0.0.1:9"])
def test_the_demo_stands_on_any_name_of_this_machine(environment, address) -> None:
    environment(SIGNAAL_PUBLIC_URL=address)
    assert read_settings().public_url == address


@mark.parametrize("name", ["SECRET_KEY", "MASTER_KEY", "REPORTER_PEPPER", "TWILIO_ACCOUNT_SID"])
def test_a_forgotten_mode_opens_no_installation_with_secrets_of_its_own(environment, name) -> None:
    environment(**{f"SIGNAAL_{name}": PRODUCTION[f"SIGNAAL_{name}"]})
    with raises(UnsafeSetting, match=f"SIGNAAL_{name}.*SIGNAAL_MODE=production") as refused:
        read_settings()
    assert PRODUCTION[f"SIGNAAL_{name}"] not in str(refused.value)


def test_a_production_environment_without_its_mode_is_refused_once_for_each_thing(
    environment,
) -> None:
    environment(**{name: value for name, value in PRODUCTION.items() if name != "SIGNAAL_MODE"})
    with raises(UnsafeSetting) as refused:
        read_settings()
    assert len(str(refused.value).splitlines()) == 2


@mark.parametrize(
    ("given", "said"),
    [
        ({"SMTP_HOST": "mail.example.nl"}, "SIGNAAL_MAIL_FROM"),
        ({"MAIL_FROM": "signaal@example.nl"}, "SIGNAAL_SMTP_HOST"),
        ({"SMTP_HOST": "mail.example.nl", "SMTP_SECURITY": "none"}, "SIGNAAL_SMTP_SECURITY"),
        ({"SMTP_HOST": "mail.example.nl", "MAIL_FROM": "Signaal <a@b.nl>"}, "SIGNAAL_MAIL_FROM"),
    ],
)
def test_mail_that_could_not_be_sent_safely_is_refused(environment, given, said) -> None:
    environment(**{f"SIGNAAL_{name}": value for name, value in given.items()})
    with raises(UnsafeSetting, match=said):
        read_settings()


def test_secrets_left_empty_or_as_they_are_shipped_are_the_demos(environment) -> None:
    environment(SIGNAAL_SECRET_KEY=DEMO_SECRET, SIGNAAL_TWILIO_ACCOUNT_SID="")
    assert read_settings().is_demo


def test_a_key_file_without_a_mode_is_refused_as_well(key_file, monkeypatch) -> None:
    key_file("b" * 40)
    for name in PRODUCTION:
        monkeypatch.delenv(name, raising=False)
    with raises(UnsafeSetting, match=r"SIGNAAL_MASTER_KEY.*SIGNAAL_MODE=production"):
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
