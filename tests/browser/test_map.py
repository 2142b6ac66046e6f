"""The map with its table, and the page of one block."""

import re

from playwright.sync_api import Page, expect
from pytest import fixture, mark

from tests.browser.visitor import assert_accessible, go_on

pytestmark = mark.browser
TEAM = "team_member"


@fixture
def map_page(open_page) -> Page:
    page = open_page("/kaart", role=TEAM)
    expect(page.locator("#map-frame[data-ready=true]")).to_be_attached()
    return page


def column(page: Page, name: str) -> list[int]:
    """The numbers under one heading, from top to bottom."""
    words = page.locator("#figures").evaluate(
        """(table, name) => {
          const heads = [...table.tHead.rows[0].cells];
          const at = heads.findIndex(head => head.textContent.trim() === name);
          return [...table.tBodies[0].rows].map(row => row.cells[at].textContent.trim());
        }""",
        name,
    )
    return [int(word) for word in words]


@mark.parametrize(("width", "language", "scheme"), [(320, "nl", "dark"), (1280, "en", "light")])
def test_the_map_page_is_accessible(open_page, width, language, scheme):
    page = open_page("/kaart", role=TEAM, width=width, language=language, color_scheme=scheme)
    expect(page.locator("#map-frame[data-ready=true]")).to_be_attached()

    assert_accessible(page)


def test_the_map_has_colours_and_stands_beside_the_table(map_page):
    colours = map_page.locator("#map .leaflet-overlay-pane canvas").evaluate(
        """canvas => {
          const all = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
          const seen = new Set();
          for (let at = 0; at < all.length; at += 4) {
            if (all[at + 3] === 255) seen.add([all[at], all[at + 1], all[at + 2]].join());
          }
          return seen.size;
        }"""
    )
    drawn = map_page.locator("#map").bounding_box()
    table = map_page.locator("#figures").bounding_box()

    assert colours > 1
    assert table["x"] > drawn["x"] + drawn["width"] / 2


@mark.parametrize("width", [390, 1280])
def test_every_name_on_the_map_is_whole_and_none_covers_another(open_page, width):
    page = open_page("/kaart", role=TEAM, width=width)
    expect(page.locator("#map-frame[data-ready=true]")).to_be_attached()
    edge = page.locator("#map").bounding_box()
    for closer in range(3):
        boxes = [name.bounding_box() for name in page.locator(".place-name:visible").all()]
        assert boxes or closer
        for at, box in enumerate(boxes):
            assert edge["x"] <= box["x"]
            assert box["x"] + box["width"] <= edge["x"] + edge["width"]
            assert not any(overlap(box, other) for other in boxes[at + 1 :])
        page.evaluate("() => { map.zoomIn(1, { animate: false }); }")


def overlap(one: dict, other: dict) -> bool:
    return all(
        one[start] + 0.5 < other[start] + other[size]
        and other[start] + 0.5 < one[start] + one[size]
        for start, size in (("x", "width"), ("y", "height"))
    )


def test_the_table_is_sorted_by_keyboard_and_says_so(map_page):
    heading = map_page.get_by_role("columnheader", name="Woningen", exact=True)
    heading.get_by_role("button").focus()
    map_page.keyboard.press("Enter")

    expect(heading).to_have_attribute("aria-sort", "descending")
    largest_first = column(map_page, "Woningen")
    assert largest_first == sorted(largest_first, reverse=True)
    expect(map_page.locator("#sort-said")).to_contain_text("Woningen")

    map_page.keyboard.press("Enter")
    expect(heading).to_have_attribute("aria-sort", "ascending")
    assert column(map_page, "Woningen") == largest_first[::-1]


def test_the_slider_goes_through_the_year_by_keyboard_and_keeps_the_view(map_page):
    map_page.evaluate("() => { map.zoomIn(1, { animate: false }); window.stays = true; }")
    view = map_page.evaluate("map.getBounds().toBBoxString()")
    shapes = []
    map_page.on("request", lambda asked: shapes.append(asked.url) if "vormen" in asked.url else 0)
    slider = map_page.get_by_role("slider", name="Schuif door het jaar")
    latest = slider.get_attribute("aria-valuetext")
    slider.focus()
    map_page.keyboard.press("ArrowLeft")
    map_page.keyboard.press("ArrowLeft")

    expect(map_page).to_have_url(re.compile("periode=2"))
    spoken = slider.get_attribute("aria-valuetext")
    assert spoken != latest
    expect(map_page.locator("#figures caption")).to_contain_text(spoken)
    assert map_page.evaluate("map.getBounds().toBBoxString()") == view
    assert map_page.evaluate("window.stays")
    assert shapes == []


def test_another_kind_is_chosen_from_the_small_maps_without_losing_the_place(map_page):
    map_page.get_by_role("link", name="Zorgen").focus()
    map_page.keyboard.press("Enter")

    expect(map_page).to_have_url(re.compile("soort=concern"))
    expect(map_page.locator("#figures caption")).to_contain_text("Zorgen")
    expect(map_page.get_by_role("link", name="Zorgen")).to_be_focused()


def test_rows_are_chosen_while_typing_and_the_files_follow(map_page):
    map_page.get_by_label("Zoek").fill("vogel")

    expect(map_page.locator("#found")).to_contain_text("van de")
    expect(map_page).to_have_url(re.compile("zoek=vogel"))
    areas = map_page.locator("#figures tbody td:nth-child(2)").all_inner_texts()
    assert areas
    assert all("Vogelbuurt" in area for area in areas)
    link = map_page.get_by_role("link", name="als CSV").get_attribute("href")
    assert "zoek=vogel" in link
    map_page.get_by_label("alleen wat opvalt").check()
    expect(map_page).to_have_url(re.compile("opvallend=ja"))


def test_without_a_script_another_kind_and_other_weeks_are_chosen_with_a_button(open_page):
    page = open_page("/kaart", java_script_enabled=False, role=TEAM)
    page.get_by_label("Soort melding").select_option(label="Zorgen")
    page.get_by_label("Periode van vier weken").select_option(index=2)
    page.get_by_role("button", name="Toon").click()

    expect(page).to_have_url(re.compile("soort=concern.*periode=2"))
    expect(page.locator("#figures caption")).to_contain_text("Zorgen")
    expect(page.get_by_role("slider")).to_be_hidden()


def test_without_a_script_the_table_is_there_and_its_headings_still_sort(open_page):
    page = open_page("/kaart", java_script_enabled=False, role=TEAM)

    heading = page.get_by_role("columnheader", name="Woningen", exact=True)
    go_on(page, heading.get_by_role("link"))

    expect(page.locator("#map")).to_be_hidden()
    expect(page.locator("noscript")).to_be_visible()
    sizes = column(page, "Woningen")
    assert sizes
    assert sizes == sorted(sizes, reverse=True)


def test_a_block_opens_from_the_table_and_explains_its_colour(map_page):
    map_page.locator("#figures tbody a").first.click()

    expect(map_page.get_by_role("heading", level=1)).to_contain_text("Blok")
    expect(map_page.locator("svg.trend").first).to_be_visible()
    expect(
        map_page.get_by_text("Weinig meldingen betekent niet: weinig problemen.")
    ).to_be_visible()


@mark.parametrize(("role", "width"), [(TEAM, 320), ("coordinator", 1280), ("policy_officer", 1280)])
def test_the_page_of_a_block_is_accessible(open_page, role, width):
    page = open_page("/kaart", role=role, width=width)
    page.locator("#figures tbody a").first.click()
    expect(page.locator("svg.trend").first).to_be_visible()
    for summary in page.locator("summary").all():
        summary.click()

    assert_accessible(page)


def test_the_map_on_paper_shows_what_the_screen_showed_and_comes_back_after(map_page):
    state = "() => [map.getSize().x, map.getZoom(), map.getCenter().lat, map.getCenter().lng]"
    seen = map_page.evaluate("map.getBounds().toBBoxString()")
    before = map_page.evaluate(state)
    map_page.evaluate(
        """() => addEventListener("beforeprint", () => {
          window.printed = [map.getSize().x, map.getBounds().toBBoxString()];
        })"""
    )
    map_page.pdf(format="A4")

    width, printed = map_page.evaluate("printed")
    west, south, east, north = map(float, printed.split(","))
    left, low, right, high = map(float, seen.split(","))
    assert 600 < width < 700
    assert west <= left < right <= east
    assert south <= low < high <= north
    assert map_page.evaluate(state) == before


def test_on_paper_the_first_rows_are_there_with_a_word_about_the_others_and_no_buttons(map_page):
    expect(map_page.get_by_text("Op papier staan")).to_be_hidden()
    map_page.emulate_media(media="print")

    box = map_page.locator(".table-scroll").first
    assert box.evaluate("one => one.scrollHeight <= one.clientHeight + 1")
    assert map_page.locator("#figures tbody tr:visible").count() == 50
    expect(map_page.get_by_text("Op papier staan 50 van de")).to_be_visible()
    expect(map_page.get_by_role("button", name="Toon")).to_be_hidden()
