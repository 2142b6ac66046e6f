"""The scan against published results, against looking at every window, and against itself."""

import csv
import sys

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx, fixture, mark

from signaal.hotspots.numbers.compiled import compiled
from signaal.hotspots.numbers.scan import prospective_scan, spatial_scan, windows_of
from tests.hotspots.oracles import has_oracles, oracle_path

# Kulldorff's own example, sudden infant deaths in North Carolina: the log likelihood ratio, cases,
# expected cases and counties of the most likely cluster, found by two independent programs.
PUBLISHED = {
    "74": (13.869046, 371, 303.09, 42, 0.001),
    "79": (7.598707, 202, 156.54, 14, 0.021),
}


def counties() -> dict[str, np.ndarray]:
    with oracle_path("nc_sids_input.csv").open() as file:
        rows = list(csv.DictReader(file))
    return {
        name: np.array([float(row[name]) for row in rows])
        for name in ("x", "y", "BIR74", "SID74", "BIR79", "SID79")
    }


@mark.parametrize("year", PUBLISHED)
def test_north_carolina_has_the_published_clusters(year) -> None:
    if not has_oracles():  # the towns below are checked window by window, whatever is there
        return
    map_of = counties()
    births, cases = map_of[f"BIR{year}"], map_of[f"SID{year}"].astype(int)
    windows = windows_of(np.c_[map_of["x"], map_of["y"]], births, radius=np.inf, share=0.5)
    scan = spatial_scan(cases, births, windows=windows, seed=1)
    ratio, observed, expected, size, chance = PUBLISHED[year]
    first = scan.clusters[0]
    assert first.llr == approx(ratio, abs=5e-7)
    assert (first.observed, len(first.blocks)) == (observed, size)
    assert first.expected == approx(expected, abs=0.005)
    by_rank = (1 + (scan.maxima >= first.llr).sum()) / (len(scan.maxima) + 1)
    assert by_rank == approx(chance, abs=0.012)
    if year == "74":
        second = scan.clusters[1]
        assert second.llr == approx(11.577076, abs=5e-7)
        assert (second.observed, len(second.blocks)) == (15, 1)


def every_window(counts, expected, windows, longest, least=2):
    """The best ratio of all windows and stretches, one after the other."""
    best = 0.0
    for centre in range(windows.blocks):
        near = windows.of(centre)
        for size in range(1, len(near) + 1):
            for weeks in range(1, min(longest, counts.shape[1]) + 1):
                c = counts[near[:size], -weeks:].sum()
                e = expected[near[:size], -weeks:].sum()
                if c > e and c >= least:
                    best = max(best, c * np.log(c / e) + e - c)
    return best


small_towns = st.integers(0, 10_000)


@given(small_towns)
@settings(max_examples=40)
def test_no_window_of_a_small_town_is_better_than_the_one_that_is_told(seed) -> None:
    rng = np.random.default_rng(seed)
    centres = np.round(rng.uniform(0, 500, (9, 2)), -2)  # some in the same spot, some equally far
    windows = windows_of(centres, np.full(9, 40), radius=250.0, share=0.6)
    expected = rng.uniform(0.1, 1.0, (9, 5))
    counts = rng.poisson(expected * 1.5)
    scan = prospective_scan(counts, expected, windows=windows, longest=4, simulations=19, seed=1)
    best = every_window(counts, expected, windows, 4)
    assert (scan.clusters[0].llr if scan.clusters else 0.0) == approx(best, abs=1e-9)
    seen: set[int] = set()
    for cluster in scan.clusters:
        assert not seen & set(cluster.blocks), "no two clusters share a block"
        seen |= set(cluster.blocks)
        assert cluster.observed == counts[list(cluster.blocks), -cluster.weeks :].sum()


def town(seed=3, blocks=80):
    rng = np.random.default_rng(seed)
    centres = rng.uniform(0, 2000, (blocks, 2))
    expected = rng.uniform(0.05, 0.8, (blocks, 8))
    windows = windows_of(centres, np.full(blocks, 40), radius=400.0, share=0.2)
    return centres, rng.poisson(expected), expected, windows


@mark.parametrize("dispersion", [1.0, 1.8])
def test_one_thread_and_two_give_the_same_answer(dispersion) -> None:
    _, counts, expected, windows = town()
    one, two = (
        prospective_scan(
            counts, expected, windows=windows, dispersion=dispersion, seed=5, threads=threads
        )
        for threads in (1, 2)
    )
    assert np.array_equal(one.maxima, two.maxima)
    assert one.clusters == two.clusters


@fixture
def without_numba(monkeypatch):
    """As on a machine where nothing can be compiled."""
    compiled.cache_clear()
    monkeypatch.setitem(sys.modules, "numba", None)
    yield
    compiled.cache_clear()


@mark.parametrize("likelihood", ["expectation", "conditional"])
@mark.parametrize("dispersion", [1.0, 1.8])
def test_without_a_compiler_it_is_slower_and_the_same(request, likelihood, dispersion) -> None:
    _, counts, expected, windows = town(blocks=40)
    given = {"windows": windows, "dispersion": dispersion, "likelihood": likelihood}
    quick = prospective_scan(counts, expected, simulations=199, seed=5, **given)
    request.getfixturevalue("without_numba")
    plain = prospective_scan(counts, expected, simulations=199, seed=5, **given)
    assert np.allclose(quick.maxima, plain.maxima, rtol=0, atol=1e-9)
    assert [each.blocks for each in quick.clusters] == [each.blocks for each in plain.clusters]


def test_an_outbreak_is_found_where_it_is_since_when_it_is() -> None:
    centres, counts, expected, windows = town()
    near = windows.of(7)[:4]
    counts[near, -3:] += 4
    first = prospective_scan(counts, expected, windows=windows, seed=1).clusters[0]
    assert set(near) & set(first.blocks)
    assert first.weeks == 3
    assert first.chance < 0.001
    assert first.recurrence == approx(1 / first.chance)
    assert np.hypot(*(centres[list(first.blocks)] - centres[7]).T).max() <= 800


def test_the_order_of_the_blocks_changes_nothing() -> None:
    centres, counts, expected, _ = town()
    shuffled = np.random.default_rng(1).permutation(len(centres))
    first, other = (
        prospective_scan(
            counts[order],
            expected[order],
            windows=windows_of(centres[order], np.full(len(order), 40), share=0.2),
            seed=1,
            simulations=19,
        ).clusters[0]
        for order in (np.arange(len(centres)), shuffled)
    )
    assert {int(shuffled[block]) for block in other.blocks} == set(first.blocks)
    assert other.llr == approx(first.llr)


def test_blocks_of_which_nothing_is_known_change_nothing() -> None:
    centres, counts, expected, windows = town()
    more = windows_of(
        np.vstack([centres, centres[:5] + 10]), np.append(np.full(80, 40), np.zeros(5)), share=0.2
    )
    padded = prospective_scan(
        np.vstack([counts, np.full((5, 8), 99)]),
        np.vstack([expected, np.zeros((5, 8))]),
        windows=more,
        seed=1,
        simulations=49,
    )
    plain = prospective_scan(counts, expected, windows=windows, seed=1, simulations=49)
    assert [each.blocks for each in padded.clusters] == [each.blocks for each in plain.clusters]


@mark.parametrize("shape", [(0, 8), (1, 8), (5, 8)])
def test_a_town_without_reports_has_no_groups(shape) -> None:
    windows = windows_of(np.zeros((shape[0], 2)), np.full(shape[0], 40))
    quiet = prospective_scan(
        np.zeros(shape, dtype=int), np.full(shape, 0.5), windows=windows, seed=1, simulations=19
    )
    assert quiet.clusters == ()


@mark.parametrize("dispersion", [1.0, 2.0])
def test_in_quiet_towns_small_chances_are_as_rare_as_they_say(dispersion) -> None:
    _, _, expected, windows = town(seed=1, blocks=60)
    given = {"windows": windows, "dispersion": dispersion}
    drawn = prospective_scan(expected.round().astype(int) + 1, expected, seed=1, **given).maxima
    tops = []
    for seed in range(150):
        rng = np.random.default_rng(seed)
        counts = (
            rng.poisson(expected)
            if dispersion == 1.0
            else rng.negative_binomial(expected / (dispersion - 1), 1 / dispersion)
        )
        scan = prospective_scan(counts, expected, simulations=1, seed=1, **given)
        tops.append(scan.clusters[0].llr if scan.clusters else 0.0)
    chances = np.array([(1 + (drawn >= top).sum()) / (len(drawn) + 1) for top in tops])
    # One in ten and one in two, give or take three standard errors.
    assert 0.03 <= (chances <= 0.1).mean() <= 0.18
    assert 0.37 <= (chances <= 0.5).mean() <= 0.63
