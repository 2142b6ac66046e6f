"""What a report can be about: kinds, urgencies, the closed list, and what was read."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from signaal.places.model import AddressWords
from signaal.rules import Condition, refuse


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


SHORTEST_STEM = 3
"""A shorter stem with a `*` would fit almost every word."""


def phrases_fit(key: str) -> Condition:
    """The condition that every phrase of a list can be found, and stands in it once."""
    return Condition((key,), lambda policy: _faults_of_phrases(key, getattr(policy, key)))


def _faults_of_phrases(key: str, phrases: Sequence[str]) -> Iterator[tuple[str, str]]:
    for phrase in phrases:
        if not _can_be_found(phrase):
            yield (
                key,
                f"schrijf {phrase!r} in kleine letters en cijfers, met één spatie tussen woorden en"
                f" minstens {SHORTEST_STEM} letters bij een * / write {phrase!r} in small letters"
                f" and digits, with one space between words and at least {SHORTEST_STEM} letters"
                " beside a *",
            )
    for phrase, times in Counter(phrases).items():
        if times > 1:
            yield key, f"noem elk woord één keer / name each word once: {phrase!r}"


def _can_be_found(phrase: str) -> bool:
    words = phrase.split(" ")
    return (
        phrase.isascii()
        and words[0] != "*"
        and all(word == "*" or _is_stem(word) for word in words)
    )


def _is_stem(word: str) -> bool:
    stem = word.removesuffix("*") if word.endswith("*") else word.removeprefix("*")
    long_enough = stem == word or len(stem) >= SHORTEST_STEM
    return stem.isalnum() and stem == stem.lower() and long_enough


def _faults_of_categories(categories: Sequence[Category]) -> Iterator[tuple[str, str]]:
    codes = [category.code for category in categories]
    for number, category in enumerate(categories):
        key = f"categories.{number}"
        if category.code in codes[:number]:
            yield f"{key}.code", f"noem elke code één keer / name each code once: {category.code}"
        for text in ("code", "label_nl", "label_en"):
            if not getattr(category, text).strip():
                yield f"{key}.{text}", "vul dit in / fill this in"
        yield from _faults_of_phrases(f"{key}.words", category.words)
        yield from _faults_of_phrases(f"{key}.hints", category.hints)
    missing = sorted(set(Kind) - {category.kind for category in categories})
    if missing:
        yield (
            "categories",
            f"geef elke soort een categorie / give each kind a category: {', '.join(missing)}",
        )


def _faults_of_dangers(dangers: Sequence[Danger]) -> Iterator[tuple[str, str]]:
    if not dangers:
        yield "dangers", "noem woorden van acuut gevaar / name words of acute danger"
    for number, danger in enumerate(dangers):
        yield from _faults_of_phrases(f"dangers.{number}.words", danger.words)
        if not danger.words:
            yield f"dangers.{number}.words", "noem een woord / name a word"


def _faults_of_codes(
    used: Iterable[tuple[str, str]], categories: Sequence[Category]
) -> Iterator[tuple[str, str]]:
    """Codes, each with its key, that are not in the closed list."""
    codes = {category.code for category in categories}
    for key, code in used:
        if code not in codes:
            yield key, f"deze code staat niet in de lijst / this code is not in the list: {code}"


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

    CONDITIONS: ClassVar[tuple[Condition, ...]] = (
        Condition(("categories",), lambda policy: _faults_of_categories(policy.categories)),
        Condition(("dangers",), lambda policy: _faults_of_dangers(policy.dangers)),
        Condition(
            ("unclear", "categories"),
            lambda policy: _faults_of_codes([("unclear", policy.unclear)], policy.categories),
        ),
        Condition(
            ("dangers", "categories"),
            lambda policy: _faults_of_codes(
                [
                    (f"dangers.{number}.category", danger.category)
                    for number, danger in enumerate(policy.dangers)
                ],
                policy.categories,
            ),
        ),
        *map(phrases_fit, ("urgent", "harmless", "negations", "near_negations", "softeners")),
    )

    def __post_init__(self) -> None:
        """Refuses doubled codes, unknown codes and phrases that can never be found."""
        refuse(self)

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
