"""Puts messages in the outbox, and looks at what is kept of them."""

import json

import pytest
from sqlalchemy import insert
from uuid_utils.compat import uuid7

from signaal.errors import CarrierError
from signaal.messages import actions, store
from signaal.messages.model import MessageChannel, OutboxState
from signaal.privacy.actions import find_key

LINE = "+3197010200300"
ANN = "+31612345678"


def put_text(services, key="a", **given):
    values = {"to": ANN, "body": "Dank u.", "urgent": False, "now": services.clock.now()} | given
    with services.database.session() as session, session.begin():
        return actions.enqueue_text(
            session, key=key, line=LINE, settings=services.settings, **values
        )


def put_call(services, key="c", **given):
    values = {"to": ANN, "answer_path": "/haak/gesprek/x", "now": services.clock.now()} | given
    with services.database.session() as session, session.begin():
        return actions.enqueue_call(
            session, key=key, line=LINE, ring_seconds=20, settings=services.settings, **values
        )


def row(services, outbox_id):
    with services.database.reading() as session:
        found = session.get(store.OutboxRow, outbox_id)
        session.expunge(found)
        return found


def words(services, outbox_id):
    """Number and words of a message, opened; both empty once they are destroyed."""
    kept = row(services, outbox_id)
    with services.database.reading() as session:
        key = find_key(session, key_id=outbox_id, master_key=services.settings.master_key)
    if kept.sealed is None or key is None:
        return (kept.to_number, kept.body)
    return tuple(json.loads(key.open(kept.sealed, about="outbox")))


def refusal(code="503", *, permanent=False, operator=False):
    return CarrierError(code, permanent=permanent, operator=operator)


def note(services, outbox_id, status, *, sid="SM1", error=None):
    now = services.clock.now()
    actions.note_status(services, outbox_id=outbox_id, sid=sid, status=status, at=now, error=error)


class Killed(BaseException):
    """The process is gone at this point."""


def crash(services, phone, *, before):
    """The worker dies around the request to the carrier."""
    deliver = phone.send_text

    def die(text):
        if not before:
            deliver(text)
        raise Killed

    phone.send_text = die
    with pytest.raises(Killed):
        actions.deliver_due(services)
    del phone.send_text


def plain_values(services, *, key="old", **given):
    """A row as version 0.1.0 left it."""
    now = services.clock.now()
    return {
        "id": uuid7(),
        "key": key,
        "channel": MessageChannel.SMS,
        "state": OutboxState.QUEUED,
        "line": LINE,
        "to_number": ANN,
        "body": "Van vroeger.",
        "answer_path": "",
        "ring_seconds": 0,
        "urgent": False,
        "attempts": 0,
        "next_attempt_at": now,
        "created_at": now,
    } | given


def put_plain(services, *rows, **given):
    rows = rows or (plain_values(services, **given),)
    with services.database.engine.begin() as connection:
        connection.execute(insert(store.OutboxRow), list(rows))
    return rows[0]["id"]


def purged_words(services):
    return actions.purge(services)["outbox_words"]
