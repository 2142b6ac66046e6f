"""Scores of a block amid its neighbours, against spdep, esda and all possible shuffles."""

import csv

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy import array, nan
from numpy.testing import assert_allclose, assert_array_equal
from pytest import approx, fixture, mark

from signaal.hotspots.numbers.local import (
    conditional_permutations,
    getis_ord,
    getis_ord_cube,
    getis_ord_star,
    local_moran,
)
from signaal.hotspots.numbers.neighbours import Adjacency
from tests.hotspots.oracles import has_oracles, oracle, oracle_path

ROW = Adjacency.of_pairs(np.arange(4), np.arange(1, 5), blocks=5)


def _beside(lists) -> Adjacency:
    pairs = [(one, other) for one, near in enumerate(lists) for other in np.atleast_1d(near)]
    first, second = np.transpose(pairs).astype(np.int64)
    return Adjacency.of_pairs(first, second, blocks=len(lists))


def _square(side) -> Adjacency:
    place = np.arange(side * side).reshape(side, side)
    first = np.concatenate([place[:, 1:].ravel(), place[1:].ravel()])
    second = np.concatenate([place[:, :-1].ravel(), place[:-1].ravel()])
    return Adjacency.of_pairs(first, second, blocks=side * side)


def _column(name, column):
    with oracle_path(name).open(encoding="utf-8") as file:
        return array([float(row[column]) for row in csv.DictReader(file)])


def test_a_worked_example_by_hand() -> None:
    # Values 1 2 3 4 5: mean 3, variance 2. The last block with its neighbour: 9 against 2 * 3;
    # (9 - 6) / sqrt(2 * (5 * 2 - 4) / 4) = 3 / sqrt(3).
    values = array([1.0, 2.0, 3.0, 4.0, 5.0])
    assert getis_ord_star(values, adjacency=ROW)[4] == approx(3 / np.sqrt(3))
    # Without itself: four others with mean 2.5, variance 1.25; (4 - 2.5) / sqrt(1.25 * 3 / 3).
    assert getis_ord(values, adjacency=ROW)[4] == approx(1.5 / np.sqrt(1.25))
    # Moran: 2 * 1 / 2 for the last, whose neighbour lies 1 above the mean.
    moran = local_moran(values, adjacency=ROW)
    assert_allclose(moran.value, [1, 0.5, 0, 0.5, 1])
    assert_array_equal(moran.high_around, [False, False, False, True, True])


@mark.parametrize("weights", ["queen", "ncCR85"])
def test_north_carolina_comes_out_as_in_spdep(weights) -> None:
    known, beside = oracle("nc_sids_spdep.json"), oracle("nc_sids_neighbours.json")
    if known is None:
        return
    adjacency, answers = _beside(beside[weights]), known[weights]
    rates = array(answers["rate_per_1000"])
    for kind in ("binary", "rowstd"):
        assert_allclose(getis_ord(rates, adjacency=adjacency), answers[f"gi_{kind}"], rtol=1e-9)
        star = getis_ord_star(rates, adjacency=adjacency)
        assert_allclose(star, answers[f"gistar_{kind}"], rtol=1e-9)
    for conditional, name in ((True, "conditional"), (False, "total")):
        ours = local_moran(rates, adjacency=adjacency, conditional=conditional)
        theirs = answers["local_moran"]
        assert_allclose(ours.value, theirs["Ii"], rtol=1e-9)
        assert_allclose(ours.expectation, theirs[name]["E"], rtol=1e-9)
        assert_allclose(ours.variance, theirs[name]["Var"], rtol=1e-9)
        assert_allclose(ours.z, theirs[name]["Z"], rtol=1e-9)
        words = array(["Low", "High"])
        quadrant = [f"{a}-{b}" for a, b in zip(words[ours.high * 1], words[ours.high_around * 1])]  # noqa: B905
        assert quadrant == theirs["quadrant_mean"]


def test_columbus_and_getis_and_ords_own_map_come_out_as_in_spdep() -> None:
    if not has_oracles():
        return
    known = oracle("columbus_spdep.json")
    crime, adjacency = _column("columbus_input.csv", "CRIME"), _beside(known["neighbours"])
    assert_allclose(getis_ord(crime, adjacency=adjacency), known["gi_binary"], rtol=1e-9)
    assert_allclose(getis_ord_star(crime, adjacency=adjacency), known["gistar_binary"], rtol=1e-9)
    moran = local_moran(crime, adjacency=adjacency)
    assert_allclose(moran.z, known["local_moran"]["Z"], rtol=1e-9)
    values = _column("getisord_input.csv", "val")
    x, y = _column("getisord_input.csv", "x"), _column("getisord_input.csv", "y")
    apart = np.hypot(x[:, None] - x, y[:, None] - y)
    published = {30: 1.221979, 60: 1.748098, 90: 1.986135, 120: 1.893374}
    for radius, cell in published.items():
        near = Adjacency.of_pairs(*np.nonzero(apart <= radius + 1e-9), blocks=256)
        answers = known_d(radius)
        assert getis_ord(values, adjacency=near)[119] == approx(cell, abs=1e-6)
        assert_allclose(getis_ord(values, adjacency=near), answers["gi"], rtol=1e-9, atol=1e-12)
        star = getis_ord_star(values, adjacency=near)
        assert_allclose(star, answers["gistar"], rtol=1e-9, atol=1e-12)


def known_d(radius):
    return oracle("getisord_spdep.json")[f"d{radius}"]


def test_periods_side_by_side_and_together_come_out_as_in_spdep() -> None:
    known, beside = oracle("spacetime_gistar_spdep.json"), oracle("nc_sids_neighbours.json")
    if known is None:
        return
    adjacency = _beside(beside["queen"])
    rates = array(known["counts"], dtype=float) / array(known["pop"], dtype=float)[:, None]
    assert_allclose(getis_ord_star(rates, adjacency=adjacency), known["z_weekly"], rtol=1e-8)
    for lags in (0, 1):
        ours = getis_ord_cube(rates, adjacency=adjacency, lags=lags)
        assert_allclose(ours, known[f"z_cube_lag{lags}"], rtol=1e-8)


SCORES = (
    getis_ord,
    getis_ord_star,
    lambda values, *, adjacency: local_moran(values, adjacency=adjacency).z,
    lambda values, *, adjacency: conditional_permutations(
        values, adjacency=adjacency, statistic="getis_ord", permutations=9, seed=1
    ),
)


@mark.parametrize("score", SCORES)
def test_where_all_are_alike_or_missing_or_alone_there_is_no_score(score) -> None:
    for values in (np.zeros(5), np.full(5, 0.1), np.full(5, nan)):
        assert np.isnan(score(values, adjacency=ROW)).all()
    # Block 4 loses its only neighbour; a hole doesn't blind the others.
    gap = score(array([1.0, 5.0, 2.0, nan, 7.0]), adjacency=ROW)
    assert_array_equal(np.isnan(gap), [False, False, False, True, True])
    for blocks in (0, 1):
        alone = Adjacency.of_pairs(np.zeros(0, int), np.zeros(0, int), blocks=blocks)
        assert np.isnan(score(np.ones(blocks), adjacency=alone)).all()


@mark.parametrize("score", SCORES[:3])
def test_a_missing_block_counts_as_if_it_were_not_there(score) -> None:
    with_hole = score(array([1.0, 5.0, 2.0, 3.0, nan]), adjacency=ROW)
    shorter = Adjacency.of_pairs(np.arange(3), np.arange(1, 4), blocks=4)
    without = score(array([1.0, 5.0, 2.0, 3.0]), adjacency=shorter)
    assert_allclose(with_hole[:4], without)


def test_shuffles_agree_with_all_possible_ones() -> None:
    # A row of 5 where the middle block's neighbours have 4 + 5: of the 6 pairs among 1 2 4 5 one
    # is as high, all are as low or lower.
    values, runs = array([1.0, 4.0, 3.0, 5.0, 2.0]), 4000
    known = {"greater": 1 / 6, "less": 1.0, "two": 1 / 3}
    for side, chance in known.items():
        ours = conditional_permutations(
            values,
            adjacency=ROW,
            statistic="getis_ord_star",
            permutations=runs,
            seed=2,
            side=side,
        )
        assert ours[2] == approx(chance, abs=5 * np.sqrt(1 / 4 / runs))
    answers = oracle("exact_permutation_grid20.json")
    if answers is None:
        return
    adjacency, grid = _beside(answers["neighbours"]), array(answers["y"])
    for side in ("greater", "less"):
        exact = array([each[f"p_{side}"] for each in answers["exact"]])
        ours = conditional_permutations(
            grid,
            adjacency=adjacency,
            statistic="getis_ord",
            permutations=runs,
            seed=4,
            side=side,
        )
        assert (np.abs(ours - exact) <= 5 * np.sqrt(exact * (1 - exact) / runs) + 1 / runs).all()


def test_drawing_anew_only_where_doubles_fell_is_as_good_as_shuffling_all(monkeypatch) -> None:
    values = np.random.default_rng(3).gamma(1.0, 1.0, 400)
    adjacency, runs = _square(20), 6000
    both = []
    for places in (64, 10**9):
        monkeypatch.setattr("signaal.hotspots.numbers.local.SMALL_TOWN", places)
        both.append(
            conditional_permutations(
                values, adjacency=adjacency, statistic="getis_ord", permutations=runs, seed=5
            )
        )
    error = np.sqrt(2 * both[1] * (1 - both[1]) / runs)
    assert (np.abs(both[0] - both[1]) <= 5 * error + 2 / runs).all()


def test_a_block_never_stands_among_its_own_neighbours() -> None:
    # Each block's chance, one shuffle at a time, by the plainest loop there is.
    from signaal.hotspots.numbers.local import _drawn

    values = np.random.default_rng(6).integers(0, 4, 100).astype(float)
    adjacency, runs = _square(10), 99
    drawn = _drawn(100, int(adjacency.degrees.max()) + 1, rows=runs, seed=8)
    expected = np.zeros(100)
    for block in range(100):
        number = adjacency.degrees[block]
        beside = adjacency.others[adjacency.starts[block] : adjacency.starts[block + 1]]
        dealt = [values[[b for b in row if b != block][:number]].sum() for row in drawn]
        expected[block] = (1 + sum(each >= values[beside].sum() for each in dealt)) / (runs + 1)
    ours = conditional_permutations(
        values, adjacency=adjacency, statistic="getis_ord", permutations=runs, seed=8
    )
    assert_allclose(ours, expected)


@fixture(scope="module")
def esda_columbus():
    """esda's answers on its bundled map of Columbus; read once, as it takes seconds to load."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import esda
        import libpysal

        weights = libpysal.io.open(libpysal.examples.get_path("columbus.gal")).read()
        table = libpysal.io.open(libpysal.examples.get_path("columbus.dbf"))
        crime = array(table.by_col("CRIME"))
        table.close()
        near = [[weights.id2i[each] for each in weights.neighbors[one]] for one in weights.id_order]
        plain = esda.G_Local(crime, weights, transform="B", star=False, permutations=0)
        star = esda.G_Local(crime, weights, transform="B", star=True, permutations=0)
        moran = esda.Moran_Local(crime, weights, permutations=0)
    return crime, _beside(near), plain, star, moran


def test_columbus_comes_out_as_in_esda(esda_columbus) -> None:
    crime, adjacency, plain, star, moran = esda_columbus
    assert_allclose(getis_ord(crime, adjacency=adjacency), plain.Zs, rtol=1e-9)
    assert_allclose(getis_ord_star(crime, adjacency=adjacency), star.Zs, rtol=1e-9)
    ours = local_moran(crime, adjacency=adjacency)
    assert_allclose(ours.value * (len(crime) - 1) / len(crime), moran.Is, rtol=1e-9)


def test_chances_lie_within_the_error_of_esdas_shuffles() -> None:
    # esda keeps to its own seed and its one-sided way: the smaller of both sides.
    answers = oracle("exact_permutation_grid20.json")
    if answers is None:
        return
    adjacency, values, runs = _beside(answers["neighbours"]), array(answers["y"]), 4000
    theirs = array(answers["esda_G_Local_p_sim_9999"])
    sides = [
        conditional_permutations(
            values,
            adjacency=adjacency,
            statistic=statistic,
            permutations=runs,
            seed=9,
            side=side,
        )
        for statistic in ("getis_ord", "local_moran")
        for side in ("greater", "less")
    ]
    smaller = np.minimum(*sides[:2])
    assert_allclose(np.minimum(*sides[2:]), smaller)
    error = np.sqrt(smaller * (1 - smaller) * (1 / runs + 1 / 9999))
    assert (np.abs(smaller - theirs) <= 5 * error + 2 / runs).all()


VALUES = st.lists(st.integers(0, 20), min_size=25, max_size=25)


@given(VALUES, st.permutations(range(25)))
def test_the_order_of_blocks_changes_no_score(values, order) -> None:
    values, order = array(values, dtype=float), array(order)
    adjacency, place = _square(5), np.argsort(order)
    ends = np.repeat(np.arange(25), adjacency.degrees)
    shuffled = Adjacency.of_pairs(place[ends], place[adjacency.others], blocks=25)
    for score in SCORES[:3]:
        here, there = score(values, adjacency=adjacency), score(values[order], adjacency=shuffled)
        assert_allclose(there, here[order], rtol=1e-6, atol=1e-9)


@given(VALUES, st.sampled_from([2.0, 0.001, 1000.0]))
def test_other_units_change_no_score(values, times) -> None:
    values, adjacency = array(values, dtype=float), _square(5)
    for score in SCORES:
        scaled = score(values * times, adjacency=adjacency)
        assert_allclose(scaled, score(values, adjacency=adjacency), rtol=1e-6, atol=1e-9)
