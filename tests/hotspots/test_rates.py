import csv
import json
from pathlib import Path

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy import array
from numpy.testing import assert_allclose, assert_array_equal
from pytest import mark, raises

from signaal.errors import UnknownDwellings
from signaal.hotspots.numbers.neighbours import Adjacency
from signaal.hotspots.numbers.rates import (
    Town,
    crude_rates,
    garwood,
    likely_rates,
    local_rates,
    own_share,
    per_thousand,
    standardised_ratio,
    steadied,
    steady_rates,
    town_of,
)
from tests.hotspots.oracles import oracle

ORACLES = Path(__file__).parents[3] / "shared" / "oracles"


def test_a_worked_example_by_hand() -> None:
    # Two blocks of 100 dwellings, 1 and 9 reporters. The town: 10 / 200 = 0.05. Variance of the
    # rates: (0.04^2 + 0.04^2) / 2 = 0.0016; by chance 0.05 / 100 = 0.0005; between: 0.0011.
    # Own share: 0.0011 / (0.0011 + 0.0005) = 0.6875; 0.05 +- 0.6875 * 0.04 = 0.0225 and 0.0775.
    reports, dwellings = array([1.0, 9.0]), array([100.0, 100.0])
    town = town_of(reports, dwellings)
    assert_allclose([town.rate, town.variance], [0.05, 0.0011])
    assert_allclose(own_share(dwellings, town=town), [0.6875, 0.6875])
    assert_allclose(steady_rates(reports, dwellings), [0.0225, 0.0775])
    assert_allclose(crude_rates(reports, dwellings), [0.01, 0.09])
    assert_allclose(per_thousand(crude_rates(reports, dwellings)), [10, 90])


def test_blocks_that_differ_only_by_chance_all_get_the_towns_rate() -> None:
    rates = steady_rates(array([4.0, 5.0, 6.0]), array([100.0, 100.0, 100.0]))

    assert_allclose(rates, [0.05, 0.05, 0.05])


def test_in_a_town_where_nobody_reports_all_rates_are_nothing() -> None:
    quiet, dwellings = np.zeros(3), array([10.0, 20.0, 150.0])
    assert_array_equal(steady_rates(quiet, dwellings), np.zeros(3))


def test_a_town_without_blocks_has_no_rates() -> None:
    assert steady_rates(array([]), array([])).shape == (0,)
    assert town_of(array([]), array([])) == Town(rate=0, variance=0, blocks=0, dwellings=0)


def test_a_single_block_is_the_town() -> None:
    assert_allclose(steady_rates(array([3.0]), array([60.0])), [0.05])


def test_one_complaint_in_a_row_of_three_homes_is_not_a_hotspot() -> None:
    reports = array([1.0, 30.0, *[2.0] * 48])
    dwellings = array([3.0, *[100.0] * 49])
    rates = steady_rates(reports, dwellings)
    assert crude_rates(reports, dwellings)[0] > 0.3
    assert rates[0] < 3 * town_of(reports, dwellings).rate < rates[1]


@mark.parametrize("unknown", [0.0, -1.0, np.nan, np.inf])
def test_a_block_without_dwellings_is_refused(unknown) -> None:
    for rates in (crude_rates, steady_rates, town_of):
        with raises(UnknownDwellings, match="of 2 blocks"):
            rates(array([1.0, 1.0]), array([10.0, unknown]))


# The first ten areas of Auckland with the estimates that R's spdep 1.2-7 (EBest) makes of all 167;
# the town's two figures are published in its manual.
AUCKLAND = Town(rate=0.00263343619313617, variance=7.28417290097515e-07, blocks=167, dwellings=0)


def test_auckland_comes_out_as_in_the_literature() -> None:
    deaths, people = array([8.0, 2.0, 5.0]), array([2268.0, 405.0, 3240.0])
    assert_allclose(
        steadied(deaths, people, town=AUCKLAND),
        [0.00297803392572109, 0.00286562329254096, 0.00211816466150202],
        rtol=1e-9,
    )


def _columns(name, *wanted):
    with (ORACLES / name).open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return [array([float(row[column]) for row in rows]) for column in wanted]


def test_all_of_auckland_and_north_carolina_agree_with_spdep_where_its_answers_are_at_hand() -> (
    None
):
    for answers, inputs, columns, path in (
        ("auckland_spdep.json", "auckland_input.csv", ("deaths", "pop"), ("global",)),
        (
            "nc_sids_spdep.json",
            "nc_sids_input.csv",
            ("SID74", "BIR74"),
            ("empirical_bayes", "global_poisson"),
        ),
    ):
        if not (ORACLES / answers).exists():
            continue
        expected = json.loads((ORACLES / answers).read_text(encoding="utf-8"))
        for key in path:
            expected = expected[key]
        reports, people = _columns(inputs, *columns)
        town = town_of(reports, people)
        assert_allclose([town.variance, town.rate], [expected["a"], expected["b"]], rtol=1e-9)
        assert_allclose(crude_rates(reports, people), expected["raw"], rtol=1e-9)
        assert_allclose(steady_rates(reports, people), expected["est"], rtol=1e-9)


SIZES = st.integers(1, 300)
TOWNS = st.lists(st.tuples(st.integers(0, 40), SIZES), min_size=2, max_size=30)


def _town(blocks):
    reports, dwellings = zip(*blocks, strict=True)
    return array(reports, dtype=float), array(dwellings, dtype=float)


@given(TOWNS)
def test_a_steady_rate_lies_between_the_blocks_own_and_the_towns(blocks) -> None:
    reports, dwellings = _town(blocks)
    crude, steady = crude_rates(reports, dwellings), steady_rates(reports, dwellings)
    rate = town_of(reports, dwellings).rate
    assert (steady >= np.minimum(crude, rate) - 1e-12).all()
    assert (steady <= np.maximum(crude, rate) + 1e-12).all()


@given(TOWNS, st.randoms(use_true_random=False))
def test_the_order_of_blocks_changes_nothing(blocks, random) -> None:
    order = list(range(len(blocks)))
    random.shuffle(order)
    expected = steady_rates(*_town(blocks))[order]
    assert_allclose(steady_rates(*_town([blocks[i] for i in order])), expected, rtol=1e-6)


@given(st.lists(st.integers(0, 40), min_size=2, max_size=30), SIZES)
def test_one_more_reporter_never_lowers_the_rate_of_the_block(counts, size) -> None:
    before, dwellings = array(counts, dtype=float), np.full(len(counts), float(size))
    after = before + np.eye(len(counts))[0]
    assert crude_rates(after, dwellings)[0] > crude_rates(before, dwellings)[0]
    assert steady_rates(after, dwellings)[0] >= steady_rates(before, dwellings)[0] - 1e-12


@given(TOWNS, st.sampled_from([2, 10, 1000]))
def test_counting_dwellings_in_other_units_scales_the_rates(blocks, times) -> None:
    reports, dwellings = _town(blocks)
    assert_allclose(
        steady_rates(reports, dwellings * times) * times,
        steady_rates(reports, dwellings),
        rtol=1e-6,
        atol=1e-12,
    )


@given(TOWNS)
def test_a_block_that_is_as_large_weighs_its_own_figure_as_much(blocks) -> None:
    assume(len({size for _, size in blocks}) > 1)
    reports, dwellings = _town(blocks)
    share = own_share(dwellings, town=town_of(reports, dwellings))
    order = np.argsort(dwellings)
    assert (np.diff(share[order]) >= -1e-12).all()


def _beside(lists):
    pairs = [(one, other) for one, near in enumerate(lists) for other in np.atleast_1d(near)]
    first, second = np.transpose(pairs).astype(np.int64)
    return Adjacency.of_pairs(first, second, blocks=len(lists))


def test_a_local_rate_leans_on_the_neighbours_and_a_lonely_block_on_itself() -> None:
    # The first two are beside each other and are the worked example above; the third is alone.
    pair = Adjacency.of_pairs(array([0]), array([1]), blocks=4)
    reports, dwellings = array([1.0, 9.0, 6.0, 5.0]), array([100.0, 100.0, 100.0, 0.0])
    rates = local_rates(reports, dwellings, adjacency=pair)
    assert_allclose(rates, [0.0225, 0.0775, 0.06, np.nan])
    assert_array_equal(local_rates(np.zeros(3), np.ones(3), adjacency=ROW_OF_THREE), np.zeros(3))


ROW_OF_THREE = Adjacency.of_pairs(array([0, 1]), array([1, 2]), blocks=3)


def test_local_rates_come_out_as_spdep_makes_them() -> None:
    # spdep has two readings of Marshall: this is the one of GeoDa, block and neighbours together.
    for answers, inputs, columns, keys in (
        ("auckland_spdep.json", "auckland_input.csv", ("deaths", "pop"), ("local_geoda",)),
        (
            "nc_sids_spdep.json",
            "nc_sids_input.csv",
            ("SID74", "BIR74"),
            ("empirical_bayes", "local_queen_geoda"),
        ),
    ):
        known = oracle(answers)
        if known is None:
            continue
        beside = known.get("neighbours") or oracle("nc_sids_neighbours.json")["queen"]
        for key in keys:
            known = known[key]
        ours = local_rates(*_columns(inputs, *columns), adjacency=_beside(beside))
        assert_allclose(ours, known["est"], rtol=1e-9)


def test_the_interval_of_a_rate_by_hand_and_around_the_steady_rate() -> None:
    # Rate 0.05, variance 0.0025: gamma with shape 1 and 20 dwellings; 1 reporter in 20 dwellings
    # more: shape 2, 40 dwellings; its 2.5 and 97.5 % points are 0.2422 / 40 and 5.5716 / 40.
    town = Town(rate=0.05, variance=0.0025, blocks=9, dwellings=180)
    low, high = likely_rates(array([1.0]), array([20.0]), town=town)
    assert_allclose([low[0], high[0]], [0.006055, 0.139291], rtol=1e-4)
    assert low[0] < steadied(array([1.0]), array([20.0]), town=town)[0] < high[0]
    still = Town(rate=0.05, variance=0.0, blocks=9, dwellings=180)
    assert_array_equal(likely_rates(array([7.0]), array([20.0]), town=still), [[0.05], [0.05]])


def test_garwoods_table_and_rs_exact_intervals() -> None:
    # Garwood (1936), table: 0 to 3.69, 1: 0.0253 to 5.57, 10: 4.80 to 18.39.
    low, high = garwood(array([0.0, 1.0, 10.0]))
    assert_allclose(low, [0, 0.0253, 4.80], atol=5e-3)
    assert_allclose(high, [3.69, 5.57, 18.39], atol=5e-3)
    known = oracle("poisson_rates.json")
    if known is None:
        return
    cases = known["cases"]
    low, high = garwood(array(cases["x"], dtype=float))
    assert_allclose(low / array(cases["pop"]), cases["lo"], rtol=1e-9)
    assert_allclose(high / array(cases["pop"]), cases["hi"], rtol=1e-9)


def test_a_ratio_has_no_value_where_nothing_was_expected() -> None:
    ratio = standardised_ratio(array([4.0, 4.0, np.nan, 0.0]), array([2.0, 0.0, 1.0, 2.0]))
    assert_allclose(ratio.value, [2.0, np.nan, np.nan, 0.0])
    assert_allclose(ratio.low, [0.5449, np.nan, np.nan, 0.0], rtol=1e-3)
    assert_allclose(ratio.high, [5.1208, np.nan, np.nan, 1.8444], rtol=1e-4)


@given(TOWNS)
def test_two_equal_weeks_together_double_the_counts_and_leave_the_rates(blocks) -> None:
    reports, dwellings = _town(blocks)
    assert_allclose(crude_rates(2 * reports, dwellings) / 2, crude_rates(reports, dwellings))
    both = town_of(2 * reports, dwellings)
    assert_allclose(both.rate / 2, town_of(reports, dwellings).rate)
    assert_allclose(
        standardised_ratio(2 * reports, 2 * dwellings).value,
        standardised_ratio(reports, dwellings).value,
    )


@given(TOWNS, st.sampled_from([2, 10, 1000]))
def test_counting_dwellings_in_other_units_leaves_the_order_of_local_rates(blocks, times) -> None:
    reports, dwellings = _town(blocks)
    row = np.arange(len(blocks) - 1)
    beside = Adjacency.of_pairs(row, row + 1, blocks=len(blocks))
    plain = local_rates(reports, dwellings, adjacency=beside)
    scaled = local_rates(reports, dwellings * times, adjacency=beside)
    assert_allclose(scaled * times, plain, rtol=1e-6, atol=1e-9)


@given(st.lists(st.integers(0, 40), min_size=2, max_size=12), SIZES, st.data())
def test_one_more_reporter_never_lowers_the_local_rate_of_the_block(counts, size, data) -> None:
    row, block = np.arange(len(counts) - 1), data.draw(st.integers(0, len(counts) - 1))
    beside = Adjacency.of_pairs(row, row + 1, blocks=len(counts))
    before, homes = array(counts, dtype=float), np.full(len(counts), float(size))
    after = before + np.eye(len(counts))[block]
    here = local_rates(before, homes, adjacency=beside)[block]
    assert local_rates(after, homes, adjacency=beside)[block] >= here - 1e-12
