from itertools import product
from uuid import UUID

import pytest
from flask import Flask

from signaal.errors import ForgedRequest
from signaal.messages import actions, store, web
from signaal.messages.model import OutboxState
from tests.messages.outbox import put_call, put_text, row


@pytest.fixture
def client(services):
    """The webhook alone, with the guard that turns a forged request into a 403."""
    app = Flask(__name__)
    app.extensions["signaal"] = services
    app.register_blueprint(web.webhooks)
    app.register_error_handler(ForgedRequest, lambda _error: ("", 403))
    return app.test_client()


def tell(client, form, *, m=None, signature="genuine"):
    query = {} if m is None else {"m": m}
    headers = {"X-Twilio-Signature": signature} if signature is not None else {}
    return client.post("/haak/bezorging", query_string=query, data=form, headers=headers)


def test_a_genuine_status_is_noted_and_thanked_for_without_words(client, services):
    outbox_id = put_text(services)
    actions.deliver_due(services)
    answer = tell(client, {"MessageSid": "SM1", "MessageStatus": "delivered"}, m=outbox_id)

    assert (answer.status_code, answer.data) == (204, b"")
    assert row(services, outbox_id).state is OutboxState.DELIVERED


def test_the_status_of_a_call_is_noted_too(client, services):
    outbox_id = put_call(services)
    actions.deliver_due(services)
    tell(client, {"CallSid": "CA1", "CallStatus": "no-answer"}, m=outbox_id)

    assert row(services, outbox_id).state is OutboxState.FAILED
    assert row(services, outbox_id).last_error == "no-answer"


@pytest.mark.parametrize("signature", ["forged", "", None])
def test_a_forged_status_is_refused_and_changes_nothing(client, services, signature):
    outbox_id = put_text(services)
    form = {"MessageSid": "SM1", "MessageStatus": "delivered"}
    answer = tell(client, form, m=outbox_id, signature=signature)

    assert answer.status_code == 403
    assert row(services, outbox_id).state is OutboxState.QUEUED


def test_what_is_not_ours_or_makes_no_sense_is_thanked_for_and_ignored(client):
    names = [None, "", "x", "\x00", "é" * 99, UUID(int=1), "1" * 5000]
    forms = [
        {},
        {"MessageStatus": "delivered"},
        {"MessageSid": "SM1"},
        {"MessageSid": "SM1", "MessageStatus": "delivered"},
        {"MessageSid": "\x00", "MessageStatus": "\x00"},
        {"MessageSid": "SM1", "MessageStatus": "x" * 9999, "ErrorCode": "y" * 9999},
    ]

    for m, form in product(names, forms):
        assert tell(client, form, m=m).status_code == 204, (m, form)


def test_a_hostile_error_code_is_cut_to_size(client, services):
    outbox_id = put_text(services)
    actions.deliver_due(services)
    form = {"MessageSid": "SM1", "MessageStatus": "failed", "ErrorCode": "\x00y" * 9999}
    tell(client, form, m=outbox_id)

    assert len(row(services, outbox_id).last_error) == 200


def test_an_unknown_word_is_no_news(client, services):
    outbox_id = put_text(services)
    actions.deliver_due(services)
    tell(client, {"MessageSid": "SM1", "MessageStatus": "teleported"}, m=outbox_id)

    assert row(services, outbox_id).state is OutboxState.SENT


def test_only_a_post_is_listened_to(client):
    assert client.get("/haak/bezorging").status_code == 405


def test_the_row_of_the_outbox_is_a_table():
    assert store.OutboxRow.__tablename__ == "outbox"
