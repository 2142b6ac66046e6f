"""Who may see which night case, and what of it."""

from dataclasses import replace
from datetime import timedelta

from pytest import fixture, mark, raises
from sqlmodel import col, select

from signaal.access import actions as access
from signaal.access.model import Role
from signaal.access.store.audit import AuditEntryRow
from signaal.alerting import actions as alerting
from signaal.errors import ImpossibleStep, NotAllowed
from signaal.intake.actions import add_to, correct, take_in_form
from signaal.intake.model import Correction, FormReport, Kind, Language
from signaal.oncall import actions
from signaal.oncall.model import CaseResult, masked_number
from signaal.places.model import AddressWords
from signaal.places.store import DistrictRow, NeighbourhoodRow
from signaal.settings import Mode
from signaal.visitor import HOUSE, Visitor
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
    report_of(services, "Er is brand bij de buren", postcode)
    alerting.consider(services)
    return the_case(services.database)


def report_of(services, text: str, postcode: str | None = "8021AC"):
    return take_in_form(
        services,
        FormReport(
            form_id=f"form-{postcode}",
            kind=Kind.CONCERN,
            category=None,
            words=AddressWords(postcode=postcode, number=14 if postcode else None),
            place_unsure=postcode is None,
            since=None,
            text=text,
            contact=NEIGHBOUR,
            language=Language.NL,
        ),
    )


def sees(services, visitor) -> bool:
    return bool(actions.cases(services, visitor=visitor))


def test_who_has_duty_reads_the_words_the_end_of_the_number_and_no_address(real) -> None:
    case = fire_at(real)

    reading = actions.open_reports(real, case.id, visitor=ON_DUTY)

    assert reading.texts == ("Er is brand bij de buren",)
    assert reading.number == "▇▇▇78"
    assert reading.addresses == ()
    assert reading.asks_pin
    assert [
        act for role, purpose, act in acts(real) if purpose == "tonight" and role != HOUSE.role
    ] == [
        "night_text_opened",
        "night_contact_opened",
    ]


def test_who_has_duty_reads_the_added_words_that_rang_the_telephone(real) -> None:
    receipt = report_of(real, "al weken herrie")
    add_to(real, receipt.code, "nu staat er een man met een mes")
    alerting.consider(real)
    case = the_case(real.database)

    reading = actions.open_reports(real, case.id, visitor=ON_DUTY)

    assert reading.texts == ("al weken herrie",)
    assert reading.additions == (("nu staat er een man met een mes",),)


def test_a_look_at_night_at_something_about_the_own_address_stands_out(night, real) -> None:
    case = fire_at(real)
    secret = access.start_demo_session(night, role=Role.DUTY_CONTACT)
    person = access.visitor_of(night, secret).person
    visitor = replace(ON_DUTY, person=person, has_pin=True)
    access.register_home(real, visitor=visitor, postcode="8021AC", number="14")

    actions.open_reports(real, case.id, visitor=visitor)

    assert [line.act for line in own_address_lines(real)] == [
        *("night_text_opened", "night_contact_opened", "night_dwelling_opened"),
    ]


def own_address_lines(services) -> list[AuditEntryRow]:
    with services.database.reading() as session:
        rows = session.exec(select(AuditEntryRow).order_by(col(AuditEntryRow.seq))).all()
        session.expunge_all()
    return [row for row in rows if "own_address" in row.details]


def test_a_corrected_place_reaches_the_case_and_its_district(real) -> None:
    with real.database.session() as session, session.begin():
        session.add(DistrictRow(code=ZUID, name="Zuid", municipality_code="GM0193"))
        session.flush()
        session.get(NeighbourhoodRow, "BU01930102").district_code = ZUID
    receipt = report_of(real, "er is brand")
    alerting.consider(real)
    assert the_case(real.database).neighbourhood == "Rozenbuurt"

    correct(real, receipt.code, Correction(words=AddressWords(postcode="8022BX", number=3)))
    alerting.consider(real)

    assert the_case(real.database).neighbourhood == "Lindebuurt"
    assert (sees(real, NORTH), sees(real, SOUTH)) == (False, True)


def test_of_two_neighbourhoods_of_one_name_the_block_says_the_district(real) -> None:
    with real.database.session() as session, session.begin():
        session.add(DistrictRow(code=ZUID, name="Zuid", municipality_code="GM0193"))
        session.flush()
        other = session.get(NeighbourhoodRow, "BU01930102")
        other.name, other.district_code = "Rozenbuurt", ZUID

    fire_at(real)

    assert (sees(real, NORTH), sees(real, SOUTH)) == (True, False)


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
    assert not [
        act for role, purpose, act in acts(real) if purpose == "tonight" and role != HOUSE.role
    ]


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
