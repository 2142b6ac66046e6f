"""Keeps what must be said until it has arrived, and then lets go of it, at the provider too."""

from signaal.messages.actions.copies import forget_copies, note_copy
from signaal.messages.actions.outbox import (
    deliver_due,
    drop,
    enqueue_call,
    enqueue_mail,
    enqueue_text,
    known_keys,
    note_status,
    state_of,
    texts_to,
)
from signaal.messages.actions.purging import purge

__all__ = [
    "deliver_due",
    "drop",
    "enqueue_call",
    "enqueue_mail",
    "enqueue_text",
    "forget_copies",
    "known_keys",
    "note_copy",
    "note_status",
    "purge",
    "state_of",
    "texts_to",
]
