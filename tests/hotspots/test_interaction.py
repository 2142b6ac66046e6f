import csv
from collections import Counter
from itertools import combinations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from pytest import approx

from signaal.hotspots.numbers.interaction import LAGS, knox, space_time
from signaal.hotspots.numbers.neighbours import Adjacency
from tests.hotspots.oracles import has_oracles, oracle, oracle_path

# A street of six blocks: 0 - 1 - 2 - 3 - 4 - 5.
STREET = Adjacency.of_pairs(np.arange(5), np.arange(1, 6), blocks=6)
EVENTS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 20)), max_size=25)


def columns(events: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    table = np.array(events, dtype=np.int64).reshape(-1, 2)
    return table[:, 0], table[:, 1]


def test_a_worked_example_by_hand() -> None:
    # Block 0 in weeks 0, 3 and 8; block 1 in week 4; block 2 in week 5.
    # Same block: 0-3 (three weeks), 3-8 (five), 0-8 (eight). Neighbours: 0-4, 3-4, 4-8 and
    # 4-5, all one to four. Second ring: 3-5 and 5-8 are near, 0-5 is five weeks apart.
    block, week = columns([(0, 0), (0, 3), (0, 8), (1, 4), (2, 5)])
    found = space_time(block, week, adjacency=STREET, simulations=19, seed=1)
    assert_array_equal(found.observed, [[1, 2], [4, 0], [2, 1]])
    assert_allclose(found.ratio * found.expected, found.observed)


@settings(max_examples=30)
@given(EVENTS)
def test_each_pair_counts_once(events: list[tuple[int, int]]) -> None:
    pairs: Counter[tuple[int, int]] = Counter()
    for (one, then), (other, now) in combinations(events, 2):
        for lag, (shortest, longest) in enumerate(LAGS):
            if abs(one - other) <= 2 and shortest <= abs(then - now) <= longest:
                pairs[abs(one - other), lag] += 1
    found = space_time(*columns(events), adjacency=STREET, simulations=2, seed=1)
    wanted = [[pairs[ring, lag] for lag in (0, 1)] for ring in (0, 1, 2)]
    assert_array_equal(found.observed, wanted)


def test_the_mean_of_draws_is_the_mean_of_all_orders() -> None:
    # Two events in block 0 and two in block 1, in weeks 0, 2, 4 and 12. Of six pairs of weeks
    # three are one to four apart, two are eight or ten (of which one counts), one is twelve.
    # A pair of events is any pair of weeks equally often: two pairs in the same block: 2 * 3/6
    # near and 2 * 1/6 later; four pairs of neighbours: 4 * 3/6 and 4 * 1/6.
    block, week = columns([(0, 0), (0, 2), (1, 4), (1, 12)])
    found = space_time(block, week, adjacency=STREET, simulations=4000, seed=3)
    assert_allclose(found.expected, [[1, 1 / 3], [2, 2 / 3], [0, 0]], atol=0.06)
    assert np.isnan(found.ratio[2]).all()


def test_weeks_are_drawn_within_the_season() -> None:
    # One block heard in winter, another in summer: that is the season, not contagion.
    block, week = columns([(0, w) for w in range(13)] + [(5, w) for w in range(26, 39)])
    found = space_time(block, week, adjacency=STREET, simulations=19, seed=3)
    assert_allclose(found.ratio[0], [1.0, 1.0])
    assert_array_equal(found.chance, np.ones((3, 2)))


def test_reports_that_bring_the_next_one_are_told_from_coincidence() -> None:
    rng = np.random.default_rng(8)
    first = np.stack([rng.integers(0, 6, 60), 13 * rng.integers(0, 8, 60) + 2], axis=1)
    week = first[:, 1] + rng.integers(0, 9, 60)
    block = np.r_[first[:, 0], first[:, 0]]
    found = space_time(block, np.r_[week, week + 1], adjacency=STREET, simulations=199, seed=3)
    assert found.ratio[0, 0] > 1.1
    assert found.chance[0, 0] == approx(1 / 200)


def test_coincidence_has_any_chance_alike() -> None:
    rng = np.random.default_rng(21)
    chances = [
        space_time(
            rng.integers(0, 6, 40),
            rng.integers(0, 26, 40),
            adjacency=STREET,
            simulations=39,
            seed=each,
        ).chance[0, 0]
        for each in range(60)
    ]
    assert sum(chance <= 0.1 for chance in chances) <= 14
    assert 0.35 < np.mean(chances) < 0.65


def test_the_same_seed_gives_the_same_and_nothing_of_the_callers_changes() -> None:
    rng = np.random.default_rng(2)
    block, week = rng.integers(0, 6, 50), rng.integers(0, 30, 50)
    kept = block.copy(), week.copy()
    one = space_time(block, week, adjacency=STREET, simulations=9, seed=5)
    two = space_time(block, week, adjacency=STREET, simulations=9, seed=5)
    assert_array_equal(one.expected, two.expected)
    assert_array_equal([block, week], kept)
    places = rng.random((50, 2))
    before = places.copy(), week.copy()
    knox(places, week, near=0.2, soon=3, simulations=9)
    assert_array_equal(places, before[0])
    assert_array_equal(week, before[1])


def test_without_reports_there_is_no_interaction() -> None:
    found = space_time(*columns([]), adjacency=STREET, seed=1)
    assert_array_equal(found.observed, np.zeros((3, 2)))
    assert np.isnan(found.ratio).all()
    assert_array_equal(found.chance, np.ones((3, 2)))
    assert knox(np.zeros((0, 2)), np.zeros(0), near=1, soon=1).chance == 1.0
    assert knox(np.zeros((1, 2)), np.zeros(1), near=1, soon=1).observed == 0


def test_all_in_one_week_is_no_sequence() -> None:
    found = space_time(*columns([(0, 7)] * 9), adjacency=STREET, simulations=9, seed=1)
    assert_array_equal(found.observed, np.zeros((3, 2)))


def test_knox_by_hand() -> None:
    # Four events on a line at 0, 1, 2 and 9, at times 0, 1, 5 and 6. Near (1): 0-1 and 1-2.
    # Soon (1): 0-1 and 5-6. Both: one pair. Expected 2 * 2 / 6. Nearness per event: 1 2 1 0 in
    # place, 1 1 1 1 in time: 4 / (2 * 3).
    found = knox(
        np.array([[0.0, 0], [1, 0], [2, 0], [9, 0]]), np.array([0.0, 1, 5, 6]), near=1, soon=1
    )
    assert (found.observed, found.expected) == (1, approx(4 / 6))
    assert found.modified == approx(1 - 4 / 6)


def test_the_published_figures_of_the_burkitt_data() -> None:
    if not has_oracles():
        return
    with oracle_path("burkitt_input.csv").open() as file:
        table = np.array([[float(cell) for cell in row] for row in list(csv.reader(file))[1:]])
    answers = oracle("burkitt_spacetime.json")["results"]
    for near, soon in ((20, 5), (10, 30), (40, 60)):
        found = knox(table[:, :2], table[:, 2], near=near, soon=soon, simulations=499, seed=1)
        answer = answers[f"knox_{near}_{soon}"]
        assert found.observed == answer["stat_le"]
        assert found.expected == approx(answer["expected"], rel=1e-9)
        assert found.chance == approx(answer["pysal"]["pvalue"], abs=0.09)
    found = knox(table[:, :2], table[:, 2], near=20, soon=5, simulations=0)
    assert found.modified == approx(answers["modified_knox_20_5"]["stat"], rel=1e-9)
