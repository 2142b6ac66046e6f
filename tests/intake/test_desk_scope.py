"""The desk works within its own districts, closes with what was found, and every look is noted."""

import json
from dataclasses import replace
from html import unescape

import pytest
from sqlmodel import select

from signaal.access import actions as access
from signaal.access.model import Act
from signaal.app import create_app
from signaal.errors import UnusableReport
from signaal.intake import actions, store
from signaal.intake.model import ContactReason, Ending, Judgement, Outcome, ReportStatus
from signaal.places.model import AddressWords
from signaal.places.store import BlockRow, DistrictRow, NeighbourhoodRow
from signaal.visitor import Visitor
from tests.intake.conftest import NEIGHBOUR, acts

NUISANCE = "8021 AC 14 al weken herrie"
NORTH = Visitor(role="team_member", districts=frozenset({"WK019301"}))
SOUTH = Visitor(role="team_member", districts=frozenset({"WK019302"}))
NOWHERE = Visitor(role="team_member", districts=frozenset())
TEAM = Visitor(role="team_member", districts=None)


@pytest.fixture
def south(services, town):
    """The Lindebuurt lies in another district than the Rozenbuurt."""
    with services.database.session() as session, session.begin():
        session.add(DistrictRow(code="WK019302", name="Zuid", municipality_code="GM0193"))
        session.flush()
        session.get(NeighbourhoodRow, "BU01930102").district_code = "WK019302"


@pytest.fixture
def one_report(texts_in):
    texts_in(NUISANCE)


def seen_by(services, visitor) -> set[str]:
    found = actions.open_reports(services, visitor=visitor, purpose="p")
    return {each.text for listed in found.values() for each in listed.reports}


def rows(services, kind):
    with services.database.reading() as session:
        found = session.exec(select(kind)).all()
        session.expunge_all()
        return found


def browser_of(services, *, role="team_member", districts=None):
    app = create_app(services)
    app.config["WTF_CSRF_ENABLED"] = False
    client = app.test_client()
    with client.session_transaction() as kept:
        kept["sid"] = access.start_demo_session(services, role=role, districts=districts)
    return client


def at_home(services, role) -> Visitor:
    """A colleague of the whole town who lives where the report is about."""
    secret = access.start_demo_session(services, role=role)
    visitor = replace(access.visitor_of(services, secret), districts=None)
    access.register_home(services, visitor=visitor, postcode="8021 AC", number="14")
    return visitor


def test_a_colleague_reads_the_own_districts_and_what_has_no_place_yet(services, south, texts_in):
    texts_in(NUISANCE)
    texts_in("8022 BX 3 afval", sender="+31612345002")
    texts_in("herrie bij de buren", sender="+31612345003")

    assert seen_by(services, NORTH) == {NUISANCE, "herrie bij de buren"}
    assert seen_by(services, SOUTH) == {"8022 BX 3 afval", "herrie bij de buren"}
    assert seen_by(services, NOWHERE) == {"herrie bij de buren"}
    assert len(seen_by(services, TEAM)) == 3


def test_a_report_elsewhere_is_as_unknown_as_one_that_isnt_there(
    services, south, texts_in, reports
):
    texts_in(NUISANCE)
    report_id = reports()[0].id
    elsewhere = {"visitor": SOUTH, "purpose": "p"}

    for verb in (
        lambda: actions.look_at(services, report_id, **elsewhere),
        lambda: actions.close(services, report_id, Judgement.UNFOUNDED, **elsewhere),
        lambda: actions.place_by_hand(services, report_id, AddressWords("8021AC", 2), **elsewhere),
        lambda: actions.open_contact(services, report_id, reason=ContactReason.ASK, **elsewhere),
    ):
        with pytest.raises(UnusableReport) as refused:
            verb()
        assert type(refused.value) is UnusableReport
    assert reports()[0].status is ReportStatus.RECEIVED


def test_over_http_too_a_report_elsewhere_is_not_found(services, south, texts_in, reports):
    texts_in(NUISANCE)
    browser = browser_of(services, districts=frozenset({"WK019302"}))
    path = f"/meldingen/{reports()[0].id}"

    assert NUISANCE not in unescape(browser.get("/meldingen").get_data(as_text=True))
    assert browser.post(path, data={"status": "being_looked_at"}).status_code == 404
    for judgement in Judgement:
        answer = browser.post(f"{path}/afsluiten", data={"judgement": judgement})
        assert answer.status_code == 404
    assert browser.post(f"{path}/contact", data={"reason": "ask"}).status_code == 404
    assert reports()[0].status is ReportStatus.RECEIVED


def test_nothing_is_written_down_where_nothing_was_opened(services, town):
    actions.open_reports(services, visitor=TEAM, purpose="p")
    actions.open_unplaced(services, visitor=TEAM, purpose="p")

    assert acts(services) == []


def test_many_texts_are_one_line_with_all_references(services, texts_in, reports):
    for number in range(40):
        texts_in("8021 AC 14 herrie", sender=f"+316123450{number:02}")

    actions.open_reports(services, visitor=TEAM, purpose="p")

    (entry,) = acts(services, Act.TEXT_OPENED)
    details = json.loads(entry.details)
    assert details.pop("count") == 40
    named = {name for names in details.values() for name in names.split(",")}
    assert named == {report.reference for report in reports()}


@pytest.mark.parametrize(
    ("judgement", "stands"),
    [
        (Judgement.FOUNDED, (ReportStatus.DONE, Outcome.FOUNDED)),
        (Judgement.UNCLEAR, (ReportStatus.CLOSED, Outcome.UNCLEAR)),
    ],
)
def test_a_report_is_closed_with_what_was_found(services, one_report, reports, judgement, stands):
    browser = browser_of(services)
    path = f"/meldingen/{reports()[0].id}"
    browser.post(path, data={"status": "being_looked_at"})

    for _ in range(2):
        answer = browser.post(f"{path}/afsluiten", data={"judgement": judgement})
        assert answer.status_code == 303

    (report,) = reports()
    assert (report.status, report.outcome) == stands
    assert report.closed_at == services.clock.now()
    assert [e.subject for e in acts(services, Act.REPORT_CLOSED)] == [report.reference]
    assert [e.subject for e in acts(services, Act.REPORT_MOVED_ON)] == [report.reference]


def test_what_is_unfounded_is_asked_once_more_and_then_gone_at_once(services, texts_in, reports):
    texts_in(NUISANCE)
    reference = reports()[0].reference
    browser = browser_of(services)
    path = f"/meldingen/{reports()[0].id}"
    browser.post(path, data={"status": "being_looked_at"})

    asked = browser.post(f"{path}/afsluiten", data={"judgement": "unfounded"})
    page = unescape(asked.get_data(as_text=True))
    assert asked.status_code == 200
    assert "de code wordt onbekend" in page
    assert reference in page
    assert len(reports()) == 1
    sure = {"judgement": "unfounded", "sure": "1"}
    assert browser.post(f"{path}/afsluiten", data=sure).status_code == 303

    assert reports() == rows(services, store.SealedReportRow) == []
    (count,) = rows(services, store.EndedCountRow)
    assert (count.ending, count.count) == (Ending.UNFOUNDED, 1)
    assert browser.post(f"{path}/afsluiten", data=sure).status_code == 404


def test_a_reporter_is_reached_with_a_reason_that_is_written_down(services, texts_in, reports):
    texts_in(NUISANCE)
    browser = browser_of(services)
    path = f"/meldingen/{reports()[0].id}"
    assert browser.post(f"{path}/contact", data={"reason": "ring_back"}).status_code == 404
    browser.post(path, data={"status": "being_looked_at"})

    assert browser.post(f"{path}/contact", data={"reason": "curious"}).status_code == 400
    answer = browser.post(f"{path}/contact", data={"reason": "ring_back"})

    assert NEIGHBOUR in unescape(answer.get_data(as_text=True))
    (entry,) = acts(services, Act.CONTACT_OPENED)
    assert json.loads(entry.details) == {"reason": "ring_back"}
    assert entry.subject == reports()[0].reference


def test_a_coordinator_reads_only_what_is_new_and_never_how_to_reach_the_reporter(
    services, texts_in, reports
):
    texts_in(NUISANCE)
    texts_in("herrie bij de buren", sender="+31612345002")
    browser = browser_of(services, role="coordinator")

    def read(path):
        return unescape(browser.get(path).get_data(as_text=True))

    assert NUISANCE in read("/meldingen")
    assert "herrie bij de buren" in read("/te-plaatsen")
    for report in reports():
        for _ in range(2):
            answer = browser.post(f"/meldingen/{report.id}", data={"status": "being_looked_at"})
            assert answer.status_code == 303

    assert "herrie" not in read("/meldingen") + read("/te-plaatsen")
    path = f"/meldingen/{reports()[0].id}"
    assert browser.post(f"{path}/contact", data={"reason": "ask"}).status_code == 403
    assert browser.post(f"{path}/afsluiten", data={"judgement": "founded"}).status_code == 403
    colleague = browser_of(services)
    assert NUISANCE in unescape(colleague.get("/meldingen").get_data(as_text=True))


def test_a_look_at_who_reported_about_the_own_address_stands_out(services, texts_in, reports):
    texts_in(NUISANCE)
    visitor = at_home(services, "team_member")
    look = {"visitor": visitor, "purpose": "p"}
    actions.look_at(services, reports()[0].id, **look)

    contact = actions.open_contact(services, reports()[0].id, reason=ContactReason.ASK, **look)

    assert contact == NEIGHBOUR
    (entry,) = acts(services, Act.CONTACT_OPENED)
    assert json.loads(entry.details) == {"reason": "ask", "own_address": 1}


def test_a_placed_report_is_written_down(services, texts_in, reports):
    texts_in("herrie bij de buren")

    actions.place_by_hand(
        services, reports()[0].id, AddressWords("8021AC", 14), visitor=TEAM, purpose="p"
    )

    (entry,) = acts(services, Act.REPORT_PLACED)
    assert entry.subject == reports()[0].reference


@pytest.mark.parametrize("role", ["auditor", "data_protection_officer"])
def test_without_an_agreed_question_no_text_is_read(services, texts_in, reports, role):
    texts_in(NUISANCE)
    browser = browser_of(services, role=role)
    assert browser.get("/meldingen/op-vraag").status_code == 200

    answers = [
        browser.post("/meldingen/op-vraag", data={"reference": reference})
        for reference in (reports()[0].reference, "ZZZZZZ", "")
    ]

    assert [answer.status_code for answer in answers] == [422, 422, 422]
    pages = {unescape(answer.get_data(as_text=True)) for answer in answers}
    assert not any(NUISANCE in page for page in pages)
    assert acts(services, Act.INQUIRY_TEXT_OPENED) == []


def test_what_a_team_found_itself_counts_for_nothing(services, town, clock):
    from signaal.intake.model import HistoricReport, Kind

    brought = HistoricReport(clock.now(), Kind.NUISANCE, "noise", town["8021AC"], "0" * 32)
    with services.database.session() as session, session.begin():
        actions.take_in_history(session, [brought, replace(brought, brought=False)])

    with services.database.reading() as session:
        from datetime import timedelta

        until = clock.now() + timedelta(seconds=1)
        voices = actions.voices(session, since=clock.now(), until=until)
    assert sorted(voices.weight) == [0.0, 1.0]


def test_blocks_have_their_district(services, south):
    from signaal.places import actions as places

    with services.database.reading() as session:
        blocks = {block.id: block.neighbourhood_code for block in session.exec(select(BlockRow))}
        areas = places.areas_of_blocks(session, list(blocks))
        assert {id_: code for id_, (code, _district) in areas.items()} == blocks
        south_ids = places.blocks_within(session, ["WK019302"])
    assert {blocks[id_] for id_ in south_ids} == {"BU01930102"}
