"""What goes around every page: headers, cookies, tokens of forms, and no other host."""

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser

from flask import Flask
from flask.testing import FlaskClient
from pydantic import SecretStr
from pytest import fixture, mark
from werkzeug.test import TestResponse

from signaal.access.model import Purpose, Role
from signaal.access.web.door import SESSION_SECRET
from signaal.app import create_app
from signaal.description import RouteLine, routes
from signaal.settings import CarrierName, Mode, Settings
from signaal.web import EVERYONE
from tests.fakes import SetClock
from tests.privacy.filled import NORTH, Entered, Filled, fill_in, filled
from tests.privacy.test_every_route import SUNDAY_EVENING, ask, path_of

SECURE = {"base_url": "https://signaal.example"}
CALLS_ANOTHER_HOST = re.compile(r"^(?:https?:)?//")
CALLING_ATTRIBUTES = frozenset({"src", "srcset", "action", "formaction", "poster", "data", "ping"})
LINKING_TAGS = frozenset({"a", "area"})
"""These go to another host only when somebody follows them."""


SHAPES = frozenset({"/kaart/wijken.json", "/kaart/vormen.json", "/kaart/ondergrond.json"})
"""Outlines without a figure, which a browser may keep for itself."""
OK = 200


@fixture(scope="module")
def town(sqlite_template, tmp_path_factory) -> Iterator[Filled]:
    folder = tmp_path_factory.mktemp("headers")
    shutil.copy(sqlite_template, folder / "signaal.db")
    with filled(database_url="", folder=folder, clock=SetClock(SUNDAY_EVENING)) as made:
        yield made


@fixture(scope="module")
def answers(town) -> list[tuple[RouteLine, Entered, TestResponse]]:
    """What every route that can be read answers to a resident and to three roles."""
    somebody = [town.enter(role) for role in ("", *(Role.TEAM_MEMBER, Role.ADMINISTRATOR))]
    return [
        (line, entered, ask(entered, line, "GET", town.corners[NORTH]))
        for entered in somebody
        for line in routes(town.app)
        if "GET" in line.methods
    ]


def policy_of(answer: TestResponse) -> dict[str, list[str]]:
    parts = answer.headers["Content-Security-Policy"].split(";")
    return {words[0]: words[1:] for words in (part.split() for part in parts)}


def test_every_answer_forbids_what_it_does_not_need(answers) -> None:
    for line, _, answer in answers:
        policy = policy_of(answer)
        assert policy["default-src"] == ["'none'"], line.path
        assert policy["frame-ancestors"] == ["'none'"], line.path
        assert policy["base-uri"] == ["'none'"], line.path
        assert policy["form-action"] == ["'self'"], line.path
        for directive, sources in policy.items():
            for source in sources:
                assert source in {"'none'", "'self'", "data:"} or source.startswith("'nonce-"), (
                    line.path,
                    directive,
                    source,
                )
        assert policy["script-src"][0] == "'self'"
        assert not {"'unsafe-inline'", "'unsafe-eval'"} & {*policy["script-src"]}


def test_every_answer_has_a_nonce_of_its_own(answers) -> None:
    nonces = [policy_of(answer)["script-src"][1] for _, _, answer in answers]

    assert len(set(nonces)) == len(nonces)
    assert all(re.fullmatch(r"'nonce-[\w-]{16,}'", nonce) for nonce in nonces)


@mark.parametrize(
    ("header", "value"),
    [
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "no-referrer"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
    ],
)
def test_every_answer_says_so(answers, header, value) -> None:
    for line, _, answer in answers:
        assert answer.headers.get(header) == value, line.path


def test_nothing_that_somebody_signed_in_for_is_kept_by_a_browser_or_proxy(answers) -> None:
    for line, entered, answer in answers:
        if entered.secret and EVERYONE not in line.rule.roles:
            kept = answer.headers["Cache-Control"]
            only_shapes = line.path in SHAPES and answer.status_code == OK
            assert ("private" if only_shapes else "no-store") in kept, line.path


def test_every_page_that_is_no_file_is_not_stored(answers) -> None:
    for line, _, answer in answers:
        if answer.mimetype == "text/html":
            assert "no-store" in answer.headers["Cache-Control"], line.path


def test_over_https_the_browser_is_told_to_stay_there(town) -> None:
    told = town.app.test_client().get("/", **SECURE).headers
    plain = town.app.test_client().get("/").headers

    assert int(re.findall(r"max-age=(\d+)", told["Strict-Transport-Security"])[0]) >= 31_536_000
    assert "Strict-Transport-Security" not in plain


def test_what_is_refused_or_broken_has_the_same_headers(town) -> None:
    browser = town.app.test_client()
    refused = [
        browser.get("/bestaat-niet"),
        browser.get("/meldingen"),
        browser.post("/melden/bedankt", data={"text": "a" * 70_000}),
        browser.post("/haak/sms"),
        browser.delete("/"),
    ]

    assert [answer.status_code for answer in refused] == [404, 403, 413, 403, 405]
    for answer in refused:
        assert policy_of(answer)["default-src"] == ["'none'"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "no-store" in answer.headers["Cache-Control"]


# -- cookies --------------------------------------------------------------------------------


def cookies_of(app: Flask, **kept: str) -> list[str]:
    """The Set-Cookie headers of a page that keeps something."""
    return app.test_client().get("/melden?taal=en", **kept).headers.getlist("Set-Cookie")


def in_production(town: Filled) -> Flask:
    settings = Settings(
        mode=Mode.PRODUCTION,
        data_dir=town.services.settings.data_dir,
        public_url="https://signaal.example",
        secret_key=SecretStr("an invented secret that is long enough " * 2),
        reporter_pepper=SecretStr("an invented pepper that is long enough " * 2),
        master_key=SecretStr("QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE="),
        carrier=CarrierName.TWILIO,
        twilio_account_sid="AC" + "0" * 32,
        twilio_auth_token=SecretStr("invented"),
        rota_file=town.services.settings.rota_file,
        line_number=town.services.settings.line_number,
    )
    return create_app(replace(town.services, settings=settings))


def test_in_production_a_cookie_is_bound_to_this_host_and_to_https(town) -> None:
    cookies = cookies_of(in_production(town), **SECURE)

    assert cookies
    for cookie in cookies:
        parts = {part.strip().lower() for part in cookie.split(";")[1:]}
        assert cookie.startswith("__Host-")
        assert {"secure", "httponly", "path=/"} <= parts
        assert parts & {"samesite=lax", "samesite=strict"}
        assert not [part for part in parts if part.startswith("domain=")]


def test_in_the_demo_a_cookie_is_out_of_reach_of_scripts_and_other_sites(town) -> None:
    cookies = cookies_of(town.app)

    assert cookies
    for cookie in cookies:
        parts = {part.strip().lower() for part in cookie.split(";")[1:]}
        assert {"httponly", "path=/"} <= parts
        assert parts & {"samesite=lax", "samesite=strict"}


def test_every_cookie_that_any_route_sets_is_out_of_reach_of_scripts(answers) -> None:
    cookies = [
        (line.path, cookie)
        for line, _, answer in answers
        for cookie in answer.headers.getlist("Set-Cookie")
    ]

    assert cookies
    for path, cookie in cookies:
        assert "HttpOnly" in cookie, path
        assert "SameSite=" in cookie, path


# -- no other host --------------------------------------------------------------------------


class Calls(HTMLParser):
    """Addresses that a browser fetches by itself when it shows a page."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.bare_scripts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            fetches = name in CALLING_ATTRIBUTES or (name == "href" and tag not in LINKING_TAGS)
            if fetches and value:
                self.addresses.append(value)
        names = {name for name, _ in attrs}
        if tag == "script" and not names & {"src", "nonce"}:
            self.bare_scripts.append(str(attrs))


def is_a_page(answer: TestResponse) -> bool:
    """One of our own, and not the line with which werkzeug sends somebody on."""
    return answer.status_code == 200 and "<html" in answer.text


def test_no_page_asks_another_host_for_anything(answers) -> None:
    for line, _, answer in answers:
        if answer.mimetype == "text/html":
            calls = Calls()
            calls.feed(answer.text)
            assert calls.addresses or not is_a_page(answer), line.path
            for address in calls.addresses:
                assert not CALLS_ANOTHER_HOST.match(address), (line.path, address)


def test_every_script_in_a_page_carries_the_nonce_of_its_answer(answers) -> None:
    for line, _, answer in answers:
        if answer.mimetype == "text/html":
            nonce = policy_of(answer)["script-src"][1].removeprefix("'nonce-").rstrip("'")
            for found in re.findall(r'nonce="([^"]*)"', answer.text):
                assert found == nonce, line.path
            calls = Calls()
            calls.feed(answer.text)
            data = [tag for tag in calls.bare_scripts if "application/json" not in tag]
            assert data == [], line.path


# -- the token of forms ---------------------------------------------------------------------


def strict(town: Filled, role: str) -> FlaskClient:
    """Somebody whose forms need the token, as they do for everybody."""
    app = create_app(town.services, town.app.extensions["network"])
    client = app.test_client()
    secret = town.enter(role).secret
    if secret:
        with client.session_transaction() as kept:
            kept[SESSION_SECRET] = secret
    return client


def test_no_state_changes_without_the_token_of_the_form(town) -> None:
    somebody = {role: strict(town, role) for role in ("", *Role)}
    books = town.books()
    tried = 0
    for line in routes(town.app):
        if "POST" not in line.methods or line.rule.purpose == Purpose.CARRY:
            continue
        role = "" if EVERYONE in line.rule.roles else min(line.rule.roles)
        browser = somebody[role]
        for forged in ({}, {"csrf_token": "guessed"}):
            answer = browser.post(
                path_of(town.app, line, town.corners[NORTH]), data=fill_in(line.rule.takes) | forged
            )
            assert answer.status_code == 400, (line.path, role, answer.status_code)
            assert "Er is niets verstuurd." in answer.text
            tried += 1

    assert tried
    assert town.books() == books


def test_only_the_carriers_routes_do_without_it_and_they_ask_for_a_signature(town) -> None:
    browser = strict(town, "")
    for line in routes(town.app):
        if line.rule.purpose == Purpose.CARRY:
            assert line.path.startswith("/haak/")
            assert browser.post(path_of(town.app, line, town.corners[NORTH])).status_code == 403, (
                line.path
            )


def test_a_token_of_somebody_else_is_no_token(town) -> None:
    one, other = strict(town, ""), strict(town, "")
    token = re.findall(r'name="csrf_token" value="([^"]+)"', one.get("/volgen").text)[0]
    other.get("/volgen")

    assert other.post("/volgen", data={"code": "x", "csrf_token": token}).status_code == 400


def test_no_route_changes_anything_upon_being_read(town, answers) -> None:
    books = town.books()
    for role in ("", Role.TEAM_MEMBER, Role.ADMINISTRATOR, Role.AUDITOR):
        entered = town.enter(role)
        books = town.books()
        for line in routes(town.app):
            if "GET" in line.methods:
                ask(entered, line, "GET", town.corners[NORTH])
        assert town.books() == books
