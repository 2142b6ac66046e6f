import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy import array, nan
from numpy.testing import assert_allclose, assert_array_equal
from pytest import approx, mark
from scipy.stats import nbinom, poisson

from signaal.hotspots.numbers.concentration import (
    dispersion_of,
    excess_chance,
    false_discovery,
    stand_out,
)
from signaal.hotspots.numbers.neighbours import Adjacency
from tests.hotspots.oracles import oracle

# Nine blocks in a row, each beside the one before.
ROW = Adjacency.of_pairs(np.arange(8), np.arange(1, 9), blocks=9)


def _row(voices, *, expected=0.5, past=0.0, **more):
    usual = np.full(9, float(expected)) if np.isscalar(expected) else expected
    return stand_out(
        array(voices, dtype=float), usual, adjacency=ROW, own_past=np.full(9, past), **more
    )


def test_the_chance_of_two_or_more_where_one_is_expected_by_hand() -> None:
    # Poisson(1): 0 and 1 have 0.3679 each, 2 has 0.1839; more than 2: 0.0803; half of 2: 0.0920.
    assert excess_chance(array([2.0]), array([1.0])) == approx(0.1723, abs=5e-5)


def test_nothing_heard_is_nothing_special() -> None:
    # Half the chance of none counts: 1 - e^-1 / 2.
    assert excess_chance(array([0.0]), array([1.0])) == approx(1 - np.exp(-1) / 2)


def test_with_dispersion_the_same_count_is_less_special_and_agrees_with_scipy() -> None:
    count, mean = np.arange(60.0), np.linspace(0.1, 30, 60)
    for dispersion in (1.5, 2.0, 7.0):
        size, chance = mean / (dispersion - 1), 1 / dispersion
        expected = nbinom.sf(count, size, chance) + nbinom.pmf(count, size, chance) / 2
        assert_allclose(excess_chance(count, mean, dispersion=dispersion), expected, rtol=1e-9)
    plain = poisson.sf(count, mean) + poisson.pmf(count, mean) / 2
    assert_allclose(excess_chance(count, mean), plain, rtol=1e-9)
    assert_allclose(excess_chance(count, mean, dispersion=1 + 2e-9), plain, rtol=1e-4)


def test_where_nothing_is_expected_or_known_there_is_no_chance() -> None:
    chance = excess_chance(array([3.0, 3.0, nan]), array([0.0, nan, 2.0]))
    assert np.isnan(chance).all()


def test_the_whole_poisson_test_agrees_with_r() -> None:
    # R 4.2, poisson.test(12, 640, r = 0.02, alternative = "greater"): mid-p is half a
    # chance less.
    cases = (oracle("poisson_rates.json") or {}).get(
        "cases", {"x": [12], "pop": [640], "p_greater": [0.626232083015786]}
    )
    count, mean = array(cases["x"], dtype=float), 0.02 * array(cases["pop"], dtype=float)
    whole = excess_chance(count, mean) + poisson.pmf(count, mean) / 2
    assert_allclose(whole, cases["p_greater"], rtol=1e-9)


def test_benjamini_and_hochbergs_own_example_finds_four_of_fifteen() -> None:
    well_known = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344]
    p = array([*well_known, 0.0459, 0.324, 0.4262, 0.5719, 0.6528, 0.759, 1.0])
    discovery = false_discovery(p)
    assert (discovery.found.sum(), discovery.tested) == (4, 15)
    assert_allclose(discovery.adjusted[:4], [0.0015, 0.003, 0.0095, 0.035625])
    answers = oracle("fdr.json") or {"p2": p[:2], "BH2": [0.0002, 0.0004]}
    assert_allclose(false_discovery(array(answers["p2"])).adjusted, answers["BH2"], rtol=1e-9)


def test_missing_chances_are_not_counted_and_an_empty_list_finds_nothing() -> None:
    with_gap = false_discovery(array([0.01, nan, 0.04]))
    assert with_gap.tested == 2
    assert_allclose(with_gap.adjusted, [0.02, nan, 0.04])
    assert_array_equal(with_gap.found, [True, False, True])
    nothing = false_discovery(array([]))
    assert (nothing.tested, nothing.found.size) == (0, 0)


def test_counts_that_vary_as_chance_does_have_dispersion_one_and_twice_as_much_two() -> None:
    rng = np.random.default_rng(7)
    usual = np.broadcast_to(rng.gamma(1.0, 1.0, (2000, 1)), (2000, 13))
    for dispersion, drawn in (
        (1.0, rng.poisson(usual)),
        (2.0, rng.negative_binomial(usual, 0.5)),
    ):
        fitted = np.broadcast_to(drawn.mean(axis=1, keepdims=True), drawn.shape)
        assert dispersion_of(drawn, fitted) == approx(dispersion, rel=0.05)


def test_without_history_dispersion_is_one() -> None:
    assert dispersion_of(np.zeros((0, 13)), np.zeros((0, 13))) == 1.0
    assert dispersion_of(np.zeros((4, 13)), np.zeros((4, 13))) == 1.0
    assert dispersion_of(np.ones((4, 1)), np.ones((4, 1))) == 1.0
    assert dispersion_of(array([[0.0, 8.0]]), array([[4.0, 4.0]])) == approx(8.0)


def test_a_loud_block_stands_out_and_its_quiet_neighbours_do_not() -> None:
    looked = _row([0, 0, 0, 1, 9, 1, 0, 0, 0])
    assert_array_equal(np.flatnonzero(looked.found), [4])
    assert (looked.pooled[4], looked.pooled_expected[4], looked.tested) == (11, 1.5, 9)
    assert (looked.adjusted[3:6] < 0.001).all()  # only the five reporters are missing there


def test_four_reporters_are_too_few_and_as_many_as_ever_is_no_more() -> None:
    assert not _row([0, 0, 0, 4, 4, 4, 0, 0, 0], expected=0.1).found.any()
    assert _row([0, 0, 0, 0, 9, 0, 0, 0, 0], past=8.9).found.any()
    assert not _row([0, 0, 0, 0, 9, 0, 0, 0, 0], past=9.0).found.any()
    assert _row([0, 0, 0, 0, 9, 0, 0, 0, 0], past=nan).found.any()


def test_in_a_quiet_town_nothing_stands_out() -> None:
    for voices in (np.zeros(9), np.ones(9), np.full(9, 50.0)):
        assert not _row(voices, expected=voices.mean()).found.any()


def test_blocks_without_dwellings_are_missing_not_zero() -> None:
    usual = np.full(9, 0.5)
    usual[[0, 5]] = nan, 0.0
    looked = _row([9, 0, 0, 1, 9, 9, 0, 0, 0], expected=usual)
    assert looked.tested == 7
    assert np.isnan(looked.chance[[0, 5]]).all()
    assert (looked.pooled[4], looked.pooled_expected[4]) == (10, 1.0)
    assert_array_equal(np.flatnonzero(looked.found), [4])


@mark.parametrize("blocks", [0, 1])
def test_a_town_of_no_block_or_one_is_no_trouble(blocks) -> None:
    alone = Adjacency.of_pairs(np.zeros(0, int), np.zeros(0, int), blocks=blocks)
    looked = stand_out(
        np.full(blocks, 9.0), np.full(blocks, 9.0), adjacency=alone, own_past=np.zeros(blocks)
    )
    assert (looked.tested, looked.found.sum()) == (blocks, 0)


def test_all_reports_in_one_block_colour_that_block_only() -> None:
    voices = np.eye(9)[2] * 60
    assert_array_equal(np.flatnonzero(_row(voices, expected=60 / 9).found), [2])


COUNTS = st.lists(st.integers(0, 12), min_size=9, max_size=9)


@given(COUNTS, st.permutations(range(9)))
def test_the_order_of_blocks_changes_nothing(voices, order) -> None:
    order = array(order)
    place = np.argsort(order)
    shuffled = Adjacency.of_pairs(place[np.arange(8)], place[np.arange(1, 9)], blocks=9)
    usual = np.linspace(0.2, 2.0, 9)
    there = stand_out(
        array(voices, dtype=float)[order],
        usual[order],
        adjacency=shuffled,
        own_past=np.zeros(9),
    )
    here = _row(voices, expected=usual)
    assert_allclose(there.adjusted, here.adjusted[order], rtol=1e-9)
    assert_array_equal(there.found, here.found[order])


@given(COUNTS, st.integers(0, 8))
def test_one_more_reporter_never_takes_a_blocks_colour_away(voices, block) -> None:
    before, after = _row(voices), _row(array(voices) + np.eye(9)[block])
    assert after.chance[block] <= before.chance[block]
    assert not (before.found & ~after.found).any()


@given(COUNTS, st.sampled_from([2.0, 10.0, 1000.0]))
def test_counting_dwellings_in_other_units_changes_nothing(voices, times) -> None:
    total = max(sum(voices), 1)
    homes = np.linspace(20, 90, 9)
    plain = _row(voices, expected=homes * (total / homes.sum()))
    scaled = _row(voices, expected=homes * times * (total / (homes * times).sum()))
    assert_allclose(plain.chance, scaled.chance, rtol=1e-9)
