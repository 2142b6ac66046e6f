"""Where has a rise begun? All windows weighed together."""

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from pytest import approx, mark

from signaal.hotspots.numbers.bayes_scan import (
    HIGHEST,
    LANES,
    LASTS,
    Rise,
    evidence_of,
    groups_of,
    recent_rise,
    rise_maxima,
)
from signaal.hotspots.numbers.scan import windows_of
from signaal.hotspots.simulate import grid_map

WHOLE = Rise(taking_part=1.0)


def none(loop):
    """As where there is no compiler."""


def town(blocks, *, share=0.3, radius=200.0):
    made = grid_map(blocks, askew=0.25)
    return windows_of(made.centres, made.dwellings, share=share, radius=radius)


def enumerated(counts, mu, windows, *, centre, longest, rise):
    """Every window, every beginning and every subset of its blocks, one by one."""
    near = windows.of(centre)
    total, weight = 0.0, 0.0
    for size, weeks in itertools.product(range(1, len(near) + 1), range(1, longest + 1)):
        weight += 1 / size
        for part in itertools.product((False, True), repeat=size):
            blocks = near[:size][np.array(part)]
            prior = rise.taking_part ** sum(part) * (1 - rise.taking_part) ** (size - sum(part))
            c, e = counts[blocks, -weeks:].sum(), mu[blocks, -weeks:].sum()
            more = (c * np.log(rise.times) - e * (rise.times - 1)) / rise.dispersion
            total += prior / size * np.exp(more)
    return np.log(total / weight)


def test_a_worked_example_by_hand() -> None:
    # Two blocks, one week, 3 and 1 voices where 1 each is usual; a doubling of whole windows.
    # Ratio of the first alone: 2^3 / e = 2.9430; of both: 2^4 / e^2 = 2.1654; weights 1 and 1/2.
    windows = windows_of(np.array([[0.0, 0.0], [100.0, 0.0]]), np.array([40, 40]), share=1.0)
    found = evidence_of(np.array([[3], [1]]), np.ones((2, 1)), windows=windows, rise=WHOLE)

    first, second, both = 8 / np.e, 2 / np.e, 16 / np.e**2
    wanted = [(first + both / 2) / 1.5, (second + both / 2) / 1.5]
    assert wanted == approx([2.6838, 1.2123], abs=1e-4)
    assert_allclose(np.exp(found.log), wanted, rtol=1e-12)
    assert found.size.tolist() == [1, 2]
    # A block that may as well stay out, at even odds: (ratio + 1) / 2 takes the ratio's place.
    half = Rise(taking_part=0.5)
    found = evidence_of(np.array([[3], [1]]), np.ones((2, 1)), windows=windows, rise=half)
    a, b = (first + 1) / 2, (second + 1) / 2
    assert_allclose(np.exp(found.log), [(a + a * b / 2) / 1.5, (b + a * b / 2) / 1.5], rtol=1e-12)


@mark.parametrize("rise", [Rise(), WHOLE, Rise(times=1.5, taking_part=0.4, dispersion=1.3)])
@mark.parametrize("loops", ["compiled", "plain"])
def test_the_evidence_is_the_sum_over_all_windows_beginnings_and_parts(rise, loops) -> None:
    rng = np.random.default_rng(5)
    windows = town(25)
    mu = rng.uniform(0.2, 2.0, (25, 4))
    counts = rng.poisson(mu)
    more = {} if loops == "compiled" else {"compile_with": none}
    found = evidence_of(counts, mu, windows=windows, longest=3, rise=rise, **more)

    wanted = [
        enumerated(counts, mu, windows, centre=centre, longest=3, rise=rise) for centre in range(25)
    ]
    assert_allclose(found.log, wanted, rtol=1e-10)


def test_with_and_without_a_compiler_the_answer_is_the_same() -> None:
    rng = np.random.default_rng(2)
    windows = town(20)
    mu = rng.uniform(0.1, 1.0, (20, 8))
    counts = rng.poisson(mu)
    quick, plain = (
        recent_rise(counts, mu, windows=windows, seed=4, simulations=LANES + 3, **more)
        for more in ({}, {"compile_with": none})
    )
    assert_allclose(quick.maxima, plain.maxima, rtol=1e-5)
    assert [c.blocks for c in quick.clusters] == [c.blocks for c in plain.clusters]
    assert_allclose([c.llr for c in quick.clusters], [c.llr for c in plain.clusters])


def test_by_chance_the_evidence_is_one_on_average() -> None:
    rng = np.random.default_rng(8)
    windows = town(16)
    mu = np.full((16, 2), 0.3)
    drawn = [
        np.exp(evidence_of(rng.poisson(mu), mu, windows=windows, longest=2).log[5])
        for _ in range(2000)
    ]
    assert np.mean(drawn) == approx(1.0, abs=5 * np.std(drawn) / np.sqrt(2000))


def test_the_chance_is_right_where_nothing_is_going_on() -> None:
    rng = np.random.default_rng(3)
    windows = town(64)
    mu = np.full((64, 8), 0.5)
    maxima = rise_maxima(mu, windows=windows, rise=Rise(), simulations=999, seed=1)
    seen = [evidence_of(rng.poisson(mu), mu, windows=windows).log.max() for _ in range(300)]
    at_five = np.mean(np.array(seen) > np.quantile(maxima, 0.95))
    assert 0.01 <= at_five <= 0.09


def test_levels_that_are_hardly_known_make_chance_wilder() -> None:
    windows = town(64)
    mu = np.full((64, 8), 1.0)
    known, vague, sure = (
        rise_maxima(mu, windows=windows, rise=Rise(), certainty=each, simulations=96, seed=1)
        for each in (None, np.full(64, 20.0), np.full(64, np.inf))
    )
    assert vague.mean() > known.mean() + 0.2
    assert np.array_equal(known, sure)


def test_a_planted_rise_is_named_with_its_blocks_its_weeks_and_a_small_chance() -> None:
    made = grid_map(100)
    windows = windows_of(made.centres, made.dwellings, share=0.2)
    mu = np.full((100, 8), 1.0)
    counts = np.ones((100, 8), dtype=int)
    rise = [44, 45, 54, 55]
    counts[rise, -5:] = 4
    found = recent_rise(counts, mu, windows=windows, seed=1, simulations=99)

    first = found.clusters[0]
    assert set(first.blocks) == set(rise)
    assert (first.weeks, first.observed, first.expected) == (5, 80, 20.0)
    assert first.chance < 0.001
    assert first.recurrence == LASTS / first.chance


def test_groups_share_no_block_and_come_with_most_evidence_first() -> None:
    rng = np.random.default_rng(6)
    windows = town(100, share=0.05)
    mu = np.full((100, 8), 0.5)
    found = recent_rise(rng.poisson(mu), mu, windows=windows, seed=2, simulations=19)
    blocks = [block for group in found.clusters for block in group.blocks]

    assert len(blocks) == len(set(blocks))
    assert [g.llr for g in found.clusters] == sorted((g.llr for g in found.clusters), reverse=True)
    assert all(group.observed >= 3 for group in found.clusters)


def test_fewer_voices_than_asked_make_no_group() -> None:
    windows = town(25)
    mu, counts = np.full((25, 8), 0.01), np.zeros((25, 8), dtype=int)
    counts[12, -4:-2] = 1
    evidence = evidence_of(counts, mu, windows=windows)
    groups = [
        groups_of(evidence, counts, mu, windows=windows, rise=Rise(), least=least)
        for least in (2, 3)
    ]
    assert len(groups[0]) == 1
    assert groups[1] == []


def test_a_silent_town_has_no_groups() -> None:
    found = recent_rise(
        np.zeros((9, 8), dtype=int), np.full((9, 8), 0.5), windows=town(9), seed=1, simulations=5
    )
    assert found.clusters == ()
    assert len(found.maxima) == 5


def test_a_town_without_blocks_or_without_anything_known_has_no_groups() -> None:
    nowhere = windows_of(np.zeros((0, 2)), np.zeros(0))
    empty = recent_rise(np.zeros((0, 8), int), np.zeros((0, 8)), windows=nowhere, seed=1)
    unknown = recent_rise(np.ones((9, 8), int), np.full((9, 8), np.nan), windows=town(9), seed=1)

    assert empty.clusters == unknown.clusters == ()


def test_a_block_of_which_nothing_is_known_changes_nothing() -> None:
    rng = np.random.default_rng(9)
    mu = np.full((25, 8), 0.5)
    counts = rng.poisson(mu)
    unknown = mu.copy()
    unknown[7] = np.nan
    loud = counts.copy()
    loud[7] = 50
    windows = town(25)
    first, second = (
        recent_rise(each, unknown, windows=windows, seed=1, simulations=19)
        for each in (counts, loud)
    )
    assert first.clusters == second.clusters
    assert all(7 not in group.blocks for group in first.clusters)


def test_very_many_voices_do_not_overflow() -> None:
    mu = np.full((9, 8), 500.0)
    counts = np.full((9, 8), 500)
    counts[4] = 5000
    evidence = evidence_of(counts, mu, windows=town(9))
    assert np.isfinite(evidence.log).all()


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 1000))
def test_the_order_of_blocks_and_the_number_of_threads_change_nothing(seed) -> None:
    rng = np.random.default_rng(seed)
    made = grid_map(30, askew=0.3)
    mu = rng.uniform(0.2, 1.0, (30, 8))
    counts = rng.poisson(mu)
    mixed = rng.permutation(30)
    there = windows_of(made.centres, made.dwellings)
    moved = windows_of(made.centres[mixed], made.dwellings[mixed])
    log = evidence_of(counts, mu, windows=there).log
    assert_allclose(evidence_of(counts[mixed], mu[mixed], windows=moved).log, log[mixed])
    one, two = (
        rise_maxima(mu, windows=there, rise=Rise(), simulations=40, seed=seed, threads=threads)
        for threads in (1, 2)
    )
    assert np.array_equal(one, two)


@mark.parametrize("door", [None, none])
def test_counts_beyond_single_precision_count_as_the_highest_and_still_have_a_chance(door) -> None:
    windows = town(4)
    expected, certainty = np.full((4, 8), 60.0), np.full(4, 0.5)
    loud = np.full((4, 8), 900)
    more = {} if door is None else {"compile_with": door}

    found = recent_rise(
        loud, expected, windows=windows, certainty=certainty, simulations=99, seed=3, **more
    )

    assert found.maxima.max() == HIGHEST, "what is hardly known brings anything by chance"
    assert all(0.01 < group.chance <= 1.0 for group in found.clusters)
    assert found.clusters
