"""Reports, what is sealed of them, the messages they came in with, and tries of receipt codes."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import cast
from uuid import UUID

from sqlalchemy import (
    JSON,
    Case,
    Index,
    and_,
    case,
    delete,
    func,
    insert,
    not_,
    or_,
    select,
    text,
    update,
)
from sqlmodel import Field, Session, SQLModel, col

from signaal.db import insert_for, one_of
from signaal.intake.model import (
    TRIES,
    Channel,
    Kind,
    Language,
    Outcome,
    ReportStatus,
    Said,
    Since,
    Urgency,
)


class ReportRow(SQLModel, table=True):
    """One report; nothing in it says who reported or about whom."""

    __tablename__ = "report"

    id: UUID = Field(primary_key=True)
    reference: str = Field(unique=True)
    channel: Channel = Field(sa_type=one_of(Channel, "channel"))
    kind: Kind = Field(sa_type=one_of(Kind, "kind"))
    category: str
    urgency: Urgency = Field(sa_type=one_of(Urgency, "urgency"))
    received_at: datetime = Field(index=True)
    week: int
    occurred_on: date | None = None
    since: Since | None = Field(default=None, sa_type=one_of(Since, "since"))
    block_id: int | None = Field(default=None, foreign_key="block.id")
    reporter_token: str = Field(index=True)
    identified: bool
    brought: bool = True
    status: ReportStatus = Field(sa_type=one_of(ReportStatus, "status"))
    outcome: Outcome | None = Field(default=None, sa_type=one_of(Outcome, "outcome"))
    language: Language = Field(sa_type=one_of(Language, "language"))
    considered_at: datetime | None = None
    changed_at: datetime
    provider_key: str | None = Field(default=None, unique=True)
    receipt_hash: str | None = None


# Only what waits is ever looked through: small indexes, however many reports there are.
_UNCONSIDERED = text("considered_at IS NULL")
Index(
    "ix_report_unconsidered",
    col(ReportRow.received_at),
    sqlite_where=_UNCONSIDERED,
    postgresql_where=_UNCONSIDERED,
)
_UNPLACED = text("block_id IS NULL")
Index(
    "ix_report_unplaced",
    col(ReportRow.received_at),
    sqlite_where=_UNPLACED,
    postgresql_where=_UNPLACED,
)
Index("ix_report_status_received_at", col(ReportRow.status), col(ReportRow.received_at))


class SealedReportRow(SQLModel, table=True):
    """What only a case may open, each part sealed with the report's own data key."""

    __tablename__ = "sealed_report"

    report_id: UUID = Field(primary_key=True, foreign_key="report.id", ondelete="CASCADE")
    key_id: UUID
    text: bytes
    contact: bytes | None = None
    dwelling: bytes | None = None


class InboundTextRow(SQLModel, table=True):
    """A text message that was taken in: keyed hashes only, kept so that a replay has no effect."""

    __tablename__ = "inbound_text"

    provider_key: str = Field(primary_key=True)
    received_at: datetime
    report_id: UUID | None = Field(
        default=None, foreign_key="report.id", ondelete="SET NULL", index=True
    )


class ConversationRow(SQLModel, table=True):
    """Where the dialogue with one number on one line stands."""

    __tablename__ = "conversation"

    key: str = Field(primary_key=True)
    report_id: UUID | None = Field(default=None, foreign_key="report.id", ondelete="SET NULL")
    asks: int = 0
    expires_at: datetime = Field(index=True)
    replies: list[Said] = Field(sa_type=JSON)


class ReceiptTryRow(SQLModel, table=True):
    """How often one public part was tried lately, known or not."""

    __tablename__ = "receipt_try"

    public_key: str = Field(primary_key=True)
    tries: int
    last_counted_at: datetime = Field(index=True)


# -- messages and conversations -------------------------------------------------------------


def claim_message(session: Session, *, provider_key: str, received_at: datetime) -> bool:
    """Keeps that this message came in; False when it had come in already.

    A twin in a parallel transaction waits here until that one has ended.
    """
    claimed = session.connection().scalars(
        insert_for(session)(InboundTextRow)
        .values(provider_key=provider_key, received_at=received_at, report_id=None)
        .on_conflict_do_nothing()
        .returning(col(InboundTextRow.provider_key))
    )
    return claimed.first() is not None


def note_report(session: Session, *, provider_key: str, report_id: UUID) -> None:
    """Writes down in which report the message ended."""
    session.connection().execute(
        update(InboundTextRow)
        .where(col(InboundTextRow.provider_key) == provider_key)
        .values(report_id=report_id)
    )


def conversation(session: Session, *, key: str, now: datetime) -> ConversationRow:
    """The conversation, held against other messages from this number until the transaction ends."""
    return session.scalars(
        insert_for(session)(ConversationRow)
        .values(key=key, report_id=None, asks=0, expires_at=now, replies=[])
        .on_conflict_do_update(index_elements=["key"], set_={"key": key})
        .returning(ConversationRow)
        .execution_options(populate_existing=True)
    ).one()


def forget_conversations(session: Session, *, before: datetime) -> None:
    """Forgets the conversations that ended before this instant."""
    session.execute(delete(ConversationRow).where(col(ConversationRow.expires_at) < before))


# -- reports --------------------------------------------------------------------------------


def add_report(session: Session, row: ReportRow) -> bool:
    """Keeps a new report; False when its reference or provider key is taken."""
    values = {name: getattr(row, name) for name in ReportRow.model_fields}
    kept = session.connection().scalars(
        insert_for(session)(ReportRow)
        .values(**values)
        .on_conflict_do_nothing()
        .returning(col(ReportRow.id))
    )
    return kept.first() is not None


def add_history(session: Session, rows: Sequence[dict[str, object]]) -> None:
    """Keeps many past reports at once."""
    if rows:
        session.connection().execute(insert(ReportRow), rows)


def taken_references(session: Session, references: Collection[str]) -> set[str]:
    """Which of these references are taken."""
    found = select(col(ReportRow.reference)).where(col(ReportRow.reference).in_(references))
    return set(session.scalars(found))


def report(session: Session, report_id: UUID) -> ReportRow | None:
    """The report, held against other writers until the transaction ends."""
    return session.get(ReportRow, report_id, with_for_update=True, populate_existing=True)


def by_reference(session: Session, reference: str) -> ReportRow | None:
    """The report with this public reference."""
    return session.scalars(
        select(ReportRow).where(col(ReportRow.reference) == reference)
    ).one_or_none()


def by_provider_key(session: Session, provider_key: str) -> ReportRow | None:
    """The report that came in under this key."""
    return session.scalars(
        select(ReportRow).where(col(ReportRow.provider_key) == provider_key)
    ).one_or_none()


def count_reports(session: Session) -> int:
    """How many reports there are."""
    return session.scalar(select(func.count()).select_from(ReportRow)) or 0


def _soonest() -> Case[int]:
    return case(
        (col(ReportRow.urgency) == Urgency.ACUTE, 0),
        (col(ReportRow.urgency) == Urgency.URGENT, 1),
        else_=2,
    )


def unplaced(session: Session, *, limit: int) -> Sequence[ReportRow]:
    """Open reports without a place: acute first, then the oldest."""
    ended = (ReportStatus.DONE, ReportStatus.CLOSED)
    return session.scalars(
        select(ReportRow)
        .where(col(ReportRow.block_id).is_(None), col(ReportRow.status).not_in(ended))
        .order_by(_soonest(), col(ReportRow.received_at), col(ReportRow.id))
        .limit(limit)
    ).all()


def with_status(
    session: Session, status: ReportStatus, *, limit: int
) -> tuple[list[ReportRow], int]:
    """Reports with this status, acute first, then the oldest; and how many there are in all."""
    found = session.execute(
        select(ReportRow, func.count().over())
        .where(col(ReportRow.status) == status)
        .order_by(_soonest(), col(ReportRow.received_at), col(ReportRow.id))
        .limit(limit)
    ).all()
    return [row for row, _count in found], found[0][1] if found else 0


def unconsidered(session: Session, *, limit: int) -> Sequence[ReportRow]:
    """Reports about which nobody has decided: acute first, then the oldest.

    They are held until the transaction ends; one that is being changed right now is left for
    the next time.
    """
    return session.scalars(
        select(ReportRow)
        .where(col(ReportRow.considered_at).is_(None))
        .order_by(_soonest(), col(ReportRow.received_at), col(ReportRow.id))
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()


def mark_considered(session: Session, report_id: UUID, *, now: datetime) -> None:
    """Writes down that it was decided about; the caller holds the report (`unconsidered`)."""
    session.execute(
        update(ReportRow).where(col(ReportRow.id) == report_id).values(considered_at=now)
    )


def latest_block(session: Session, tokens: Collection[str], *, since: datetime) -> int | None:
    """The block of the newest placed report under one of these tokens."""
    return session.scalars(
        select(col(ReportRow.block_id))
        .where(
            col(ReportRow.reporter_token).in_(tokens),
            col(ReportRow.block_id).is_not(None),
            col(ReportRow.received_at) >= since,
        )
        .order_by(col(ReportRow.received_at).desc(), col(ReportRow.id).desc())
        .limit(1)
    ).first()


def voices(
    session: Session, *, since: datetime, until: datetime
) -> Sequence[tuple[int, int, Kind, str, Channel, bool, bool]]:
    """Placed reports received in [since, until), oldest first, without those found unfounded."""
    rows = session.execute(
        select(
            col(ReportRow.block_id),
            col(ReportRow.week),
            col(ReportRow.kind),
            col(ReportRow.reporter_token),
            col(ReportRow.channel),
            col(ReportRow.identified),
            col(ReportRow.brought),
        )
        .where(
            col(ReportRow.received_at) >= since,
            col(ReportRow.received_at) < until,
            col(ReportRow.block_id).is_not(None),
            or_(col(ReportRow.outcome).is_(None), col(ReportRow.outcome) != Outcome.UNFOUNDED),
        )
        .order_by(col(ReportRow.received_at), col(ReportRow.id))
    ).all()
    return cast("Sequence[tuple[int, int, Kind, str, Channel, bool, bool]]", rows)


# -- sealed parts ---------------------------------------------------------------------------


def add_sealed(session: Session, row: SealedReportRow) -> None:
    """Keeps the sealed parts of a new report."""
    session.add(row)


def sealed(session: Session, report_ids: Collection[UUID]) -> dict[UUID, SealedReportRow]:
    """The sealed parts of these reports."""
    found = select(SealedReportRow).where(col(SealedReportRow.report_id).in_(report_ids))
    return {row.report_id: row for row in session.scalars(found)}


# -- tries of receipt codes -----------------------------------------------------------------


def count_try(session: Session, *, public_key: str, now: datetime, silence_before: datetime) -> int:
    """Counts one try, parallel ones too; it starts anew after a silence.

    A try beyond the allowed number is counted, but doesn't make the silence begin later: nobody
    can keep a reporter out by trying on and on.

    Returns:
        How many tries there were since the last silence, this one included.
    """
    table = ReceiptTryRow
    quiet = col(table.last_counted_at) <= silence_before
    refused = and_(col(table.tries) >= TRIES, not_(quiet))
    return (
        session.connection()
        .scalars(
            insert_for(session)(table)
            .values(public_key=public_key, tries=1, last_counted_at=now)
            .on_conflict_do_update(
                index_elements=["public_key"],
                set_={
                    "tries": case((quiet, 1), else_=col(table.tries) + 1),
                    "last_counted_at": case((refused, col(table.last_counted_at)), else_=now),
                },
            )
            .returning(col(table.tries))
        )
        .one()
    )


def forgive_tries(session: Session, public_key: str) -> None:
    """Forgets the tries of somebody who held the right code."""
    session.execute(delete(ReceiptTryRow).where(col(ReceiptTryRow.public_key) == public_key))


def forget_tries(session: Session, *, before: datetime) -> None:
    """Forgets the tries before this instant."""
    session.execute(delete(ReceiptTryRow).where(col(ReceiptTryRow.last_counted_at) < before))
