from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import pytest

from signaal.errors import CarrierError
from signaal.messages import actions, store
from signaal.messages.model import OutboxState

LINE = "+3197010200300"
ANN = "+31612345678"


def put_text(services, key="a", **given):
    values = {"to": ANN, "body": "Dank u.", "urgent": False, "now": services.clock.now()} | given
    with services.database.session() as session, session.begin():
        return actions.enqueue_text(session, key=key, line=LINE, **values)


def put_call(services, key="c", **given):
    values = {"to": ANN, "answer_path": "/haak/gesprek/x", "now": services.clock.now()} | given
    with services.database.session() as session, session.begin():
        return actions.enqueue_call(session, key=key, line=LINE, ring_seconds=20, **values)


def row(services, outbox_id):
    with services.database.reading() as session:
        found = session.get(store.OutboxRow, outbox_id)
        session.expunge(found)
        return found


def refusal(code="503", *, permanent=False, operator=False):
    return CarrierError(code, permanent=permanent, operator=operator)


def test_a_text_is_handed_to_the_carrier_once(services, phone):
    put_text(services)

    assert actions.deliver_due(services) == 1
    assert actions.deliver_due(services) == 0
    assert [(t.from_number, t.to_number, t.body) for t in phone.texts] == [(LINE, ANN, "Dank u.")]


def test_a_call_is_handed_to_the_carrier_with_its_path_and_patience(services, phone):
    outbox_id = put_call(services)

    actions.deliver_due(services)

    assert [(c.outbox_id, c.answer_path, c.ring_seconds) for c in phone.calls] == [
        (outbox_id, "/haak/gesprek/x", 20)
    ]


def test_the_same_key_is_kept_once_and_keeps_its_first_words(services):
    first = put_text(services, body="een")
    second = put_text(services, body="twee")

    assert first == second
    assert row(services, first).body == "een"


def test_nothing_due_is_nothing_done(services):
    assert actions.deliver_due(services) == 0


def test_times_come_back_as_they_went_in(services, clock):
    outbox_id = put_text(services, drop_after=clock.now() + timedelta(minutes=5))

    kept = row(services, outbox_id)
    assert kept.created_at == clock.now()
    assert kept.drop_after == clock.now() + timedelta(minutes=5)
    assert kept.created_at.tzinfo is not None


def test_a_refusal_is_tried_again_after_5_15_30_and_then_every_60_seconds(services, phone, clock):
    put_text(services)
    start = clock.now()
    tried = []
    for _ in range(240):
        phone.fail_next = [refusal()]
        actions.deliver_due(services)
        if not phone.fail_next:
            tried.append((clock.now() - start).total_seconds())
        clock.turn(seconds=1)

    assert tried == [0, 5, 20, 50, 110, 170, 230]


def test_a_permanent_refusal_ends_it_at_once(services, phone, clock):
    outbox_id = put_text(services)
    phone.fail_next = [refusal("21610", permanent=True)]

    actions.deliver_due(services)
    clock.turn(hours=1)
    actions.deliver_due(services)

    kept = row(services, outbox_id)
    assert (kept.state, kept.last_error) == (OutboxState.FAILED, "21610")
    assert phone.texts == []


# -- who goes first, and who may not go at all ---------------------------------------------------


def test_urgent_goes_first_and_then_the_oldest(services, phone, clock):
    put_text(services, "a", body="oud")
    clock.turn(seconds=1)
    put_text(services, "b", body="nieuw")
    put_text(services, "c", body="dringend", urgent=True)

    actions.deliver_due(services)

    assert [text.body for text in phone.texts] == ["dringend", "oud", "nieuw"]


def test_a_run_stops_at_its_limit_and_the_next_goes_on(services, phone):
    for number in range(7):
        put_text(services, f"k{number}", body=str(number))

    assert [actions.deliver_due(services, limit=3) for _ in range(4)] == [3, 3, 1, 0]
    assert [text.body for text in phone.texts] == [str(number) for number in range(7)]


def test_a_text_that_keeps_failing_never_stands_before_one_that_would_succeed(
    services, phone, clock
):
    put_text(services, "bad", body="slecht")
    phone.fail_next = [refusal()]
    actions.deliver_due(services)
    clock.turn(seconds=5)
    put_text(services, "good", body="goed")

    actions.deliver_due(services, limit=1)

    assert [text.body for text in phone.texts] == ["goed"]


def test_what_is_no_longer_worth_sending_is_dropped_at_send_time(services, phone, clock):
    late = put_text(services, "a", drop_after=clock.now() + timedelta(seconds=10))
    in_time = put_text(services, "b", drop_after=clock.now() + timedelta(seconds=11))
    clock.turn(seconds=10)

    assert actions.deliver_due(services) == 1
    assert row(services, late).state is OutboxState.DROPPED
    assert row(services, late).finished_at == clock.now()
    assert row(services, in_time).state is OutboxState.SENT


def test_what_waits_under_a_prefix_is_dropped_and_nothing_else(services, phone):
    kept = ["case:1", "case:10:x", "Case:1:x", "x:case:1:", "case_1:x"]
    for key in [*kept, "case:1:page", "case:1:call"]:
        put_text(services, key)
    with services.database.session() as session, session.begin():
        assert actions.drop(session, key_prefix="case:1:") == 2

    assert actions.deliver_due(services) == len(kept)


def test_wildcards_in_a_prefix_are_plain_signs(services):
    put_text(services, "case:1")
    with services.database.session() as session, session.begin():
        assert actions.drop(session, key_prefix="case_") == 0
        assert actions.drop(session, key_prefix="%") == 0


def test_an_empty_prefix_is_refused(services):
    with (
        services.database.session() as session,
        session.begin(),
        pytest.raises(ValueError, match="every message"),
    ):
        actions.drop(session, key_prefix="")


def test_what_was_sent_is_not_dropped_any_more(services):
    outbox_id = put_text(services, "a")
    actions.deliver_due(services)
    with services.database.session() as session, session.begin():
        assert actions.drop(session, key_prefix="a") == 0

    assert row(services, outbox_id).state is OutboxState.SENT


def test_a_page_that_is_on_its_way_while_its_case_moves_on_is_not_tried_again(
    services, phone, clock
):
    outbox_id = put_text(services, "a")

    def refuse_after_dropping(text):
        with services.database.session() as session, session.begin():
            assert actions.drop(session, key_prefix="a") == 0
        raise refusal()

    phone.send_text = refuse_after_dropping
    actions.deliver_due(services)
    clock.turn(seconds=5)
    del phone.send_text
    actions.deliver_due(services)

    assert row(services, outbox_id).state is OutboxState.DROPPED
    assert phone.texts == []


# -- the account is refused ----------------------------------------------------------------------


def test_a_refused_account_is_tried_once_a_minute_and_only_on_that_channel(services, phone, clock):
    for number in range(5):
        put_text(services, f"t{number}")
    put_call(services)
    tried = []

    def refuse(text):
        tried.append(clock.now())
        raise refusal("20003", operator=True)

    phone.send_text = refuse
    start = clock.now()
    for _ in range(121):
        actions.deliver_due(services)
        clock.turn(seconds=1)

    assert [(at - start).total_seconds() for at in tried] == [0, 60, 120]
    assert len(phone.calls) == 1


def test_when_the_account_is_good_again_everything_goes_out(services, phone, clock):
    for number in range(5):
        put_text(services, f"t{number}")
    phone.fail_next = [refusal("20003", operator=True)]
    assert actions.deliver_due(services) == 0
    clock.turn(seconds=60)

    assert actions.deliver_due(services) == 5


def test_one_text_that_offends_the_account_does_not_hold_up_the_others_for_ever(
    services, phone, clock
):
    for number in range(4):
        put_text(services, f"t{number}", body=str(number))
    deliver = phone.send_text

    def refuse_first_two(text):
        if text.body in {"0", "1"}:
            raise refusal("21606", operator=True)
        return deliver(text)

    phone.send_text = refuse_first_two
    for _ in range(5):
        actions.deliver_due(services)
        clock.turn(seconds=60)

    assert sorted(text.body for text in phone.texts) == ["2", "3"]


def test_a_number_that_the_account_may_never_reach_fails_at_once_without_a_pause(services, phone):
    first = put_text(services, "a", body="a")
    put_text(services, "b", body="b")
    phone.fail_next = [refusal("21408", permanent=True, operator=True)]

    assert actions.deliver_due(services) == 1
    assert row(services, first).state is OutboxState.FAILED


# -- crashes -------------------------------------------------------------------------------------


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
            session, key="a", line=LINE, to=ANN, body="x", urgent=True, now=services.clock.now()
        )
        session.rollback()

    assert actions.deliver_due(services) == 0


# -- what the carrier tells ----------------------------------------------------------------------


def note(services, outbox_id, status, *, sid="SM1", error=None):
    now = services.clock.now()
    actions.note_status(services, outbox_id=outbox_id, sid=sid, status=status, at=now, error=error)


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
        assert [text.body for text in actions.texts_to(session, ANN)] == ["een", "twee"]


# -- retention -----------------------------------------------------------------------------------


def test_a_day_after_its_end_words_and_number_are_gone(services, clock):
    delivered = put_text(services, "a")
    never_told = put_text(services, "b")
    actions.deliver_due(services)
    note(services, delivered, "delivered")
    waiting = put_text(services, "c", now=clock.now() + timedelta(days=9))

    clock.turn(hours=24)
    assert actions.purge(services) == 0
    clock.turn(seconds=1)
    assert actions.purge(services) == 2
    assert actions.purge(services) == 0

    for outbox_id in (delivered, never_told):
        assert (row(services, outbox_id).body, row(services, outbox_id).to_number) == ("", "")
    assert row(services, waiting).body == "Dank u."


def test_no_log_line_holds_a_number_or_a_word_of_the_text(services, phone, capsys):
    put_text(services, "a", body="geheim")
    phone.fail_next = [refusal("21610", permanent=True)]
    actions.deliver_due(services)
    put_text(services, "b", body="geheim")
    phone.fail_next = [refusal("20003", operator=True)]
    actions.deliver_due(services)

    written = "".join(capsys.readouterr())
    assert "geheim" not in written
    assert ANN not in written
