"""The register, the tables and the words are those by which the program itself goes."""

import re
import runpy
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

from pytest import fixture, mark

from signaal.access.model import STAFF, Act, Purpose, Role
from signaal.access.web import accountability
from signaal.app import create_app
from signaal.description import routes
from signaal.hotspots.snapshot import KEPT_FILES
from signaal.privacy.periods import RETENTION, Afterwards, Kept, Since, period
from signaal.privacy.register import register
from signaal.settings import Settings
from signaal.web import EVERYONE

ROOT = Path(__file__).parents[2]
NOBODYS_DATA = frozenset({Purpose.EXPLAIN, Purpose.SHOW})
"""Purposes for which nothing about anybody is kept."""


@fixture(scope="module")
def app(tmp_path_factory):
    from signaal import wiring

    house = wiring.build(Settings(data_dir=tmp_path_factory.mktemp("accountability")))
    made = create_app(house.services, house.network)
    if accountability.blueprint.name not in made.blueprints:
        made.register_blueprint(accountability.blueprint)
    yield made
    house.services.database.close()


def said(app, template, macro, value) -> str:
    with app.test_request_context():
        return str(getattr(app.jinja_env.get_template(template).make_module(), macro)(value))


# -- the register ---------------------------------------------------------------------------


def test_every_purpose_that_touches_anybody_is_in_the_register() -> None:
    told = {purpose for each in register().processings for purpose in each.purposes}

    assert told == {purpose.value for purpose in set(Purpose) - NOBODYS_DATA}


def test_everything_that_is_kept_is_in_the_register_and_in_the_table_of_periods() -> None:
    told = {period.key for each in register().processings for period in each.kept}

    assert told == set(Kept) == {period.key for period in RETENTION}


def test_every_role_that_a_route_lets_in_is_told_in_the_register(app) -> None:
    for line in routes(app):
        if line.rule.purpose in NOBODYS_DATA | {Purpose.SIGN_IN} or line.rule.roles == STAFF:
            continue  # there they see nothing but what is their own
        told = {
            role
            for each in register().processings
            if line.rule.purpose in each.purposes
            for role in each.roles
        }
        assert line.rule.roles - {EVERYONE} <= told, (line.path, line.rule.purpose)


def test_the_register_names_no_role_that_does_not_exist() -> None:
    for each in register().processings:
        assert set(each.roles) <= set(Role), each.key


def test_what_article_30_asks_for_is_filled_in_for_each_in_both_languages() -> None:
    for each in register().processings:
        for text in (each.name, each.why, each.ground, each.subjects, each.data):
            assert text.nl, each.key
            assert text.en, each.key
            assert text.nl != text.en
        assert bool(each.outside.nl) == bool(each.outside.en)
        assert each.roles or each.outside.nl, each.key
        assert each.kept, each.key
    assert register().measures
    assert register().points


# -- the page -------------------------------------------------------------------------------


class Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.targets: list[str] = []

    def handle_starttag(self, tag, attrs) -> None:
        told = dict(attrs)
        if told.get("id"):
            self.ids.append(told["id"])
        if tag == "a" and (told.get("href") or "").startswith("#"):
            self.targets.append(told["href"][1:])


@mark.parametrize("language", ["nl", "en"])
def test_everybody_reads_register_periods_and_points_in_their_language(app, language) -> None:
    answer = app.test_client().get("/verantwoording", query_string={"taal": language})
    page = unescape(answer.text)

    assert answer.status_code == 200
    for each in register().processings:
        for text in (each.name, each.why, each.ground, each.subjects, each.data, each.outside):
            assert text[language] in page
    for point in (*register().points, *register().measures):
        assert point[language] in page
    assert len(re.findall(r'<th scope="row"', page)) == len(RETENTION)
    assert 'href="/wie-ziet-wat"' in page


def test_every_link_on_the_page_leads_to_a_part_of_it(app) -> None:
    words = Words()
    words.feed(app.test_client().get("/verantwoording").text)

    assert set(words.targets) <= set(words.ids)
    assert len(set(words.ids)) == len(words.ids)


def test_periods_are_told_as_people_say_them(app) -> None:
    told = {
        period.key: said(app, "access/accountability_words.html", "how_long", period)
        for period in RETENTION
    }

    assert told[Kept.REPORT_TEXT] == "90 dagen na sluiting, hoogstens 1 jaar na binnenkomst"
    assert told[Kept.REPORTER_CONTACT] == (
        "meteen na het antwoord, hoogstens 90 dagen na binnenkomst"
    )
    assert told[Kept.ARREARS_SIGNAL] == "een half jaar na binnenkomst"
    assert told[Kept.CARE_LOG] == "5 jaar na binnenkomst"
    assert told[Kept.TRIES] == "1 dag na het laatste gebruik"
    assert told[Kept.DEVICE] == "90 dagen na het laatste gebruik"
    assert told[Kept.HOME] == "meteen na het weghalen, of na vertrek"
    assert told[Kept.SNAPSHOT] == "meteen na vervanging door nieuwere"


def test_as_many_figures_are_told_to_stay_as_do_stay(app) -> None:
    told = said(app, "access/accountability_words.html", "kept_name", Kept.SNAPSHOT)

    assert (KEPT_FILES, "zes nieuwste" in told) == (6, True)


def test_backups_are_said_to_live_as_long_everywhere_and_to_open_with_their_own_key() -> None:
    days = period(Kept.BACKUP).live.days
    manual = (ROOT / "docs/operations/privacy.md").read_text(encoding="utf-8")
    measures = " ".join(each.nl + each.en for each in register().measures)

    assert re.findall(r"(\d+) days", manual) == [str(days)]
    assert re.findall(r"(\d+) (?:dagen|days)", measures) == [str(days)] * 2
    assert "hoofdsleutel van die dag" in measures
    assert "master key of its day" in measures


# -- the documents --------------------------------------------------------------------------


def test_the_documents_are_those_that_the_program_would_write_now() -> None:
    script = ROOT / "docs/make_privacy_pages.py"
    made = runpy.run_path(str(script))["pages"]()

    assert set(made) == {path.name for path in (ROOT / "docs/privacy").glob("*.md")}
    for name, text in made.items():
        kept = (ROOT / "docs/privacy" / name).read_text(encoding="utf-8")
        assert kept == text, f"docs/privacy/{name} is old: python docs/make_privacy_pages.py"


# -- words ----------------------------------------------------------------------------------

WORDS = [
    *(("access/log_words.html", "act_name", each) for each in Act),
    *(("access/log_words.html", "purpose_name", each) for each in Purpose),
    *(("access/accountability_words.html", "kept_name", each) for each in Kept),
    *(("access/accountability_words.html", "since_words", each) for each in Since),
    *(("access/accountability_words.html", "then_words", each) for each in Afterwards),
    *(("access/names.html", "role_name", each) for each in Role),
    *(("access/names.html", "role_work", each) for each in Role),
]


@mark.parametrize(("template", "macro", "value"), WORDS, ids=str)
def test_everything_that_has_a_name_in_the_program_has_words(app, template, macro, value) -> None:
    words = said(app, template, macro, value)

    assert words
    assert words != value.value
    assert words not in {"Bewoner", "Meldt wat er speelt en hoort wat ermee gebeurt."}
