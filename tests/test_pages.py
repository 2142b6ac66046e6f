"""When something is wrong, a page still says in words what happened and what to do."""

from dataclasses import replace

from pytest import fixture, mark

from signaal.access import actions as access
from signaal.access.model import Purpose, Role
from signaal.app import LANGUAGES, create_app
from signaal.db import Database
from signaal.web import EVERYONE, open_to

NUMBERS_THAT_HELP = ("112", "0800-0113", "0900-8844")


@fixture
def visitor(services):
    return create_app(services).test_client()


def as_staff(services, client, role=Role.TEAM_MEMBER):
    with client.session_transaction() as session:
        session["sid"] = access.start_demo_session(services, role=role)
    return client


def test_with_the_database_away_a_page_in_both_languages_comes_out_even_for_staff(services):
    nowhere = Database("postgresql://nobody@127.0.0.1:1/nothing")
    client = create_app(replace(services, database=nowhere)).test_client()
    as_staff(services, client)

    answer = client.get("/nachtlijn")

    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    for words in ("Even niet bereikbaar", "Away for a moment", *NUMBERS_THAT_HELP):
        assert words in answer.text


def test_when_something_breaks_the_page_says_whose_fault_it_is(services):
    app = create_app(services)

    @open_to(EVERYONE, purpose=Purpose.SHOW)
    def breaks():
        raise RuntimeError("8021 AC 14")

    app.add_url_rule("/breekt", view_func=breaks)
    answer = app.test_client().get("/breekt")

    assert answer.status_code == 500
    assert "Er ging iets mis bij ons" in answer.text
    assert "8021 AC" not in answer.text


def test_a_form_that_is_too_old_says_that_nothing_was_sent(visitor):
    answer = visitor.post("/melden/bedankt", data={"kind": "nuisance"})

    assert answer.status_code == 400
    assert "Er is niets verstuurd." in answer.text


def test_what_is_too_large_is_said_to_be_too_large(visitor):
    answer = visitor.post("/melden/bedankt", data={"text": "a" * 70_000})

    assert answer.status_code == 413
    assert "Dit is te groot" in answer.text


@mark.parametrize("language", LANGUAGES)
def test_every_page_says_in_which_language_it_is_and_whom_to_call(visitor, language):
    for path in ("/", "/melden", "/volgen", "/aanmelden", "/bestaat-niet", "/nachtlijn"):
        page = visitor.get(path, query_string={"taal": language}).text
        assert f'<html lang="{language}">' in page
        for number in NUMBERS_THAT_HELP:
            assert number in page


def test_the_other_language_keeps_what_was_asked_for(services, visitor):
    page = as_staff(services, visitor).get("/kaart?soort=concern&periode=2").text

    assert 'href="?soort=concern&amp;periode=2&amp;taal=en"' in page


def test_a_language_is_kept_also_by_a_page_that_goes_on_to_another(visitor):
    arrived = visitor.get("/melden/bedankt?taal=en", follow_redirects=True)

    assert '<html lang="en">' in arrived.text


@mark.parametrize("role", list(Role))
def test_a_role_begins_on_a_page_that_it_may_see_and_keeps_its_language(services, role):
    app = create_app(services)
    app.config["WTF_CSRF_ENABLED"] = False
    client = app.test_client()
    client.get("/?taal=en")

    arrived = client.post("/aanmelden", data={"role": role.value}, follow_redirects=True)

    assert arrived.status_code in {200, 503}  # 503: the figures have not been made yet
    assert '<html lang="en">' in arrived.text


@mark.parametrize("role", list(Role))
def test_every_role_has_a_name_and_a_line_on_what_it_sees(visitor, role):
    page = visitor.get("/aanmelden").text
    card = page.partition(f'value="{role.value}"')[0].rpartition('<li class="card')[2]

    name = card.partition("<h2>")[2].partition("</h2>")[0]
    line = card.partition('<p class="muted">')[2].partition("</p>")[0]
    assert name not in {"", "Bewoner"}
    assert line.endswith(".")
