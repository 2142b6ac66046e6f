"""At most so many forms an hour, a friendly question about the words, and odd signs everywhere."""

import unicodedata
from dataclasses import replace
from html import unescape

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from signaal import wiring
from signaal.access import actions as access
from signaal.access.model import Act
from signaal.app import create_app
from signaal.errors import BrokenPolicies
from signaal.intake import actions, store
from signaal.intake.model import Categories, Correction, PromptWords, keepable
from signaal.intake.reading import describes_somebody
from signaal.policies import read_policies
from signaal.privacy.model import mask
from signaal.resources import ALERTS
from tests.intake.conftest import acts
from tests.intake.test_actions_forms import FORM

FILLED = {
    "kind": "nuisance",
    "postcode": "8021 AC",
    "number": "14",
    "since": "weeks",
    "text": "harde muziek",
}
WORDS = read_policies(ALERTS, [PromptWords])[PromptWords]


@pytest.fixture
def browser(services, town):
    kinds = {*wiring.POLICY_TYPES, PromptWords}
    tools = replace(services, policies=read_policies(ALERTS, sorted(kinds, key=lambda k: k.FILE)))
    app = create_app(tools)
    app.config["WTF_CSRF_ENABLED"] = False
    return app.test_client()


def send(browser, number, **changes):
    data = FILLED | {"form_id": f"form-{number}"} | changes
    return browser.post("/melden/bedankt", data=data)


def words_of(answer) -> str:
    return unescape(answer.get_data(as_text=True))


# -- at most six an hour --------------------------------------------------------------------


def test_the_seventh_report_of_an_hour_comes_back_with_all_that_was_typed(
    browser, reports, services, clock
):
    assert [send(browser, number).status_code for number in range(6)] == [200] * 6

    answer = send(browser, 7, text="nu is het heel erg", contact="an@example.nl")

    page = words_of(answer)
    assert answer.status_code == 429
    for kept in ("nu is het heel erg", "an@example.nl", 'value="8021 AC"', 'value="form-7"'):
        assert kept in page
    assert 'href="tel:112"' in page
    assert 'href="tel:+3197010200300"' in page
    assert len(reports()) == len(acts(services, Act.REPORT_TAKEN_IN)) == 6
    clock.turn(hours=1)
    assert send(browser, 7).status_code == 200


def test_a_form_that_comes_again_or_was_not_kept_is_not_counted(browser, reports):
    for _ in range(9):
        assert send(browser, 1).status_code == 200
        assert send(browser, 2, postcode="9999 ZZ").status_code == 422

    assert len(reports()) == 1


def test_another_internet_address_and_a_colleague_are_not_kept_waiting(browser, services):
    for number in range(6):
        send(browser, number)

    data = FILLED | {"form_id": "elsewhere"}
    elsewhere = {"REMOTE_ADDR": "192.0.2.9"}
    assert browser.post("/melden/bedankt", data=data, environ_base=elsewhere).status_code == 200
    with browser.session_transaction() as kept:
        kept["sid"] = access.start_demo_session(services, role="team_member")
    assert send(browser, 8).status_code == 200


def test_a_municipality_may_allow_more(services, browser, town):
    more = replace(services, settings=services.settings.model_copy(update={"reports_per_hour": 8}))
    app = create_app(more)
    app.config["WTF_CSRF_ENABLED"] = False
    client = app.test_client()

    assert [send(client, number).status_code for number in range(9)] == [200] * 8 + [429]


# -- what the form asks once ----------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "Die Marokkaanse jongens maken herrie",
        "hij is schizofreen",
        "ze dragen een hoofddoek",
        "Syriërs op nummer 3",
        "he is Muslim",
        "a refugee family",
    ],
)
def test_a_text_about_somebodys_origin_faith_or_illness_is_asked_about(text):
    assert describes_somebody(text, WORDS)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "elke nacht muziek tot drie uur",
        "stank van het Chinees restaurant",
        "mijn medicijnen gestolen",
        "de Poolse supermarkt is laat open",
        "ze roept om hulp en ik hoor glas breken",
        "turkooizen auto staat fout",
    ],
)
def test_a_text_about_what_happens_is_not(text):
    assert not describes_somebody(text, WORDS)


def test_the_form_asks_once_and_never_keeps_a_report_back(browser, reports):
    text = "de Turkse buren maken herrie"

    asked = send(browser, 1, text=text, contact="an@example.nl")

    page = words_of(asked)
    assert asked.status_code == 422
    assert "Toch zo versturen" in page
    assert text in page
    assert 'value="an@example.nl"' in page
    assert reports() == []
    assert send(browser, 1, text=text, sure="1").status_code == 200
    assert len(reports()) == 1


def test_whoever_takes_the_words_out_is_not_asked_again(browser, reports):
    send(browser, 1, text="de Turkse buren maken herrie")

    assert send(browser, 1, text="de buren maken herrie").status_code == 200


def test_a_phrase_that_can_never_be_found_is_refused(tmp_path):
    (tmp_path / "words.toml").write_text(
        'origin = ["Turks"]\nfaith = []\nillness = ["a*"]\nharmless = ["x", "x"]\n'
    )

    with pytest.raises(BrokenPolicies) as broken:
        read_policies(tmp_path, [PromptWords])

    assert "origin" in str(broken.value)


def test_the_words_are_no_categories(services):
    assert PromptWords.FILE != Categories.FILE


# -- odd signs ------------------------------------------------------------------------------

PIECES = ["\x00", "\ud800", "\udfff", "é", "e\u0301", "\u202e", "\U0001f9d1\u200d", "\ufb01"]
ODD = st.lists(st.one_of(st.text(max_size=9), st.sampled_from(PIECES)), max_size=9).map("".join)


def normal(text: str) -> str:
    """What may be stored of it."""
    whole = text.encode("utf-8", "replace").decode("utf-8").replace("\x00", "")
    return mask(unicodedata.normalize("NFC", whole).strip())[:1_000].strip()


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=ODD)
def test_odd_signs_are_kept_as_their_normal_form_and_break_nothing(services, town, opened, text):
    assert keepable(text) == normal(text) == keepable(keepable(text))
    receipt = actions.take_in_form(services, replace(FORM, text=normal(text)))
    if normal(text):
        actions.add_to(services, receipt.code, text)
        actions.correct(services, receipt.code, Correction(text=text))
    with services.database.reading() as session:
        row = store.by_reference(session, receipt.public)
        session.expunge_all()
    assert opened(row)[0] == normal(text)
    actions.withdraw(services, receipt.code)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    fields=st.dictionaries(
        st.sampled_from(["code", "text", "postcode", "number", "contact", "sure", "reference"]),
        ODD.map(lambda text: text.encode("utf-8", "surrogatepass")),
        max_size=6,
    ),
    path=st.sampled_from(
        ["/volgen", "/volgen/aanvullen", "/volgen/verbeteren", "/volgen/intrekken", "/inzage"]
    ),
)
def test_no_form_of_a_resident_answers_with_an_error_of_ours(browser, fields, path):
    from urllib.parse import quote_from_bytes

    body = "&".join(f"{name}={quote_from_bytes(value)}" for name, value in fields.items())
    answer = browser.post(path, data=body, content_type="application/x-www-form-urlencoded")

    assert answer.status_code in {200, 413, 422, 429}
