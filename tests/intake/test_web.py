"""The pages and the webhook of intake, as a browser without JavaScript and a carrier see them."""

import re
import secrets
from dataclasses import replace
from html import unescape

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import SQLModel, select

from signaal.app import create_app
from signaal.db import Database
from signaal.intake.model import Urgency
from tests.intake.conftest import LINE, NEIGHBOUR

CODE = re.compile(r'id="receipt-code">([0-9A-Z-]+)<')
FILLED = {
    "form_id": "form-1",
    "kind": "nuisance",
    "postcode": "8021 ac",
    "number": "14",
    "since": "weeks",
    "text": "harde muziek",
}
TEXT = {"MessageSid": "SM1", "From": NEIGHBOUR, "To": LINE, "Body": "8021 AC 14 herrie"}


@pytest.fixture
def app(services):
    made = create_app(services)
    made.config["WTF_CSRF_ENABLED"] = False
    return made


@pytest.fixture
def browser(app, town):
    return app.test_client()


def words_of(answer) -> str:
    return unescape(answer.get_data(as_text=True))


def send(browser, **changes):
    return browser.post("/melden/bedankt", data=FILLED | changes)


# -- the home page and the form -------------------------------------------------------------


def test_the_home_page_says_how_to_report_and_where_colleagues_sign_in(browser):
    page = words_of(browser.get("/"))

    for door in ("/melden", "/volgen", "/aanmelden", f"tel:{LINE}", f"sms:{LINE}"):
        assert f'href="{door}"' in page
    assert "+31 970 102 00300" in page


def test_the_form_begins_with_the_numbers_for_danger(browser):
    page = words_of(browser.get("/melden"))

    for number in ("112", "113", "0800-0113", "0900-8844"):
        assert number in page[: page.index("<form")]
    for words in ("Ik heb last van iets of iemand", "Ik heb zelf geldzorgen", "Sinds wanneer"):
        assert words in page


def test_every_field_of_the_form_has_its_label_and_every_description_exists(browser):
    page = words_of(browser.post("/melden/bedankt", data={}))

    ids = set(re.findall(r' id="([^"]+)"', page))
    for target in re.findall(r' for="([^"]+)"', page):
        assert target in ids
    for described in re.findall(r'aria-describedby="([^"]+)"', page):
        assert set(described.split()) <= ids
    for link in re.findall(r'href="#([^"]+)"', page):
        assert link in ids
    fields = re.findall(r'<(?:input|select|textarea)(?![^>]*type="hidden")[^>]* id="([^"]+)"', page)
    assert set(fields) <= set(re.findall(r' for="([^"]+)"', page))


def test_no_page_runs_script_or_style_of_its_own(browser):
    for path in ("/", "/melden", "/volgen"):
        page = words_of(browser.get(path))
        assert not re.search(r"<script|<style| style=| on[a-z]+=", page)


def test_the_form_speaks_english_too(browser):
    page = words_of(browser.get("/melden?taal=en"))

    assert "Noise" in page


def test_a_filled_in_form_shows_the_receipt_once_and_not_in_an_address(browser, reports):
    answer = send(browser)

    assert answer.status_code == 200
    code = CODE.search(words_of(answer)).group(1)
    assert "Location" not in answer.headers
    assert code not in repr(answer.headers)
    assert answer.headers["Cache-Control"] == "no-store"
    assert code.startswith(reports()[0].reference)


def test_the_same_form_sent_twice_shows_the_same_receipt(browser, reports):
    first, second = send(browser), send(browser)

    assert CODE.search(words_of(first)).group(1) == CODE.search(words_of(second)).group(1)
    assert len(reports()) == 1


def test_each_form_has_a_random_sign_of_its_own(browser):
    signs = {
        re.search(r'name="form_id" value="([^"]+)"', words_of(browser.get("/melden"))).group(1)
        for _ in range(3)
    }

    assert len(signs) == 3


def test_reloading_the_answer_without_a_form_goes_back_to_the_form(browser):
    answer = browser.get("/melden/bedankt")

    assert (answer.status_code, answer.headers["Location"]) == (303, "/melden")


def test_the_receipt_can_be_read_in_the_other_language_and_back(browser, reports):
    code = CODE.search(words_of(send(browser, text="hij heeft een mes"))).group(1)

    english = words_of(browser.get("/melden/bedankt?taal=en"))
    dutch = words_of(browser.get("/melden/bedankt?taal=nl"))

    assert CODE.search(english).group(1) == CODE.search(dutch).group(1) == code
    assert 'class="notice alarm big"' in english
    assert 'lang="en"' in english
    assert "Dank u wel" in dutch
    assert len(reports()) == 1


def test_neither_code_nor_secret_stands_in_the_cookie(browser):
    code = CODE.search(words_of(send(browser))).group(1)

    with browser.session_transaction() as kept:
        held = repr(dict(kept))
    assert "thanked" in held
    for part in code.split("-"):
        assert part not in held


@pytest.mark.parametrize("path", ["/", "/melden", "/volgen", "/nergens"])
def test_the_receipt_stays_behind_when_somebody_goes_on(browser, path):
    send(browser)
    browser.get(path)

    assert browser.get("/melden/bedankt?taal=en").headers["Location"] == "/melden"


def test_the_receipt_stays_for_a_quarter_of_an_hour_and_for_one_browser(app, browser, clock):
    send(browser)
    assert app.test_client().get("/melden/bedankt").status_code == 303

    clock.turn(minutes=14, seconds=59)
    assert browser.get("/melden/bedankt").status_code == 200
    clock.turn(seconds=1)
    assert browser.get("/melden/bedankt").status_code == 303


def test_what_was_typed_stays_in_a_form_that_is_shown_again(browser):
    chosen = {"category": "waste", "street": "Rozenstraat", "contact": "an@example.nl"}

    page = words_of(send(browser, **chosen, unsure="1", since="", number="14 II"))

    for value in ("8021 ac", "14 II", "Rozenstraat", "an@example.nl", "form-1"):
        assert f'value="{value}"' in page
    assert 'value="waste" selected' in page
    assert 'value="nuisance" aria-describedby="kind-nuisance-hint" checked' in page
    assert 'name="unsure" value="1" checked' in page
    assert ">harde muziek</textarea>" in page


@pytest.mark.parametrize(
    ("changes", "sentence", "link"),
    [
        ({"kind": ""}, "Kies wat er aan de hand is.", "kind-nuisance"),
        ({"kind": "gossip"}, "Kies wat er aan de hand is.", "kind-nuisance"),
        ({"postcode": ""}, "Vul een postcode in, of een straat.", "postcode"),
        ({"postcode": "80 21"}, "vier cijfers en twee letters", "postcode"),
        ({"postcode": "9999 ZZ"}, "Deze postcode kennen we niet", "postcode"),
        ({"number": ""}, "Vul ook het huisnummer in", "number"),
        ({"number": "99"}, "Vul ook de letter of toevoeging bij het huisnummer in.", "number"),
        ({"number": "veertien"}, "Een huisnummer begint met een getal", "number"),
        ({"postcode": "", "street": "Nergensstraat"}, "Deze straat kennen we niet", "street"),
        ({"since": ""}, "Kies sinds wanneer", "since-today"),
        ({"text": "a" * 1_001}, "Uw tekst heeft 1001 tekens", "text"),
        ({"contact": "bel maar"}, "een heel telefoonnummer of e-mailadres", "contact"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence_that_leads_to_the_field(
    browser, reports, changes, sentence, link
):
    answer = send(browser, **changes)

    page = words_of(answer)
    assert answer.status_code == 422
    assert re.search(rf'<a href="#{link}">[^<]*{re.escape(sentence)}', page)
    assert "<title>Fout:" in page
    kept = FILLED | changes
    assert f'value="{kept["form_id"]}"' in page
    assert kept["text"] in page
    assert reports() == []


def test_a_place_that_cant_be_found_may_be_sent_anyway(browser, reports):
    answer = send(browser, postcode="9999 ZZ", unsure="1")

    assert answer.status_code == 200
    assert reports()[0].block_id is None


def test_danger_in_the_text_shows_the_numbers_big(browser, reports):
    page = words_of(send(browser, text="hij heeft een mes"))

    assert 'class="notice alarm big"' in page
    assert "0800-0113" in page
    assert reports()[0].urgency is Urgency.ACUTE


def test_a_category_of_another_kind_is_left_out(browser, reports):
    send(browser, category="money_worries")

    assert reports()[0].category == "noise"


def test_what_is_typed_is_shown_and_never_executed(browser):
    page = send(browser, kind="", text="<script>alert(1)</script>{{ 7*7 }}").get_data(as_text=True)

    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page
    assert "{{ 7*7 }}" in page


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    fields=st.dictionaries(
        st.sampled_from([*FILLED, "category", "street", "unsure", "contact"]),
        st.text(st.characters(exclude_categories=["Cs"]), max_size=60),
        max_size=10,
    )
)
def test_no_form_breaks_the_page(browser, fields):
    somewhere = {"REMOTE_ADDR": f"2001:db8:{secrets.token_hex(2)}:{secrets.token_hex(2)}::1"}
    answer = browser.post("/melden/bedankt", data=FILLED | fields, environ_base=somewhere)
    assert answer.status_code in {200, 422}


def test_a_form_without_the_sites_own_token_is_refused(services, town, reports):
    strict = create_app(services).test_client()

    assert strict.post("/melden/bedankt", data=FILLED).status_code == 400
    assert reports() == []


# -- following ------------------------------------------------------------------------------


def test_the_receipt_shows_status_kind_date_and_neighbourhood_only(browser):
    code = CODE.search(words_of(send(browser))).group(1)

    page = words_of(browser.post("/volgen", data={"code": code.lower()}))

    for words in ("Uw melding is binnen", "Overlast", "16-11-2026", "Rozenbuurt"):
        assert words in page
    for hidden in ("muziek", "Rozenstraat", code):
        assert hidden not in page
    assert page.count(code.lower()) == page.count(f'name="code" value="{code.lower()}"') == 3


def test_a_wrong_code_is_said_so_and_too_many_tries_too(browser):
    for _ in range(5):
        answer = browser.post("/volgen", data={"code": "000000-0000-0000-0000"})
        assert (answer.status_code, "kennen we niet" in words_of(answer)) == (422, True)

    answer = browser.post("/volgen", data={"code": "000000-0000-0000-0000"})
    assert (answer.status_code, "kwartier" in words_of(answer)) == (429, True)


def test_a_code_in_the_address_is_not_read(browser):
    code = CODE.search(words_of(send(browser))).group(1)

    assert "Rozenbuurt" not in words_of(browser.get(f"/volgen?code={code}"))


# -- placing by hand ------------------------------------------------------------------------


@pytest.fixture
def colleague(browser):
    browser.post("/aanmelden", data={"role": "team_member"})
    return browser


@pytest.mark.parametrize("role", ["", "police_officer", "policy_officer", "administrator"])
def test_only_the_team_and_the_coordinator_see_what_must_be_placed(
    browser, texts_in, reports, role
):
    texts_in("herrie bij de buren")
    if role:
        browser.post("/aanmelden", data={"role": role})

    path = f"/te-plaatsen/{reports()[0].id}"
    assert browser.get("/te-plaatsen").status_code == 403
    assert browser.post(path, data={"postcode": "8021AC", "number": "14"}).status_code == 403
    assert reports()[0].block_id is None


def test_a_colleague_reads_and_places_a_report(colleague, texts_in, reports, town):
    texts_in("<b>herrie</b> bij de buren")
    page = words_of(colleague.get("/te-plaatsen"))
    assert "herrie" in page
    assert "<b>herrie" not in colleague.get("/te-plaatsen").get_data(as_text=True)
    assert NEIGHBOUR not in page

    answer = colleague.post(
        f"/te-plaatsen/{reports()[0].id}",
        data={"postcode": "8021 AC", "number": "14"},
        follow_redirects=True,
    )

    assert "De melding staat nu in Rozenbuurt." in words_of(answer)
    assert "Alle meldingen hebben een plaats." in words_of(answer)
    assert reports()[0].block_id == town["8021AC"]


def test_a_place_that_isnt_there_is_said_beside_the_field(colleague, texts_in, reports):
    texts_in("herrie bij de buren")

    answer = colleague.post(
        f"/te-plaatsen/{reports()[0].id}", data={"postcode": "9999 ZZ", "number": "1"}
    )

    assert answer.status_code == 422
    assert "Deze postcode kennen we niet" in words_of(answer)
    assert 'value="9999 ZZ"' in words_of(answer)


def test_a_report_that_somebody_placed_meanwhile_keeps_its_place_and_the_page_says_so(
    colleague, texts_in, reports, town
):
    texts_in("herrie bij de buren")
    path = f"/te-plaatsen/{reports()[0].id}"
    colleague.post(path, data={"postcode": "8021 AC", "number": "14"}, follow_redirects=True)

    for postcode, number in (("8022 BX", "3"), ("9999 ZZ", "1")):
        answer = colleague.post(
            path, data={"postcode": postcode, "number": number}, follow_redirects=True
        )
        assert "Deze melding heeft al een plaats. Iemand was u voor." in words_of(answer)

    assert reports()[0].block_id == town["8021AC"]


def test_a_report_that_isnt_there_cant_be_placed(colleague):
    path = "/te-plaatsen/00000000-0000-0000-0000-000000000007"

    assert colleague.post(path, data={"postcode": "8021AC", "number": "14"}).status_code == 404


# -- the carrier ----------------------------------------------------------------------------


def deliver(browser, signature="genuine", **changes):
    form = {name: words for name, words in (TEXT | changes).items() if words is not None}
    return browser.post("/haak/sms", data=form, headers={"X-Twilio-Signature": signature})


def test_a_text_message_is_answered_with_nothing_to_say_after_it_was_kept(browser, reports):
    answer = deliver(browser)

    assert (answer.status_code, answer.mimetype) == (200, "text/xml")
    assert words_of(answer).endswith("<Response/>")
    assert len(reports()) == 1


def test_a_repeated_webhook_gets_the_same_answer_and_no_second_report(browser, reports):
    first, second = deliver(browser), deliver(browser)

    assert first.data == second.data
    assert len(reports()) == 1


@pytest.mark.parametrize("signature", ["forged", ""])
def test_a_forged_webhook_is_refused_without_a_write(browser, reports, signature):
    assert deliver(browser, signature).status_code == 403
    assert reports() == []


@pytest.mark.parametrize("missing", ["MessageSid", "From"])
def test_a_webhook_without_id_or_sender_is_refused_without_a_write(browser, reports, missing):
    for absent in (None, ""):
        assert deliver(browser, **{missing: absent}).status_code == 400
    assert reports() == []


def test_a_picture_without_words_is_kept_and_asked_about(browser, reports, replies):
    assert deliver(browser, Body=None, NumMedia="1").status_code == 200

    assert len(reports()) == 1
    assert "geen foto's" in replies()[0]


def test_a_message_without_a_line_came_in_on_the_one_line_there_is(browser, reports, replies):
    assert deliver(browser, To=None).status_code == 200
    assert len(replies()) == 1


def test_a_text_to_an_odd_number_is_kept_and_answered_from_our_own_line(browser, reports, services):
    assert deliver(browser, To="+3197099999999").status_code == 200
    assert deliver(browser, MessageSid="SM2", Body="en weer").status_code == 200

    assert len(reports()) == 1
    with services.database.reading() as session:
        outbox = SQLModel.metadata.tables["outbox"]
        assert session.execute(select(outbox.c.line)).scalars().all() == [LINE, LINE]


@pytest.mark.parametrize("body", ["a" * 10_000, "😀" * 500, "\x00\x00", "\x1b[31m", "🏳️‍🌈"])
def test_odd_messages_are_kept(browser, reports, body):
    assert deliver(browser, Body=body).status_code == 200
    assert len(reports()) == 1


def test_lone_surrogates_on_the_wire_are_kept(browser, reports):
    answer = browser.post(
        "/haak/sms",
        data=b"MessageSid=SM1&From=%2B31612345001&Body=herrie+%ED%A0%BD",
        content_type="application/x-www-form-urlencoded",
        headers={"X-Twilio-Signature": "genuine"},
    )

    assert answer.status_code == 200
    assert len(reports()) == 1


def test_a_body_that_is_too_large_is_refused_before_it_is_read(browser, reports):
    assert deliver(browser, Body="a" * 70_000).status_code == 413
    assert reports() == []


def test_a_database_that_is_away_is_said_so_and_nothing_is_acknowledged(services, tmp_path):
    away = replace(services, database=Database(f"sqlite:///{tmp_path / 'no' / 'such.db'}"))
    browser = create_app(away).test_client()

    answer = deliver(browser)

    assert answer.status_code == 503
    assert "Retry-After" in answer.headers
