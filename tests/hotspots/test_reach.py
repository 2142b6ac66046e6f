import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pytest import approx

from signaal.hotspots.numbers.neighbours import Adjacency
from signaal.hotspots.numbers.reach import Movement, ReachedBlock, follow

SIDE = 4
PLACES = np.arange(SIDE * SIDE).reshape(SIDE, SIDE)
GRID = Adjacency.of_pairs(
    np.r_[PLACES[:, :-1].ravel(), PLACES[:-1].ravel()],
    np.r_[PLACES[:, 1:].ravel(), PLACES[1:].ravel()],
    blocks=SIDE * SIDE,
)
# Block 0 lies in the south-west, 1 east of it, 4 north of it; 100 metres apart.
CENTRES = np.array([[100.0 * (b % SIDE), 100.0 * (b // SIDE)] for b in range(SIDE * SIDE)])
HOMES = np.full(SIDE * SIDE, 10.0)


def moved(*periods: set[int], homes: np.ndarray = HOMES) -> tuple[Movement, ...]:
    hot = np.zeros((SIDE * SIDE, len(periods)), dtype=bool)
    for period, blocks in enumerate(periods):
        hot[sorted(blocks), period] = True
    return follow(hot, adjacency=GRID, centres=CENTRES, dwellings=homes)


def test_a_worked_example_by_hand() -> None:
    # Block 0, then 0 and 1, then 1 and 2: the middle goes from x = 0 to x = 150, due east, in
    # two periods: 75 metres each.
    (found,) = moved({0}, {0, 1}, {1, 2})
    assert found == Movement(
        blocks=(1, 2),
        first=0,
        reached=(ReachedBlock(0, 1, 1), ReachedBlock(1, 2, 2)),
        more_blocks=1,
        more_dwellings=10,
        bearing=90.0,
        speed=75.0,
    )


def test_the_middle_lies_where_most_people_live() -> None:
    homes = HOMES.copy()
    homes[4] = 30.0
    (found,) = moved({0}, {0, 4}, homes=homes)
    assert (found.bearing, found.speed) == (approx(0.0), approx(75.0))
    assert (found.more_blocks, found.more_dwellings) == (1, 30)


def test_north_is_0_and_west_is_270() -> None:
    bearings = [moved({5}, {5, other})[0].bearing for other in (9, 6, 1, 4)]
    assert bearings == approx([0.0, 90.0, 180.0, 270.0])


def test_what_jumps_to_a_neighbour_is_the_same_movement() -> None:
    (found,) = moved({5}, {6}, {10})
    assert (found.first, found.blocks) == (0, (10,))
    assert found.reached == (ReachedBlock(5, 6, 1), ReachedBlock(6, 10, 2))


def test_what_appears_elsewhere_is_new() -> None:
    found = moved({0}, {0, 15})
    assert [(each.first, each.blocks) for each in found] == [(0, (0,)), (1, (15,))]
    assert (found[1].reached, found[1].bearing, found[1].speed) == ((), None, 0.0)


def test_groups_that_grow_together_have_the_past_of_the_larger_one() -> None:
    (found,) = moved({0, 4}, {0, 4, 3}, {0, 4, 1, 2, 3})
    assert (found.first, found.more_blocks) == (0, 3)
    assert found.reached == (ReachedBlock(0, 1, 2), ReachedBlock(3, 2, 2))


def test_parts_of_a_group_share_its_past() -> None:
    found = moved({4, 5, 6}, {4, 6})
    assert [(each.first, each.more_blocks) for each in found] == [(0, -2), (0, -2)]


def test_the_origin_is_the_neighbour_that_stood_out_longest() -> None:
    (found,) = moved({6}, {6, 10, 9}, {6, 10, 9, 5})
    assert ReachedBlock(6, 5, 2) in found.reached


def test_a_block_that_comes_back_is_reached_once() -> None:
    (found,) = moved({0}, {0, 1}, {0}, {0, 1})
    assert found.reached == (ReachedBlock(0, 1, 1),)


def test_nothing_moves_where_nothing_stands_out_or_nobody_is() -> None:
    assert moved(set(), set()) == ()
    assert moved({1}, set()) == ()
    assert (
        follow(
            np.zeros((0, 3), dtype=bool),
            adjacency=Adjacency.of_pairs(np.zeros(0, int), np.zeros(0, int), blocks=0),
            centres=np.zeros((0, 2)),
            dwellings=np.zeros(0),
        )
        == ()
    )


def test_a_lasting_group_stays() -> None:
    (found,) = moved({5, 6}, {5, 6}, {5, 6})
    assert (found.bearing, found.speed, found.reached, found.more_blocks) == (None, 0.0, (), 0)


def test_blocks_without_dwellings_still_have_a_middle() -> None:
    (found,) = moved({0}, {1}, homes=np.full(SIDE * SIDE, np.nan))
    assert (found.bearing, found.speed) == (approx(90.0), approx(100.0))


@settings(max_examples=30)
@given(arrays(np.bool_, (SIDE * SIDE, 4)))
def test_the_groups_are_the_blocks_that_stand_out_now(hot: np.ndarray) -> None:
    found = follow(hot, adjacency=GRID, centres=CENTRES, dwellings=HOMES)
    blocks = [block for each in found for block in each.blocks]
    assert sorted(blocks) == np.flatnonzero(hot[:, -1]).tolist()
    for each in found:
        assert all(hot[event.block, event.period] for event in each.reached)
        assert all(hot[event.origin, event.period - 1] for event in each.reached)
        assert not any(hot[event.block, event.period - 1] for event in each.reached)


@settings(max_examples=30)
@given(arrays(np.bool_, (SIDE * SIDE, 3)), st.integers(0, 99))
def test_pushing_the_map_aside_changes_no_movement(hot: np.ndarray, metres: int) -> None:
    there = follow(hot, adjacency=GRID, centres=CENTRES, dwellings=HOMES)
    pushed = follow(hot, adjacency=GRID, centres=CENTRES + metres, dwellings=HOMES)
    assert [each.speed for each in pushed] == approx([each.speed for each in there])
