"""What staff see of tonight: alarms, and the cases within their reach, without numbers."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from signaal.access.model import CaseText, sight_of
from signaal.db import Session
from signaal.oncall import store
from signaal.oncall.actions.rota import rota_of
from signaal.oncall.model import (
    Alarm,
    AttemptLine,
    CaseLine,
    CaseSource,
    Duty,
    EventLine,
    Why,
    may_see,
    sees_night,
    who_answers,
)
from signaal.oncall.store import AttemptRow, NightCaseRow, NightContactRow, NightEventRow
from signaal.services import Services
from signaal.visitor import Visitor

_RowT = TypeVar("_RowT", AttemptRow, NightEventRow, NightContactRow)

CLOSED_SHOWN = 20
CLOSED_LOOKED_AT = 10 * CLOSED_SHOWN
"""Among so many that were closed last, those within somebody's reach are looked for."""
REPORT_KEY = "report:"
"""Stands before the public reference in the key of a contact that is a report."""


def standing_alarms(session: Session, *, visitor: Visitor | None = None) -> list[Alarm]:
    """What nobody has taken yet, oldest first; cheap enough for every page.

    That an alarm stands is told to every colleague; where, only within their own districts.

    Args:
        session: A reading session.
        visitor: Who is told; None: the line itself.
    """
    return [
        Alarm(
            case_id=row.id,
            since=row.alarm_since,
            code=row.code,
            neighbourhood=row.neighbourhood if _covers(visitor, row.district) else None,
            state=row.state,
        )
        for row in store.alarms(session)
    ]


def _covers(visitor: Visitor | None, district: str | None) -> bool:
    if visitor is None or sight_of(visitor.role).case_text is CaseText.ON_DUTY:
        return True
    return district is None or visitor.covers(district)


def cases(services: Services, *, visitor: Visitor) -> list[CaseLine]:
    """The cases within somebody's reach: those that nobody has taken first, closed ones last."""
    if not sees_night(visitor):
        return []
    now = services.clock.now()
    duty = _duties(services, visitor)

    def seen(row: NightCaseRow) -> bool:
        return may_see(
            visitor, district=row.district, opened_at=row.opened_at, now=now, duty=duty(row)
        )

    with services.database.reading() as session:
        return case_lines(session, seen=seen)


def case_lines(
    session: Session, *, seen: Callable[[NightCaseRow], bool] = lambda _row: True
) -> list[CaseLine]:
    """The cases that somebody may see: those that nobody has taken first, closed ones last."""
    closed = [row for row in store.closed_cases(session, limit=CLOSED_LOOKED_AT) if seen(row)]
    rows = [*filter(seen, store.open_cases(session)), *closed[:CLOSED_SHOWN]]
    ids = [row.id for row in rows]
    attempts = _by_case(store.attempts_of(session, ids))
    events = _by_case(store.events_of(session, ids))
    contacts = _by_case(store.contacts_of(session, ids))
    return [
        _line(row, attempts.get(row.id, []), events.get(row.id, []), contacts.get(row.id, []))
        for row in rows
    ]


def duty_of(services: Services, visitor: Visitor, *, opened_at: datetime) -> Duty:
    """Whether this visitor has duty now, and had it when a case began; in the demo all have."""
    if services.settings.is_demo:
        return Duty(now=True, then=True)
    rota = rota_of(services)
    moments = (services.line_clock.now(), opened_at)
    now, then = (
        any(target.name == visitor.duty_name for target in who_answers(rota, moment))
        for moment in moments
    )
    return Duty(now=now, then=then)


def has_duty(services: Services, *, visitor: Visitor) -> bool:
    """Whether this visitor has duty now, as far as their role asks for it."""
    if sight_of(visitor.role).case_text is not CaseText.ON_DUTY:
        return True
    return duty_of(services, visitor, opened_at=services.clock.now()).now


def _duties(services: Services, visitor: Visitor) -> Callable[[NightCaseRow], Duty]:
    """The same for many cases; who is no duty contact has none."""
    if sight_of(visitor.role).case_text is not CaseText.ON_DUTY:
        return lambda _row: Duty(now=False, then=False)
    return lambda row: duty_of(services, visitor, opened_at=row.opened_at)


def _by_case(rows: Sequence[_RowT]) -> dict[UUID, list[_RowT]]:
    found: dict[UUID, list[_RowT]] = {}
    for row in rows:
        found.setdefault(row.case_id, []).append(row)
    return found


def _line(
    row: NightCaseRow,
    attempts: list[AttemptRow],
    events: list[NightEventRow],
    contacts: list[NightContactRow],
) -> CaseLine:
    closing = [event.who for event in events if event.why is Why.CLOSES]
    return CaseLine(
        id=row.id,
        code=row.code,
        state=row.state,
        source=row.source,
        urgency=row.urgency,
        neighbourhood=row.neighbourhood,
        opened_at=row.opened_at,
        closed_at=row.closed_at,
        owner=row.owner,
        due_at=row.due_at,
        alarm_since=None if row.acknowledged_at else row.alarm_since,
        result=row.result,
        closed_by=closing[-1] if closing else None,
        contacts=len(contacts),
        reports=sum(contact.source is CaseSource.REPORT for contact in contacts),
        attempts=tuple(
            AttemptLine(
                name=attempt.target_name,
                method=attempt.method,
                started_at=attempt.started_at,
                ended_at=attempt.ended_at,
                outcome=attempt.outcome,
                keys=attempt.keys,
            )
            for attempt in attempts
        ),
        history=tuple(
            EventLine(at=event.at, state=event.state, who=event.who, why=event.why, whom=event.whom)
            for event in events
        ),
    )
