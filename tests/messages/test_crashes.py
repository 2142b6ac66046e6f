"""Whatever dies on the way, nothing is lost and nothing goes twice."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from signaal.messages import actions
from signaal.messages.model import OutboxState
from tests.messages.outbox import ANN, LINE, crash, put_text, refusal, row


@pytest.mark.parametrize("before", [True, False])
def test_a_worker_that_dies_at_the_carrier_loses_and_doubles_nothing(
    services, phone, clock, before
):
    outbox_id = put_text(services)
    crash(services, phone, before=before)

    assert row(services, outbox_id).state is OutboxState.CLAIMED
    assert actions.deliver_due(services) == 0  # the lease still stands
    clock.turn(seconds=61)
    assert actions.deliver_due(services) == 1
    assert len(phone.texts) == 1
    assert row(services, outbox_id).provider_sid == "SM" + outbox_id.hex


def test_a_lost_answer_is_asked_after_before_sending_again(services, phone, clock):
    put_text(services)
    deliver = phone.send_text

    def lose_answer(text):
        deliver(text)
        raise refusal("no answer")

    phone.send_text = lose_answer
    assert actions.deliver_due(services) == 0
    del phone.send_text
    clock.turn(seconds=5)

    assert actions.deliver_due(services) == 1
    assert len(phone.texts) == 1


def test_while_the_carrier_cannot_say_whether_it_has_it_nothing_is_sent_again(
    services, phone, clock
):
    put_text(services)
    crash(services, phone, before=False)

    def no_answer(message, *, since, taken):
        raise refusal("no answer")

    phone.sent_before = no_answer
    for _ in range(10):
        clock.turn(seconds=61)
        assert actions.deliver_due(services) == 0
    del phone.sent_before
    clock.turn(seconds=61)

    assert actions.deliver_due(services) == 1
    assert len(phone.texts) == 1


def test_the_carrier_is_asked_with_the_time_and_the_other_messages_to_that_number(
    services, phone, clock
):
    other = put_text(services, "other")
    actions.deliver_due(services)
    start = clock.now()
    outbox_id = put_text(services, "mine")
    crash(services, phone, before=True)
    clock.turn(seconds=61)
    asked = []

    def sent_before(message, *, since, taken):
        asked.append((message.outbox_id, message.body, since, taken))

    phone.sent_before = sent_before
    actions.deliver_due(services)

    assert asked == [(outbox_id, "Dank u.", start, frozenset({"SM" + other.hex}))]


def test_a_first_attempt_asks_nothing(services, phone):
    put_text(services)

    def never(message, *, since, taken):
        raise AssertionError(message)

    phone.sent_before = never
    assert actions.deliver_due(services) == 1


def test_a_worker_that_was_overtaken_does_not_undo_what_the_other_did(services, phone, clock):
    outbox_id = put_text(services)
    deliver = phone.send_text

    def sleep_through_the_lease(text):
        phone.send_text = deliver
        clock.turn(seconds=61)
        actions.deliver_due(services)
        raise refusal("no answer")

    phone.send_text = sleep_through_the_lease
    actions.deliver_due(services)

    assert row(services, outbox_id).state is OutboxState.SENT
    clock.turn(hours=1)
    assert actions.deliver_due(services) == 0
    assert len(phone.texts) == 1


def test_a_refusal_of_a_worker_that_was_overtaken_leaves_the_others_claim_alone(
    services, phone, clock
):
    outbox_id = put_text(services)
    others = []

    def overtaken(text):
        del phone.send_text
        clock.turn(seconds=61)
        crash(services, phone, before=True)
        others.append(row(services, outbox_id).claimed_by)
        raise refusal("21610", permanent=True)

    phone.send_text = overtaken
    actions.deliver_due(services)

    assert row(services, outbox_id).state is OutboxState.CLAIMED
    assert [row(services, outbox_id).claimed_by] == others


def test_a_worker_that_was_overtaken_still_tells_that_it_sent(services, phone, clock):
    """The other is refused: without this the message would be sent once more."""
    outbox_id = put_text(services)
    deliver = phone.send_text

    def overtaken(text):
        phone.send_text = refused
        clock.turn(seconds=61)
        actions.deliver_due(services)
        phone.send_text = deliver
        return deliver(text)

    def refused(text):
        raise refusal("429")

    phone.send_text = overtaken
    actions.deliver_due(services)

    assert row(services, outbox_id).state is OutboxState.SENT
    clock.turn(hours=1)
    assert actions.deliver_due(services) == 0
    assert len(phone.texts) == 1


def test_many_workers_at_once_send_each_message_once(services, phone):
    for number in range(40):
        put_text(services, f"k{number}", body=str(number))

    with ThreadPoolExecutor(4) as workers:
        taken = list(workers.map(lambda _: actions.deliver_due(services), range(4)))

    assert sum(taken) == 40
    assert Counter(text.body for text in phone.texts) == {str(n): 1 for n in range(40)}


def test_the_same_key_from_many_threads_is_kept_once(services):
    with ThreadPoolExecutor(4) as writers:
        ids = list(writers.map(lambda _: put_text(services, "one"), range(12)))

    assert len(set(ids)) == 1
    assert actions.deliver_due(services) == 1


def test_no_session_is_open_while_the_carrier_is_called(services, phone):
    put_text(services)
    deliver = phone.send_text

    def look(text):
        pool = services.database.engine.pool
        assert pool.checkedout() == 0
        return deliver(text)

    phone.send_text = look
    assert actions.deliver_due(services) == 1


def test_a_message_whose_transaction_is_rolled_back_is_never_sent(services):
    with services.database.session() as session:
        session.begin()
        actions.enqueue_text(
            session,
            key="a",
            line=LINE,
            to=ANN,
            body="x",
            urgent=True,
            settings=services.settings,
            now=services.clock.now(),
        )
        session.rollback()

    assert actions.deliver_due(services) == 0
