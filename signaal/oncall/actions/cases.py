"""What a case goes through, whoever moves it; each change leaves a line in its history."""

import json
from collections.abc import Collection
from dataclasses import asdict
from datetime import datetime, timedelta
from random import SystemRandom
from uuid import UUID

from uuid_utils.compat import uuid7

from signaal.clock import week_of
from signaal.db import Session
from signaal.errors import ImpossibleStep, UnknownCase
from signaal.messages import actions as outbox
from signaal.oncall import store
from signaal.oncall.actions.rota import rota_of
from signaal.oncall.model import (
    CALLER,
    LINE,
    OWING,
    CaseResult,
    CaseSource,
    CaseState,
    DutyTarget,
    EscalationPolicy,
    Service,
    Why,
    may_become,
    who_answers,
    without,
)
from signaal.oncall.store import NightCaseRow, NightContactRow, NightEventRow
from signaal.places import actions as places
from signaal.privacy.actions import find_key, new_key
from signaal.privacy.model import reporter_token
from signaal.services import Services

NEVER_CODES = frozenset({112, 113, 144, 911, 999})
"""Numbers that mean something else to people in need."""
SHORT_CODES = range(100, 1000)
LONG_CODES = range(1000, 10000)


def duty_now(services: Services) -> tuple[DutyTarget, ...]:
    """Who would be rung at this moment."""
    return who_answers(rota_of(services), services.line_clock.now())


# -- opening --------------------------------------------------------------------------------


def open_case(
    session: Session,
    services: Services,
    *,
    contact: str,
    source: CaseSource,
    urgency: str,
    neighbourhood: str | None,
    block_id: int | None = None,
    number: str | None,
) -> NightCaseRow:
    """Opens a case with the duty list of this moment, which it keeps whatever is changed later."""
    now = services.clock.now()
    case_id = uuid7()
    key = new_key(session, key_id=case_id, master_key=services.settings.master_key)
    targets = without(duty_now(services), number)
    case = NightCaseRow(
        id=case_id,
        state=CaseState.RECEIVED,
        source=source,
        code=_new_code(session, case_id=case_id, now=now),
        language="nl",
        urgency=urgency,
        caller_token=token_of(services, number) if number else None,
        caller_sealed=key.seal(number) if number else None,
        targets_sealed=key.seal(json.dumps([asdict(target) for target in targets])),
        opened_at=now,
        next_action_at=now,
    )
    put(session, case, neighbourhood, block_id=block_id)
    store.add(session, case)
    store.add(session, NightContactRow(key=contact, case_id=case_id, source=source, at=now))
    write(
        session,
        case,
        who=CALLER,
        why=Why.CALLS if source is CaseSource.CALL else Why.REPORTS,
        at=now,
    )
    return case


def put(
    session: Session,
    case: NightCaseRow,
    neighbourhood: str | None,
    *,
    block_id: int | None = None,
) -> None:
    """Writes down where it is, and so which colleagues it concerns.

    The block says the district exactly; of two neighbourhoods of one name only the block knows.
    """
    case.neighbourhood = neighbourhood
    if block_id is not None:
        _code, case.district = places.areas_of_blocks(session, [block_id])[block_id]
        return
    case.district = (
        places.district_of_neighbourhood(session, neighbourhood) if neighbourhood else None
    )


def link(
    session: Session,
    case: NightCaseRow,
    *,
    contact: str,
    source: CaseSource,
    at: datetime,
    who: str = CALLER,
) -> None:
    """Adds one more call or report to an open case."""
    store.add(session, NightContactRow(key=contact, case_id=case.id, source=source, at=at))
    case.version += 1
    again = Why.CALLS_AGAIN if source is CaseSource.CALL else Why.REPORTS_AGAIN
    write(session, case, who=who, why=again if who == CALLER else Why.OWNER_CALLS, at=at)


def token_of(services: Services, number: str) -> str:
    """Stands for one neighbour's number during twelve weeks."""
    settings = services.settings
    week = week_of(services.clock.now())
    return reporter_token(number, week=week, pepper=settings.reporter_pepper.get_secret_value())


def _new_code(session: Session, *, case_id: UUID, now: datetime) -> str:
    chance = SystemRandom()
    for codes in (SHORT_CODES, LONG_CODES):
        for code in chance.sample(codes, len(codes)):
            given = code not in NEVER_CODES and store.give_code(
                session, code=str(code), case_id=case_id, now=now
            )
            if given:
                return str(code)
    return f"{case_id.int % 10**9}"  # so many cases in a week can only be taken on the page


# -- moving ---------------------------------------------------------------------------------


def held(session: Session, case_id: UUID) -> NightCaseRow:
    """The case, held for this transaction.

    Raises:
        UnknownCase: There is no such case.
    """
    case = store.locked(session, case_id)
    if case is None:
        raise UnknownCase(str(case_id))
    return case


def move(
    session: Session,
    case: NightCaseRow,
    *,
    to: CaseState,
    who: str,
    why: Why,
    at: datetime,
    whom: str = "",
) -> None:
    """Moves a held case on, and writes that down.

    Raises:
        ImpossibleStep: A case can't go that way.
    """
    if not may_become(case.state, to):
        raise ImpossibleStep(f"{case.id}: {case.state} -> {to}")
    case.state = to
    case.version += 1
    write(session, case, who=who, why=why, at=at, whom=whom)


def owe(session: Session, services: Services, case: NightCaseRow, *, why: Why) -> None:
    """Nobody took it: somebody must ring back, or know of it; the alarm stands from now on."""
    now = services.clock.now()
    known = case.caller_token is not None
    move(session, case, to=CaseState.OWED if known else CaseState.NOTED, who=LINE, why=why, at=now)
    case.live_attempt = None
    case.owner = case.due_at = None
    case.next_action_at = now
    raise_alarm(case, at=now)


def raise_alarm(case: NightCaseRow, *, at: datetime) -> None:
    """Sets the red banner, unless it stands already."""
    if case.alarm_since is None or case.acknowledged_at is not None:
        case.alarm_since = at
    case.acknowledged_by = case.acknowledged_at = None


def take(
    session: Session,
    services: Services,
    case: NightCaseRow,
    *,
    who: str,
    why: Why,
    states: Collection[CaseState] = OWING,
) -> bool:
    """Gives the case an owner; of many who try at once exactly one succeeds.

    Returns:
        Whether this person has it now.
    """
    now = services.clock.now()
    policy = services.policies[EscalationPolicy]
    due = now + timedelta(minutes=policy.callback_minutes) if case.caller_token else None
    taken = store.compare_and_set(
        session,
        case,
        states=states,
        state=CaseState.OWNED,
        owner=who,
        due_at=due,
        next_action_at=due,
        acknowledged_by=who,
        acknowledged_at=now,
    )
    if taken:
        write(session, case, who=who, why=why, at=now)
        drop_pages(session, case)
    return taken


def drop_pages(session: Session, case: NightCaseRow) -> None:
    """Nobody needs to be woken for this case any more."""
    outbox.drop(session, key_prefix=f"night:{case.id}:")


def end(
    session: Session, services: Services, case: NightCaseRow, *, who: str, result: CaseResult
) -> None:
    """Closes a case that somebody owns or has talked through."""
    now = services.clock.now()
    move(session, case, to=CaseState.CLOSED, who=who, why=Why.CLOSES, at=now)
    case.result = result
    case.closed_at = now
    case.due_at = case.next_action_at = None
    drop_pages(session, case)


def closed_by(session: Session, case: NightCaseRow) -> str:
    """Who closed it, by its history."""
    events = store.events_of(session, [case.id])
    return next(event.who for event in reversed(events) if event.why is Why.CLOSES)


def write(
    session: Session,
    case: NightCaseRow,
    *,
    who: str,
    why: Why,
    at: datetime,
    whom: str = "",
) -> None:
    """Adds a line to the history of a case whose version has just been raised."""
    event = NightEventRow(
        id=uuid7(),
        case_id=case.id,
        version=case.version,
        state=case.state,
        who=who,
        why=why,
        whom=whom,
        at=at,
    )
    store.add(session, event)


# -- what is sealed -------------------------------------------------------------------------


def targets_of(session: Session, services: Services, case: NightCaseRow) -> tuple[DutyTarget, ...]:
    """The duty list with which this case began; only the last resort when its key is destroyed."""
    key = find_key(session, key_id=case.id, master_key=services.settings.master_key)
    if key is None:
        return (rota_of(services).fallback,)
    entries = json.loads(key.open(case.targets_sealed))
    return tuple(DutyTarget(**{**entry, "service": Service(entry["service"])}) for entry in entries)


def caller_number(session: Session, services: Services, case: NightCaseRow) -> str | None:
    """The neighbour's number, opened to ring back and never shown."""
    key = find_key(session, key_id=case.id, master_key=services.settings.master_key)
    return key.open(case.caller_sealed) if key and case.caller_sealed else None
