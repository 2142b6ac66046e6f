"""The tables as they are upgraded are the tables that the code means, and nothing is lost."""

from datetime import UTC, datetime
from hashlib import sha256
from uuid import UUID

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pytest import fixture, raises
from sqlalchemy import bindparam, inspect, text
from sqlmodel import SQLModel

from signaal import wiring
from signaal.db import Database
from signaal.errors import OutdatedTables
from signaal.messages import actions as messages
from signaal.privacy import actions as privacy
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


def test_an_upgraded_outbox_takes_mail_and_an_older_one_does_not(bare, tmp_path) -> None:
    services = services_on(bare, tmp_path)
    wiring.upgrade_database(services)
    with bare.session() as session, session.begin():
        messages.enqueue_mail(
            session,
            key="list",
            to="wijkteam@example.nl",
            subject="De lijst",
            body="Hij staat klaar.",
            settings=services.settings,
            now=services.clock.now(),
        )
    with bare.migrating() as connection:
        config = wiring.alembic_config()
        config.attributes["connection"] = connection
        command.downgrade(config, "0004")
    with bare.engine.begin() as connection:
        assert connection.scalar(text("SELECT count(*) FROM outbox")) == 0
        checks = inspect(connection).get_check_constraints("outbox")
    (channels,) = [each["sqltext"] for each in checks if "channel" in str(each["name"])]
    assert "call" in channels
    assert "mail" not in channels


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


NONCE = bytes(12)
REPORT, KEY, MESSAGE = UUID(int=1), UUID(int=2), UUID(int=3)


def fill_as_version_0_1_0(connection, *, master_key: bytes) -> None:
    """A report with its text, sealed as they were then, and a message that waits to be sent."""
    secret = bytes(range(32))
    wrapping = AESGCM(sha256(b"signaal data keys:" + master_key).digest())
    at = datetime(2026, 11, 16, 8, 59, tzinfo=UTC)
    rows = {
        "data_key": {
            "id": KEY,
            "wrapped": NONCE + wrapping.encrypt(NONCE, secret, None),
        },
        "report": {
            "id": REPORT,
            "reference": "K7QM22",
            "channel": "sms",
            "kind": "nuisance",
            "category": "noise",
            "urgency": "normal",
            "received_at": at,
            "week": 2967,
            "reporter_token": "t",
            "identified": True,
            "brought": True,
            "status": "done",
            "language": "nl",
            "changed_at": at,
        },
        "sealed_report": {
            "report_id": REPORT,
            "key_id": KEY,
            "text": NONCE + AESGCM(secret).encrypt(NONCE, b"al weken herrie", None),
        },
        "outbox": {
            "id": MESSAGE,
            "key": "receipt",
            "channel": "sms",
            "state": "queued",
            "line": "+3197010200300",
            "to_number": "+31612345001",
            "body": "Dank u wel.",
            "answer_path": "",
            "ring_seconds": 0,
            "urgent": False,
            "attempts": 0,
            "next_attempt_at": at,
            "created_at": at,
        },
    }
    for name, row in rows.items():
        columns = SQLModel.metadata.tables[name].c
        values = ", ".join(f":{column}" for column in row)
        statement = text(f"INSERT INTO {name} ({', '.join(row)}) VALUES ({values})")
        typed = [bindparam(column, type_=columns[column].type) for column in row]
        connection.execute(statement.bindparams(*typed), row)


def test_what_version_0_1_0_kept_can_still_be_opened_and_sent(bare, tmp_path) -> None:
    services = services_on(bare, tmp_path)
    master_key = services.settings.master_key.get_secret_value().encode()
    with bare.migrating() as connection:
        config = wiring.alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0003")
        fill_as_version_0_1_0(connection, master_key=master_key)
    wiring.upgrade_database(services)
    wiring.require_ready(services)

    messages.deliver_due(services)

    assert [sent.body for sent in services.carrier.texts] == ["Dank u wel."]
    with bare.reading() as session:
        ((closed_at, sealed),) = session.connection().execute(
            text("SELECT closed_at, text FROM report JOIN sealed_report ON report_id = report.id")
        )
        key = privacy.find_key(session, key_id=KEY, master_key=services.settings.master_key)
    assert closed_at is not None
    assert key
    assert key.open(sealed) == "al weken herrie"
