import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_array_equal
from pytest import mark

from signaal.hotspots.model.patterns import Pattern
from signaal.hotspots.numbers.emerging import emerging
from tests.hotspots.oracles import oracle

NAN = float("nan")
SCORES = arrays(
    np.float64,
    st.tuples(st.integers(1, 6), st.integers(1, 14)),
    elements=st.one_of(st.sampled_from([-3.0, -1.0, 0.5, 2.0, 4.0, NAN]), st.floats(-4.0, 4.0)),
)


def one(*scores: float) -> Pattern:
    return Pattern(int(emerging(np.array([scores]))[0]))


# Esri's wording; the same sequences stand in the table of truths that the next test reads.
@mark.parametrize(
    ("scores", "pattern"),
    [
        ([0.3, 0.35, 0.26, 0.33, 0.25, 0.34, 0.28, 0.32, 0.27, 0.31], Pattern.NONE),
        ([0.3, 0.35, 0.26, 0.33, 0.25, 0.34, 0.28, 0.32, 0.27, 3.01], Pattern.NEW),
        ([0.3, 0.35, 0.26, 0.33, 0.25, 0.34, 0.28, 0.32, 2.97, 3.01], Pattern.CONSECUTIVE),
        ([3.0, 0.35, 0.26, 3.03, 0.25, 0.34, 2.98, 0.32, 0.27, 3.01], Pattern.SPORADIC),
        ([3.0, 0.35, 0.26, 3.03, 0.25, 0.34, 2.98, 0.32, 0.27, 0.31], Pattern.NONE),
        ([-3.0, 0.35, 0.26, 0.33, 0.25, 0.34, 0.28, 0.32, 2.97, 3.01], Pattern.OSCILLATING),
        ([3.0, 3.05, 2.96, 3.03, 2.95, 3.04, 2.98, 3.02, 2.97, 3.01], Pattern.PERSISTENT),
        ([3.0, 3.05, 2.96, 3.03, 2.95, 3.04, 2.98, 3.02, 2.97, 0.31], Pattern.HISTORICAL),
        ([1.0, 2.2, 2.7, 3.1, 3.6, 4.1, 4.6, 5.1, 5.5, 6.0], Pattern.INTENSIFYING),
        ([6.0, 5.6, 5.2, 4.7, 4.3, 3.9, 3.5, 3.0, 2.6, 2.2], Pattern.DIMINISHING),
    ],
)
def test_each_pattern_and_its_cold_twin(scores: list[float], pattern: Pattern) -> None:
    assert one(*scores) == pattern
    assert one(*(-score for score in scores)) == Pattern(-pattern)


def test_the_whole_table_of_truths() -> None:
    for case in (oracle("emerging_hotspot_truthtable.json") or {"cases": []})["cases"]:
        word, _, side = case["expected"].partition(" ")
        cold = "COLD_" if side == "cold" else ""
        wanted = Pattern.NONE if word == "no" else Pattern[cold + word.upper()]
        assert one(*case["z"]) == wanted, case["name"]


@settings(max_examples=30)
@given(SCORES)
def test_cold_is_hot_with_the_sign_turned(scores: np.ndarray) -> None:
    assert_array_equal(emerging(-scores), -emerging(scores))


@settings(max_examples=30)
@given(SCORES, st.randoms(use_true_random=False))
def test_the_order_of_blocks_changes_nothing(scores: np.ndarray, random: object) -> None:
    order = np.random.default_rng(random.randrange(99)).permutation(len(scores))  # type: ignore[attr-defined]
    assert_array_equal(emerging(scores[order]), emerging(scores)[order])


def test_with_few_periods_nothing_is_lasting_yet() -> None:
    assert one(3.0) == Pattern.NEW
    assert one(3.0, 3.0, 3.0) == Pattern.CONSECUTIVE
    assert one(3.0, 3.0, 3.0, 3.0, 0.0) == Pattern.NONE


def test_what_was_not_seen_counts_for_nothing() -> None:
    assert one(*[NAN] * 12) == Pattern.NONE
    assert one(*[NAN] * 2, *[3.0, 3.1] * 5) == Pattern.PERSISTENT
    assert one(*[3.0] * 11, NAN) == Pattern.HISTORICAL


def test_nothing_emerges_in_a_quiet_town_or_an_empty_one() -> None:
    assert_array_equal(emerging(np.zeros((5, 12))), np.zeros(5))
    assert emerging(np.zeros((0, 12))).shape == (0,)
    assert_array_equal(emerging(np.zeros((3, 0))), np.zeros(3))
