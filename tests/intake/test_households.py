"""A household asks what is held about it; a person answers, and reporters stay shielded."""

import json
import re
from html import unescape

import pytest
from sqlmodel import SQLModel, select
from structlog.testing import capture_logs

from signaal.access.model import Act
from signaal.app import create_app
from signaal.errors import TooManyReports, UnknownRequest
from signaal.intake import actions, store
from signaal.intake.model import HouseholdRequest, Identity, Kind, RequestState
from signaal.places.model import AddressWords
from signaal.places.store import BlockRow, DwellingRow, PastHomeRow
from signaal.visitor import Visitor
from tests.intake.conftest import NEIGHBOUR, acts
from tests.intake.test_desk_scope import at_home

ASKED = HouseholdRequest(AddressWords("8021AC", 14), "+31612349999", "wat weet u?")
OFFICER = {"visitor": Visitor(role="data_protection_officer", districts=None), "purpose": "p"}
FORM = {"postcode": "8021 ac", "number": "14", "contact": "06 12349999", "text": "wat weet u?"}
NEW_BLOCK = {
    "code": "BU01930101-new",
    "neighbourhood_code": "BU01930101",
    "dwellings": 14,
    "small": False,
    "wkb": b"",
}
NUMBER = re.compile(r'id="request-number">([0-9A-Z]{6})<')


def ask(services, **more):
    return actions.ask(services, ASKED, purpose="p", **more)


def only(services):
    return actions.household_requests(services)[0].id


@pytest.fixture
def browser(services, town):
    app = create_app(services)
    app.config["WTF_CSRF_ENABLED"] = False
    return app.test_client()


def words_of(answer) -> str:
    return unescape(answer.get_data(as_text=True))


def test_what_a_household_asks_lies_under_a_seal_and_is_due_in_thirty_days(services, town, clock):
    reference = ask(services)

    (listed,) = actions.household_requests(services)
    assert (listed.reference, listed.days_left, listed.state) == (
        *(reference, 30, RequestState.OPEN),
    )
    with services.database.reading() as session:
        tables = SQLModel.metadata.sorted_tables
        kept = repr(
            [
                session.execute(select(table)).all()
                for table in tables
                if "home" in table.name or "request" in table.name
            ]
        )
    for word in ("8021AC", "12349999", "wat weet u"):
        assert word not in kept
    assert [entry.subject for entry in acts(services, Act.HOUSEHOLD_REQUEST_MADE)] == [reference]


def test_the_officer_sees_what_is_held_about_that_dwelling_and_nothing_of_the_reporter(
    services, texts_in
):
    texts_in("8021 AC 14 al weken herrie")
    texts_in("8021 AC 16 stank", sender="+31612345002")
    texts_in("8021 AC 14 ik maak me zorgen om haar", sender="+31612345003")
    ask(services)

    opened = actions.open_request(services, only(services), **OFFICER)

    assert opened.asked == ASKED
    assert [held.kind for held in opened.held] == [Kind.NUISANCE, Kind.CONCERN]
    assert {held.month for held in opened.held} == {(2026, 11)}
    assert set(vars(opened.held[0])) == {"kind", "category", "month", "status"}
    for shielded in ("herrie", NEIGHBOUR, "sms", "16"):
        assert shielded not in repr(opened.held)
    (entry,) = acts(services, Act.HOUSEHOLD_REQUEST_OPENED)
    assert json.loads(entry.details) == {"reports": 2, "seals": 3}


def test_a_look_at_what_the_own_household_asks_stands_out(services, town):
    ask(services)
    visitor = at_home(services, "data_protection_officer")

    actions.open_request(services, only(services), visitor=visitor, purpose="p")

    (entry,) = acts(services, Act.HOUSEHOLD_REQUEST_OPENED)
    assert json.loads(entry.details)["own_address"] == 1


def test_what_was_reported_before_the_blocks_were_drawn_anew_is_told_too(services, texts_in, town):
    texts_in("8021 AC 14 al weken herrie")
    with services.database.session() as session, session.begin():
        session.add(BlockRow(**NEW_BLOCK))
        session.flush()
        new = session.exec(select(BlockRow.id).where(BlockRow.code == NEW_BLOCK["code"])).one()
        for home in session.exec(select(DwellingRow).where(DwellingRow.postcode == "8021AC")):
            home.block_id = new
        session.get(BlockRow, town["8021AC"]).current = False
    texts_in("8021 AC 14 ik maak me zorgen", sender="+31612345003")
    ask(services)

    opened = actions.open_request(services, only(services), **OFFICER)

    assert [held.kind for held in opened.held] == [Kind.NUISANCE, Kind.CONCERN]


def test_a_report_from_when_the_neighbourhood_had_another_border_is_told_too(
    services, texts_in, town
):
    texts_in("8021 AC 14 al weken herrie")
    with services.database.session() as session, session.begin():
        for home in session.exec(select(DwellingRow).where(DwellingRow.postcode == "8021AC")):
            session.add(PastHomeRow(block_id=home.block_id, dwelling_id=home.id))
            home.block_id, home.neighbourhood_code = town["8022BX"], "BU01930102"
    ask(services)

    opened = actions.open_request(services, only(services), **OFFICER)

    assert [held.kind for held in opened.held] == [Kind.NUISANCE]


def test_an_address_that_is_no_single_dwelling_is_said_to_be_so(services, town):
    for words in (AddressWords("8021AC", 99), AddressWords("9999ZZ", 1)):
        actions.ask(services, HouseholdRequest(words, "an@example.nl", ""), purpose="p")

    found = actions.household_requests(services)
    assert len(found) == 2
    for listed in found:
        assert actions.open_request(services, listed.id, **OFFICER).held is None


def test_an_answer_is_kept_once_with_how_it_was_known_who_asked(services, town, clock):
    ask(services)
    for answer in ("Er is niets. Verteld aan de balie.", "Een ander antwoord."):
        actions.answer_request(
            services, only(services), identity=Identity.AT_THE_DESK, answer=answer, **OFFICER
        )

    opened = actions.open_request(services, only(services), **OFFICER)

    assert opened.answer == "Er is niets. Verteld aan de balie."
    assert (opened.identity, opened.answered_at) == (Identity.AT_THE_DESK, clock.now())
    assert len(acts(services, Act.HOUSEHOLD_REQUEST_ANSWERED)) == 1


def test_what_is_late_is_said_in_the_log_once_a_day_until_it_is_answered(services, town, clock):
    ask(services)
    clock.turn(days=30)
    assert actions.shout_late_requests(services) == 0
    clock.turn(minutes=1)

    with capture_logs() as lines:
        assert [actions.shout_late_requests(services) for _ in range(3)] == [1, 0, 0]
    clock.turn(days=1)
    assert actions.shout_late_requests(services) == 1
    actions.answer_request(
        services, only(services), identity=Identity.BY_LETTER, answer="Niets.", **OFFICER
    )
    clock.turn(days=1)
    assert actions.shout_late_requests(services) == 0

    (line,) = lines
    assert (line["log_level"], line["requests"]) == ("error", [str(only(services))])


def test_a_request_that_isnt_there_is_not_opened_nor_answered(services, town):
    from uuid import UUID

    with pytest.raises(UnknownRequest):
        actions.open_request(services, UUID(int=7), **OFFICER)
    with pytest.raises(UnknownRequest):
        actions.answer_request(
            services, UUID(int=7), identity=Identity.AT_HOME, answer="x", **OFFICER
        )


def test_one_internet_address_asks_six_times_an_hour(services, town):
    for _ in range(6):
        ask(services, address="192.0.2.7")

    with pytest.raises(TooManyReports):
        ask(services, address="192.0.2.7")
    assert ask(services, address="192.0.2.8")


# -- over HTTP ------------------------------------------------------------------------------


def test_a_household_asks_and_the_officer_answers_on_the_pages(browser, texts_in, services):
    texts_in("8021 AC 14 al weken herrie")
    asked = browser.post("/inzage", data=FORM)
    number = NUMBER.search(words_of(asked)).group(1)
    browser.post("/aanmelden", data={"role": "data_protection_officer"})

    listed = words_of(browser.get("/inzageverzoeken"))
    assert number in listed
    assert "Nog 30 dagen" in listed
    path = f"/inzageverzoeken/{only(services)}"
    page = words_of(browser.get(path))
    for words in ("8021AC 14", "+31612349999", "wat weet u?", "Overlast", "11-2026"):
        assert words in page
    for shielded in ("al weken", NEIGHBOUR, "Sms"):
        assert shielded not in page
    assert browser.post(path, data={"identity": "at_home", "answer": ""}).status_code == 422
    assert browser.post(path, data={"identity": "guessed", "answer": "x"}).status_code == 400
    done = browser.post(path, data={"identity": "at_home", "answer": "Verteld aan huis."})
    assert done.status_code == 303
    assert "Verteld aan huis." in words_of(browser.get(path))
    assert "Beantwoord" in words_of(browser.get("/inzageverzoeken"))


def test_what_hurries_and_what_is_late_stands_out(browser, services, clock):
    ask(services)
    browser.post("/aanmelden", data={"role": "data_protection_officer"})
    clock.turn(days=24)
    browser.post("/aanmelden", data={"role": "data_protection_officer"})

    assert '<span class="badge alarm">Nog 6 dagen' in words_of(browser.get("/inzageverzoeken"))
    clock.turn(days=7)
    browser.post("/aanmelden", data={"role": "data_protection_officer"})
    assert "Te laat" in words_of(browser.get("/inzageverzoeken"))


@pytest.mark.parametrize("role", ["", "team_member", "coordinator", "auditor", "administrator"])
def test_only_the_data_protection_officer_sees_what_households_ask(browser, services, role):
    ask(services)
    if role:
        browser.post("/aanmelden", data={"role": role})

    path = f"/inzageverzoeken/{only(services)}"
    answers = [
        browser.get("/inzageverzoeken"),
        browser.get(path),
        browser.post(path, data={"identity": "at_home", "answer": "x"}),
    ]
    assert [answer.status_code for answer in answers] == [403, 403, 403]


@pytest.mark.parametrize("missing", ["postcode", "number", "contact"])
def test_what_is_missing_is_said_and_what_was_typed_stays(browser, services, missing):
    answer = browser.post("/inzage", data=FORM | {missing: "?"})

    page = words_of(answer)
    assert answer.status_code == 422
    assert f'href="#{missing}"' in page
    assert "wat weet u?" in page
    assert actions.household_requests(services) == []


def test_an_unknown_request_is_nowhere(browser):
    browser.post("/aanmelden", data={"role": "data_protection_officer"})
    path = "/inzageverzoeken/00000000-0000-0000-0000-000000000007"

    assert browser.get(path).status_code == 404
    assert browser.post(path, data={"identity": "at_home", "answer": "x"}).status_code == 404


def test_a_request_has_no_column_that_says_who_or_where():
    names = {column.name for column in SQLModel.metadata.tables["household_request"].columns}

    assert names == {
        *("id", "reference", "key_id", "asked", "asked_at", "due_at", "state"),
        *("answered_at", "identity", "answer", "shouted_at"),
    }
    assert store.HouseholdRequestRow.model_fields["asked"].annotation == bytes | None
