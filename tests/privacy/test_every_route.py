"""Every route, tried by every role from every corner: what was declared is what happens.

The routes come from the map of addresses, what may happen from their declarations and from the
matrix of roles. A new route needs nothing here, unless its path holds an argument that no route
had before: the test then says so, and where to add it.
"""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from zipfile import ZipFile

import psycopg
from flask import Flask
from pytest import fixture, mark
from sqlmodel import SQLModel
from werkzeug.routing import AnyConverter, Rule
from werkzeug.test import TestResponse

from signaal.access.model import CaseText, Contact, Purpose, Role, sight_of
from signaal.db import Database
from signaal.description import RouteLine, routes
from signaal.web import EVERYONE, Within
from tests.fakes import SetClock
from tests.privacy.filled import NORTH, NOWHERE, SOUTH, Corner, Entered, Filled, fill_in, filled

SUNDAY_EVENING = datetime(2026, 11, 15, 19, 0, tzinfo=UTC)
REFUSED = frozenset({403})
NOT_THERE = frozenset({403, 404})
"""What lies outside somebody's districts or cases."""
UNKNOWN = frozenset({400, 404, 410, 422})
"""What isn't anybody's, or another organisation's, or has another code."""
LET_IN = frozenset({200, 204, 302, 303, 304, 400, 409, 422, 429})
"""Whatever a view makes of a form that holds examples."""
SWITCHED_OFF = frozenset({404})
"""A page that isn't there for anybody, because a setting says so."""
NOTHING = dict.fromkeys(
    ("report_id", "case_id", "person_id", "organisation", "inquiry", "request_id"), NOWHERE
)
SPREADSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ENTRANCES = ("/aanmelden",)
"""Where somebody who has not signed in may be sent."""


@dataclass(frozen=True)
class Visit:
    """Somebody who looks from somewhere at a corner of the town.

    Attributes:
        name: For the sentence when it fails.
        role: In which they have signed in; empty for a resident.
        at: The district of the thing that they ask for.
        elsewhere: They work for another organisation.
    """

    name: str
    role: str = ""
    at: str = NORTH
    elsewhere: bool = False


def visits_of(role: str) -> tuple[Visit, ...]:
    """From where this role looks; everybody works in the north."""
    return (
        Visit("own", role),
        Visit("other district", role, at=SOUTH),
        Visit("other organisation", role, elsewhere=True),
    )


@fixture(scope="module")
def town(sqlite_template, tmp_path_factory) -> Iterator[Filled]:
    folder = tmp_path_factory.mktemp("every-route")
    shutil.copy(sqlite_template, folder / "signaal.db")
    with filled(database_url="", folder=folder, clock=SetClock(SUNDAY_EVENING)) as made:
        yield made


def test_every_argument_of_every_route_is_known(town) -> None:
    known = set(town.corners[NORTH].arguments)
    for rule in town.app.url_map.iter_rules():
        if rule.endpoint != "static":
            needed = rule.arguments - set(choices_of(rule))
            assert needed <= known, (
                f"{rule.rule} has an argument that the test of every route can't fill in: add"
                f" {sorted(needed - known)} to `_with_arguments` in"
                " tests/privacy/filled.py, with something of its own for each district"
            )


def test_every_route_that_takes_a_form_says_which_fields(town) -> None:
    for line in routes(town.app):
        if "POST" in line.methods and not is_told_by_a_bare_press(line):
            assert line.rule.takes, f"{line.endpoint}: declare its fields with takes=(Field(...),)"


def is_told_by_a_bare_press(line: RouteLine) -> bool:
    """A form that is nothing but its button."""
    return line.endpoint in BARE


BARE = frozenset({"access.sign_out", "log.agree", "oncall.acknowledge", "oncall.show_report"})
"""Forms of one button without a field."""


def test_every_purpose_and_every_role_of_a_route_exists(town) -> None:
    for line in routes(town.app):
        assert line.rule.purpose in set(Purpose), line.endpoint
        assert line.rule.roles <= {EVERYONE, *Role}, line.endpoint


@mark.parametrize("role", ["", *Role], ids=lambda role: str(role) or "anonymous")
def test_a_role_gets_on_each_route_what_was_declared_and_no_word_more(town, role, tmp_path) -> None:
    for visit in visits_of(role) if role else (Visit("anonymous"), Visit("anonymous", at=SOUTH)):
        town.restore() if town.kept else town.keep(tmp_path.parent / "kept.db")
        entered = town.enter(visit.role, elsewhere=visit.elsewhere)
        town.keep(tmp_path / "entered.db")
        books = town.books()
        try_every_route(town, entered, visit, books)
    town.restore()


def try_every_route(town: Filled, entered: Entered, visit: Visit, books: dict[str, int]) -> None:
    tried = [
        (line, method)
        for line in routes(town.app)
        if makes_a_difference(line, visit)
        for method in line.methods
    ]
    closed = [each for each in tried if may_be_answered(each[0], visit) <= NOT_THERE]
    for line, method in closed:
        visit_route(town, entered, visit, line, method)
    assert town.books() == books, f"{visit}: a refusal wrote"
    for line, method in tried:
        if (line, method) not in closed:
            visit_route(town, entered, visit, line, method)
            if method != "GET":
                town.restore()


def makes_a_difference(line: RouteLine, visit: Visit) -> bool:
    """Whether this visit asks for something that the visits before it did not."""
    if visit.elsewhere:
        return line.rule.within is Within.ORGANISATION
    return visit.at == NORTH or "<" in line.path


def visit_route(
    town: Filled, entered: Entered, visit: Visit, line: RouteLine, method: str
) -> TestResponse:
    answer = ask(entered, line, method, town.corners[visit.at])
    expected = may_be_answered(line, visit)
    who = f"{visit.role or 'anonymous'} ({visit.name}) {method} {line.path}"
    assert (
        answer.status_code in expected
        or is_sent_to_sign_in(answer, visit, line)
        or (expected == NOT_THERE and is_as_for_nothing(answer, entered, line, method))
    ), f"{who}: {answer.status_code}, and not one of {sorted(expected)}"
    reads_no_more_than_allowed(town, visit, line, words_in(answer))
    return answer


def ask(entered: Entered, line: RouteLine, method: str, corner: Corner) -> TestResponse:
    fields = fill_in(line.rule.takes, role=entered.role)
    form = {"query_string": fields} if method == "GET" else {"data": fields}
    path = path_of(entered.app, line, corner)
    answer = entered.browser().open(path, method=method, buffered=True, **form)
    answer.close()
    return answer


def path_of(app: Flask, line: RouteLine, corner: Corner) -> str:
    (rule,) = (each for each in app.url_map.iter_rules(line.endpoint) if each.rule == line.path)
    names = rule.arguments - set(choices_of(rule))
    with app.test_request_context():
        return app.url_for(
            line.endpoint, **choices_of(rule), **corner.leads_to(line.endpoint, names)
        )


def choices_of(rule: Rule) -> dict[str, str]:
    """One of the words that may stand in a path, where only some may."""
    return {
        name: min(converter.items)
        for name, converter in rule._converters.items()
        if isinstance(converter, AnyConverter)
    }


def is_as_for_nothing(answer: TestResponse, entered: Entered, line: RouteLine, method: str) -> bool:
    """Whether somebody is sent on just as from a thing that doesn't exist."""
    of_nothing = ask(entered, line, method, Corner("", "", "", "", arguments=NOTHING))
    sent = (answer.status_code, answer.headers.get("Location"))
    return sent == (of_nothing.status_code, of_nothing.headers.get("Location"))


def words_in(answer: TestResponse) -> str:
    """All words of an answer, also those in a spreadsheet or in a map file."""
    if answer.mimetype != SPREADSHEET:
        return answer.data.decode(errors="replace")
    with ZipFile(BytesIO(answer.data)) as parts:
        return "\n".join(parts.read(name).decode() for name in parts.namelist())


def may_be_answered(line: RouteLine, visit: Visit) -> frozenset[int]:
    """The answers that the declaration leaves open."""
    if line.rule.purpose == Purpose.CARRY or not line.rule.roles & {EVERYONE, visit.role}:
        return REFUSED  # nobody here has the carrier's signature
    if line.rule.within is Within.CODE:
        return UNKNOWN | LET_IN
    if "<" not in line.path:  # leads to nothing in particular: what it shows is looked at below
        of_others = visit.elsewhere and line.rule.within is Within.ORGANISATION
        return LET_IN | (NOT_THERE if of_others else SWITCHED_OFF)
    if visit.elsewhere and line.rule.within is Within.ORGANISATION:
        return UNKNOWN
    by_district = line.rule.within in {Within.DISTRICT, Within.CASE}
    if visit.at != NORTH and by_district and not has_duty(visit):
        return NOT_THERE
    return LET_IN


def has_duty(visit: Visit) -> bool:
    """The duty is for the whole town; in the demo everybody in that role has it."""
    return sight_of(visit.role).case_text is CaseText.ON_DUTY


def is_sent_to_sign_in(answer, visit: Visit, line: RouteLine) -> bool:
    """Who has not signed in may be sent to where that is done, from a page of staff."""
    return (
        not visit.role
        and EVERYONE not in line.rule.roles
        and answer.status_code in {302, 303}
        and answer.headers["Location"].startswith(ENTRANCES)
    )


def reads_no_more_than_allowed(town: Filled, visit: Visit, line: RouteLine, page: str) -> None:
    """No text, reference or contact stands on the page but those that the matrix gives."""
    sight = sight_of(visit.role)
    who = f"{visit.role or 'anonymous'} ({visit.name}) {line.path}"
    by_district = sight.case_text in {CaseText.OWN_DISTRICT, CaseText.UNTRIAGED}
    for corner in town.corners.values():
        of_own_district = by_district and corner.district == NORTH
        if not of_own_district and not has_duty(visit):
            assert corner.word not in page, f"{who}: read a text from {corner.district}"
            # The log is about acts on reports, which it calls by their references.
            assert corner.reference not in page or line.rule.purpose == Purpose.AUDIT, (
                f"{who}: saw a report of {corner.district}"
            )
        if sight.contact is not Contact.WITH_REASON or corner.district != NORTH:
            assert corner.contact not in page, f"{who}: saw a contact of {corner.district}"


def test_the_pages_with_words_of_the_own_district_do_hold_them(town) -> None:
    """Else the test above would find nothing because there is nothing."""
    town.restore() if town.kept else None
    north = town.corners[NORTH]
    page = town.enter(Role.TEAM_MEMBER).browser().get("/meldingen").text

    assert north.word in page


def a_database_of_its_own(cluster) -> str:
    with psycopg.connect(cluster.url(), autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS every_route WITH (FORCE)")
        connection.execute("CREATE DATABASE every_route")
    database = Database(cluster.url("every_route"))
    SQLModel.metadata.create_all(database.engine)
    database.close()
    return database.url


@mark.parametrize("role", ["", Role.TEAM_MEMBER, Role.POLICE_OFFICER, Role.AUDITOR])
def test_on_postgresql_a_role_reads_the_same(cluster, role, tmp_path) -> None:
    url = a_database_of_its_own(cluster)
    with filled(database_url=url, folder=tmp_path, clock=SetClock(SUNDAY_EVENING)) as made:
        for visit in visits_of(role)[:2] if role else (Visit("anonymous"),):
            entered = made.enter(visit.role)
            for line in routes(made.app):
                if "GET" in line.methods and makes_a_difference(line, visit):
                    visit_route(made, entered, visit, line, "GET")
