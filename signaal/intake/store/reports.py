"""Reports, and what is sealed of them."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import TypeAlias, cast
from uuid import UUID

from sqlalchemy import (
    Case,
    ColumnElement,
    Integer,
    String,
    case,
    delete,
    func,
    insert,
    or_,
    select,
    type_coerce,
    update,
)
from sqlmodel import Session, col

from signaal.db import insert_for
from signaal.intake.model import Kind, Outcome, ReportStatus, Urgency
from signaal.intake.store.rows import ReportAdditionRow, ReportRow, SealedReportRow

READ_AT_ONCE = 200
"""Rows in memory at a time while reading very many.

So few that Python never looks through them for what may be cleared away: with a million reports
that looking takes twice as long as the reading (bench/bench_refresh.py).
"""

VoiceCells: TypeAlias = tuple[int, int, str, str, str, int, int]


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


def by_reference(session: Session, reference: str, *, held: bool = False) -> ReportRow | None:
    """The report with this public reference; `held`: against other writers until the end."""
    wanted = select(ReportRow).where(col(ReportRow.reference) == reference)
    return session.scalars(wanted.with_for_update() if held else wanted).one_or_none()


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


def unplaced(
    session: Session, *, statuses: Collection[ReportStatus], limit: int
) -> Sequence[ReportRow]:
    """Reports without a place, in nobody's district yet: acute first, then the oldest."""
    return session.scalars(
        select(ReportRow)
        .where(col(ReportRow.block_id).is_(None), col(ReportRow.status).in_(statuses))
        .order_by(_soonest(), col(ReportRow.received_at), col(ReportRow.id))
        .limit(limit)
    ).all()


def with_status(
    session: Session, status: ReportStatus, *, limit: int, within: Collection[int] | None = None
) -> tuple[list[ReportRow], int]:
    """Reports with this status, acute first, then the oldest; and how many there are in all.

    Args:
        session: The caller's session.
        status: The status that they have.
        limit: How many are read at most.
        within: Only those in these blocks, or without a place; None for all.
    """
    found = session.execute(
        select(ReportRow, func.count().over())
        .where(col(ReportRow.status) == status, *_within(within))
        .order_by(_soonest(), col(ReportRow.received_at), col(ReportRow.id))
        .limit(limit)
    ).all()
    return [row for row, _count in found], found[0][1] if found else 0


def _within(blocks: Collection[int] | None) -> tuple[ColumnElement[bool], ...]:
    if blocks is None:
        return ()
    return (or_(col(ReportRow.block_id).is_(None), col(ReportRow.block_id).in_(blocks)),)


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


def voices(session: Session, *, since: datetime, until: datetime) -> Iterator[Sequence[VoiceCells]]:
    """Placed reports received in [since, until), without those found unfounded; many at a time.

    In any order, and with words instead of enums: a year of them is made into columns, and neither
    the order nor a million objects in between would be of use.

    Args:
        session: The caller's session.
        since: The first moment.
        until: The first moment after it.

    Yields:
        Block, week, kind, token, channel, whether identified and whether brought, of each.
    """
    rows = session.connection().execute(
        select(
            col(ReportRow.block_id),
            col(ReportRow.week),
            type_coerce(col(ReportRow.kind), String),
            col(ReportRow.reporter_token),
            type_coerce(col(ReportRow.channel), String),
            type_coerce(col(ReportRow.identified), Integer),
            type_coerce(col(ReportRow.brought), Integer),
        ).where(
            col(ReportRow.received_at) >= since,
            col(ReportRow.received_at) < until,
            col(ReportRow.block_id).is_not(None),
            or_(col(ReportRow.outcome).is_(None), col(ReportRow.outcome) != Outcome.UNFOUNDED),
        ),
        execution_options={"yield_per": READ_AT_ONCE},
    )
    yield from cast("Iterator[Sequence[VoiceCells]]", rows.partitions())


def classified(session: Session, *, since: datetime) -> Sequence[tuple[Kind, str, Urgency, int]]:
    """How many reports of each kind, category and urgency were received since."""
    columns = (col(ReportRow.kind), col(ReportRow.category), col(ReportRow.urgency))
    rows = session.execute(
        select(*columns, func.count()).where(col(ReportRow.received_at) >= since).group_by(*columns)
    ).all()
    return cast("Sequence[tuple[Kind, str, Urgency, int]]", rows)


def in_blocks(session: Session, block_ids: Collection[int]) -> Sequence[ReportRow]:
    """The reports in these blocks whose dwelling is still under its seal, oldest first."""
    return session.scalars(
        select(ReportRow)
        .join(SealedReportRow, col(SealedReportRow.report_id) == col(ReportRow.id))
        .where(col(ReportRow.block_id).in_(block_ids), col(SealedReportRow.dwelling).is_not(None))
        .order_by(col(ReportRow.received_at), col(ReportRow.id))
    ).all()


# -- sealed parts ---------------------------------------------------------------------------


def add_sealed(session: Session, row: SealedReportRow) -> None:
    """Keeps the sealed parts of a new report."""
    session.add(row)


def sealed(session: Session, report_ids: Collection[UUID]) -> dict[UUID, SealedReportRow]:
    """The sealed parts of these reports."""
    found = select(SealedReportRow).where(col(SealedReportRow.report_id).in_(report_ids))
    return {row.report_id: row for row in session.scalars(found)}


def drop_sealed(session: Session, report_id: UUID) -> None:
    """Takes away what was sealed of a report, additions too; the caller destroyed the key."""
    session.execute(delete(ReportAdditionRow).where(col(ReportAdditionRow.report_id) == report_id))
    session.execute(delete(SealedReportRow).where(col(SealedReportRow.report_id) == report_id))


def add_addition(session: Session, row: ReportAdditionRow) -> None:
    """Keeps what was added to a report."""
    session.add(row)


def additions(session: Session, report_ids: Collection[UUID]) -> list[ReportAdditionRow]:
    """What was added to these reports, oldest first."""
    return list(
        session.scalars(
            select(ReportAdditionRow)
            .where(col(ReportAdditionRow.report_id).in_(report_ids))
            .order_by(col(ReportAdditionRow.added_at), col(ReportAdditionRow.id))
        )
    )


def drop_addition(session: Session, row: ReportAdditionRow) -> None:
    """Takes away what was added to a report."""
    session.delete(row)
