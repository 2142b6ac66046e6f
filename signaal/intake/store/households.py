"""What households ask about themselves."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, or_, select, update
from sqlmodel import Session, col

from signaal.db import insert_for
from signaal.intake.model import RequestState
from signaal.intake.store.ending import Over
from signaal.intake.store.rows import AnsweredCountRow, HouseholdRequestRow


def add_request(session: Session, row: HouseholdRequestRow) -> bool:
    """Keeps a new request; False when its reference is taken."""
    values = {name: getattr(row, name) for name in HouseholdRequestRow.model_fields}
    kept = session.connection().scalars(
        insert_for(session)(HouseholdRequestRow)
        .values(**values)
        .on_conflict_do_nothing()
        .returning(col(HouseholdRequestRow.id))
    )
    return kept.first() is not None


def requests(session: Session, *, limit: int) -> Sequence[HouseholdRequestRow]:
    """Open requests, most urgent first, and then those that were answered last."""
    answered = col(HouseholdRequestRow.state) == RequestState.ANSWERED
    return session.scalars(
        select(HouseholdRequestRow)
        .order_by(
            answered,
            col(HouseholdRequestRow.answered_at).desc(),
            col(HouseholdRequestRow.due_at),
            col(HouseholdRequestRow.id),
        )
        .limit(limit)
    ).all()


def request(session: Session, request_id: UUID) -> HouseholdRequestRow | None:
    """The request, held against other writers until the transaction ends."""
    return session.get(
        HouseholdRequestRow, request_id, with_for_update=True, populate_existing=True
    )


def claim_late(session: Session, *, now: datetime, shouted_before: datetime) -> list[UUID]:
    """Open requests that are late and about which nobody was told since; they are told now."""
    table = HouseholdRequestRow
    return list(
        session.connection().scalars(
            update(table)
            .where(
                col(table.state) == RequestState.OPEN,
                col(table.due_at) < now,
                or_(col(table.shouted_at).is_(None), col(table.shouted_at) <= shouted_before),
            )
            .values(shouted_at=now)
            .returning(col(table.id))
        )
    )


def answered_over(session: Session, over: Over, *, limit: int | None) -> list[UUID]:
    """Requests that were answered so long ago."""
    table = HouseholdRequestRow
    return list(
        session.scalars(
            select(col(table.id))
            .where(col(table.answered_at) < over.ended)
            .order_by(col(table.answered_at))
            .limit(limit)
        )
    )


def drop_request(session: Session, request_id: UUID) -> None:
    """Takes a request away; the caller destroyed its key."""
    session.execute(delete(HouseholdRequestRow).where(col(HouseholdRequestRow.id) == request_id))


def count_answered(session: Session, *, year: int, late: bool) -> None:
    """Counts one answered request, parallel ones too."""
    table = AnsweredCountRow
    session.execute(
        insert_for(session)(table)
        .values(year=year, late=late, count=1)
        .on_conflict_do_update(
            index_elements=["year", "late"], set_={"count": col(table.count) + 1}
        )
    )
