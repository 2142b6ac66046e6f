"""The telephone page: a neighbour texts and calls, and somebody's telephone rings."""

import re
from contextlib import suppress

from playwright.sync_api import Locator, Page, expect
from playwright.sync_api import TimeoutError as TookTooLong
from pytest import fixture, mark

from tests.browser.visitor import assert_accessible

pytestmark = mark.browser
NEIGHBOUR = "Buurtbewoner"
A_MOMENT_MS = 3_000


def phone(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=re.compile(name))


def ringing(page: Page) -> Locator:
    return page.locator(".phone.is-ringing")


@fixture
def telephones(open_page) -> Page:
    return open_page("/telefoon")


def send(page: Page, words: str) -> Locator:
    neighbour = phone(page, NEIGHBOUR)
    neighbour.get_by_label("Uw sms aan Signaal").fill(words)
    neighbour.get_by_role("button", name="Verstuur sms").click()
    return neighbour.locator(".bubble")


def call_at_saturday_night(page: Page) -> Locator:
    """The neighbour calls, hears about 112, and presses 1 to be put through."""
    page.get_by_role("button", name="Doe alsof het zaterdag 02:00 is").click()
    expect(page.locator("#clock")).to_contain_text("zaterdag")
    neighbour = phone(page, NEIGHBOUR)
    neighbour.get_by_role("button", name=re.compile("^Bel ")).click()
    expect(neighbour.locator(".captions")).to_contain_text("112")
    neighbour.get_by_role("button", name="1", exact=True).click()
    return neighbour


def wait_for_alarm(staff: Page, telephones: Page) -> Locator:
    """Looks at the staff page again at each beat of the telephone page, until it sounds."""
    for _beat in range(30):
        if staff.get_by_role("alert").count():
            break
        with telephones.expect_response("**/telefoon/toestellen"):
            staff.reload()
    banner = staff.get_by_role("alert")
    expect(banner).to_contain_text("Niemand heeft oproep")
    return banner


def take_over(staff: Page) -> None:
    staff.get_by_role("button", name=re.compile("^Ik neem dit over")).first.click()


@mark.parametrize(("width", "language"), [(320, "en"), (1280, "nl")])
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


def test_at_night_the_duty_telephone_rings_and_after_key_1_both_talk(telephones, open_page):
    neighbour = call_at_saturday_night(telephones)
    expect(ringing(telephones)).to_have_count(1)
    assert_accessible(telephones)

    on_duty = telephones.locator("#" + (ringing(telephones).get_attribute("id") or ""))
    on_duty.get_by_role("button", name="Neem op").click()
    heard = on_duty.locator(".captions")
    expect(heard).to_contain_text(re.compile("toets 1", re.IGNORECASE))
    on_duty.get_by_role("button", name="1", exact=True).click()
    expect(on_duty.locator(".phone-state")).to_have_text("In gesprek")
    expect(neighbour.locator(".phone-state")).to_have_text("In gesprek")

    # Hung up within ten seconds: that was no talk, so somebody has to take it.
    neighbour.get_by_role("button", name="Hang op").click()
    staff = open_page("/nachtlijn", role="team_member")
    wait_for_alarm(staff, telephones)
    take_over(staff)
    expect(staff.get_by_role("alert")).to_have_count(0)


def test_when_nobody_answers_a_red_banner_stands_until_somebody_takes_over(telephones, open_page):
    neighbour = call_at_saturday_night(telephones)
    hung_up = telephones.locator("#buurtbewoner:not(.is-listening, .is-talking)")
    for _each in range(12):
        expect(ringing(telephones).or_(hung_up).first).to_be_visible()
        if hung_up.count():
            break
        with suppress(TookTooLong):  # it may just have stopped ringing by itself
            decline = ringing(telephones).first.get_by_role("button", name="Weiger")
            decline.click(timeout=A_MOMENT_MS)
    expect(neighbour.locator(".captions")).to_contain_text("teruggebeld")

    staff = open_page("/nachtlijn", role="team_member")
    wait_for_alarm(staff, telephones)
    assert_accessible(staff)
    staff.goto("/kaart")
    expect(staff.get_by_role("alert")).to_contain_text("Niemand heeft oproep")
    staff.get_by_role("alert").get_by_role("link").first.click()
    take_over(staff)
    expect(staff.get_by_role("alert")).to_have_count(0)
    telephones.get_by_role("button", name="Gewone tijd").click()


def test_without_a_script_the_same_page_works_with_plain_forms(open_page):
    page = open_page("/telefoon", java_script_enabled=False)

    bubbles = send(page, "8021 AC 14 hond blaft de hele dag")

    expect(bubbles.filter(has_text="hond blaft")).to_be_visible()
