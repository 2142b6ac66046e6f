"""What a report can be about: kinds, urgencies, the closed list, and what was read."""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from signaal.places.model import AddressWords


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
    not as the first word, for up to three words.

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
                check_phrase(key, phrase)
            if len(set(phrases)) < len(phrases):
                raise ValueError(f"{key}: noem elk woord één keer / name each word once")
        for danger in self.dangers:
            if not danger.words:
                raise ValueError(f"dangers.{danger.code}: noem een woord / name a word")


SHORTEST_STEM = 3
"""A shorter stem with a `*` would fit almost every word."""


def check_phrase(key: str, phrase: str) -> None:
    """Refuses a phrase that can never be found, with a sentence that says how to mend it."""
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
