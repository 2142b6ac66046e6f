import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from pytest import approx

from signaal.hotspots.numbers.censored import towns_from_classes
from signaal.hotspots.numbers.rates import town_of
from signaal.privacy.model import CLASS_BORDERS

LOWS = np.array([0, *CLASS_BORDERS])
HIGHS = np.array([*(border - 1 for border in CLASS_BORDERS), -1])


def classes(counts):
    place = np.searchsorted(LOWS, counts, side="right") - 1
    return LOWS[place], HIGHS[place]


def test_where_every_count_is_shown_it_is_marshalls_estimator() -> None:
    counts = np.array([[30, 3], [3, 8], [5, 5], [12, 3]])
    homes = np.array([50.0, 40.0, 60.0, 20.0])
    for window, town in enumerate(towns_from_classes(counts, counts, homes)):
        expected = town_of(counts[:, window], homes)
        assert (town.rate, town.variance) == (approx(expected.rate), approx(expected.variance))
        assert (town.blocks, town.dwellings) == (4, 170)


def test_a_town_of_one_block_by_hand() -> None:
    # 10 dwellings, 1 or 2 reporters shown. One block differs from nothing: Poisson with mean m,
    # of which 1 has weight m and 2 has m^2 / 2. Its mean (m + m^2) / (m + m^2 / 2) is m itself
    # for 1 + m = m + m^2 / 2: m is the root of 2.
    (town,) = towns_from_classes(np.array([[1]]), np.array([[2]]), np.array([10.0]))
    assert town.rate == approx(2**0.5 / 10, rel=1e-4)
    assert town.variance == 0


def test_where_nothing_but_hidden_counts_is_shown_nothing_is_said() -> None:
    low, high = classes(np.zeros((7, 13), dtype=int))
    towns = towns_from_classes(low, high, np.full(7, 50.0))
    assert [(town.rate, town.variance) for town in towns] == [(0.0, 0.0)] * 13


def test_an_empty_town_has_thirteen_empty_windows() -> None:
    nothing = np.zeros((0, 13), dtype=int)
    assert len(towns_from_classes(nothing, nothing, np.zeros(0))) == 13


@given(st.lists(st.integers(0, 90), min_size=2, max_size=12))
@settings(max_examples=30)
def test_the_rate_lies_between_what_is_certain_and_what_is_possible(counts) -> None:
    low, high = classes(np.array(counts)[:, None])
    homes = np.arange(20.0, 20.0 + len(counts))
    (town,) = towns_from_classes(low, high, homes)
    most = np.where(high < low, 10 * low, high)
    if (low > 0).any():
        assert low.sum() <= town.rate * homes.sum() * (1 + 1e-9)
        assert town.rate * homes.sum() <= most.sum() * (1 + 1e-9)
    assert town.variance >= 0


@given(st.lists(st.integers(0, 60), min_size=2, max_size=12), st.randoms(use_true_random=False))
@settings(max_examples=30)
def test_the_order_of_blocks_changes_nothing(counts, random) -> None:
    order = list(range(len(counts)))
    random.shuffle(order)
    homes = np.arange(20.0, 20.0 + len(counts))
    low, high = classes(np.array(counts)[:, None])
    one, other = (
        towns_from_classes(low[o], high[o], homes[o])[0] for o in (np.arange(len(counts)), order)
    )
    assert_array_equal([one.rate, one.variance], [other.rate, other.variance])
