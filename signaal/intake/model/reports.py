"""What a report is: what is kept, what is sealed, what a form holds, what others may see."""

import hmac
import json
import re
import unicodedata
from array import array
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from uuid import UUID

from signaal.intake.model.reading import Channel, Kind, Language, ReportStatus, Urgency
from signaal.places.model import AddressWords
from signaal.privacy.model import mask

TEXT_LIMIT = 1_000
"""Signs of free text that are kept of one report (trust.md, "What may exist")."""


MOST_READ = 100
"""So many reports of one status stand on a page that people still read."""


class Outcome(StrEnum):
    """What was found when somebody looked."""

    FOUNDED = "founded"
    UNFOUNDED = "unfounded"
    UNCLEAR = "unclear"


class Since(StrEnum):
    """Since when it goes on, as the form asks it."""

    TODAY = "today"
    DAYS = "days"
    WEEKS = "weeks"
    MONTHS = "months"
    UNKNOWN = "unknown"


_SOONEST_FIRST = (Urgency.ACUTE, Urgency.URGENT, Urgency.NORMAL)


def more_urgent(one: Urgency, other: Urgency) -> Urgency:
    """The urgency of these two for which a person must look soonest."""
    return min(one, other, key=_SOONEST_FIRST.index)


def voice_weight(*, channel: Channel, identified: bool, brought: bool) -> float:
    """How much one report counts: what a team found itself counts for nothing (trust.md §4)."""
    if not brought:
        return 0.0
    return 0.5 if channel is Channel.WEB and not identified else 1.0


def keepable(text: str) -> str:
    """Free text as it may be kept: NFC, masked, and at most `TEXT_LIMIT` signs."""
    whole = text.encode("utf-8", "replace").decode("utf-8").replace("\x00", "")
    return mask(unicodedata.normalize("NFC", whole).strip())[:TEXT_LIMIT].strip()


def keyed(pepper: str, *parts: str) -> str:
    """Stands for these parts, and can't be turned back without the installation's secret."""
    message = "\x1f".join(parts).encode("utf-8", "replace")
    return hmac.new(pepper.encode(), message, sha256).hexdigest()


@dataclass(frozen=True)
class SealedPlace:
    """Where it is, as said and as found; only ever kept under a report's seal.

    Attributes:
        words: The address in words, as far as it was said.
        dwelling_id: The dwelling, when one was found.
        said: Answers about the place that no longer fitted in the text.
    """

    words: AddressWords
    dwelling_id: int | None = None
    said: str = ""

    def to_json(self) -> str:
        """For the seal."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> "SealedPlace":
        """From the seal."""
        kept = json.loads(text)
        return cls(AddressWords(**kept["words"]), kept["dwelling_id"], kept["said"])


@dataclass(frozen=True)
class FormReport:
    """One filled-in form.

    Attributes:
        form_id: Random sign of this form: sent twice, it still is one report.
        category: A code of the closed list, or None when the reporter chose none.
        place_unsure: The reporter doesn't know the place exactly; a person will look for it.
        contact: Telephone number in E.164 or e-mail address, or None.
    """

    form_id: str
    kind: Kind
    category: str | None
    words: AddressWords
    place_unsure: bool
    since: Since
    text: str
    contact: str | None
    language: Language

    @property
    def says(self) -> str:
        """All that was filled in, as one text, to know the same form again."""
        return json.dumps(asdict(self), sort_keys=True)


@dataclass(frozen=True)
class HistoricReport:
    """One report of the past for the demo town: without text, contact or receipt.

    Attributes:
        reporter_token: As made by `privacy.model.reporter_token` for the week it came in.
    """

    received_at: datetime
    kind: Kind
    category: str
    block_id: int
    reporter_token: str
    channel: Channel = Channel.SMS
    urgency: Urgency = Urgency.NORMAL
    identified: bool = True
    brought: bool = True


@dataclass(frozen=True)
class PublicStatus:
    """What whoever holds the receipt code may know.

    Attributes:
        additions: How often it was added to.
        can_change: It is still open: it can be added to and corrected.
        acute: The numbers that help at once must stand beside it.
    """

    kind: Kind
    status: ReportStatus
    received_at: datetime
    neighbourhood: str | None
    additions: int = 0
    can_change: bool = True
    acute: bool = False


@dataclass(frozen=True)
class UnplacedReport:
    """A report for which a person must find the place; the text only when it was opened.

    Attributes:
        additions: What the reporter added later, oldest first.
    """

    id: UUID
    reference: str
    kind: Kind
    category: str
    urgency: Urgency
    channel: Channel
    received_at: datetime
    text: str | None = None
    additions: tuple[str, ...] = ()


@dataclass(frozen=True)
class OpenReport:
    """A report as a colleague reads it.

    Attributes:
        block_code: None while nobody knows the place.
        text: None when it was destroyed, or its seal is broken.
        additions: What the reporter added later, oldest first.
    """

    id: UUID
    reference: str
    kind: Kind
    category: str
    urgency: Urgency
    channel: Channel
    status: ReportStatus
    received_at: datetime
    block_code: str | None
    neighbourhood_name: str | None
    text: str | None
    additions: tuple[str, ...] = ()


@dataclass(frozen=True)
class OpenReports:
    """The reports of one status that wait longest, and how many more there are of it."""

    reports: list[OpenReport]
    more: int


@dataclass(frozen=True)
class ReportForDecision:
    """A report about which nobody has decided yet; the number only when it is acute."""

    id: UUID
    reference: str
    kind: Kind
    category: str
    urgency: Urgency
    block_id: int | None
    neighbourhood_name: str | None
    received_at: datetime
    channel: Channel
    reporter_number: str | None


@dataclass(frozen=True)
class Classified:
    """What kind of report: by this the rules decide, and no word of it is needed."""

    kind: Kind
    category: str
    urgency: Urgency


@dataclass(frozen=True)
class VoiceColumns:
    """Placed reports as columns of equal length, in any order; weight in voices."""

    block_id: "array[int]" = field(default_factory=lambda: array("q"))
    week: "array[int]" = field(default_factory=lambda: array("q"))
    kind: list[Kind] = field(default_factory=list)
    reporter_token: list[str] = field(default_factory=list)
    weight: "array[float]" = field(default_factory=lambda: array("d"))


# -- what is typed in a form ----------------------------------------------------------------

_HOUSE_NUMBER = re.compile(r"([0-9]{1,5})(?![0-9])[\s\-/.]*([^\W_][\w\s\-]{0,9})?")
_TELEPHONE = re.compile(r"\+[1-9][0-9]{7,14}")
_EMAIL = re.compile(r"[^@\s<>,;]{1,64}@[^@\s<>,;]+\.[^@\s<>,;.]{2,}")
_DUTCH_ZERO, _DUTCH_PREFIX = "0", "+31"
LONGEST_CONTACT = 254


def is_telephone(number: str) -> bool:
    """Whether one can text back: no name ("Bank") and no short code."""
    return _TELEPHONE.fullmatch(number) is not None


def house_number(typed: str) -> AddressWords | None:
    """The number, letter and addition in "14", "14a" or "14 II"; None when it is no number."""
    found = _HOUSE_NUMBER.fullmatch(typed.strip())
    if not found or not found.group(1).isascii():
        return None
    rest = (found.group(2) or "").strip(" -")
    is_letter = len(rest) == 1 and rest.isalpha()
    return AddressWords(
        number=int(found.group(1)),
        letter=rest.upper() if is_letter else None,
        addition=None if is_letter or not rest else rest,
    )


def contact_of(typed: str) -> str | None:
    """A telephone number in E.164 or an e-mail address in small letters; None for neither."""
    if len(typed) > LONGEST_CONTACT:
        return None
    plain = unicodedata.normalize("NFKC", typed).strip()
    if "@" in plain:
        return plain.casefold() if _EMAIL.fullmatch(plain) else None
    digits = re.sub(r"^\(?00", "+", re.sub(r"[\s\-./()]", "", plain.replace("(0)", "")))
    if digits.startswith(_DUTCH_ZERO):
        digits = _DUTCH_PREFIX + digits[1:]
    return digits if is_telephone(digits) else None
