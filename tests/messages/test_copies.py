"""What the provider keeps is forgotten there too."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from signaal.messages import actions
from signaal.ports import CopyKind, ProviderCopy
from tests.messages.outbox import note, put_call, put_text, refusal


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


def test_a_copy_that_stays_is_cried_out_after_a_fortnight(services, clock, phone):
    note_copies(services, "SM1")
    clock.turn(days=1)
    began, loud = clock.now(), None
    with capture_logs() as told:
        while loud is None and clock.now() < began + timedelta(days=60):
            phone.fail_next = [refusal()]
            actions.forget_copies(services)
            loud = clock.now() if told and told[-1]["log_level"] == "error" else None
            clock.turn(days=1)

    assert loud is not None
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
