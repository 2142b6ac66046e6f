"""Databases and services for every test: SQLite and PostgreSQL, a clock that is turned."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import hypothesis
import pytest
from sqlalchemy import text
from sqlmodel import SQLModel

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
