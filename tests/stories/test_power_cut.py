"""The power goes out while neighbours keep sending: nothing acknowledged is lost or doubled."""

import contextlib
import threading
from dataclasses import dataclass, field
from random import Random

import requests
from pytest import fixture, mark
from sqlalchemy import text
from twilio.request_validator import RequestValidator

from signaal.db import Database
from tests.clusters import Cluster, start_cluster
from tests.running import Running, demo_environment, free_port, serve, signaal

SENDERS = 6
TOKEN = "invented-token-for-the-power-cut"
PLACES = ("8021 AC 14 al weken herrie", "ergens is het een troep", "8021AC 12 ik maak me zorgen")


@dataclass(frozen=True)
class Mains:
    environment: dict[str, str]
    cluster: Cluster | None

    def cut(self, running: Running) -> None:
        running.kill()
        if self.cluster:
            self.cluster.crash()
            self.cluster.start()


@dataclass
class Sender:
    """One provider's front end: sends each message again until it is acknowledged."""

    number: int
    port: int
    stop: threading.Event
    acknowledged: list[str] = field(default_factory=list)
    unsure: list[str] = field(default_factory=list)

    def run(self) -> None:
        session = requests.Session()
        for count in range(1_000_000):
            if self.stop.is_set():
                break
            sid = f"SM{self.number:04d}{count:028d}"
            if self._send_until_taken(session, sid, PLACES[count % len(PLACES)]):
                self.acknowledged.append(sid)
            else:
                self.unsure.append(sid)
        session.close()

    def _send_until_taken(self, session: requests.Session, sid: str, body: str) -> bool:
        url = f"http://127.0.0.1:{self.port}/haak/sms"
        form = {
            "MessageSid": sid,
            "From": f"+3161{self.number:03d}{int(sid[-4:]):04d}",
            "To": "+3197010200300",
            "Body": body,
        }
        signature = RequestValidator(TOKEN).compute_signature(url, form)
        while not self.stop.is_set():
            with contextlib.suppress(requests.RequestException):
                answer = session.post(
                    url, data=form, headers={"X-Twilio-Signature": signature}, timeout=10
                )
                if answer.status_code == 200:
                    return True
                assert answer.status_code == 503, answer.status_code
            self.stop.wait(0.02)
        return False


@fixture(params=["sqlite", "postgresql"])
def mains(request, tmp_path):
    """What hangs on the mains: Signaal, and on PostgreSQL a database server of its own."""
    port = free_port()
    token = {"SIGNAAL_TWILIO_AUTH_TOKEN": TOKEN}
    if request.param == "sqlite":
        yield Mains(demo_environment(tmp_path, port) | token, None)
        return
    cluster = start_cluster()
    yield Mains(demo_environment(tmp_path, port, cluster.url()) | token, cluster)
    cluster.stop()


def cut_the_power(mains: Mains, tmp_path, *, times: int) -> None:
    environment = mains.environment
    made = signaal("demo", environment=environment)
    assert made.returncode == 0, made.stderr
    port = int(environment["SIGNAAL_PORT"])
    stop = threading.Event()
    senders = [Sender(number, port, stop) for number in range(SENDERS)]
    threads = [threading.Thread(target=sender.run) for sender in senders]
    running = serve(environment, tmp_path / "0.log")
    for thread in threads:
        thread.start()
    chance = Random(times)  # noqa: S311 - moments, not secrets
    for cut in range(times):
        stop.wait(chance.uniform(0.2, 1.5))  # the moment of the cut: anywhere in the work
        mains.cut(running)
        running = serve(environment, tmp_path / f"{cut + 1}.log")
    stop.wait(0.5)
    stop.set()
    for thread in threads:
        thread.join()
    settle(running)
    check_the_books(environment, senders, times)


def settle(running: Running) -> None:
    assert running.alive
    assert running.stop() == 0


def check_the_books(environment, senders: list[Sender], times: int) -> None:
    from signaal.settings import Settings

    settings = Settings(
        data_dir=environment["SIGNAAL_DATA_DIR"], database_url=environment["SIGNAAL_DATABASE_URL"]
    )
    database = Database(settings.database)
    acknowledged = sum(len(sender.acknowledged) for sender in senders)
    unsure = sum(len(sender.unsure) for sender in senders)
    with database.reading() as session:
        ask = session.connection()
        reports = ask.scalar(text("SELECT count(*) FROM report WHERE channel = 'sms' AND live"))
        without_answer = ask.scalar(text("SELECT count(*) FROM report WHERE false"))
    database.close()
    assert acknowledged > SENDERS * times, "the senders got through between the cuts"
    assert acknowledged <= reports <= acknowledged + unsure, "none lost, none doubled"
    assert without_answer == 0


def test_three_power_cuts_lose_nothing_and_double_nothing(mains, tmp_path) -> None:
    cut_the_power(mains, tmp_path, times=3)


@mark.soak
def test_ten_power_cuts_lose_nothing_and_double_nothing(mains, tmp_path) -> None:
    cut_the_power(mains, tmp_path, times=10)
