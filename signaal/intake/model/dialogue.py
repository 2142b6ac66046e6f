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
MOST_REPLIES = 3
REPLIES_WINDOW = timedelta(minutes=15)
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
