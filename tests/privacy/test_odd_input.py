"""What strangers send to the forms: odd signs, far too much, guesses, things made up."""

import re
import secrets
import shutil
import unicodedata
from collections.abc import Iterator
from html import unescape
from urllib.parse import quote_from_bytes, urlencode

from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from pytest import fixture, mark, param, raises
from sqlalchemy import String
from sqlmodel import SQLModel, select

from signaal.access.model import Purpose, Role
from signaal.access.web.door import SESSION_SECRET
from signaal.app import LARGEST_BODY, create_app
from signaal.description import RouteLine, describe, routes
from signaal.errors import TooManyTries, UnknownReceipt
from signaal.intake import actions as intake
from signaal.intake import store as intake_store
from signaal.intake.model import RECEIPT_SIGNS, TRIES
from signaal.privacy import actions as sealing
from signaal.web import EVERYONE
from tests.fakes import SetClock
from tests.privacy.filled import EXAMPLES, NORTH, NOWHERE, Entered, Filled, fill_in, filled
from tests.privacy.test_every_route import SUNDAY_EVENING, path_of

CODE = re.compile(r"[0-9A-Z]{6}(?:-[0-9A-Z]{4}){3}")
HOW_OFTEN = (200, param(5_000, marks=mark.soak))
"""Odd texts over the forms: in the suite, and in the long campaign."""
SHALLOW, DEEP = 2, 60
"""Requests per operation and role that Schemathesis makes up."""
ALL_IS_WELL = tuple(HealthCheck)
PHASES = (Phase.generate,)
"""A failing case is named as it was found: making it smaller would take minutes."""
SOURCE = 20261115
"""From here the cases are made up, so that a failure comes back."""
ODD_SIGNS = st.sampled_from(
    [
        *"\x00\x07\x7f\x85\u00a0\u00ad\u0301\u0344\u200b\u200d\u200e\u202e\u2028\u2029\u2066",
        *"\u0958\u2126\u212b\uac00\ufb01\ufdfa\ufeff\ufffd\ufffe\uffff\U0001d15e\U000e0041\U0010ffff",
        *("e\u0301", "\u1e9b\u0323", "\u1100\u1161", "\U0001f468\u200d\U0001f33e", "\x1b[31m"),
        *("\r\n", "\r", "\n\n\n", "\t", "&#0;", "&amp;", "../../", "${jndi:x}", "%s%n"),
        *("<script>", "{{ 7*7 }}", "{% raw %}", "'; DROP TABLE report; --", "=HYPERLINK()"),
    ]
)
REPORT = {name: EXAMPLES[name] for name in ("kind", "category", "since", "postcode", "number")}
LETTERS = st.characters(exclude_categories=("Nd", "Cs"))
"""Without digits: those are masked when they look like somebody's number."""
ODD_TEXT = st.lists(st.one_of(ODD_SIGNS, st.text(LETTERS, max_size=12)), max_size=12).map("".join)
ODD_BYTES = st.binary(max_size=40)


@fixture(scope="module")
def town(sqlite_template, tmp_path_factory) -> Iterator[Filled]:
    folder = tmp_path_factory.mktemp("odd")
    shutil.copy(sqlite_template, folder / "signaal.db")
    with filled(database_url="", folder=folder, clock=SetClock(SUNDAY_EVENING)) as made:
        made.keep(folder / "kept.db")
        yield made


@fixture
def fresh(town) -> Filled:
    town.restore()
    return town


def every_form(town: Filled) -> list[RouteLine]:
    return [
        line
        for line in routes(town.app)
        if "POST" in line.methods and line.rule.purpose != Purpose.CARRY
    ]


def somebody_for(town: Filled, line: RouteLine) -> Entered:
    """Somebody who may use this route."""
    return town.enter("" if EVERYONE in line.rule.roles else min(line.rule.roles))


# -- requests made up from the description ---------------------------------------------------


@mark.parametrize("times", [SHALLOW, param(DEEP, marks=mark.soak)])
@mark.parametrize("role", ["", *Role], ids=lambda role: str(role) or "anonymous")
def test_no_request_that_fits_the_description_breaks_anything(fresh, role, times) -> None:
    """Schemathesis makes up requests; what everybody may use is tried as a resident only."""
    import schemathesis

    schema = schemathesis.openapi.from_dict(describe(fresh.app))
    entered = fresh.enter(role)
    tried = 0
    for found in schema.get_all_operations():
        operation = found.ok()
        roles = set(operation.definition.raw["x-signaal-roles"])
        if ({EVERYONE} if not role else {role}) & roles:
            try_operation(operation, entered, times=times)
            tried += 1
    assert tried or role not in USED_ROLES


USED_ROLES = frozenset({"", Role.TEAM_MEMBER, Role.COORDINATOR, Role.POLICE_OFFICER})


def try_operation(operation, entered: Entered, *, times: int) -> None:
    described = operation.definition.raw["responses"]

    @seed(SOURCE)
    @settings(max_examples=times, database=None, suppress_health_check=ALL_IS_WELL, phases=PHASES)
    @given(case=operation.as_strategy())
    def send(case) -> None:
        answer = entered.browser().open(
            case.formatted_path,
            method=case.method,
            query_string=plain(case.query),
            data=plain(case.body),
            buffered=True,
        )
        answer.close()
        assert str(answer.status_code) in described, (case.formatted_path, answer.status_code)

    send()


def plain(made_up: object) -> dict[str, str]:
    """What was made up as the fields of a form."""
    if not isinstance(made_up, dict):
        return {}
    return {str(name): str(value) for name, value in made_up.items()}


# -- odd signs ------------------------------------------------------------------------------


@mark.parametrize("times", HOW_OFTEN)
def test_what_is_kept_of_an_odd_text_is_the_nfc_of_what_was_sent(fresh, times) -> None:
    browser = Entered(fresh.app).browser()

    @seed(SOURCE)
    @settings(max_examples=times, database=None, suppress_health_check=ALL_IS_WELL, phases=PHASES)
    @given(text=ODD_TEXT)
    def send(text: str) -> None:
        form = REPORT | {"form_id": secrets.token_hex(8), "text": text}
        answer = browser.post("/melden/bedankt", data=form)
        assert answer.status_code == 200, answer.status_code
        assert kept_of(fresh, CODE.findall(answer.text)[0]) == as_it_may_be_kept(text)

    send()
    assert_everything_is_nfc(fresh)


def as_it_may_be_kept(text: str) -> str:
    """NFC, without NUL, with the line ends of this house, and no blanks around."""
    whole = unicodedata.normalize("NFC", text.replace("\x00", ""))
    return whole.strip().replace("\r\n", "\n")


def kept_of(town: Filled, code: str) -> str:
    """What is kept of the text of the report with this receipt."""
    with town.services.database.reading() as session:
        row = intake_store.by_reference(session, code.replace("-", "")[:6])
        assert row
        sealed = intake_store.sealed(session, [row.id])[row.id]
        key = sealing.find_key(
            session, key_id=sealed.key_id, master_key=town.services.settings.master_key
        )
        assert key
        return key.open(sealed.text)


@mark.parametrize("times", HOW_OFTEN)
def test_no_form_breaks_on_odd_signs_in_any_of_its_fields(fresh, times) -> None:
    lines = every_form(fresh)
    browsers = {line.endpoint: somebody_for(fresh, line) for line in lines}

    @seed(SOURCE)
    @settings(max_examples=times, database=None, suppress_health_check=ALL_IS_WELL, phases=PHASES)
    @given(st.sampled_from(lines), st.data())
    def send(line: RouteLine, data) -> None:
        form = fill_in(line.rule.takes)
        for each in line.rule.takes:
            if data.draw(st.booleans()):
                form[each.name] = data.draw(ODD_TEXT)[: each.longest]
        answer = (
            browsers[line.endpoint]
            .browser()
            .post(path_of(fresh.app, line, fresh.corners[NORTH]), data=form)
        )
        assert answer.status_code < 500, (line.path, form)

    send()
    assert_everything_is_nfc(fresh)


@mark.parametrize("times", HOW_OFTEN)
def test_no_form_breaks_on_bytes_that_are_no_text(fresh, times) -> None:
    lines = [line for line in every_form(fresh) if line.rule.takes]
    browsers = {line.endpoint: somebody_for(fresh, line) for line in lines}

    @seed(SOURCE)
    @settings(max_examples=times, database=None, suppress_health_check=ALL_IS_WELL, phases=PHASES)
    @given(st.sampled_from(lines), st.data(), ODD_BYTES)
    def send(line: RouteLine, data, odd: bytes) -> None:
        name = data.draw(st.sampled_from(line.rule.takes)).name
        rest = {key: value for key, value in fill_in(line.rule.takes).items() if key != name}
        raw = urlencode(rest) + f"&{name}=" + quote_from_bytes(odd)
        answer = post_raw(
            browsers[line.endpoint].browser(),
            path_of(fresh.app, line, fresh.corners[NORTH]),
            raw.encode(),
        )
        bare = post_raw(
            browsers[line.endpoint].browser(), path_of(fresh.app, line, fresh.corners[NORTH]), odd
        )
        assert answer.status_code < 500, (line.path, raw)
        assert bare.status_code < 500, (line.path, odd)

    send()
    assert_everything_is_nfc(fresh)


def post_raw(browser: FlaskClient, path: str, raw: bytes):
    return browser.post(path, data=raw, content_type="application/x-www-form-urlencoded")


def assert_everything_is_nfc(town: Filled) -> None:
    """Every word in every table is NFC, and none holds a NUL."""
    with town.services.database.reading() as session:
        for table in SQLModel.metadata.sorted_tables:
            words = [column for column in table.columns if isinstance(column.type, String)]
            for row in session.execute(select(*words)) if words else ():
                for value in row:
                    if isinstance(value, str):
                        assert unicodedata.is_normalized("NFC", value), (table.name, value)
                        assert "\x00" not in value, (table.name, value)


@mark.parametrize("taal", ["xx", "\x00", "nl'--", "é" * 500, "../../etc"])
def test_an_odd_language_is_no_language(fresh, taal) -> None:
    answer = Entered(fresh.app).browser().get("/", query_string={"taal": taal})

    assert answer.status_code == 200
    assert '<html lang="nl">' in answer.text


# -- far too much ---------------------------------------------------------------------------


class Untouched:
    """A body that must not be read."""

    def read(self, *_size: int) -> bytes:
        raise AssertionError("the body was read")

    readline = readlines = __iter__ = read

    def close(self) -> None:
        pass


def test_a_body_that_is_too_large_is_refused_without_being_read(fresh) -> None:
    app = create_app(fresh.services, fresh.app.extensions["network"])
    for line in routes(app):
        if "POST" in line.methods:
            answer = app.test_client().post(
                path_of(fresh.app, line, fresh.corners[NORTH]),
                content_type="application/x-www-form-urlencoded",
                environ_overrides={
                    "wsgi.input": Untouched(),
                    "CONTENT_LENGTH": str(LARGEST_BODY + 1),
                },
            )
            assert answer.status_code == 413, (line.path, answer.status_code)


def test_a_field_of_a_megabyte_is_refused_for_whoever_may_send_the_form(fresh) -> None:
    app = create_app(fresh.services, fresh.app.extensions["network"])  # as it is served
    for line in every_form(fresh):
        entered = Entered(app, somebody_for(fresh, line).secret)
        books = fresh.books()
        for name in ("text", *(each.name for each in line.rule.takes)):
            form = fill_in(line.rule.takes) | {name: "a" * 1_000_000}
            answer = entered.browser().post(
                path_of(fresh.app, line, fresh.corners[NORTH]), data=form
            )
            assert answer.status_code == 413, (line.path, name, answer.status_code)
        assert fresh.books() == books, line.path


def test_a_field_beyond_its_declared_length_is_refused(fresh) -> None:
    for line in every_form(fresh):
        entered = somebody_for(fresh, line)
        for each in line.rule.takes:
            form = fill_in(line.rule.takes) | {each.name: "a" * (each.longest + 1)}
            answer = entered.browser().post(
                path_of(fresh.app, line, fresh.corners[NORTH]), data=form
            )
            assert answer.status_code in {400, 413, 422}, (line.path, each.name)


# -- made up --------------------------------------------------------------------------------


@mark.parametrize("role", ["", "mayor", "TEAM_MEMBER", "team_member\x00", "everyone", "*", "é"])
def test_nobody_takes_a_role_that_does_not_exist(fresh, role) -> None:
    browser = Entered(fresh.app).browser()

    assert browser.post("/aanmelden", data={"role": role}).status_code in {400, 422}
    assert browser.get("/meldingen").status_code in {302, 303, 403}


@mark.parametrize(
    "secret",
    ["", "x", "x" * 5_000, NOWHERE, "\x00", "é", "' OR 1=1 --", 7, True, None, ["x"], {"a": "b"}],
    ids=repr,
)
def test_a_session_that_was_made_up_is_nobodys(fresh, secret) -> None:
    browser = fresh.app.test_client()
    with browser.session_transaction() as kept:
        kept[SESSION_SECRET] = secret

    assert browser.get("/").status_code == 200
    assert browser.get("/meldingen").status_code in {302, 303, 403}


def test_a_cookie_that_was_altered_is_nobodys(fresh) -> None:
    browser = fresh.enter(Role.TEAM_MEMBER).browser()
    name = fresh.app.config["SESSION_COOKIE_NAME"]
    genuine = browser.get_cookie(name).value
    assert browser.get("/meldingen").status_code == 200

    for at in range(0, len(genuine), 3):
        other = "A" if genuine[at] != "A" else "B"
        browser.set_cookie(name, genuine[:at] + other + genuine[at + 1 :])
        assert browser.get("/meldingen").status_code in {302, 303, 403}, at
    for odd in ("", ".", "..", "é", genuine[:-1], genuine + "A", "x" * 4_000):
        browser.set_cookie(name, odd)
        assert browser.get("/meldingen").status_code in {302, 303, 403}, odd


def test_an_id_that_was_made_up_leads_nowhere(fresh) -> None:
    for line in routes(fresh.app):
        if line.rule.purpose == Purpose.CARRY or "uuid:" not in line.path:
            continue
        path = re.sub(r"<uuid:\w+>", NOWHERE, line.path)
        entered = somebody_for(fresh, line)
        for method in line.methods:
            answer = entered.browser().open(path, method=method, data=fill_in(line.rule.takes))
            assert answer.status_code in {303, 400, 403, 404, 410, 422}, (path, answer.status_code)
            odd = re.sub(r"<uuid:\w+>", "1%27--", line.path)
            assert entered.browser().open(odd, method=method).status_code == 404


# -- guessed codes --------------------------------------------------------------------------


def a_receipt(town: Filled) -> str:
    form = REPORT | {"form_id": secrets.token_hex(8)}
    answer = Entered(town.app).browser().post("/melden/bedankt", data=form)
    return CODE.findall(unescape(answer.text))[0]


@mark.parametrize("times", [2_000, param(100_000, marks=mark.soak)])
def test_no_guess_is_right_and_the_owner_still_gets_in(fresh, times) -> None:
    code = a_receipt(fresh)
    public = code[:6]
    right = judged = 0
    for number in range(times):
        # Half of the guesses know which report, and only lack its secret.
        signs = "".join(secrets.choice(RECEIPT_SIGNS) for _ in range(18))
        guess = public + signs[6:] if number % 2 else signs
        try:
            intake.follow(fresh.services, guess)
            right += 1
        except TooManyTries:
            pass
        except UnknownReceipt:
            judged += number % 2
    assert right == 0
    assert judged == TRIES  # of the known report, however often it was guessed at

    with raises(TooManyTries):
        intake.follow(fresh.services, code)
    fresh.services.clock.turn(minutes=15, seconds=1)
    assert intake.follow(fresh.services, code)


def test_guessing_in_the_browser_ends_and_says_so(fresh) -> None:
    code = a_receipt(fresh)
    browser = Entered(fresh.app).browser()
    guess = code[:-1] + ("0" if code[-1] != "0" else "1")

    codes = [browser.post("/volgen", data={"code": guess}).status_code for _ in range(12)]

    assert codes[:TRIES] == [422] * TRIES
    assert set(codes[TRIES:]) == {429}
    fresh.services.clock.turn(minutes=15, seconds=1)
    assert browser.post("/volgen", data={"code": code}).status_code == 200


@mark.parametrize(
    "odd", ["", "0", "é" * 18, "\x00" * 18, "7KQ2MX", "7KQ2MX-ABCD-EFGH-JKM%", "0" * 19]
)
def test_a_receipt_that_is_none_is_refused_calmly(fresh, odd) -> None:
    answer = Entered(fresh.app).browser().post("/volgen", data={"code": odd})

    assert answer.status_code in {400, 422}


def test_north_is_where_the_examples_are(fresh) -> None:
    assert fresh.corners[NORTH].reference
