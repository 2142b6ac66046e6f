import threading

from pytest import fixture, raises
from sqlalchemy import text
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from signaal.db import Database, changed

WRITERS = 8
ROUNDS = 15


@fixture
def counter(database):
    with database.engine.begin() as connection:
        connection.execute(text("DROP TABLE IF EXISTS floor_counter"))
        connection.execute(text("CREATE TABLE floor_counter (n INTEGER)"))
        connection.execute(text("INSERT INTO floor_counter VALUES (0)"))
    yield database
    with database.engine.begin() as connection:
        connection.execute(text("DROP TABLE floor_counter"))


def test_writers_that_read_first_wait_for_each_other_and_lose_nothing(counter) -> None:
    lock = " FOR UPDATE" if not counter.is_sqlite else ""

    def add() -> None:
        for _ in range(ROUNDS):
            with counter.session() as session, session.begin():
                number = session.connection().scalar(text(f"SELECT n FROM floor_counter{lock}"))
                session.connection().execute(
                    text("UPDATE floor_counter SET n = :n"), {"n": number + 1}
                )

    threads = [threading.Thread(target=add) for _ in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with counter.reading() as session:
        total = session.connection().scalar(text("SELECT n FROM floor_counter"))
    assert total == WRITERS * ROUNDS


def test_a_reader_goes_on_while_a_writer_is_busy(counter) -> None:
    with counter.session() as writer, writer.begin():
        writer.connection().execute(text("UPDATE floor_counter SET n = 5"))
        with counter.reading() as reader:
            assert reader.connection().scalar(text("SELECT n FROM floor_counter")) == 0


def test_sqlite_is_durable_before_it_says_so(sqlite_template) -> None:
    database = Database(f"sqlite:///{sqlite_template}")
    with database.reading() as session:
        ask = session.connection()
        assert ask.scalar(text("PRAGMA journal_mode")) == "wal"
        assert ask.scalar(text("PRAGMA synchronous")) == 2, "FULL"
        assert ask.scalar(text("PRAGMA foreign_keys")) == 1
    database.close()


def test_one_leader_at_a_time_and_another_takes_over(database, tmp_path) -> None:
    first, second = database.leader_lock(tmp_path), database.leader_lock(tmp_path)
    assert first.acquire()
    assert not second.acquire()
    assert first.is_held()
    assert not second.is_held()
    first.release()
    assert not first.is_held()
    assert second.acquire()
    second.release()


def test_a_leader_whose_connection_is_cut_knows_that_it_no_longer_leads(postgresql) -> None:
    lock = postgresql.leader_lock(None)
    assert lock.acquire()
    with postgresql.engine.begin() as connection:
        connection.execute(
            text("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'")
        )
    assert not lock.is_held()


def test_an_absent_database_is_noticed_at_once() -> None:
    database = Database("postgresql://nobody@127.0.0.1:9/nothing")
    with raises(OperationalError):
        database.is_up()
    database.close()


def test_an_error_of_the_database_never_repeats_the_values(counter) -> None:
    wrong = text("INSERT INTO no_such_table VALUES (:secret)")
    with raises(SQLAlchemyError) as caught, counter.session() as session, session.begin():
        session.connection().execute(wrong, {"secret": "0612345678"})
    assert "0612345678" not in str(caught.value)


def test_what_is_deleted_is_gone_from_the_file_once_tidied(tmp_path) -> None:
    path = tmp_path / "signaal.db"
    database = Database(f"sqlite:///{path}")
    with database.engine.begin() as connection:
        connection.execute(text("CREATE TABLE note (id INTEGER PRIMARY KEY, said TEXT)"))
        for number in range(300):
            connection.execute(
                text("INSERT INTO note VALUES (:n, :said)"),
                {"n": number, "said": f"geheim-{number} " * 20},
            )
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE note SET said = '' WHERE id % 2 = 0"))
        connection.execute(text("DELETE FROM note WHERE id % 2 = 1"))
    assert b"geheim-" in _raw(tmp_path), "the write-ahead log still holds it"

    assert database.tidy()

    assert b"geheim-" not in _raw(tmp_path)
    database.close()


def test_tidying_waits_for_nobody(tmp_path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'signaal.db'}")
    with database.engine.begin() as connection:
        connection.execute(text("CREATE TABLE note (said TEXT)"))
    with database.reading() as reader:
        assert reader.connection().scalar(text("SELECT count(*) FROM note")) == 0
        with database.engine.begin() as connection:
            connection.execute(text("INSERT INTO note VALUES ('later')"))
        assert not database.tidy(), "somebody still reads what stood there before"
    assert database.tidy()
    database.close()


def test_a_tidied_postgresql_table_holds_nothing_of_what_was_deleted(postgresql, cluster) -> None:
    with postgresql.engine.begin() as connection:
        connection.execute(text("DROP TABLE IF EXISTS floor_note"))
        connection.execute(text("CREATE TABLE floor_note (said TEXT)"))
        connection.execute(text("INSERT INTO floor_note VALUES ('geheim-in-rij')"))
        connection.execute(text("DELETE FROM floor_note"))
    assert postgresql.tidy()
    with postgresql.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("CHECKPOINT"))
    assert b"geheim-in-rij" not in _raw(cluster.folder / "data" / "base")
    with postgresql.engine.begin() as connection:
        connection.execute(text("DROP TABLE floor_note"))


def _raw(folder) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_the_rows_that_a_statement_changed_are_counted(counter) -> None:
    with counter.session() as session, session.begin():
        counts = [
            changed(session.connection().execute(text(f"{statement} floor_counter {rest}")))
            for statement, rest in (
                ("INSERT INTO", "VALUES (1), (2)"),
                ("UPDATE", "SET n = 7 WHERE n > 0"),
                ("DELETE FROM", "WHERE n = 8"),
                ("DELETE FROM", ""),
            )
        ]
    assert counts == [2, 2, 0, 3]
