"""What the night line lets go of, a few hundred rows at a time."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, delete, func, or_, select, update
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import Session, col

from signaal.oncall.store.rows import (
    AttemptRow,
    CallStepRow,
    NightCaseRow,
    NightContactRow,
    NightEventRow,
    ReplyCodeRow,
)


def _holding_numbers(closed_until: datetime, opened_until: datetime | None) -> ColumnElement[bool]:
    """Cases that hold sealed numbers and were closed, or else opened, long enough ago."""
    over = col(NightCaseRow.closed_at) <= closed_until
    if opened_until is not None:
        over = or_(over, col(NightCaseRow.opened_at) <= opened_until)
    return and_(over, col(NightCaseRow.targets_sealed) != b"")


def holding_numbers(
    session: Session, *, closed_until: datetime, opened_until: datetime | None, limit: int
) -> Sequence[UUID]:
    """Some of the cases whose numbers have had their time, held for this transaction."""
    query = (
        select(col(NightCaseRow.id))
        .where(_holding_numbers(closed_until, opened_until))
        .order_by(col(NightCaseRow.id))
        .limit(limit)
    )
    return session.scalars(query.with_for_update()).all()


def count_holding_numbers(
    session: Session, *, closed_until: datetime, opened_until: datetime | None
) -> int:
    """How many cases hold numbers that have had their time."""
    query = select(func.count()).where(_holding_numbers(closed_until, opened_until))
    return session.scalars(query.select_from(NightCaseRow)).one()


def blank(session: Session, case_ids: Collection[UUID]) -> None:
    """Takes numbers, keys pressed and answers out of these cases."""
    session.execute(
        update(NightCaseRow)
        .where(col(NightCaseRow.id).in_(case_ids))
        .values(caller_sealed=None, targets_sealed=b"", caller_token=None)
    )
    session.execute(update(AttemptRow).where(col(AttemptRow.case_id).in_(case_ids)).values(keys=""))
    session.execute(
        update(CallStepRow)
        .where(col(CallStepRow.case_id).in_(case_ids), col(CallStepRow.answer_sealed).is_not(None))
        .values(answer_sealed=None)
    )


def ended_cases(session: Session, *, closed_until: datetime, limit: int) -> Sequence[UUID]:
    """Some of the cases that were closed so long ago, held for this transaction."""
    query = (
        select(col(NightCaseRow.id))
        .where(col(NightCaseRow.closed_at) <= closed_until)
        .order_by(col(NightCaseRow.id))
        .limit(limit)
    )
    return session.scalars(query.with_for_update()).all()


def count_ended_cases(session: Session, *, closed_until: datetime) -> int:
    """How many cases were closed so long ago."""
    query = select(func.count()).where(col(NightCaseRow.closed_at) <= closed_until)
    return session.scalars(query.select_from(NightCaseRow)).one()


def delete_cases(session: Session, case_ids: Collection[UUID]) -> None:
    """Removes these cases with all that belongs to them; not the marks of their webhooks."""
    for row in (AttemptRow, NightEventRow, NightContactRow, ReplyCodeRow):
        session.execute(delete(row).where(col(row.case_id).in_(case_ids)))
    session.execute(delete(NightCaseRow).where(col(NightCaseRow.id).in_(case_ids)))


def delete_marks(session: Session, *, until: datetime, limit: int) -> int:
    """Removes some of the marks of webhooks that came until then; returns how many."""
    old = (
        select(col(CallStepRow.call), col(CallStepRow.step))
        .where(col(CallStepRow.at) <= until)
        .order_by(col(CallStepRow.call), col(CallStepRow.step))
        .limit(limit)
    )
    marks = session.execute(old).all()
    for call, step in marks:
        session.execute(
            delete(CallStepRow).where(col(CallStepRow.call) == call, col(CallStepRow.step) == step)
        )
    return len(marks)


def count_marks(session: Session, *, until: datetime) -> int:
    """How many webhooks came until then."""
    query = select(func.count()).where(col(CallStepRow.at) <= until)
    return session.scalars(query.select_from(CallStepRow)).one()
