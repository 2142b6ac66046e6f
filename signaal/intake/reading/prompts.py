"""Whether a text seems to describe somebody's origin, faith or illness: by a table of words."""

from collections.abc import Iterable
from functools import lru_cache

from signaal.intake.model import PromptWords
from signaal.intake.reading.meaning import end_of, words_in
from signaal.intake.reading.signs import clean

_Phrase = tuple[str, ...]


def describes_somebody(text: str, words: PromptWords) -> bool:
    """Whether the text seems to describe somebody's origin, faith or illness.

    Args:
        text: The text as it was typed.
        words: The phrases by which that is known.
    """
    said = words_in(clean(text))
    harmless = _spans(said, _split(words.harmless))
    return any(
        not span <= harmless
        for phrases in (words.origin, words.faith, words.illness)
        for span in _each_span(said, _split(phrases))
    )


@lru_cache(maxsize=16)
def _split(phrases: tuple[str, ...]) -> tuple[_Phrase, ...]:
    return tuple(tuple(phrase.split(" ")) for phrase in phrases)


def _each_span(said: list[str], phrases: Iterable[_Phrase]) -> Iterable[set[int]]:
    """The places of the words of each phrase that stands in the text."""
    for phrase in phrases:
        for start in range(len(said)):
            end = end_of(said, start, phrase)
            if end:
                yield set(range(start, end))


def _spans(said: list[str], phrases: Iterable[_Phrase]) -> set[int]:
    return set().union(*_each_span(said, phrases))
