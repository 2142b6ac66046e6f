"""What somebody may do with an own report, what a household may ask, and how a report ends."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from signaal.intake.model.reading import Kind, ReportStatus
from signaal.intake.model.reports import Outcome
from signaal.places.model import AddressWords

ADDRESS_WINDOW = timedelta(hours=1)
"""So long it is remembered how often one internet address asked for something."""
CODES_PER_ADDRESS = 60
"""So many receipt codes may be tried from one internet address within the hour, right or wrong."""
REQUESTS_PER_ADDRESS = 6
"""So many household requests may come from one internet address within the hour."""
MOST_ADDITIONS = 20
"""So often one report can be added to."""
ANSWER_WITHIN = timedelta(days=30)
"""Within a month a household hears what is held about it (GDPR, article 12(3))."""
HURRY_FROM = timedelta(days=7)
LONGEST_ANSWER = 1_000


class Ending(StrEnum):
    """Why a report was taken away before its time."""

    WITHDRAWN = "withdrawn"
    """Whoever reported it took it back."""
    UNFOUNDED = "unfounded"
    """Somebody looked, and it was unfounded or wrong."""


class Judgement(StrEnum):
    """What a colleague found, as the desk asks it."""

    FOUNDED = "founded"
    UNCLEAR = "unclear"
    UNFOUNDED = "unfounded"


STANDS_AFTER: dict[Judgement, tuple[ReportStatus, Outcome]] = {
    Judgement.FOUNDED: (ReportStatus.DONE, Outcome.FOUNDED),
    Judgement.UNCLEAR: (ReportStatus.CLOSED, Outcome.UNCLEAR),
}
"""How a report stands after it was closed; what is unfounded doesn't stand at all any more."""
ENDED = frozenset({ReportStatus.DONE, ReportStatus.CLOSED})


class ContactReason(StrEnum):
    """Why a colleague needs the reporter's number or address."""

    RING_BACK = "ring_back"
    ASK = "ask"
    DANGER = "danger"


class Identity(StrEnum):
    """How it was made sure that a household request comes from that household."""

    NOT_CHECKED = "not_checked"
    AT_THE_DESK = "at_the_desk"
    AT_HOME = "at_home"
    BY_LETTER = "by_letter"


class RequestState(StrEnum):
    """How a household request stands."""

    OPEN = "open"
    ANSWERED = "answered"


@dataclass(frozen=True)
class Correction:
    """What whoever reported wants otherwise.

    Attributes:
        words: Another place; None leaves it as it is.
        text: Another text; None leaves it as it is.
    """

    words: AddressWords | None = None
    text: str | None = None


@dataclass(frozen=True)
class HouseholdRequest:
    """What somebody asks about their own household, as it was typed.

    Attributes:
        address: Where they live.
        contact: Telephone number in E.164 or e-mail address.
        text: What else they want to say; may be empty.
    """

    address: AddressWords
    contact: str
    text: str


@dataclass(frozen=True)
class ListedRequest:
    """A household request in the list: nothing of it is opened."""

    id: UUID
    reference: str
    asked_at: datetime
    due_at: datetime
    state: RequestState
    days_left: int

    @property
    def hurries(self) -> bool:
        """Whether it must be answered within a week."""
        return self.state is RequestState.OPEN and self.days_left < HURRY_FROM.days


@dataclass(frozen=True)
class HeldReport:
    """What a household may know of one report about its dwelling; the reporter stays shielded.

    Attributes:
        month: Year and month in which it came in; not the day, which could give the reporter away.
    """

    kind: Kind
    category: str
    month: tuple[int, int]
    status: ReportStatus


@dataclass(frozen=True)
class OpenedRequest:
    """A household request with its seals opened, and what is held about that dwelling.

    Attributes:
        asked: What was asked; None when its seal was destroyed or broken.
        held: Reports about this dwelling; None when the address leads to no single dwelling.
        answer: The sentence with which it was answered; empty while it is open.
    """

    listed: ListedRequest
    asked: HouseholdRequest | None
    held: Sequence[HeldReport] | None
    identity: Identity | None
    answered_at: datetime | None
    answer: str


def days_left(due_at: datetime, *, now: datetime) -> int:
    """Whole days until this instant; negative when it has passed."""
    return (due_at - now) // timedelta(days=1)
