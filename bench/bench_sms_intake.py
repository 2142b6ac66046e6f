"""Durable text messages taken in per second, against a bare Flask that inserts one row.

Both answer only after a commit with `synchronous=FULL` on the same disk, one request at a time,
in process. The bare peer does nothing with the message; Signaal checks the signature, reads the
words, finds the place, seals the text, keeps the dialogue and puts the reply in the outbox.
"""

import logging
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import structlog
from flask import Flask, request

sys.path.insert(0, str(Path(__file__).parent.parent))

from signaal import wiring
from signaal.app import create_app
from signaal.outside.console import webhook_token
from signaal.ports import webhook_signature
from signaal.settings import Settings
from signaal.simulator.town import load_town

MESSAGES = 300
RUNS = 5
BODY = "8021 AC 14 al weken herrie 's nachts"


def bare(folder: Path) -> Callable[[int], None]:
    connection = sqlite3.connect(folder / "bare.db", check_same_thread=False)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE message (id INTEGER PRIMARY KEY, sid TEXT UNIQUE, body TEXT)")
    app = Flask("bare")

    @app.post("/haak/sms")
    def take_in() -> str:
        with connection:
            connection.execute(
                "INSERT INTO message (sid, body) VALUES (?, ?)",
                (request.form["MessageSid"], request.form["Body"]),
            )
        return "<Response/>"

    client = app.test_client()

    def send(number: int) -> None:
        form = {"MessageSid": f"SM{number:032d}", "Body": BODY}
        assert client.post("/haak/sms", data=form).status_code == 200

    return send


def ours(folder: Path) -> Callable[[int], None]:
    settings = Settings(data_dir=folder)
    house = wiring.build(settings)
    wiring.upgrade_database(house.services)
    load_town(house.services, on_progress=lambda _step, _share: None)
    client = create_app(house.services, house.network).test_client()
    token = webhook_token(settings)
    url = settings.public_url + "/haak/sms"

    def send(number: int) -> None:
        form = {
            "MessageSid": f"SM{number:032d}",
            "From": f"+316{number:08d}",
            "To": settings.line_number,
            "Body": BODY,
        }
        signature = webhook_signature(url=url, form=form, token=token)
        answer = client.post("/haak/sms", data=form, headers={"X-Twilio-Signature": signature})
        assert answer.status_code == 200, answer.status_code

    return send


def per_second(send: Callable[[int], None], start: int) -> float:
    begin = time.perf_counter()
    for number in range(start, start + MESSAGES):
        send(number)
    return MESSAGES / (time.perf_counter() - begin)


def main() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        senders = {"bare Flask, one insert": bare(folder), "Signaal": ours(folder)}
        for send in senders.values():
            send(99_999_999)
        rates: dict[str, list[float]] = {label: [] for label in senders}
        for run in range(RUNS):
            for label, send in senders.items():
                rates[label].append(per_second(send, run * MESSAGES))
    medians = {label: statistics.median(found) for label, found in rates.items()}
    print(f"Durable text messages per second (median of {RUNS} runs of {MESSAGES})")
    for label, found in medians.items():
        print(f"  {label:24} {found:8.0f}/s   {1000 / found:6.2f} ms each")
    peer, own = medians.values()
    print(f"  ratio: Signaal takes {peer / own:.1f} x the time of the bare insert")


if __name__ == "__main__":
    main()
