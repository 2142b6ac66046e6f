"""What may exist in the tables, and what the tables themselves refuse, on both databases."""

import re
from datetime import UTC, datetime, timedelta, timezone
from uuid import uuid4

import pytest
from sqlalchemy.exc import IntegrityError, StatementError
from sqlmodel import SQLModel, select

from signaal.intake import store
from signaal.intake.actions.desk import WAITING
from signaal.intake.model import Channel, Kind, Language, ReportStatus, Since, Urgency

NOW = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)

NEVER = re.compile(
    r"bsn|birth|born|(first|sur|last|maiden)_?name|nationalit|origin|ethnic|religio|faith"
    r"|diagnos|medic|treatment|disease|illness|care_history|crimin|record_of|income|salary"
    r"|score|label|risk|known_to_us|blacklist|candidate|photo|gender|\bage\b|\bsex\b"
)
"""What no table of Signaal may hold (trust.md, "What may exist")."""
PERSONAL = re.compile(
    r"name|phone|number|mail|contact|address|street|postcode|dwelling|text|body|note"
)
"""What a report may hold only under its seal."""


def columns_of(*tables):
    for table in SQLModel.metadata.sorted_tables:
        if not tables or table.name in tables:
            for column in table.columns:
                yield f"{table.name}.{column.name}"


def test_no_table_has_a_column_for_what_must_never_exist():
    assert [name for name in columns_of() if NEVER.search(name.partition(".")[2])] == []


@pytest.mark.parametrize(
    "column", ["bsn", "birth_date", "diagnosis_code", "risk_score", "surname", "nationality", "age"]
)
def test_the_guard_knows_a_forbidden_column_when_it_sees_one(column):
    assert NEVER.search(column)


def test_the_report_itself_has_no_column_for_anything_personal():
    names = columns_of("report", "inbound_text", "conversation", "ended_count", "answered_count")

    assert [name for name in names if PERSONAL.search(name.partition(".")[2])] == []


def test_a_message_that_was_taken_in_keeps_no_sign_of_who_sent_it():
    assert set(columns_of("inbound_text")) == {
        "inbound_text.provider_key",
        "inbound_text.received_at",
        "inbound_text.report_id",
    }


def test_what_is_personal_is_kept_as_sealed_bytes():
    table = SQLModel.metadata.tables["sealed_report"]
    personal = [column for column in table.columns if PERSONAL.search(column.name)]

    assert {column.name for column in personal} == {"text", "contact", "dwelling"}
    assert all(column.type.python_type is bytes for column in personal)


def test_a_reports_place_is_its_block_and_never_its_dwelling():
    keys = {key.target_fullname for key in SQLModel.metadata.tables["report"].foreign_keys}

    assert keys == {"block.id"}


def row(**changes) -> store.ReportRow:
    values = {
        "id": uuid4(),
        "reference": uuid4().hex[:6],
        "channel": Channel.SMS,
        "kind": Kind.NUISANCE,
        "category": "noise",
        "urgency": Urgency.NORMAL,
        "received_at": NOW,
        "week": 2_967,
        "reporter_token": "0" * 32,
        "identified": True,
        "status": ReportStatus.RECEIVED,
        "language": Language.NL,
        "changed_at": NOW,
    }
    return store.ReportRow(**(values | changes))


def keep(database, *rows) -> list[bool]:
    with database.session() as session, session.begin():
        return [store.add_report(session, each) for each in rows]


def test_a_report_comes_back_as_it_was_kept(database):
    kept = row(since=Since.WEEKS, received_at=NOW.astimezone(timezone(timedelta(hours=2))))
    keep(database, kept)

    with database.reading() as session:
        read = store.by_reference(session, kept.reference)
        assert read.received_at == NOW
        assert read.received_at.utcoffset() == timedelta(0)
        assert (read.kind, read.since, read.urgency) == (Kind.NUISANCE, Since.WEEKS, Urgency.NORMAL)
        assert read.brought is True


def test_a_reference_and_a_provider_key_are_given_out_once(database):
    first = row(provider_key="a")

    assert keep(database, first, row(reference=first.reference), row(provider_key="a")) == [
        True,
        False,
        False,
    ]


def test_a_word_outside_the_list_is_refused(database):
    with pytest.raises(StatementError):
        keep(database, row(kind="gossip"))


def test_a_report_without_a_block_that_exists_is_refused(database):
    with pytest.raises(IntegrityError):
        keep(database, row(block_id=999))


def test_acute_reports_come_first_and_then_the_oldest(database):
    later = NOW + timedelta(minutes=1)
    old, new, acute = row(), row(received_at=later), row(received_at=later, urgency=Urgency.ACUTE)
    keep(database, new, old, acute)

    with database.session() as session, session.begin():
        expected = [acute.id, old.id, new.id]
        assert [each.id for each in store.unconsidered(session, limit=9)] == expected
        assert [each.id for each in store.unplaced(session, statuses=WAITING, limit=9)] == expected
        assert len(store.unconsidered(session, limit=1)) == 1


def test_what_has_ended_waits_for_no_place(database):
    keep(database, row(status=ReportStatus.CLOSED), row(status=ReportStatus.DONE))

    with database.reading() as session:
        assert store.unplaced(session, statuses=WAITING, limit=9) == []


def test_what_is_over_is_forgotten(database):
    with database.session() as session, session.begin():
        store.conversation(session, key="old", now=NOW)
        store.conversation(session, key="new", now=NOW + timedelta(hours=1))
        store.forget_conversations(session, before=NOW + timedelta(minutes=1), limit=9)

    with database.reading() as session:
        assert [each.key for each in session.exec(select(store.ConversationRow))] == ["new"]


def test_a_report_that_goes_takes_its_sealed_parts_along(database):
    gone = row()
    with database.session() as session, session.begin():
        store.add_report(session, gone)
        store.add_sealed(
            session, store.SealedReportRow(report_id=gone.id, key_id=uuid4(), text=b"sealed")
        )
        store.claim_message(session, provider_key="a", received_at=NOW)
        store.note_report(session, provider_key="a", report_id=gone.id)
    with database.session() as session, session.begin():
        session.delete(session.get(store.ReportRow, gone.id))

    with database.reading() as session:
        assert store.sealed(session, [gone.id]) == {}
        (claimed,) = session.exec(select(store.InboundTextRow)).all()
        assert claimed.report_id is None
