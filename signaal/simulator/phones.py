"""Telephones of the fake network: what they do by themselves, and what somebody sees of them."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum


@dataclass(frozen=True)
class Device:
    """How a telephone behaves without anybody touching it.

    The plain device is manual: it rings until somebody answers it or the caller gives up.

    Attributes:
        answers_after: Seconds of ringing after which it answers by itself.
        presses: Keys pressed by the clock: seconds after answering, and the key.
        when_asked: Keys pressed when a voice asks for one, one key each time it asks.
        thinks: Seconds between the beginning of the question and such a key.
        hangs_up_after: Seconds after answering at which it hangs up.
        refuses: The status of a call that never rings: "busy", "failed" or "no-answer".
        text_status: What becomes of a text message to it: "delivered", "undelivered", "failed",
            or "sent" when the network never hears more.
        opted_out: It has sent STOP: the carrier refuses texts to it.
    """

    answers_after: float | None = None
    presses: tuple[tuple[float, str], ...] = ()
    when_asked: str = ""
    thinks: float = 2.0
    hangs_up_after: float | None = None
    refuses: str = ""
    text_status: str = "delivered"
    opted_out: bool = False


MANUAL = Device()
NEIGHBOURS = ("+31612345001", "+31612345002")
"""The telephones of the two neighbours in the demo: invented numbers."""


def answers(*, after: float = 4, key: str = "1", talks: float | None = None) -> Device:
    """Somebody who picks up, presses this key when asked, and hangs up after talking so long."""
    return Device(answers_after=after, when_asked=key, hangs_up_after=talks)


def voicemail(*, after: float = 12, lasts: float = 30, tone: str = "") -> Device:
    """A machine that picks up, presses nothing (or lets a rare tone slip), and ends by itself."""
    presses = ((3.0, tone),) if tone else ()
    return Device(answers_after=after, hangs_up_after=lasts, presses=presses)


def hangs_up(*, at: float, after: float = 4) -> Device:
    """Somebody who picks up and hangs up at this second without pressing anything."""
    return Device(answers_after=after, hangs_up_after=at)


BUSY = Device(refuses="busy")
UNREACHABLE = Device(refuses="failed", text_status="undelivered")
NO_ANSWER = Device()
"""Nobody picks up: the same as a telephone that nobody touches."""


class Fault(Enum):
    """What goes wrong with one request to the carrier: HTTP status, the carrier's error code.

    A status of 0 stands for no answer at all.
    """

    TOO_MANY = (429, 20429)
    BROKEN = (500, 20500)
    AWAY = (503, 20503)
    UNAUTHORISED = (401, 20003)
    TIMEOUT_BEFORE = (0, 1)
    """No answer, and the request was not taken."""
    TIMEOUT_AFTER = (0, 2)
    """No answer, although the request was taken."""
    LOST_RESPONSE = (0, 3)
    """Taken, and the line broke while the answer was on its way."""

    @property
    def takes_request(self) -> bool:
        """Whether the carrier does what was asked all the same."""
        return self in {Fault.TIMEOUT_AFTER, Fault.LOST_RESPONSE}


@dataclass(frozen=True)
class Disturbance:
    """What happens to the status callbacks about one telephone.

    Attributes:
        drop: Statuses that are never told.
        twice: Each is told twice.
        late: Seconds by which each is delayed.
        backwards: All are kept until the last one, and then told in reverse.
    """

    drop: frozenset[str] = frozenset()
    twice: bool = False
    late: float = 0.0
    backwards: bool = False


QUIET = Disturbance()


@dataclass(frozen=True)
class TextLine:
    """One text message on a telephone's screen.

    Attributes:
        at: When.
        outgoing: The owner of the telephone sent it.
        other: The number at the other end.
        body: What it says.
    """

    at: datetime
    outgoing: bool
    other: str
    body: str


@dataclass(frozen=True)
class Caption:
    """One thing that was said in a call.

    Attributes:
        words: What was said.
        language: In which language, as a BCP 47 tag ("nl-NL"); empty: no words but a sound.
    """

    words: str
    language: str = ""


@dataclass(frozen=True)
class PhoneView:
    """What the owner of a telephone sees and hears now.

    Attributes:
        number: The telephone's own number.
        texts: Texts in and out, oldest first.
        call_id: The call that is going on, or the one that ended last.
        shown_number: The number on the screen: who calls, or who is called.
        ringing: Somebody calls this telephone; it can be answered or declined.
        in_call: A call that the owner made or answered is going on.
        talking_with: The number of the telephone it is connected with.
        captions: What was said in this call, oldest first.
        may_press: A key would be heard.
        ended: How the last call ended ("completed", "busy"...); empty while one goes on.
    """

    number: str
    texts: tuple[TextLine, ...] = ()
    call_id: str = ""
    shown_number: str = ""
    ringing: bool = False
    in_call: bool = False
    talking_with: str = ""
    captions: tuple[Caption, ...] = ()
    may_press: bool = False
    ended: str = ""

    @property
    def heard(self) -> tuple[str, ...]:
        """What was said in this call, without the languages."""
        return tuple(caption.words for caption in self.captions)


@dataclass
class Phone:
    """One telephone."""

    number: str
    device: Device = MANUAL
    disturbance: Disturbance = QUIET
    lines: list[TextLine] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    rung: int = 0

    def press_next(self) -> str:
        """The key that the device presses when it is asked now; empty if none."""
        key, rest = self.device.when_asked[:1], self.device.when_asked[1:]
        self.device = replace(self.device, when_asked=rest)
        return key


@dataclass
class Record:
    """One text message at the carrier, as its list gives it back."""

    sid: str
    from_number: str
    to_number: str
    body: str
    direction: str
    status: str
    created_at: datetime
    callback: str = ""
    error_code: int | None = None
