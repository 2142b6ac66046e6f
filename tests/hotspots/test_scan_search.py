"""Windows, draws and chances of the scan, each against an exact answer."""

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx, mark

from signaal.hotspots.numbers.scan import prospective_scan, spatial_scan, windows_of
from signaal.hotspots.numbers.scan_draws import Chance
from signaal.hotspots.numbers.scan_search import Task, best_seen, chance_of, maxima_of
from signaal.hotspots.numbers.scan_windows import Windows

EVERYWHERE = {"radius": np.inf, "share": 1.0}


def nothing_compiled(_loop):
    return None


def lists(windows: Windows) -> list[list[int]]:
    return [windows.of(block).tolist() for block in range(windows.blocks)]


def test_equally_far_blocks_enter_in_order_of_index() -> None:
    cross = np.array([[0, 1], [1, 0], [0, 0], [0, -1], [-1, 0]]) * 100.0
    assert windows_of(cross, np.ones(5), **EVERYWHERE).of(2).tolist() == [2, 0, 1, 3, 4]


def test_a_window_stops_at_its_radius_and_at_its_share_of_dwellings() -> None:
    line = np.c_[np.arange(5) * 100.0, np.zeros(5)]
    dwellings = np.array([10, 10, 10, 10, 60])
    assert lists(windows_of(line, dwellings, radius=200.0, share=1.0))[0] == [0, 1, 2]
    assert lists(windows_of(line, dwellings, radius=np.inf, share=0.2))[0] == [0, 1]
    assert lists(windows_of(line, dwellings, radius=np.inf, share=0.2))[4] == [4]


def test_blocks_without_dwellings_stand_in_no_window() -> None:
    line = np.c_[np.arange(4) * 100.0, np.zeros(4)]
    assert lists(windows_of(line, [5, 0, 5, 5], **EVERYWHERE)) == [
        [0, 2, 3],
        [],
        [2, 3, 0],
        [3, 2, 0],
    ]


@given(st.integers(0, 10_000))
@settings(max_examples=25)
def test_windows_are_those_of_sorting_all_distances(seed) -> None:
    rng = np.random.default_rng(seed)
    centres = np.round(rng.uniform(0, 900, (150, 2)), -2)  # many in the same spot or equally far
    dwellings = rng.integers(0, 5, 150)
    windows = windows_of(centres, dwellings, radius=500.0, share=0.7)
    for block in rng.integers(0, 150, 10):
        far = np.hypot(*(centres - centres[block]).T)
        far[block] = -1.0
        order = [other for other in np.argsort(far, kind="stable") if dwellings[other]]
        total = np.cumsum(dwellings[order])
        kept = (far[order] <= 500.0 + 1e-6) & (total <= 0.7 * dwellings.sum() + 1e-6)
        near = [other for other, keep in zip(order, kept, strict=True) if keep]
        assert windows.of(block).tolist() == (near if dwellings[block] else [])


@given(st.integers(0, 10_000))
@settings(max_examples=25)
def test_no_window_is_better_when_the_total_is_given(seed) -> None:
    rng = np.random.default_rng(seed)
    centres = np.round(rng.uniform(0, 500, (8, 2)), -2)
    births = rng.integers(1, 50, 8)
    cases = rng.poisson(births * 0.3)
    windows = windows_of(centres, births, radius=np.inf, share=0.5)
    scan = spatial_scan(cases, births, windows=windows, seed=1, simulations=9)
    total, best = cases.sum(), 0.0
    for near in lists(windows):
        for size in range(1, len(near) + 1):
            c = cases[near[:size]].sum()
            e = births[near[:size]].sum() * total / births.sum()
            if c > e and c >= 2:
                rest = (total - c) * np.log((total - c) / (total - e)) if total > c else 0.0
                best = max(best, c * np.log(c / e) + rest)
    assert (scan.clusters[0].llr if scan.clusters else 0.0) == approx(best, abs=1e-12)
    assert all(one.llr >= other.llr for one, other in pairwise(scan.clusters))


def task_of(likelihood: str, dispersion: float, level: float = 0.4) -> Task:
    rng = np.random.default_rng(8)
    centres, dwellings = rng.uniform(0, 900, (45, 2)), rng.integers(5, 50, 45)
    mass = rng.uniform(0.0, 2.0 * level, (45, 3))
    mass[4, 1] = 0.0
    total = round(mass.sum()) if likelihood == "conditional" else None
    rest = 0.0
    if total:
        mass *= 0.8 * total / mass.sum()
        rest = 0.2 * total
    return Task(
        chance=Chance(mass, rest, total, dispersion),
        windows=windows_of(centres, dwellings, radius=500.0, share=0.5).along_the_curve(),
        expected=np.cumsum(mass, axis=1),
        total=float(total or 0),
        least=2,
    )


@mark.parametrize("likelihood", ["expectation", "conditional"])
@mark.parametrize("dispersion", [1.0, 2.5])
@mark.parametrize("level", [0.02, 0.4, 300.0])
def test_compiled_and_plain_loops_give_the_same_to_the_last_digits(
    likelihood, dispersion, level
) -> None:
    task = task_of(likelihood, dispersion, level)
    quick = maxima_of(task, simulations=130, seed=2)
    plain = maxima_of(task, simulations=130, seed=2, compile_with=nothing_compiled)
    assert np.allclose(quick, plain, rtol=1e-12 * max(level, 1.0), atol=1e-12 * max(level, 1.0))
    cases = task.chance.lanes(np.random.SeedSequence(4).spawn(1))[:, :, 0]
    ours, theirs = best_seen(cases, task), best_seen(cases, task, compile_with=nothing_compiled)
    assert np.allclose(ours.ratio, theirs.ratio, rtol=1e-12, atol=1e-9)
    assert np.array_equal(ours.size, theirs.size)
    assert np.array_equal(ours.column, theirs.column)


@mark.parametrize("likelihood", ["expectation", "conditional"])
@mark.parametrize("dispersion", [1.0, 2.5])
def test_draws_have_the_mean_and_the_spread_that_they_should(likelihood, dispersion) -> None:
    chance = task_of(likelihood, dispersion, 2.0).chance
    draws = 4_000
    upto = chance.lanes(np.random.SeedSequence(1).spawn(draws)).astype(float)
    cells = np.diff(upto, axis=1, prepend=0.0)
    assert cells.min() >= 0
    spread = dispersion * chance.mass
    if chance.total:  # Dirichlet-multinomial: size n, openness a = n / (dispersion - 1)
        share, n = chance.mass / chance.total, chance.total
        a = n / (dispersion - 1) if dispersion > 1 else np.inf
        spread = n * share * (1 - share) * (1.0 if a == np.inf else (n + a) / (1 + a))
    error = np.sqrt(spread / draws)
    assert np.all(np.abs(cells.mean(axis=2) - chance.mass) <= 5 * error + 1e-9)
    assert cells.var(axis=2).sum() == approx(spread.sum(), rel=0.05)
    if chance.total:
        assert upto[:, -1].sum(axis=0).max() <= chance.total
        assert upto[:, -1].sum(axis=0).mean() == approx(0.8 * chance.total, rel=0.02)


def test_stated_chances_are_even_in_wild_quiet_towns_with_a_given_total() -> None:
    rng = np.random.default_rng(3)
    dispersion, expected = 2.0, rng.uniform(0.1, 0.8, (50, 6))
    windows = windows_of(rng.uniform(0, 1500, (50, 2)), np.full(50, 40), share=0.2)
    given = {"windows": windows, "longest": 4, "simulations": 39, "likelihood": "conditional"}
    ranks = []
    for seed in range(200):
        counts = rng.negative_binomial(expected / (dispersion - 1), 1 / dispersion)
        scan = prospective_scan(counts, expected, seed=seed, dispersion=dispersion, **given)
        ranks.append((1 + (scan.maxima >= scan.clusters[0].llr).sum()) / 40)
    for level in (0.1, 0.25, 0.5, 0.75):  # four standard errors
        assert abs(np.mean(np.array(ranks) <= level) - level) <= 4 * np.sqrt(0.25 / 200)


def test_shuffled_blocks_give_the_same_clusters_and_the_same_chances() -> None:
    rng = np.random.default_rng(9)
    centres, dwellings = rng.uniform(0, 2000, (60, 2)), rng.integers(5, 60, 60)
    expected = rng.uniform(0.1, 0.5, (60, 8))
    counts = rng.poisson(expected * 1.3)
    shuffled = rng.permutation(60)
    one, other = (
        prospective_scan(
            counts[order],
            expected[order],
            windows=windows_of(centres[order], dwellings[order], share=0.2),
            seed=1,
            simulations=99,
        )
        for order in (np.arange(60), shuffled)
    )
    assert np.allclose(one.maxima, other.maxima, rtol=0, atol=1e-12)
    for first, second in zip(one.clusters, other.clusters, strict=True):
        assert set(first.blocks) == set(shuffled[list(second.blocks)].tolist())
        assert (first.weeks, first.observed) == (second.weeks, second.observed)
        assert first.llr == approx(second.llr, abs=1e-12)
        assert first.chance == approx(second.chance)


def test_of_two_equal_windows_the_smaller_and_then_the_first_is_told() -> None:
    line = np.c_[np.array([0.0, 100.0, 5000.0, 5100.0]), np.zeros(4)]
    windows = windows_of(line, np.ones(4), share=0.5)
    scan = prospective_scan(
        np.array([[4], [0], [4], [0]]), np.full((4, 1), 0.5), windows=windows, simulations=9, seed=1
    )
    assert [cluster.blocks for cluster in scan.clusters] == [(0,), (2,)]
    # By hand: 4 ln(4 / 0.5) + 0.5 - 4 = 4.8178.
    assert scan.clusters[0].llr == approx(4.8178, abs=5e-5)


def test_one_reporter_is_no_group() -> None:
    windows = windows_of(np.zeros((1, 2)), np.ones(1))
    scan = prospective_scan(
        np.array([[1]]), np.array([[0.001]]), windows=windows, simulations=9, seed=1
    )
    assert scan.clusters == ()


def test_a_chance_is_the_rank_and_beyond_all_draws_the_tail() -> None:
    draws = np.random.default_rng(1).gumbel(5.0, 1.0, 999)
    assert chance_of(float(np.sort(draws)[-50]), draws) == approx(0.051)
    # The tail of Gumbel(5, 1) at 17 is 1 - exp(-exp(-12)) = 6.1e-6.
    assert 2e-6 <= chance_of(17.0, draws) <= 2e-5
    assert chance_of(1.0, np.zeros(0)) == 1.0
    assert chance_of(3.0, np.zeros(9)) == approx(0.1)
