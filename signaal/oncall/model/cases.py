"""What a night case may become, and by which sign; no path reads a voicemail as success."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from signaal.oncall.model.rota import E164
from signaal.rules import OWNER, Condition, between, filled, holds, refuse


class CaseState(StrEnum):
    """Where a night case stands."""

    RECEIVED = "received"
    RINGING = "ringing"
    ACCEPTED = "accepted"
    TALKING = "talking"
    TALKED = "talked"
    OWED = "owed"
    PAGING = "paging"
    OWNED = "owned"
    NOTED = "noted"
    ALARM = "alarm"
    CLOSED = "closed"


_S = CaseState

TRANSITIONS: dict[CaseState, frozenset[CaseState]] = {
    _S.RECEIVED: frozenset({_S.RINGING, _S.OWED, _S.NOTED}),
    _S.RINGING: frozenset({_S.RINGING, _S.ACCEPTED, _S.OWED, _S.NOTED}),
    _S.ACCEPTED: frozenset({_S.TALKING, _S.OWED, _S.NOTED}),
    _S.TALKING: frozenset({_S.TALKED, _S.OWED, _S.NOTED}),
    _S.TALKED: frozenset({_S.CLOSED}),
    _S.OWED: frozenset({_S.PAGING, _S.OWNED, _S.ALARM, _S.RINGING}),
    _S.PAGING: frozenset({_S.PAGING, _S.OWNED, _S.ALARM, _S.RINGING}),
    _S.OWNED: frozenset({_S.CLOSED, _S.PAGING, _S.RINGING}),
    _S.NOTED: frozenset({_S.NOTED, _S.OWNED}),
    _S.ALARM: frozenset({_S.ALARM, _S.OWNED, _S.RINGING}),
    _S.CLOSED: frozenset(),
}
"""From each state to the next; a neighbour who calls again lets an owed case ring again."""

LIVE = frozenset({_S.RECEIVED, _S.RINGING, _S.ACCEPTED, _S.TALKING})
"""A caller may be on the line."""
OWING = frozenset({_S.OWED, _S.PAGING, _S.ALARM, _S.NOTED})
"""Nobody has taken it yet: the red banner stands."""
LINKABLE = frozenset({_S.RECEIVED, _S.RINGING, _S.OWED, _S.PAGING, _S.ALARM, _S.OWNED})
"""A second call of the same neighbour belongs to this case."""


def may_become(before: CaseState, after: CaseState) -> bool:
    """Whether a case may go from one state to the other."""
    return after in TRANSITIONS[before]


class CaseSource(StrEnum):
    """What opened a case."""

    CALL = "call"
    REPORT = "report"


class CaseResult(StrEnum):
    """How a case ended; a person chooses."""

    TALKED = "talked"
    CALLED_BACK = "called_back"
    VISITED = "visited"
    HANDED_TO_TEAM = "handed_to_team"
    EMERGENCY_SERVICES = "emergency_services"
    NOT_REACHED = "not_reached"
    NOTHING_NEEDED = "nothing_needed"


class Why(StrEnum):
    """Why something stands in a case's history; the words for it stand on the page."""

    CALLS = "calls"
    CALLS_AGAIN = "calls_again"
    REPORTS = "reports"
    REPORTS_AGAIN = "reports_again"
    WANTS_CALLBACK = "wants_callback"
    RINGS = "rings"
    ACCEPTS = "accepts"
    CONNECTED = "connected"
    TALKED = "talked"
    TOO_SHORT = "too_short"
    NOBODY = "nobody"
    HUNG_UP = "hung_up"
    SILENT = "silent"
    PAGES = "pages"
    PAGES_ALL = "pages_all"
    TELLS = "tells"
    NOT_IN_TIME = "not_in_time"
    TAKES_BY_KEY = "takes_by_key"
    TAKES_BY_REPLY = "takes_by_reply"
    TAKES_ON_PAGE = "takes_on_page"
    OWNER_CALLS = "owner_calls"
    CLOSES = "closes"


CALLER = "caller"
LINE = "line"
"""Who did it, where it was not a named person."""


class AttemptMethod(StrEnum):
    """By which way one person was tried."""

    CALL = "call"
    PAGE_TEXT = "page_text"
    PAGE_CALL = "page_call"


class AttemptOutcome(StrEnum):
    """What came of one attempt; only `ACCEPTED` and `TALKED` are a person's own doing."""

    ACCEPTED = "accepted"
    TALKED = "talked"
    TOO_SHORT = "too_short"
    NOT_ACCEPTED = "not_accepted"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    FAILED = "failed"
    CALLER_LEFT = "caller_left"
    TOO_LATE = "too_late"


# -- the policy -----------------------------------------------------------------------------

LONGEST_RING_SECONDS = 25
SHORTEST_RING_SECONDS = 10
SECONDS_PER_MINUTE = 60
MINUTES_PER_DAY = 1440
_CALLER_WAITS = "de beller wacht / the caller waits"


@dataclass(frozen=True)
class EscalationPolicy:
    """How the line rings, pages and raises the alarm (alerts/oncall.toml).

    Attributes:
        owner: Who answers for this policy.
        review_by: When it is looked at again.
        voice_nl: The provider's name of the Dutch voice.
        voice_en: The provider's name of the English voice.
        menu_seconds: How long the caller may think about a key.
        menu_repeats: How often an unknown key repeats the menu before the caller is connected.
        postcode_seconds: How long the caller may think about the postcode.
        ring_seconds: How long one contact rings; shorter than most voicemails wait.
        whisper_seconds: How long a contact may think about pressing 1.
        shortest_talk_seconds: Anything shorter was no conversation.
        longest_talk_minutes: After this without a word from the carrier, somebody must look.
        same_caller_minutes: A second call of the same number within this belongs to the same case.
        callback_minutes: What the caller is promised.
        page_ring_seconds: How long a page call rings.
        page_delay_seconds: Then the next person is paged.
        alarm_after_steps: After so many paged persons the alarm goes to all.
        floor_interval_seconds: The alarm repeats at this interval until a person takes it.
    """

    FILE: ClassVar[str] = "oncall.toml"

    owner: str
    review_by: date
    voice_nl: str
    voice_en: str
    menu_seconds: int
    menu_repeats: int
    postcode_seconds: int
    ring_seconds: int
    whisper_seconds: int
    shortest_talk_seconds: int
    longest_talk_minutes: int
    same_caller_minutes: int
    callback_minutes: int
    page_ring_seconds: int
    page_delay_seconds: int
    alarm_after_steps: int
    floor_interval_seconds: int

    CONDITIONS: ClassVar[tuple[Condition, ...]] = (
        OWNER,
        filled("voice_nl"),
        filled("voice_en"),
        between("menu_seconds", 1, 30, of="seconden / seconds", why=_CALLER_WAITS),
        between("menu_repeats", 1, 5, of="keer / times", why=_CALLER_WAITS),
        between("postcode_seconds", 1, 30, of="seconden / seconds", why=_CALLER_WAITS),
        between(
            "ring_seconds",
            SHORTEST_RING_SECONDS,
            LONGEST_RING_SECONDS,
            of="seconden / seconds",
            why="korter dan de meeste voicemails wachten / shorter than most voicemails wait",
        ),
        between("whisper_seconds", 1, 30, of="seconden / seconds", why=_CALLER_WAITS),
        between("shortest_talk_seconds", 1, 120, of="seconden / seconds"),
        between(
            "longest_talk_minutes",
            5,
            MINUTES_PER_DAY,
            of="minuten / minutes",
            why="een dag is het langst dat een gesprek kan duren / no call lasts over a day",
        ),
        between("same_caller_minutes", 1, MINUTES_PER_DAY, of="minuten / minutes"),
        between(
            "callback_minutes",
            1,
            240,
            of="minuten / minutes",
            why="wie 's nachts belt kan niet langer wachten / who calls at night can't wait longer",
        ),
        between("page_ring_seconds", SHORTEST_RING_SECONDS, 60, of="seconden / seconds"),
        between("page_delay_seconds", 1, 3600, of="seconden / seconds"),
        between("alarm_after_steps", 1, 20, of="personen / persons"),
        between(
            "floor_interval_seconds",
            1,
            3600,
            of="seconden / seconds",
            why="een alarm zwijgt niet langer dan een uur / no alarm is silent for over an hour",
        ),
        holds(
            "page_delay_seconds, alarm_after_steps, callback_minutes",
            lambda policy: (
                policy.page_delay_seconds * policy.alarm_after_steps
                < policy.callback_minutes * SECONDS_PER_MINUTE
            ),
            "page_delay_seconds x alarm_after_steps moet korter zijn dan callback_minutes, anders"
            " komt het alarm na de belofte / must be shorter than callback_minutes, or the alarm"
            " comes after the promise",
        ),
    )

    def __post_init__(self) -> None:
        """Refuses figures that would break a promise to the caller."""
        refuse(self)


# -- the call -------------------------------------------------------------------------------

# What the carrier puts in place of a number that the caller hides: words typed on a telephone.
# Source: Twilio Help Center, "Why am I getting calls from these strange numbers?".
_HIDDEN = frozenset({"+266696687", "+7378742833", "+86282452253", "+8566696", "+2562533"})


def caller_of(said: str) -> str | None:
    """The caller's number, or None when it is hidden."""
    return said if E164.fullmatch(said) and said not in _HIDDEN else None


class MenuChoice(StrEnum):
    """What the caller wants."""

    CONNECT = "connect"
    CALL_BACK = "call_back"
    ENGLISH = "english"
    REPEAT = "repeat"


MOST_REPEATS = 5
"""A caller who keeps pressing * is connected in the end."""


def menu_choice(keys: str, *, turn: int, repeats: int) -> MenuChoice:
    """What a key in the menu means: nothing, or twice an unknown one, means "connect me".

    Args:
        keys: What was pressed; may be empty.
        turn: How often the menu was said before.
        repeats: How often an unknown key repeats the menu.
    """
    if keys == "2":
        return MenuChoice.CALL_BACK
    if keys == "3" and turn < MOST_REPEATS:
        return MenuChoice.ENGLISH
    if keys == "*" and turn < MOST_REPEATS:
        return MenuChoice.REPEAT
    if keys in {"", "1"} or turn >= repeats:
        return MenuChoice.CONNECT
    return MenuChoice.REPEAT


@dataclass(frozen=True)
class DialEnd:
    """How the carrier says that one leg ended.

    Attributes:
        status: completed, busy, no-answer, failed or canceled.
        bridged: Whether the carrier joined the two parties.
        seconds: How long the leg lasted, from picking up.
    """

    status: str
    bridged: bool
    seconds: float


def is_talk(end: DialEnd, *, accepted: bool, thinking_seconds: float, shortest: int) -> bool:
    """Whether two people talked: joined by the carrier, accepted by a key, and long enough.

    Args:
        end: What the carrier says.
        accepted: Whether our own rows hold the key press.
        thinking_seconds: The part of the leg before the key press; that was no talk.
        shortest: Anything shorter was no conversation, in seconds.
    """
    return accepted and end.bridged and end.seconds - thinking_seconds >= shortest


_ENDINGS = {
    "busy": AttemptOutcome.BUSY,
    "no-answer": AttemptOutcome.NO_ANSWER,
    "failed": AttemptOutcome.FAILED,
    "canceled": AttemptOutcome.CALLER_LEFT,
    # Picked up by a voicemail or by somebody who pressed nothing.
    "completed": AttemptOutcome.NOT_ACCEPTED,
    "answered": AttemptOutcome.NOT_ACCEPTED,
}


def ending_of(end: DialEnd, *, accepted: bool) -> AttemptOutcome:
    """What a leg without a conversation came to."""
    return AttemptOutcome.TOO_SHORT if accepted else _ENDINGS.get(end.status, AttemptOutcome.FAILED)


# -- what a page shows ----------------------------------------------------------------------


@dataclass(frozen=True)
class Alarm:
    """One thing that nobody has taken yet; the red banner says so.

    Attributes:
        case_id: Which case.
        since: Since when the alarm stands.
        code: The short code that is also in the pages.
        neighbourhood: Where, when known.
        state: Where the case stands.
    """

    case_id: UUID
    since: datetime
    code: str
    neighbourhood: str | None
    state: CaseState


@dataclass(frozen=True)
class AttemptLine:
    """One attempt to reach one person, as the page shows it."""

    name: str
    method: AttemptMethod
    started_at: datetime
    ended_at: datetime | None
    outcome: AttemptOutcome | None
    keys: str


@dataclass(frozen=True)
class EventLine:
    """One line of a case's history."""

    at: datetime
    state: CaseState
    who: str
    why: Why
    whom: str


@dataclass(frozen=True)
class CaseLine:
    """One case, as the page shows it: no number, no text."""

    id: UUID
    code: str
    state: CaseState
    source: CaseSource
    urgency: str
    neighbourhood: str | None
    opened_at: datetime
    closed_at: datetime | None
    owner: str | None
    due_at: datetime | None
    alarm_since: datetime | None
    result: CaseResult | None
    closed_by: str | None
    contacts: int
    reports: int
    attempts: tuple[AttemptLine, ...]
    history: tuple[EventLine, ...]
