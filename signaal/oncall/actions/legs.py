"""A leg to one duty contact: whisper, key, and what came of it; a voicemail is never success."""

from datetime import timedelta
from uuid import UUID

from signaal.db import Session
from signaal.messages.texts import render
from signaal.oncall import store
from signaal.oncall.actions.calls import ring
from signaal.oncall.actions.cases import (
    drop_pages,
    held,
    move,
    owe,
    targets_of,
    write,
)
from signaal.oncall.actions.speaking import (
    STAFF_LANGUAGE,
    WEBHOOK_MARGIN,
    call_key,
    note_call,
    once,
    speak,
    spoken_to_staff,
    tell,
)
from signaal.oncall.model import (
    AttemptOutcome,
    CaseState,
    DialEnd,
    EscalationPolicy,
    Spoken,
    Why,
    ending_of,
    is_talk,
)
from signaal.oncall.store import AttemptRow, NightCaseRow
from signaal.services import Services

# -- the person who is rung -----------------------------------------------------------------


def whisper(services: Services, *, case_id: UUID, attempt_id: UUID, sid: str) -> str:
    """Somebody picked up: which neighbourhood, how urgent, and "press 1"; no address.

    Args:
        services: The tools of the house.
        case_id: Which case.
        attempt_id: Which leg.
        sid: The carrier's id of the leg.

    Returns:
        TwiML.
    """
    policy = services.policies[EscalationPolicy]

    def answer(session: Session, case: NightCaseRow) -> Spoken:
        note_call(session, services, sid)
        attempt = _attempt(session, case, attempt_id)
        spoken = spoken_to_staff(services)
        if attempt is None or not _is_ringing(case, attempt):
            return spoken.say(render(_too_late(case), language=STAFF_LANGUAGE)).hang_up()
        attempt.heard_at = services.clock.now()
        text = render(
            "voice/whisper",
            language=STAFF_LANGUAGE,
            neighbourhood=case.neighbourhood,
            urgency=case.urgency,
        )
        path = f"/haak/fluister/{case.id}/{attempt.id}/toets"
        spoken.gather((text, None), action=path, digits=1, seconds=policy.whisper_seconds)
        return spoken.hang_up()

    return once(services, case_id=case_id, sid=sid, step=f"whisper:{attempt_id}", answer=answer)


def press(services: Services, *, case_id: UUID, attempt_id: UUID, sid: str, keys: str) -> str:
    """The person who is rung pressed a key; 1 accepts, and only the first who does is connected."""

    def answer(session: Session, case: NightCaseRow) -> Spoken:
        attempt = _attempt(session, case, attempt_id)
        spoken = spoken_to_staff(services)
        if attempt is None:
            return spoken.hang_up()
        attempt.keys = keys
        if keys != "1":
            return spoken.say(render("voice/not_accepted", language=STAFF_LANGUAGE)).hang_up()
        if _accept(session, services, case, attempt):
            return spoken.say(render("voice/connected", language=STAFF_LANGUAGE))
        attempt.outcome = AttemptOutcome.TOO_LATE
        return spoken.say(render(_too_late(case), language=STAFF_LANGUAGE)).hang_up()

    return once(services, case_id=case_id, sid=sid, step=f"press:{attempt_id}", answer=answer)


def _accept(session: Session, services: Services, case: NightCaseRow, attempt: AttemptRow) -> bool:
    now = services.clock.now()
    longest = timedelta(minutes=services.policies[EscalationPolicy].longest_talk_minutes)
    accepted = store.compare_and_set(
        session,
        case,
        states={CaseState.RINGING},
        attempt=attempt.id,
        state=CaseState.ACCEPTED,
        owner=attempt.target_name,
        next_action_at=now + longest,
    )
    if accepted:
        attempt.accepted_at = now
        attempt.outcome = AttemptOutcome.ACCEPTED
        write(session, case, who=attempt.target_name, why=Why.ACCEPTS, at=now)
    return accepted


def _too_late(case: NightCaseRow) -> str:
    taken = {CaseState.ACCEPTED, CaseState.TALKING, CaseState.TALKED, CaseState.OWNED}
    return "voice/already" if case.state in taken else "voice/caller_left"


def _attempt(session: Session, case: NightCaseRow, attempt_id: UUID) -> AttemptRow | None:
    attempt = store.find_attempt(session, attempt_id)
    return attempt if attempt and attempt.case_id == case.id else None


def _is_ringing(case: NightCaseRow, attempt: AttemptRow) -> bool:
    return case.state is CaseState.RINGING and case.live_attempt == attempt.id


# -- after the leg --------------------------------------------------------------------------


def after_dial(
    services: Services,
    *,
    case_id: UUID,
    attempt_id: UUID,
    sid: str,
    end: DialEnd,
    left: bool,
    leg: str = "",
) -> str:
    """One leg has ended: they talked, or the next person is rung, or somebody will ring back.

    Args:
        services: The tools of the house.
        case_id: Which case.
        attempt_id: Which leg.
        sid: The carrier's id of the caller's call.
        end: What the carrier says of the leg.
        left: Whether the caller has hung up.
        leg: The carrier's id of the leg, as far as it says so.

    Returns:
        TwiML.
    """

    def answer(session: Session, case: NightCaseRow) -> Spoken:
        note_call(session, services, leg)
        spoken = speak(services, case)
        attempt = _attempt(session, case, attempt_id)
        if attempt is None or case.live_attempt != attempt.id:
            return tell(services, case, spoken)
        accepted = case.state is CaseState.ACCEPTED
        attempt.ended_at = services.clock.now()
        if accepted and _have_talked(services, attempt, end):
            _talked(session, services, case, attempt)
            return spoken.say(render("voice/goodbye", language=case.language)).hang_up()
        attempt.outcome = ending_of(end, accepted=accepted)
        if accepted:
            return _cut_off(session, services, case, attempt)
        return _next(session, services, case, attempt, left=left)

    return once(services, case_id=case_id, sid=sid, step=f"after:{attempt_id}", answer=answer)


def _have_talked(services: Services, attempt: AttemptRow, end: DialEnd) -> bool:
    thinking = 0.0
    if attempt.accepted_at and attempt.heard_at:
        thinking = (attempt.accepted_at - attempt.heard_at).total_seconds()
    return is_talk(
        end,
        accepted=attempt.accepted_at is not None,
        thinking_seconds=thinking,
        shortest=services.policies[EscalationPolicy].shortest_talk_seconds,
    )


def _talked(session: Session, services: Services, case: NightCaseRow, attempt: AttemptRow) -> None:
    now = services.clock.now()
    who = attempt.target_name
    attempt.outcome = AttemptOutcome.TALKED
    move(session, case, to=CaseState.TALKING, who=who, why=Why.CONNECTED, at=now)
    move(session, case, to=CaseState.TALKED, who=who, why=Why.TALKED, at=now)
    case.live_attempt = case.next_action_at = case.due_at = None
    case.acknowledged_by, case.acknowledged_at = who, now
    drop_pages(session, case)


def _cut_off(
    session: Session, services: Services, case: NightCaseRow, attempt: AttemptRow
) -> Spoken:
    """Accepted but too short for a conversation: the safe side, and the same person first."""
    case.first_target = attempt.position
    owe(session, services, case, why=Why.TOO_SHORT)
    return tell(services, case, speak(services, case))


def _next(
    session: Session, services: Services, case: NightCaseRow, attempt: AttemptRow, *, left: bool
) -> Spoken:
    spoken = speak(services, case)
    if case.state is not CaseState.RINGING:
        return tell(services, case, spoken)
    if left:
        owe(session, services, case, why=Why.HUNG_UP)
        return spoken.hang_up()
    if attempt.position + 1 < len(targets_of(session, services, case)):
        if attempt.position == 0:  # once is enough: every word keeps the next telephone silent
            spoken.say(render("voice/next", language=case.language))
        return ring(session, services, case, position=attempt.position + 1, spoken=spoken)
    owe(session, services, case, why=Why.NOBODY)
    spoken.say(render("voice/nobody", language=case.language))
    return tell(services, case, spoken)


def call_ended(services: Services, *, sid: str) -> None:
    """The caller's call is over, in whatever way; what was still ringing is owed from now on."""
    call = call_key(services, sid)
    now = services.clock.now()
    with services.database.session() as session, session.begin():
        contact = store.find_contact(session, call)
        if contact is None or contact.ended_at is not None:
            return
        case = held(session, contact.case_id)
        contact.ended_at = now
        if case.live_call != call:
            return
        case.live_call = None
        if case.state in {CaseState.RECEIVED, CaseState.RINGING}:
            _hung_up(session, services, case)
        elif case.state is CaseState.ACCEPTED:
            case.next_action_at = now + WEBHOOK_MARGIN  # how they parted is still to come


def _hung_up(session: Session, services: Services, case: NightCaseRow) -> None:
    attempt = store.find_attempt(session, case.live_attempt) if case.live_attempt else None
    if attempt:
        attempt.ended_at = services.clock.now()
        attempt.outcome = AttemptOutcome.CALLER_LEFT
    owe(session, services, case, why=Why.HUNG_UP)
