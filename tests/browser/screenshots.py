"""Pictures of every page of the running demo, to look at: `python -m tests.browser.screenshots`.

Not a test. Starts the demo as the browser tests do, and writes PNGs to ./screenshots: on a desk
(1280 px), on a telephone (390 px), in the dark, and as it would be printed.
"""

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.visitor import ARGUMENTS, CHROMIUM, take_role
from tests.running import ROOT, demo_environment, free_port, serve, signaal

FOLDER = ROOT / "screenshots"
PAGES = {
    "home": ("/", ""),
    "melden": ("/melden", ""),
    "volgen": ("/volgen", ""),
    "rollen": ("/aanmelden", ""),
    "telefoon": ("/telefoon", ""),
    "niet-voor-u": ("/nachtlijn", ""),
    "bestaat-niet": ("/bestaat-niet", ""),
    "home-wijkteam": ("/", "team_member"),
    "kaart": ("/kaart", "team_member"),
    "kaart-wijkagent": ("/kaart", "police_officer"),
    "lijst": ("/lijst", "team_member"),
    "hoe-goed": ("/hoe-goed", "coordinator"),
    "te-plaatsen": ("/te-plaatsen", "team_member"),
    "nachtlijn": ("/nachtlijn", "team_member"),
}
SURROUNDINGS = {
    "bureau": {"viewport": {"width": 1280, "height": 800}, "locale": "nl-NL"},
    "mobiel": {"viewport": {"width": 390, "height": 800}, "locale": "nl-NL"},
    "smal-engels": {"viewport": {"width": 320, "height": 640}, "locale": "en-GB"},
    "donker": {
        "viewport": {"width": 1280, "height": 800},
        "color_scheme": "dark",
        "locale": "nl-NL",
    },
}
PAPER = (794, 1123)
"""A4 at 96 dots per inch."""


def main(address: str, wanted: list[str]) -> None:
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for name in SURROUNDINGS:
            picture_all(browser, address, surroundings=name, wanted=wanted)
        picture_alarm(browser, address)
        browser.close()


def picture_alarm(browser: Browser, address: str) -> None:
    """A neighbour calls at night and hangs up: somebody has to call back, and nobody has yet."""
    context = browser.new_context(base_url=address, **SURROUNDINGS["bureau"])
    page = context.new_page()
    take_role(page, "team_member")
    page.goto("/telefoon")
    page.get_by_role("button", name="Doe alsof het zaterdag 02:00 is").click()
    page.locator("#buurtbewoner-body").fill("8021 AC 14 al weken herrie 's nachts")
    page.locator("#buurtbewoner [data-text] button").click()
    page.locator("#buurtbewoner").get_by_role("button", name="Bel 0970").click()
    page.locator("#buurtbewoner").get_by_role("button", name="1", exact=True).click()
    page.locator(".phone.is-ringing").wait_for()
    picture(page, "alarm-telefoon")
    page.get_by_role("button", name="Hang op").click()
    page.locator("#buurtbewoner:not(.is-listening)").wait_for()
    for path, name in (("/nachtlijn", "alarm-nachtlijn"), ("/kaart", "alarm-kaart")):
        page.goto(path)
        picture(page, name)
    context.close()


def picture_all(browser: Browser, address: str, *, surroundings: str, wanted: list[str]) -> None:
    for name, (path, role) in PAGES.items():
        if wanted and name not in wanted:
            continue
        context = browser.new_context(base_url=address, **SURROUNDINGS[surroundings])
        page = context.new_page()
        if role:
            take_role(page, role)
        page.goto(path)
        picture(page, f"{name}-{surroundings}")
        if path == "/kaart" and role == "team_member":
            page.locator("table a[href^='/blok/']").first.click()
            picture(page, f"blok-{surroundings}")
            if surroundings == "bureau":
                print_out(page, "blok-papier")
                page.go_back()
        if path == "/lijst":
            picture_sheet(page, surroundings)
        if surroundings == "bureau":
            print_out(page, f"{name}-papier")
        context.close()


def picture_sheet(page: Page, surroundings: str) -> None:
    """The sheet for the meeting, from the list and back to it."""
    page.locator("a[href$='/blad']").click()
    picture(page, f"blad-{surroundings}")
    if surroundings == "bureau":
        print_out(page, "blad-papier")
    page.go_back()


def picture(page: Page, name: str) -> None:
    if "/telefoon" not in page.url:  # that page never falls silent
        page.wait_for_load_state("networkidle")
    page.screenshot(path=FOLDER / f"{name}.png", full_page=True)


def print_out(page: Page, name: str) -> None:
    page.set_viewport_size({"width": PAPER[0], "height": PAPER[1]})
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    page.screenshot(path=FOLDER / f"{name}.png", full_page=True)
    page.emulate_media(media="screen")
    page.evaluate("dispatchEvent(new Event('afterprint'))")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        environment = demo_environment(Path(folder), port)
        signaal("demo", environment=environment).check_returncode()
        served = serve(environment, Path(folder) / "serve.log")
        try:
            main(f"http://127.0.0.1:{port}", sys.argv[1:])
        finally:
            served.stop()
