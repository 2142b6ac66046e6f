import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from pytest import mark

from signaal.privacy.suppression import OPEN, suppress
from tests.privacy.lattice import Tree, followed, naive, solved, sums_of

COUNTS = st.sampled_from([0, 0, 0, 1, 2, 3, 4, 4, 5, 7, 9, 10, 14, 19, 20, 39, 40, 90])


@st.composite
def towns(draw, *, most_leaves=14):
    """Counts of leaves, which of them are withheld, and areas in areas in one town."""
    leaves = draw(st.integers(1, most_leaves))
    columns = draw(st.integers(1, 2))
    counts = [[draw(COUNTS) for _ in range(columns)] for _ in range(leaves)]
    withheld = [draw(st.integers(0, 5)) == 0 for _ in range(leaves)]
    parents, size = [], leaves
    for _ in range(draw(st.integers(1, 2))):
        wanted = draw(st.integers(1, size))
        chosen = [draw(st.integers(0, wanted - 1)) for _ in range(size)]
        parent = np.unique(chosen, return_inverse=True)[1]
        parents.append(parent)
        size = int(parent.max()) + 1
    tree = Tree((*parents, np.zeros(size, dtype=np.int64)))
    return np.array(counts), np.array(withheld), tree


def published(counts, withheld, tree, *, number_at_top=True):
    return suppress(counts, withheld=withheld, parents=tree.parents, number_at_top=number_at_top)


def sums(counts, tree) -> list[np.ndarray]:
    levels = [counts]
    for parent in tree.parents:
        above = np.zeros((int(parent.max()) + 1, counts.shape[1]), dtype=np.int64)
        np.add.at(above, parent, levels[-1])
        levels.append(above)
    return levels


def ends(level, place=0, column=0) -> tuple[int, int | None]:
    high = int(level.high[place, column])
    return int(level.low[place, column]), None if high >= OPEN else high


def one_level(*counts, withheld=()) -> tuple[int, int | None]:
    """The class of one area with these leaves."""
    tree = Tree((np.zeros(len(counts), dtype=np.int64),))
    hides = np.isin(np.arange(len(counts)), withheld)
    whole = published(np.array(counts)[:, None], hides, tree, number_at_top=False)
    return ends(whole[1])


@mark.parametrize(
    ("count", "seen"),
    [(0, (0, 4)), (4, (0, 4)), (5, (5, 9)), (19, (10, 19)), (39, (20, 39)), (40, (40, None))],
)
def test_a_leaf_gets_its_class(count, seen) -> None:
    tree = Tree((np.array([0]),))
    leaves, _ = published(np.array([[count]]), np.array([False]), tree)
    assert ends(leaves) == seen


@mark.parametrize(
    ("counts", "seen"),
    [
        # 0 to 4 and 0 to 4 are at most 8; a sum of 5 would show that neither part is zero.
        ((4, 4), (0, 9)),
        ((4, 1), (0, 9)),
        ((2, 1), (0, 9)),
        # Three hidden parts are at most 12; from 5 on each may still be zero, from 10 on not.
        ((4, 4, 4), (5, 19)),
        ((4, 0, 0), (0, 4)),
        # 20 to 39 and a hidden part are at most 43: a sum of 40 would show a part other than zero.
        ((39, 1), (20, None)),
        ((20, 1), (20, None)),
        # Two such parts are at most 82: 40 and more says nothing of the hidden part.
        ((39, 25, 1), (40, None)),
        # Nothing is hidden: every border stays.
        ((39, 5), (40, None)),
        ((7, 9), (10, 19)),
    ],
)
def test_borders_that_would_tell_a_hidden_part_are_left_out(counts, seen) -> None:
    assert one_level(*counts) == seen


@mark.parametrize(
    ("counts", "seen"),
    [
        # 25 and 39 are at least 20 and 20, and at most 39 and 39; the hidden part is at most 4.
        ((39, 25, 1), (65, 65)),
        # At least 44 as soon as the hidden part may be 4: no lower number is told.
        ((20, 20, 1), (40, 44)),
        ((20, 20, 4), (40, 44)),
        ((20, 21, 4), (45, 45)),
        # The parts are at most 39, 39 and 4: from 78 on the hidden part would be told.
        ((39, 39, 0), (78, None)),
        ((39, 39, 4), (78, None)),
        # The highest class only.
        ((20, 10, 1), (20, 39)),
    ],
)
def test_the_whole_is_a_number_where_that_tells_no_hidden_part(counts, seen) -> None:
    tree = Tree((np.zeros(len(counts), dtype=np.int64),))
    shown = np.zeros(len(counts), dtype=bool)
    assert ends(published(np.array(counts)[:, None], shown, tree)[1]) == seen


def test_a_withheld_part_is_never_told_by_the_rest() -> None:
    # 7 and 6 are at most 18 together: from 20 on the withheld part would be other than zero.
    assert one_level(7, 6, 30, withheld=[2]) == (10, None)
    assert one_level(7, 6, 0, withheld=[2]) == (10, None)
    assert one_level(30, withheld=[0]) == (0, None)


def test_a_hidden_area_is_not_told_by_the_areas_beside_it() -> None:
    # The first area is hidden (0 to 4); the second 20 to 39. Together 41: from 40 on the hidden
    # area would be at least 1. Its three parts at most 12 would not have told that.
    counts = np.array([[2], [0], [0], [39]])
    tree = Tree((np.array([0, 0, 0, 1]), np.array([0, 0])))
    _, areas, town = published(counts, np.zeros(4, dtype=bool), tree)
    assert [ends(areas, 0), ends(areas, 1)] == [(0, 4), (20, 39)]
    assert ends(town) == (20, None)
    _, areas, town = naive(counts, withheld=np.zeros(4, dtype=bool), tree=tree)
    assert ends(town) == (40, None)
    assert followed((_, areas, town), tree)[1].tolist() == [[1, 4], [36, 39]]


@given(towns())
def test_every_hidden_leaf_keeps_its_whole_class(town) -> None:
    counts, withheld, tree = town
    levels = published(counts, withheld, tree)
    for column in range(counts.shape[1]):
        known = followed(levels, tree, column=column)[0]
        for leaf in np.flatnonzero(levels[0].hidden[:, column]):
            if withheld[leaf]:
                assert known[leaf][0] == 0
                assert known[leaf][1] >= 4
            else:
                assert known[leaf].tolist() == [0, 4]


@given(towns())
def test_no_hidden_area_is_shown_to_be_other_than_zero(town) -> None:
    counts, withheld, tree = town
    levels = published(counts, withheld, tree)
    for column in range(counts.shape[1]):
        below = followed(levels, tree, column=column)
        lows = sums(levels[0].low, tree)
        for level, known, low in zip(levels[1:], below[1:], lows[1:], strict=True):
            hidden = level.hidden[:, column] & (low[:, column] == 0)
            assert (known[hidden, 0] == 0).all()
            assert (known[hidden, 1] >= 4).all()


@given(towns(most_leaves=6))
@settings(max_examples=40)
def test_a_solver_that_knows_nothing_of_trees_finds_the_same(town) -> None:
    counts, withheld, tree = town
    levels = published(counts, withheld, tree)
    known = followed(levels, tree)[0]
    told = sums_of(levels, tree)
    low, high = levels[0].low[:, 0], levels[0].high[:, 0]
    for leaf in np.flatnonzero(levels[0].hidden[:, 0]):
        least, most = solved(low, high, sums=told, leaf=leaf)
        assert least == known[leaf][0] == 0
        assert most == known[leaf][1] if known[leaf][1] < OPEN else most >= 4


@given(towns())
def test_what_is_published_holds_the_true_count(town) -> None:
    counts, withheld, tree = town
    for level, true in zip(published(counts, withheld, tree), sums(counts, tree), strict=True):
        assert (level.low <= true).all()
        assert (true <= level.high).all()
    for level in published(counts, withheld, tree, number_at_top=False):
        assert set(np.unique(level.low % 5)) <= {0}
        assert set(np.unique(level.high[level.high < OPEN] % 5)) <= {4}


@given(towns(), st.randoms(use_true_random=False))
def test_the_order_of_leaves_changes_nothing(town, random) -> None:
    counts, withheld, tree = town
    order = list(range(len(counts)))
    random.shuffle(order)
    mixed = Tree((tree.parents[0][order], *tree.parents[1:]))
    one, other = published(counts, withheld, tree), published(counts[order], withheld[order], mixed)
    assert_array_equal(one[0].low[order], other[0].low)
    for level, same in zip(one[1:], other[1:], strict=True):
        assert_array_equal(level.low, same.low)
        assert_array_equal(level.high, same.high)


@given(towns(), st.randoms(use_true_random=False))
def test_which_borders_are_left_out_tells_nothing_of_hidden_counts(town, random) -> None:
    """With other hidden counts an area has the same class, or one that doesn't overlap it."""
    counts, withheld, tree = town
    one = published(counts, withheld, tree)
    hidden = one[0].hidden
    others = np.where(hidden, [[random.randint(0, 4) for _ in row] for row in counts], counts)
    other = published(others, withheld, tree)
    assert_array_equal(one[0].low, other[0].low)
    same = (one[1].low == other[1].low) & (one[1].high == other[1].high)
    apart = (one[1].high < other[1].low) | (other[1].high < one[1].low)
    assert (same | apart).all()


@given(towns())
def test_columns_are_never_mixed(town) -> None:
    counts, withheld, tree = town
    together = published(counts, withheld, tree)
    for column in range(counts.shape[1]):
        alone = published(counts[:, [column]], withheld, tree)
        for level, same in zip(together, alone, strict=True):
            assert_array_equal(level.low[:, [column]], same.low)
            assert_array_equal(level.high[:, [column]], same.high)


def test_a_quiet_town_is_hidden_from_top_to_bottom() -> None:
    tree = Tree((np.array([0, 0, 1, 1]), np.array([0, 0])))
    levels = published(np.zeros((4, 2), dtype=np.int64), np.zeros(4, dtype=bool), tree)
    assert all(level.hidden.all() for level in levels)
    assert [level.low.shape for level in levels] == [(4, 2), (2, 2), (1, 2)]


def test_an_empty_town_has_no_figures() -> None:
    nothing = np.zeros(0, dtype=np.int64)
    levels = suppress(
        np.zeros((0, 3), dtype=np.int64),
        withheld=np.zeros(0, dtype=bool),
        parents=(nothing, nothing),
    )
    assert [level.low.shape for level in levels] == [(0, 3)] * 3


def test_a_million_withheld_leaves_do_not_overflow() -> None:
    leaves = 10**6
    parents = (np.zeros(leaves, dtype=np.int64),)
    _, town = suppress(
        np.full((leaves, 1), 3), withheld=np.ones(leaves, dtype=bool), parents=parents
    )
    assert ends(town) == (40, None)


def test_the_attacker_wins_where_every_area_simply_gets_its_class() -> None:
    """The oracles can see a leak: what `suppress` prevents, they find in its absence."""
    counts = np.array([[4], [4], [4], [4]])
    tree = Tree((np.zeros(4, dtype=np.int64),))
    levels = naive(counts, withheld=np.zeros(4, dtype=bool), tree=tree)
    assert ends(levels[1]) == (10, 19)
    two = naive(counts[:2], withheld=np.zeros(2, dtype=bool), tree=Tree((np.zeros(2, dtype=int),)))
    assert ends(two[1]) == (5, 9)
    assert followed(two, Tree((np.zeros(2, dtype=int),)))[0].tolist() == [[1, 4], [1, 4]]
    told = sums_of(two, Tree((np.zeros(2, dtype=int),)))
    assert solved(two[0].low[:, 0], two[0].high[:, 0], sums=told, leaf=0) == (1, 4)
