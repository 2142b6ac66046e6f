"""What one line of the log of acts costs a request, against a bare insert of the same line.

The bare peer is the same row in a table without chain, head, checks or indexes, committed in the
same way. Both run on SQLite (`synchronous=FULL`) and on a private PostgreSQL cluster, which here
doesn't wait for the disk (so its figures are those of the statements). Then eight writers at
once: the head of the log lets them through one by one.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from sqlalchemy import MetaData, Table, insert, text
from sqlmodel import SQLModel

sys.path.insert(0, str(Path(__file__).parent.parent))

from signaal import wiring
from signaal.access.actions import record
from signaal.access.model import Act
from signaal.db import Database
from signaal.visitor import Visitor
from tests.clusters import start_cluster

LINES = 300
RUNS = 5
WRITERS = 8
READER = Visitor(role="team_member", person=UUID(int=7), organisation=UUID(int=3))
NOW = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)


@contextmanager
def databases() -> Iterator[dict[str, Database]]:
    cluster = start_cluster()
    with tempfile.TemporaryDirectory() as folder:
        made = {
            "SQLite": Database(f"sqlite:///{folder}/signaal.db"),
            "PostgreSQL": Database(cluster.url()),
        }
        for database in made.values():
            SQLModel.metadata.create_all(database.engine)
        yield made
        for database in made.values():
            database.close()
    cluster.stop()


def bare(database: Database) -> Callable[[int], None]:
    entry = SQLModel.metadata.tables["audit_entry"]
    columns = [column._copy() for column in entry.columns]  # noqa: SLF001 - without its indexes
    for column in columns:
        column.index = None
    table = Table("bare_entry", MetaData(), *columns)
    table.create(database.engine)
    row = {
        "at": NOW,
        "person_id": READER.person,
        "role": READER.role,
        "organisation_id": READER.organisation,
        "purpose": "offer_help",
        "act": "text_opened",
        "subject": "ABC123",
        "details": "{}",
        "previous": bytes(32),
        "digest": bytes(32),
    }

    statement = insert(table)

    def write(number: int) -> None:
        with database.session() as session, session.begin():
            session.connection().execute(statement, row | {"seq": number})

    return write


def chained(database: Database) -> Callable[[int], None]:
    def write(_number: int) -> None:
        with database.session() as session, session.begin():
            record(
                session,
                visitor=READER,
                act=Act.TEXT_OPENED,
                purpose="offer_help",
                subject="ABC123",
                now=NOW,
            )

    return write


def nothing(database: Database) -> Callable[[int], None]:
    def write(_number: int) -> None:
        with database.session() as session, session.begin():
            session.execute(text("SELECT 1"))

    return write


def milliseconds(write: Callable[[int], None], start: int) -> float:
    begin = time.perf_counter()
    for number in range(start, start + LINES):
        write(number)
    return (time.perf_counter() - begin) / LINES * 1000


def together(write: Callable[[int], None], start: int) -> float:
    begin = time.perf_counter()
    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(write, range(start, start + LINES)))
    return LINES / (time.perf_counter() - begin)


def main() -> None:
    wiring.import_stores()
    print(f"One line of the log of acts (median of {RUNS} runs of {LINES})")
    with databases() as made:
        for name, database in made.items():
            writers = {
                "an empty transaction": nothing(database),
                "bare insert": bare(database),
                "record": chained(database),
            }
            costs: dict[str, list[float]] = {label: [] for label in writers}
            for run in range(RUNS):
                for label, write in writers.items():
                    costs[label].append(milliseconds(write, run * LINES))
            medians = {label: statistics.median(found) for label, found in costs.items()}
            for label, cost in medians.items():
                print(f"  {name:10} {label:22} {cost:6.2f} ms")
            _empty, peer, own = medians.values()
            print(f"  {name:10} ratio: record takes {own / peer:.1f} x the bare insert")
            rates = [together(writers[label], RUNS * LINES) for label in ("bare insert", "record")]
            print(
                f"  {name:10} {WRITERS} writers at once: {rates[0]:.0f} bare inserts/s,"
                f" {rates[1]:.0f} lines/s"
            )


if __name__ == "__main__":
    main()
