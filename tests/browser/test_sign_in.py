"""Joining, signing in and managing accounts in production: by keyboard, narrow, without script."""

import re
import shutil
from urllib.parse import urlsplit

import pyotp
from playwright.sync_api import Page, expect
from pytest import fixture, mark

from signaal import wiring
from signaal.access.model import Role
from signaal.app import create_app
from signaal.db import Database
from signaal.services import Services
from signaal.settings import Settings
from tests.access.staff import PASSWORD, Account, Office, in_production
from tests.browser.visitor import PATIENCE_MS, Watch, assert_accessible, go_on
from tests.conftest import MONDAY_MORNING
from tests.fakes import QUICK_HASH, RecordingPhone, SetClock, TrustingCheck
from tests.stories.stage import open_door, served

pytestmark = mark.browser
NARROW = 320


@fixture(scope="module")
def house(sqlite_template, tmp_path_factory):
    """A municipality in production, served on this machine."""
    folder = tmp_path_factory.mktemp("house")
    shutil.copy(sqlite_template, folder / "signaal.db")
    database = Database(f"sqlite:///{folder / 'signaal.db'}")
    clock = SetClock(MONDAY_MORNING)
    door, address = open_door()
    settings = Settings(data_dir=folder, database_url=database.url)
    services = Services(
        settings=settings,
        database=database,
        clock=clock,
        line_clock=clock,
        policies=wiring.read_all_policies(settings),
        carrier=RecordingPhone(),
        signatures=TrustingCheck(),
        hash_cost=QUICK_HASH,
    )
    office = Office(in_production(services, public_url=address))
    office.ann = office.colleague(Role.TEAM_MEMBER, Role.DEBT_HELPER)
    office.address = address
    with served(create_app(office.services), door):
        yield office
    database.close()


@fixture
def open_here(browser, house):
    """Opens pages of this house; at the end nothing may have been complained about."""
    watch, contexts = Watch(house.address), []

    def opened(path: str, *, width: int = 1280, **context) -> Page:
        surroundings = browser.new_context(
            base_url=house.address,
            viewport={"width": width, "height": 800},
            locale="nl-NL",
            **context,
        )
        surroundings.set_default_timeout(PATIENCE_MS)
        contexts.append(surroundings)
        page = surroundings.new_page()
        watch.follow(page)
        page.goto(path)
        return page

    yield opened
    for surroundings in contexts:
        surroundings.close()
    assert watch.complaints == []


def fits(page: Page) -> None:
    """Nothing sticks out sideways."""
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url


def sign_in_by_keyboard(page: Page, account: Account) -> None:
    page.goto("/aanmelden")
    page.get_by_label("E-mailadres").focus()
    page.keyboard.type(account.email)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_label("Code van zes cijfers")).to_be_focused()
    page.keyboard.type(account.code())
    page.keyboard.press("Enter")


@mark.parametrize("width", [NARROW, 1280])
def test_staff_sign_in_by_keyboard_without_any_script(open_here, house, width):
    page = open_here("/aanmelden", width=width, java_script_enabled=width != NARROW)
    assert_accessible(page) if width != NARROW else None
    sign_in_by_keyboard(page, house.ann)

    expect(page.get_by_role("heading", level=1)).to_have_text("In welke rol werkt u nu?")
    page.locator("button[value=debt_helper]").press("Enter")
    expect(page).to_have_url(house.address + "/")
    page.goto("/wie-ziet-wat")
    expect(page.locator("tbody tr").first).to_contain_text("Schuldhulp")


@mark.parametrize(("width", "scheme"), [(NARROW, "dark"), (390, "light"), (1280, "dark")])
def test_every_page_of_signing_in_and_joining_is_accessible(open_here, house, width, scheme):
    page = open_here("/aanmelden", width=width, color_scheme=scheme)
    looked_at = [page.url]

    def look() -> None:
        looked_at.append(page.url)
        fits(page)
        assert_accessible(page)

    look()
    page.get_by_label("E-mailadres").fill("nobody@gemeente.example")
    page.get_by_label("Wachtwoord").fill("wrong")
    go_on(page, page.get_by_role("button", name="Verder"))
    expect(page.get_by_role("alert")).to_be_focused()
    look()
    page.goto("/wie-ziet-wat")
    look()
    page.goto("/beheer")
    expect(page.get_by_role("heading", level=1)).to_have_text("Waarom zie ik dit niet?")
    look()
    sign_in_by_keyboard(page, house.administrator)
    expect(page).to_have_url(re.compile("/beheer$"))
    look()
    go_on(page, page.get_by_role("link", name="Nodig iemand uit").first)
    look()
    page.get_by_label("E-mailadres").fill(f"eve{width}@gemeente.example")
    page.get_by_label("Wijkteam", exact=True).check()
    page.get_by_role("textbox", name="Wijken voor de rol Wijkteam").fill("W1")
    go_on(page, page.get_by_role("button", name="Maak de link"))
    look()
    link = urlsplit(page.locator("p.code").inner_text())
    page.goto("/beheer")
    go_on(page, page.get_by_role("link", name="ann@gemeente.example"))
    look()
    join(open_here(link.path, width=width, color_scheme=scheme), house)


def join(page: Page, house: Office) -> None:
    """Follows the link to the recovery codes."""
    assert urlsplit(page.url).path == "/uitnodiging"
    fits(page)
    assert_accessible(page)
    key = page.locator("section .code").first.inner_text().replace(" ", "")
    page.get_by_label("Wachtwoord", exact=True).fill(PASSWORD)
    page.get_by_label("Nog een keer").fill(PASSWORD)
    page.get_by_label("Code van zes cijfers").fill(
        pyotp.TOTP(key).at(int(house.services.clock.now().timestamp()))
    )
    page.get_by_role("button", name="Maak mijn account").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Uw account is klaar")
    expect(page.locator("ol .code")).to_have_count(10)
    fits(page)
    assert_accessible(page)


def test_the_square_can_be_seen_in_the_dark(open_here, house):
    """A scanner needs dark on light, whatever the page looks like."""
    link = house.link(Role.PLANNER, email="planner@gemeente.example")
    page = open_here(f"/uitnodiging/{link}", color_scheme="dark")
    box = page.locator("svg.qr").bounding_box()

    assert box
    assert box["width"] == box["height"]
    assert 150 <= box["width"] <= 400
    fills = page.locator("svg.qr path").evaluate_all(
        "paths => paths.map(path => path.getAttribute('fill') || path.getAttribute('stroke'))"
    )
    assert fills == ["#fff", "#000"]
