"""Somebody is owed an answer: persons are paged, one after the other, until one takes it."""

from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime, timedelta
from uuid import UUID

from uuid_utils.compat import uuid7

from signaal.db import Session
from signaal.messages import actions as outbox
from signaal.messages.texts import render
from signaal.oncall import store
from signaal.oncall.actions.cases import (
    held,
    link,
    move,
    open_case,
    owe,
    put,
    raise_alarm,
    take,
    targets_of,
    token_of,
)
from signaal.oncall.actions.overview import REPORT_KEY
from signaal.oncall.actions.speaking import (
    STAFF_LANGUAGE,
    once,
    spelled,
    spoken_to_staff,
)
from signaal.oncall.model import (
    LINE,
    OWING,
    AttemptMethod,
    AttemptOutcome,
    CaseSource,
    CaseState,
    DutyTarget,
    EscalationPolicy,
    Spoken,
    Why,
)
from signaal.oncall.store import AttemptRow, NightCaseRow
from signaal.services import Services

MOST_PER_TICK = 100
ACUTE = "acute"
PAGING = frozenset({CaseState.OWED, CaseState.PAGING, CaseState.ALARM})


def open_case_for_report(
    session: Session,
    services: Services,
    *,
    report_reference: str,
    neighbourhood: str | None,
    block_id: int | None = None,
    urgency: str,
    number: str | None,
) -> UUID:
    """An acute report pages the duty phone at once, in the caller's transaction.

    A second report of the same neighbour, while nobody has taken the first, belongs to the same
    case. Asking twice for the same report changes nothing.

    Args:
        session: The caller's session, in its transaction.
        services: The tools of the house.
        report_reference: The report's public reference.
        neighbourhood: Its name, when the report has been placed.
        block_id: The block in which it was placed; its district sees the case.
        urgency: acute, urgent or normal.
        number: The reporter's number, when there is one to ring back.

    Returns:
        The case's id.
    """
    contact = REPORT_KEY + report_reference
    known = store.find_contact(session, contact)
    if known:  # asked again because the report has been placed since, or moved
        paged = held(session, known.case_id)
        if neighbourhood:
            put(session, paged, neighbourhood, block_id=block_id)
        return paged.id
    waiting = _open_case_of(session, services, number=number)
    if waiting:
        link(session, waiting, contact=contact, source=CaseSource.REPORT, at=services.clock.now())
        if neighbourhood and not waiting.neighbourhood:
            put(session, waiting, neighbourhood, block_id=block_id)
        waiting.urgency = urgency if urgency == ACUTE else waiting.urgency
        return waiting.id
    case = open_case(
        session,
        services,
        contact=contact,
        source=CaseSource.REPORT,
        urgency=urgency,
        neighbourhood=neighbourhood,
        block_id=block_id,
        number=number,
    )
    owe(session, services, case, why=Why.REPORTS)
    _advance(session, services, case)
    return case.id


def _open_case_of(
    session: Session, services: Services, *, number: str | None
) -> NightCaseRow | None:
    if number is None:
        return None
    minutes = services.policies[EscalationPolicy].same_caller_minutes
    since = services.clock.now() - timedelta(minutes=minutes)
    token = token_of(services, number)
    case_id = store.open_case_of(session, token=token, states=PAGING, since=since)
    case = store.locked(session, case_id) if case_id else None
    return case if case and case.state in PAGING else None


# -- the timer ------------------------------------------------------------------------------


def tick(services: Services) -> int:
    """Moves on every case whose next action is due, acute first; returns how many.

    A tick that comes late skips nothing, and one that comes twice doubles nothing: each case is
    looked at again, held, in a transaction of its own.
    """
    now = services.clock.now()
    with services.database.reading() as session:
        due = store.due(session, now=now, limit=MOST_PER_TICK)
    with ExitStack() as turns:  # one case that fails takes no other case's turn
        for case_id in reversed(due):
            turns.callback(_take_turn, services, case_id, now=now)
    return len(due)


def _take_turn(services: Services, case_id: UUID, *, now: datetime) -> None:
    with services.database.session() as session, session.begin():
        case = store.locked(session, case_id)
        if case and case.next_action_at and case.next_action_at <= now:
            _advance(session, services, case)


def _advance(session: Session, services: Services, case: NightCaseRow) -> None:
    _STEPS[case.state](session, services, case)


def _silent(session: Session, services: Services, case: NightCaseRow) -> None:
    """The carrier never told how the call went: somebody must ring back."""
    owe(session, services, case, why=Why.SILENT)


def _page_next(session: Session, services: Services, case: NightCaseRow) -> None:
    """Pages the next person; after enough of them the alarm goes to all."""
    policy = services.policies[EscalationPolicy]
    if case.step >= policy.alarm_after_steps:
        _sound_alarm(session, services, case)
        return
    targets = targets_of(session, services, case)
    position = (case.first_target + case.step) % len(targets)
    target = targets[position]
    now = services.clock.now()
    move(session, case, to=CaseState.PAGING, who=LINE, why=Why.PAGES, whom=target.name, at=now)
    _page(session, services, case, target=target, position=position)
    case.step += 1
    case.next_action_at = now + timedelta(seconds=policy.page_delay_seconds)


def _sound_alarm(session: Session, services: Services, case: NightCaseRow) -> None:
    """Pages everybody, again and again, until a person takes it."""
    policy = services.policies[EscalationPolicy]
    now = services.clock.now()
    move(session, case, to=CaseState.ALARM, who=LINE, why=Why.PAGES_ALL, at=now)
    for position, target in enumerate(targets_of(session, services, case)):
        _page(session, services, case, target=target, position=position)
    case.step += 1
    raise_alarm(case, at=now)
    case.next_action_at = now + timedelta(seconds=policy.floor_interval_seconds)


def _tell_next(session: Session, services: Services, case: NightCaseRow) -> None:
    """A hidden number rang off: nobody can be rung back, but a person must know."""
    policy = services.policies[EscalationPolicy]
    targets = targets_of(session, services, case)
    position = case.step % len(targets)
    target = targets[position]
    now = services.clock.now()
    move(session, case, to=CaseState.NOTED, who=LINE, why=Why.TELLS, whom=target.name, at=now)
    _page_text(session, services, case, target=target, position=position)
    case.step += 1
    whole_round = case.step >= len(targets)
    pause = policy.floor_interval_seconds if whole_round else policy.page_delay_seconds
    case.next_action_at = now + timedelta(seconds=pause)


def _overdue(session: Session, services: Services, case: NightCaseRow) -> None:
    """The owner did not finish in time: the next person is paged."""
    now = services.clock.now()
    names = [target.name for target in targets_of(session, services, case)]
    last = names.index(case.owner) if case.owner in names else case.first_target
    move(session, case, to=CaseState.PAGING, who=LINE, why=Why.NOT_IN_TIME, at=now)
    case.owner = case.due_at = None
    case.loop += 1
    case.step = 0
    case.first_target = (last + 1) % len(names)
    raise_alarm(case, at=now)
    _page_next(session, services, case)


_STEPS: dict[CaseState, Callable[[Session, Services, NightCaseRow], None]] = {
    CaseState.RECEIVED: _silent,
    CaseState.RINGING: _silent,
    CaseState.ACCEPTED: _silent,
    CaseState.OWED: _page_next,
    CaseState.PAGING: _page_next,
    CaseState.ALARM: _sound_alarm,
    CaseState.NOTED: _tell_next,
    CaseState.OWNED: _overdue,
}
"""What is done when the next action of a case in this state is due."""


# -- one page -------------------------------------------------------------------------------


def _page(
    session: Session, services: Services, case: NightCaseRow, *, target: DutyTarget, position: int
) -> None:
    """A text and a call to one person: neighbourhood, urgency and code; nothing else."""
    _page_text(session, services, case, target=target, position=position)
    policy = services.policies[EscalationPolicy]
    attempt = _attempt(case, services, target, position=position, method=AttemptMethod.PAGE_CALL)
    store.add(session, attempt)
    outbox.enqueue_call(
        session,
        key=_key(case, attempt),
        line=services.settings.line_number,
        to=target.number,
        answer_path=f"/haak/oproep/{case.id}/{attempt.id}",
        ring_seconds=policy.page_ring_seconds,
        settings=services.settings,
        now=attempt.started_at,
        drop_after=_stale(services, attempt.started_at),
    )


def _page_text(
    session: Session, services: Services, case: NightCaseRow, *, target: DutyTarget, position: int
) -> None:
    attempt = _attempt(case, services, target, position=position, method=AttemptMethod.PAGE_TEXT)
    store.add(session, attempt)
    outbox.enqueue_text(
        session,
        key=_key(case, attempt),
        line=services.settings.line_number,
        to=target.number,
        body=render(
            "sms/page_case",
            language=STAFF_LANGUAGE,
            urgency=case.urgency,
            neighbourhood=case.neighbourhood,
            source=case.source.value,
            known=case.caller_token is not None,
            code=case.code,
        ),
        urgent=True,
        settings=services.settings,
        now=attempt.started_at,
        drop_after=_stale(services, attempt.started_at),
    )


def _attempt(
    case: NightCaseRow,
    services: Services,
    target: DutyTarget,
    *,
    position: int,
    method: AttemptMethod,
) -> AttemptRow:
    return AttemptRow(
        id=uuid7(),
        case_id=case.id,
        position=position,
        target_name=target.name,
        service=target.service,
        method=method,
        started_at=services.clock.now(),
    )


def _key(case: NightCaseRow, attempt: AttemptRow) -> str:
    return f"night:{case.id}:{case.loop}:{case.step}:{attempt.position}:{attempt.method}"


def _stale(services: Services, now: datetime) -> datetime:
    """A page older than two alarms has been overtaken by newer ones."""
    policy = services.policies[EscalationPolicy]
    return now + 2 * timedelta(seconds=policy.floor_interval_seconds)


# -- the person who is paged by a call ------------------------------------------------------


def hear_page(services: Services, *, case_id: UUID, attempt_id: UUID, sid: str) -> str:
    """A page call was answered: what a page says, and "press 1 to take this on"; TwiML."""
    policy = services.policies[EscalationPolicy]

    def answer(session: Session, case: NightCaseRow) -> Spoken:
        spoken = spoken_to_staff(services)
        attempt = store.find_attempt(session, attempt_id)
        if case.state not in OWING:
            return _too_late(case, attempt, spoken)
        if attempt:
            attempt.heard_at = services.clock.now()
        text = render(
            "voice/page",
            language=STAFF_LANGUAGE,
            urgency=case.urgency,
            neighbourhood=case.neighbourhood,
            source=case.source.value,
            known=case.caller_token is not None,
            spelled=spelled(case.code),
        )
        path = f"/haak/oproep/{case.id}/{attempt_id}/toets"
        # Twice: who has just woken up misses the first time.
        spoken.gather(
            (text, None), (text, None), action=path, digits=1, seconds=policy.whisper_seconds
        )
        return spoken.hang_up()

    return once(services, case_id=case_id, sid=sid, step=f"page:{attempt_id}", answer=answer)


def press_page(services: Services, *, case_id: UUID, attempt_id: UUID, sid: str, keys: str) -> str:
    """The person who is paged pressed a key; 1 takes the case. TwiML."""

    def answer(session: Session, case: NightCaseRow) -> Spoken:
        spoken = spoken_to_staff(services)
        attempt = store.find_attempt(session, attempt_id)
        if attempt is None or attempt.case_id != case.id or keys != "1":
            return spoken.hang_up()
        attempt.keys = keys
        attempt.ended_at = services.clock.now()
        if not take(session, services, case, who=attempt.target_name, why=Why.TAKES_BY_KEY):
            attempt.outcome = AttemptOutcome.TOO_LATE
            return _too_late(case, attempt, spoken)
        attempt.outcome = AttemptOutcome.ACCEPTED
        return _taken(services, case, spoken)

    return once(services, case_id=case_id, sid=sid, step=f"take:{attempt_id}", answer=answer)


def _too_late(case: NightCaseRow, attempt: AttemptRow | None, spoken: Spoken) -> Spoken:
    """A telephone that rings can't be silenced from here; who picks it up hears how it stands."""
    word = "already"
    if case.state in {CaseState.RECEIVED, CaseState.RINGING}:
        word = "caller_live"
    elif attempt and case.state is CaseState.OWNED and case.owner == attempt.target_name:
        word = "yours"
    return spoken.say(render(f"voice/{word}", language=STAFF_LANGUAGE)).hang_up()


def _taken(services: Services, case: NightCaseRow, spoken: Spoken) -> Spoken:
    policy = services.policies[EscalationPolicy]
    known = case.caller_token is not None
    text = render(
        "voice/taken", language=STAFF_LANGUAGE, known=known, minutes=policy.callback_minutes
    )
    if not known:
        return spoken.say(text).hang_up()
    path = f"/haak/verbind/{case.id}"
    spoken.gather((text, None), action=path, digits=1, seconds=policy.whisper_seconds)
    return spoken.hang_up()
