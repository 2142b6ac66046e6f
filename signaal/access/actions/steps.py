"""What every step of signing in does: find the session, count guesses, change its secret, log."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import UUID

from signaal.access.actions import hashing
from signaal.access.actions.audit import record
from signaal.access.actions.sessions import standing
from signaal.access.actions.tokens import hash_of, new_secret
from signaal.access.actions.tries import count_try
from signaal.access.model.audit import Act
from signaal.access.model.people import Assignment
from signaal.access.model.roles import Purpose, Role
from signaal.access.model.sessions import SignInStep, StaffSession
from signaal.access.store import sessions as store
from signaal.access.store import tries as tries_store
from signaal.db import Session
from signaal.errors import SessionEnded, TooBusy, TooManyGuesses
from signaal.services import Services
from signaal.visitor import HOUSE, Visitor

TRIES, SILENCE = 5, timedelta(minutes=15)
"""Wrong guesses that one account takes, until a silence."""


def at_step(
    services: Services, session_secret: str, *steps: SignInStep
) -> tuple[store.Found, StaffSession]:
    """The session, if one of these steps is next."""
    with services.database.reading() as reading:
        found = store.find(reading, hash_of(session_secret) or "")
    current = standing(services, found, now=services.clock.now()) if found else None
    if found is None or current is None or current.step not in steps:
        raise SessionEnded("step")
    return found, current


def advance(
    session: Session, found: store.Found, *, step: SignInStep, role: Role | None, now: datetime
) -> str:
    """Gives the session a new secret with its new rights; the one before is void."""
    secret, row = new_secret(), found.session
    advanced = store.advance(
        session,
        row.token_hash,
        at_step=row.step,
        values={
            "token_hash": hash_of(secret),
            "step": step,
            "role": role,
            "last_seen_at": now,
            "pin_given_at": None,
        },
    )
    if not advanced:
        raise SessionEnded("step")
    return secret


def count_guess(services: Services, key: str, *, now: datetime, limit: int = TRIES) -> None:
    with services.database.session() as session, session.begin():
        allowed = count_try(session, key=key, limit=limit, silence=SILENCE, now=now)
    if not allowed:
        raise TooManyGuesses("tries")


def fits(services: Services, kept: str | None, secret: bytes, *, keys: Sequence[str]) -> bool:
    with giving_back(services, lambda session: take_back(session, *keys)):
        return hashing.fits(kept, secret, services.hash_cost)


def take_back(session: Session, *keys: str) -> None:
    for key in keys:
        tries_store.take_back(session, key)


@contextmanager
def giving_back(services: Services, undo: Callable[[Session], None]) -> Iterator[None]:
    """Takes a counted try back when it was too busy: nothing was tried, and nobody lost one."""
    try:
        yield
    except TooBusy:
        with services.database.session() as session, session.begin():
            undo(session)
        raise


def record_failure(session: Session, person: UUID | None, *, now: datetime) -> None:
    record(
        session,
        visitor=HOUSE,
        act=Act.SIGN_IN_FAILED,
        purpose=Purpose.SIGN_IN,
        subject=str(person or ""),
        now=now,
    )


def record_own(session: Session, visitor: Visitor, act: Act, *, now: datetime) -> None:
    record(
        session,
        visitor=visitor,
        act=act,
        purpose=Purpose.SIGN_IN,
        subject=str(visitor.person),
        now=now,
    )


def in_role(found: store.Found, held: Assignment) -> Visitor:
    """The session's owner in this role."""
    row = found.session
    return Visitor(held.role, row.person_id, found.organisation, held.districts, found.duty_name)
