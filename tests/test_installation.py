"""The compose file and the image say what the code says, although no engine runs here."""

import re
import tomllib
from pathlib import Path

import yaml
from pytest import fixture, mark

from signaal.cli import commands
from signaal.settings import Settings

ROOT = Path(__file__).parent.parent
ENVIRONMENT_OF_COMPOSE = {"SIGNAAL_DATABASE_PASSWORD", "SIGNAAL_ROTA"}
"""Variables that compose itself fills in, unknown to the program."""


@fixture(scope="module")
def compose() -> dict:
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))


@fixture(scope="module")
def image() -> str:
    return (ROOT / "Dockerfile").read_text(encoding="utf-8")


def ours(compose: dict) -> dict:
    return {n: s for n, s in compose["services"].items() if s.get("image") == "signaal"}


def test_web_worker_migration_database_and_proxy_are_there(compose) -> None:
    assert set(compose["services"]) == {"database", "migrate", "web", "worker", "proxy"}
    assert set(ours(compose)) == {"migrate", "web", "worker"}


def test_every_variable_is_a_setting_that_the_program_reads(compose) -> None:
    known = {f"SIGNAAL_{name.upper()}" for name in Settings.model_fields}
    for service in ours(compose).values():
        assert set(service["environment"]) <= known
    mentioned = set(re.findall(r"\$\{(SIGNAAL_\w+)", yaml.safe_dump(compose)))
    assert mentioned <= known | ENVIRONMENT_OF_COMPOSE


def test_no_secret_stands_in_the_file(compose) -> None:
    for service in compose["services"].values():
        for name, value in service.get("environment", {}).items():
            if re.search(r"KEY|TOKEN|PASSWORD|PEPPER|SID", name):
                assert re.fullmatch(r"\$\{\w+:\?\}", value), f"{name} must come from outside"


def test_every_command_exists(compose) -> None:
    for name in ("migrate", "worker"):
        program, *words = compose["services"][name]["command"]
        assert program == "signaal"
        command = commands
        for word in words:
            command = command.commands[word]
        assert command.callback
    program, *words = compose["services"]["web"]["command"]
    assert program == "gunicorn"
    assert words[-1] == "signaal.app:production()"
    from signaal import app

    assert callable(app.production)


def test_ports_and_health_paths_meet(compose, image) -> None:
    web = compose["services"]["web"]
    assert "--bind=0.0.0.0:8000" in web["command"]
    assert "EXPOSE 8000" in image
    assert "proxy_pass http://web:8000;" in compose["configs"]["proxy"]["content"]
    check = web["healthcheck"]["test"][-1]
    compile(check, "health check", "exec")
    assert "http://127.0.0.1:8000/gezond" in check
    assert "proxy_request_buffering on;" in compose["configs"]["proxy"]["content"]
    url = web["environment"]["SIGNAAL_DATABASE_URL"]
    assert url.endswith("@database:5432/signaal")
    assert compose["services"]["database"]["environment"]["POSTGRES_DB"] == "signaal"
    assert compose["services"]["proxy"]["ports"] == ["127.0.0.1:8080:80"]


def test_volumes_are_declared_and_writable_places_are_the_images(compose, image) -> None:
    for service in compose["services"].values():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert source in compose["volumes"] or source.startswith("$"), source
    data_dir = ours(compose)["web"]["environment"]["SIGNAAL_DATA_DIR"]
    assert f"VOLUME {data_dir}" in image
    assert "USER signaal" in image


def test_everything_that_depends_on_the_database_waits_for_it(compose) -> None:
    services = compose["services"]
    assert services["migrate"]["depends_on"]["database"]["condition"] == "service_healthy"
    for name in ("web", "worker"):
        condition = services[name]["depends_on"]["migrate"]["condition"]
        assert condition == "service_completed_successfully"
    assert "pg_isready" in services["database"]["healthcheck"]["test"][-1]


def test_the_image_copies_what_exists_and_what_the_ignore_file_lets_through(image) -> None:
    allowed = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    for line in re.findall(r"^COPY (?!--from)(.+)$", image, re.MULTILINE):
        *sources, _target = line.split()
        for source in sources:
            assert (ROOT / source).exists(), source
            assert f"!{source}" in allowed, source


@mark.parametrize("extra", ["postgresql", "compose"])
def test_the_lock_file_of_the_image_holds_what_the_project_asks_for(extra) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = project["dependencies"] + project["optional-dependencies"][extra]
    names = {re.split(r"[\[<>=]", each)[0].lower() for each in wanted}
    locked = (ROOT / "requirements/server.lock").read_text(encoding="utf-8")
    pinned = {line.split("==")[0].lower() for line in locked.splitlines() if "==" in line}
    assert names <= pinned


def test_lock_files_hold_hashes_and_no_addresses() -> None:
    for path in (ROOT / "requirements").glob("*.lock"):
        text = path.read_text(encoding="utf-8")
        assert "://" not in text
        for pinned in re.split(r"\n(?=\S)", text.strip()):
            assert "--hash=sha256:" in pinned, pinned.splitlines()[0]
