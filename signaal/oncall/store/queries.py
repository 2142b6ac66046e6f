"""What is asked and changed of night cases."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlmodel import Session, SQLModel, col

from signaal.db import changed, insert_for
from signaal.oncall.model import LIVE, OWING, CaseState
from signaal.oncall.store.rows import (
    AttemptRow,
    CallStepRow,
    NightCaseRow,
    NightContactRow,
    NightEventRow,
    ReplyCodeRow,
)

CODE_REST = timedelta(days=7)
"""A reply code is not given out again for so long."""


def _insert(session: Session, row: type[SQLModel], **values: Any) -> Any:  # noqa: ANN401 - two dialects
    return insert_for(session)(row).values(**values)


# -- steps of a call ------------------------------------------------------------------------


def claim_step(session: Session, *, call: str, step: str, at: datetime) -> bool:
    """Whether this webhook is the first of its kind; a second one waits for the first to end."""
    statement = _insert(session, CallStepRow, call=call, step=step, at=at).on_conflict_do_nothing()
    return session.scalars(statement.returning(col(CallStepRow.call))).first() is not None


def find_step(session: Session, *, call: str, step: str) -> CallStepRow | None:
    """What was answered before."""
    return session.get(CallStepRow, (call, step))


def keep_answer(
    session: Session, *, call: str, step: str, case_id: UUID | None, answer_sealed: bytes | None
) -> None:
    """Keeps what is answered now."""
    session.execute(
        update(CallStepRow)
        .where(col(CallStepRow.call) == call, col(CallStepRow.step) == step)
        .values(case_id=case_id, answer_sealed=answer_sealed)
    )


def count_steps(session: Session, *, call: str, since: datetime) -> int:
    """How many steps were claimed under this key since then."""
    query = select(func.count()).where(col(CallStepRow.call) == call, col(CallStepRow.at) > since)
    return session.scalars(query).one()


# -- cases ----------------------------------------------------------------------------------


def add(session: Session, *rows: SQLModel) -> None:
    """Adds rows at once, so that what follows in the transaction finds them."""
    session.add_all(rows)
    session.flush()


def give_code(session: Session, *, code: str, case_id: UUID, now: datetime) -> bool:
    """Gives this code to this case, unless it was given to another one in the last 7 days."""
    statement = _insert(session, ReplyCodeRow, code=code, case_id=case_id, given_at=now)
    statement = statement.on_conflict_do_update(
        index_elements=[col(ReplyCodeRow.code)],
        set_={"case_id": case_id, "given_at": now},
        where=col(ReplyCodeRow.given_at) < now - CODE_REST,
    )
    return session.scalars(statement.returning(col(ReplyCodeRow.code))).first() is not None


def case_of_code(session: Session, code: str) -> NightCaseRow | None:
    """The case for which this code was given last."""
    given = session.get(ReplyCodeRow, code)
    return session.get(NightCaseRow, given.case_id) if given else None


def locked(session: Session, case_id: UUID) -> NightCaseRow | None:
    """The case, held for this transaction."""
    query = select(NightCaseRow).where(col(NightCaseRow.id) == case_id).with_for_update()
    return session.scalars(query.execution_options(populate_existing=True)).one_or_none()


def find(session: Session, case_id: UUID) -> NightCaseRow | None:
    """The case as it stands."""
    return session.get(NightCaseRow, case_id)


def find_contact(session: Session, key: str) -> NightContactRow | None:
    """The call or report with this key."""
    return session.get(NightContactRow, key)


def open_case_of(
    session: Session, *, token: str, states: Collection[CaseState], since: datetime
) -> UUID | None:
    """The latest case of this neighbour in one of these states, opened since then."""
    query = (
        select(col(NightCaseRow.id))
        .where(
            col(NightCaseRow.caller_token) == token,
            col(NightCaseRow.state).in_(states),
            col(NightCaseRow.opened_at) >= since,
        )
        .order_by(col(NightCaseRow.opened_at).desc())
        .limit(1)
    )
    return session.scalars(query).one_or_none()


def compare_and_set(
    session: Session,
    case: NightCaseRow,
    *,
    states: Collection[CaseState],
    attempt: UUID | None = None,
    **values: Any,  # noqa: ANN401 - columns
) -> bool:
    """Changes a case only if nobody else did since it was read; True for exactly one of many."""
    statement = update(NightCaseRow).where(
        col(NightCaseRow.id) == case.id,
        col(NightCaseRow.state).in_(states),
        col(NightCaseRow.version) == case.version,
    )
    if attempt:
        statement = statement.where(col(NightCaseRow.live_attempt) == attempt)
    setting = statement.values(version=case.version + 1, **values)
    done = session.execute(setting.execution_options(synchronize_session=False))
    session.refresh(case)
    return changed(done) == 1


def due(session: Session, *, now: datetime, limit: int) -> Sequence[UUID]:
    """The cases whose next action is due, acute first, then the longest overdue."""
    query = (
        select(col(NightCaseRow.id))
        .where(col(NightCaseRow.next_action_at) <= now)
        .order_by(col(NightCaseRow.urgency) != "acute", col(NightCaseRow.next_action_at))
        .limit(limit)
    )
    return session.scalars(query).all()


def owing(session: Session, states: Collection[CaseState]) -> Sequence[NightCaseRow]:
    """The open cases in one of these states, oldest first."""
    query = (
        select(NightCaseRow)
        .where(col(NightCaseRow.closed_at).is_(None), col(NightCaseRow.state).in_(states))
        .order_by(col(NightCaseRow.opened_at))
    )
    return session.scalars(query).all()


def alarms(session: Session) -> Sequence[Any]:
    """What stands in the red banner, oldest first: one small query on an index of its own."""
    query = (
        select(
            col(NightCaseRow.id),
            col(NightCaseRow.alarm_since),
            col(NightCaseRow.code),
            col(NightCaseRow.neighbourhood),
            col(NightCaseRow.district),
            col(NightCaseRow.state),
        )
        .where(col(NightCaseRow.alarm_since).is_not(None))
        .where(col(NightCaseRow.acknowledged_at).is_(None))
        .order_by(col(NightCaseRow.alarm_since))
    )
    return session.execute(query).all()


def open_cases(session: Session) -> Sequence[NightCaseRow]:
    """All cases that no person has closed: those on the line first, then the oldest."""
    query = (
        select(NightCaseRow)
        .where(col(NightCaseRow.closed_at).is_(None))
        .order_by(
            col(NightCaseRow.state).not_in(OWING),
            col(NightCaseRow.state).not_in(LIVE),
            col(NightCaseRow.opened_at),
        )
    )
    return session.scalars(query).all()


def closed_cases(session: Session, *, limit: int) -> Sequence[NightCaseRow]:
    """The cases that were closed last, newest first."""
    query = (
        select(NightCaseRow)
        .where(col(NightCaseRow.closed_at).is_not(None))
        .order_by(col(NightCaseRow.closed_at).desc())
        .limit(limit)
    )
    return session.scalars(query).all()


# -- what belongs to a case -----------------------------------------------------------------


def find_attempt(session: Session, attempt_id: UUID) -> AttemptRow | None:
    """One leg."""
    return session.get(AttemptRow, attempt_id)


def attempts_of(session: Session, case_ids: Collection[UUID]) -> Sequence[AttemptRow]:
    """All legs of these cases, oldest first."""
    query = select(AttemptRow).where(col(AttemptRow.case_id).in_(case_ids))
    return session.scalars(query.order_by(col(AttemptRow.started_at), col(AttemptRow.id))).all()


def events_of(session: Session, case_ids: Collection[UUID]) -> Sequence[NightEventRow]:
    """The history of these cases, oldest first."""
    query = select(NightEventRow).where(col(NightEventRow.case_id).in_(case_ids))
    return session.scalars(query.order_by(col(NightEventRow.version))).all()


def contacts_of(session: Session, case_ids: Collection[UUID]) -> Sequence[NightContactRow]:
    """The calls and reports that belong to these cases, oldest first."""
    query = select(NightContactRow).where(col(NightContactRow.case_id).in_(case_ids))
    return session.scalars(query.order_by(col(NightContactRow.at), col(NightContactRow.key))).all()
