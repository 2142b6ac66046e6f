"""Seals whom a message is for and what it says, with a data key of that message's own."""

import hmac
import json
from collections.abc import Sequence
from hashlib import sha256
from uuid import UUID

import structlog

from signaal.db import Session
from signaal.errors import BrokenSeal
from signaal.messages import store
from signaal.messages.model import Words
from signaal.privacy.actions import DataKey, find_keys, new_key
from signaal.privacy.model import KeyPurpose
from signaal.settings import Settings

ABOUT = "outbox"

log = structlog.get_logger()


def sign_of(number: str, *, settings: Settings) -> str:
    """By this what was sent to a number is found; nobody can turn it back into the number."""
    pepper = settings.reporter_pepper.get_secret_value().encode()
    return hmac.new(pepper, f"outbox:{number}".encode(), sha256).hexdigest()


def seal(session: Session, row: store.OutboxRow, words: Words, *, settings: Settings) -> None:
    """Puts the words into the row, sealed with a new data key under the row's own id."""
    key = new_key(
        session,
        key_id=row.id,
        master_key=settings.master_key,
        purpose=KeyPurpose.MESSAGES,
    )
    said = [words.to, words.body, *([words.subject] if words.subject else [])]
    row.sealed = key.seal(json.dumps(said), about=ABOUT)
    row.number_sign = sign_of(words.to, settings=settings)
    row.to_number = row.body = ""


def open_one(session: Session, row: store.OutboxRow, *, settings: Settings) -> Words:
    """The words of a message; those of version 0.1.0, which lay open, are sealed from now on.

    Raises:
        BrokenSeal: They can't be opened, or their key was destroyed.
    """
    if row.sealed is None:
        words = Words(row.to_number, row.body)
        seal(session, row, words, settings=settings)
        return words
    keys = find_keys(session, [row.id], master_key=settings.master_key)
    return _opened(row, keys.get(row.id))


def open_all(
    session: Session, rows: Sequence[store.OutboxRow], *, settings: Settings
) -> dict[UUID, Words]:
    """The words of these messages, as far as they can be opened; changes nothing."""
    keys = find_keys(session, [row.id for row in rows], master_key=settings.master_key)
    found = {}
    for row in rows:
        try:
            found[row.id] = _opened(row, keys.get(row.id))
        except BrokenSeal:
            tell_broken(row)
    return found


def tell_broken(row: store.OutboxRow) -> None:
    """Says in the log which message can't be opened."""
    log.error("outbox seal broken", outbox_id=str(row.id))


def _opened(row: store.OutboxRow, key: DataKey | None) -> Words:
    if row.sealed is None:
        return Words(row.to_number, row.body)
    if key is None:
        raise BrokenSeal
    return Words(*json.loads(key.open(row.sealed, about=ABOUT)))
