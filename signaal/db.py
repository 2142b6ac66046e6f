"""The database: one SQLite file or PostgreSQL, behind the same few words."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, MetaData, create_engine, event, make_url, text
from sqlmodel import Session, SQLModel

__all__ = ["Database", "Session"]

BUSY_SECONDS = 5
"""How long a writer waits for its turn on SQLite."""
CONNECT_SECONDS = 2
"""Callers and visitors hear within two seconds that the database is away."""

# Constraints need names, or a migration can't change them on SQLite.
SQLModel.metadata.naming_convention = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
).naming_convention


class Database:
    """Sessions for writers and readers."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = _sqlite(url) if self._is_sqlite(url) else _postgresql(url)
        self._reading_engine = self.engine.execution_options(write=False)

    @property
    def is_sqlite(self) -> bool:
        """Whether this is the embedded database."""
        return self._is_sqlite(self.url)

    def session(self) -> Session:
        """A session for a writer, who begins the transaction visibly."""
        return Session(self.engine, expire_on_commit=False)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session for a reader: it never holds up a writer, and writes nothing."""
        with Session(self._reading_engine, expire_on_commit=False) as session:
            yield session
            session.rollback()

    def is_up(self) -> bool:
        """Asks the database for a sign of life; raises SQLAlchemy's OperationalError if none."""
        with self.reading() as session:
            return bool(session.connection().scalar(text("SELECT 1")))

    def close(self) -> None:
        """Lets go of all connections."""
        self.engine.dispose()

    @staticmethod
    def _is_sqlite(url: str) -> bool:
        return make_url(url).get_backend_name() == "sqlite"


def _postgresql(url: str) -> Engine:
    address = make_url(url).set(drivername="postgresql+psycopg")
    return create_engine(
        address,
        pool_pre_ping=True,
        pool_size=10,
        max_overflow=10,
        pool_timeout=CONNECT_SECONDS,
        connect_args={
            "connect_timeout": CONNECT_SECONDS,
            "options": "-c timezone=UTC -c lock_timeout=5s -c statement_timeout=60s",
        },
    )


def _sqlite(url: str) -> Engine:
    engine = create_engine(
        url,
        pool_size=10,
        max_overflow=10,
        pool_timeout=CONNECT_SECONDS,
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _record: Any) -> None:  # noqa: ANN401 - DBAPI
        # The driver's own BEGIN is deferred; ours below must be the only one.
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def on_begin(connection: Any) -> None:  # noqa: ANN401 - SQLAlchemy connection
        # A writer takes its lock at once: a read that turns into a write fails with "locked".
        writes = connection.get_execution_options().get("write", True)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine
