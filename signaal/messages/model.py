"""What Signaal says to people, and what may become of it: nouns and rules of the outbox."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID


class MessageChannel(StrEnum):
    """How a message travels."""

    SMS = "sms"
    CALL = "call"
    MAIL = "mail"


class OutboxState(StrEnum):
    """How far a message has come.

    None of these says that a person has read or heard anything: a voicemail "delivers" a call
    just as well. Only a key press, a reply or a click by a person is success.
    """

    QUEUED = "queued"
    CLAIMED = "claimed"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"
    DROPPED = "dropped"


FINISHED = frozenset({OutboxState.DELIVERED, OutboxState.FAILED, OutboxState.DROPPED})


@dataclass(frozen=True)
class Words:
    """What is sealed of a message: whom it is for and what it says.

    Attributes:
        to: A number, E.164; of an e-mail the address.
        body: Empty for a call.
        subject: Of an e-mail.
    """

    to: str
    body: str
    subject: str = ""


@dataclass(frozen=True)
class Queued:
    """One message that a worker has claimed and must now hand to the carrier.

    Attributes:
        id: Our own id; travels in the status callback.
        attempts: How often it has been claimed, this time included.
        claimed_by: The mark of this claim; only who holds it may write the outcome.
    """

    id: UUID
    channel: MessageChannel
    line: str
    words: Words
    answer_path: str
    ring_seconds: int
    attempts: int
    created_at: datetime
    drop_after: datetime | None
    claimed_by: UUID


@dataclass(frozen=True)
class SentText:
    """One text message as the demo's telephone shows it."""

    body: str
    created_at: datetime
    state: OutboxState


STATUS_PATH = "/haak/bezorging"
"""Where the carrier tells how far a message has come; `?m=` names which one."""
LEASE = timedelta(seconds=60)
"""How long a claim lasts; longer than any carrier's time-out, so that nobody sends it twice."""
OPERATOR_PAUSE = timedelta(seconds=60)
"""How long a channel rests when the account itself is refused: no storm on a locked door."""
WAITS = (timedelta(seconds=5), timedelta(seconds=15), timedelta(seconds=30))
"""The pause after the first, second and third refusal (telephony.md, section 4)."""
LONG_WAIT = timedelta(seconds=60)
COPY_WAIT = timedelta(hours=1)
"""The pause after the first refusal to forget a copy; it doubles until it is a day."""
LONGEST_COPY_WAIT = timedelta(days=1)
TRIES_BEFORE_SHOUTING = 16
"""That is after about a fortnight: so long a record may take to become deletable.

Source: Twilio, "Error and Warning Dictionary", 20009.
"""


def wait_after(attempts: int) -> timedelta:
    """The pause before the next attempt, after this many attempts have failed (at least one)."""
    return WAITS[attempts - 1] if attempts <= len(WAITS) else LONG_WAIT


def copy_wait(tries: int) -> timedelta:
    """The pause before a copy is tried to be forgotten again, after this many tries (from 1)."""
    doublings = min(tries - 1, 10)
    return min(COPY_WAIT * (1 << doublings), LONGEST_COPY_WAIT)


# The carrier's words for the status of a message or call, and what they mean to us.
# Source: Twilio, Message resource "Message Status values"; Call resource "Call Status values".
STATES_BY_STATUS: dict[str, OutboxState] = {
    "accepted": OutboxState.SENT,
    "scheduled": OutboxState.SENT,
    "queued": OutboxState.SENT,
    "sending": OutboxState.SENT,
    "sent": OutboxState.SENT,
    "delivered": OutboxState.DELIVERED,
    "read": OutboxState.DELIVERED,
    "undelivered": OutboxState.FAILED,
    "initiated": OutboxState.SENT,
    "ringing": OutboxState.SENT,
    "answered": OutboxState.SENT,
    "in-progress": OutboxState.SENT,
    "completed": OutboxState.DELIVERED,
    "busy": OutboxState.FAILED,
    "no-answer": OutboxState.FAILED,
    "canceled": OutboxState.FAILED,
    "failed": OutboxState.FAILED,
}

# Callbacks come in any order, and a message that was sent twice has two endings: the state that
# says most about what the person got wins, whichever came first.
_RANK: dict[OutboxState, int] = {
    OutboxState.QUEUED: 0,
    OutboxState.CLAIMED: 1,
    OutboxState.DROPPED: 2,
    OutboxState.SENT: 3,
    OutboxState.FAILED: 4,
    OutboxState.DELIVERED: 5,
}


def later(state: OutboxState, reported: OutboxState) -> OutboxState:
    """Of two states of one message, the one that says most about what the person got."""
    return max(state, reported, key=_RANK.__getitem__)


def after_status(state: OutboxState, status: str) -> OutboxState:
    """The state of a message after the carrier reported this status; unknown words change nothing.

    Args:
        state: The state until now.
        status: The carrier's own word, such as "undelivered" or "no-answer".
    """
    return later(state, STATES_BY_STATUS.get(status.lower(), state))
