"""Each new warning is told once to each person, and once a week that the list is there."""

from dataclasses import replace
from datetime import timedelta

from pytest import fixture, mark
from sqlalchemy import update
from sqlmodel import select
from uuid_utils.compat import uuid7

from signaal.access.model import Role
from signaal.access.model.people import Assignment, Organisation, OrganisationKind
from signaal.access.store import people as accounts
from signaal.access.store.people import PersonRow
from signaal.alerting import actions
from signaal.alerting.actions.figures import take_in
from signaal.alerting.store import EarlyWarningRow
from signaal.alerting.web.words import recurrence_sentence
from signaal.app import create_app
from signaal.clock import start_of
from signaal.messages import actions as messages
from signaal.messages.store import OutboxRow
from tests.alerting.test_figures import judge_much
from tests.alerting.test_pages import counted
from tests.alerting.warnings import POLICY, WEEK, figure, found, group, town, with_policy
from tests.fakes import RecordingMailer

HERE = frozenset({"WK1"})
TEAM, BOSS = "team@voorbeeld.example", "coordinator@voorbeeld.example"
BEFORE_EIGHT, AFTER_EIGHT = timedelta(hours=7, minutes=59), timedelta(hours=8)
"""After Monday began in Amsterdam."""


@fixture
def house(services, clock):
    clock.set(start_of(WEEK) + BEFORE_EIGHT)
    made = with_policy(replace(services, mailer=RecordingMailer()))
    organisation = Organisation(uuid7(), "Lindestad", OrganisationKind.MUNICIPALITY)
    with made.database.session() as session, session.begin():
        accounts.add_organisation(session, organisation, now=clock.now())
    return made


def employ(house, email, *held, joined=True, ended=False) -> None:
    now = house.clock.now()
    with house.database.session() as session, session.begin():
        (organisation,) = accounts.organisations(session)
        row = PersonRow(
            id=uuid7(),
            organisation_id=organisation.id,
            email=email,
            invited_at=now,
            joined_at=now if joined else None,
            ended_at=now if ended else None,
        )
        accounts.add_person(session, row)
        accounts.assign(
            session, row.id, [Assignment(Role(role), districts) for role, districts in held]
        )


def arrived(house) -> list:
    """What the mail server was handed since it was last asked."""
    messages.deliver_due(house)
    mails = list(house.mailer.mails)
    house.mailer.mails.clear()
    return sorted(mails, key=lambda mail: (mail.to_address, mail.subject))


def both_told(house) -> None:
    employ(house, TEAM, ("team_member", HERE))
    employ(house, BOSS, ("coordinator", None))


def test_a_warning_is_told_once_to_each_person_who_may_see_it(house) -> None:
    both_told(house)
    employ(house, "elders@voorbeeld.example", ("team_member", frozenset({"WK9"})))
    employ(house, "beleid@voorbeeld.example", ("policy_officer", None))
    employ(house, "niet-begonnen@voorbeeld.example", ("team_member", HERE), joined=False)
    employ(house, "weg@voorbeeld.example", ("team_member", HERE), ended=True)
    take_in(house, found(group("B00", "B01")))
    assert actions.send_mails(house) == 2
    assert [mail.to_address for mail in arrived(house)] == [BOSS, TEAM]
    assert actions.send_mails(house) == 0
    take_in(house, found(group("B00", "B01", "B02", observed=30), sign="b"))
    assert actions.send_mails(house) == 0, "it grew: the page says so, no second mail does"
    take_in(house, found(group("B00", "B01", "B02"), group("B10"), sign="c"))
    assert actions.send_mails(house) == 2


def test_who_has_two_roles_is_told_once(house) -> None:
    employ(house, BOSS, ("coordinator", None), ("team_member", HERE))
    take_in(house, found(group("B00")))
    assert actions.send_mails(house) == 1


def test_a_warning_that_is_weeks_old_is_no_news_to_who_joins_later(house, clock) -> None:
    take_in(house, found(group("B00")))
    for week, sign in ((WEEK + 1, "b"), (WEEK + 2, "c")):
        take_in(house, found(group("B00", week=week), week=week, sign=sign))
    clock.turn(weeks=2)
    employ(house, TEAM, ("team_member", HERE))
    assert actions.send_mails(house) == 0


def test_what_a_mail_says_is_hidden_for_its_reader_as_the_page_is(house) -> None:
    both_told(house)
    take_in(house, found(group("B00", "B25", observed=13, expected=2.5)))
    to_boss, to_team = arrived_after_sending(house)
    assert "waren er 13 melders" in to_boss.body
    assert "hoogstens eens in de 9 jaar voor" in to_boss.body
    assert "Het gaat om: B00, B25." in to_boss.body
    assert "waren er 5 of meer melders" in to_team.body, "of the block in the own district"
    assert "hoogstens eens in de 5 jaar voor" in to_team.body
    assert "Het gaat om: B00, en blokken in een andere wijk." in to_team.body
    for hidden in ("13", "B25", " 9 jaar", "115"):
        assert hidden not in to_team.body.replace("11-2026", "").replace(WEB, "")


def test_a_mail_without_a_number_says_that_none_is_shown(house) -> None:
    employ(house, TEAM, ("team_member", HERE))
    take_in(house, found(group("B00", "B25", "B26", "B27", observed=13)))
    (mail,) = arrived_after_sending(house)
    assert "waren er meer melders dan gewoon. Hoeveel, tonen we hier niet." in mail.body
    assert "there were more reporters than usual. How many, we do not show here." in mail.body
    for hidden in ("minder dan", "fewer than", "Gewoon zijn", "\n\n\n"):
        assert hidden not in mail.body


WEB = "http://127.0.0.1"


def arrived_after_sending(house) -> list:
    actions.send_mails(house)
    return arrived(house)


def test_a_mail_says_it_in_dutch_and_in_english_and_leads_to_the_page(house) -> None:
    employ(house, TEAM, ("team_member", HERE))
    take_in(house, found(group("B00")))
    (mail,) = arrived_after_sending(house)
    dutch, english = mail.body.split("\n\n--------\n\n")
    assert mail.subject == "Signaal: meer meldingen dan gewoon bij B00"
    page = f"{house.settings.public_url.rstrip('/')}/blok/B00"
    assert f"Kijk hier: {page}" in dutch
    assert f"Look here: {page}" in english
    assert "Weinig meldingen betekent niet: weinig problemen." in dutch
    assert "U beslist wat er nodig is." in dutch
    assert "You decide what is needed." in english
    assert "5 tot en met 9 melders" in dutch
    assert "5 to 9 reporters" in english
    assert "\n\n\n" not in mail.body


@mark.parametrize(
    ("weeks", "dutch", "english"),
    [
        (4.0, "vaker dan eens per maand", "more often than once a month"),
        (4.5, "hoogstens eens per maand", "at most once a month"),
        (52.0, "hoogstens eens in de 12 maanden", "at most once in 12 months"),
        (104.0, "hoogstens eens in de 2 jaar", "at most once in 2 years"),
        (9e9, "hoogstens eens in de 100 jaar", "at most once in 100 years"),
    ],
)
def test_the_mail_tells_how_often_by_chance_as_the_page_does(house, weeks, dutch, english) -> None:
    employ(house, BOSS, ("coordinator", None))
    take_in(house, found(group("B00", recurrence_weeks=500.0)))
    with house.database.session() as session, session.begin():
        session.exec(update(EarlyWarningRow).values(recurrence_weeks=weeks))
    (mail,) = arrived_after_sending(house)
    assert f"ergens in de stad {dutch} voor." in mail.body
    assert f"somewhere in town {english}." in mail.body
    with create_app(house).test_request_context():
        assert dutch in recurrence_sentence(weeks)


def test_the_digest_goes_once_a_week_from_its_hour_on(house, clock) -> None:
    both_told(house)
    take_in(house, found())
    assert actions.send_mails(house) == 0, "it isn't eight o'clock yet"
    clock.set(start_of(WEEK) + AFTER_EIGHT)
    to_boss, to_team = arrived_after_sending(house)
    assert to_boss.subject == to_team.subject == "Signaal: de lijst van de week van 23-11-2026"
    assert "- WK1: " in to_team.body
    assert "WK2" not in to_team.body
    assert "- WK2: " in to_boss.body
    assert "Waarschuwingen" not in to_team.body
    assert "\n\n\n" not in to_team.body
    clock.turn(days=5)
    assert actions.send_mails(house) == 0
    clock.set(start_of(WEEK + 1) + AFTER_EIGHT)
    assert actions.send_mails(house) == 0, "the new list isn't there yet"
    take_in(house, found(week=WEEK + 1, sign="b"))
    assert actions.send_mails(house) == 2


def test_the_digest_names_running_warnings_in_classes_for_a_team_member(house, clock) -> None:
    both_told(house)
    take_in(house, found(group("B00", "B01", observed=13)))
    clock.set(start_of(WEEK) + AFTER_EIGHT)
    mails = [mail for mail in arrived_after_sending(house) if "lijst" in mail.subject]
    to_boss, to_team = mails
    assert "- B00, B01 (overlast): sinds 16-11-2026 waren er 13 melders." in to_boss.body
    assert "waren er 10 tot en met 18 melders." in to_team.body
    assert "13 melders" not in to_team.body
    assert "\n\n\n" not in to_team.body


def test_the_coordinator_alone_is_told_that_warnings_do_no_better_than_a_draw(house, clock) -> None:
    both_told(house)
    judge_much(house, warnings_right=6)
    take_in(house, found(figures=[figure("B03"), *town()[4:]]))
    clock.set(start_of(WEEK) + AFTER_EIGHT)
    to_boss, to_team = arrived_after_sending(house)
    words = "de waarschuwingen voor overlast doen het niet beter dan loten"
    assert words in to_boss.body
    assert "/hoe-goed" in to_boss.body
    assert words not in to_team.body


def test_the_database_is_asked_as_much_for_fifty_readers_as_for_five(house, clock) -> None:
    take_in(house, found(group("B00"), group("B25")))
    clock.set(start_of(WEEK) + AFTER_EIGHT)
    asked = []
    for readers in (range(5), range(5, 50)):
        for number in readers:
            employ(house, f"{number}@voorbeeld.example", ("coordinator", None))
        assert actions.send_mails(house) == 3 * len(readers)
        with counted(house) as statements:
            assert actions.send_mails(house) == 0
        asked.append(len(statements))
    assert asked == [7, 7]


def test_without_a_mail_server_nothing_is_written(house) -> None:
    both_told(house)
    take_in(house, found(group("B00")))
    assert actions.send_mails(replace(house, mailer=None)) == 0
    with house.database.reading() as session:
        assert session.exec(select(OutboxRow)).all() == []


def test_roles_that_the_policy_does_not_name_are_told_nothing(house) -> None:
    both_told(house)
    take_in(house, found(group("B00")))
    only = with_policy(house, replace(POLICY, told=("coordinator",)))
    assert actions.send_mails(only) == 1
    (mail,) = arrived(house)
    assert mail.to_address == BOSS
