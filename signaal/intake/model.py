"""What a report is: its kinds, categories and urgencies, and what was read in a message."""

import hmac
import json
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import ClassVar
from uuid import UUID

from signaal.places.model import AddressWords
from signaal.privacy.model import mask


class Kind(StrEnum):
    """The three kinds of evidence; they are never added up."""

    NUISANCE = "nuisance"
    CONCERN = "concern"
    ARREARS = "arrears"


class Urgency(StrEnum):
    """How soon a person must look."""

    ACUTE = "acute"
    """Somebody's life or safety may be in danger now."""
    URGENT = "urgent"
    NORMAL = "normal"


class Channel(StrEnum):
    """Along which way a report came in."""

    SMS = "sms"
    WEB = "web"
    VOICE = "voice"
    STAFF = "staff"


class ReportStatus(StrEnum):
    """What the reporter is told about the report."""

    RECEIVED = "received"
    BEING_LOOKED_AT = "being_looked_at"
    DONE = "done"
    CLOSED = "closed"


class Language(StrEnum):
    """The languages in which Signaal answers."""

    NL = "nl"
    EN = "en"


@dataclass(frozen=True)
class SignalenCode:
    """The category of Signalen with which reports are exchanged with neighbours."""

    main: str
    sub: str


@dataclass(frozen=True)
class Category:
    """One of the closed list of things that a report can be about.

    Attributes:
        code: The lasting name in rows and figures.
        kind: The kind of evidence it counts as.
        urgency: How soon a person must look when the message says nothing about that.
        words: Phrases that mean this category (see `Categories` for how they are written).
        hints: Phrases that point to it more weakly; they count half.
        signalen: The matching category of Signalen.
        label_nl: What people read in Dutch.
        label_en: What people read in English.
    """

    code: str
    kind: Kind
    urgency: Urgency
    words: tuple[str, ...]
    hints: tuple[str, ...]
    signalen: SignalenCode
    label_nl: str
    label_en: str


@dataclass(frozen=True)
class Danger:
    """Words of acute danger of one sort, and the category of a report that says nothing else."""

    code: str
    category: str
    words: tuple[str, ...]


@dataclass(frozen=True)
class Categories:
    """The closed list of categories, and the words by which a message is read.

    A phrase is one or more words in small letters, without accents or punctuation. A `*` at the
    end or the beginning of a word stands for anything that is written on to it; by itself, and
    not as the first word, for up to two words.

    Attributes:
        unclear: Code of the category for a message that doesn't say what is going on.
        categories: The closed list; where two fit equally well the upper one counts.
        dangers: Words of acute danger.
        urgent: Words that make a report urgent.
        harmless: Phrases in which a word of danger means nothing of the sort.
        negations: Words that turn what follows within two words into its opposite.
        near_negations: Words that turn only what follows directly.
        softeners: Words that may stand between a near negation and what it negates.
    """

    FILE: ClassVar[str] = "categories.toml"

    unclear: str
    categories: tuple[Category, ...]
    dangers: tuple[Danger, ...]
    urgent: tuple[str, ...]
    harmless: tuple[str, ...]
    negations: tuple[str, ...]
    near_negations: tuple[str, ...]
    softeners: tuple[str, ...]

    def __post_init__(self) -> None:
        """Refuses doubled codes, unknown codes and phrases that can never be found."""
        self._check_codes()
        self._check_phrases()

    def of(self, code: str) -> Category:
        """The category with this code.

        Raises:
            KeyError: There is no such category.
        """
        for category in self.categories:
            if category.code == code:
                return category
        raise KeyError(code)

    @property
    def codes(self) -> frozenset[str]:
        """All codes of the closed list."""
        return frozenset(category.code for category in self.categories)

    def _check_codes(self) -> None:
        codes = [category.code for category in self.categories]
        doubled = sorted({code for code in codes if codes.count(code) > 1})
        if doubled:
            raise ValueError(
                f"categories: noem elke code één keer / name each code once: {', '.join(doubled)}"
            )
        used = {self.unclear, *(danger.category for danger in self.dangers)}
        unknown = sorted(used - set(codes))
        if unknown:
            raise ValueError(
                "unclear, dangers: deze codes staan niet in de lijst / these codes are not in "
                f"the list: {', '.join(unknown)}"
            )
        missing = sorted(set(Kind) - {category.kind for category in self.categories})
        if missing:
            raise ValueError(
                "categories: geef elke soort een categorie / give each kind a category: "
                f"{', '.join(missing)}"
            )

    def _check_phrases(self) -> None:
        lists = {
            "urgent": self.urgent,
            "harmless": self.harmless,
            "negations": self.negations,
            "near_negations": self.near_negations,
            "softeners": self.softeners,
        }
        lists |= {f"dangers.{danger.code}": danger.words for danger in self.dangers}
        for category in self.categories:
            lists[f"{category.code}.words"] = category.words
            lists[f"{category.code}.hints"] = category.hints
        for key, phrases in lists.items():
            for phrase in phrases:
                _check_phrase(key, phrase)
            if len(set(phrases)) < len(phrases):
                raise ValueError(f"{key}: noem elk woord één keer / name each word once")
        for danger in self.dangers:
            if not danger.words:
                raise ValueError(f"dangers.{danger.code}: noem een woord / name a word")


SHORTEST_STEM = 3
"""A shorter stem with a `*` would fit almost every word."""


def _check_phrase(key: str, phrase: str) -> None:
    words = phrase.split(" ")
    good = words[0] != "*" and all(word == "*" or _is_stem(word) for word in words)
    if phrase.isascii() and good:
        return
    raise ValueError(
        f"{key}: schrijf {phrase!r} in kleine letters en cijfers, met één spatie tussen woorden "
        f"en minstens {SHORTEST_STEM} letters bij een * / write {phrase!r} in small letters and "
        f"digits, with one space between words and at least {SHORTEST_STEM} letters beside a *"
    )


def _is_stem(word: str) -> bool:
    stem = word.removesuffix("*") if word.endswith("*") else word.removeprefix("*")
    long_enough = stem == word or len(stem) >= SHORTEST_STEM
    return stem.isalnum() and stem == stem.lower() and long_enough


@dataclass(frozen=True)
class Reading:
    """What a message says, as far as words can tell.

    Attributes:
        words: The address in the reporter's words.
        kind: The kind of evidence.
        category: A code of the closed list.
        urgency: How soon a person must look.
        language: The language in which to answer.
        said_what: Whether the message says what is going on; if not, kind and category are those
            of a message that is unclear.
    """

    words: AddressWords
    kind: Kind
    category: str
    urgency: Urgency
    language: Language
    said_what: bool


# -- the report -----------------------------------------------------------------------------

TEXT_LIMIT = 1_000
"""Signs of free text that are kept of one report (trust.md, "What may exist")."""


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
    """What whoever holds the receipt code may know."""

    kind: Kind
    status: ReportStatus
    received_at: datetime
    neighbourhood: str | None


@dataclass(frozen=True)
class UnplacedReport:
    """A report for which a person must find the place; the text only when it was opened."""

    id: UUID
    reference: str
    kind: Kind
    category: str
    urgency: Urgency
    channel: Channel
    received_at: datetime
    text: str | None = None


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
class VoiceColumns:
    """Placed reports as columns of equal length, oldest first; weight in voices."""

    block_id: list[int]
    week: list[int]
    kind: list[Kind]
    reporter_token: list[str]
    weight: list[float]


# -- the receipt ----------------------------------------------------------------------------

RECEIPT_SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""32 signs without look-alikes: 5 bits each.

Source: Crockford (2002), Base32, www.crockford.com/base32.html.
"""
_PUBLIC, _SECRET = 6, 12
_GROUPS = ((0, 6), (6, 10), (10, 14), (14, 18))
RECEIPT_BYTES = 12
"""Randomness that a receipt is made of: 90 of these 96 bits."""
TRIES = 5
TRIES_WINDOW = timedelta(minutes=15)


@dataclass(frozen=True)
class Receipt:
    """The code with which a reporter follows a report.

    Attributes:
        public: Says which report; 30 bits, random.
        secret: Proves that it is one's own; 60 bits, of which only a keyed hash is kept.
        acute: The numbers that help at once must stand beside it.
    """

    public: str
    secret: str
    acute: bool = False

    @property
    def code(self) -> str:
        """The whole code, in groups, as people read it."""
        whole = self.public + self.secret
        return "-".join(whole[start:end] for start, end in _GROUPS)


def receipt_from(randomness: bytes) -> Receipt:
    """A receipt out of at least `RECEIPT_BYTES` random bytes."""
    number = int.from_bytes(randomness[:RECEIPT_BYTES], "big")
    signs = [RECEIPT_SIGNS[(number >> 5 * place) & 31] for place in range(_PUBLIC + _SECRET)]
    return Receipt("".join(signs[:_PUBLIC]), "".join(signs[_PUBLIC:]))


def typed_receipt(typed: str) -> Receipt | None:
    """The receipt that somebody means: spaces, dashes, case, O for 0 and I or L for 1 don't matter.

    Returns:
        None when it can't be a receipt code.
    """
    plain = unicodedata.normalize("NFKC", typed).upper()
    signs = re.sub(r"[\s.\-_–—·]", "", plain).translate(str.maketrans("OIL", "011"))
    if len(signs) != _PUBLIC + _SECRET or not set(signs) <= set(RECEIPT_SIGNS):
        return None
    return Receipt(signs[:_PUBLIC], signs[_PUBLIC:])


# -- the dialogue by text message -----------------------------------------------------------

MOST_ASKS = 2
"""After asking for the place so often, a person looks for it."""
TALK_LASTS = timedelta(hours=24)
MOST_REPLIES = 3
REPLIES_WINDOW = timedelta(minutes=15)
_STOP_WORDS = frozenset(
    {"stop", "stopall", "stop all", "stop sms", "unsubscribe", "cancel", "end", "quit"}
    | {"afmelden", "uitschrijven", "einde"}
)
_TELEPHONE = re.compile(r"\+[1-9][0-9]{7,14}")


class Answer(StrEnum):
    """What Signaal says back; the name of the text in templates/sms/<language>/."""

    ACUTE = "acute"
    RECEIPT = "receipt"
    ASK_PLACE = "ask_place"
    ASK_AGAIN = "ask_again"
    NO_WORDS = "no_words"
    LISTED = "listed"
    ADDED = "added"


ASKS = frozenset({Answer.ASK_PLACE, Answer.ASK_AGAIN, Answer.NO_WORDS})
WITH_CODE = frozenset({Answer.RECEIPT, Answer.LISTED})


def is_telephone(number: str) -> bool:
    """Whether one can text back: no name ("Bank") and no short code."""
    return _TELEPHONE.fullmatch(number) is not None


def is_stop_word(text: str) -> bool:
    """Whether the message only asks to be left alone."""
    return text.strip(" \t\r\n.!'\"").casefold() in _STOP_WORDS


def joins_open_report(
    *, waits_for_place: bool, placed: bool, own_place: bool, same_place: bool, fits: bool
) -> bool:
    """Whether a message belongs to the report that this conversation is about.

    Args:
        waits_for_place: The report has no place yet; Signaal asked for it.
        placed: The message leads to a place.
        own_place: The message speaks of a place, known or not.
        same_place: It is the place of the open report.
        fits: The message fits in what is kept of the report's text.
    """
    if waits_for_place and placed:
        return True
    return fits and (waits_for_place or not own_place or same_place)


def answer_to(*, acute: bool, placed: bool, asks: int, has_receipt: bool, wordless: bool) -> Answer:
    """What to say back.

    Args:
        acute: The message holds words of acute danger.
        placed: The report has its place.
        asks: How often Signaal has asked for the place already.
        has_receipt: The reporter has been told the receipt code.
        wordless: The message holds no words: empty, or only a picture or emoji.
    """
    if acute:
        return Answer.ACUTE
    if not placed and asks < MOST_ASKS:
        if wordless:
            return Answer.NO_WORDS
        return Answer.ASK_AGAIN if asks else Answer.ASK_PLACE
    if not has_receipt:
        return Answer.RECEIPT if placed else Answer.LISTED
    return Answer.ADDED


def recent(replies: Iterable[float], *, now: datetime) -> list[float]:
    """The replies (seconds since 1970) that still count against the limit."""
    return [at for at in replies if at > (now - REPLIES_WINDOW).timestamp()]


def merged(earlier: AddressWords, later: AddressWords) -> AddressWords:
    """What two messages say about one place: the later one counts, the earlier one fills gaps."""
    if later.number is not None and (later.postcode or later.street):
        return later
    if later.number is not None:
        return replace(later, postcode=earlier.postcode, street=earlier.street)
    return replace(
        earlier,
        postcode=later.postcode or earlier.postcode,
        street=later.street or (None if later.postcode else earlier.street),
    )


def fits(text: str, added: str) -> bool:
    """Whether what is added still belongs to the signs that are kept of one report."""
    return len(text) + 1 + len(added) <= TEXT_LIMIT


def is_wordless(text: str) -> bool:
    """Whether a message holds no words: nothing, a picture, emoji or punctuation."""
    return not any(sign.isalnum() for sign in text)


def category_of(categories: Categories, *, kind: Kind, reading: Reading) -> str:
    """The category of a form without one: what its text says if that fits, else the kind's last."""
    if reading.said_what and reading.kind is kind:
        return reading.category
    return [each.code for each in categories.categories if each.kind is kind][-1]
