"""Where the stories play: Signaal behind a web server, a telephone network before it, and time."""

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from html import unescape
from math import ceil
from pathlib import Path
from threading import Thread
from typing import Any

import requests
import waitress
from pydantic import SecretStr
from sqlmodel import SQLModel, func, select
from waitress.wasyncore import close_all

from signaal import wiring
from signaal.alerting import actions as alerting
from signaal.app import create_app
from signaal.hotspots import actions as hotspots
from signaal.messages import actions as messages
from signaal.oncall import actions as oncall
from signaal.oncall.actions.overview import case_lines
from signaal.outside.twilio import TwilioCarrier, TwilioSignatureCheck
from signaal.services import Services
from signaal.settings import CarrierName, Settings
from signaal.simulator.delivery import over_http
from signaal.simulator.network import ACCOUNT_SID, FakeNetwork
from tests.fakes import SetClock

LINE = "+3197010200300"
NEIGHBOUR = "+31612345001"
ANOTHER_NEIGHBOUR = "+31612345002"
WIJKTEAM = "+3197010200310"
DIENST_A, DIENST_B = "+3197010200301", "+3197010200302"
ACHTERWACHT, MELDKAMER = "+3197010200304", "+3197010200390"
"""Who has duty in this order in the week of the stories (geodata/demo/rota.toml)."""
AT_NIGHT = (DIENST_A, DIENST_B, ACHTERWACHT, MELDKAMER)
EVERYBODY = (NEIGHBOUR, ANOTHER_NEIGHBOUR, WIJKTEAM, *AT_NIGHT)
TOKEN = "the token of an invented account"
RECEIPT = re.compile(r"code:? ([0-9A-Z-]{18,})")
AT_A_GLANCE = 5.0
"""Seconds; where more time passes, the worker's ticks come round no oftener than this."""


@dataclass
class Visitor:
    """Somebody with a browser: keeps cookies, and sends forms as the page gave them."""

    address: str

    def __post_init__(self) -> None:
        self.session = requests.Session()
        self.session.trust_env = False

    def get(self, path: str) -> requests.Response:
        return self.session.get(self.address + path, timeout=10)

    def page(self, path: str) -> str:
        answer = self.get(path)
        assert answer.status_code == 200, (path, answer.status_code)
        return answer.text

    def send(self, path: str, *, seen_at: str, **fields: str) -> requests.Response:
        """Sends a form, with whatever was hidden in it on the page where it was seen."""
        hidden = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', self.page(seen_at))
        return self.session.post(
            self.address + path, data=dict(hidden) | fields, allow_redirects=False, timeout=10
        )

    def follow(self, code: str) -> str:
        answer = self.send("/volgen", seen_at="/volgen", code=code)
        assert answer.status_code == 200, answer.status_code
        return words_of(answer.text)


@dataclass(frozen=True)
class BlockLine:
    """One line of the wijkteam's table."""

    place: str
    reporters: str
    per_thousand: str
    compared: str


@dataclass
class Stage:
    """One evening, or one week, in the invented town."""

    services: Services
    network: FakeNetwork
    clock: SetClock
    address: str

    # -- time -----------------------------------------------------------------------------

    def work(self) -> None:
        """What the worker does by itself, once."""
        alerting.consider(self.services)
        oncall.tick(self.services)
        messages.deliver_due(self.services)

    def let_pass(self, seconds: float) -> None:
        """Time passes; the worker's ticks come round, and the network does what is due."""
        step = 1.0 if seconds <= AT_A_GLANCE else AT_A_GLANCE
        for _ in range(ceil(seconds / step)):
            self.work()
            self.network.advance(step)
        self.work()

    def refresh(self) -> None:
        hotspots.refresh(self.services)

    # -- people ---------------------------------------------------------------------------

    def visitor(self, role: str = "") -> Visitor:
        """A resident with a browser, or a colleague who has signed in."""
        visitor = Visitor(self.address)
        if role:
            assert visitor.send("/aanmelden", seen_at="/aanmelden", role=role).status_code == 303
        return visitor

    def text(self, body: str, *, number: str = NEIGHBOUR) -> str:
        """A neighbour sends a text message; a few seconds pass; returns the carrier's id."""
        sid = self.network.text(number, LINE, body)
        self.let_pass(4)
        return sid

    def reply(self, *words: str, number: str = NEIGHBOUR) -> str:
        """The next text message that this person reads."""
        return self.network.read_text(number, *words)

    def press(self, call: str, keys: str) -> None:
        for key in keys:
            assert self.network.press(call, key), f"nothing listens for {key}"

    # -- what is in the books --------------------------------------------------------------

    def count(self, table: str) -> int:
        return self.books()[table]

    def books(self) -> dict[str, int]:
        """How many rows each table has."""
        with self.services.database.reading() as session:
            return {
                name: session.scalar(select(func.count()).select_from(table)) or 0
                for name, table in SQLModel.metadata.tables.items()
            }

    def the_case(self) -> Any:
        with self.services.database.reading() as session:
            (case,) = case_lines(session)
        return case


# -- reading pages ---------------------------------------------------------------------------


def words_of(html: str) -> str:
    """A page as somebody reads it."""
    body = re.sub(r"<(script|style).*?</\1>", " ", html, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


def main_of(html: str) -> str:
    """What is on the page itself, without header and footer, as somebody reads it."""
    found = re.search(r"<main.*?</main>", html, re.DOTALL)
    assert found, html
    return words_of(found[0])


def banner_of(html: str) -> str:
    """The red banner, as somebody reads it; empty if there is none."""
    found = re.search(r'<div class="alarms".*?</div>', html, re.DOTALL)
    return words_of(found[0]) if found else ""


def line_of(html: str, block: str) -> BlockLine:
    """This block's line in the table beside the map."""
    found = re.search(rf'<tr data-block="{block}".*?</tr>', html, re.DOTALL)
    assert found, f"{block} is not in the table"
    cells = [words_of(cell) for cell in re.findall(r"<td.*?</td>", found[0], re.DOTALL)]
    return BlockLine(cells[0], *cells[-3:])


def code_in(text: str) -> str:
    found = RECEIPT.search(text)
    assert found, text
    return found[1].rstrip(".")


# -- putting it up ---------------------------------------------------------------------------


@contextmanager
def served(application: Any, door: socket.socket) -> Iterator[None]:
    """The application behind a real web server, in a thread of its own."""
    doors: dict[int, Any] = {}
    server = waitress.create_server(application, map=doors, sockets=[door], threads=6, ident=None)
    thread = Thread(target=server.run)
    thread.start()
    try:
        yield
    finally:
        server.trigger.pull_trigger(lambda: close_all(doors))
        thread.join()
        server.task_dispatcher.shutdown()


def open_door() -> tuple[socket.socket, str]:
    """A free port on this machine, and its address."""
    door = socket.create_server(("127.0.0.1", 0))
    return door, f"http://127.0.0.1:{door.getsockname()[1]}"


@contextmanager
def put_up(*, database_url: str, folder: Path, clock: SetClock) -> Iterator[Stage]:
    """Signaal and the network, each behind a web server; the official SDK goes between them."""
    door, address = open_door()
    network_door, network_address = open_door()
    settings = Settings(
        data_dir=folder,
        database_url=database_url,
        public_url=address,
        carrier=CarrierName.TWILIO,
        twilio_account_sid=ACCOUNT_SID,
        twilio_auth_token=SecretStr(TOKEN),
        twilio_api_url=network_address,
    )
    services = replace(wiring.build(settings).services, clock=clock, line_clock=clock)
    services = replace(services, inbound_readers=(oncall.RepliesReader(services),))
    assert isinstance(services.carrier, TwilioCarrier)
    assert isinstance(services.signatures, TwilioSignatureCheck)
    network = FakeNetwork(
        clock,
        over_http(address),
        token=TOKEN,
        base_url=address,
        lines=(LINE,),
        turn=clock.set,
        voice_status_path="/haak/gesprek/einde",
    )
    for number in EVERYBODY:
        network.add_phone(number)
    with served(create_app(services), door), served(network.rest_app(), network_door):
        yield Stage(services, network, clock, address)
    services.database.close()
