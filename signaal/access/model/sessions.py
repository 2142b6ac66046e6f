"""How long a session lasts, which step of signing in comes next, and when it must ask again."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from signaal.access.model.roles import Role
from signaal.visitor import Visitor


class SignInStep(StrEnum):
    """What somebody is asked for next."""

    PASSWORD = "password"  # noqa: S105 - the name of a step
    SECOND_FACTOR = "second_factor"
    ROLE = "role"
    PIN = "pin"
    """Their own session, locked after a while of silence."""
    DONE = "done"


IDLE = timedelta(minutes=15)
"""A session ends, or locks, after so much silence (trust.md, section 6)."""
LONGEST = timedelta(hours=8)
LONGEST_ON_DUTY = timedelta(hours=16)
"""From signing in, however often the PIN re-opened it: no shift is longer."""
PIN_LASTS = timedelta(minutes=15)
"""So long after the PIN what asks for it stays open."""
SEEN_EVERY = timedelta(minutes=1)
"""How often at most it is written down that somebody is still there."""
FRESH = timedelta(minutes=10)
"""So long after signing in a PIN may be set without another code."""
CLOCK_MAY_DIFFER = timedelta(minutes=5)
"""A session that began later than this from now was made by a clock that went wrong."""


@dataclass(frozen=True)
class StaffSession:
    """One session as it stands now.

    Attributes:
        id: Its number; the secret is known to the browser only.
        person: Whose.
        step: What is asked next; DONE while work can go on.
        visitor: In which capacity they look; None until every step is done.
        started_at: When they signed in.
    """

    id: UUID
    person: UUID
    step: SignInStep
    visitor: Visitor | None
    started_at: datetime


@dataclass(frozen=True)
class SignIn:
    """How far somebody came.

    Attributes:
        secret: The session's new secret, for the browser's cookie; the earlier one is void.
        step: What is asked next.
        roles: Among which to choose, when that is next.
        device: A secret by which this browser is known again, when it got a new one.
    """

    secret: str
    step: SignInStep
    roles: tuple[Role, ...] = ()
    device: str | None = None


@dataclass(frozen=True)
class Times:
    """When what happened in a session."""

    started_at: datetime
    last_seen_at: datetime
    pin_given_at: datetime | None = None


def step_now(
    step: SignInStep, times: Times, *, now: datetime, can_lock: bool, never_idles: bool
) -> SignInStep | None:
    """What a session asks for now.

    Args:
        step: What it asked for when it was last changed.
        times: When what happened in it.
        now: The present instant.
        can_lock: Whether silence locks it (on duty, with a PIN) instead of ending it.
        never_idles: Whether silence does nothing (the demo).

    Returns:
        None when the session is over.
    """
    age = now - times.started_at
    longest = LONGEST_ON_DUTY if can_lock else LONGEST
    if age >= longest or age < -CLOCK_MAY_DIFFER:
        return None
    if step is not SignInStep.DONE:
        return step if age < IDLE else None
    if never_idles or now - times.last_seen_at < IDLE:
        return step
    return SignInStep.PIN if can_lock else None


def has_pin_now(times: Times, *, now: datetime) -> bool:
    """Whether the PIN was given a moment ago."""
    given = times.pin_given_at
    return given is not None and -CLOCK_MAY_DIFFER <= now - given < PIN_LASTS


def must_note(times: Times, *, now: datetime) -> bool:
    """Whether it is time to write down that somebody is still there."""
    return abs(now - times.last_seen_at) >= SEEN_EVERY
