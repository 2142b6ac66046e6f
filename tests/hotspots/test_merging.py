import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from signaal.hotspots.numbers.merging import publishing_units
from signaal.hotspots.numbers.neighbours import Adjacency


def beside(pairs, *, blocks) -> Adjacency:
    first, second = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    return Adjacency.of_pairs(first, second, blocks=blocks)


def row(blocks) -> Adjacency:
    return beside([(n, n + 1) for n in range(blocks - 1)], blocks=blocks)


def units(dwellings, adjacency, *, areas=None, **least):
    area = np.zeros(len(dwellings)) if areas is None else areas
    homes = np.array(dwellings, dtype=np.int64)
    return publishing_units(homes, adjacency, areas=np.array(area, dtype=np.int64), **least)


def test_a_worked_example_by_hand() -> None:
    # 4 joins 6 (fewer than 30); the 10 together are enough. The last 9 can only join 12.
    assert_array_equal(units([30, 4, 6, 12, 9], row(5)), [0, 1, 1, 2, 2])


def test_blocks_that_are_large_enough_stay_alone() -> None:
    assert_array_equal(units([10, 11, 150], row(3)), [0, 1, 2])


def test_no_blocks_make_no_units() -> None:
    assert units([], row(0)).shape == (0,)


def test_a_block_joins_within_its_own_district_where_it_can() -> None:
    assert_array_equal(units([12, 3, 90], row(3), areas=[1, 2, 2]), [0, 1, 1])


def test_a_block_alone_in_its_district_joins_across_the_border() -> None:
    assert_array_equal(units([40, 3, 20], row(3), areas=[1, 2, 3]), [0, 1, 1])


def test_a_block_without_any_neighbour_stays_small() -> None:
    assert_array_equal(units([3, 40, 4], beside([(1, 2)], blocks=3)), [0, 1, 1])


def test_a_block_without_dwellings_joins_too() -> None:
    assert_array_equal(units([0, 40, 50], row(3)), [0, 0, 1])


def test_another_least_size_can_be_asked() -> None:
    assert_array_equal(units([3, 3, 3], row(3), least=3), [0, 1, 2])


def reachable(adjacency) -> np.ndarray:
    """Which connected part each block belongs to, by walking."""
    part = np.full(adjacency.blocks, -1)
    for start in range(adjacency.blocks):
        walk = [start] if part[start] < 0 else []
        while walk:
            block = walk.pop()
            if part[block] < 0:
                part[block] = start
                walk += list(
                    adjacency.others[adjacency.starts[block] : adjacency.starts[block + 1]]
                )
    return part


@given(
    st.lists(st.integers(0, 25), min_size=1, max_size=25).flatmap(
        lambda homes: st.tuples(
            st.just(homes),
            st.lists(st.tuples(*[st.integers(0, len(homes) - 1)] * 2), max_size=40),
            st.lists(st.integers(0, 2), min_size=len(homes), max_size=len(homes)),
        )
    )
)
def test_units_are_large_enough_connected_and_no_larger_than_needed(town) -> None:
    homes, pairs, areas = town
    adjacency = beside(pairs, blocks=len(homes))
    unit = units(homes, adjacency, areas=areas)
    part = reachable(adjacency)

    total = np.bincount(unit, weights=homes)
    assert_array_equal(np.unique(unit), np.arange(unit.max() + 1))
    for one in range(unit.max() + 1):
        inside = np.flatnonzero(unit == one)
        within = [(a, b) for a, b in pairs if unit[a] == one == unit[b]]
        assert len(set(reachable(beside(within, blocks=len(homes)))[inside])) == 1
        if total[one] < 10:  # then it took all there was
            assert_array_equal(inside, np.flatnonzero(part == part[inside[0]]))
        if len(inside) > 1:
            assert min(homes[block] for block in inside) < 10
    assert total.sum() == sum(homes)
