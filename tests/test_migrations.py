"""The tables as they are upgraded are the tables that the code means, and nothing is lost."""

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from pytest import fixture, raises
from sqlalchemy import inspect, text
from sqlmodel import SQLModel

from signaal import wiring
from signaal.db import Database
from signaal.errors import OutdatedTables
from signaal.services import Services
from signaal.settings import Settings
from tests.fakes import RecordingPhone, SetClock, TrustingCheck


@fixture(params=["sqlite", "postgresql"])
def bare(request, tmp_path):
    """A database without any table."""
    if request.param == "sqlite":
        made = Database(f"sqlite:///{tmp_path / 'bare.db'}")
    else:
        cluster = request.getfixturevalue("cluster")
        admin = Database(cluster.url())
        with admin.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("DROP DATABASE IF EXISTS bare WITH (FORCE)"))
            connection.execute(text("CREATE DATABASE bare"))
        admin.close()
        made = Database(cluster.url("bare"))
    yield made
    made.close()


def services_on(database: Database, tmp_path) -> Services:
    from datetime import UTC, datetime

    clock = SetClock(datetime(2026, 11, 16, 9, tzinfo=UTC))
    settings = Settings(data_dir=tmp_path, database_url=database.url)
    return Services(
        settings=settings,
        database=database,
        clock=clock,
        line_clock=clock,
        policies=wiring.read_all_policies(settings),
        carrier=RecordingPhone(),
        signatures=TrustingCheck(),
    )


def test_there_is_one_head() -> None:
    assert len(ScriptDirectory.from_config(wiring.alembic_config()).get_heads()) == 1


def test_the_upgraded_tables_are_those_of_the_code(bare, tmp_path) -> None:
    wiring.upgrade_database(services_on(bare, tmp_path))
    with bare.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, SQLModel.metadata) == []


def test_old_tables_are_refused_with_the_command_that_mends_them(bare, tmp_path) -> None:
    with raises(OutdatedTables, match="signaal db upgrade"):
        wiring.require_ready(services_on(bare, tmp_path))


def test_an_upgrade_twice_is_an_upgrade_once(bare, tmp_path) -> None:
    services = services_on(bare, tmp_path)
    wiring.upgrade_database(services)
    wiring.upgrade_database(services)
    wiring.require_ready(services)


def test_down_and_up_again_leaves_the_same_tables(bare, tmp_path) -> None:
    services = services_on(bare, tmp_path)
    wiring.upgrade_database(services)
    before = set(inspect(bare.engine).get_table_names())
    with bare.migrating() as connection:
        config = wiring.alembic_config()
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
    assert set(inspect(bare.engine).get_table_names()) <= {"alembic_version"}
    wiring.upgrade_database(services)
    assert set(inspect(bare.engine).get_table_names()) == before


def test_an_upgrade_that_breaks_half_way_leaves_nothing_behind(bare, tmp_path) -> None:
    def break_half_way() -> None:
        with bare.migrating() as connection:
            config = wiring.alembic_config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            raise RuntimeError("power cut")

    with raises(RuntimeError, match="power cut"):
        break_half_way()
    assert inspect(bare.engine).get_table_names() == []
    wiring.upgrade_database(services_on(bare, tmp_path))


def test_an_upgrade_keeps_the_rows_that_are_there(bare, tmp_path) -> None:
    services = services_on(bare, tmp_path)
    wiring.upgrade_database(services)
    with bare.engine.begin() as connection:
        connection.execute(text("INSERT INTO municipality VALUES ('GM9021', 'Lindestad')"))
    wiring.upgrade_database(services)
    with bare.reading() as session:
        kept = session.connection().execute(text("SELECT name FROM municipality")).scalars().all()
    assert kept == ["Lindestad"]


def test_messages_that_were_taken_in_are_still_known_without_their_sender(bare, tmp_path) -> None:
    with bare.migrating() as connection:
        config = wiring.alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
        connection.execute(
            text("INSERT INTO inbound_text VALUES ('p', 'c', '2026-11-16 09:00:00+00:00', NULL)")
        )
    wiring.upgrade_database(services_on(bare, tmp_path))
    with bare.reading() as session:
        (kept,) = session.connection().execute(text("SELECT * FROM inbound_text")).mappings()
    assert kept["provider_key"] == "p"
    assert set(kept) == {"provider_key", "received_at", "report_id"}
