"""What staff see of tonight: alarms, cases without numbers, and a report when they open it."""

from collections.abc import Sequence
from datetime import timedelta
from typing import TypeVar
from uuid import UUID

from signaal.access.model import Role
from signaal.db import Session
from signaal.errors import ImpossibleStep, UnknownCase
from signaal.intake.actions import report_text
from signaal.oncall import store
from signaal.oncall.model import (
    Alarm,
    AttemptLine,
    CaseLine,
    CaseSource,
    CaseState,
    EventLine,
    Why,
)
from signaal.oncall.store import AttemptRow, NightCaseRow, NightContactRow, NightEventRow
from signaal.services import Services

_RowT = TypeVar("_RowT", AttemptRow, NightEventRow, NightContactRow)

CLOSED_SHOWN = 20
READABLE_ON_DUTY = timedelta(hours=12)
"""So long a duty contact may read the report of an open case: about one shift."""
REPORT_KEY = "report:"
"""Stands before the public reference in the key of a contact that is a report."""


def standing_alarms(session: Session) -> list[Alarm]:
    """What nobody has taken yet, oldest first; cheap enough for every page."""
    return [
        Alarm(case_id=row[0], since=row[1], code=row[2], neighbourhood=row[3], state=row[4])
        for row in store.alarms(session)
    ]


def cases(session: Session) -> list[CaseLine]:
    """All open cases, those that nobody has taken first, and the ones that were closed last."""
    rows = [*store.open_cases(session), *store.closed_cases(session, limit=CLOSED_SHOWN)]
    ids = [row.id for row in rows]
    attempts = _by_case(store.attempts_of(session, ids))
    events = _by_case(store.events_of(session, ids))
    contacts = _by_case(store.contacts_of(session, ids))
    return [
        _line(row, attempts.get(row.id, []), events.get(row.id, []), contacts.get(row.id, []))
        for row in rows
    ]


def open_reports(services: Services, case_id: UUID, *, role: str, purpose: str) -> list[str | None]:
    """What the reports of an open case say, oldest first; intake writes each opening in the log.

    Args:
        services: The tools of the house.
        case_id: Which case.
        role: In which role somebody opens them.
        purpose: What they are opened for.

    Returns:
        One text for each report; None where the text was destroyed.

    Raises:
        UnknownCase: There is no such case.
        ImpossibleStep: The case is closed, or a duty contact's hours for it are over.
    """
    with services.database.reading() as session:
        case = store.find(session, case_id)
        if case is None:
            raise UnknownCase(str(case_id))
        age = services.clock.now() - case.opened_at
        too_late = role == Role.DUTY_CONTACT and age > READABLE_ON_DUTY
        if case.state is CaseState.CLOSED or too_late:
            raise ImpossibleStep(f"{case.id}: not readable for {role}")
        contacts = store.contacts_of(session, [case_id])
        keys = [each.key for each in contacts if each.source is CaseSource.REPORT]
    references = [key.removeprefix(REPORT_KEY) for key in keys]
    return [report_text(services, each, role=role, purpose=purpose) for each in references]


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
