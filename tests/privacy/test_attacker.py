"""Somebody who may read no report reads every page, adds it all up, and learns no small count."""

import random
import shutil
from collections.abc import Callable, Iterator
from functools import cache, partial

import numpy as np
from jinja2 import FileSystemBytecodeCache
from pytest import fixture, mark

from signaal.access.model import Role
from signaal.app import create_app
from signaal.db import Database
from signaal.hotspots.model import FiguresPolicy
from signaal.hotspots.numbers.rates import town_of
from signaal.policies import Policies
from signaal.services import Services
from signaal.settings import Settings
from tests.conftest import MONDAY_MORNING
from tests.fakes import RecordingPhone, SetClock, TrustingCheck
from tests.hotspots.towns import RULES
from tests.privacy.hostile import (
    KINDS,
    NO_CASES,
    NO_END,
    PER_YEAR,
    Attacker,
    Notes,
    Sums,
    Town,
    hostile,
    refresh_at,
    settle,
)
from tests.privacy.lattice import Tree, naive
from tests.privacy.taken import FILES, UNSTEADY

YEAR = 56
"""The fixed year that ends on 25 October 2026: periods 728 to 740."""
FIRST = (YEAR - 1) * PER_YEAR
BEFORE, AFTER = YEAR * PER_YEAR * 4 + 12 * 4, (YEAR + 1) * PER_YEAR * 4
"""Weeks in the last period of the year, and in the first period of the next."""
LOOKS = ("", Role.POLICY_OFFICER)
"""Two who together see all that there is for those who read no reports."""
LONG_ENOUGH = (YEAR + 1) * PER_YEAR + 1 - FIRST


@fixture(scope="module")
def open_town(tmp_path_factory, sqlite_template) -> Iterator[Callable[..., Attacker]]:
    """Opens towns to visitors, each in a folder of its own; templates are compiled once."""
    opened: list[Database] = []
    compiled = FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))

    def open_one(town: Town) -> Attacker:
        folder = tmp_path_factory.mktemp("town")
        shutil.copy(sqlite_template, folder / "signaal.db")
        settings = Settings(data_dir=folder)
        clock = SetClock(MONDAY_MORNING)
        services = Services(
            settings=settings,
            database=Database(settings.database),
            clock=clock,
            line_clock=clock,
            policies=Policies({FiguresPolicy: RULES}),
            carrier=RecordingPhone(),
            signatures=TrustingCheck(),
        )
        opened.append(services.database)
        settle(services, town)
        app = create_app(services)
        app.jinja_env.bytecode_cache = compiled
        return Attacker(app, at=partial(refresh_at, services, clock))

    yield open_one
    for database in opened:
        database.close()


@fixture(scope="module")
def looked(open_town) -> Callable[[int], Notes]:
    """What the two of LOOKS read on all pages of a town, before and after the border of a year."""

    @cache
    def look(seed: int) -> Notes:
        town = hostile(seed, first=FIRST, periods=LONG_ENOUGH)
        return open_town(town).read_all(LOOKS, weeks=(BEFORE, AFTER), shapes=())

    return look


@fixture(scope="module")
def all_of_it(open_town) -> dict[int, Notes]:
    """What all roles without case text read in the smallest town in each of the two weeks."""
    attacker = open_town(hostile(TOWNS[0], first=FIRST, periods=LONG_ENOUGH))
    told = {}
    for week in (BEFORE, AFTER):
        attacker.notes = Notes()
        told[week] = attacker.read_all(NO_CASES, weeks=(week,))
    return told


def blocks_of(seed: int) -> int:
    return len(hostile(seed, first=0, periods=1).home)


TOWNS = sorted((seed for seed in range(14) if 3 <= blocks_of(seed) <= 9), key=blocks_of)[:4]
"""Small ones, the smallest first."""


@mark.parametrize("seed", TOWNS)
def test_no_hidden_cell_becomes_exact_and_none_is_shown_to_be_other_than_zero(looked, seed) -> None:
    """Over two snapshots, before and after the border of a year; with and without an own voice."""
    town, notes = hostile(seed, first=FIRST, periods=LONG_ENOUGH), looked(seed)
    for kind in KINDS:
        sums = Sums(notes, town, kind)
        hidden = sums.hidden_cells()
        assert hidden
        for cell, wanted in hidden:
            (least, _), (most, _) = sums.least_and_most(wanted)
            assert least == 0, (cell, "is shown to be other than zero")
            assert most >= 4, (cell, "is shown to be less than four")
        for _, own in hidden[:3]:
            for cell, wanted in hidden:
                is_own = bool((own * wanted).any())
                (least, _), (most, _) = sums.least_and_most(wanted, own=own)
                assert least == (1 if is_own else 0), (cell, "follows from an own voice")
                assert most > least, (cell, "is exact for who knows of an own voice")


def test_every_question_in_every_shape_tells_no_more(looked, all_of_it) -> None:
    """All roles without case text, two snapshots, every page and file: one and the same story."""
    few, before, after = looked(TOWNS[0]), all_of_it[BEFORE], all_of_it[AFTER]
    assert few.blocks.items() == before.blocks.items() | after.blocks.items()
    assert few.areas.items() == before.areas.items() | after.areas.items()
    pages = [*before.pages, *after.pages]
    assert len(pages) > 400
    for name in set(FILES) - set(UNSTEADY):
        assert any(f"/kaart/{name}" in page for page in pages)


def test_towns_that_differ_in_hidden_counts_only_look_the_same_to_the_last_byte(
    open_town, all_of_it
) -> None:
    """Whatever a page or file says (rates, decimals, colours, orders) follows from what is shown.

    The attacker's own solver makes the other towns: one in which a hidden cell is zero, and one
    in which it is as high as it can be.
    """
    town, true = hostile(TOWNS[0], first=FIRST, periods=LONG_ENOUGH), all_of_it[AFTER]
    others = {0: town.voices.copy(), 1: town.voices.copy()}
    for place, kind in enumerate(KINDS):
        sums = Sums(true, town, kind)
        _, wanted = max(sums.hidden_cells(), key=lambda cell: cell[1].sum())
        for side, (_, counts) in enumerate(sums.least_and_most(wanted, most=60)):
            others[side][place] = sums.as_voices(counts, town.voices[place])
    assert (others[0] != others[1]).any()
    for voices in others.values():
        seen = open_town(town.with_voices(voices)).read_all(LOOKS, weeks=(AFTER,))
        assert seen.blocks.items() <= true.blocks.items()
        assert seen.areas.items() <= true.areas.items()
        assert seen.pages
        assert seen.pages.items() <= true.pages.items()


def test_the_decimals_of_the_towns_rate_tell_no_total(open_town) -> None:
    """Decision 16 feared that rate times dwellings is the total, and that one cell is the rest.

    In the one town the hidden block has 4 voices where it has none in the other; the year, whose
    total is published, has as many in both.
    """
    homes = tuple(("BU01930000", "WK019300") for _ in range(6))
    voices = np.zeros((len(KINDS), 6, LONG_ENOUGH), dtype=np.int64)
    voices[:, :5] = 7
    in_year = np.arange(LONG_ENOUGH) % PER_YEAR
    pages, rates = [], []
    for turn in (0, 1):
        voices[:, 5] = np.where(in_year == PER_YEAR - 1, 2, 4 * (in_year % 2 == turn))
        town = Town(homes, (50,) * 6, FIRST, voices.copy())
        notes = open_town(town).read_all(LOOKS, weeks=(AFTER,), shapes=("blokken.json",))
        pages.append(notes.pages)
        rates.append(town_of(voices[0, :, 0], np.full(6, 50)).rate)
    assert rates[0] != rates[1]
    assert pages[0] == pages[1]


def test_the_same_attacker_wins_where_areas_simply_get_their_class(open_town) -> None:
    """With secondary suppression left out, a hidden neighbourhood is shown to be other than zero.

    The neighbourhood with 4 voices in a year is hidden; the one beside it has 38 (20 to 39).
    Their district has 42, and "40 or more" leaves at least 1 for the hidden one.
    """
    voices = np.zeros((len(KINDS), 2, LONG_ENOUGH), dtype=np.int64)
    voices[:, 0, PER_YEAR : PER_YEAR + 2] = 2
    voices[:, 1, PER_YEAR : PER_YEAR + 2] = 19
    homes = (("BU01930000", "WK019300"), ("BU01930001", "WK019300"))
    town = Town(homes, (50, 50), FIRST, voices)
    notes = open_town(town).read_all(LOOKS, weeks=(AFTER,), shapes=())
    hidden = ("BU01930000", YEAR)

    assert lowest_of(Sums(notes, town, KINDS[0]), hidden) == 0

    year = voices[0, :, PER_YEAR : 2 * PER_YEAR].reshape(-1, 1)
    tree = Tree((np.repeat([0, 1], PER_YEAR), np.array([0, 0]), np.array([0])))
    levels = naive(year, withheld=np.zeros(len(year), dtype=bool), tree=tree)
    names = (["BU01930000", "BU01930001"], ["WK019300"], ["town"])
    for level, codes in zip(levels[1:], names, strict=True):
        for place, code in enumerate(codes):
            ends = int(level.low[place, 0]), min(int(level.high[place, 0]), NO_END)
            notes.areas[(KINDS[0], code, YEAR)] = ends
    assert lowest_of(Sums(notes, town, KINDS[0]), hidden) == 1


def lowest_of(sums: Sums, area: tuple[str, int]) -> int:
    (least, _), _ = sums.least_and_most(sums.rows[area])
    return least


@mark.parametrize("seed", range(12))
def test_a_coordinator_learns_no_hidden_area_by_subtraction(open_town, seed) -> None:
    """With all that everybody knows beside it: a hidden area can be all that it is said.

    One or two neighbourhoods are made quiet, so that there is something to find.
    """
    town = hostile(seed, first=FIRST, periods=LONG_ENOUGH)
    town = town.with_voices(quieter(town, seed))
    attacker = open_town(town)
    attacker.at(week=AFTER)
    for district in ("", min(district for _, district in town.home)):
        attacker.notes = Notes()
        for role, where in (("", ""), (Role.COORDINATOR, district)):
            attacker.read_areas(role, district=where)
        for kind in KINDS:
            sums = Sums(attacker.notes, town, kind)
            for area, ends in sums.areas.items():
                inside = sums.rows[area]
                parts = [a for a, row in sums.rows.items() if (row <= inside).all()]
                if not any(sums.areas[part][0] for part in parts):
                    (least, _), (most, _) = sums.least_and_most(inside)
                    assert least == 0, (district, area, ends, "is shown to be other than zero")
                    assert most >= min(ends[1], 4), (district, area, ends, "is narrowed")


def quieter(town: Town, seed: int) -> np.ndarray:
    """One or two neighbourhoods with none, one or two voices of each kind in the year."""
    draw = random.Random(seed)  # noqa: S311 - towns, not secrets
    voices, near = town.voices.copy(), sorted({code for code, _ in town.home})
    for code in draw.sample(near, min(len(near), draw.choice([1, 1, 2]))):
        blocks = [place for place, (own, _) in enumerate(town.home) if own == code]
        voices[:, blocks] = 0
        for kind in range(len(KINDS)):
            voices[kind, blocks[0], PER_YEAR] = draw.choice([0, 1, 2])
    return voices


def test_nobody_asks_for_anything_outside_the_own_districts(open_town) -> None:
    town = hostile(TOWNS[-1], first=FIRST, periods=LONG_ENOUGH)
    districts = sorted({district for _, district in town.home})
    attacker = open_town(town)
    attacker.at(week=AFTER)
    inside = [c for c, (_, d) in zip(town.codes, town.home, strict=True) if d == districts[0]]
    for role in NO_CASES:
        client = attacker.sign_in(role, district=districts[0])
        page = client.get("/kaart").text
        assert attacker.codes_in(page) == (sorted(inside) if "<table" in page else [])
        for code in set(town.codes) - set(inside):
            answer = client.get(f"/blok/{code}")
            assert answer.status_code == 403
            assert "trend" not in answer.text
