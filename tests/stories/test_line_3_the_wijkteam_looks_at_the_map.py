"""The wijkteam looks at the map: colours, the same figures as a table, and what lies behind."""

import re

from pytest import mark

from signaal.access.model import Role
from signaal.hotspots.model import kinds_for
from tests.stories.stage import LINE, line_of, main_of, words_of

BLOCK = "BU90210100-8021AC"
LOOKERS = {role for role in Role if kinds_for(role)}


def lines_on_the_map(visitor, query: str) -> dict[str, list[str]]:
    collection = visitor.get(f"/kaart/blokken.json?{query}").json()
    told = [feature["properties"] for feature in collection["features"]]
    return {each["code"]: each["lines"] for each in told if "lines" in each}


@mark.parametrize("kind", ["nuisance", "concern"])
def test_every_block_on_the_map_stands_in_the_table_with_the_same_figures(stage, kind) -> None:
    colleague = stage.visitor(Role.TEAM_MEMBER)

    page = colleague.page(f"/kaart?soort={kind}")
    on_the_map = lines_on_the_map(colleague, f"soort={kind}")

    in_the_table = re.findall(r'<tr data-block="([^"]+)"', page)
    assert sorted(in_the_table) == sorted(on_the_map)
    assert len(in_the_table) > 400
    for block in in_the_table[:25] + in_the_table[-25:]:
        assert f"{line_of(page, block).reporters} melders" in on_the_map[block]


def test_the_lasting_hotspots_stand_out_and_their_page_tells_half_a_year(stage) -> None:
    colleague = stage.visitor(Role.TEAM_MEMBER)

    page = colleague.page("/kaart?soort=nuisance")
    story = main_of(colleague.page(f"/blok/{BLOCK}?soort=nuisance"))

    assert "minstens 12 keer" in line_of(page, BLOCK).compared
    assert page.index(BLOCK) < page.index('<tr data-block="', page.index(BLOCK) + 2000)
    assert "8021 AC" in story
    assert len(set(re.findall(r"\d{1,2} \w{3} 2026", story))) >= 7


def test_another_period_and_another_kind_give_other_figures(stage) -> None:
    coordinator = stage.visitor(Role.COORDINATOR)

    now = lines_on_the_map(coordinator, "soort=nuisance&periode=0")
    half_a_year_ago = lines_on_the_map(coordinator, "soort=nuisance&periode=9")
    concern = lines_on_the_map(coordinator, "soort=concern&periode=0")

    assert now[BLOCK] != half_a_year_ago[BLOCK]
    assert now[BLOCK] != concern[BLOCK]


def test_what_a_neighbour_wrote_and_from_which_number_is_nowhere_on_these_pages(stage) -> None:
    colleague = stage.visitor(Role.TEAM_MEMBER)

    stage.text("8021 AC 14 zijn vrouw Willemien gilt elke nacht")
    stage.reply("uw melding is binnen")
    stage.refresh()

    for path in ("/kaart", f"/blok/{BLOCK}", "/kaart/blokken.json", "/nachtlijn"):
        page = colleague.page(path)
        for secret in ("Willemien", "612345001", "gilt"):
            assert secret not in page


def test_only_who_needs_the_map_for_early_warning_gets_in(stage) -> None:
    answers = {}
    for role in ("", *Role):
        visitor = stage.visitor(role)
        answers[role] = {visitor.get(path).status_code for path in ("/kaart", f"/blok/{BLOCK}")}

    assert {role for role, codes in answers.items() if codes == {200}} == LOOKERS
    assert all(codes == {403} for role, codes in answers.items() if role not in LOOKERS)


def test_a_resident_reads_where_to_text_call_and_report(stage) -> None:
    home = words_of(stage.visitor().page("/"))

    assert LINE[-3:] in home
    assert "112" in home
