"""The form on an old telephone: 320 pixels wide, no script, Dutch and English."""

import re

from playwright.sync_api import Page, expect
from pytest import mark

from tests.browser.visitor import assert_accessible, go_on

pytestmark = mark.browser
NARROW = 320
SENDS = {"nl": "Verstuur de melding", "en": "Send the report"}
FOLLOWS = {"nl": "Bekijk mijn melding", "en": "Look at my report"}


def fill_in(page: Page) -> None:
    page.locator("#kind-nuisance").check()
    page.locator("#postcode").fill("8021 ac")
    page.locator("#number").fill("14")
    page.locator("#since-weeks").check()
    page.locator("#text").fill("Al weken harde muziek na middernacht 🎵")


@mark.parametrize("language", ["nl", "en"])
def test_a_report_is_made_and_followed_without_any_script(open_page, language):
    page = open_page("/melden", language=language, width=NARROW, java_script_enabled=False)
    expect(page.locator("html")).to_have_attribute("lang", language)
    fill_in(page)
    page.get_by_role("button", name=SENDS[language]).click()

    code = page.locator("#receipt-code").inner_text()
    page.goto("/volgen")
    page.locator("#code").fill(code.lower().replace("-", " "))
    page.get_by_role("button", name=FOLLOWS[language]).click()
    expect(page.locator("main section dl")).to_contain_text("Spoorbuurt")


@mark.parametrize(("language", "scheme"), [("nl", "light"), ("en", "dark")])
def test_the_form_its_complaints_and_its_thanks_are_accessible(open_page, language, scheme):
    page = open_page("/melden", language=language, width=NARROW, color_scheme=scheme)
    assert_accessible(page)

    page.get_by_role("button", name=SENDS[language]).click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page).to_have_title(re.compile("^(Fout:|Error:)"))
    assert_accessible(page)

    fill_in(page)
    page.get_by_role("button", name=SENDS[language]).click()
    expect(page.locator("#receipt-code")).to_be_visible()
    assert_accessible(page)


@mark.parametrize("language", ["nl", "en"])
def test_the_page_to_follow_a_report_is_accessible_also_with_a_code_that_does_not_exist(
    open_page, language
):
    page = open_page("/volgen", language=language, width=NARROW)
    assert_accessible(page)

    page.locator("#code").fill("AAAA BBBB CCCC")
    page.get_by_role("button", name=FOLLOWS[language]).click()

    expect(page.get_by_role("alert")).to_be_visible()
    assert_accessible(page)


def test_everything_on_the_form_can_be_done_with_the_keyboard(open_page):
    page = open_page("/melden")
    page.locator("#kind-nuisance").focus()
    page.keyboard.press("Space")
    page.locator("#category").focus()
    page.keyboard.press("Tab")
    expect(page.locator("#postcode")).to_be_focused()
    page.keyboard.type("8021AC")
    page.keyboard.press("Tab")
    page.keyboard.type("14")
    page.locator("#since-today").focus()
    page.keyboard.press("Space")
    page.locator("#contact").focus()
    page.keyboard.press("Enter")

    expect(page.locator("#receipt-code")).to_be_visible()


def test_everything_to_be_touched_is_large_enough_for_a_thumb(open_page):
    page = open_page("/melden", width=NARROW)

    small = page.locator("main button, main select, main label:has(input), nav a, header a")
    sizes = small.evaluate_all(
        "all => all.map(one => [one.textContent.trim(), one.getBoundingClientRect().height])"
    )

    assert sizes
    assert [size for size in sizes if size[1] < 44] == []


def test_a_report_without_a_place_comes_to_the_staff_page_and_is_placed_there(open_page):
    page = open_page("/melden")
    page.locator("#kind-concern").check()
    page.locator("#unsure").check()
    page.locator("#since-days").check()
    page.locator("#text").fill("Ergens achter het station is iemand in de war")
    go_on(page, page.get_by_role("button", name=SENDS["nl"]))

    staff = open_page("/te-plaatsen", role="team_member", width=NARROW)
    report = staff.locator("li.card").filter(has_text="achter het station")
    assert_accessible(staff)
    report.get_by_label("Postcode").fill("8021 AC")
    report.get_by_label("Huisnummer").fill("14")
    go_on(staff, report.get_by_role("button", name="Plaats de melding"))

    expect(staff.locator("h1")).to_be_visible()
    expect(report).to_have_count(0)
