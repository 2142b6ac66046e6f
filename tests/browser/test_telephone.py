"""The telephone page: a neighbour texts and calls, and somebody's telephone rings."""

import re
from collections.abc import Iterator

from playwright.sync_api import Locator, Page, expect
from pytest import fixture, mark

from tests.browser.visitor import assert_accessible

pytestmark = mark.browser
NEIGHBOUR = "Buurtbewoner"


def phone(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=re.compile(name))


def ringing(page: Page) -> Locator:
    return page.locator(".phone.is-ringing")


@fixture
def telephones(open_page) -> Iterator[Page]:
    page = open_page("/telefoon")
    yield page
    for button in page.get_by_role("button", name="Hang op").all():
        if button.is_visible():
            button.click()
    page.get_by_role("button", name="Gewone tijd").click()


def send(page: Page, words: str) -> Locator:
    neighbour = phone(page, NEIGHBOUR)
    neighbour.get_by_label("Uw sms aan Signaal").fill(words)
    neighbour.get_by_role("button", name="Verstuur sms").click()
    return neighbour.locator(".bubble")


def pretend_saturday_night(page: Page) -> None:
    page.get_by_role("button", name="Doe alsof het zaterdag 02:00 is").click()
    expect(page.locator("#clock")).to_contain_text("zaterdag")


@mark.parametrize("width", [320, 1280])
@mark.parametrize("language", ["nl", "en"])
def test_the_page_is_accessible_and_says_that_it_is_a_simulator(open_page, width, language):
    page = open_page("/telefoon", width=width, language=language)

    expect(page.locator(".notice strong").first).to_contain_text("simulator")
    assert_accessible(page)


def test_a_text_message_gets_a_receipt_in_reply(telephones):
    bubbles = send(telephones, "8021 AC 14 al weken herrie 's nachts")

    expect(bubbles.filter(has_text="8021 AC 14 al weken herrie")).to_be_visible()
    expect(bubbles.last).to_have_class(re.compile("theirs"))
    expect(bubbles.last).to_contain_text(re.compile("code", re.IGNORECASE))
    assert_accessible(telephones)


def test_what_somebody_is_typing_stays_while_the_page_renews_itself(telephones):
    box = phone(telephones, NEIGHBOUR).get_by_label("Uw sms aan Signaal")
    box.fill("nog niet af")
    with telephones.expect_response("**/telefoon/toestellen"):
        pass
    with telephones.expect_response("**/telefoon/toestellen"):
        pass

    expect(box).to_have_value("nog niet af")
    expect(box).to_be_focused()


def test_at_night_the_duty_telephone_rings_and_after_key_1_both_talk(telephones):
    pretend_saturday_night(telephones)
    neighbour = phone(telephones, NEIGHBOUR)
    neighbour.get_by_role("button", name=re.compile("^Bel ")).click()
    expect(neighbour.locator(".captions")).to_contain_text("112")

    expect(ringing(telephones)).to_have_count(1)
    assert_accessible(telephones)
    on_duty = ringing(telephones).get_attribute("id")
    telephones.locator(f"#{on_duty}").get_by_role("button", name="Neem op").click()
    answered = telephones.locator(f"#{on_duty}")
    expect(answered.locator(".captions")).to_contain_text(re.compile("toets 1", re.IGNORECASE))
    answered.get_by_role("button", name="1", exact=True).click()

    expect(answered.locator(".phone-state")).to_have_text("In gesprek")
    expect(neighbour.locator(".phone-state")).to_have_text("In gesprek")


def test_when_nobody_answers_a_red_banner_stands_until_somebody_takes_over(telephones, open_page):
    pretend_saturday_night(telephones)
    neighbour = phone(telephones, NEIGHBOUR)
    neighbour.get_by_role("button", name=re.compile("^Bel ")).click()
    for _each in range(4):
        ringing(telephones).get_by_role("button", name="Weiger").click()
    expect(neighbour.locator(".phone-state")).to_have_text("Niet in gesprek")

    staff = open_page("/nachtlijn", role="team_member")
    expect(staff.get_by_role("alert")).to_contain_text("Niemand heeft oproep")
    assert_accessible(staff)


def test_without_a_script_the_same_page_works_with_plain_forms(open_page):
    page = open_page("/telefoon", java_script_enabled=False)

    bubbles = send(page, "8021 AC 14 hond blaft de hele dag")

    expect(bubbles.filter(has_text="hond blaft")).to_be_visible()
