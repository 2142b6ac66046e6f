"""The dialogue by text message: which report a message belongs to, and what is said back."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum

from signaal.intake.model.reports import TEXT_LIMIT
from signaal.places.model import AddressWords

MOST_ASKS = 2
"""After asking for the place so often, a person looks for it."""
TALK_LASTS = timedelta(hours=24)
DANGER_IS_NEWS_AFTER = timedelta(minutes=30)
"""Whoever was warned of danger may be done with it so long afterwards: told again, it is new."""
_QUARTER, _HOUR, _DAY = timedelta(minutes=15), timedelta(hours=1), timedelta(days=1)
_STOP_WORDS = frozenset(
    {"stop", "stopall", "stop all", "stop sms", "unsubscribe", "cancel", "end", "quit"}
    | {"afmelden", "uitschrijven", "einde"}
)


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


class Bound(StrEnum):
    """What a reply counts as: each sort has its own bound, so that no sort silences another."""

    TALK = "talk"
    """All that a report is not owed: a second question, thanks for more, danger once more."""
    QUESTION = "question"
    """The first question of a new report."""
    RECEIPT = "receipt"
    DANGER = "danger"
    """The first answer to danger in a report."""


BOUNDS: dict[Bound, tuple[tuple[int, timedelta], ...]] = {
    Bound.TALK: ((3, _QUARTER), (12, _DAY)),
    Bound.QUESTION: ((6, _HOUR), (24, _DAY)),
    Bound.RECEIPT: ((6, _HOUR), (24, _DAY)),
    Bound.DANGER: ((6, _HOUR), (24, _DAY)),
}
"""At most so many replies to one number within so long. The bound of a day is there for a machine
that takes its time: whoever only speaks when spoken to is silent for good once Signaal is."""
REPLIES_WINDOW = max(window for bounds in BOUNDS.values() for _most, window in bounds)

Said = tuple[float, Bound]
"""A reply that was given: when (seconds since 1970), and what it counts as."""


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


def bound_of(answer: Answer, *, asks: int, first_danger: bool) -> Bound:
    """What this answer counts as.

    Args:
        answer: What would be said.
        asks: How often Signaal has asked for the place of this report already.
        first_danger: This report speaks of danger for the first time.
    """
    if answer is Answer.ACUTE and first_danger:
        return Bound.DANGER
    if answer in WITH_CODE:
        return Bound.RECEIPT
    return Bound.QUESTION if answer in ASKS and not asks else Bound.TALK


def has_room(said: Iterable[Said], bound: Bound, *, now: datetime) -> bool:
    """Whether one more reply of this sort stays within its bound."""
    moments = [at for at, counted_as in said if counted_as == bound]
    return all(
        sum(at > (now - window).timestamp() for at in moments) < most
        for most, window in BOUNDS[bound]
    )


def recent(said: Iterable[Said], *, now: datetime) -> list[Said]:
    """The replies that may still count against a bound."""
    return [(at, bound) for at, bound in said if at > (now - REPLIES_WINDOW).timestamp()]


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
