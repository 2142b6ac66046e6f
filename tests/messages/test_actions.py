import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from pydantic import SecretStr
from sqlalchemy import insert, text
from sqlmodel import select
from uuid_utils.compat import uuid7

from signaal.errors import CarrierError
from signaal.messages import actions, store
from signaal.messages.model import MessageChannel, OutboxState
from signaal.ports import CopyKind, ProviderCopy
from signaal.privacy.actions import find_key
from signaal.privacy.store import DataKeyRow

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
        assert [
            text.body for text in actions.texts_to(session, ANN, settings=services.settings)
        ] == ["een", "twee"]


# -- retention -----------------------------------------------------------------------------------


def purged_words(services):
    return actions.purge(services)["outbox_words"]


def test_a_day_after_its_end_words_and_number_are_gone(services, clock):
    delivered = put_text(services, "a")
    never_told = put_text(services, "b")
    actions.deliver_due(services)
    note(services, delivered, "delivered")
    waiting = put_text(services, "c", now=clock.now() + timedelta(days=9))

    clock.turn(hours=24)
    assert purged_words(services) == 0
    clock.turn(seconds=1)
    assert actions.purge(services, dry_run=True)["outbox_words"] == 2
    assert purged_words(services) == 2
    assert purged_words(services) == 0

    for outbox_id in (delivered, never_told):
        kept = row(services, outbox_id)
        assert words(services, outbox_id) == ("", "")
        assert (kept.sealed, kept.number_sign) == (None, None)
    assert words(services, waiting) == (ANN, "Dank u.")


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


# -- sealed from the first row on ----------------------------------------------------------------


def every_byte(services):
    """All values of the outbox and the keys as the database holds them."""
    with services.database.reading() as session:
        return repr(
            [
                session.connection().execute(text(f"SELECT * FROM {table}")).all()
                for table in ("outbox", "data_key", "key_group", "provider_copy")
            ]
        )


def test_neither_number_nor_words_stand_open_in_any_row_at_any_time(services, phone):
    put_text(services, "a", body="geheim")
    put_call(services, "b", to="+31698765432")
    before = every_byte(services)
    phone.fail_next = [refusal()]
    actions.deliver_due(services)
    after = every_byte(services)

    for written in (before, after):
        assert "geheim" not in written
        assert "612345678" not in written
        assert "698765432" not in written


def test_the_sealed_words_of_one_message_dont_open_as_anothers(services, phone):
    first, second = put_text(services, "a", body="een"), put_text(services, "b", body="twee")
    with services.database.session() as session, session.begin():
        rows = {one: session.get(store.OutboxRow, one) for one in (first, second)}
        rows[first].sealed, rows[second].sealed = rows[second].sealed, rows[first].sealed

    assert actions.deliver_due(services) == 0
    assert phone.texts == []


def test_a_message_that_cannot_be_opened_waits_and_holds_up_no_other(services, phone, clock):
    broken = put_text(services, "a", body="een", urgent=True)
    put_text(services, "b", body="twee")
    with services.database.session() as session, session.begin():
        whole = session.get(store.OutboxRow, broken).sealed
        session.get(store.OutboxRow, broken).sealed = b"x" * 40

    assert actions.deliver_due(services) == 1
    assert (row(services, broken).state, row(services, broken).last_error) == ("queued", "seal")

    with services.database.session() as session, session.begin():
        session.get(store.OutboxRow, broken).sealed = whole
    clock.turn(seconds=60)
    assert actions.deliver_due(services) == 1
    assert [sent.body for sent in phone.texts] == ["twee", "een"]


def test_with_another_master_key_nothing_is_sent_and_nothing_lost(services, phone, clock):
    put_text(services)
    settings = services.settings.model_copy(update={"master_key": SecretStr("n" * 40)})
    assert actions.deliver_due(replace(services, settings=settings)) == 0

    clock.turn(seconds=60)
    assert actions.deliver_due(services) == 1


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


def test_an_unsent_row_of_an_older_version_is_sealed_and_sent(services, phone):
    outbox_id = put_plain(services)
    actions.deliver_due(services)

    assert [(sent.to_number, sent.body) for sent in phone.texts] == [(ANN, "Van vroeger.")]
    assert (row(services, outbox_id).to_number, row(services, outbox_id).body) == ("", "")
    assert words(services, outbox_id) == (ANN, "Van vroeger.")


def test_the_purge_seals_the_open_words_of_an_older_version(services):
    later = services.clock.now() + timedelta(hours=1)
    outbox_id = put_plain(services, next_attempt_at=later)
    assert purged_words(services) == 0

    assert "Van vroeger" not in every_byte(services)
    assert words(services, outbox_id) == (ANN, "Van vroeger.")


def test_rows_of_an_older_version_are_found_by_their_number_too(services):
    put_plain(services, state=OutboxState.SENT, provider_sid="SM7")
    put_text(services, "a", body="Van nu.")

    with services.database.reading() as session:
        found = actions.texts_to(session, ANN, settings=services.settings)
        sent = store.sids_to(session, ANN, sign="another")
    assert [one.body for one in found] == ["Van vroeger.", "Van nu."]
    assert sent == {"SM7"}


def test_what_was_never_sent_is_let_go_of_after_a_week(services, clock, phone):
    far = clock.now() + timedelta(days=30)
    outbox_id = put_text(services, now=far)
    with services.database.session() as session, session.begin():
        session.get(store.OutboxRow, outbox_id).created_at = clock.now()

    clock.turn(days=7)
    assert purged_words(services) == 0
    clock.turn(seconds=1)
    assert purged_words(services) == 1
    assert row(services, outbox_id).state is OutboxState.DROPPED
    clock.turn(days=60)
    assert actions.deliver_due(services) == 0
    assert phone.texts == []


def test_a_year_later_the_shell_is_gone_too(services, clock):
    note(services, put_text(services, "a"), "delivered")
    clock.turn(days=365)
    actions.purge(services)
    clock.turn(seconds=1)

    assert actions.purge(services, dry_run=True)["outbox_shell"] == 1
    assert actions.purge(services)["outbox_shell"] == 1
    with services.database.reading() as session:
        assert actions.state_of(session, "a") is None


def test_a_purge_of_many_goes_on_until_all_is_done(services, clock):
    ended = {"state": OutboxState.DELIVERED, "finished_at": clock.now()}
    put_plain(services, *(plain_values(services, key=f"m{n}", **ended) for n in range(700)))
    clock.turn(days=1, seconds=1)

    assert purged_words(services) == 700
    assert purged_words(services) == 0


def test_after_the_purge_no_backup_of_the_row_opens_with_any_key_that_is_left(services, clock):
    outbox_id = put_text(services, body="geheim")
    backup = row(services, outbox_id).sealed
    note(services, outbox_id, "delivered")
    clock.turn(days=1, seconds=1)
    actions.purge(services)

    with services.database.session() as session, session.begin():
        session.get(store.OutboxRow, outbox_id).sealed = backup
    with services.database.reading() as session:
        master_key = services.settings.master_key
        assert find_key(session, key_id=outbox_id, master_key=master_key) is None
        assert actions.texts_to(session, ANN, settings=services.settings) == []


# -- what the provider keeps ---------------------------------------------------------------------


def test_a_day_later_the_provider_forgets_what_it_carried(services, clock, phone):
    text_id, call_id = put_text(services), put_call(services)
    actions.deliver_due(services)
    clock.turn(hours=23)
    assert actions.forget_copies(services) == 0

    clock.turn(hours=1)
    assert actions.forget_copies(services) == 2
    assert actions.forget_copies(services) == 0
    assert set(phone.forgotten) == {
        ProviderCopy("SM" + text_id.hex, CopyKind.SMS),
        ProviderCopy("CA" + call_id.hex, CopyKind.CALL),
    }


def test_what_was_sent_twice_is_forgotten_twice(services, clock, phone):
    outbox_id = put_text(services)
    actions.deliver_due(services)
    note(services, outbox_id, "delivered", sid="SMother")
    clock.turn(days=1)

    assert actions.forget_copies(services) == 2
    assert "SMother" in {copy.sid for copy in phone.forgotten}


def note_copies(services, *sids, kind="sms"):
    with services.database.session() as session, session.begin():
        for sid in sids:
            actions.note_copy(session, sid=sid, kind=kind, now=services.clock.now())


def test_a_copy_is_noted_once_and_forgotten_in_the_order_in_which_it_came(services, clock, phone):
    note_copies(services, "SM1", "SM1")
    clock.turn(seconds=1)
    note_copies(services, "SM2", "SM1")
    clock.turn(days=1)

    assert actions.forget_copies(services, limit=1) == 1
    assert actions.forget_copies(services, limit=9) == 1
    assert [copy.sid for copy in phone.forgotten] == ["SM1", "SM2"]


def test_a_kind_that_does_not_exist_is_refused(services):
    with pytest.raises(ValueError, match="fax"):
        note_copies(services, "FX1", kind="fax")


def test_a_provider_that_refuses_is_asked_again_later_and_holds_up_no_other(services, clock, phone):
    note_copies(services, "SM1", "SM2")
    clock.turn(days=1)
    phone.fail_next = [refusal("20009")]

    assert actions.forget_copies(services) == 1
    clock.turn(minutes=59)
    assert actions.forget_copies(services) == 0
    clock.turn(minutes=1)
    assert actions.forget_copies(services) == 1
    assert [copy.sid for copy in phone.forgotten] == ["SM2", "SM1"]


def test_a_refused_account_ends_the_run_but_nothing_is_given_up(services, clock, phone):
    note_copies(services, "SM1", "SM2")
    clock.turn(days=1)
    phone.fail_next = [refusal("20003", operator=True)] * 2

    assert actions.forget_copies(services) == 0
    assert len(phone.fail_next) == 1
    phone.fail_next = []
    clock.turn(hours=1)
    assert actions.forget_copies(services) == 2


def test_a_copy_that_stays_is_cried_out_after_a_fortnight(services, clock, phone, capsys):
    note_copies(services, "SM1")
    clock.turn(days=1)
    began, loud = clock.now(), None
    while loud is None:
        phone.fail_next = [refusal()]
        actions.forget_copies(services)
        loud = clock.now() if "error   " in capsys.readouterr().out else None
        clock.turn(days=1)

    assert timedelta(days=10) < loud - began < timedelta(days=20)


def test_the_provider_is_asked_outside_any_transaction(services, clock, phone):
    note_copies(services, "SM1")
    clock.turn(days=1)

    def look(_copy):
        assert services.database.engine.pool.checkedout() == 0

    phone.forget = look
    assert actions.forget_copies(services) == 1


def test_two_workers_ask_for_each_copy_once(services, clock, phone):
    note_copies(services, *(f"SM{number}" for number in range(20)))
    clock.turn(days=1)
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: actions.forget_copies(services), range(4)))

    assert sum(done) == 20
    assert len({copy.sid for copy in phone.forgotten}) == len(phone.forgotten) == 20
