"""A neighbour rings the line: while they are on it, no step waits for the timer or the carrier."""

from datetime import datetime, timedelta
from uuid import UUID

from uuid_utils.compat import uuid7

from signaal.db import Session
from signaal.intake.actions import latest_neighbourhood
from signaal.messages.texts import render
from signaal.oncall import store
from signaal.oncall.actions.cases import (
    link,
    move,
    open_case,
    owe,
    put,
    targets_of,
    token_of,
)
from signaal.oncall.actions.connecting import ask_code
from signaal.oncall.actions.rota import rota_of
from signaal.oncall.actions.speaking import (
    STAFF_LANGUAGE,
    WEBHOOK_MARGIN,
    answered_before,
    call_key,
    keep,
    note_call,
    once,
    speak,
    spelled,
    tell,
    voice_of,
)
from signaal.oncall.model import (
    CALLER,
    LINE,
    LINKABLE,
    AttemptMethod,
    CaseSource,
    CaseState,
    EscalationPolicy,
    MenuChoice,
    Spoken,
    Voice,
    Why,
    menu_choice,
)
from signaal.oncall.store import AttemptRow, NightCaseRow
from signaal.places.actions import area_of_postcode4
from signaal.services import Services

POSTCODE_DIGITS = 4
OTHER = {"nl": "en", "en": "nl"}

# -- the caller -----------------------------------------------------------------------------


def answer_call(services: Services, *, sid: str, number: str | None) -> str:
    """Picks up: the emergency sentence first, then the choice; a case exists from here on.

    Args:
        services: The tools of the house.
        sid: The carrier's id of the call.
        number: The caller's number, or None when it is hidden.

    Returns:
        TwiML.
    """
    call = call_key(services, sid)
    with services.database.session() as session, session.begin():
        if not store.claim_step(session, call=call, step="arrive", at=services.clock.now()):
            return answered_before(session, services, call=call, step="arrive")
        note_call(session, services, sid)
        owned = owned_by(session, services, number=number)
        if owned:
            spoken = _greet_owner(session, services, owned, call=call)
            return keep(session, services, owned, call=call, step="arrive", spoken=spoken)
        case = _case_of_call(session, services, call=call, number=number)
        spoken = _menu(services, case, turn=0)
        return keep(session, services, case, call=call, step="arrive", spoken=spoken)


def owned_by(session: Session, services: Services, *, number: str | None) -> NightCaseRow | None:
    """The oldest case that somebody with this number has taken and not yet finished."""
    for case in store.owing(session, {CaseState.OWNED}) if number else ():
        targets = targets_of(session, services, case)
        if any(target.number == number and target.name == case.owner for target in targets):
            return store.locked(session, case.id)
    return None


def _greet_owner(session: Session, services: Services, case: NightCaseRow, *, call: str) -> Spoken:
    """A duty contact rings the line to be connected with the neighbour: the code is the key."""
    link(
        session,
        case,
        contact=call,
        source=CaseSource.CALL,
        at=services.clock.now(),
        who=case.owner or CALLER,
    )
    return ask_code(services, case, question="owner")


def _case_of_call(
    session: Session, services: Services, *, call: str, number: str | None
) -> NightCaseRow:
    now = services.clock.now()
    case = _open_case_of(session, services, number=number, now=now) if number else None
    if case:
        link(session, case, contact=call, source=CaseSource.CALL, at=now)
    else:
        case = open_case(
            session,
            services,
            contact=call,
            source=CaseSource.CALL,
            urgency="urgent",
            neighbourhood=_neighbourhood_of(session, services, number=number, now=now),
            number=number,
        )
    case.live_call = call
    if case.state in {CaseState.RECEIVED, CaseState.RINGING}:
        case.next_action_at = now + 2 * WEBHOOK_MARGIN
    return case


def _open_case_of(
    session: Session, services: Services, *, number: str, now: datetime
) -> NightCaseRow | None:
    window = timedelta(minutes=services.policies[EscalationPolicy].same_caller_minutes)
    token = token_of(services, number)
    case_id = store.open_case_of(session, token=token, states=LINKABLE, since=now - window)
    case = store.locked(session, case_id) if case_id else None
    return case if case and case.state in LINKABLE else None


def _neighbourhood_of(
    session: Session, services: Services, *, number: str | None, now: datetime
) -> str | None:
    if number is None:
        return None
    pepper = services.settings.reporter_pepper.get_secret_value()
    return latest_neighbourhood(session, number=number, now=now, pepper=pepper)


def choose(services: Services, *, case_id: UUID, sid: str, turn: int, keys: str) -> str:
    """The caller has pressed a key in the menu, or nothing.

    Args:
        services: The tools of the house.
        case_id: Which case.
        sid: The carrier's id of the call.
        turn: How often the menu was said before.
        keys: What was pressed; may be empty.

    Returns:
        TwiML.
    """
    policy = services.policies[EscalationPolicy]

    def answer(session: Session, case: NightCaseRow) -> Spoken:
        if case.live_call != call_key(services, sid):
            return tell(services, case, speak(services, case))
        choice = menu_choice(keys, turn=turn, repeats=policy.menu_repeats)
        if choice is MenuChoice.ENGLISH:
            case.language = "en"
        if choice in {MenuChoice.ENGLISH, MenuChoice.REPEAT}:
            return _menu(services, case, turn=turn + 1)
        case.wants_callback = choice is MenuChoice.CALL_BACK
        if case.neighbourhood is None:
            return _ask_postcode(services, case)
        return _go_on(session, services, case)

    return once(services, case_id=case_id, sid=sid, step=f"menu:{turn}", answer=answer)


def give_postcode(services: Services, *, case_id: UUID, sid: str, keys: str) -> str:
    """The caller has pressed the digits of a postcode, or nothing; asked only once."""

    def answer(session: Session, case: NightCaseRow) -> Spoken:
        if case.live_call != call_key(services, sid):
            return tell(services, case, speak(services, case))
        if len(keys) == POSTCODE_DIGITS and keys.isdecimal():
            put(session, case, area_of_postcode4(session, keys))
        return _go_on(session, services, case)

    return once(services, case_id=case_id, sid=sid, step="postcode", answer=answer)


def _menu(services: Services, case: NightCaseRow, *, turn: int) -> Spoken:
    policy = services.policies[EscalationPolicy]
    language, other = case.language, OTHER[case.language]
    path = f"/haak/gesprek/{case.id}/keuze/{turn}"
    spoken = speak(services, case)
    says: list[tuple[str, Voice | None]] = [(render("voice/menu", language=language), None)]
    if turn == 0:
        says.insert(0, (render("voice/emergency", language=language), None))
    if language == STAFF_LANGUAGE:
        says.append((render("voice/other_language", language=language), voice_of(services, other)))
    spoken.gather(*says, action=path, digits=1, seconds=policy.menu_seconds)
    return spoken.redirect(path)


def _ask_postcode(services: Services, case: NightCaseRow) -> Spoken:
    policy = services.policies[EscalationPolicy]
    path = f"/haak/gesprek/{case.id}/postcode"
    spoken = speak(services, case)
    question = (render("voice/postcode", language=case.language), None)
    spoken.gather(question, action=path, digits=POSTCODE_DIGITS, seconds=policy.postcode_seconds)
    return spoken.redirect(path)


def _go_on(session: Session, services: Services, case: NightCaseRow) -> Spoken:
    """Connects, or promises to ring back."""
    spoken = speak(services, case)
    if case.state not in LINKABLE:
        return tell(services, case, spoken)
    if case.wants_callback and case.caller_token:
        if case.state in {CaseState.RECEIVED, CaseState.RINGING}:
            owe(session, services, case, why=Why.WANTS_CALLBACK)
        return tell(services, case, spoken)
    word = "hidden_number_connect" if case.wants_callback else "connecting"
    spoken.say(render(f"voice/{word}", language=case.language))
    return ring(session, services, case, position=0, spoken=spoken)


def ring(
    session: Session, services: Services, case: NightCaseRow, *, position: int, spoken: Spoken
) -> Spoken:
    policy = services.policies[EscalationPolicy]
    now = services.clock.now()
    target = targets_of(session, services, case)[position]
    attempt = AttemptRow(
        id=uuid7(),
        case_id=case.id,
        position=position,
        target_name=target.name,
        service=target.service,
        method=AttemptMethod.CALL,
        started_at=now,
    )
    store.add(session, attempt)
    move(session, case, to=CaseState.RINGING, who=LINE, why=Why.RINGS, whom=target.name, at=now)
    case.live_attempt = attempt.id
    case.next_action_at = (
        now + WEBHOOK_MARGIN + timedelta(seconds=policy.ring_seconds + 2 * policy.whisper_seconds)
    )
    return spoken.dial(
        target.number,
        caller_id=services.settings.line_number,
        seconds=policy.ring_seconds,
        action=f"/haak/gesprek/{case.id}/na/{attempt.id}",
        whisper=f"/haak/fluister/{case.id}/{attempt.id}",
    )


# -- when nothing works ---------------------------------------------------------------------


def out_of_order(services: Services) -> str:
    """What a caller hears while the database is away: 112, and then the duty office itself."""
    rota = rota_of(services)
    spoken = Spoken(voice_of(services, "nl"))
    spoken.say(render("voice/out_of_order", language="nl"))
    spoken.say(render("voice/out_of_order", language="en"), voice=voice_of(services, "en"))
    policy = services.policies[EscalationPolicy]
    return spoken.dial(
        rota.fallback.number,
        caller_id=services.settings.line_number,
        seconds=2 * policy.ring_seconds,
        action="/haak/gesprek/storing",
    ).twiml()


def after_out_of_order(services: Services, *, answered: bool) -> str:
    """What the caller hears after that: the number of the day, unless somebody answered."""
    spoken = Spoken(voice_of(services, "nl"))
    if answered:
        return spoken.hang_up().twiml()
    day = spelled(rota_of(services).day.number)
    spoken.say(render("voice/emergency", language="nl"))
    spoken.say(render("voice/out_of_order_day", language="nl", spelled=day))
    return spoken.hang_up().twiml()
