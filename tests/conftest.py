"""Databases and services for every test: SQLite and PostgreSQL, a clock that is turned."""

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import hypothesis
import pytest
import structlog
from sqlalchemy import text
from sqlmodel import SQLModel
from xdist.scheduler import LoadFileScheduling

from signaal import wiring
from signaal.db import Database
from signaal.services import Services
from signaal.settings import Settings
from tests.clusters import Cluster, start_cluster
from tests.fakes import QUICK_HASH, RecordingPhone, SetClock, TrustingCheck

wiring.import_stores()

# No test measures time: a busy machine is no reason to fail.
hypothesis.settings.register_profile("signaal", deadline=None)
hypothesis.settings.load_profile("signaal")

MONDAY_MORNING = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)

LONGEST_FIRST = (
    "tests/stories/test_power_cut.py",
    "tests/browser",
    "tests/stories/test_compose_commands.py",
    "tests/stories",
    "tests/test_wheel.py",
    "tests/privacy/test_attacker.py",
    "tests/test_cli.py",
    "tests/oncall/test_invariants.py",
    "tests/hotspots",
    "tests/alerting",
)
"""What takes long begins early, so that at the end no process waits long for another.

A folder whose tests share something dear (a demo and a Chromium, a town on both databases) stays
in one process; see `one_process`.
"""
SHARE_SOMETHING_DEAR = ("tests/browser", "tests/stories")


def place_in(order: tuple[str, ...], file: str) -> int:
    """The first of these folders and files in which this file is; past the last for others."""
    inside = (at for at, part in enumerate(order) if f"{file}/".startswith(f"{part}/"))
    return next(inside, len(order))


def one_process(nodeid: str) -> str:
    """What stays together in one process: a file, or a folder that shares something dear."""
    file = nodeid.split("::", 1)[0]
    place = place_in(LONGEST_FIRST, file)
    part = LONGEST_FIRST[place] if place < len(LONGEST_FIRST) else file
    return part if part in SHARE_SOMETHING_DEAR else file


class FilesAndDearFolders(LoadFileScheduling):
    def _split_scope(self, nodeid: str) -> str:
        return one_process(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log) -> LoadFileScheduling | None:
    if config.getoption("dist") != "loadfile":
        return None
    config.option.loadscopereorder = False  # the order of the tests is the one chosen below
    return FilesAndDearFolders(config, log)


def pytest_collection_modifyitems(items) -> None:
    items.sort(key=lambda item: place_in(LONGEST_FIRST, item.nodeid.split("::", 1)[0]))


def pytest_configure(config) -> None:
    """Each process keeps its own machine code: numba's index can't be written by two at once."""
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker and getattr(config, "cache", None):
        os.environ["NUMBA_CACHE_DIR"] = str(config.cache.mkdir(f"numba-{worker}"))


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    started = start_cluster()
    yield started
    started.stop()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("template") / "signaal.db"
    database = Database(f"sqlite:///{path}")
    SQLModel.metadata.create_all(database.engine)
    database.close()  # the last connection folds the write-ahead log into the file
    return path


@pytest.fixture(scope="session")
def postgresql(cluster) -> Iterator[Database]:
    database = Database(cluster.url())
    SQLModel.metadata.create_all(database.engine)
    yield database
    database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request, tmp_path) -> Iterator[Database]:
    """An empty database with all tables, on both kinds."""
    if request.param == "sqlite":
        path = tmp_path / "signaal.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        made = Database(f"sqlite:///{path}")
        yield made
        made.close()
        return
    shared = request.getfixturevalue("postgresql")
    empty(shared)
    yield shared


def empty(shared: Database) -> None:
    """Empties the tables that hold something: TRUNCATE of them all takes as long as most tests."""
    tables = [table.name for table in SQLModel.metadata.sorted_tables]
    question = " UNION ALL ".join(
        f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM \"{name}\")" for name in tables
    )
    counters = "SELECT sequencename FROM pg_sequences WHERE last_value IS NOT NULL"
    with shared.engine.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))  # no triggers
        for name in connection.scalars(text(question)).all():
            connection.execute(text(f'DELETE FROM "{name}"'))
        for name in connection.scalars(text(counters)).all():
            connection.execute(text(f'ALTER SEQUENCE "{name}" RESTART'))


@pytest.fixture(autouse=True)
def logs_are_nobodys() -> Iterator[None]:
    """Where a command sends its log, no later test finds it: they come in any order."""
    yield
    structlog.reset_defaults()


@pytest.fixture
def clock() -> SetClock:
    return SetClock(MONDAY_MORNING)


@pytest.fixture
def phone() -> RecordingPhone:
    return RecordingPhone()


@pytest.fixture
def services(database, clock, phone, tmp_path) -> Services:
    """Everything an action may use, around an empty database."""
    return Services(
        settings=Settings(data_dir=tmp_path, database_url=database.url),
        database=database,
        clock=clock,
        line_clock=clock,
        policies=wiring.read_all_policies(Settings()),
        carrier=phone,
        signatures=TrustingCheck(),
        hash_cost=QUICK_HASH,
    )
