"""The straight line of a call, and every way in which it bends. (Room: actions.)"""

import threading
from datetime import timedelta

from pytest import mark

from signaal.messages import actions as outbox
from signaal.messages.model import OutboxState
from signaal.oncall import actions
from signaal.oncall.model import AttemptOutcome, CaseState
from signaal.simulator.legs import SIGNS_PER_SECOND
from signaal.simulator.twiml import DocumentKind
from tests.oncall.exchange import (
    ACHTERWACHT,
    DIENST_A,
    DIENST_B,
    MELDKAMER,
    NEIGHBOUR,
    WIJKTEAM,
    Exchange,
    alarms,
    row_of,
    the_case,
    the_cases,
)

# -- who is rung ----------------------------------------------------------------------------


def test_a_call_at_night_is_greeted_with_112_first_and_rings_the_first_contact(
    night, exchange
) -> None:
    greeting = exchange.call()
    says = [say.text for say in greeting.one("Gather").iter("Say")]
    assert "112" in says[0]
    assert "Toets 1" in says[1]
    asked = exchange.gather(greeting, "1")
    assert "postcode" in asked.heard
    dialling = exchange.gather(asked)
    assert dialling.rings == DIENST_A
    dial = dialling.one("Dial")
    assert dial.get("callerId") == night.settings.line_number
    assert dial.get("timeout") == "20"
    assert dial.get("answerOnBridge") == "true"
    assert the_case(night.database).state is CaseState.RINGING


def test_in_office_hours_the_neighbourhood_team_is_rung(services, exchange) -> None:
    assert exchange.connect().rings == WIJKTEAM


def test_the_line_goes_by_its_own_clock_and_rows_by_the_real_one(services, clock, exchange) -> None:
    exchange.connect()
    assert the_case(services.database).opened_at == clock.now()


def test_a_caller_who_presses_nothing_is_connected(night, exchange) -> None:
    assert exchange.connect().rings == DIENST_A


def test_a_wrong_key_repeats_the_menu_once_and_then_connects(night, exchange) -> None:
    again = exchange.gather(exchange.call(), "7")
    assert "Toets 1" in again.heard
    asked = exchange.gather(again, "7")
    assert exchange.gather(asked).rings == DIENST_A


def test_star_says_the_menu_again_and_three_says_it_in_english(night, exchange) -> None:
    again = exchange.gather(exchange.call(), "*")
    assert "Toets 1" in again.heard
    english = exchange.gather(again, "3")
    assert "Press 1" in english.heard
    assert "postcode" in exchange.gather(english, "1").heard
    says = exchange.gather(exchange.again()).one("Say")
    assert says.get("language") == "en-GB"


def test_the_postcode_of_a_caller_names_the_neighbourhood_for_the_contact(
    night, exchange, town
) -> None:
    asked = exchange.gather(exchange.call(), "1")
    whisper = exchange.pick_up(exchange.gather(asked, "8021"))
    assert town in whisper.heard
    assert "8021" not in whisper.heard


def test_an_unknown_postcode_is_no_obstacle(night, exchange) -> None:
    asked = exchange.gather(exchange.call(), "1")
    assert exchange.gather(asked, "0000").rings == DIENST_A
    assert the_case(night.database).neighbourhood is None


def test_the_whisper_says_how_urgent_and_how_to_accept_and_nothing_about_the_caller(
    night, exchange
) -> None:
    whisper = exchange.pick_up(exchange.connect())
    assert "Dringend" in whisper.heard
    assert "Toets 1" in whisper.heard
    assert NEIGHBOUR.removeprefix("+31") not in whisper.text
    assert whisper.verbs[-1].tag == "Hangup"


def test_paths_hold_ids_only(night, exchange) -> None:
    exchange.leg_ends(exchange.connect())
    paths = "".join(path for path, _form in exchange.posts)
    for number in (NEIGHBOUR, DIENST_A, DIENST_B):
        assert number.removeprefix("+31") not in paths


def test_a_contact_who_is_the_caller_is_not_rung(night, exchange) -> None:
    assert exchange.connect(DIENST_A).rings == DIENST_B


# -- accepted -------------------------------------------------------------------------------


def test_one_key_a_bridge_and_a_minute_are_a_conversation(night, exchange, phone) -> None:
    dialling = exchange.connect()
    assert exchange.accept(dialling).heard == "U bent verbonden."
    assert the_case(night.database).state is CaseState.ACCEPTED
    goodbye = exchange.leg_ends(dialling, "completed", seconds=60)
    assert goodbye.verbs[-1].tag == "Hangup"
    exchange.hang_up()
    case = the_case(night.database)
    assert case.state is CaseState.TALKED
    assert case.owner == "Dienst A"
    assert case.attempts[0].outcome is AttemptOutcome.TALKED
    assert case.attempts[0].keys == "1"
    assert not alarms(night.database)
    actions.tick(night)
    assert outbox.deliver_due(night) == 0


def test_a_caller_who_hangs_up_after_talking_has_talked_in_whatever_order_it_is_told(
    night, exchange
) -> None:
    dialling = exchange.connect()
    exchange.accept(dialling)
    exchange.hang_up()
    assert the_case(night.database).state is CaseState.ACCEPTED
    exchange.leg_ends(dialling, "completed", seconds=60, caller="completed")
    assert the_case(night.database).state is CaseState.TALKED


@mark.parametrize("status", ["busy", "no-answer", "failed", "completed"])
def test_without_a_key_the_next_contact_is_rung_also_after_a_voicemail(
    night, exchange, status
) -> None:
    first = exchange.connect()
    if status == "completed":
        exchange.pick_up(first)
    second = exchange.leg_ends(first, status, seconds=0)
    assert second.rings == DIENST_B
    assert the_case(night.database).state is CaseState.RINGING


def test_the_next_contacts_telephone_rings_within_two_seconds(night, exchange) -> None:
    answer = exchange.leg_ends(exchange.connect())
    assert answer.heard == "Een moment."
    while answer.has("Dial"):
        assert len(answer.heard) / SIGNS_PER_SECOND < 2
        answer = exchange.leg_ends(answer)
        assert not (answer.has("Dial") and answer.heard)  # said once


def test_a_bridge_without_our_key_press_is_no_conversation(night, exchange) -> None:
    first = exchange.connect()
    assert exchange.leg_ends(first, "completed", seconds=90).rings == DIENST_B


def test_another_key_than_1_is_a_refusal(night, exchange) -> None:
    first = exchange.connect()
    refused = exchange.press(exchange.pick_up(first), "2")
    assert refused.verbs[-1].tag == "Hangup"
    assert exchange.leg_ends(first, "completed").rings == DIENST_B


def test_a_machine_that_lets_a_tone_slip_is_no_conversation(night, exchange) -> None:
    first = exchange.connect()
    exchange.accept(first)
    told = exchange.leg_ends(first, "completed", seconds=9)
    assert "15 minuten" in told.heard
    case = the_case(night.database)
    assert case.state is CaseState.OWED
    assert case.attempts[0].outcome is AttemptOutcome.TOO_SHORT


def test_the_time_spent_on_the_whisper_is_no_conversation(night, exchange, clock) -> None:
    first = exchange.connect()
    whisper = exchange.pick_up(first)
    clock.turn(seconds=12)
    exchange.press(whisper)
    exchange.leg_ends(first, "completed", seconds=20)
    assert the_case(night.database).state is CaseState.OWED


def test_who_was_cut_off_is_paged_first(night, exchange, phone) -> None:
    second = exchange.leg_ends(exchange.connect(), "busy")
    exchange.accept(second, leg="CA-2")
    exchange.leg_ends(second, "completed", seconds=3)
    actions.tick(night)
    outbox.deliver_due(night)
    assert [text.to_number for text in phone.texts] == [DIENST_B]


# -- nobody ---------------------------------------------------------------------------------


def nobody_answers(exchange, number=NEIGHBOUR, *, sid="CA1"):
    answer = exchange.connect(number, sid=sid)
    rung = []
    while answer.has("Dial"):
        rung.append(answer.rings)
        answer = exchange.leg_ends(answer, sid=sid)
    return rung, answer


def test_when_nobody_answers_the_caller_hears_a_time_and_an_alarm_stands(night, exchange) -> None:
    rung, told = nobody_answers(exchange)
    assert rung == [DIENST_A, DIENST_B, ACHTERWACHT, MELDKAMER]
    assert "U wordt binnen 15 minuten teruggebeld" in told.heard
    assert told.verbs[-1].tag == "Hangup"
    assert the_case(night.database).state is CaseState.OWED
    (alarm,) = alarms(night.database)
    assert alarm.code == the_case(night.database).code
    exchange.hang_up()
    assert the_case(night.database).state is CaseState.OWED


def test_a_caller_who_wants_to_be_called_back_is_promised_so(night, exchange) -> None:
    asked = exchange.gather(exchange.call(), "2")
    told = exchange.gather(asked)
    assert "15 minuten" in told.heard
    assert not told.has("Dial")
    assert the_case(night.database).state is CaseState.OWED
    assert alarms(night.database)


def test_a_hidden_number_is_connected_and_never_promised_a_call_back(night, exchange) -> None:
    asked = exchange.gather(exchange.call("anonymous"), "2")
    dialling = exchange.gather(asked)
    assert "niet terugbellen" in dialling.heard
    assert dialling.rings == DIENST_A
    exchange.hang_up()
    case = the_case(night.database)
    assert case.state is CaseState.NOTED
    assert case.due_at is None


def test_when_nobody_answers_a_hidden_number_it_hears_so_and_somebody_is_told(
    night, exchange, phone
) -> None:
    _rung, told = nobody_answers(exchange, "anonymous")
    assert "niet terugbellen" in told.heard
    assert "112" in told.heard
    actions.tick(night)
    outbox.deliver_due(night)
    assert the_case(night.database).state is CaseState.NOTED
    assert [text.to_number for text in phone.texts] == [DIENST_A]
    assert "verborgen nummer" in phone.texts[0].body
    assert alarms(night.database)


@mark.parametrize("until", ["greeting", "ringing", "whisper"])
def test_a_caller_who_hangs_up_is_owed_an_answer_at_every_moment(night, exchange, until) -> None:
    whisper = None
    if until == "greeting":
        exchange.call()
    else:
        dialling = exchange.connect()
        whisper = exchange.pick_up(dialling) if until == "whisper" else None
    exchange.hang_up()
    assert the_case(night.database).state is CaseState.OWED
    if whisper:
        assert "opgehangen" in exchange.press(whisper).heard
        assert the_case(night.database).state is CaseState.OWED


def test_a_leg_that_ends_because_the_caller_left_rings_nobody_else(night, exchange) -> None:
    dialling = exchange.connect()
    after = exchange.leg_ends(dialling, "canceled", caller="completed")
    assert not after.has("Dial")
    assert the_case(night.database).state is CaseState.OWED


def test_a_menu_answer_that_comes_after_the_hang_up_rings_nobody(night, exchange) -> None:
    greeting = exchange.call()
    exchange.hang_up()
    assert not exchange.gather(greeting, "1").has("Dial")
    assert the_case(night.database).state is CaseState.OWED


def test_a_call_of_which_the_carrier_tells_no_end_is_owed_an_answer(night, exchange, clock) -> None:
    exchange.accept(exchange.connect())
    exchange.hang_up()
    clock.turn(seconds=59)
    actions.tick(night)
    assert the_case(night.database).state is CaseState.ACCEPTED
    clock.turn(seconds=1)
    actions.tick(night)
    assert the_case(night.database).state is CaseState.OWED


@mark.parametrize("until", ["greeting", "ringing"])
def test_a_call_that_falls_silent_is_owed_an_answer(night, exchange, clock, until) -> None:
    exchange.call() if until == "greeting" else exchange.connect()
    clock.turn(minutes=3)
    actions.tick(night)
    assert the_case(night.database).state is CaseState.OWED


# -- again ----------------------------------------------------------------------------------


def test_every_webhook_may_come_twice(night, exchange) -> None:
    def twice(answer, kind=DocumentKind.VOICE):
        assert exchange.again(kind=kind).text == answer.text
        return answer

    asked = twice(exchange.gather(twice(exchange.call())))
    first = twice(exchange.gather(asked))
    second = twice(exchange.leg_ends(first))
    whisper = twice(exchange.pick_up(second), DocumentKind.WHISPER)
    twice(exchange.press(whisper), DocumentKind.WHISPER)
    twice(exchange.leg_ends(second, "completed", seconds=60))
    exchange.hang_up()
    exchange.hang_up()
    case = the_case(night.database)
    assert case.state is CaseState.TALKED
    assert len(case.attempts) == 2
    assert case.contacts == 1


def test_an_old_request_changes_nothing_a_year_later(night, exchange, clock) -> None:
    first = exchange.call()
    clock.turn(days=365)
    assert exchange.call().text == first.text
    assert len(the_cases(night.database)) == 1


def test_the_same_neighbour_three_times_in_five_minutes_is_one_case_with_three_contacts(
    night, exchange, clock, phone
) -> None:
    for number in range(3):
        nobody_answers(exchange, sid=f"CA-{number}")
        exchange.hang_up(f"CA-{number}")
        actions.tick(night)
        outbox.deliver_due(night)
        clock.turn(seconds=30)
    case = the_case(night.database)
    assert case.contacts == 3
    assert len(phone.texts) == 3  # one person each time, never the same page again
    assert len({text.to_number for text in phone.texts}) == 3


def test_a_neighbour_who_calls_again_can_be_answered_after_all(night, exchange) -> None:
    nobody_answers(exchange)
    exchange.hang_up()
    actions.tick(night)
    dialling = exchange.connect(sid="CA2")
    assert dialling.rings == DIENST_A
    exchange.accept(dialling)
    exchange.leg_ends(dialling, "completed", seconds=60, sid="CA2")
    case = the_case(night.database)
    assert case.state is CaseState.TALKED
    assert not alarms(night.database)
    with night.database.reading() as session:
        key = f"night:{case.id}:0:0:0:page_text"
        assert outbox.state_of(session, key) is OutboxState.DROPPED


def test_who_calls_again_hours_later_has_a_new_case(night, exchange, clock) -> None:
    nobody_answers(exchange)
    exchange.hang_up()
    clock.turn(hours=2)
    exchange.call(sid="CA2")
    assert len(the_cases(night.database)) == 2


def test_two_who_press_1_at_the_same_moment_are_one_who_accepts(night, exchange, app) -> None:
    whisper = exchange.pick_up(exchange.connect())
    path = whisper.one("Gather").get("action")
    barrier, heard = threading.Barrier(4), []

    def press(leg):
        own = Exchange(app.test_client())
        barrier.wait()
        answer = own.post(path, kind=DocumentKind.WHISPER, CallSid=leg, Digits="1")
        heard.append(answer.heard)

    threads = [threading.Thread(target=press, args=(f"CA-leg-{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(heard) == ["Dit is al aangenomen. Dank u wel."] * 3 + ["U bent verbonden."]
    accepted = [event for event in the_case(night.database).history if event.why == "accepts"]
    assert len(accepted) == 1


def test_the_same_webhook_on_two_workers_at_once_has_one_effect(night, app) -> None:
    barrier, answers = threading.Barrier(4), []

    def ring():
        own = Exchange(app.test_client())
        barrier.wait()
        answers.append(own.call().text)

    threads = [threading.Thread(target=ring) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(answers)) == 1
    assert len(the_cases(night.database)) == 1


# -- what a case keeps ----------------------------------------------------------------------


def test_a_running_case_keeps_the_duty_list_with_which_it_began(night, exchange, clock) -> None:
    first = exchange.connect()
    clock.set(clock.now() + timedelta(days=2, hours=10))  # Monday noon
    assert exchange.leg_ends(first).rings == DIENST_B


def test_numbers_and_the_duty_list_lie_sealed_in_the_rows(night, exchange) -> None:
    exchange.connect()
    row = row_of(night.database, the_case(night.database).id)
    stored = repr(row.model_dump())
    assert row.code in stored
    for number in (NEIGHBOUR, DIENST_A, DIENST_B):
        assert number.removeprefix("+") not in stored


def test_a_case_has_a_short_code_that_is_no_emergency_number(night, exchange) -> None:
    for number in range(30):
        exchange.call(f"+316123400{number:02d}", sid=f"CA-{number}")
    codes = {case.code for case in the_cases(night.database)}
    assert len(codes) == 30
    assert all(len(code) == 3 for code in codes)
    assert not codes & {"112", "113", "144"}


def test_the_carrier_is_asked_to_forget_every_call_of_the_line_after_a_day(
    night, exchange, phone, clock
) -> None:
    dialling = exchange.connect()
    exchange.accept(dialling, leg="CA-taken")
    exchange.post(
        dialling.one("Dial").get("action"),
        CallSid="CA1",
        DialCallSid="CA-taken",
        DialCallStatus="completed",
        DialCallDuration="60",
        DialBridged="true",
        CallStatus="in-progress",
    )
    assert outbox.forget_copies(night) == 0
    clock.turn(days=1)
    assert outbox.forget_copies(night) == 2
    assert {copy.sid for copy in phone.forgotten} == {"CA1", "CA-taken"}
