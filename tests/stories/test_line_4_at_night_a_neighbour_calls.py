"""At night a neighbour calls: a person, or a promise with a time and an alarm that stands."""

from datetime import datetime, timedelta

from pytest import fixture, mark

from signaal.access.model import Role
from signaal.clock import AMSTERDAM
from signaal.oncall.model import AttemptOutcome, CaseResult, CaseState
from signaal.simulator.phones import BUSY, NO_ANSWER, Device, answers, voicemail
from tests.stories.stage import (
    ACHTERWACHT,
    AT_NIGHT,
    DIENST_A,
    DIENST_B,
    LINE,
    MELDKAMER,
    NEIGHBOUR,
    WIJKTEAM,
    banner_of,
    main_of,
)

SATURDAY_TWO = datetime(2026, 11, 21, 2, 0, tzinfo=AMSTERDAM)
FRIDAY_SIX = datetime(2026, 11, 20, 18, 0, tzinfo=AMSTERDAM)


@fixture
def night(stage):
    """Saturday, two in the morning."""
    stage.network.advance_to(SATURDAY_TWO)
    return stage


def call_and_wait_for_somebody(stage, *, postcode: str = "8021") -> str:
    """Dials, chooses to speak to somebody, and says where one lives."""
    call = stage.network.call(NEIGHBOUR).sid
    stage.let_pass(2)
    stage.press(call, "1")
    stage.let_pass(2)
    stage.press(call, postcode)
    return call


def heard(stage, number: str) -> str:
    return " ".join(stage.network.heard(number))


def test_the_first_contact_hears_where_and_how_urgent_presses_1_and_both_talk(night) -> None:
    night.network.add_phone(DIENST_A, answers(after=4, key="1"))
    colleague = night.visitor(Role.DUTY_CONTACT)

    call = call_and_wait_for_somebody(night)
    night.let_pass(15)
    night.network.read_ring(DIENST_A)
    talking = night.network.view(NEIGHBOUR), night.network.view(DIENST_A)
    night.let_pass(120)
    night.network.hang_up(NEIGHBOUR)
    night.let_pass(5)
    talked = night.the_case()
    closed = colleague.send(
        f"/nachtlijn/{talked.id}/sluiten", seen_at="/nachtlijn", result=CaseResult.TALKED
    )

    greeting = night.network.heard(NEIGHBOUR)
    assert "Bij direct gevaar: hang op en bel 112" in greeting[0]
    assert "Wij bellen iemand voor u" in heard(night, NEIGHBOUR)
    whisper = night.network.heard(DIENST_A)[0]
    assert "Een buurtbewoner belt uit" in whisper
    assert "Dringend" in whisper
    for sealed in ("8021", "AC 14", NEIGHBOUR[-8:], "Wagenmakersstraat"):
        assert sealed not in heard(night, DIENST_A)
    assert [view.shown_number for view in talking] == [LINE, LINE]
    assert all(view.talking_with for view in talking)
    assert night.network.call_status(call) == "completed"
    assert talked.state is CaseState.TALKED
    assert closed.status_code == 303
    assert night.the_case().result is CaseResult.TALKED
    assert night.network.times_rung(DIENST_B) == 0
    assert banner_of(colleague.page("/nachtlijn")) == ""


def test_whoever_texted_before_is_not_asked_again_where_they_live(night) -> None:
    night.text("8021 AC 14 al weken herrie")
    night.reply("uw melding is binnen")
    night.network.add_phone(NEIGHBOUR, Device(when_asked="1"))
    night.network.add_phone(DIENST_A, answers(after=4, key="1", talks=90))

    night.network.call(NEIGHBOUR)
    night.let_pass(150)

    night.network.read_ring(DIENST_A)
    neighbourhood = night.the_case().neighbourhood
    assert f"Een buurtbewoner belt uit {neighbourhood}" in heard(night, DIENST_A)
    assert "postcode" not in heard(night, NEIGHBOUR)
    assert night.the_case().state is CaseState.TALKED


@mark.parametrize(
    ("device", "outcome"),
    [
        (voicemail(after=12), AttemptOutcome.NOT_ACCEPTED),
        (BUSY, AttemptOutcome.BUSY),
        (NO_ANSWER, AttemptOutcome.NO_ANSWER),
        (answers(after=4, key="2"), AttemptOutcome.NOT_ACCEPTED),
    ],
    ids=["voicemail", "busy", "no answer", "another key"],
)
def test_without_key_1_the_next_contact_rings(night, device, outcome) -> None:
    night.network.add_phone(DIENST_A, device)
    night.network.add_phone(DIENST_B, answers(after=4, key="1", talks=60))

    call_and_wait_for_somebody(night)
    night.let_pass(180)

    if not device.refuses:
        night.network.read_ring(DIENST_A)
    night.network.read_ring(DIENST_B)
    case = night.the_case()
    assert [attempt.outcome for attempt in case.attempts] == [outcome, AttemptOutcome.TALKED]
    assert (case.state, case.owner) == (CaseState.TALKED, "Dienst B")
    assert "Een moment" in heard(night, NEIGHBOUR)


def test_when_nobody_answers_the_caller_hears_a_time_and_an_alarm_stands_until_somebody_acts(
    night,
) -> None:
    night.network.add_phone(DIENST_A, voicemail(after=10))
    night.network.add_phone(DIENST_B, BUSY)
    colleague = night.visitor(Role.TEAM_MEMBER)

    call = call_and_wait_for_somebody(night)
    night.let_pass(100)
    assert night.network.call_status(call) == "completed"
    promise = night.network.heard(NEIGHBOUR)[-1]
    case = night.the_case()
    for number in (DIENST_A, ACHTERWACHT, MELDKAMER):
        night.network.read_ring(number)
    night.let_pass(30)
    page = night.reply("dringend", "wacht op een telefoontje", case.code, number=DIENST_A)
    night.network.read_ring(DIENST_A)
    banner = banner_of(colleague.page("/kaart"))
    night.let_pass(120)
    night.reply(case.code, number=DIENST_B)
    taken = colleague.send(f"/nachtlijn/{case.id}/overnemen", seen_at="/nachtlijn")
    night.let_pass(600)

    assert "binnen 15 minuten teruggebeld" in promise
    assert "bel 112" in promise
    assert f"Niemand heeft oproep {case.code} uit {case.neighbourhood} overgenomen" in banner
    assert NEIGHBOUR[-8:] not in page + banner
    assert taken.status_code == 303
    assert banner_of(colleague.page("/kaart")) == ""
    assert "Wijkteam" in main_of(colleague.page("/nachtlijn"))
    assert night.the_case().state is CaseState.OWNED


def test_an_owner_who_does_not_ring_back_in_time_loses_the_case_to_the_next(night) -> None:
    for number in AT_NIGHT:
        night.network.add_phone(number, BUSY)
    colleague = night.visitor(Role.TEAM_MEMBER)

    call_and_wait_for_somebody(night)
    night.let_pass(30)
    case = night.the_case()
    night.reply(case.code, number=DIENST_A)
    night.text(f"ja {case.code}", number=DIENST_A)
    night.reply("op u genomen", "binnen 15 minuten", number=DIENST_A)
    assert banner_of(colleague.page("/kaart")) == ""
    night.let_pass(16 * 60)

    night.reply(case.code, number=DIENST_B)
    assert case.code in banner_of(colleague.page("/kaart"))


@mark.parametrize(
    ("seconds", "rings", "silent"),
    [(-60, WIJKTEAM, DIENST_A), (-1, WIJKTEAM, DIENST_A), (0, DIENST_A, WIJKTEAM)],
    ids=["17:59:00", "17:59:59", "18:00:00"],
)
def test_on_friday_until_six_the_wijkteam_rings_and_from_six_the_night_service(
    stage, seconds, rings, silent
) -> None:
    stage.network.advance_to(FRIDAY_SIX + timedelta(seconds=seconds))
    stage.network.add_phone(rings, answers(after=3, key="1", talks=60))

    call_and_wait_for_somebody(stage)
    stage.let_pass(120)

    stage.network.read_ring(rings)
    assert stage.network.times_rung(silent) == 0
    assert stage.the_case().state is CaseState.TALKED


def test_a_caller_who_hangs_up_while_it_rings_is_rung_back(night) -> None:
    call_and_wait_for_somebody(night)
    night.let_pass(10)
    night.network.read_ring(DIENST_A)
    night.network.hang_up(NEIGHBOUR)
    night.let_pass(5)

    night.reply("wacht op een telefoontje", number=DIENST_A)
    night.network.read_ring(DIENST_A)
    assert night.the_case().state is CaseState.PAGING


def test_all_of_it_twice_told_by_the_carrier_is_still_one_case_and_one_conversation(night) -> None:
    night.network.repeat_webhooks()
    night.network.add_phone(DIENST_A, voicemail(after=10))
    night.network.add_phone(DIENST_B, answers(after=4, key="1", talks=60))

    call_and_wait_for_somebody(night)
    night.let_pass(180)

    night.network.read_ring(DIENST_A)
    night.network.read_ring(DIENST_B)
    case = night.the_case()
    assert (case.state, len(case.attempts), case.contacts) == (CaseState.TALKED, 2, 1)
