"""What the carrier tells of a message, in any order."""

from uuid import UUID

from signaal.messages import actions
from signaal.messages.model import OutboxState
from tests.messages.outbox import ANN, crash, note, put_call, put_text, refusal, row


def test_a_callback_that_overtakes_our_own_commit_is_kept(services, phone):
    outbox_id = put_text(services)
    deliver = phone.send_text

    def callback_first(text):
        sid = deliver(text)
        note(services, outbox_id, "delivered", sid=sid)
        return sid

    phone.send_text = callback_first
    assert actions.deliver_due(services) == 1

    kept = row(services, outbox_id)
    assert (kept.state, kept.provider_sid) == (OutboxState.DELIVERED, "SM" + outbox_id.hex)


def test_after_a_crash_the_callback_alone_keeps_it_from_being_sent_twice(services, phone, clock):
    outbox_id = put_text(services)
    crash(services, phone, before=False)
    phone.known.clear()
    note(services, outbox_id, "sent")
    clock.turn(hours=1)

    assert actions.deliver_due(services) == 0
    assert len(phone.texts) == 1
    assert row(services, outbox_id).provider_sid == "SM1"


def test_a_callback_during_a_refused_attempt_wins_from_the_refusal(services, phone, clock):
    outbox_id = put_text(services)

    def lost_answer_and_callback(text):
        note(services, outbox_id, "sent")
        raise refusal("no answer")

    phone.send_text = lost_answer_and_callback
    actions.deliver_due(services)
    clock.turn(hours=1)

    assert row(services, outbox_id).state is OutboxState.SENT
    assert actions.deliver_due(services) == 0


def test_a_text_that_was_mistaken_for_its_twin_is_sent_after_all(services, phone, clock):
    """Both say the same; the lost answer was the second's, the carrier's list can't tell."""
    first = put_text(services, "first")
    phone.fail_next = [refusal("429")]
    actions.deliver_due(services)
    second = put_text(services, "second")
    crash(services, phone, before=False)
    twin = "SM" + second.hex
    phone.known = {first: twin}
    clock.turn(seconds=5)
    actions.deliver_due(services)
    assert row(services, first).provider_sid == twin

    note(services, second, "delivered", sid=twin)
    phone.known = {}
    clock.turn(seconds=61)
    actions.deliver_due(services)

    assert [text.outbox_id for text in phone.texts] == [second, first]
    assert row(services, first).state is OutboxState.SENT
    assert row(services, second).provider_sid == twin


def test_the_error_code_of_a_failed_message_is_kept(services):
    outbox_id = put_text(services)
    actions.deliver_due(services)
    note(services, outbox_id, "undelivered", error="30003")

    kept = row(services, outbox_id)
    assert (kept.state, kept.last_error) == (OutboxState.FAILED, "30003")
    assert kept.finished_at == services.clock.now()


def test_the_status_of_an_unknown_message_changes_nothing(services):
    note(services, UUID(int=1), "delivered")


def test_how_far_a_message_has_come_is_known_by_its_key(services):
    put_text(services, "a")
    with services.database.reading() as session:
        assert actions.state_of(session, "a") is OutboxState.QUEUED
        assert actions.state_of(session, "b") is None


def test_the_texts_to_a_number_are_listed_oldest_first(services, clock):
    put_text(services, "a", body="een")
    clock.turn(seconds=1)
    put_text(services, "b", body="twee")
    put_text(services, "c", to="+31600000009")
    put_call(services)

    with services.database.reading() as session:
        assert [
            text.body for text in actions.texts_to(session, ANN, settings=services.settings)
        ] == ["een", "twee"]
