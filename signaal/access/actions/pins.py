"""The PIN of who is on duty: it re-opens a locked session for the length of a shift."""

from datetime import datetime

from signaal.access.actions import hashing
from signaal.access.actions.second_factor import use_app_code
from signaal.access.actions.steps import (
    at_step,
    count_guess,
    giving_back,
    in_role,
    record_failure,
    record_own,
    take_back,
)
from signaal.access.actions.tokens import hash_of, key_of_tries, new_secret
from signaal.access.actions.tries import forgive_tries
from signaal.access.model.audit import Act
from signaal.access.model.people import Assignment, fault_in_pin, is_pin
from signaal.access.model.roles import Role
from signaal.access.model.sessions import FRESH, SignIn, SignInStep
from signaal.access.store import people as people_store
from signaal.access.store import sessions as store
from signaal.db import Session
from signaal.errors import NotAllowed, SessionEnded, UnusableAccount, WrongSignIn
from signaal.services import Services
from signaal.visitor import Visitor

PIN_TRIES = 5
"""Then the session ends."""


def set_pin(services: Services, *, session_secret: str, pin: str, code: str = "") -> SignIn:
    """Gives somebody on duty a PIN, or another one.

    Args:
        services: The tools of the house.
        session_secret: Of an open session.
        pin: Six digits.
        code: A code of the app; needed unless they signed in a moment ago.

    Raises:
        SessionEnded: The session is over.
        NotAllowed: Their role has no PIN.
        UnusableAccount: It is no PIN, or one that everybody guesses.
        WrongSignIn: The code is wrong, was used, or is missing.
        TooManyGuesses: Too often wrong lately.
        TooBusy: Too many others are signing in now.
    """
    now = services.clock.now()
    found, current = at_step(services, session_secret, SignInStep.DONE)
    if found.session.role is not Role.DUTY_CONTACT:
        raise NotAllowed("no_pin_in_this_role")
    if fault := fault_in_pin(pin):
        raise UnusableAccount(fault)
    is_fresh = services.settings.is_demo or now - current.started_at < FRESH
    key = key_of_tries(services, "code", current.person)
    if not is_fresh:
        count_guess(services, key, now=now)
    with giving_back(services, lambda session: take_back(session, key)):
        kept = hashing.hashed(pin.encode(), services.hash_cost)
    with services.database.session() as session, session.begin():
        if is_fresh or use_app_code(session, services, person=current.person, code=code):
            forgive_tries(session, key)
            people_store.update_person(session, current.person, {"pin_hash": kept})
            return _open_with_pin(session, found, act=Act.PIN_SET, now=now)
        record_failure(session, current.person, now=now)
    raise WrongSignIn("code")


def give_pin(services: Services, *, session_secret: str, pin: str) -> SignIn:
    """Re-opens a locked session, or shows once more who is there; five wrong ones end it.

    Raises:
        SessionEnded: The session is over, or was wrong too often.
        WrongSignIn: The PIN is wrong.
        TooBusy: Too many others are signing in now.
    """
    now = services.clock.now()
    found, _current = at_step(services, session_secret, SignInStep.PIN, SignInStep.DONE)
    token_hash = found.session.token_hash
    with services.database.session() as session, session.begin():
        tries = store.count_pin_try(session, token_hash, limit=PIN_TRIES)
    if tries is None:
        raise SessionEnded("pin")
    with giving_back(services, lambda session: store.take_pin_try_back(session, token_hash)):
        right = is_pin(pin) and hashing.fits(found.pin_hash, pin.encode(), services.hash_cost)
    with services.database.session() as session, session.begin():
        if right:
            return _open_with_pin(session, found, act=Act.PIN_GIVEN, now=now)
        if tries >= PIN_TRIES:
            store.end(session, token_hash)
        record_own(session, _owner(found), Act.PIN_FAILED, now=now)
    raise SessionEnded("pin") if tries >= PIN_TRIES else WrongSignIn("pin")


def _open_with_pin(session: Session, found: store.Found, *, act: Act, now: datetime) -> SignIn:
    secret = new_secret()
    advanced = store.advance(
        session,
        found.session.token_hash,
        at_step=SignInStep.DONE,
        values={
            "token_hash": hash_of(secret),
            "last_seen_at": now,
            "pin_given_at": now,
            "pin_tries": 0,
        },
    )
    if not advanced:
        raise SessionEnded("pin")
    record_own(session, _owner(found), act, now=now)
    return SignIn(secret, SignInStep.DONE)


def _owner(found: store.Found) -> Visitor:
    return in_role(found, Assignment(found.session.role or Role.DUTY_CONTACT, found.districts))
