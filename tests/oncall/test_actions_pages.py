"""Somebody is owed an answer: paging, taking, replying, and the alarm that never ends by itself."""

import threading
from datetime import timedelta

from pytest import fixture, mark, raises

from signaal.errors import BrokenSeal, CarrierError, ImpossibleStep, UnknownCase
from signaal.messages import actions as outbox
from signaal.oncall import actions, store
from signaal.oncall.actions import RepliesReader
from signaal.oncall.model import CaseResult, CaseState
from signaal.ports import InboundText
from signaal.simulator.twiml import DocumentKind
from tests.oncall.exchange import (
    ACHTERWACHT,
    DIENST_A,
    DIENST_B,
    MELDKAMER,
    NEIGHBOUR,
    STAFF,
    WIJKTEAM,
    Exchange,
    alarms,
    row_of,
    the_case,
    the_cases,
)


@fixture
def owed(night, exchange):
    """A neighbour who wants to be called back, at night."""
    exchange.gather(exchange.gather(exchange.call(), "2"))
    exchange.hang_up()
    return the_case(night.database)


def tick(services, clock=None, **by) -> None:
    if clock:
        clock.turn(**by)
    actions.tick(services)
    outbox.deliver_due(services)


def report(services, *, reference="R-1", number=NEIGHBOUR, place="Rozenbuurt", urgency="acute"):
    with services.database.session() as session, session.begin():
        return actions.open_case_for_report(
            session,
            services,
            report_reference=reference,
            neighbourhood=place,
            urgency=urgency,
            number=number,
        )


def reply(services, body, *, number=DIENST_A, sid="SM1") -> bool:
    text = InboundText(
        provider_sid=sid,
        from_number=number,
        to_number=services.settings.line_number,
        body=body,
        received_at=services.clock.now(),
    )
    with services.database.session() as session, session.begin():
        return RepliesReader(services).read(session, text)


def paged(phone) -> list[str]:
    return [text.to_number for text in phone.texts]


# -- down the list --------------------------------------------------------------------------


def test_what_is_owed_is_paged_by_text_and_by_call_at_the_next_tick(night, owed, phone) -> None:
    tick(night)
    assert paged(phone) == [DIENST_A]
    assert [call.to_number for call in phone.calls] == [DIENST_A]
    assert the_case(night.database).state is CaseState.PAGING


def test_a_page_holds_neighbourhood_urgency_and_code_and_nothing_about_anybody(
    night, owed, phone
) -> None:
    tick(night)
    body = phone.texts[0].body
    assert "buurt onbekend" in body
    assert "dringend" in body
    assert f"JA {owed.code}" in body
    assert NEIGHBOUR.removeprefix("+31") not in body
    assert NEIGHBOUR.removeprefix("+31") not in phone.calls[0].answer_path


def test_the_next_person_is_paged_when_the_first_is_silent_and_then_everybody_for_ever(
    night, owed, phone, clock
) -> None:
    tick(night)
    for expected in (DIENST_B, ACHTERWACHT, MELDKAMER):
        tick(night, clock, seconds=119)
        before = len(phone.texts)
        tick(night, clock, seconds=1)
        assert paged(phone)[before:] == [expected]
    everybody = [DIENST_A, DIENST_B, ACHTERWACHT, MELDKAMER]
    for _ in range(5):
        before = len(phone.texts)
        tick(night, clock, seconds=300)
        assert sorted(paged(phone)[before:]) == everybody
        assert the_case(night.database).state is CaseState.ALARM
        assert alarms(night.database)


def test_a_tick_that_comes_twice_or_late_pages_nobody_twice_and_skips_nobody(
    night, owed, phone, clock
) -> None:
    tick(night)
    tick(night)
    assert paged(phone) == [DIENST_A]
    tick(night, clock, minutes=10)
    assert paged(phone) == [DIENST_A, DIENST_B]


def test_two_ticks_at_the_same_moment_page_once(night, owed, phone) -> None:
    barrier = threading.Barrier(3)

    def run():
        barrier.wait()
        actions.tick(night)

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    outbox.deliver_due(night)
    assert paged(phone) == [DIENST_A]


def test_a_clock_that_jumps_back_stops_nothing(night, owed, phone, clock) -> None:
    tick(night)
    clock.turn(minutes=-5)
    tick(night)
    tick(night, clock, minutes=7)
    assert paged(phone) == [DIENST_A, DIENST_B]


def test_a_carrier_that_refuses_delays_no_escalation(night, owed, phone, clock) -> None:
    phone.fail_next = [CarrierError("busy", permanent=False)] * 2
    tick(night)
    assert not phone.texts
    tick(night, clock, seconds=120)
    assert DIENST_B in paged(phone)


def test_pages_that_waited_too_long_at_the_carrier_are_not_sent_any_more(
    night, owed, phone, clock
) -> None:
    actions.tick(night)
    clock.turn(minutes=10)
    assert outbox.deliver_due(night) == 0


# -- taking it ------------------------------------------------------------------------------


def test_yes_with_the_code_takes_the_case_and_stops_the_rest(night, owed, phone, clock) -> None:
    actions.tick(night)
    assert reply(night, f"Ja {owed.code}")
    outbox.deliver_due(night)
    case = the_case(night.database)
    assert (case.state, case.owner) == (CaseState.OWNED, "Dienst A")
    assert case.due_at == night.clock.now() + timedelta(minutes=15)
    assert not alarms(night.database)
    assert not phone.calls
    (answer,) = phone.texts
    assert "Dank u wel" in answer.body
    assert night.settings.line_number in answer.body


def test_a_bare_yes_is_enough_when_there_is_one_case(night, owed) -> None:
    assert reply(night, " JA ")
    assert the_case(night.database).owner == "Dienst A"


def test_a_bare_yes_to_two_cases_is_asked_which(night, exchange, phone) -> None:
    codes = set()
    for number in (1, 2):
        report(night, reference=f"R-{number}", number=f"+3161234567{number}")
    codes = {case.code for case in the_cases(night.database)}
    outbox.deliver_due(night)
    before = len(phone.texts)
    assert reply(night, "ja")
    outbox.deliver_due(night)
    (answer,) = phone.texts[before:]
    assert all(code in answer.body for code in codes)
    assert all(case.owner is None for case in the_cases(night.database))


@mark.parametrize("body", ["ja", "JA {code}", "1 {code}"])
def test_a_number_that_is_not_on_the_duty_list_takes_nothing(night, owed, body) -> None:
    assert not reply(night, body.format(code=owed.code), number="+31699999999")
    assert the_case(night.database).owner is None


def test_a_reply_to_what_was_taken_already_hears_by_whom(night, owed, phone) -> None:
    reply(night, f"ja {owed.code}")
    reply(night, f"ja {owed.code}", number=DIENST_B, sid="SM2")
    outbox.deliver_due(night)
    assert "al opgepakt door Dienst A" in phone.texts[-1].body
    assert the_case(night.database).owner == "Dienst A"


def test_the_same_reply_twice_is_answered_once(night, owed, phone) -> None:
    reply(night, f"ja {owed.code}")
    reply(night, f"ja {owed.code}")
    outbox.deliver_due(night)
    assert len(phone.texts) == 1


def test_an_old_code_never_acts_on_a_newer_case(night, owed, clock, phone) -> None:
    reply(night, f"ja {owed.code}")
    actions.close(night, owed.id, visitor=STAFF, by="Wijkteam", result=CaseResult.CALLED_BACK)
    report(night, number="+31611111111")
    reply(night, f"ja {owed.code}", sid="SM2")
    newer = next(case for case in the_cases(night.database) if case.id != owed.id)
    assert newer.owner is None


def test_a_code_rests_for_seven_days_and_may_then_be_used_again(night, owed, clock) -> None:
    def give(case_id):
        with night.database.session() as session, session.begin():
            return store.give_code(session, code="482", case_id=case_id, now=night.clock.now())

    assert give(owed.id)
    clock.turn(days=6, hours=23)
    assert not give(owed.id)
    clock.turn(hours=2)
    assert give(owed.id)


def test_finished_by_text_closes_the_case(night, owed, phone) -> None:
    reply(night, f"ja {owed.code}")
    assert reply(night, f"klaar {owed.code}", sid="SM2")
    outbox.deliver_due(night)
    case = the_case(night.database)
    assert (case.state, case.result) == (CaseState.CLOSED, CaseResult.CALLED_BACK)
    assert "afgerond" in phone.texts[-1].body


def test_only_the_owner_says_that_it_is_finished(night, owed) -> None:
    reply(night, f"ja {owed.code}")
    reply(night, f"klaar {owed.code}", number=DIENST_B, sid="SM2")
    assert the_case(night.database).state is CaseState.OWNED


def test_an_owner_who_does_not_call_back_in_time_loses_it_to_the_next_person(
    night, owed, phone, clock
) -> None:
    tick(night)
    reply(night, f"ja {owed.code}")
    before = len(phone.texts)
    tick(night, clock, minutes=15)
    case = the_case(night.database)
    assert (case.state, case.owner) == (CaseState.PAGING, None)
    assert DIENST_B in paged(phone)[before:]
    assert alarms(night.database)


# -- by call --------------------------------------------------------------------------------


def page_call(exchange, phone, *, leg="CA-page"):
    path = phone.calls[-1].answer_path
    return exchange.post(path, CallSid=leg)


def test_a_page_call_says_what_a_page_says_and_1_takes_the_case(
    night, owed, exchange, phone
) -> None:
    tick(night)
    heard = page_call(exchange, phone)
    assert " ".join(owed.code) in heard.heard
    taken = exchange.gather(heard, "1", sid="CA-page")
    assert "Dank u wel" in taken.heard
    assert the_case(night.database).owner == "Dienst A"


def test_a_page_call_answered_by_a_machine_takes_nothing(night, owed, exchange, phone) -> None:
    tick(night)
    assert page_call(exchange, phone).verbs[-1].tag == "Hangup"
    assert the_case(night.database).state is CaseState.PAGING


def test_a_page_call_that_comes_too_late_hears_so(night, owed, exchange, phone) -> None:
    tick(night)
    reply(night, f"ja {owed.code}", number=DIENST_B)
    assert "al aangenomen" in page_call(exchange, phone).heard


def test_who_took_it_by_text_and_picks_up_the_ringing_page_hears_that_they_have_it(
    night, owed, exchange, phone
) -> None:
    tick(night)
    reply(night, f"ja {owed.code}")
    answer = page_call(exchange, phone)
    assert "U hebt deze zaak al op u genomen" in answer.heard
    assert not answer.has("Gather")


def test_a_page_call_that_waits_is_not_made_once_the_case_is_taken(night, owed, phone) -> None:
    actions.tick(night)
    reply(night, f"ja {owed.code}")
    outbox.deliver_due(night)
    assert phone.calls == []


def test_a_page_call_while_the_neighbour_calls_again_says_so(night, owed, exchange, phone) -> None:
    tick(night)
    exchange.connect(sid="CA2")
    assert "nu zelf aan de lijn" in page_call(exchange, phone).heard


def test_two_who_take_a_page_at_the_same_moment_are_one_owner(
    night, owed, exchange, phone, clock
) -> None:
    tick(night)
    tick(night, clock, seconds=120)
    legs = []
    for number, call in enumerate(phone.calls):
        heard = exchange.post(call.answer_path, CallSid=f"CA-{number}")
        legs.append((heard.one("Gather").get("action"), f"CA-{number}"))
    barrier, answers = threading.Barrier(2), []

    def press(path, leg):
        own = Exchange(exchange.client.application.test_client())
        barrier.wait()
        answers.append(own.post(path, CallSid=leg, Digits="1").heard)

    threads = [threading.Thread(target=press, args=leg) for leg in legs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted("aangenomen" in answer for answer in answers) == [False, True]
    takes = [event for event in the_case(night.database).history if event.why == "takes_by_key"]
    assert len(takes) == 1


def test_who_took_it_is_connected_with_the_neighbour_without_seeing_the_number(
    night, owed, exchange, phone
) -> None:
    tick(night)
    taken = exchange.gather(page_call(exchange, phone), "1", sid="CA-page")
    dialling = exchange.gather(taken, "1", sid="CA-page")
    assert dialling.rings == NEIGHBOUR
    assert dialling.one("Dial").get("callerId") == night.settings.line_number
    after = exchange.leg_ends(dialling, "completed", seconds=60, sid="CA-page")
    assert "KLAAR" in after.heard
    assert the_case(night.database).state is CaseState.OWNED  # a voicemail proves nothing


def test_an_owner_who_calls_the_line_is_connected_by_the_code(night, owed, exchange) -> None:
    reply(night, f"ja {owed.code}")
    asked = exchange.call(DIENST_A, sid="CA-owner")
    assert exchange.gather(asked, owed.code, sid="CA-owner").rings == NEIGHBOUR


@mark.parametrize(("keys", "told"), [("000", "code klopt niet"), ("", "geen code")])
def test_an_owner_with_a_wrong_code_hears_so_and_may_try_once_more(
    night, owed, exchange, keys, told
) -> None:
    reply(night, f"ja {owed.code}")
    again = exchange.gather(exchange.call(DIENST_A, sid="CA-owner"), keys, sid="CA-owner")
    assert told in again.heard
    assert owed.code not in again.heard
    assert exchange.gather(again, owed.code, sid="CA-owner").rings == NEIGHBOUR


def test_an_owner_with_a_wrong_code_twice_is_let_go_in_words(night, owed, exchange) -> None:
    reply(night, f"ja {owed.code}")
    again = exchange.gather(exchange.call(DIENST_A, sid="CA-owner"), "000", sid="CA-owner")
    let_go = exchange.gather(again, "000", sid="CA-owner")
    assert "Tot ziens" in let_go.heard
    assert [verb.tag for verb in let_go.verbs] == ["Say", "Hangup"]


def test_a_single_1_is_no_code_for_who_calls_the_line(night, owed, exchange) -> None:
    reply(night, f"ja {owed.code}")
    asked = exchange.call(DIENST_A, sid="CA-owner")
    assert not exchange.gather(asked, "1", sid="CA-owner").has("Dial")


def test_an_owner_of_two_cases_reaches_both_neighbours(night, owed, exchange) -> None:
    other = "+31687654321"
    exchange.gather(exchange.gather(exchange.call(other, sid="CA2"), "2", sid="CA2"), sid="CA2")
    assert len(the_cases(night.database)) == 2
    for number, case in enumerate(the_cases(night.database)):
        reply(night, f"ja {case.code}", sid=f"SM-{number}")
        called = exchange.call(DIENST_A, sid=f"CA-owner-{number}")
        rung = exchange.gather(called, case.code, sid=f"CA-owner-{number}").rings
        assert rung == (NEIGHBOUR if case.id == owed.id else other)


def test_an_owner_whose_case_was_closed_meanwhile_hears_so(night, owed, exchange) -> None:
    reply(night, f"ja {owed.code}")
    asked = exchange.call(DIENST_A, sid="CA-owner")
    actions.close(night, owed.id, visitor=STAFF, by="Wijkteam", result=CaseResult.CALLED_BACK)
    assert "niet meer op uw naam" in exchange.gather(asked, owed.code, sid="CA-owner").heard


def test_who_took_it_by_call_and_presses_another_key_hears_how_to_be_connected_later(
    night, owed, exchange, phone
) -> None:
    tick(night)
    taken = exchange.gather(page_call(exchange, phone), "1", sid="CA-page")
    later = exchange.gather(taken, "7", sid="CA-page")
    assert "Bel deze lijn later" in later.heard


def test_nobody_is_connected_with_the_neighbour_of_a_case_that_nobody_took(
    night, owed, exchange
) -> None:
    answer = exchange.post(f"/haak/verbind/{owed.id}", CallSid="CA-x", Digits="1")
    assert not answer.has("Dial")


# -- reports --------------------------------------------------------------------------------


def test_an_acute_report_rings_and_texts_the_first_contact_at_once(night, phone) -> None:
    report(night)
    outbox.deliver_due(night)
    assert paged(phone) == [DIENST_A]
    assert [call.to_number for call in phone.calls] == [DIENST_A]
    assert "ACUUT" in phone.texts[0].body
    assert "Rozenbuurt" in phone.texts[0].body
    assert alarms(night.database)


def test_an_acute_report_in_office_hours_rings_the_neighbourhood_team(services, phone) -> None:
    report(services)
    outbox.deliver_due(services)
    assert paged(phone) == [WIJKTEAM]


def test_the_same_report_twice_pages_once_and_learns_the_neighbourhood(night, phone) -> None:
    first = report(night, place=None)
    assert report(night, place="Rozenbuurt") == first
    outbox.deliver_due(night)
    assert paged(phone) == [DIENST_A]
    assert the_case(night.database).neighbourhood == "Rozenbuurt"


def test_a_second_report_of_the_same_neighbour_joins_the_case_that_nobody_took(
    night, phone
) -> None:
    report(night)
    report(night, reference="R-2")
    outbox.deliver_due(night)
    assert paged(phone) == [DIENST_A]
    assert the_case(night.database).contacts == 2


def test_a_second_report_after_somebody_took_the_first_pages_anew(night, phone) -> None:
    report(night)
    reply(night, "ja")
    report(night, reference="R-2")
    assert len(the_cases(night.database)) == 2


def test_an_acute_report_without_a_number_is_paged_and_promises_no_call(night, phone) -> None:
    report(night, number=None)
    outbox.deliver_due(night)
    assert paged(phone) == [DIENST_A]
    reply(night, "ja")
    assert the_case(night.database).due_at is None


def test_a_neighbour_who_reported_and_then_calls_is_known_as_acute(night, exchange) -> None:
    report(night)
    whisper = exchange.pick_up(exchange.connect())
    assert "Acuut" in whisper.heard
    assert "Rozenbuurt" in whisper.heard
    assert the_case(night.database).contacts == 2


def test_a_page_for_an_acute_report_goes_out_before_those_that_wait(night, owed, phone) -> None:
    report(night, number="+31611111111")
    outbox.deliver_due(night)
    assert "ACUUT" in phone.texts[0].body


# -- on the page ----------------------------------------------------------------------------


def test_taking_it_on_the_page_stops_alarm_and_paging(night, owed, phone) -> None:
    assert actions.acknowledge(night, owed.id, visitor=STAFF, by="Wijkteam")
    tick(night)
    assert not phone.texts
    assert not alarms(night.database)
    assert the_case(night.database).owner == "Wijkteam"
    assert not actions.acknowledge(night, owed.id, visitor=STAFF, by="Coördinator")


def test_closing_needs_a_result_and_keeps_it(night, owed) -> None:
    actions.close(night, owed.id, visitor=STAFF, by="Wijkteam", result=CaseResult.HANDED_TO_TEAM)
    actions.close(night, owed.id, visitor=STAFF, by="Coördinator", result=CaseResult.NOTHING_NEEDED)
    case = the_case(night.database)
    assert (case.state, case.result) == (CaseState.CLOSED, CaseResult.HANDED_TO_TEAM)
    assert (case.owner, case.due_at) == ("Wijkteam", None)


def test_nobody_closes_a_case_while_the_caller_is_on_the_line(night, exchange) -> None:
    exchange.connect()
    with raises(ImpossibleStep):
        actions.close(
            night,
            the_case(night.database).id,
            visitor=STAFF,
            by="Wijkteam",
            result=CaseResult.TALKED,
        )


def test_an_unknown_case_is_said_to_be_unknown(night, owed) -> None:
    with raises(UnknownCase):
        actions.acknowledge(night, type(owed.id)(int=1), visitor=STAFF, by="Wijkteam")


def test_the_history_tells_every_step_in_order(night, owed, clock) -> None:
    tick(night)
    reply(night, "ja")
    case = the_case(night.database)
    assert [event.why for event in case.history] == [
        "calls",
        "wants_callback",
        "pages",
        "takes_by_reply",
    ]
    assert case.history[2].whom == "Dienst A"


def test_a_quiet_night_has_no_cases_and_no_alarms(night, phone) -> None:
    tick(night)
    assert the_cases(night.database) == []
    assert alarms(night.database) == []
    assert not phone.texts


def test_a_paged_leg_of_another_case_takes_nothing(night, owed, exchange, phone) -> None:
    tick(night)
    other = report(night, number="+31611111111")
    attempt = phone.calls[0].answer_path.rpartition("/")[2]
    path = f"/haak/oproep/{other}/{attempt}/toets"
    exchange.post(path, kind=DocumentKind.VOICE, CallSid="CA-x", Digits="1")
    assert all(case.owner is None for case in the_cases(night.database))


def test_a_neighbour_who_calls_again_during_the_alarm_brings_the_alarm_back(
    night, owed, exchange, clock, phone
) -> None:
    for _ in range(5):
        tick(night, clock, seconds=120)
    assert the_case(night.database).state is CaseState.ALARM
    exchange.connect(sid="CA2")
    exchange.hang_up("CA2")
    assert the_case(night.database).state is CaseState.OWED
    before = len(phone.texts)
    tick(night)
    assert the_case(night.database).state is CaseState.ALARM
    assert len(phone.texts) == before + 4


def test_one_case_that_fails_takes_no_other_cases_turn(night, owed, exchange, phone) -> None:
    asked = exchange.gather(exchange.call("+31687654321", sid="CA2"), "2", sid="CA2")
    exchange.gather(asked, sid="CA2")
    with night.database.session() as session, session.begin():
        broken = store.find(session, owed.id)
        broken.targets_sealed = b"not what this key has sealed"
    with raises(BrokenSeal):
        actions.tick(night)
    outbox.deliver_due(night)
    assert paged(phone) == [DIENST_A]


def test_a_week_after_closing_numbers_are_gone_and_the_history_stays(
    night, owed, exchange, clock
) -> None:
    actions.close(night, owed.id, visitor=STAFF, by="Wijkteam", result=CaseResult.CALLED_BACK)
    clock.turn(days=6)
    assert actions.purge(night)["call_data"] == 0
    clock.turn(days=2)
    assert actions.purge(night)["call_data"] == 1
    assert actions.purge(night)["call_data"] == 0
    row = row_of(night.database, owed.id)
    assert (row.caller_sealed, row.targets_sealed) == (None, b"")
    assert len(the_case(night.database).history) == len(owed.history) + 2
    exchange.call()  # the carrier's old request once more
    assert len(the_cases(night.database)) == 1


def test_an_open_case_keeps_what_is_needed_to_ring_back(night, owed, clock) -> None:
    clock.turn(days=30)
    assert actions.purge(night)["call_data"] == 0
    assert row_of(night.database, owed.id).caller_sealed
