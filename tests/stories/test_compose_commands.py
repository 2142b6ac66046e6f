"""The very commands of docker-compose.yml, as processes: tables, places, a text, a dead worker."""

import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import requests
import yaml
from pytest import fixture

from signaal.clock import SystemClock
from signaal.simulator.delivery import over_http
from signaal.simulator.network import ACCOUNT_SID, FakeNetwork
from tests.running import ROOT, Running, free_port, wait_until_healthy
from tests.stories.stage import LINE, NEIGHBOUR, TOKEN, code_in, open_door, served

PUBLIC_URL = "https://signaal.example.nl"
DEMO = ROOT / "geodata" / "demo"
BIND = re.compile(r"0\.0\.0\.0:8000|127\.0\.0\.1:8000")
FROM_OUTSIDE = {
    "SIGNAAL_DATABASE_PASSWORD": "an invented password",
    "SIGNAAL_PUBLIC_URL": PUBLIC_URL,
    "SIGNAAL_SECRET_KEY": "an invented secret for cookies and forms",
    "SIGNAAL_MASTER_KEY": "an invented secret that wraps data keys",
    "SIGNAAL_REPORTER_PEPPER": "an invented secret behind the tokens",
    "SIGNAAL_LINE_NUMBER": LINE,
    "SIGNAAL_TWILIO_ACCOUNT_SID": ACCOUNT_SID,
    "SIGNAAL_TWILIO_AUTH_TOKEN": TOKEN,
}
PATIENCE = 600
A_MOMENT = 0.1


@dataclass
class Composed:
    """What compose would start, with only addresses and folders of this machine put in."""

    services: dict[str, dict]
    places: dict[str, str]
    port: int
    logs: Path
    network: FakeNetwork
    network_address: str

    def command(self, name: str) -> list[str]:
        here = f"127.0.0.1:{self.port}"
        return [BIND.sub(here, word) for word in self.services[name]["command"]]

    def health_check(self) -> list[str]:
        kind, *words = self.services["web"]["healthcheck"]["test"]
        assert kind == "CMD"
        return [BIND.sub(f"127.0.0.1:{self.port}", word) for word in words]

    def environment(self, name: str) -> dict[str, str]:
        given = {
            key: re.sub(r"\$\{(\w+):\?\}", lambda found: FROM_OUTSIDE[found[1]], value)
            for key, value in self.services[name]["environment"].items()
        }
        for there, here in self.places.items():
            assert any(there in value for value in given.values()), there
            given = {key: value.replace(there, here) for key, value in given.items()}
        rehearsal = {"SIGNAAL_TWILIO_API_URL": self.network_address}
        return {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin"} | given | rehearsal

    def run(self, name: str, *command: str) -> str:
        """One command that ends by itself, in this service's surroundings."""
        done = subprocess.run(
            command or self.command(name),
            env=self.environment(name),
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout

    def start(self, name: str, log: str) -> Running:
        """One service that goes on."""
        return Running(
            *self.command(name), environment=self.environment(name), log=self.logs / f"{log}.log"
        )

    def wait_for(self, condition: Callable[[], bool], *processes: Running) -> None:
        for _ in range(PATIENCE):
            self.network.catch_up()
            if condition():
                return
            assert all(process.alive for process in processes), processes[0].words()[-2000:]
            threading.Event().wait(A_MOMENT)
        raise AssertionError([process.words()[-2000:] for process in processes])


@fixture
def composed(cluster, tmp_path) -> Iterator[Composed]:
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    owner = compose["services"]["database"]["environment"]
    name, user = owner["POSTGRES_DB"], owner["POSTGRES_USER"]
    with psycopg.connect(cluster.url(), autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {user} LOGIN")
        connection.execute(f"CREATE DATABASE {name} OWNER {user}")
    port = free_port()
    network = FakeNetwork(
        SystemClock(),
        over_http(f"http://127.0.0.1:{port}"),
        token=TOKEN,
        base_url=PUBLIC_URL,
        lines=(LINE,),
    )
    network.add_phone(NEIGHBOUR)
    data = tmp_path / "data"
    data.mkdir()
    places = {
        "@database:5432/": f"@127.0.0.1:{cluster.port}/",
        "/var/lib/signaal": str(data),
        "/etc/signaal/rota.toml": str(DEMO / "rota.toml"),
    }
    door, address = open_door()
    with served(network.rest_app(), door):
        yield Composed(compose["services"], places, port, tmp_path, network, address)
    assert network.unexpected == []
    assert network.unread() == []
    with psycopg.connect(cluster.url(), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
        connection.execute(f"DROP ROLE {user}")


def leads(worker: Running) -> bool:
    return "worker leads" in worker.words()


def test_the_services_of_the_compose_file_take_in_answer_and_survive_a_dead_worker(
    composed,
) -> None:
    network = composed.network
    too_early = subprocess.run(
        composed.command("worker"),
        env=composed.environment("worker"),
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert too_early.returncode == 2
    assert "signaal db upgrade" in too_early.stderr

    assert "up to date" in composed.run("migrate")
    told = composed.run(
        "migrate",
        *("signaal", "places", "load"),
        *("--neighbourhoods", str(DEMO / "neighbourhoods.gpkg")),
        *("--dwellings", str(DEMO / "addresses.csv.gz")),
    )
    assert told

    web = composed.start("web", "web")
    first = composed.start("worker", "worker-1")
    second = None
    try:
        wait_until_healthy(composed.port, web)
        composed.run("web", *composed.health_check())
        composed.wait_for(lambda: leads(first), web, first)
        second = composed.start("worker", "worker-2")

        network.text(NEIGHBOUR, LINE, "8021 AC 14 al weken herrie 's nachts")
        composed.wait_for(lambda: bool(network.texts(NEIGHBOUR)), web, first)
        receipt = network.read_text(NEIGHBOUR, f"{PUBLIC_URL}/volgen", "code")
        assert code_in(receipt)
        assert second.alive
        assert not leads(second)

        first.kill()
        network.text(NEIGHBOUR, LINE, "en het wordt steeds erger")
        composed.wait_for(lambda: len(network.texts(NEIGHBOUR)) > 1, web, second)
        network.read_text(NEIGHBOUR, "bij uw melding gezet")
        assert leads(second)

        forged = requests.post(
            f"http://127.0.0.1:{composed.port}/haak/sms",
            data={"MessageSid": "SM1", "From": NEIGHBOUR, "Body": "herrie"},
            headers={"X-Twilio-Signature": "forged"},
            timeout=10,
        )
        page = requests.get(f"http://127.0.0.1:{composed.port}/kaart", timeout=10)
        assert (forged.status_code, page.status_code) == (403, 403)
        assert second.stop() == 0
        assert web.stop() == 0
    finally:
        for process in (web, first, second):
            if process is not None and process.alive:
                process.kill()
