"""How reports end: taken away at once, part by part, or folded into figures of a year."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, or_, select, update
from sqlmodel import Session, col

from signaal.db import insert_for
from signaal.intake.model import ENDED, Channel, Ending, Kind, Outcome
from signaal.intake.store.rows import (
    ConversationRow,
    EndedCountRow,
    InboundTextRow,
    NeighbourhoodYearRow,
    ReportRow,
    SealedReportRow,
)


def drop_report(session: Session, report_id: UUID) -> None:
    """Takes away a report, its conversation, and the link from the message it came in with."""
    session.execute(delete(ConversationRow).where(col(ConversationRow.report_id) == report_id))
    session.execute(
        update(InboundTextRow)
        .where(col(InboundTextRow.report_id) == report_id)
        .values(report_id=None)
    )
    session.execute(delete(ReportRow).where(col(ReportRow.id) == report_id))


def count_ended(session: Session, *, kind: Kind, ending: Ending, period: int) -> None:
    """Counts one report that was taken away, parallel ones too."""
    table = EndedCountRow
    session.execute(
        insert_for(session)(table)
        .values(kind=kind, ending=ending, period=period, count=1)
        .on_conflict_do_update(
            index_elements=["kind", "ending", "period"], set_={"count": col(table.count) + 1}
        )
    )


def ended_counts(session: Session) -> list[EndedCountRow]:
    """How many reports were taken away before their time, newest period first."""
    wanted = select(EndedCountRow).order_by(
        col(EndedCountRow.period).desc(), col(EndedCountRow.kind), col(EndedCountRow.ending)
    )
    return list(session.scalars(wanted))


# -- part by part ---------------------------------------------------------------------------


class Over(NamedTuple):
    """Until when something has had its time.

    Attributes:
        ended: What was closed or answered before this instant.
        came_in: What came in before this instant, whatever happened with it.
    """

    ended: datetime
    came_in: datetime


def with_contact_over(session: Session, over: Over, *, limit: int | None) -> list[UUID]:
    """Reports whose reporter's contact is no longer needed: ended, or of too long ago."""
    past = or_(col(ReportRow.status).in_(ENDED), col(ReportRow.received_at) < over.came_in)
    return _sealed_ids(session, col(SealedReportRow.contact).is_not(None), past, limit=limit)


def with_text_over(session: Session, over: Over, *, limit: int | None) -> list[UUID]:
    """Reports whose text is over: so long closed, or of too long ago."""
    past = or_(col(ReportRow.closed_at) < over.ended, col(ReportRow.received_at) < over.came_in)
    return _sealed_ids(session, col(SealedReportRow.text).is_not(None), past, limit=limit)


def with_dwelling_over(session: Session, over: Over, *, limit: int | None) -> list[UUID]:
    """Reports whose dwelling is no longer needed: ended, or of too long ago."""
    past = or_(col(ReportRow.status).in_(ENDED), col(ReportRow.received_at) < over.came_in)
    return _sealed_ids(session, col(SealedReportRow.dwelling).is_not(None), past, limit=limit)


def arrears_over(session: Session, over: Over, *, limit: int | None) -> list[UUID]:
    """Reports of arrears of so long ago with which nobody helped."""
    return list(
        session.scalars(
            select(col(ReportRow.id))
            .where(
                col(ReportRow.kind) == Kind.ARREARS,
                or_(col(ReportRow.outcome).is_(None), col(ReportRow.outcome) != Outcome.FOUNDED),
                col(ReportRow.received_at) < over.ended,
                col(ReportRow.id).in_(select(col(SealedReportRow.report_id))),
            )
            .order_by(col(ReportRow.received_at))
            .limit(limit)
        )
    )


def _sealed_ids(
    session: Session, there: ColumnElement[bool], past: ColumnElement[bool], *, limit: int | None
) -> list[UUID]:
    return list(
        session.scalars(
            select(col(ReportRow.id))
            .join(SealedReportRow, col(SealedReportRow.report_id) == col(ReportRow.id))
            .where(there, past)
            .order_by(col(ReportRow.received_at), col(ReportRow.id))
            .limit(limit)
        )
    )


def forget_inbound_keys(session: Session, *, before: datetime, limit: int) -> int:
    """Forgets keyed hashes of messages from before this instant."""
    some = (
        select(col(InboundTextRow.provider_key))
        .where(col(InboundTextRow.received_at) < before)
        .limit(limit)
    )
    gone = session.connection().execute(
        delete(InboundTextRow).where(col(InboundTextRow.provider_key).in_(some))
    )
    return gone.rowcount


def count_inbound(session: Session, *, before: datetime) -> int:
    """How many messages from before this instant there are."""
    wanted = select(func.count()).where(col(InboundTextRow.received_at) < before)
    return session.scalar(wanted) or 0


# -- figures of a year ----------------------------------------------------------------------


class Voice(NamedTuple):
    """One report as what it counts."""

    id: UUID
    kind: Kind
    category: str
    token: str
    channel: Channel
    identified: bool
    brought: bool


def oldest_blocks(
    session: Session, *, before_week: int, weeks: int, limit: int | None
) -> list[tuple[int | None, int, int]]:
    """Block and period of reports of whole periods before this week, and how many there are."""
    period = col(ReportRow.week) // weeks
    rows = session.execute(
        select(col(ReportRow.block_id), func.min(col(ReportRow.week)), func.count())
        .where(col(ReportRow.week) < before_week)
        .group_by(col(ReportRow.block_id), period)
        .order_by(func.min(col(ReportRow.week)), col(ReportRow.block_id))
        .limit(limit)
    ).all()
    return [(block_id, week // weeks, count) for block_id, week, count in rows]


def voices_of(
    session: Session, *, block_id: int | None, first_week: int, until_week: int
) -> list[Voice]:
    """The reports of one block in [first_week, until_week), as what they count."""
    row = ReportRow
    here = col(row.block_id).is_(None) if block_id is None else col(row.block_id) == block_id
    wanted = select(
        col(row.id),
        col(row.kind),
        col(row.category),
        col(row.reporter_token),
        col(row.channel),
        col(row.identified),
        col(row.brought),
    ).where(here, col(row.week) >= first_week, col(row.week) < until_week)
    return [Voice(*found) for found in session.execute(wanted)]


def add_to_year(
    session: Session,
    *,
    neighbourhood_code: str,
    kind: Kind,
    category: str,
    year: int,
    voices: float,
) -> None:
    """Adds voices to the figure of one neighbourhood and year."""
    table = NeighbourhoodYearRow
    session.execute(
        insert_for(session)(table)
        .values(
            neighbourhood_code=neighbourhood_code,
            kind=kind,
            category=category,
            year=year,
            voices=voices,
        )
        .on_conflict_do_update(
            index_elements=["neighbourhood_code", "kind", "category", "year"],
            set_={"voices": col(table.voices) + voices},
        )
    )


def neighbourhood_years(session: Session) -> list[NeighbourhoodYearRow]:
    """The figures that are left of reports of more than three years ago."""
    return list(session.scalars(select(NeighbourhoodYearRow)))


def key_ids_of(session: Session, report_ids: Collection[UUID]) -> list[UUID]:
    """The data keys of these reports."""
    wanted = select(col(SealedReportRow.key_id)).where(
        col(SealedReportRow.report_id).in_(report_ids)
    )
    return list(session.scalars(wanted))


def drop_reports(session: Session, report_ids: Collection[UUID]) -> None:
    """Takes away these reports and all that hangs on them; the caller destroyed their keys."""
    session.execute(delete(ReportRow).where(col(ReportRow.id).in_(report_ids)))
