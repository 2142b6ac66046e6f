"""Signing in, page by page: each step asks for what it needs and says nothing that it shouldn't."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from argon2 import PasswordHasher
from pytest import mark

from signaal.access import actions
from signaal.access.model import Role
from tests.access.staff import PASSWORD, Browser, app_of, words_of


@contextmanager
def counted(function) -> Iterator[list[int]]:
    """How often this function is called meanwhile, seen from outside."""
    calls = [0]

    def look(frame, event, _argument):
        if event == "call" and frame.f_code is function.__code__:
            calls[0] += 1

    sys.setprofile(look)
    try:
        yield calls
    finally:
        sys.setprofile(None)


# -- the steps -------------------------------------------------------------------------------


def test_password_code_and_role_open_the_house(office, browser):
    after_code = browser.sign_in(office.ann)
    assert after_code.headers["Location"] == "/aanmelden/rol"
    assert browser.get("/kaart").status_code == 403, "not before a role was chosen"

    chosen = browser.send("/aanmelden/rol", role="team_member")

    assert chosen.headers["Location"] == "/kaart"
    assert browser.get("/kaart").status_code in {200, 503}
    assert "Zo kijkt u nu" in browser.get("/wie-ziet-wat").text


def test_who_has_one_role_goes_straight_to_work(office, browser):
    assert browser.sign_in(office.administrator).headers["Location"] == "/beheer"


def test_pages_opened_side_by_side_after_a_gain_of_rights_have_the_same_form_token(office, browser):
    browser.sign_in(office.ann)
    browser.send("/aanmelden/rol", role="team_member")

    with browser.client.session_transaction(base_url=browser.base) as session:
        first = session["csrf_token"]
    browser.get("/te-plaatsen")
    with browser.client.session_transaction(base_url=browser.base) as session:
        assert session["csrf_token"] == first


def test_another_role_can_be_chosen_later_and_only_ones_own(office, browser):
    browser.sign_in(office.ann)
    browser.send("/aanmelden/rol", role="team_member")
    browser.send("/aanmelden/rol", role="coordinator")
    first_row = browser.get("/wie-ziet-wat").text.partition("<tbody")[2]

    assert "Coördinator" in first_row[:400]
    assert browser.send("/aanmelden/rol", role="auditor").status_code == 403
    assert browser.send("/aanmelden/rol", role="emperor").status_code == 400


def test_each_gain_of_rights_gives_the_cookie_another_secret(office, browser):
    secrets = []

    def kept() -> str:
        with browser.client.session_transaction(base_url=browser.base) as session:
            assert set(session) <= {"sid", "csrf_token", "language"}
            return session.get("sid", "")

    browser.get("/?taal=en")
    browser.get("/uitnodiging/" + "x" * 43)
    browser.send("/aanmelden", email=office.ann.email, password=PASSWORD)
    secrets.append(kept())
    browser.send("/aanmelden/code", code=office.ann.code())
    secrets.append(kept())
    browser.send("/aanmelden/rol", role="team_member")
    secrets.append(kept())

    assert len(set(secrets)) == 3
    assert '<html lang="en">' in browser.get("/").text, "the language stays"
    for former in secrets[:-1]:
        assert actions.session_of(office.services, former) is None


def test_the_session_cookie_is_of_this_host_only_and_no_script_reads_it(office, browser):
    answer = browser.sign_in(office.administrator)
    cookies = {each.partition("=")[0]: each for each in answer.headers.getlist("Set-Cookie")}

    for name in ("__Host-signaal", "__Host-signaal-device"):
        for word in ("Secure", "HttpOnly", "Path=/"):
            assert word in cookies[name], cookies[name]
        assert "Domain" not in cookies[name]
    assert "SameSite=Lax" in cookies["__Host-signaal"]
    assert "SameSite=Strict" in cookies["__Host-signaal-device"]
    assert "Max-Age=7776000" in cookies["__Host-signaal-device"]


def test_a_recovery_code_stands_in_for_the_app_once(office, browser, app):
    code = office.ann.recovery_codes[0].lower().replace("-", " ")
    browser.send("/aanmelden", email=office.ann.email, password=PASSWORD)
    assert browser.send("/aanmelden/code", code=code).status_code == 303

    another = Browser(app)
    another.send("/aanmelden", email=office.ann.email, password=PASSWORD)
    again = another.send("/aanmelden/code", code=code)
    assert again.status_code == 422
    assert "Deze code klopt niet." in again.text


@mark.parametrize("path", ["/aanmelden/code", "/aanmelden/rol", "/aanmelden/pin"])
def test_a_step_without_the_one_before_leads_to_the_beginning(browser, path):
    assert browser.get(path).headers["Location"] == "/aanmelden"
    for name in ("code", "pin", "role"):
        answer = browser.send(path, seen_at="/aanmelden", **{name: "auditor"})
        assert answer.status_code in {303, 400}


def test_who_is_half_way_is_led_to_where_they_are(office, browser):
    browser.send("/aanmelden", email=office.ann.email, password=PASSWORD)

    assert browser.get("/aanmelden/rol").headers["Location"] == "/aanmelden/code"
    assert browser.get("/aanmelden/pin").headers["Location"] == "/aanmelden/code"
    assert browser.get("/beheer").status_code == 403


def test_signing_out_ends_the_session_on_the_server_too(office, browser):
    browser.sign_in(office.administrator)
    with browser.client.session_transaction(base_url=browser.base) as session:
        secret = session["sid"]

    assert browser.send("/afmelden", seen_at="/beheer").status_code == 303
    assert actions.session_of(office.services, secret) is None
    assert browser.get("/beheer").status_code == 403


def test_signing_in_anew_ends_the_former_session(office, browser):
    browser.sign_in(office.administrator)
    with browser.client.session_transaction(base_url=browser.base) as session:
        secret = session["sid"]
    browser.sign_in(office.ann)

    assert actions.session_of(office.services, secret) is None


def test_a_tampered_or_old_cookie_is_nobody(office, browser):
    browser.sign_in(office.administrator)
    office.services.clock.turn(minutes=16)

    assert browser.get("/beheer").status_code == 403
    browser.client.set_cookie(
        "__Host-signaal", "nonsense", domain="signaal.example", secure=True, path="/"
    )
    assert browser.get("/beheer").status_code == 403


def test_without_the_forms_own_token_nothing_happens(office, app):
    answer = app.test_client().post(
        "/aanmelden", data={"email": office.ann.email, "password": PASSWORD}
    )
    assert answer.status_code == 400


def test_a_field_that_is_too_long_is_refused(browser):
    assert browser.send("/aanmelden", email="a" * 300, password="x").status_code == 413
    assert browser.send("/aanmelden", email="a", password="x" * 201).status_code == 413


def test_odd_signs_are_no_address_and_break_nothing(browser):
    for odd in ("", "\x00", "é\u0301", "a@b\x00", "💥", "'; drop table person;--"):
        assert browser.send("/aanmelden", email=odd, password=odd).status_code in {422, 429}


def test_the_demos_buttons_do_nothing_in_production(browser):
    answer = browser.send("/aanmelden", role="administrator")

    assert answer.status_code == 422
    assert browser.get("/beheer").status_code == 403
    assert "Kies deze rol" not in browser.get("/aanmelden").text


# -- guessing --------------------------------------------------------------------------------


def test_an_unknown_account_gets_the_very_same_answer_as_a_known_one(office, app):
    """Status, headers, length and body; and as many hashes are computed."""
    seen = []
    for email in (office.ann.email, "nobody@gemeente.example"):
        browser = Browser(app)
        browser.get("/aanmelden")
        with counted(PasswordHasher.verify) as hashes:
            answer = browser.send("/aanmelden", email=email, password="wrong but long enough")
        headers = {name for name, _value in answer.headers}
        seen.append((answer.status_code, headers, len(answer.text), plain(answer), hashes[0]))

    assert seen[0] == seen[1]
    assert seen[0][0] == 422
    assert seen[0][-1] == 1
    assert office.ann.email not in answer.text


def plain(answer) -> str:
    """The page without the two values that differ on every page: nonce and token."""
    text = answer.text
    for mark_, end in (('name="csrf_token" value="', '"'), ('nonce="', '"')):
        parts = text.split(mark_)
        text = parts[0] + "".join(part.partition(end)[2] for part in parts[1:])
    return text


def test_guessing_is_stopped_alike_for_known_and_unknown_accounts(office, app):
    ends = []
    for email in (office.ann.email, "nobody@gemeente.example"):
        browser = Browser(app)
        tries = [browser.send("/aanmelden", email=email, password="wrong") for _ in range(6)]
        ends.append([(each.status_code, plain(each)) for each in tries])

    assert ends[0] == ends[1]
    assert [status for status, _page in ends[0]] == [422] * 5 + [429]
    assert "Wacht een kwartier" in ends[0][-1][1]


def test_who_signed_in_here_before_is_not_locked_out_by_who_guesses_elsewhere(office, app):
    owner, guesser = Browser(app), Browser(app)
    owner.sign_in(office.ann)
    owner.send("/afmelden", seen_at="/aanmelden/rol")
    for _ in range(6):
        last = guesser.send("/aanmelden", email=office.ann.email, password="wrong")
    assert last.status_code == 429

    assert owner.sign_in(office.ann).headers["Location"] == "/aanmelden/rol"


# -- the PIN ---------------------------------------------------------------------------------


def on_duty(office, browser) -> Browser:
    browser.sign_in(office.dirk)
    made = browser.send("/aanmelden/pin/nieuw", pin="604913", again="604913")
    assert made.status_code == 303, words_of(made.text)
    return browser


def test_on_duty_silence_locks_and_the_pin_opens_again(office, browser):
    on_duty(office, browser)
    office.services.clock.turn(minutes=20)
    assert browser.get("/nachtlijn").status_code == 403

    assert browser.get("/aanmelden").headers["Location"] == "/aanmelden/pin"
    assert "Uw dienst loopt nog" in browser.get("/aanmelden/pin").text
    assert browser.send("/aanmelden/pin", pin="000000").status_code == 422
    opened = browser.send("/aanmelden/pin", pin="604913")

    assert opened.headers["Location"] == "/nachtlijn"
    assert browser.get("/nachtlijn").status_code == 200


def test_five_wrong_pins_end_the_session(office, browser):
    on_duty(office, browser)
    office.services.clock.turn(minutes=20)
    answers = [browser.send("/aanmelden/pin", pin="111112") for _ in range(5)]

    assert [each.status_code for each in answers] == [422] * 4 + [303]
    assert browser.get("/aanmelden/pin").headers["Location"] == "/aanmelden"


@mark.parametrize(
    ("pin", "again", "said"),
    [
        ("604913", "604914", "niet gelijk"),
        ("12", "12", "zes cijfers"),
        ("123456", "123456", "te makkelijk"),
    ],
)
def test_a_pin_that_can_not_be_used_is_refused_in_words(office, browser, pin, again, said):
    browser.sign_in(office.dirk)
    answer = browser.send("/aanmelden/pin/nieuw", pin=pin, again=again)

    assert answer.status_code == 422
    assert said in words_of(answer.text)


def test_long_after_signing_in_a_new_pin_needs_a_code(office, browser):
    browser.sign_in(office.dirk)
    office.services.clock.turn(minutes=12)
    without = browser.send("/aanmelden/pin/nieuw", pin="604913", again="604913")
    assert without.status_code == 422

    given = browser.send(
        "/aanmelden/pin/nieuw", pin="604913", again="604913", code=office.dirk.code()
    )
    assert given.status_code == 303


def test_who_has_no_duty_has_no_pin(office, browser):
    browser.sign_in(office.administrator)

    assert browser.get("/aanmelden/pin/nieuw").status_code == 403
    assert browser.get("/aanmelden/pin").headers["Location"] == "/beheer"


# -- the demo --------------------------------------------------------------------------------


def test_in_the_demo_a_button_is_enough_and_a_district_may_come_with_it(services):
    browser = Browser(app_of(services))
    browser.base = "http://localhost"
    answer = browser.send("/aanmelden", role="coordinator", district="W1")
    with browser.client.session_transaction() as session:
        found = actions.visitor_of(services, session["sid"])

    assert answer.headers["Location"] == "/kaart"
    assert found.role == Role.COORDINATOR
    assert found.districts == {"W1"}


@mark.parametrize("fields", [{"role": "emperor"}, {}, {"role": "auditor", "district": "W1,W2"}])
def test_in_the_demo_what_is_no_choice_is_refused(services, fields):
    browser = Browser(app_of(services))
    browser.base = "http://localhost"

    assert browser.send("/aanmelden", **fields).status_code == 400
