"""The auditor's pages, in the real shell."""

import re
from uuid import UUID

import pytest
from flask import Flask, g, request
from flask_babel import Babel
from flask_wtf.csrf import CSRFProtect

from signaal.access import actions
from signaal.access.actions import record
from signaal.access.model import STAFF, Act, Entry, Role, sight_of
from signaal.access.model.people import Organisation, OrganisationKind
from signaal.access.store import audit as store
from signaal.access.store import people
from signaal.access.web.log import log_pages
from signaal.errors import NotAllowed
from signaal.resources import STATIC, TEMPLATES
from signaal.visitor import HOUSE, Visitor
from signaal.web import rule_of
from tests.access.staff import app_of

TOWN = UUID(int=1)
AUDITOR, OFFICER = {"X-Role": "auditor"}, {"X-Role": "data_protection_officer"}
TEAM = {"X-Role": "team_member"}
WHY = "Er is geklaagd dat hier te vaak is gekeken."


def somebody(role: str) -> Visitor:
    number = 100 + sorted(Role).index(Role(role))
    return Visitor(role=role, person=UUID(int=number), organisation=TOWN, districts=None)


@pytest.fixture
def client(services):
    app = Flask("signaal", template_folder=str(TEMPLATES), static_folder=str(STATIC))
    app.config.update(SECRET_KEY="for this test only", TESTING=True, WTF_CSRF_ENABLED=False)
    app.extensions["signaal"] = services
    Babel(app, locale_selector=lambda: "nl")
    CSRFProtect(app)
    app.register_blueprint(log_pages)

    @app.before_request
    def enter() -> None:
        g.visitor = somebody(request.headers["X-Role"])

    @app.context_processor
    def shell() -> dict[str, object]:
        return {
            "csp_nonce": "nonce",
            "role": g.visitor.role,
            "alarms": [],
            "demo": False,
            "language": "nl",
            "may_open": lambda path: True,
        }

    app.register_error_handler(NotAllowed, lambda error: (str(error), 403))
    app.template_filter("moment")(lambda instant: f"{instant:%d-%m-%Y %H:%M}")
    with services.database.session() as session, session.begin():
        made = Organisation(TOWN, "gemeente", OrganisationKind.MUNICIPALITY)
        people.add_organisation(session, made, now=services.clock.now())
    return app.test_client()


def act(services, *, subject="ABC123", kind=Act.TEXT_OPENED, times=1, visitor=None) -> None:
    for _ in range(times):
        with services.database.session() as session, session.begin():
            record(
                session,
                visitor=visitor or somebody("team_member"),
                act=kind,
                purpose="offer_help",
                subject=subject,
                now=services.clock.now(),
            )


def words(answer) -> str:
    """The page as it is read aloud: on small screens each cell repeats its name, hidden."""
    said = re.sub(r'<span class="cell-name" aria-hidden="true">[^<]*</span>', "", answer.text)
    return " ".join(re.sub(r"<[^>]+>", " ", said).split())


def test_an_auditor_reads_who_looked_at_what_and_what_for(client, services) -> None:
    act(services)

    page = words(client.get("/logboek", headers=AUDITOR))
    assert "Tekst van een melding gelezen hulp aanbieden ABC123" in page
    assert "Logboek gelezen controle" in page


def test_what_signaal_did_itself_stands_under_its_own_name(client, services) -> None:
    act(services, kind=Act.PURGED, visitor=HOUSE)
    page = words(client.get("/logboek?rol=signaal", headers=AUDITOR))

    assert "Signaal Gegevens vernietigd na de bewaartermijn" in page


def test_no_route_lets_signaal_itself_in(services) -> None:
    rules = [rule_of(view) for view in app_of(services).view_functions.values()]

    assert not [rule for rule in rules if rule and HOUSE.role in rule.roles]
    assert HOUSE.role not in STAFF
    assert sight_of(HOUSE.role) == sight_of("nobody")


def test_every_act_has_a_name_in_words(client) -> None:
    page = client.get("/logboek", headers=AUDITOR).text
    named = dict(re.findall(r'<option value="([a-z_]+)"[^>]*>([^<]+)</option>', page))

    assert set(Act) <= set(named)
    assert not [key for key, name in named.items() if key == name]


def test_a_page_of_the_log_leads_to_the_next_and_keeps_the_search(client, services) -> None:
    act(services, times=51)
    page = client.get("/logboek?handeling=text_opened", headers=AUDITOR).text
    (further,) = re.findall(r'href="(/logboek\?[^"]*voor=\d+)"', page)
    assert "handeling=text_opened" in further

    following = client.get(further.replace("&amp;", "&"), headers=AUDITOR).text
    assert following.count("<tr") == 2
    assert "Oudere regels" not in following


def test_a_search_that_makes_no_sense_is_a_bad_request(client) -> None:
    wrong = ("maand=2026-13", "maand=x", "handeling=x", "rol=x", "wie=x", "voor=x", "voor=-1")
    for query in (*wrong, "voor=%00", "voor=" + "9" * 20):
        assert client.get(f"/logboek?{query}", headers=AUDITOR).status_code == 400, query


def test_an_odd_search_finds_nothing_and_breaks_nothing(client) -> None:
    odd = ("over=%00%ED%A0%80", "over=" + "x" * 500, "voor=" + "9" * 19, "over=%3Cb%3E")
    for query in odd:
        page = client.get(f"/logboek?{query}", headers=AUDITOR)
        assert page.status_code == 200, query
        assert "<b>" not in page.text


def test_a_line_that_was_altered_into_nonsense_breaks_no_page(client, services) -> None:
    with services.database.session() as session, session.begin():
        for seq, details in enumerate(("nonsense", "[1]", "{"), 1):
            entry = Entry(
                seq, services.clock.now(), None, "x", None, "x", "text_opened", "A", details
            )
            store.make_head(session)
            store.append(session, entry, previous=bytes(32), sign=bytes(32))

    assert "text_opened" in client.get("/logboek", headers=AUDITOR).text
    assert client.get("/logboek/opvallend", headers=AUDITOR).status_code == 200


def test_a_line_says_in_words_what_else_it_holds(client, services) -> None:
    with services.database.session() as session, session.begin():
        record(
            session,
            visitor=somebody("team_member"),
            act=Act.TEXT_OPENED,
            purpose="offer_help",
            subject="ABC123",
            now=services.clock.now(),
            details={"rows": 3, "references_1": "ABC123,XYZ789"},
        )
    page = words(client.get("/logboek", headers=AUDITOR))
    assert "ABC123 ABC123, XYZ789 regels: 3" in page


def test_the_monthly_list_says_in_a_sentence_why_something_stands_out(
    client, services, clock
) -> None:
    assert "In deze maand valt niets op." in words(
        client.get("/logboek/opvallend?maand=2026-10", headers=OFFICER)
    )
    clock.turn(hours=14)
    act(services, times=2)

    page = words(client.get("/logboek/opvallend", headers=OFFICER))
    assert "Wat opvalt in november 2026" in page
    assert "Keek tussen 22.00 en 6.00 uur, zonder dienst." in page
    assert page.split("zonder dienst.")[1].split("Wijkteam")[1].split()[0] == "2"


def test_two_people_open_a_text_together(client, services) -> None:
    form = {"reference": "ABC123", "reason": WHY}
    assert client.post("/logboek/vragen", data=form, headers=AUDITOR).status_code == 303
    own = client.get("/logboek/vragen", headers=AUDITOR).text
    assert "Wacht op akkoord" in own
    assert "akkoord</button>" not in own
    page = client.get("/logboek/vragen", headers=OFFICER).text
    assert WHY in page
    (path,) = re.findall(r'action="(/logboek/vragen/[^"]+/akkoord)"', page)
    assert client.post(path, headers=AUDITOR).status_code == 409
    assert client.post(path, headers=OFFICER).status_code == 303
    assert client.post(path, headers=OFFICER).status_code == 404

    with services.database.reading() as session:
        assert actions.may_open_on_question(
            session, visitor=somebody("auditor"), reference="ABC123", now=services.clock.now()
        )


def test_a_question_that_lacks_something_comes_back_as_it_was_typed(client) -> None:
    form = {"reference": "ABC123", "reason": "kort"}
    page = client.post("/logboek/vragen", data=form, headers=AUDITOR)

    assert page.status_code == 422
    assert "Schrijf een reden van minstens 10" in page.text
    assert 'value="ABC123"' in page.text


def test_staff_say_where_they_live_and_may_take_it_back(client) -> None:
    form = {"step": "keep", "postcode": "8021 AC", "number": "14"}
    assert client.post("/eigen-adres", data=form, headers=TEAM).status_code == 303
    assert "U hebt een adres opgegeven." in client.get("/eigen-adres", headers=TEAM).text
    assert client.post("/eigen-adres", data={"step": "forget"}, headers=TEAM).status_code == 303
    assert "U heeft een adres" not in client.get("/eigen-adres", headers=TEAM).text
    wrong = client.post("/eigen-adres", data={**form, "postcode": "x"}, headers=TEAM)
    assert wrong.status_code == 422


def test_the_log_is_open_to_auditors_and_data_protection_officers_only(client) -> None:
    for endpoint, view in client.application.view_functions.items():
        if endpoint.startswith("log.") and not endpoint.endswith("_home"):
            rule = rule_of(view)
            assert rule
            assert rule.roles == {Role.AUDITOR, Role.DATA_PROTECTION_OFFICER}
            assert rule.purpose == "audit"
