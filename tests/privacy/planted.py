"""A small town in which secrets are told by every way there is, and all places to look for them."""

import io
import re
import sqlite3
import subprocess
import zipfile
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import shapely
from sqlalchemy import text
from sqlmodel import update

from signaal.alerting import actions as alerting
from signaal.app import create_app
from signaal.hotspots import actions as hotspots
from signaal.messages import actions as messages
from signaal.oncall import actions as oncall
from signaal.outside.console import ConsoleCarrier, ConsoleSignatureCheck, webhook_token
from signaal.places.store import BlockRow, NeighbourhoodRow
from signaal.services import Services
from signaal.simulator.network import FakeNetwork
from tests.clusters import _binary
from tests.fakes import SetClock
from tests.intake.town import build_town

LINE = "+3197010200300"
ON_DUTY = ("+3197010200301", "+3197010200302", "+3197010200304", "+3197010200390")
CODE = re.compile(r"[0-9A-Z]{6}-([0-9A-Z]{4})-([0-9A-Z]{4})-([0-9A-Z]{4})")


@dataclass
class Secrets:
    """What must never be found: each under a name, with all the ways in which it is written."""

    kept: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def marks(self) -> list[bytes]:
        """A few short marks of which each secret holds one: what has none needs no closer look."""
        words = ("kanarie", "Kanarie", "KANARIE")
        short = {way[:7] for ways in self.kept.values() for way in ways}
        ways = {way for way in short if not way.startswith(words)}
        return [mark.encode() for mark in (*words, *ways)]

    def word(self, name: str) -> str:
        """A word that stands nowhere else: a name, a street, a sentence, a password."""
        said = f"Kanarie{len(self.kept):02}{name.title().replace(' ', '')}"
        self.kept[name] = (said, said.lower(), said.upper())
        return said

    def number(self, name: str) -> str:
        """A mobile number of nobody."""
        digits = f"6198765{len(self.kept):02}"
        self.kept[name] = (digits, f"06-{digits[1:]}", f"06 {digits[1:]}")
        return f"+31{digits}"

    def exactly(self, name: str, *ways: str) -> str:
        """Something that can't be made up: a number with a check digit, a code that was given."""
        self.kept[name] = ways
        return ways[0]

    def found_in(self, data: bytes) -> set[str]:
        """The names of those that stand in these bytes."""
        if not any(mark in data for mark in self.marks):
            return set()
        return {
            name for name, ways in self.kept.items() if any(way.encode() in data for way in ways)
        }


@dataclass
class World:
    """Signaal, its network, and the places on disk where something may be left."""

    services: Services
    network: FakeNetwork
    app: object
    clock: SetClock
    folder: Path
    cluster: Path | None
    secrets: Secrets = field(default_factory=Secrets)

    # -- time -----------------------------------------------------------------------------

    def work(self, seconds: float = 0.0) -> None:
        """The worker's ticks come round while time passes."""
        self._tick()
        for _ in range(int(seconds)):
            self.network.advance(1.0)
            self._tick()

    def _tick(self) -> None:
        alerting.consider(self.services)
        oncall.tick(self.services)
        messages.deliver_due(self.services)

    # -- people ---------------------------------------------------------------------------

    def phone(self, name: str, **device) -> str:
        """A telephone whose number is a secret."""
        number = self.secrets.number(name)
        self.network.add_phone(number, **device)
        return number

    def text(self, number: str, body: str) -> None:
        self.network.text(number, LINE, body)
        self.work(4)

    def told_codes(self, number: str) -> list[str]:
        """The secret parts of the receipt codes that this telephone was told."""
        found = (CODE.search(told) for told in self.network.texts(number))
        return ["-".join(code.groups()) for code in found if code]

    # -- where to look --------------------------------------------------------------------

    def on_disk(self) -> set[str]:
        """The secrets that stand in any file: database, journals, snapshots, backups."""
        self._write_out()
        return set().union(*(self.secrets.found_in(path.read_bytes()) for path in self._files()))

    def _files(self) -> list[Path]:
        files = [path for path in self.folder.rglob("*") if path.is_file()]
        if self.cluster:
            found = (self.cluster / "data").rglob("*")
            files += [path for path in found if path.is_file() and not self._is_anothers(path)]
        return [path for path in files if path.stat().st_size]

    def _is_anothers(self, path: Path) -> bool:
        """Whether this file belongs to another database of the cluster, as other tests have."""
        return path.parent.parent.name == "base" and path.parent.name != self._own_number

    @cached_property
    def _own_number(self) -> str:
        with self.services.database.engine.connect() as connection:
            asked = text("SELECT oid FROM pg_database WHERE datname = current_database()")
            return str(connection.scalar(asked))

    def _write_out(self) -> None:
        """Everything that the server still holds in memory goes to its files."""
        if self.cluster:
            self.ask_server("SELECT pg_switch_wal()", "CHECKPOINT")

    def ask_server(self, *statements: str) -> None:
        """Things that PostgreSQL only does outside a transaction."""
        engine = self.services.database.engine.execution_options(isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            for statement in statements:
                connection.execute(text(statement))

    def back_up(self) -> None:
        """A backup as an operator makes it, beside the data."""
        url, path = self.services.database.url, self.folder / "backup"
        if self.cluster:
            told = subprocess.run([_binary("pg_dump"), url], check=True, capture_output=True)
            path.write_bytes(told.stdout)
            return
        source = url.removeprefix("sqlite:///")
        with closing(sqlite3.connect(source)) as now, closing(sqlite3.connect(path)) as copy:
            now.backup(copy)

    def at_the_carrier(self) -> set[str]:
        """The secrets that the network still keeps: records, not telephones."""
        kept = [*self.network._texting.records.values(), *self.network._exchange.legs.values()]
        return self.secrets.found_in(repr(kept).encode())


def open_world(services: Services, clock: SetClock, folder: Path, cluster: Path | None) -> World:
    """A town of four blocks, with duty contacts whose telephones nobody answers."""
    settings = services.settings
    network = FakeNetwork(
        clock,
        token=webhook_token(settings),
        base_url=settings.public_url,
        lines=(LINE,),
        turn=clock.set,
        voice_status_path="/haak/gesprek/einde",
    )
    services = replace(
        services, carrier=ConsoleCarrier(network), signatures=ConsoleSignatureCheck(settings)
    )
    services = replace(services, inbound_readers=(oncall.RepliesReader(services),))
    app = create_app(services, network)
    app.config["WTF_CSRF_ENABLED"] = False
    build_town(services)
    _draw(services)
    world = World(services, network, app, clock, folder, cluster)
    for place, number in enumerate(ON_DUTY):
        network.add_phone(number)
        world.secrets.exactly(f"duty number {place}", number, number[1:])
    return world


def _draw(services: Services) -> None:
    """The town gets shapes, so that figures can be frozen."""
    square = shapely.box(203_000, 502_000, 203_100, 502_100).wkb
    with services.database.session() as session, session.begin():
        for row in (BlockRow, NeighbourhoodRow):
            session.execute(update(row).values(wkb=square))
    hotspots.refresh(services)


def unpacked(data: bytes) -> bytes:
    """A workbook's own files, or the data as it is."""
    if not data.startswith(b"PK"):
        return data
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        return b"".join(packed.read(name) for name in packed.namelist())
