"""What an operator types, and what is said back."""

import socket

import requests
from pytest import fixture, mark

from tests.running import demo_environment, free_port, serve, signaal


@fixture
def environment(tmp_path):
    return demo_environment(tmp_path / "data", free_port())


def test_help_lists_every_command(environment) -> None:
    said = signaal("--help", environment=environment).stdout
    for command in (
        "db",
        "places",
        "demo",
        "serve",
        "worker",
        "refresh",
        "policies",
        "hotspots",
        "simulate",
        "people",
        "keys",
    ):
        assert f"\n  {command} " in said


def test_help_says_that_rules_can_be_tried_on_the_past(environment) -> None:
    said = signaal("policies", "try", "--help", environment=environment).stdout
    assert "--weeks" in said
    assert "default: 52" in said


def test_an_empty_database_is_refused_with_the_command_that_mends_it(environment) -> None:
    done = signaal("serve", environment=environment)
    assert done.returncode == 2
    assert "signaal db upgrade" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_port_in_use_is_said_in_a_sentence_and_nothing_stays_behind(environment) -> None:
    assert signaal("db", "upgrade", environment=environment).returncode == 0
    with socket.create_server(("127.0.0.1", int(environment["SIGNAAL_PORT"]))):
        done = signaal("serve", environment=environment)
    assert done.returncode == 2
    assert "SIGNAAL_PORT" in done.stderr
    assert "Traceback" not in done.stderr


@mark.parametrize(
    ("name", "value"),
    [
        ("SIGNAAL_MODE", "production"),
        ("SIGNAAL_PUBLIC_URL", "http://[::1"),
        ("SIGNAAL_LINE_NUMBER", "abc"),
        ("SIGNAAL_DATABASE_URL", "nonsense"),
        ("SIGNAAL_DATA_DIR", "/proc/nowhere"),
        ("SIGNAAL_POLICIES_DIR", "/nowhere"),
        ("SIGNAAL_ROTA_FILE", "/nowhere.toml"),
    ],
)
def test_what_is_unsafe_or_broken_never_starts(environment, name, value) -> None:
    done = signaal("serve", environment=environment | {name: value})
    assert done.returncode == 2
    assert " / " in done.stderr, "in Dutch and in English"
    assert "Traceback" not in done.stderr


def test_an_absent_database_is_said_in_a_sentence(environment) -> None:
    absent = environment | {"SIGNAAL_DATABASE_URL": "postgresql://nobody@127.0.0.1:9/nothing"}
    done = signaal("db", "upgrade", environment=absent)
    assert done.returncode == 3
    assert "Traceback" not in done.stderr


def test_policies_are_checked_all_at_once(environment, tmp_path) -> None:
    assert signaal("policies", "check", environment=environment).returncode == 0
    empty = tmp_path / "alerts"
    empty.mkdir()
    done = signaal(
        "policies", "check", environment=environment | {"SIGNAAL_POLICIES_DIR": str(empty)}
    )
    assert done.returncode == 2
    for name in ("categories.toml", "warnings.toml", "oncall.toml"):
        assert name in done.stderr


def test_the_demos_worker_is_part_of_serve(environment) -> None:
    assert signaal("db", "upgrade", environment=environment).returncode == 0
    done = signaal("worker", environment=environment)
    assert done.returncode == 2
    assert "signaal serve" in done.stderr


def test_signaal_does_not_stay_up_without_its_worker(environment, tmp_path) -> None:
    assert signaal("db", "upgrade", environment=environment).returncode == 0
    lock = tmp_path / "data" / "worker.lock"
    lock.unlink(missing_ok=True)
    lock.mkdir()
    done = signaal("serve", environment=environment)
    assert done.returncode == 4


@mark.parametrize(("proxies", "believed"), [("0", False), ("1", True)])
def test_only_a_trusted_proxy_says_that_a_visit_was_encrypted(
    environment, tmp_path, proxies, believed
) -> None:
    given = environment | {"SIGNAAL_TRUSTED_PROXIES": proxies}
    assert signaal("db", "upgrade", environment=given).returncode == 0
    running = serve(given, tmp_path / "log")
    answer = requests.get(
        f"http://127.0.0.1:{given['SIGNAAL_PORT']}/gezond",
        headers={"X-Forwarded-Proto": "https"},
        timeout=10,
    )
    assert running.stop() == 0
    assert ("Strict-Transport-Security" in answer.headers) is believed


def test_commands_of_trust_say_what_they_did_and_what_is_wrong(environment, tmp_path) -> None:
    """In one test, because each command is a process of its own."""

    def say(*words: str):
        return signaal(*words, environment=environment)

    assert say("db", "upgrade").returncode == 0
    invited = ("people", "first", "--organisation", "Gemeente", "--email")
    wrong = say(*invited, "y")
    assert (wrong.returncode, "geen e-mailadres" in wrong.stderr) == (2, True)
    assert "/uitnodiging/" in say(*invited, "beheer@gemeente.example").stdout
    assert "Niemand heeft dit adres" in say("people", "revoke", "--email", "x@y.example").stderr
    assert "alleen geteld" in say("purge", "--dry-run").stdout
    (tmp_path / "key").write_bytes(b"\xff\xfe" * 30)
    unread = say("keys", "change-master", "--new-key-file", str(tmp_path / "key"))
    assert (unread.returncode, "can't be read as text" in unread.stderr) == (2, True)
    whole = say("log", "verify")
    assert (whole.returncode, whole.stderr) == (0, "")
    (tmp_path / "key").write_text("another secret that is long enough to be one")
    assert say("keys", "change-master", "--new-key-file", str(tmp_path / "key")).returncode == 0
    wrong_key = say("log", "verify")
    assert (wrong_key.returncode, " / " in wrong_key.stderr) == (2, True)
    assert "Traceback" not in wrong.stderr + unread.stderr + wrong_key.stderr
