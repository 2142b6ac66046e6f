"""What every step of a call shares: one answer per webhook, a voice, and words with a time."""

import hmac
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from uuid import UUID

from signaal.db import Session
from signaal.messages import actions as outbox
from signaal.messages.texts import render
from signaal.oncall import store
from signaal.oncall.actions.cases import (
    held,
)
from signaal.oncall.model import (
    EscalationPolicy,
    Spoken,
    Voice,
)
from signaal.oncall.store import NightCaseRow
from signaal.privacy.actions import find_key
from signaal.services import Services

STAFF_LANGUAGE = "nl"
WEBHOOK_MARGIN = timedelta(seconds=60)
"""A callback that has not come by then will not come."""

Answer = Callable[[Session, NightCaseRow], Spoken]


def call_key(services: Services, sid: str) -> str:
    """Stands for one call; outlives the call's own data, so that an old request stays old."""
    pepper = services.settings.reporter_pepper.get_secret_value()
    return hmac.new(pepper.encode(), f"call:{sid}".encode(), sha256).hexdigest()


def note_call(session: Session, services: Services, sid: str) -> None:
    """The carrier keeps who rang whom: it is asked to forget that, in time."""
    if sid:
        outbox.note_copy(session, sid=sid, kind="call", now=services.clock.now())


def voice_of(services: Services, language: str) -> Voice:
    """Who speaks this language on the line."""
    policy = services.policies[EscalationPolicy]
    return Voice(policy.voice_en, "en-GB") if language == "en" else Voice(policy.voice_nl, "nl-NL")


def spoken_to_staff(services: Services) -> Spoken:
    """An answer in the language of the duty contacts."""
    return Spoken(voice_of(services, STAFF_LANGUAGE))


def once(services: Services, *, case_id: UUID, sid: str, step: str, answer: Answer) -> str:
    """Answers a webhook once; the same webhook again gets the same answer and changes nothing.

    Raises:
        UnknownCase: There is no such case.
    """
    call = call_key(services, sid)
    with services.database.session() as session, session.begin():
        if not store.claim_step(session, call=call, step=step, at=services.clock.now()):
            return answered_before(session, services, call=call, step=step)
        case = held(session, case_id)
        return keep(session, services, case, call=call, step=step, spoken=answer(session, case))


def keep(
    session: Session,
    services: Services,
    case: NightCaseRow,
    *,
    call: str,
    step: str,
    spoken: Spoken,
) -> str:
    twiml = spoken.twiml()
    key = find_key(session, key_id=case.id, master_key=services.settings.master_key)
    sealed = key.seal(twiml) if key else None  # it may hold a duty contact's number
    store.keep_answer(session, call=call, step=step, case_id=case.id, answer_sealed=sealed)
    return twiml


def answered_before(session: Session, services: Services, *, call: str, step: str) -> str:
    kept = store.find_step(session, call=call, step=step)
    if kept and kept.case_id and kept.answer_sealed:
        key = find_key(session, key_id=kept.case_id, master_key=services.settings.master_key)
        if key:
            return key.open(kept.answer_sealed)
    return spoken_to_staff(services).hang_up().twiml()


def speak(services: Services, case: NightCaseRow) -> Spoken:
    return Spoken(voice_of(services, case.language))


def tell(services: Services, case: NightCaseRow, spoken: Spoken) -> Spoken:
    """Says what happens now, with a time, and ends the call."""
    policy = services.policies[EscalationPolicy]
    if case.caller_token:
        case.promised = True
        text = render("voice/promise", language=case.language, minutes=policy.callback_minutes)
    else:
        text = render("voice/hidden_number", language=case.language)
    return spoken.say(text).hang_up()


def spelled(digits: str) -> str:
    """Digits with spaces, so that a voice says them one by one."""
    return " ".join(digits.removeprefix("+"))
