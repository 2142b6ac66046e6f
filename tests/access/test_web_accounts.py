"""Joining by a link, and the administrator's pages."""

import re
from html import unescape
from uuid import uuid4

import pyotp
from pytest import fixture, mark

from signaal.access import actions
from signaal.access.model import Role
from signaal.access.model.people import OrganisationKind
from tests.access.staff import PASSWORD, Account, Browser, uuids_in, words_of

EVE = "eve@gemeente.example"


def link_in(page: str) -> str:
    """The path of the link that a page shows."""
    found = re.search(r"https://signaal\.example(/uitnodiging/[\w-]+)", page)
    assert found, words_of(page)
    return found[1]


def key_in(page: str) -> str:
    found = re.search(r'Sleutel:.*?<span class="code">([A-Z2-7 ]+)</span>', page, re.DOTALL)
    assert found, words_of(page)
    return found[1].replace(" ", "")


def follow(browser: Browser, link: str) -> str:
    moved = browser.get(link)
    assert moved.status_code == 303
    assert moved.headers["Location"] == "/uitnodiging", "the secret leaves the address at once"
    assert moved.headers["Referrer-Policy"] == "no-referrer"
    return browser.get("/uitnodiging").text


def code_for(services, key: str) -> str:
    return pyotp.TOTP(key).at(int(services.clock.now().timestamp()))


# -- joining ---------------------------------------------------------------------------------


@fixture
def link(office) -> str:
    return "/uitnodiging/" + office.link(Role.TEAM_MEMBER, email=EVE)


def test_who_is_invited_joins_and_can_sign_in(office, browser, link):
    key = key_in(follow(browser, link))
    code = code_for(office.services, key)
    done = browser.send("/uitnodiging", password=PASSWORD, again=PASSWORD, code=code)
    codes = re.findall(r'<li><span class="code">([\w-]+)</span></li>', done.text)

    assert done.status_code == 200
    assert len(codes) == 10
    eve = Account(office.services, EVE, key, codes, used=int(1e9))
    browser.send("/aanmelden", email=eve.email, password=PASSWORD)
    assert browser.send("/aanmelden/code", code=codes[0]).headers["Location"] == "/kaart"


def test_the_square_holds_the_key_and_is_drawn_without_style(office, browser, link):
    page = follow(browser, link)
    (drawn,) = [each for each in re.findall(r"<svg.*?</svg>", page, re.DOTALL) if "qr" in each]

    assert "style" not in drawn
    assert 'class="qr"' in drawn
    assert "viewBox" in drawn
    assert EVE in page
    assert key_in(browser.get("/uitnodiging").text) == key_in(page), "looking again keeps the key"
    assert key_in(page) not in link


@mark.parametrize(
    ("password", "again", "said"),
    [
        ("short", "short", "te kort"),
        (PASSWORD, "another password", "niet gelijk"),
        ("wachtwoord123", "wachtwoord123", "te makkelijk"),
        (EVE, EVE, "e-mailadres"),
    ],
)
def test_a_password_that_can_not_be_used_is_refused_in_words(browser, link, password, again, said):
    key = key_in(follow(browser, link))
    code = code_for(browser.app.extensions["signaal"], key)
    answer = browser.send("/uitnodiging", password=password, again=again, code=code)

    assert answer.status_code == 422
    assert said in words_of(answer.text)
    assert not re.search(r'type="password"[^>]*value', answer.text)
    assert key_in(answer.text) == key, "the app need not be filled again"


def test_a_wrong_code_shows_that_the_app_did_not_take_the_key(browser, link):
    follow(browser, link)
    answer = browser.send("/uitnodiging", password=PASSWORD, again=PASSWORD, code="abc")

    assert answer.status_code == 422
    assert "De code uit de app klopt niet." in answer.text


def test_a_link_works_once_and_seven_days(office, browser, app, link):
    key = key_in(follow(browser, link))
    code = code_for(office.services, key)
    browser.send("/uitnodiging", password=PASSWORD, again=PASSWORD, code=code)
    old = "/uitnodiging/" + office.link(Role.TEAM_MEMBER, email="fay@gemeente.example")
    office.services.clock.turn(days=7, seconds=1)

    for each in (link, old, "/uitnodiging/" + "x" * 43, "/uitnodiging/" + "x" * 400):
        another = Browser(app)
        another.get(each)
        gone = another.get("/uitnodiging")
        assert gone.status_code == 404
        assert "Deze link werkt niet" in gone.text
        fields = {"password": PASSWORD, "again": PASSWORD, "code": "123456"}
        assert another.send("/uitnodiging", seen_at="/aanmelden", **fields).status_code == 404


def test_the_cookie_holds_no_key_and_who_looked_before_saw_another_one(browser, app, link):
    key, earlier = key_in(follow(browser, link)), key_in(follow(Browser(app), link))

    with browser.client.session_transaction(base_url=browser.base) as session:
        assert key not in repr(dict(session))
    assert key != earlier
    assert len(key) == 32


def test_the_cookie_forgets_the_link_after_an_hour_and_when_joining_is_broken_off(
    office, browser, link
):
    follow(browser, link)
    office.services.clock.turn(minutes=59)
    assert browser.get("/uitnodiging").status_code == 200
    office.services.clock.turn(minutes=1)
    assert browser.get("/uitnodiging").status_code == 404
    assert "Open de link dan opnieuw" in follow(browser, "/uitnodiging/" + "x" * 43)
    follow(browser, link)
    browser.get("/aanmelden")
    assert browser.get("/uitnodiging").status_code == 404
    with browser.client.session_transaction(base_url=browser.base) as session:
        assert "invitation" not in session


def test_without_a_link_there_is_nothing_to_join(browser):
    assert browser.get("/uitnodiging").status_code == 404


# -- the administrator -----------------------------------------------------------------------


@fixture
def desk(office, browser) -> Browser:
    browser.sign_in(office.administrator)
    return browser


def person_id(desk: Browser, email: str) -> str:
    page = desk.get("/beheer").text
    found = re.search(rf'/beheer/mensen/([0-9a-f-]{{36}})">{re.escape(email)}<', page)
    assert found, email
    return found[1]


def own_organisation(desk: Browser) -> str:
    page = desk.get("/beheer").text
    return re.search(r"/beheer/organisaties/([0-9a-f-]{36})/uitnodigen", page)[1]


def test_an_administrator_sees_everybody_and_no_case(office, desk):
    page = words_of(desk.get("/beheer").text)

    for account in (office.administrator, office.ann, office.dirk, office.corry):
        assert account.email in page
    assert "Wijkteam (W1); Coördinator (W1)" in page or "Coördinator (W1); Wijkteam (W1)" in page
    for path in ("/meldingen", "/kaart", "/nachtlijn", "/te-plaatsen"):
        assert desk.get(path).status_code == 403, path


def test_an_invitation_shows_its_link_once_and_lets_somebody_in(office, desk, app):
    path = f"/beheer/organisaties/{own_organisation(desk)}/uitnodigen"
    fields = {"role_team_member": "yes", "districts_team_member": "W1, W2", "districts_auditor": ""}
    made = desk.send(path, email="  Eve@Gemeente.example ", **fields)
    link = link_in(made.text)

    assert "maar één keer" in words_of(made.text)
    assert link not in desk.get("/beheer").text
    assert "Wijkteam (W1, W2)" in words_of(desk.get("/beheer").text)
    assert EVE in follow(Browser(app), link)


@mark.parametrize(
    ("fields", "said"),
    [
        ({}, "minstens één rol"),
        ({"role_team_member": "yes"}, "voor welke wijken"),
        ({"role_team_member": "yes", "districts_team_member": "W 1"}, "letters, cijfers"),
        ({"role_police_officer": "yes", "districts_police_officer": "W1"}, "past niet bij"),
        (
            {
                "role_administrator": "yes",
                "districts_administrator": "alles",
                "role_team_member": "yes",
                "districts_team_member": "W1",
            },
            "beheerder kan geen rol",
        ),
        (
            {
                "role_auditor": "yes",
                "districts_auditor": "alles",
                "role_team_member": "yes",
                "districts_team_member": "W1",
            },
            "toezicht",
        ),
    ],
)
def test_roles_that_nobody_may_have_are_refused_in_words_and_stay_on_the_form(desk, fields, said):
    path = f"/beheer/organisaties/{own_organisation(desk)}/uitnodigen"
    answer = desk.send(path, email=EVE, **fields)

    assert answer.status_code == 422
    assert said in words_of(answer.text)
    assert f'value="{EVE}"' in answer.text
    if "role_team_member" in fields:
        assert re.search(r'name="role_team_member" value="yes" checked', answer.text)


@mark.parametrize("email", ["", "no address", "ann@gemeente.example", "corry@corporatie.example"])
def test_an_address_that_can_not_be_used_is_refused(desk, email):
    path = f"/beheer/organisaties/{own_organisation(desk)}/uitnodigen"
    fields = {"role_team_member": "yes", "districts_team_member": "W1"}

    assert desk.send(path, email=email, **fields).status_code == 422


def test_what_is_typed_is_shown_as_text_and_nothing_else(desk):
    path = f"/beheer/organisaties/{own_organisation(desk)}/uitnodigen"
    odd = '"><script>alert(1)</script>'
    page = desk.send(path, email=odd, role_team_member="yes", districts_team_member=odd).text

    assert "<script>alert" not in page
    assert odd in unescape(page)


def test_other_roles_end_the_session_and_are_there_at_the_next(office, desk, app):
    ann = Browser(app)
    ann.sign_in(office.ann)
    ann.send("/aanmelden/rol", role="team_member")
    path = f"/beheer/mensen/{person_id(desk, office.ann.email)}"
    changed = desk.send(
        path + "/rollen", seen_at=path, role_policy_officer="yes", districts_policy_officer="alles"
    )

    assert changed.headers["Location"] == path
    assert "Beleidsmedewerker (hele gemeente)" in words_of(desk.get("/beheer").text)
    assert ann.get("/aanmelden/rol").headers["Location"] == "/aanmelden"
    assert ann.sign_in(office.ann).headers["Location"] == "/kaart"


def test_who_leaves_is_out_at_once_and_only_after_a_tick(office, desk, app):
    ann = Browser(app)
    ann.sign_in(office.ann)
    path = f"/beheer/mensen/{person_id(desk, office.ann.email)}"
    assert desk.send(path + "/uit-dienst", seen_at=path).status_code == 422
    assert ann.get("/aanmelden/rol").status_code == 200

    assert desk.send(path + "/uit-dienst", seen_at=path, sure="yes").status_code == 303
    assert ann.get("/aanmelden/rol").status_code == 303
    assert ann.send("/aanmelden", email=office.ann.email, password=PASSWORD).status_code == 422
    assert "uit dienst sinds" in words_of(desk.get(path).text)


def test_who_lost_the_second_factor_gets_a_link_and_the_old_one_is_void(office, desk, app):
    path = f"/beheer/mensen/{person_id(desk, office.ann.email)}"
    assert desk.send(path + "/nieuwe-link", seen_at=path).status_code == 422
    link = link_in(desk.send(path + "/nieuwe-link", seen_at=path, sure="yes").text)
    ann = Browser(app)
    assert ann.sign_in(office.ann).status_code == 422

    key = key_in(follow(ann, link))
    code = code_for(office.services, key)
    assert ann.send("/uitnodiging", password=PASSWORD, again=PASSWORD, code=code).status_code == 200


def test_nobody_changes_their_own_account(office, desk):
    path = f"/beheer/mensen/{person_id(desk, office.administrator.email)}"
    page = desk.get(path).text

    assert "Dit bent u zelf." in page
    for end in ("/uit-dienst", "/nieuwe-link"):
        assert desk.send(path + end, seen_at="/beheer", sure="yes").status_code == 403


def test_the_municipality_adds_organisations(desk):
    added = desk.send("/beheer/organisaties", seen_at="/beheer", name="Zorg Oost", kind="police")

    assert added.status_code == 303
    assert "Zorg Oost" in desk.get(added.headers["Location"]).text
    for name, kind, status in (("Zorg Oost", "police", 422), ("", "police", 422), ("B", "x", 400)):
        answer = desk.send("/beheer/organisaties", seen_at="/beheer", name=name, kind=kind)
        assert answer.status_code == status


def test_another_organisations_people_are_not_there_for_who_is_not_of_the_municipality(
    office, browser, app
):
    """Not to be told apart from people and organisations that don't exist."""
    corry, desk = browser, Browser(app)
    corry.sign_in(office.corry)
    desk.sign_in(office.administrator)
    page = corry.get("/beheer").text
    stranger = person_id(desk, office.ann.email)
    elsewhere = office.organisations[OrganisationKind.MUNICIPALITY]

    assert office.ann.email not in page
    assert "Een organisatie toevoegen" not in page
    assert len(uuids_in(page)) == 1
    pages = [corry.get(f"/beheer/mensen/{each}") for each in (stranger, uuid4())]
    pages += [corry.get(f"/beheer/organisaties/{each}/uitnodigen") for each in (elsewhere, uuid4())]
    for end in ("rollen", "nieuwe-link", "uit-dienst"):
        for each in (stranger, uuid4()):
            path = f"/beheer/mensen/{each}/{end}"
            pages.append(corry.send(path, seen_at="/beheer", sure="yes"))
    for each in (elsewhere, uuid4()):
        path = f"/beheer/organisaties/{each}/uitnodigen"
        pages.append(corry.send(path, seen_at="/beheer", email=EVE))

    assert {each.status_code for each in pages} == {404}
    assert len({words_of(each.text) for each in pages}) == 1
    fields = {"name": "Nieuw", "kind": "corporation"}
    assert corry.send("/beheer/organisaties", seen_at="/beheer", **fields).status_code == 403


@mark.parametrize("who", ["ann", "dirk"])
def test_who_is_no_administrator_manages_nobody(office, browser, who):
    browser.sign_in(getattr(office, who))
    browser.send("/aanmelden/rol", role="team_member")

    assert browser.get("/beheer").status_code == 403
    assert browser.get(f"/beheer/mensen/{uuid4()}").status_code == 403


def test_what_an_administrator_does_is_in_the_log(office, desk):
    before = actions.verify(office.services)
    path = f"/beheer/organisaties/{own_organisation(desk)}/uitnodigen"
    desk.send(path, email=EVE, role_team_member="yes", districts_team_member="W1")

    assert before.is_whole
    assert actions.verify(office.services).lines == before.lines + 1
