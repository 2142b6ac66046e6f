"""What a message is about, how urgent it is and in which language: by tables of words."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from rapidfuzz import process
from rapidfuzz.distance import OSA

from signaal.intake.model import Categories, Kind, Language, Urgency
from signaal.intake.reading.signs import word_set


class Meaning(NamedTuple):
    """What a message says, apart from where."""

    category: str
    urgency: Urgency
    language: Language
    clear: bool


def meaning(plain: str, *, categories: Categories, kind: Kind | None) -> Meaning:
    """What a message is about.

    Args:
        plain: The message in plain signs.
        categories: The closed list and the words by which it is known.
        kind: The kind that the reporter already chose.
    """
    words = words_in(plain)
    found = _found(words, _phrases(categories))
    code = _category(found, categories=categories, kind=kind)
    category = categories.of(code or _other(categories, kind))
    return Meaning(
        category=category.code,
        urgency=_urgency(found, category.urgency),
        language=_language(words),
        clear=bool(code) or kind is not None,
    )


# -- words ------------------------------------------------------------------------------------

_WORD = re.compile(r"[a-z]+|\d+|[.,;:!?\n]|[^\w\s]")
_STRETCHED = re.compile(r"([a-z])\1{2,}")
_BUT = {"maar", "but", "wel"}


def words_in(plain: str) -> list[str]:
    """The words, with "" where a clause ends; a picture is "emoji" and its name in one word."""
    return [_word(found) for found in _WORD.findall(plain.replace("'", ""))]


def _word(found: str) -> str:
    if found.isalnum():
        return found
    return "" if found.isascii() else _picture(found)


@lru_cache(maxsize=4096)
def _picture(sign: str) -> str:
    if unicodedata.category(sign) != "So":
        return ""
    name = unicodedata.name(sign, "")
    return "emoji" + "".join(letter for letter in name.lower() if letter.isalnum())


SHORTEST_GUESS = 6
SHORTEST_DANGER_GUESS = 8
"""Letters of a stem that may be written with one slip: shorter ones are too like other words."""
LONGEST_GUESS = 20
MOST_BETWEEN = 3
"""Words for which a * by itself stands at most."""


class _Phrase(NamedTuple):
    words: tuple[str, ...]
    group: str
    code: str
    points: int


class _Hit(NamedTuple):
    phrase: _Phrase
    start: int
    end: int
    negated: bool


class _Phrases(NamedTuple):
    """All phrases by their first word: whole, or three letters of a stem; and single words."""

    whole: Mapping[str, list[_Phrase]]
    begins: Mapping[str, list[_Phrase]]
    ends: Mapping[str, list[_Phrase]]
    near: Mapping[str, dict[str, _Phrase]]
    near_danger: Mapping[str, dict[str, _Phrase]]
    negations: frozenset[str]
    near_negations: frozenset[str]
    softeners: frozenset[str]


@lru_cache(maxsize=4)
def _phrases(categories: Categories) -> _Phrases:
    listed = list(_listed(categories))
    single = [phrase for phrase in listed if len(phrase.words) == 1]
    return _Phrases(
        whole=_by(listed, lambda word: "" if "*" in word else word),
        begins=_by(listed, lambda word: word[:3] if word.endswith("*") else ""),
        ends=_by(listed, lambda word: word[-3:] if word.startswith("*") else ""),
        near=_by_letter(single, {"category": SHORTEST_GUESS, "danger": SHORTEST_DANGER_GUESS}),
        near_danger=_by_letter(single, {"danger": SHORTEST_DANGER_GUESS}),
        negations=frozenset(categories.negations),
        near_negations=frozenset(categories.near_negations),
        softeners=frozenset(categories.softeners),
    )


def _by(listed: list[_Phrase], key: Callable[[str], str]) -> dict[str, list[_Phrase]]:
    table = defaultdict(list)
    for phrase in listed:
        table[key(phrase.words[0])].append(phrase)
    table.pop("", None)
    return dict(table)


def _by_letter(single: list[_Phrase], shortest: dict[str, int]) -> dict[str, dict[str, _Phrase]]:
    table: dict[str, dict[str, _Phrase]] = defaultdict(dict)
    for phrase in single:
        stem = phrase.words[0].strip("*")
        if phrase.points > HINT_POINTS and len(stem) >= shortest.get(phrase.group, LONGEST_GUESS):
            table[stem[0]].setdefault(stem, phrase)
    return dict(table)


WORD_POINTS = 2
HINT_POINTS = 1


def _listed(categories: Categories) -> Iterator[_Phrase]:
    for category in categories.categories:
        yield from _made(category.words, "category", category.code, WORD_POINTS)
        yield from _made(category.hints, "category", category.code, HINT_POINTS)
    for danger in categories.dangers:
        yield from _made(danger.words, "danger", danger.category, 2 * WORD_POINTS)
    yield from _made(categories.urgent, "urgent", "", 0)
    yield from _made(categories.harmless, "harmless", "", 0)


def _made(phrases: Iterable[str], group: str, code: str, points: int) -> Iterator[_Phrase]:
    for phrase in phrases:
        words = tuple(phrase.split(" "))
        longer = sum(word != "*" for word in words[1:]) if points > HINT_POINTS else 0
        yield _Phrase(words, group, code, points + longer)


def _found(words: list[str], phrases: _Phrases) -> list[_Hit]:
    """All phrases in the words, without those of danger that mean nothing of the sort."""
    hits = list(_hits(words, phrases))
    line = " ".join(words)
    for shorter in (r"\1\1", r"\1") if _STRETCHED.search(line) else ():
        hits.extend(_hits(_STRETCHED.sub(shorter, line).split(" "), phrases))
    safe = {
        place
        for hit in hits
        if hit.phrase.group == "harmless"
        for place in range(hit.start, hit.end)
    }
    kept = [
        hit
        for hit in hits
        if hit.phrase.group != "danger" or not safe.issuperset(range(hit.start, hit.end))
    ]
    return kept + list(_nearly(words, phrases, hits))


def _hits(words: list[str], phrases: _Phrases) -> Iterator[_Hit]:
    for start, word in enumerate(words):
        candidates = (
            *phrases.whole.get(word, ()),
            *phrases.begins.get(word[:3], ()),
            *phrases.ends.get(word[-3:], ()),
        )
        for phrase in candidates:
            end = end_of(words, start, phrase.words)
            if end:
                yield _Hit(phrase, start, end, _negated(words, start, phrases))


def end_of(words: list[str], at: int, pattern: tuple[str, ...]) -> int:
    """Where the phrase that begins here ends; 0 if it isn't here."""
    if not pattern:
        return at
    if pattern[0] == "*":
        ends = (end_of(words, at + gap, pattern[1:]) for gap in range(MOST_BETWEEN + 1))
        return next((end for end in ends if end), 0)
    if at < len(words) and _fits(words[at], pattern[0]):
        return end_of(words, at + 1, pattern[1:])
    return 0


def _fits(word: str, stem: str) -> bool:
    if stem.endswith("*"):
        return word.startswith(stem[:-1])
    return word.endswith(stem[1:]) if stem.startswith("*") else word == stem


def _negated(words: list[str], start: int, phrases: _Phrases) -> bool:
    """Whether "geen" stands at most two words before, or "niet" just before, in one clause."""
    before = words[max(0, start - 2) : start][::-1]
    for distance, word in enumerate(before):
        if not word or word in _BUT:
            return False
        if word in phrases.negations:
            return True
        if word in phrases.near_negations:
            return distance == 0 or before[0] in phrases.softeners
    return False


def _nearly(words: list[str], phrases: _Phrases, hits: list[_Hit]) -> Iterator[_Hit]:
    """Words of danger with one slip of the pen; of all categories where nothing was found."""
    known = {place for hit in hits for place in range(hit.start, hit.end)}
    said = any(hit.phrase.group == "category" for hit in hits)
    stems = phrases.near_danger if said else phrases.near
    for start, word in enumerate(words):
        if start in known or not SHORTEST_GUESS <= len(word) <= LONGEST_GUESS:
            continue
        choices = stems.get(word[0], {})
        near = process.extractOne(word, choices.keys(), scorer=OSA.distance, score_cutoff=1)
        if near:
            yield _Hit(choices[near[0]], start, start + 1, _negated(words, start, phrases))


# -- what, how urgent, in which language -----------------------------------------------------


def _category(found: list[_Hit], *, categories: Categories, kind: Kind | None) -> str:
    """The category with the most points, the upper one of equals; "" where nothing was said."""
    points: dict[str, int] = defaultdict(int)
    for phrase in {best.phrase for best in _best(found)}:
        points[phrase.code] += phrase.points
    fitting = [
        each.code
        for each in categories.categories
        if points[each.code] and kind in {None, each.kind}
    ]
    return max(fitting, key=lambda code: points[code], default="")


def _best(found: list[_Hit]) -> Iterable[_Hit]:
    """Of each category the heaviest phrase at each word, so that no word counts twice."""
    best: dict[tuple[str, int], _Hit] = {}
    for hit in found:
        spot = hit.phrase.code, hit.start
        lighter = spot not in best or best[spot].phrase.points < hit.phrase.points
        if lighter and (hit.phrase.group == "danger" or not hit.negated):
            best[spot] = hit
    return best.values()


def _other(categories: Categories, kind: Kind | None) -> str:
    """The category of a message that says no more: the last of its kind."""
    if kind is None:
        return categories.unclear
    return [each.code for each in categories.categories if each.kind is kind][-1]


def _urgency(found: list[_Hit], usual: Urgency) -> Urgency:
    if any(hit.phrase.group == "danger" for hit in found):
        return Urgency.ACUTE
    if any(hit.phrase.group == "urgent" and not hit.negated for hit in found):
        return Urgency.URGENT
    return usual


_DUTCH = word_set(
    "de het in over was me een en ik je jij u uw hij zij ze wij we van op voor met niet geen "
    "dat die dit er aan bij naar om al weer wel maar ook nog heb heeft hebben is zijn wordt "
    "word kan kunnen wil gaat elke hele veel steeds altijd nacht nachts dag avond buren "
    "buurman buurvrouw mijn ons onze weken maanden sinds daar hier zo heel zich door uit"
)
_ENGLISH = word_set(
    "the an out and i you he she they my your his their our of to for with not no is are am was "
    "have has had this that there it its in on at from every all night day neighbour "
    "neighbours neighbor neighbors someone somebody people please me us hello hi anybody "
    "always again never what who when where why how can cant could would does doesnt dont "
    "been being about very next by door everywhere front above below upstairs outside near "
    "over some guy guys old since nobody house im hes shes theyre think want"
)


def _language(words: list[str]) -> Language:
    """English where more of the commonest English words stand in it than Dutch ones."""
    dutch = sum(word in _DUTCH for word in words)
    english = sum(word in _ENGLISH for word in words)
    return Language.EN if english > dutch else Language.NL
