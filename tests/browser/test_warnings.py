"""The list of the week, judging, the sheet on paper, the page of a block, and how good it was."""

import re

from playwright.sync_api import Page, expect
from pytest import fixture, mark

from tests.browser.visitor import assert_accessible

pytestmark = mark.browser
TEAM, COORDINATOR = "team_member", "coordinator"
PAGE = re.compile(rb"/Type\s*/Page\b")
LONG = (
    "Nee, hier is niets bijzonders (Coördinator): De verlichting bij de achteringang..."
    " En nog 3 oordelen."
)

WARNED = (
    "Huurachterstand, 8021 AA, 8021 AB en nog 12: 20–39 melders sinds 16 nov 2026, gewoon 12,5."
)


@fixture
def list_page(open_page) -> Page:
    return open_page("/lijst", role=TEAM)


def unfold(page: Page) -> None:
    for summary in page.locator("main summary").all():
        summary.click()


def pages_of(page: Page) -> int:
    """On how many pages of A4 it is printed, with the margins that browsers use."""
    margin = dict.fromkeys(("top", "right", "bottom", "left"), "1cm")
    return len(PAGE.findall(page.pdf(format="A4", margin=margin)))


@mark.parametrize(
    ("path", "role"), [("/lijst", TEAM), ("/hoe-goed", COORDINATOR)], ids=["list", "how-good"]
)
@mark.parametrize(("width", "scheme"), [(320, "dark"), (1280, "light")])
def test_the_pages_are_accessible_with_everything_unfolded(open_page, path, role, width, scheme):
    page = open_page(path, role=role, width=width, color_scheme=scheme)
    unfold(page)

    assert_accessible(page)


def test_a_place_is_judged_with_the_keyboard_alone(list_page):
    card = list_page.locator(".places > li").first
    card.locator("h2 a").focus()
    press = list_page.keyboard.press
    press("Tab")
    expect(card.locator("summary")).to_be_focused()
    press("Enter")
    press("Tab")
    press("ArrowDown")
    expect(card.get_by_label("Nee, hier is niets bijzonders")).to_be_checked()
    press("Tab")
    list_page.keyboard.type("De portiekdeur is gemaakt")
    press("Tab")
    press("Enter")

    expect(card.get_by_role("status")).to_contain_text("Opgeslagen")
    expect(card).to_contain_text("Nee, hier is niets bijzonders (u): De portiekdeur is gemaakt")
    expect(card).to_be_in_viewport()
    expect(card.locator("summary")).to_contain_text("Mijn oordeel veranderen")
    assert_accessible(list_page)


def test_a_judgement_without_a_reason_is_pointed_at_and_keeps_what_was_chosen(open_page):
    page = open_page("/lijst", role=TEAM)
    page.evaluate("for (const form of document.forms) form.noValidate = true")
    card = page.locator(".places > li").nth(1)
    card.locator("summary").click()
    card.get_by_label("Nog niet duidelijk").check()
    card.get_by_label("Waarom wel, of waarom niet?").fill("")
    card.get_by_role("button", name="Opslaan").click()

    card = page.locator(".places > li").nth(1)
    expect(card.get_by_label("Waarom wel, of waarom niet?")).to_be_focused()
    expect(card.get_by_label("Nog niet duidelijk")).to_be_checked()
    expect(card.locator(".error")).to_have_text("Schrijf op waarom, in hoogstens 500 tekens.")
    expect(page.get_by_role("alert")).to_contain_text("Uw oordeel is nog niet opgeslagen.")
    assert_accessible(page)


def test_without_a_script_a_place_is_judged_just_as_well(open_page):
    page = open_page("/lijst", role=COORDINATOR, java_script_enabled=False)
    card = page.locator(".places > li").last
    card.locator("summary").click()
    card.get_by_label("Ja, hier is aandacht nodig").check()
    card.get_by_label("Waarom wel, of waarom niet?").fill("Veel overlast in het trappenhuis")
    card.get_by_role("button", name="Opslaan").click()

    expect(page.locator(".places > li").last.get_by_role("status")).to_contain_text("Opgeslagen")


def test_the_sheet_is_one_page_of_a4_also_with_ten_places_and_long_judgements(list_page):
    list_page.get_by_role("link", name="Het blad voor het buurtoverleg").click()
    expect(list_page.get_by_role("heading", level=1)).to_contain_text("Buurtoverleg")
    expect(list_page.get_by_role("button", name="Afdrukken")).to_be_visible()
    assert_accessible(list_page)
    assert pages_of(list_page) == 1
    list_page.evaluate(
        """words => {
          const body = document.querySelector(".sheet tbody");
          while (body.rows.length < 10) body.append(body.rows[0].cloneNode(true));
          for (const row of [...body.rows].slice(0, 8)) row.cells[3].textContent = words;
        }""",
        LONG,
    )
    assert pages_of(list_page) == 1


def test_the_sheet_is_one_page_of_a4_also_with_ten_places_and_five_warnings(list_page):
    list_page.get_by_role("link", name="Het blad voor het buurtoverleg").click()
    list_page.evaluate(
        """line => {
          const body = document.querySelector(".sheet tbody");
          while (body.rows.length < 10) body.append(body.rows[0].cloneNode(true));
          const told = document.querySelector("main ul") || document.createElement("ul");
          told.replaceChildren(...Array.from({length: 5}, () => {
            const one = document.createElement("li");
            one.textContent = line;
            return one;
          }));
          document.querySelector(".table-scroll").after(told);
        }""",
        WARNED,
    )
    assert pages_of(list_page) == 1


def test_on_paper_the_sheet_has_room_to_write_and_nothing_to_press(list_page):
    list_page.get_by_role("link", name="Het blad voor het buurtoverleg").click()
    list_page.set_viewport_size({"width": 718, "height": 1046})  # A4 without its margins
    list_page.emulate_media(media="print")

    for gone in ("Terug naar de lijst", "Lijst"):
        expect(list_page.get_by_role("link", name=gone, exact=True)).to_be_hidden()
    expect(list_page.get_by_role("button", name="Afdrukken")).to_be_hidden()
    expect(list_page.get_by_text("Volgende keer:")).to_be_visible()
    room = list_page.locator(".to-write").first.bounding_box()
    assert room["width"] > 180
    assert room["height"] > 40


def test_the_sheet_fits_on_a_telephone(open_page):
    page = open_page("/lijst", role=TEAM, width=390)
    page.get_by_role("link", name="Het blad voor het buurtoverleg").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Buurtoverleg")

    assert_accessible(page)


def test_on_paper_the_list_has_no_forms(list_page):
    list_page.emulate_media(media="print")

    assert list_page.locator("form:visible, summary:visible").count() == 0


def test_from_the_list_one_opens_a_block_with_its_band_its_neighbours_and_its_warning(open_page):
    page = open_page("/lijst", role=COORDINATOR)
    for district in page.locator("a.district").all():
        district.click()
        busy = page.locator(".places > li").filter(
            has_text=re.compile(r"meldden zich hier \d\d mensen")
        )
        if busy.count():
            break
    busy.first.locator("h2 a").click()

    expect(page.locator("svg.trend .expected").first).to_be_attached()
    expect(page.get_by_role("columnheader", name="Gewoon is").first).to_be_visible()
    expect(page.get_by_role("heading", name="Waarschuwingen met dit blok")).to_be_visible()
    unfold(page)
    assert_accessible(page)
    page.locator("section[aria-labelledby=beside] tbody a").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Blok")


def test_what_was_judged_on_the_list_stands_on_the_page_of_the_block(list_page):
    card = list_page.locator(".places > li").first
    card.locator("summary").click()
    card.get_by_label("Ja, hier is aandacht nodig").check()
    card.get_by_label("Waarom wel, of waarom niet?").fill("Het licht doet het niet")
    card.get_by_role("button", name="Opslaan").click()
    list_page.locator(".places > li").first.locator("h2 a").click()

    looked = list_page.locator("section[aria-labelledby=looked]")
    expect(looked).to_contain_text("Ja, hier is aandacht nodig (u): Het licht doet het niet")
