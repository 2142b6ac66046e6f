import csv

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy import array, nan
from numpy.testing import assert_allclose
from pytest import approx, mark

from signaal.hotspots.numbers.evenness import (
    dissimilarity,
    entropy_index,
    gini,
    isolation,
    location_quotient,
    lorenz,
    top_share,
    unevenness,
)
from tests.hotspots.oracles import oracle, oracle_path


def test_a_worked_example_by_hand() -> None:
    # Two blocks of 100 dwellings, 1 and 3 reports: the curve goes through (0.5, 0.25). Under it
    # lie 0.5 * 0.25 / 2 + 0.5 * (0.25 + 1) / 2 = 0.375; twice the rest of the half: 0.25.
    counts, homes = array([3.0, 1.0]), array([100.0, 100.0])
    assert_allclose(lorenz(counts, homes), ([0, 0.5, 1], [0, 0.25, 1]))
    assert gini(counts, homes) == approx(0.25)
    assert_allclose(location_quotient(counts, homes).value, [1.5, 0.5])


def test_the_busiest_twentieth_counts_a_block_in_part_where_it_must() -> None:
    # 5 % of 30 blocks: one and a half. 12 of 40 and half of 8.
    counts = array([12.0, 8.0, *[1.0] * 20, *[0.0] * 8])
    assert top_share(counts) == approx(16 / 40)


def test_an_even_town_is_even_and_one_block_with_all_is_not() -> None:
    even = unevenness(np.full(40, 3.0), seed=1)
    assert (even.gini, even.top_share) == (approx(0.0), approx(0.05))
    assert (even.gini_low, even.gini_high) == (approx(0.0), approx(0.0))
    assert gini(np.eye(40)[3]) == approx(1 - 1 / 40)
    assert top_share(np.eye(40)[3]) == 1.0


@mark.parametrize("blocks", [0, 1, 5])
def test_without_reports_there_is_no_figure(blocks) -> None:
    nothing = np.zeros(blocks)
    figures = unevenness(nothing, np.ones(blocks), seed=1, simulations=9)
    assert np.isnan([*vars(figures).values(), gini(nothing), top_share(nothing)]).all()
    assert np.isnan(location_quotient(nothing, np.ones(blocks)).value).all()
    assert np.isnan([f(nothing, nothing) for f in (dissimilarity, isolation, entropy_index)]).all()


def test_blocks_without_dwellings_are_missing() -> None:
    counts, homes = array([3.0, 1.0, 5.0, nan]), array([100.0, 100.0, 0.0, 50.0])
    assert gini(counts, homes) == approx(0.25)
    assert_allclose(location_quotient(counts, homes).value, [1.5, 0.5, nan, nan])
    assert unevenness(counts, homes, seed=1).gini == approx(0.25)


def _columns(name, *columns):
    with oracle_path(name).open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return [array([float(row[column]) for row in rows]) for column in columns]


def test_north_carolina_comes_out_as_in_pysal() -> None:
    # Two counties by hand where the files are not at hand: half of D is |1/4 - 3/4| + the same.
    answers = oracle("segregation_inequality.json")
    assert dissimilarity(array([1.0, 3.0]), array([4.0, 4.0])) == approx(0.5)
    if answers is None:
        return
    known = answers["independent_formula"]
    births, others, deaths = _columns("nc_sids_input.csv", "BIR74", "NWBIR74", "SID74")
    ours = [
        dissimilarity(others, births),
        isolation(others, births),
        entropy_index(others, births),
        gini(others, births - others),
        gini(deaths),
        gini(deaths, births),
        *location_quotient(others, births).value[:5],
    ]
    names = ("Dissim", "Isolation", "Entropy", "Gini", "gini_counts", "gini_cases_vs_pop")
    assert_allclose(ours, [*[known[name] for name in names], *known["LQ_first5"]], rtol=1e-9)


def test_the_interval_holds_what_a_plain_draw_of_whole_blocks_gives() -> None:
    rng = np.random.default_rng(5)
    homes = rng.integers(10, 60, 300).astype(float)
    counts = rng.poisson(homes * 0.05).astype(float)
    ours = unevenness(counts, homes, seed=3, simulations=999)
    plain = array(
        [
            (gini(counts[drawn], homes[drawn]), top_share(counts[drawn]))
            for drawn in rng.integers(0, 300, (600, 300))
        ]
    )
    low, high = np.quantile(plain, [0.025, 0.975], axis=0)
    width = high - low
    assert_allclose([ours.gini_low, ours.top_low], low, atol=0.12 * width.max())
    assert_allclose([ours.gini_high, ours.top_high], high, atol=0.12 * width.max())
    assert ours == unevenness(counts, homes, seed=3, simulations=999)


TOWNS = st.lists(st.tuples(st.integers(0, 30), st.integers(1, 200)), min_size=2, max_size=30)


@given(TOWNS, st.randoms(use_true_random=False), st.sampled_from([2.0, 1000.0]))
def test_order_and_units_change_nothing(blocks, random, times) -> None:
    counts, homes = np.transpose(blocks).astype(float)
    order = list(range(len(blocks)))
    random.shuffle(order)
    found = gini(counts, homes)
    assert_allclose(gini(counts[order], homes[order] * times), found, atol=1e-12)
    assert np.isnan(found) or -1e-12 <= found <= 1.0


@given(TOWNS)
def test_two_equal_weeks_together_are_as_uneven_as_each(blocks) -> None:
    counts, homes = np.transpose(blocks).astype(float)
    assert_allclose(gini(2 * counts, homes), gini(counts, homes), atol=1e-12)
    assert_allclose(
        location_quotient(2 * counts, homes).value, location_quotient(counts, homes).value
    )
