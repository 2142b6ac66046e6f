"""The power goes out while neighbours keep sending: nothing acknowledged is lost or doubled."""

import contextlib
import threading
from collections import Counter
from dataclasses import dataclass, field
from random import Random

import requests
from pytest import fixture, mark
from sqlalchemy import text

from signaal.db import Database
from signaal.intake.model import keyed
from signaal.outside.console import webhook_token
from signaal.ports import webhook_signature
from signaal.settings import Settings
from tests.clusters import Cluster, start_cluster
from tests.running import (
    Running,
    demo_environment,
    few_simulations,
    free_port,
    serve,
    signaal,
)

SENDERS = 6
CONVERSATIONS = (
    ("8021 AC 14 al weken herrie",),
    ("ergens is het een troep", "8021 AC 12"),
    ("8021AC 12 ik maak me zorgen", "en het wordt erger"),
    ("8021 AC 10 er wordt iemand mishandeld",),
)
"""Each neighbour sends one of these; a second message comes after the first was acknowledged."""
AWAY = 503
LAST_WORDS = 2000
PATIENCE = 1200
"""Moments of 50 ms; who waits longer finds in the books what is wrong."""


@dataclass(frozen=True)
class Mains:
    """What hangs on the mains: Signaal, and on PostgreSQL a database server of its own."""

    environment: dict[str, str]
    cluster: Cluster | None

    @property
    def settings(self) -> Settings:
        return Settings(
            data_dir=self.environment["SIGNAAL_DATA_DIR"],
            database_url=self.environment["SIGNAAL_DATABASE_URL"],
            public_url=self.environment["SIGNAAL_PUBLIC_URL"],
        )

    def cut(self, running: Running) -> None:
        running.kill()
        self.cut_database()

    def cut_database(self) -> None:
        if self.cluster:
            self.cluster.crash()
            self.cluster.start()


@dataclass
class Sender:
    """One provider's front end: sends each message again until it is acknowledged."""

    number: int
    settings: Settings
    stop: threading.Event
    acknowledged: list[str] = field(default_factory=list)
    unsure: list[str] = field(default_factory=list)
    odd_answers: Counter[int] = field(default_factory=Counter)
    away: int = 0

    def run(self) -> None:
        with requests.Session() as session:
            session.trust_env = False
            for neighbour in range(10_000):
                for turn, body in enumerate(CONVERSATIONS[neighbour % len(CONVERSATIONS)]):
                    if self.stop.is_set():
                        return
                    sid = f"SM{self.number:08d}{neighbour:016d}{turn:08d}"
                    taken = self._send_until_taken(session, sid, neighbour, body)
                    (self.acknowledged if taken else self.unsure).append(sid)

    def _send_until_taken(
        self, session: requests.Session, sid: str, neighbour: int, body: str
    ) -> bool:
        url = f"{self.settings.public_url}/haak/sms"
        form = {
            "MessageSid": sid,
            "From": f"+316{self.number + 1:04d}{neighbour:04d}",
            "To": self.settings.line_number,
            "Body": body,
        }
        signature = webhook_signature(url=url, form=form, token=webhook_token(self.settings))
        while not self.stop.is_set():
            with contextlib.suppress(requests.RequestException):
                answer = session.post(
                    url, data=form, headers={"X-Twilio-Signature": signature}, timeout=10
                )
                if answer.status_code == 200:
                    return True
                self.away += 1
                if answer.status_code != AWAY:
                    self.odd_answers[answer.status_code] += 1
            self.stop.wait(0.02)
        return False


@fixture(params=["sqlite", "postgresql"])
def mains(request, tmp_path):
    cluster = start_cluster() if request.param == "postgresql" else None
    environment = demo_environment(tmp_path, free_port(), cluster.url() if cluster else "")
    yield Mains(environment | {"SIGNAAL_POLICIES_DIR": str(few_simulations(tmp_path))}, cluster)
    if cluster:
        cluster.stop()


def cut_the_power(mains: Mains, tmp_path, *, times: int) -> None:
    made = signaal("demo", environment=mains.environment)
    assert made.returncode == 0, made.stderr
    stop = threading.Event()
    senders = [Sender(number, mains.settings, stop) for number in range(SENDERS)]
    threads = [threading.Thread(target=sender.run) for sender in senders]
    running = serve(mains.environment, tmp_path / "0.log")
    for thread in threads:
        thread.start()
    try:
        chance = Random(times)  # noqa: S311 - moments, not secrets
        for cut in range(times):
            wait_for_some_more(senders, stop)
            stop.wait(chance.uniform(0.3, 1.5))  # the moment of the cut: anywhere in the work
            mains.cut(running)
            running = serve(mains.environment, tmp_path / f"{cut + 1}.log")
        mains.cut_database()  # once more, and Signaal must find its database again by itself
        stop.wait(1.0)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
        stop_while_somebody_is_connected(mains, running)
    check_the_books(mains, senders, times=times)


def wait_for_some_more(senders: list[Sender], stop: threading.Event) -> None:
    """On a busy machine too the senders get through between the cuts."""
    wanted = taken_from(senders) + SENDERS
    for _ in range(PATIENCE):
        if taken_from(senders) > wanted:
            return
        stop.wait(0.05)


def taken_from(senders: list[Sender]) -> int:
    return sum(len(sender.acknowledged) for sender in senders)


def stop_while_somebody_is_connected(mains: Mains, running: Running) -> None:
    with requests.Session() as browser:
        browser.trust_env = False
        answer = browser.get(f"{mains.settings.public_url}/gezond", timeout=10)
        code = running.stop()
    assert (answer.status_code, code) == (200, 0), running.words()[-LAST_WORDS:]


def check_the_books(mains: Mains, senders: list[Sender], *, times: int) -> None:
    acknowledged = [sid for sender in senders for sid in sender.acknowledged]
    unsure = [sid for sender in senders for sid in sender.unsure]
    odd = sum((sender.odd_answers for sender in senders), Counter())
    books = read_the_books(mains.settings)
    print(  # the figures that a soak reports
        f"{len(acknowledged)} acknowledged, {len(unsure)} unsure, {times} cuts,"
        f" {sum(sender.away for sender in senders)} times 503; in the books:"
        f" {len(books.messages)} messages, {len(books.reports)} reports,"
        f" {books.replies.total()} replies, {books.cases.total()} night cases"
    )
    assert odd == {}, "nothing but yes or come back later"
    assert len(acknowledged) > SENDERS * times, "the senders got through between the cuts"
    pepper = mains.settings.reporter_pepper.get_secret_value()
    keys = {sid: keyed(pepper, "provider", sid) for sid in (*acknowledged, *unsure)}

    lost = [sid for sid in acknowledged if books.messages.get(keys[sid]) is None]
    assert lost == [], "every acknowledged message ended in a report"
    assert set(books.messages) <= set(keys.values()), "nobody else wrote"
    per_report = Counter(books.messages.values())
    assert set(per_report) == set(books.reports), "each report came in by a message"
    assert len(per_report) == len(neighbours_of(books.messages, keys)), "one for each neighbour"
    assert books.replies == per_report, "each message has its one reply in the outbox"
    considered = {report for report, acute in books.reports.items() if acute == "considered"}
    assert books.cases == Counter(considered), "each danger that was looked at has one case"


def neighbours_of(messages: dict[str, str], keys: dict[str, str]) -> set[str]:
    """The neighbours whose messages are in the books: a message's id without its turn."""
    return {sid[:-8] for sid, key in keys.items() if key in messages}


@dataclass(frozen=True)
class Books:
    """What the database holds of the messages that came in.

    Attributes:
        messages: By the message's keyed id, the report in which it ended.
        reports: By the report's id, "considered" when it was acute and somebody was warned.
        replies: How many replies each report has in the outbox.
        cases: How many night cases each report has.
    """

    messages: dict[str, str]
    reports: dict[str, str]
    replies: Counter[str]
    cases: Counter[str]


def read_the_books(settings: Settings) -> Books:
    database = Database(settings.database)
    with database.reading() as session:

        def ask(question: str) -> list[tuple]:
            return [tuple(row) for row in session.connection().execute(text(question))]

        messages = ask("SELECT provider_key, report_id FROM inbound_text")
        reports = ask(
            "SELECT id, urgency = 'acute' AND considered_at IS NOT NULL, reference FROM report"
            " WHERE provider_key IS NOT NULL"
        )
        replies = ask("SELECT key FROM outbox WHERE key LIKE 'report:%'")
        contacts = ask("SELECT key FROM night_contact")
    database.close()
    names = {reference: plain(report) for report, _acute, reference in reports}
    return Books(
        messages={key: plain(report) for key, report in messages},
        reports={plain(report): "considered" if acute else "" for report, acute, _ in reports},
        replies=Counter(plain(key.split(":")[1]) for (key,) in replies),
        cases=Counter(names[key.removeprefix("report:")] for (key,) in contacts),
    )


def plain(key: object) -> str:
    """A UUID, as either database gives it, in one way of writing."""
    return str(key).replace("-", "")


def test_three_power_cuts_lose_nothing_and_double_nothing(mains, tmp_path) -> None:
    cut_the_power(mains, tmp_path, times=3)


@mark.soak
def test_ten_power_cuts_lose_nothing_and_double_nothing(mains, tmp_path) -> None:
    cut_the_power(mains, tmp_path, times=10)
