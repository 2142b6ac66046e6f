"""What colleagues read of the reports that came in, and what the reporter is told of that."""

import json
import re
from contextlib import contextmanager
from html import unescape

import pytest
from sqlalchemy import event
from structlog.testing import capture_logs

from signaal.access import actions as access
from signaal.access.model import Act
from signaal.app import create_app
from signaal.intake import actions, store
from signaal.intake.model import MOST_READ, HistoricReport, Kind, ReportStatus, Urgency
from signaal.places.model import AddressWords
from signaal.privacy import actions as sealing
from signaal.privacy.store import DataKeyRow
from signaal.visitor import Visitor
from tests.intake.conftest import NEIGHBOUR, acts

NUISANCE = "8021 AC 14 al weken herrie 's nachts"
TEAM = Visitor(role="team_member", districts=None)
CODE = re.compile(r"[0-9A-Z]{6}(?:-[0-9A-Z]{4}){3}")


@pytest.fixture
def colleague(services, town):
    app = create_app(services)
    app.config["WTF_CSRF_ENABLED"] = False
    browser = app.test_client()
    browser.post("/aanmelden", data={"role": "team_member"})
    return browser


def page(browser) -> str:
    return unescape(browser.get("/meldingen").get_data(as_text=True))


def test_a_report_is_read_with_its_place_and_its_text_and_without_its_reporter(colleague, texts_in):
    texts_in(NUISANCE)
    texts_in("8022 BX 3 <b>hij heeft een mes</b>", sender="+31612345002")

    raw = colleague.get("/meldingen").get_data(as_text=True)
    seen = unescape(raw)

    assert seen.index("hij heeft een mes") < seen.index(NUISANCE)
    for words in ("Rozenbuurt", "Lindebuurt", "Sms", "Overlast", "16-11-2026", "Direct gevaar"):
        assert words in seen
    assert 'href="/blok/BU01930101-8021AC"' in seen
    assert "<b>hij" not in raw
    assert NEIGHBOUR not in seen


def test_whoever_reported_is_told_that_somebody_looks_and_that_it_is_done(
    colleague, texts_in, reports, replies
):
    texts_in(NUISANCE)
    code = CODE.search(replies()[0]).group()
    path = f"/meldingen/{reports()[0].id}"

    def followed() -> str:
        return unescape(colleague.post("/volgen", data={"code": code}).get_data(as_text=True))

    assert "Uw melding is binnen" in followed()
    assert colleague.post(path, data={"status": "being_looked_at"}).status_code == 303
    assert "Er wordt naar uw melding gekeken" in followed()
    assert "Hier kijkt iemand naar" in page(colleague)
    done = colleague.post(f"{path}/afsluiten", data={"judgement": "founded"})
    assert done.status_code == 303
    assert "Er is iets gedaan met uw melding" in followed()
    assert NUISANCE not in page(colleague)


def test_a_status_is_never_turned_back_by_an_old_page(colleague, texts_in, reports):
    texts_in(NUISANCE)
    path = f"/meldingen/{reports()[0].id}"

    look, close = {"status": "being_looked_at"}, {"judgement": "founded"}
    assert colleague.post(f"{path}/afsluiten", data=close).status_code == 404
    for to, data in ((path, look), (f"{path}/afsluiten", close), (path, look)):
        assert colleague.post(to, data=data).status_code == 303

    assert reports()[0].status is ReportStatus.DONE


def test_an_unknown_report_or_status_changes_nothing(colleague, texts_in, reports):
    texts_in(NUISANCE)
    path = f"/meldingen/{reports()[0].id}"
    nobody = "/meldingen/00000000-0000-0000-0000-000000000007"

    assert colleague.post(path, data={"status": "burnt"}).status_code == 400
    assert colleague.post(path, data={"status": "closed"}).status_code == 400
    assert colleague.post(nobody, data={"status": "being_looked_at"}).status_code == 404
    for judgement, status in (("founded", 404), ("unfounded", 404), ("burnt", 400)):
        answer = colleague.post(f"{nobody}/afsluiten", data={"judgement": judgement})
        assert answer.status_code == status
    assert reports()[0].status is ReportStatus.RECEIVED


@pytest.mark.parametrize("role", ["", "police_officer", "duty_contact", "administrator"])
def test_only_the_team_and_the_coordinator_read_reports(services, texts_in, reports, role):
    texts_in(NUISANCE)
    app = create_app(services)
    app.config["WTF_CSRF_ENABLED"] = False
    browser = app.test_client()
    if role:
        browser.post("/aanmelden", data={"role": role})

    assert browser.get("/meldingen").status_code == 403
    path = f"/meldingen/{reports()[0].id}"
    assert browser.post(path, data={"status": "being_looked_at"}).status_code == 403
    assert reports()[0].status is ReportStatus.RECEIVED


def test_a_status_is_only_changed_with_the_sites_own_token(services, texts_in, reports):
    texts_in(NUISANCE)
    strict = create_app(services).test_client()
    secret = access.start_demo_session(services, role="team_member")
    with strict.session_transaction() as kept:
        kept["sid"] = secret

    path = f"/meldingen/{reports()[0].id}"
    assert strict.post(path, data={"status": "being_looked_at"}).status_code == 400


def test_the_past_of_the_demo_is_not_among_the_reports_to_read(colleague, services, town, clock):
    past = HistoricReport(clock.now(), Kind.NUISANCE, "noise", town["8021AC"], "0" * 32)
    with services.database.session() as session, session.begin():
        actions.take_in_history(session, [past] * 3)

    assert "Er zijn geen nieuwe meldingen." in page(colleague)


def test_each_view_leaves_one_line_with_references_and_without_words(
    colleague, services, texts_in, reports
):
    texts_in(NUISANCE)
    texts_in("8022 BX 3 afval")

    with capture_logs() as lines:
        colleague.get("/meldingen")

    (entry,) = acts(services, Act.TEXT_OPENED)
    opened = json.loads(entry.details)["references_1"].split(",")
    assert set(opened) == {report.reference for report in reports()}
    assert (entry.role, entry.purpose) == ("team_member", "offer_help")
    assert entry.person_id is not None
    assert "herrie" not in repr(lines) + repr(entry)


def test_the_page_costs_thirteen_statements_however_many_reports_there_are(
    colleague, services, texts_in
):
    for number in range(MOST_READ + 3):
        texts_in("8021 AC 14 herrie", sender=f"+316123450{number:03}")
    page(colleague)

    with statements(services) as counted:
        seen = page(colleague)

    assert len(counted) <= 13, "\n".join(counted)
    assert seen.count("<blockquote>") == MOST_READ
    assert f"hoogstens {MOST_READ}" in seen
    assert "Er wachten nog 3 meldingen." in seen


def test_the_page_to_place_costs_ten_statements_however_many_reports_there_are(
    colleague, services, texts_in
):
    for number in range(30):
        texts_in("herrie bij de buren", sender=f"+316123450{number:03}")
    colleague.get("/te-plaatsen")

    with statements(services) as counted:
        seen = colleague.get("/te-plaatsen").get_data(as_text=True)

    assert len(counted) <= 10, "\n".join(counted)
    assert seen.count("<blockquote>") == 30


def test_danger_and_what_waits_longest_stand_first_and_none_is_lost_to_newer_ones(
    colleague, texts_in, clock
):
    texts_in("8021 AC 14 de oudste herrie")
    clock.turn(minutes=1)
    for number in range(MOST_READ):
        texts_in("8021 AC 14 latere herrie", sender=f"+316123450{number:03}")
    clock.turn(minutes=1)
    texts_in("8022 BX 3 hij heeft een mes", sender="+31612346000")

    seen = page(colleague)

    assert seen.index("een mes") < seen.index("de oudste herrie") < seen.index("latere herrie")
    assert "Er wachten nog 2 meldingen." in seen


def test_nothing_is_said_of_more_reports_where_all_are_shown(colleague, texts_in):
    texts_in(NUISANCE)

    assert "Er wacht" not in page(colleague)


def damage(services, report, **parts) -> None:
    """Spoils sealed parts of a report; `wrapped` spoils its key."""
    with services.database.session() as session, session.begin():
        sealed = store.sealed(session, [report.id])[report.id]
        if "wrapped" in parts:
            session.get(DataKeyRow, sealed.key_id).wrapped = parts.pop("wrapped")
        for name, spoilt in parts.items():
            setattr(sealed, name, spoilt)


@pytest.mark.parametrize(
    "spoilt", [{"text": b""}, {"text": b"not sealed with this key"}, {"wrapped": b"not a key"}]
)
def test_a_report_whose_seal_is_broken_stands_there_without_its_text_beside_the_others(
    colleague, services, texts_in, reports, spoilt
):
    texts_in("8021 AC 14 herrie")
    texts_in("herrie bij de buren", sender="+31612345002")
    texts_in("stank in de straat", sender="+31612345003")
    first, second, _third = reports()
    damage(services, first, **spoilt)
    damage(services, second, **spoilt)

    with capture_logs() as lines:
        listed, to_place = page(colleague), colleague.get("/te-plaatsen").get_data(as_text=True)

    assert "De tekst is vernietigd, of kan niet worden geopend." in listed
    for seen in (listed, to_place):
        assert "stank in de straat" in seen
        assert second.reference in seen
    broken = [line["report"] for line in lines if line["event"] == "seal broken"]
    assert sorted(broken) == sorted([str(first.id), str(second.id), str(second.id)])


def test_a_report_whose_seal_is_broken_can_be_placed_and_the_talk_goes_on(
    services, texts_in, reports, town
):
    texts_in("herrie bij de buren")
    damage(services, reports()[0], text=b"spoilt", dwelling=b"spoilt")

    texts_in("hij heeft een mes")
    actions.place_by_hand(
        services, reports()[0].id, AddressWords("8021AC", 14), visitor=TEAM, purpose="offer_help"
    )

    first, second = reports()
    assert first.block_id == town["8021AC"]
    assert second.urgency is Urgency.ACUTE


def test_a_text_that_was_destroyed_is_said_to_be_so_and_the_others_are_read(
    colleague, services, texts_in, reports
):
    texts_in(NUISANCE)
    texts_in("8022 BX 3 afval")
    with services.database.session() as session, session.begin():
        first = store.sealed(session, [reports()[0].id])[reports()[0].id]
        sealing.destroy_key(session, first.key_id)

    seen = page(colleague)

    assert "De tekst is vernietigd, of kan niet worden geopend." in seen
    assert "8022 BX 3 afval" in seen
    assert NUISANCE not in seen


@contextmanager
def statements(services):
    seen = []

    def note(_connection, _cursor, statement, *_rest):
        if not statement.startswith(("BEGIN", "COMMIT", "ROLLBACK")):
            seen.append(statement)

    event.listen(services.database.engine, "before_cursor_execute", note)
    yield seen
    event.remove(services.database.engine, "before_cursor_execute", note)
