"""Lets go of messages: first of whom they were for and what they said, much later of the rest."""

from collections.abc import Mapping
from datetime import datetime

from signaal.messages import store
from signaal.messages.actions import words
from signaal.messages.model import Words
from signaal.privacy.actions import destroy_keys
from signaal.privacy.periods import Kept, period
from signaal.services import Services

SLICE = 300
"""How many rows one transaction lets go of: no writer waits long for it."""


def purge(services: Services, *, dry_run: bool = False) -> Mapping[str, int]:
    """Destroys the words of messages that ended a day ago, and the shells of those long ended.

    Words that version 0.1.0 left open are sealed on the way. What the provider keeps goes by
    `forget_copies`.

    Args:
        services: The tools of the house.
        dry_run: Only counts.

    Returns:
        What was let go of, or would be, and how many rows of it.
    """
    if dry_run:
        return _count(services)
    counts = {Kept.OUTBOX_WORDS.value: _purge_words(services)}
    _seal_plain(services)
    return counts | {Kept.OUTBOX_SHELL.value: _purge_shells(services)}


def _word_limits(now: datetime) -> tuple[datetime, datetime]:
    """When messages must have ended, and at the latest come in, to have had their time."""
    kept = period(Kept.OUTBOX_WORDS)
    before = kept.before(now)
    return before, kept.came_before(now) or before


def _count(services: Services) -> Mapping[str, int]:
    now = services.clock.now()
    before, came_before = _word_limits(now)
    shells_before = period(Kept.OUTBOX_SHELL).before(now)
    with services.database.reading() as session:
        return {
            Kept.OUTBOX_WORDS.value: store.count_wordy(
                session, before=before, came_before=came_before
            ),
            Kept.OUTBOX_SHELL.value: store.count_shells(session, before=shells_before),
        }


def _purge_words(services: Services) -> int:
    now = services.clock.now()
    before, came_before = _word_limits(now)
    purged = 0
    while True:
        with services.database.session() as session, session.begin():
            ids = store.wordy(session, before=before, came_before=came_before, limit=SLICE)
            if not ids:
                return purged
            destroy_keys(session, ids)
            store.take_words_out(session, ids, now=now)
        purged += len(ids)


def _seal_plain(services: Services) -> None:
    while True:
        with services.database.session() as session, session.begin():
            rows = store.plain(session, limit=SLICE)
            for row in rows:
                said = Words(row.to_number, row.body)
                words.seal(session, row, said, settings=services.settings)
        if not rows:
            return


def _purge_shells(services: Services) -> int:
    before = period(Kept.OUTBOX_SHELL).before(services.clock.now())
    purged = 0
    while True:
        with services.database.session() as session, session.begin():
            gone = store.forget_shells(session, before=before, limit=SLICE)
        if not gone:
            return purged
        purged += gone
