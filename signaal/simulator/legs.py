"""One telephone in one call, and how Signaal's lines are set up at the carrier."""

from collections import deque
from dataclasses import dataclass, field, replace
from datetime import datetime
from xml.etree import ElementTree as ET

from signaal.simulator.phones import Caption, PhoneView

ENDINGS = frozenset({"completed", "busy", "no-answer", "failed", "canceled"})
SIGNS_PER_SECOND = 15.0
"""How fast the voice speaks: about 150 words a minute."""
PLAY_SECONDS = 5.0
INBOUND, OUTBOUND, DIALLED = "inbound", "outbound-api", "outbound-dial"


@dataclass
class Leg:
    """One telephone in one call, with the instructions that are carried out on it."""

    sid: str
    direction: str
    from_number: str
    to_number: str
    created_at: datetime
    status: str = "queued"
    parent: "Leg | None" = None
    children: "list[Leg]" = field(default_factory=list)
    answer_path: str = ""
    callback: str = ""
    callback_events: frozenset[str] = frozenset({"completed"})
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    bridged: bool = False
    program: deque[ET.Element] = field(default_factory=deque)
    gathering: ET.Element | None = None
    dialling: ET.Element | None = None
    digits: str = ""
    heard: list[Caption] = field(default_factory=list)
    told: int = 0
    step: int = 0
    """Rises whenever the leg goes on to something else: what waited for the old step is void."""
    on_fallback: bool = False

    @property
    def phone(self) -> str:
        """The number of the telephone at this leg."""
        return self.from_number if self.direction == INBOUND else self.to_number

    @property
    def shown_number(self) -> str:
        """The number on the screen of that telephone."""
        return self.to_number if self.direction == INBOUND else self.from_number

    @property
    def rings(self) -> bool:
        """Whether this telephone is called and nobody has picked up."""
        return self.direction != INBOUND and self.answered_at is None and not self.ended

    @property
    def ended(self) -> bool:
        """Whether this leg is over."""
        return self.status in ENDINGS

    @property
    def connected_to(self) -> "Leg | None":
        """The leg it is talking with."""
        if self.ended:
            return None
        if self.bridged:
            return self.parent
        return next((leg for leg in self.children if leg.bridged and not leg.ended), None)

    @property
    def seconds(self) -> int:
        """How long the two have been connected to the carrier."""
        if self.answered_at is None or self.ended_at is None:
            return 0
        return int((self.ended_at - self.answered_at).total_seconds())


@dataclass(frozen=True)
class LineSetup:
    """How Signaal's own lines are set up at the carrier.

    Attributes:
        lines: The numbers.
        account_sid: The account they belong to.
        voice_path: Where a call that comes in is announced.
        text_path: Where a text message that comes in is announced.
        voice_status_path: Where the end of such a call is told; empty: nowhere.
        fallback_twiml: What is done when the voice webhook fails; empty: nothing.
    """

    lines: frozenset[str]
    account_sid: str
    voice_path: str = "/haak/gesprek"
    text_path: str = "/haak/sms"
    voice_status_path: str = ""
    fallback_twiml: str = ""


def spoken(verb: ET.Element) -> tuple[Caption | None, float]:
    """What is heard of a verb, if anything, and for how many seconds."""
    if verb.tag == "Pause":
        return None, float(verb.get("length", "1"))
    times = int(verb.get("loop", "1"))
    if verb.tag == "Play":
        return Caption(f"[{(verb.text or '').strip()}]"), PLAY_SECONDS * times
    text = " ".join((verb.text or "").split())
    return Caption(text, verb.get("language", "")), len(text) / SIGNS_PER_SECOND * times


def with_call(view: PhoneView, leg: Leg) -> PhoneView:
    """What the owner of a telephone sees, with this call."""
    return replace(
        view,
        call_id=leg.sid,
        shown_number=leg.shown_number,
        ringing=leg.rings,
        in_call=not leg.ended and not leg.rings,
        talking_with=leg.shown_number if leg.connected_to else "",
        captions=tuple(leg.heard),
        may_press=leg.gathering is not None,
        ended=leg.status if leg.ended else "",
    )
