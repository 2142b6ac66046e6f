"""Every page's frame: languages, keyboard, roles, and words for when something is wrong."""

import re

from playwright.sync_api import expect
from pytest import mark

from signaal.access.model import Role
from tests.browser.visitor import assert_accessible, take_role

pytestmark = mark.browser
ROLES = len(Role)


def test_a_visitor_by_keyboard_can_skip_the_menu(open_page):
    page = open_page("/")

    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Naar de inhoud")).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.locator("main")).to_be_focused()


def test_another_language_keeps_the_page_and_is_remembered(open_page):
    page = open_page("/volgen")

    page.get_by_role("link", name="EN", exact=True).click()

    expect(page).to_have_url(re.compile(r"/volgen\?taal=en$"))
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.goto("/melden")
    expect(page.locator("html")).to_have_attribute("lang", "en")


@mark.parametrize(("language", "scheme"), [("nl", "light"), ("en", "dark")])
def test_the_first_page_is_accessible(open_page, language, scheme):
    assert_accessible(open_page("/", language=language, color_scheme=scheme))


@mark.parametrize("width", [320, 1280])
def test_all_roles_of_the_demo_can_be_chosen(open_page, width):
    page = open_page("/aanmelden", width=width)

    expect(page.locator("button[name=role]")).to_have_count(ROLES)
    assert_accessible(page)


def test_a_resident_reads_why_a_staff_page_is_closed_and_what_to_do(open_page):
    page = open_page("/nachtlijn")

    expect(page.get_by_role("heading", level=1)).to_have_text("Waarom zie ik dit niet?")
    assert_accessible(page)
    page.get_by_role("link", name="Kies een rol").click()
    expect(page).to_have_url(re.compile("/aanmelden$"))


def test_a_page_that_does_not_exist_says_so_in_words(open_page):
    page = open_page("/bestaat-niet")

    expect(page.get_by_role("heading", level=1)).to_have_text("Deze pagina bestaat niet")
    assert_accessible(page)


@mark.parametrize("role", ["team_member", "police_officer", "duty_contact", "planner"])
def test_the_menu_has_no_closed_doors(open_page, role):
    page = open_page("/", role=role)
    doors = page.locator("nav a").evaluate_all("links => links.map(link => link.pathname)")

    assert "/melden" in doors
    for door in doors:
        assert page.goto(door).ok, f"{role} may not open {door}"


def test_whoever_plays_a_part_keeps_it(open_page):
    page = open_page("/aanmelden", role="team_member")
    take_role(page, "coordinator")

    expect(page.locator(".role-switch strong")).to_have_text("Coördinator")
