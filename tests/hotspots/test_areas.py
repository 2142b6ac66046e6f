"""The yearly figures of neighbourhoods: for everybody, in classes, and never a small count."""

import numpy as np
from pytest import fixture, mark, raises

from signaal.access.model import Role
from signaal.errors import NoSnapshot, UnknownPlace
from signaal.hotspots import actions
from signaal.hotspots.actions.telling import told
from signaal.hotspots.model import Shown
from signaal.hotspots.snapshot.lattice import Areas
from signaal.intake.model import Kind
from signaal.privacy.suppression import OPEN, Published
from signaal.visitor import RESIDENT
from tests.hotspots.towns import build, looking, pages, report

ROSE, LIME = "BU01930100", "BU01930101"


@fixture
def town(services):
    """Rose has 7 + 6 voices of nuisance in the last fixed year, and 3 of concern; Lime 4."""
    blocks = build(services)
    report(services, blocks[0], times=7, weeks_ago=10)
    report(services, blocks[0], times=6, weeks_ago=30, who="earlier")
    report(services, blocks[2], times=3, weeks_ago=10, kind=Kind.CONCERN)
    report(services, blocks[1], times=4, weeks_ago=10)
    report(services, blocks[1], times=50, weeks_ago=0, who="after the year")
    report(services, blocks[1], times=50, weeks_ago=60, who="before the year")
    report(services, blocks[1], times=50, weeks_ago=10, kind=Kind.ARREARS)
    actions.refresh(services)
    return blocks


def voices(services, code, visitor=RESIDENT) -> dict:
    area, _, _ = actions.neighbourhood_year(services, code=code, visitor=visitor)
    return dict(area.voices)


def test_a_resident_sees_classes_of_the_last_complete_year(services, town) -> None:
    assert voices(services, ROSE) == {
        Kind.NUISANCE: Shown(10, 19, hidden=False),
        Kind.CONCERN: Shown(0, 4, hidden=True),
    }
    assert voices(services, LIME)[Kind.NUISANCE] == Shown(0, 4, hidden=True)
    figures = actions.year_figures(services, visitor=RESIDENT)
    assert str(figures.year.first_day) == "2025-10-27"
    assert str(figures.year.last_day) == "2026-10-25"


def test_arrears_of_areas_are_for_nobody(services, town) -> None:
    for role in ("", *Role):
        assert Kind.ARREARS not in voices(services, ROSE, looking(role))


def test_a_coordinator_sees_numbers_within_the_own_districts_only(services, town) -> None:
    inside = looking(Role.COORDINATOR, districts=frozenset({"WK019301"}))
    elsewhere = looking(Role.COORDINATOR, districts=frozenset({"WK019302"}))
    assert voices(services, ROSE, inside)[Kind.NUISANCE] == Shown(13, 13, hidden=False)
    assert voices(services, LIME, inside)[Kind.NUISANCE] == Shown(4, 4, hidden=False)
    assert voices(services, ROSE, elsewhere) == voices(services, ROSE)
    whole = actions.year_figures(services, visitor=looking(Role.COORDINATOR))
    assert whole.town.voices[Kind.NUISANCE] == Shown(17, 17, hidden=False)
    part = actions.year_figures(services, visitor=inside)
    assert part.town.voices[Kind.NUISANCE] == Shown(17, 17, hidden=False)  # its only district
    # 10 to 19 and a hidden part are at most 23: of the borders above, 20 is left out.
    public = actions.year_figures(services, visitor=elsewhere)
    assert public.town.voices[Kind.NUISANCE] == Shown(10, 39, hidden=False)
    assert part.districts[0].district.voices[Kind.NUISANCE] == Shown(17, 17, hidden=False)


def test_a_district_with_a_hidden_part_is_a_class_so_that_nobody_subtracts(services) -> None:
    blocks = build(services)
    report(services, blocks[0], times=13, weeks_ago=10)
    report(services, blocks[1], times=2, weeks_ago=10)
    actions.refresh(services)
    coordinator = looking(Role.COORDINATOR)
    assert voices(services, ROSE, coordinator)[Kind.NUISANCE] == Shown(13, 13, hidden=False)
    assert voices(services, LIME, coordinator)[Kind.NUISANCE] == Shown(0, 2, hidden=True)
    figures = actions.year_figures(services, visitor=coordinator)
    assert figures.districts[0].district.voices[Kind.NUISANCE] == Shown(10, 39, hidden=False)
    assert figures.town.voices[Kind.NUISANCE] == Shown(10, 39, hidden=False)


def test_where_the_towns_number_tells_a_hidden_part_numbers_give_way() -> None:
    """46 in the town and 45 in the one neighbourhood leave 1 for the other."""

    def areas(counts: list[int], ends: list[tuple[int, int]]) -> Areas:
        sums, low, high = (
            np.array(each).reshape(-1, 1) for each in (counts, *zip(*ends, strict=True))
        )
        codes = [str(place) for place in range(len(counts))]
        return Areas(codes, codes, sums[:, 0], sums, Published(low, high))

    inside = [(40, OPEN), (0, 4)]
    own, above = np.array([True]), np.array([0, 0])
    far, town = areas([46], [(40, OPEN)]), areas([46], [(46, 46)])
    near, *_ = told((areas([45, 1], inside), far, town), above=above, own=own)
    assert [
        (int(low), int(high)) for low, high in zip(near.low[:, 0], near.high[:, 0], strict=True)
    ] == inside
    vague = areas([46], [(40, OPEN)])
    near, *_ = told((areas([45, 1], inside), far, vague), above=above, own=own)
    assert near.low.ravel().tolist() == [45, 0]
    assert near.high.ravel().tolist() == [45, 2]


def test_voices_of_small_blocks_are_in_the_sum_and_told_by_nothing(services) -> None:
    *_, last = build(services, blocks=4, small=1)
    report(services, last, times=30, weeks_ago=10)
    actions.refresh(services)
    figures = actions.year_figures(services, visitor=RESIDENT)
    assert figures.town.dwellings == 155
    assert voices(services, LIME)[Kind.NUISANCE] == Shown(20, 39, hidden=False)


def test_a_quiet_town_is_hidden_and_an_empty_one_has_no_figures(services) -> None:
    with raises(NoSnapshot):
        actions.year_figures(services, visitor=RESIDENT)
    build(services)
    actions.refresh(services)
    assert voices(services, ROSE)[Kind.NUISANCE] == Shown(0, 4, hidden=True)
    with raises(UnknownPlace):
        actions.neighbourhood_year(services, code="BU9", visitor=RESIDENT)


def test_everybody_reads_the_page_and_nobody_needs_a_role(services, town) -> None:
    client = pages(services).test_client()
    answer = client.get("/buurten")
    assert answer.status_code == 200
    text = " ".join(answer.text.split())
    assert "Cijfers per buurt over een jaar: 27 okt 2025 t/m 25 okt 2026." in text
    assert '<a href="/buurten/BU01930100">Rozenbuurt</a>' in text
    assert "10–19" in text
    assert "Weinig meldingen betekent niet: weinig problemen." in text
    assert "Huurachterstand" not in text


def test_one_neighbourhood_is_told_in_words(services, town) -> None:
    client = pages(services).test_client()
    text = " ".join(client.get(f"/buurten/{ROSE}").text.split())
    assert "kwamen uit deze buurt 10 tot en met 19 stemmen over overlast." in text
    assert "kwamen uit deze buurt minder dan 5 stemmen over zorgen." in text
    assert "Weinig meldingen betekent niet: weinig problemen." in text


@mark.parametrize("code", ["BU9", "WK019301", "%3Cscript%3E", "x" * 300])
def test_a_neighbourhood_that_is_not_there_is_not_found(services, town, code) -> None:
    assert pages(services).test_client().get(f"/buurten/{code}").status_code == 404
