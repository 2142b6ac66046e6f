"""What is due goes out: who goes first, what is refused, and when it is tried again."""

from datetime import timedelta

import pytest
from sqlmodel import select

from signaal.messages import actions
from signaal.messages.model import OutboxState
from signaal.privacy.store import DataKeyRow
from tests.messages.outbox import ANN, LINE, put_call, put_text, refusal, row, words


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
    assert words(services, first) == (ANN, "een")
    with services.database.reading() as session:
        assert len(session.exec(select(DataKeyRow)).all()) == 1


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
