"""Who may see which night case, and what of it."""

from dataclasses import replace
from datetime import timedelta

from pytest import fixture, mark, raises

from signaal.access.model import Role
from signaal.alerting import actions as alerting
from signaal.errors import ImpossibleStep, NotAllowed
from signaal.intake.actions import take_in_form
from signaal.intake.model import FormReport, Kind, Language
from signaal.oncall import actions
from signaal.oncall.model import CaseResult, masked_number
from signaal.places.model import AddressWords
from signaal.settings import Mode
from signaal.visitor import Visitor
from tests.oncall.exchange import NEIGHBOUR, acts, the_case

NOORD, ZUID = "WK019301", "WK019302"
ON_DUTY = Visitor(role=Role.DUTY_CONTACT, districts=None, duty_name="Dienst A")
OFF_DUTY = Visitor(role=Role.DUTY_CONTACT, districts=None, duty_name="Dienst C")
NORTH = Visitor(role=Role.TEAM_MEMBER, districts=frozenset({NOORD}))
SOUTH = Visitor(role=Role.TEAM_MEMBER, districts=frozenset({ZUID}))


@fixture
def real(night, town):
    """The same night, not in the demo: the rota says who has duty."""
    return replace(night, settings=night.settings.model_copy(update={"mode": Mode.PRODUCTION}))


def fire_at(services, postcode: str | None = "8021AC"):
    take_in_form(
        services,
        FormReport(
            form_id=f"form-{postcode}",
            kind=Kind.CONCERN,
            category=None,
            words=AddressWords(postcode=postcode, number=14 if postcode else None),
            place_unsure=postcode is None,
            since=None,
            text="Er is brand bij de buren",
            contact=NEIGHBOUR,
            language=Language.NL,
        ),
    )
    alerting.consider(services)
    return the_case(services.database)


def sees(services, visitor) -> bool:
    return bool(actions.cases(services, visitor=visitor))


def test_who_has_duty_reads_the_words_the_end_of_the_number_and_no_address(real) -> None:
    case = fire_at(real)

    reading = actions.open_reports(real, case.id, visitor=ON_DUTY)

    assert reading.texts == ("Er is brand bij de buren",)
    assert reading.number == "▇▇▇78"
    assert reading.addresses == ()
    assert reading.asks_pin
    assert [act for _role, purpose, act in acts(real) if purpose == "tonight"] == [
        "night_text_opened",
        "night_contact_opened",
    ]


def test_the_address_is_shown_after_the_pin_and_written_down(real) -> None:
    case = fire_at(real)

    reading = actions.open_reports(real, case.id, visitor=replace(ON_DUTY, has_pin=True))

    assert reading.addresses == ("14 8021AC",)
    assert not reading.asks_pin
    assert ("duty_contact", "tonight", "night_dwelling_opened") in acts(real)


@mark.parametrize("visitor", [NORTH, replace(NORTH, has_pin=True)])
def test_a_colleague_of_the_team_reads_the_words_only(real, visitor) -> None:
    case = fire_at(real)

    reading = actions.open_reports(real, case.id, visitor=visitor)

    assert reading.texts == ("Er is brand bij de buren",)
    assert (reading.number, reading.addresses, reading.asks_pin) == (None, (), False)


@mark.parametrize("visitor", [OFF_DUTY, replace(ON_DUTY, duty_name=""), SOUTH])
def test_out_of_reach_nothing_is_seen_read_taken_or_written_down(real, visitor) -> None:
    case = fire_at(real)

    assert not sees(real, visitor)
    with raises(NotAllowed):
        actions.open_reports(real, case.id, visitor=visitor)
    with raises(NotAllowed):
        actions.acknowledge(real, case.id, visitor=visitor, by="x")
    with raises(NotAllowed):
        actions.close(real, case.id, visitor=visitor, by="x", result=CaseResult.VISITED)
    assert the_case(real.database).owner is None
    assert not [act for _role, purpose, act in acts(real) if purpose == "tonight"]


def test_who_had_duty_when_it_began_reads_it_for_twelve_hours(real, clock) -> None:
    clock.set(clock.instant + timedelta(days=1, hours=23))  # Monday 01:00; hand-over at 09:00
    case = fire_at(real)
    clock.turn(hours=9)
    assert not actions.has_duty(real, visitor=ON_DUTY), "the office is open"
    assert actions.open_reports(real, case.id, visitor=ON_DUTY).texts
    clock.turn(hours=3, seconds=1)
    assert not sees(real, ON_DUTY)
    with raises(NotAllowed):
        actions.open_reports(real, case.id, visitor=ON_DUTY)


def test_after_twelve_hours_a_new_duty_sees_the_case_but_not_the_words(real, clock) -> None:
    case = fire_at(real)
    clock.turn(hours=12, seconds=1)
    assert sees(real, ON_DUTY)
    with raises(ImpossibleStep):
        actions.open_reports(real, case.id, visitor=ON_DUTY)


@mark.parametrize("visitor", [NORTH, SOUTH])
def test_while_nobody_knows_where_it_is_it_concerns_every_team(real, visitor) -> None:
    case = fire_at(real, postcode=None)
    assert sees(real, visitor)
    assert actions.acknowledge(real, case.id, visitor=visitor, by="Wijkteam")
    assert ("team_member", "tonight", "alarm_acknowledged") in acts(real)


@mark.parametrize("role", [Role.PLANNER, Role.ADMINISTRATOR, Role.AUDITOR, Role.POLICE_OFFICER, ""])
def test_roles_without_night_cases_see_none(real, role) -> None:
    case = fire_at(real)
    visitor = Visitor(role=role, districts=None, duty_name="Dienst A")
    assert not sees(real, visitor)
    with raises(NotAllowed):
        actions.open_reports(real, case.id, visitor=visitor)


def test_that_an_alarm_stands_is_told_to_all_and_where_only_within_the_district(real) -> None:
    fire_at(real)
    with real.database.reading() as session:
        (north,) = actions.standing_alarms(session, visitor=NORTH)
        (south,) = actions.standing_alarms(session, visitor=SOUTH)
    assert north.neighbourhood == "Rozenbuurt"
    assert south.neighbourhood is None


def test_a_masked_number_shows_two_digits() -> None:
    assert masked_number("+31612345678") == "▇▇▇78"


def test_closing_is_written_down_with_the_case_and_nothing_else(real) -> None:
    case = fire_at(real)
    actions.close(real, case.id, visitor=NORTH, by="Wijkteam", result=CaseResult.VISITED)
    assert ("team_member", "tonight", "night_case_moved_on") in acts(real)
