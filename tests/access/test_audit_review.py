"""Reading the log, dated questions of two people, and looks at one's own address."""

from dataclasses import replace
from datetime import date, datetime
from threading import Thread
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlmodel import select

from signaal.access import actions
from signaal.access.actions import record
from signaal.access.model import Role
from signaal.access.model.audit import Act, place_key
from signaal.access.model.people import Organisation, OrganisationKind
from signaal.access.model.review import PAGE, Wanted, usable_home, usable_reference
from signaal.access.model.striking import Rule
from signaal.access.store import audit_review as store
from signaal.access.store import people
from signaal.access.store.audit import AuditEntryRow
from signaal.access.store.people import PersonRow
from signaal.errors import NotAllowed, UnknownInquiry, UnknownPlace, UnusableInquiry
from signaal.privacy.periods import Kept
from signaal.visitor import RESIDENT, Visitor

TOWN, CORPORATION = UUID(int=1), UUID(int=2)
ANN, BEN = UUID(int=11), UUID(int=12)
AUDITOR = Visitor(role=Role.AUDITOR, person=ANN, organisation=TOWN, districts=None)
OFFICER = Visitor(role=Role.DATA_PROTECTION_OFFICER, person=BEN, organisation=TOWN, districts=None)
ELSEWHERE = Visitor(role=Role.AUDITOR, person=UUID(int=13), organisation=CORPORATION)
TEAM = Visitor(role=Role.TEAM_MEMBER, person=UUID(int=21), organisation=TOWN)
HOUSING = Visitor(role=Role.HOUSING_CONSULTANT, person=UUID(int=22), organisation=CORPORATION)
WHY = "Er is geklaagd dat hier te vaak is gekeken."


@pytest.fixture(autouse=True)
def organisations(services) -> None:
    now = services.clock.now()
    kinds = ((TOWN, OrganisationKind.MUNICIPALITY), (CORPORATION, OrganisationKind.CORPORATION))
    with services.database.session() as session, session.begin():
        for key, kind in kinds:
            made = Organisation(key, kind.value, kind)
            people.add_organisation(session, made, now=now)
        for person in (ANN, BEN):
            row = PersonRow(
                id=person,
                organisation_id=TOWN,
                email=f"account-{person.int}@gemeente.example",
                invited_at=now,
            )
            people.add_person(session, row)


def act(
    services, *, visitor=TEAM, kind=Act.TEXT_OPENED, subject="ABC123", places=(), **details
) -> None:
    with services.database.session() as session, session.begin():
        record(
            session,
            visitor=visitor,
            act=kind,
            purpose="offer_help",
            subject=subject,
            now=services.clock.now(),
            details=details,
            places=places,
        )


def subjects(services, wanted=Wanted(), *, visitor=AUDITOR) -> list[str]:  # noqa: B008 - frozen
    page = actions.entries(services, visitor=visitor, wanted=wanted)
    return [line.subject for line in page.lines if line.act != Act.LOG_READ]


# -- reading --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("abc-123", "ABC123"),
        (str(ANN), str(ANN)),
        ("0612345678901234", ""),
        ("jan.jansen", ""),
        ("Dorpsstraat:12", ""),
        ("x", ""),
    ],
)
def test_what_was_typed_to_search_stays_in_the_log_only_as_a_number_or_reference(
    services, typed, kept
) -> None:
    actions.entries(services, visitor=AUDITOR, wanted=Wanted(subject=typed))
    page = actions.entries(services, visitor=AUDITOR, wanted=Wanted())

    assert [line.subject for line in page.lines] == ["", kept]


def test_reading_the_log_is_an_act_itself_and_stands_on_top(services) -> None:
    act(services)
    page = actions.entries(services, visitor=AUDITOR, wanted=Wanted(subject="ABC123"))
    page = actions.entries(services, visitor=AUDITOR, wanted=Wanted())

    assert [(line.act, line.subject) for line in page.lines] == [
        (Act.LOG_READ, ""),
        (Act.LOG_READ, "ABC123"),
        (Act.TEXT_OPENED, "ABC123"),
    ]
    assert page.emails == {ANN: "account-11@gemeente.example"}


def test_no_other_role_reads_the_log(services) -> None:
    for role in ("", *sorted(set(Role) - {Role.AUDITOR, Role.DATA_PROTECTION_OFFICER})):
        visitor = replace(AUDITOR, role=role)
        with pytest.raises(NotAllowed):
            actions.entries(services, visitor=visitor, wanted=Wanted())
        with pytest.raises(NotAllowed):
            actions.striking(services, visitor=visitor, year=2026, month=11)
        with pytest.raises(NotAllowed):
            actions.open_inquiries(services, visitor=visitor)
        with pytest.raises(NotAllowed):
            actions.ask_inquiry(services, visitor=visitor, reference="ABC123", reason=WHY)


def test_an_auditor_of_another_organisation_sees_the_lines_of_its_own_people_only(services) -> None:
    act(services, visitor=TEAM, subject="ONE111")
    act(services, visitor=HOUSING, subject="TWO222")
    act(services, visitor=RESIDENT, subject="THREE3")

    assert subjects(services) == ["THREE3", "TWO222", "ONE111"]
    assert subjects(services, visitor=ELSEWHERE) == ["TWO222"]
    assert subjects(services, Wanted(person=TEAM.person), visitor=ELSEWHERE) == []
    with pytest.raises(NotAllowed):
        subjects(services, visitor=replace(AUDITOR, organisation=None))


def test_lines_are_found_by_act_role_person_subject_and_month(services, clock) -> None:
    act(services, subject="ONE111")
    act(services, visitor=HOUSING, kind=Act.REPORT_TAKEN_IN, subject="TWO222")
    clock.set(datetime.fromisoformat("2026-12-01T00:30:00+01:00"))
    act(services, subject="THREE3")

    assert subjects(services, Wanted(act=Act.REPORT_TAKEN_IN)) == ["TWO222"]
    assert subjects(services, Wanted(role=Role.TEAM_MEMBER)) == ["THREE3", "ONE111"]
    assert subjects(services, Wanted(person=HOUSING.person)) == ["TWO222"]
    assert subjects(services, Wanted(subject="ONE111")) == ["ONE111"]
    assert subjects(services, Wanted(month=date(2026, 11, 5))) == ["TWO222", "ONE111"]
    assert subjects(services, Wanted(month=date(2026, 12, 5), subject="THREE3")) == ["THREE3"]
    assert subjects(services, Wanted(subject="' OR 1=1 --")) == []


def test_a_line_about_several_reports_is_found_by_each_of_them(services) -> None:
    act(services, subject="", references_1="ONE111,TWO222", count=2)
    act(services, subject="THREE3")

    for reference in ("ONE111", "TWO222"):
        assert subjects(services, Wanted(subject=reference)) == [""]
    assert subjects(services, Wanted(subject="THREE3")) == ["THREE3"]
    assert subjects(services, Wanted(subject="ONE_11")) == []


def test_pages_of_fifty_follow_each_other_without_a_gap_or_a_double(services) -> None:
    for number in range(PAGE + 3):
        act(services, subject=f"R{number}")
    first = actions.entries(services, visitor=AUDITOR, wanted=Wanted(act=Act.TEXT_OPENED))
    second = actions.entries(
        services, visitor=AUDITOR, wanted=Wanted(act=Act.TEXT_OPENED), before=first.older
    )

    assert len(first.lines) == PAGE
    assert second.older is None
    found = [line.subject for line in (*first.lines, *second.lines)]
    assert found == [f"R{number}" for number in reversed(range(PAGE + 3))]


# -- what stands out ------------------------------------------------------------------------


def test_a_look_at_the_readers_own_address_is_on_the_list_and_the_address_is_nowhere(
    services,
) -> None:
    pepper = services.settings.reporter_pepper.get_secret_value()
    place = place_key(postcode="8021AC", number="14a", pepper=pepper)
    other = place_key(postcode="8021AC", number="16", pepper=pepper)
    actions.register_home(services, visitor=TEAM, postcode="8021 ac", number="14 A")
    assert actions.has_home(services, visitor=TEAM)
    for key in (place, other):
        act(services, places=[key])
        act(services, visitor=HOUSING, places=[key])

    found = actions.striking(services, visitor=AUDITOR, year=2026, month=11)
    assert [(row.rule, row.person, row.count) for row in found.rows] == [
        (Rule.OWN_ADDRESS, TEAM.person, 1)
    ]
    assert found.as_data() == [
        {
            "month": "2026-11",
            "rule": "own_address",
            "person": str(TEAM.person),
            "role": "team_member",
            "count": 1,
            "usual": 0.0,
        }
    ]
    with services.database.reading() as session:
        details = list(session.exec(select(AuditEntryRow.details)))
    assert not [kept for kept in details if place in kept or other in kept]


def test_failed_sign_ins_stand_with_the_account_that_was_tried(services) -> None:
    for _ in range(5):
        act(services, visitor=RESIDENT, kind=Act.SIGN_IN_FAILED, subject=str(BEN))

    found = actions.striking(services, visitor=AUDITOR, year=2026, month=11)
    assert [(row.rule, row.person, row.count) for row in found.rows] == [
        (Rule.FAILED_SIGN_INS, BEN, 5)
    ]
    assert found.emails == {BEN: "account-12@gemeente.example"}


def test_an_address_that_was_forgotten_is_compared_with_no_more(services) -> None:
    pepper = services.settings.reporter_pepper.get_secret_value()
    actions.register_home(services, visitor=TEAM, postcode="8021AC", number="14")
    actions.register_home(services, visitor=TEAM, postcode="8021AC", number="18")
    actions.forget_home(services, visitor=TEAM)
    for number in ("14", "18"):
        act(services, places=[place_key(postcode="8021AC", number=number, pepper=pepper)])

    assert not actions.has_home(services, visitor=TEAM)
    assert actions.striking(services, visitor=AUDITOR, year=2026, month=11).rows == ()


def test_the_address_of_somebody_who_left_goes(services) -> None:
    with services.database.session() as session, session.begin():
        store.set_home(session, ANN, "a" * 32)
        store.set_home(session, BEN, "b" * 32)
        session.execute(
            text("UPDATE person SET ended_at = invited_at WHERE email LIKE 'account-11@%'")
        )

    assert actions.purge_log(services, dry_run=True)[Kept.HOME] == 1
    assert actions.purge_log(services)[Kept.HOME] == 1
    assert actions.purge_log(services)[Kept.HOME] == 0
    with services.database.reading() as session:
        assert (store.has_home(session, ANN), store.has_home(session, BEN)) == (False, True)


@pytest.mark.parametrize(("postcode", "number"), [("", ""), ("0021AC", "1"), ("8021AC", "huis")])
def test_what_cannot_be_an_address_is_refused(postcode, number) -> None:
    with pytest.raises(UnknownPlace):
        usable_home(postcode, number)


# -- dated questions ------------------------------------------------------------------------


def may_open(services, visitor, reference="ABC123") -> bool:
    with services.database.reading() as session:
        return actions.may_open_on_question(
            session, visitor=visitor, reference=reference, now=services.clock.now()
        )


def asked(services, visitor=AUDITOR) -> UUID:
    return actions.ask_inquiry(services, visitor=visitor, reference="abc-123", reason=WHY)


def test_a_text_opens_for_both_for_seven_days_once_a_second_person_agrees(services, clock) -> None:
    inquiry = asked(services)
    assert not may_open(services, AUDITOR)
    assert actions.agree_inquiry(services, visitor=OFFICER, inquiry=inquiry) == "ABC123"

    assert may_open(services, AUDITOR)
    assert may_open(services, OFFICER)
    assert not may_open(services, AUDITOR, "XYZ789")
    assert not may_open(services, replace(AUDITOR, person=UUID(int=99)))
    assert not may_open(services, replace(AUDITOR, role=Role.COORDINATOR))
    clock.turn(days=7, seconds=-1)
    assert may_open(services, AUDITOR)
    clock.turn(seconds=1)
    assert not may_open(services, AUDITOR)


def test_nobody_agrees_to_their_own_question_in_whatever_role(services) -> None:
    inquiry = asked(services)
    for role in (Role.AUDITOR, Role.DATA_PROTECTION_OFFICER):
        with pytest.raises(UnusableInquiry, match="same_person"):
            actions.agree_inquiry(services, visitor=replace(AUDITOR, role=role), inquiry=inquiry)
    assert not may_open(services, AUDITOR)


def test_a_question_of_another_organisation_is_as_unknown_as_one_that_is_not_there(
    services,
) -> None:
    for inquiry in (asked(services), UUID(int=5)):
        with pytest.raises(UnknownInquiry):
            actions.agree_inquiry(services, visitor=ELSEWHERE, inquiry=inquiry)
    assert actions.open_inquiries(services, visitor=ELSEWHERE)[0] == []


def test_a_question_lapses_after_thirty_days_and_goes(services, clock) -> None:
    inquiry = asked(services)
    clock.turn(days=30)
    with pytest.raises(UnknownInquiry):
        actions.agree_inquiry(services, visitor=OFFICER, inquiry=inquiry)
    assert actions.open_inquiries(services, visitor=OFFICER)[0] == []

    assert actions.purge_log(services, dry_run=True)[Kept.INQUIRY] == 1
    assert actions.purge_log(services)[Kept.INQUIRY] == 1
    assert actions.purge_log(services)[Kept.INQUIRY] == 0


def test_an_agreed_question_is_kept_as_long_as_lines_about_care(services, clock) -> None:
    actions.agree_inquiry(services, visitor=OFFICER, inquiry=asked(services))
    clock.turn(days=4 * 365)
    assert actions.purge_log(services)[Kept.INQUIRY] == 0
    clock.turn(days=366)
    assert actions.purge_log(services)[Kept.INQUIRY] == 1


def test_of_four_who_agree_at_once_one_does(services) -> None:
    inquiry = asked(services)
    outcomes = []

    def agree(number: int) -> None:
        try:
            actions.agree_inquiry(
                services, visitor=replace(OFFICER, person=UUID(int=number)), inquiry=inquiry
            )
        except UnknownInquiry:
            outcomes.append("late")
        else:
            outcomes.append("agreed")

    workers = [Thread(target=agree, args=(50 + number,)) for number in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert sorted(outcomes) == ["agreed", "late", "late", "late"]


def test_the_reason_is_sealed_in_the_table_and_read_on_the_page(services) -> None:
    asked(services)

    found, emails = actions.open_inquiries(services, visitor=OFFICER)
    assert [each.reason for each in found] == [WHY]
    assert emails == {ANN: "account-11@gemeente.example"}
    with services.database.reading() as session:
        (sealed,) = session.exec(select(store.InquiryRow.reason_sealed))
        told = [line.subject + line.details for line in session.exec(select(AuditEntryRow))]
    assert b"geklaagd" not in sealed
    assert not [line for line in told if "geklaagd" in line]


def test_a_question_without_a_reference_or_a_reason_is_refused(services) -> None:
    for reference, reason in (("", WHY), ("AB C/1", WHY), ("ABC123", "te kort"), ("ABC123", "")):
        with pytest.raises(UnusableInquiry):
            actions.ask_inquiry(services, visitor=AUDITOR, reference=reference, reason=reason)


def test_each_step_of_a_question_is_a_line_about_that_report(services) -> None:
    inquiry = asked(services)
    actions.agree_inquiry(services, visitor=OFFICER, inquiry=inquiry)

    page = actions.entries(services, visitor=AUDITOR, wanted=Wanted(subject="ABC123"))
    steps = [(line.act, line.person) for line in page.lines if line.act != Act.LOG_READ]
    assert steps == [(Act.INQUIRY_AGREED, BEN), (Act.INQUIRY_ASKED, ANN)]


@given(typed=st.text(max_size=30))
def test_whatever_is_typed_as_a_reference_is_one_or_is_refused(typed) -> None:
    try:
        found = usable_reference(typed)
    except UnusableInquiry:
        return
    assert found.isascii()
    assert found.isalnum()
    assert usable_reference(found.lower()) == found
