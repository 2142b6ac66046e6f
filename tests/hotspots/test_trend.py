import numpy as np
import pymannkendall
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal

from signaal.hotspots.numbers.trend import hamed_rao, mann_kendall, sen_slope
from tests.hotspots.oracles import oracle

NAN = float("nan")
FEW = st.integers(0, 4).map(float)
ROWS = arrays(np.float64, st.tuples(st.integers(1, 5), st.integers(3, 14)), elements=FEW)


def test_a_worked_example_by_hand() -> None:
    # 1 2 2 3: of six pairs five go up, one is level: s = 5. One pair of equals (t = 2):
    # (4*3*13 - 2*1*9) / 18 = 138 / 18 = 7.6667; z = (5 - 1) / sqrt(7.6667) = 1.4446.
    # Slopes 1, 1/2, 2/3, 0, 1/2, 1: the middle is between 1/2 and 2/3.
    found = mann_kendall(np.array([[1.0, 2.0, 2.0, 3.0]]))
    assert_allclose([found.s[0], found.variance[0]], [5.0, 138 / 18])
    assert_allclose([found.z[0], found.chance[0]], [1.4446302, 0.1485618], rtol=1e-5)
    slope = sen_slope(np.array([[1.0, 2.0, 2.0, 3.0]]))
    assert_allclose([slope.slope[0], slope.intercept[0]], [7 / 12, 2.0 - 1.5 * 7 / 12])


def test_the_figures_of_other_programs() -> None:
    # Computed with pymannkendall 1.4.3 and R 4.2.2 (Kendall test with continuity correction).
    series = np.array([[0.0, 0, 0, 1, 0, 2, 1, 3, 2, 4, 3, 5]])
    found, slope = mann_kendall(series), sen_slope(series)
    assert_allclose([found.s[0], found.variance[0]], [49.0, 201.0])
    assert_allclose([found.z[0], found.chance[0]], [3.3856589561212718, 0.000710075715015579])
    assert_allclose([slope.slope[0], slope.intercept[0]], [0.5, -1.25])
    assert_allclose(hamed_rao(series).variance, [201.0])


def test_all_cases_of_the_oracle() -> None:
    for case in (oracle("mann_kendall.json") or {"cases": []})["cases"]:
        series = np.array([case["x"]], dtype=np.float64)
        found, slope = mann_kendall(series), sen_slope(series)
        assert_allclose(
            [found.s[0], found.variance[0], found.z[0], found.chance[0]],
            [case[key] for key in ("S", "var_s", "z", "p")],
            rtol=1e-9,
        )
        assert_allclose(
            [slope.slope[0], slope.intercept[0]],
            [case["sen_slope"], case["sen_intercept"]],
            atol=1e-12,
        )
        if "hamed_rao" in case:
            corrected = hamed_rao(series)
            assert_allclose(
                [corrected.variance[0], corrected.z[0], corrected.chance[0]],
                [case["hamed_rao"][key] for key in ("var_s", "z", "p")],
                rtol=1e-9,
            )


def test_series_that_resemble_themselves_agree_with_a_peer() -> None:
    walks = np.cumsum(np.random.default_rng(4).normal(size=(12, 30)), axis=1)
    found = hamed_rao(walks)
    peers = [pymannkendall.hamed_rao_modification_test(walk) for walk in walks]
    assert_allclose(found.variance, [peer.var_s for peer in peers], rtol=1e-9)
    assert np.any(found.variance != mann_kendall(walks).variance)


@settings(max_examples=30)
@given(ROWS)
def test_any_series_agrees_with_a_peer(rows: np.ndarray) -> None:
    found, slope = mann_kendall(rows), sen_slope(rows)
    for place, row in enumerate(rows):
        peer = pymannkendall.original_test(row)
        assert_allclose(
            [
                found.s[place],
                found.variance[place],
                found.z[place],
                found.chance[place],
                slope.slope[place],
                slope.intercept[place],
            ],
            [peer.s, peer.var_s, peer.z, peer.p, peer.slope, peer.intercept],
            atol=1e-12,
        )


@settings(max_examples=30)
@given(ROWS)
def test_backwards_is_the_opposite(rows: np.ndarray) -> None:
    there, back = mann_kendall(rows), mann_kendall(rows[:, ::-1])
    assert_array_equal(there.s, -back.s)
    assert_allclose(there.chance, back.chance)


def test_missing_steps_are_left_out() -> None:
    with_gaps = mann_kendall(np.array([[NAN, 1.0, 2.0, NAN, 2.0, 3.0]]))
    without = mann_kendall(np.array([[1.0, 2.0, 2.0, 3.0]]))
    assert (with_gaps.s, with_gaps.variance) == (without.s, without.variance)
    # 1, 3 and 5 at steps 0, 2 and 4: one a step, from 1.
    slope = sen_slope(np.array([[1.0, NAN, 3.0, NAN, 5.0]]))
    assert_allclose([slope.slope[0], slope.intercept[0]], [1.0, 1.0])
    walk = np.cumsum(np.random.default_rng(4).normal(size=30))
    assert_allclose(hamed_rao(np.array([np.r_[NAN, walk]])).z, hamed_rao(walk[None]).z)


def test_nothing_goes_up_or_down_where_all_is_equal_or_nothing_was_seen() -> None:
    for rows in (np.full((2, 6), 3.0), np.full((1, 6), NAN), np.ones((2, 1)), np.ones((0, 6))):
        found = mann_kendall(rows)
        assert_array_equal(found.z, np.zeros(len(rows)))
        assert_array_equal(found.chance, np.ones(len(rows)))
        assert_array_equal(hamed_rao(rows).z, np.zeros(len(rows)))
    assert np.isnan(sen_slope(np.full((1, 6), NAN)).slope[0])
