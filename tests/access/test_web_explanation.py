"""Who sees what is told in words that follow the matrix by which the program goes."""

import re
from html import unescape

from flask import render_template
from pytest import fixture, mark

from signaal.access.model import MATRIX, Purpose, Role, sight_of
from signaal.web import EVERYONE, RouteRule, Within
from tests.access.staff import app_of

READS = {
    "nothing": "Leest niet wat melders schrijven.",
    "own_cases": "Leest alleen meldingen in eigen zaken.",
    "own_district": "Leest eigen zaken, en nieuwe meldingen in de eigen wijk.",
    "untriaged": "Leest alleen nieuwe meldingen in de eigen wijk.",
    "on_duty": "Leest meldingen tijdens de dienst.",
    "on_question": "Leest een melding alleen na een vraag met datum",
}


@fixture
def app(services):
    return app_of(services)


@fixture
def rows(app) -> list[str]:
    page = app.test_client().get("/wie-ziet-wat").text
    table = page.partition("<tbody")[2].partition("</tbody>")[0]
    return [words_of(row) for row in table.split("<tr")[1:]]


def words_of(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>|^[^<]*>", " ", html)).split())


def shown(app, template: str, **given) -> str:
    with app.test_request_context("/"):
        return words_of(
            render_template(template, **given).partition("<main")[2].partition("</main>")[0]
        )


def macro(app, name: str, role: str) -> str:
    source = f'{{% from "access/names.html" import {name} %}}{{{{ {name}(role) }}}}'
    with app.test_request_context("/"):
        return words_of("<p>" + app.jinja_env.from_string(source).render(role=role))


def test_every_role_of_the_matrix_has_its_row_and_no_cell_is_empty(app, rows):
    names = [macro(app, "role_name", role) for role in MATRIX]

    assert len(set(names)) == len(MATRIX)
    assert len(rows) == len(MATRIX)
    for name in names:
        assert any(row.startswith(name) for row in rows), name
    page = app.test_client().get("/wie-ziet-wat").text
    assert len(re.findall(r'<td role="cell"', page)) == 7 * len(MATRIX)
    assert not re.search(r"<span>\s*</span>", page)


def test_the_visitors_own_role_stands_first(app):
    client = app.test_client()
    app.config["WTF_CSRF_ENABLED"] = False
    client.post("/aanmelden", data={"role": "debt_helper"})
    table = client.get("/wie-ziet-wat").text.partition("<tbody")[2]

    assert words_of(table).startswith("Schuldhulp Zo kijkt u nu")


@mark.parametrize("role", list(Role))
def test_the_line_on_a_role_says_what_the_matrix_says(app, role):
    line, sight = macro(app, "role_sees", role), sight_of(role)

    assert READS[sight.case_text] in line
    assert sum(words in line for words in READS.values()) == 1
    assert ("Ziet geen cijfers per blok." in line) == (not sight.block.kinds)
    assert ("alleen overlast" in line) == (set(sight.block.kinds) == {"nuisance"})
    assert ("aantallen vanaf 3" in line) == ("exact" in set(sight.block.kinds.values()))
    assert ("lege woning" in line) == sight.block.with_ticket


def test_two_cells_that_differ_in_the_matrix_differ_in_words(app):
    columns = ("own_reports", "case_text", "contact", "dwelling", "block", "areas", "arrears")
    for column in columns:
        source = f'{{% import "access/sights.html" as s %}}{{{{ s.{column}(sight) }}}}'
        with app.test_request_context("/"):
            made = app.jinja_env.from_string(source)
            words = {
                repr(getattr(sight, column)): made.render(sight=sight) for sight in MATRIX.values()
            }
        assert len(set(words.values())) == len(words), column


# -- why can't I see this? -------------------------------------------------------------------


def refused(app, *, role="", reason="", roles=(), purpose=Purpose.EARLY_WARNING) -> str:
    rule = RouteRule(frozenset(roles), purpose, Within.DISTRICT) if roles else None
    return shown(app, "errors/not_allowed.html", role=role, rule=rule, reason=reason)


def test_a_role_that_may_not_come_in_hears_who_may_and_what_for(app):
    told = refused(app, role="police_officer", roles=("coordinator", "team_member"))

    assert "U kijkt nu als: Wijkagent. Die rol mag deze pagina niet openen." in told
    assert "om vroeg te zien waar iets speelt" in told
    assert "Wie deze pagina wel mag openen: Coördinator Wijkteam" in told


@mark.parametrize(
    ("reason", "said"),
    [
        ("district", "buiten de wijken"),
        ("organisation", "een andere organisatie"),
        ("kind", "Dit soort melding"),
        ("text", "Wat melders schrijven"),
        ("duty", "wie nu dienst heeft"),
        ("pin", "pincode"),
        ("inquiry", "Een tweede persoon"),
        ("", "maar dit deel ervan niet"),
        ("a word that nobody knows", "maar dit deel ervan niet"),
    ],
)
def test_a_role_that_may_come_in_but_not_here_hears_why(app, reason, said):
    told = refused(app, role="coordinator", reason=reason, roles=("coordinator",))

    assert said in told
    assert "Wie deze pagina wel mag openen" not in told
    assert "nobody" not in told


def test_a_resident_hears_that_staff_can_sign_in(app):
    told = refused(app, roles=("team_member",))

    assert "U bent niet aangemeld." in told
    assert "Wijkteam" in told


def test_nothing_is_left_out_when_nothing_is_known_of_the_page(app):
    assert "Die rol mag deze pagina niet openen." in refused(app, role="planner")


@mark.parametrize("purpose", list(Purpose))
def test_every_purpose_can_be_said(app, purpose):
    told = refused(app, role="planner", roles=(EVERYONE, "auditor"), purpose=purpose)

    assert "Auditor" in told
    assert "everyone" not in told
