"""The database: one SQLite file or PostgreSQL, behind the same few words."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from threading import Lock
from typing import IO, Any, Protocol

from sqlalchemy import (
    Connection,
    CursorResult,
    Engine,
    MetaData,
    create_engine,
    event,
    make_url,
    text,
)
from sqlalchemy import Enum as SAEnum
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlmodel import Session, SQLModel

__all__ = ["Database", "LeaderLock", "Session", "changed", "insert_for", "one_of"]

BUSY_SECONDS = 12
"""How long a writer waits for its turn on SQLite; a carrier waits 15 seconds for us."""
TIDY_WAITS_MS = 500
"""So long the nightly tidying waits for others, who wait behind it meanwhile."""
WRITTEN_ANEW = 64 * 1024**2
"""Tables up to this size (bytes) are written anew each night: half a second each at most."""
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


def one_of(kind: type[Enum], name: str) -> SAEnum:
    """The type of a column that holds one value of an enum, kept as text and checked.

    Args:
        kind: The enum; its values are what is stored.
        name: The name of the constraint, unique in the database.
    """
    return SAEnum(
        kind,
        native_enum=False,
        values_callable=lambda members: [member.value for member in members],
        validate_strings=True,
        create_constraint=True,
        name=name,
    )


def insert_for(session: Session) -> type[sqlite.Insert] | type[postgresql.Insert]:
    """The INSERT of this session's database, which knows what to do about a row that is there."""
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    return sqlite.Insert if is_sqlite else postgresql.Insert


def changed(result: object) -> int:
    """How many rows an UPDATE, DELETE or INSERT has changed, from what its execution gave."""
    return result.rowcount if isinstance(result, CursorResult) else 0


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

    @contextmanager
    def migrating(self) -> Iterator[Connection]:
        """A connection in one transaction for a change of the tables themselves.

        On SQLite a changed table is made anew and the old one dropped; with foreign keys on,
        that would take the rows that point at it along.
        """
        with self.engine.connect() as connection:
            if self.is_sqlite:
                connection.connection.driver_connection.execute(  # type: ignore[union-attr]
                    "PRAGMA foreign_keys=OFF"
                )
            try:
                with connection.begin():
                    yield connection
            finally:
                connection.invalidate()  # it must not serve anybody else like this

    def leader_lock(self, folder: Path) -> "LeaderLock":
        """The lock that lets one worker work while others stand by."""
        return _FileLock(folder / "worker.lock") if self.is_sqlite else _AdvisoryLock(self.engine)

    def is_up(self) -> bool:
        """Asks the database for a sign of life; raises SQLAlchemy's OperationalError if none."""
        with self.reading() as session:
            return bool(session.connection().scalar(text("SELECT 1")))

    def tidy(self) -> bool:
        """Takes what was deleted out of the files; after a purge, outside any transaction.

        On SQLite the write-ahead log is folded into the file and cut off. On PostgreSQL every
        table is vacuumed; the small ones are written anew, because a vacuum only marks the
        space of a deleted row as free. Nobody waits longer for it than a moment: what is busy
        now is left for the next night.

        Returns:
            Whether all of it was tidied.
        """
        return _fold(self.engine) if self.is_sqlite else _vacuum(self.engine)

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
        hide_parameters=True,
        connect_args={
            "connect_timeout": CONNECT_SECONDS,
            # A machine that vanishes says no goodbye: both sides notice within half a minute.
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 2,
            "tcp_user_timeout": 20_000,
            "options": "-c timezone=UTC -c lock_timeout=5s -c statement_timeout=60s"
            " -c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=2",
        },
    )


def _sqlite(url: str) -> Engine:
    engine = create_engine(
        url,
        pool_size=10,
        max_overflow=10,
        pool_timeout=CONNECT_SECONDS,
        hide_parameters=True,
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _record: Any) -> None:  # noqa: ANN401 - DBAPI
        # The driver's own BEGIN is deferred; ours below must be the only one.
        connection.isolation_level = None
        # What is deleted is overwritten with zeros, not just marked as free.
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "secure_delete=ON",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def on_begin(connection: Any) -> None:  # noqa: ANN401 - SQLAlchemy connection
        # A writer takes its lock at once: a read that turns into a write fails with "locked".
        writes = connection.get_execution_options().get("write", True)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _fold(engine: Engine) -> bool:
    connection = engine.raw_connection()
    try:
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={TIDY_WAITS_MS}")
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        busy = cursor.fetchall()[0][0]
        cursor.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
        return not busy
    finally:
        connection.close()


def _vacuum(engine: Engine) -> bool:
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        sizes = connection.execute(
            text(
                "SELECT quote_ident(relname), pg_table_size(relid) FROM pg_stat_user_tables"
                " WHERE schemaname = current_schema() ORDER BY relname"
            )
        ).all()
        connection.execute(text(f"SET lock_timeout = {TIDY_WAITS_MS}"))
        try:
            left = [
                name
                for name, size in sizes
                if not _vacuum_one(connection, name, anew=size <= WRITTEN_ANEW)
            ]
            return not left
        finally:
            connection.invalidate()  # nobody else gets a connection that waits so shortly


def _vacuum_one(connection: Connection, table: str, *, anew: bool) -> bool:
    try:
        connection.execute(text(f"VACUUM (FULL {anew}) {table}"))
    except OperationalError:  # somebody works on it now
        return False
    return True


class LeaderLock(Protocol):
    """Held by one process at a time; the system lets go of it when that process dies."""

    def acquire(self) -> bool:
        """Tries to become the leader; False when another is."""
        ...

    def is_held(self) -> bool:
        """Whether this process still is the leader."""
        ...

    def release(self) -> None:
        """Steps down."""
        ...


class _FileLock:
    """For SQLite: all processes live on one machine and share one file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[str] | None = None

    def acquire(self) -> bool:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        opened = self._path.open("w", encoding="ascii")
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            opened.close()
            return False
        self._file = opened
        return True

    def is_held(self) -> bool:
        return self._file is not None

    def release(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


class _AdvisoryLock:
    """For PostgreSQL: held by one dedicated connection, and lost with it."""

    KEY = 0x5169_6E61

    def __init__(self, engine: Engine) -> None:
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._connection: Connection | None = None
        self._asking = Lock()

    def acquire(self) -> bool:
        try:
            connection = self._engine.connect()
        except SQLAlchemyError:
            return False
        try:
            question = text("SELECT pg_try_advisory_lock(:key)")
            if connection.scalar(question, {"key": self.KEY}):
                self._connection = connection
                return True
        except SQLAlchemyError:
            connection.invalidate()
        connection.close()
        return False

    def is_held(self) -> bool:
        with self._asking:
            if self._connection is None:
                return False
            try:
                self._connection.scalar(text("SELECT 1"))
            except SQLAlchemyError:
                self._connection.invalidate()
                self._connection = None
            return self._connection is not None

    def release(self) -> None:
        if self._connection is not None:
            # Not back to the pool: there the lock would live on.
            self._connection.invalidate()
            self._connection.close()
            self._connection = None
