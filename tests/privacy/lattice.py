"""Who knows all that is published: what follows for each count, worked out in two ways."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from signaal.privacy.model import CLASS_BORDERS
from signaal.privacy.suppression import OPEN, Published

ENOUGH = 10**6
"""Nobody's count is higher; stands for "no upper end" where a solver asks for a number."""


@dataclass(frozen=True)
class Tree:
    """Sums in sums: leaves, and for each level above the place of the parent."""

    parents: tuple[np.ndarray, ...]

    @property
    def sizes(self) -> list[int]:
        leaves = len(self.parents[0])
        return [leaves, *[int(parent.max(initial=-1)) + 1 for parent in self.parents]]


def naive(counts: np.ndarray, *, withheld: np.ndarray, tree: Tree) -> tuple[Published, ...]:
    """Every count in its own class, and nothing hidden because of what stands beside it."""
    lows = np.array([0, *CLASS_BORDERS])
    highs = np.array([*(border - 1 for border in CLASS_BORDERS), OPEN])
    levels, sums = [], counts
    for parent in (None, *tree.parents):
        if parent is not None:
            above = np.zeros((int(parent.max()) + 1, counts.shape[1]), dtype=np.int64)
            np.add.at(above, parent, sums)
            sums = above
        place = np.searchsorted(lows, sums, side="right") - 1
        levels.append(Published(lows[place], highs[place]))
    levels[0].low[withheld], levels[0].high[withheld] = 0, OPEN
    return tuple(levels)


def followed(levels: Sequence[Published], tree: Tree, *, column: int = 0) -> list[np.ndarray]:
    """The exact least and most of every count: up the tree and down again.

    On a tree of sums of whole numbers these two passes are exact: every value between the ends
    of a sum can be reached by its parts.

    Returns:
        For each level, shape (places, 2).
    """
    known = [np.stack([each.low[:, column], each.high[:, column]], axis=1) for each in levels]
    known = [np.minimum(each, OPEN).astype(np.int64) for each in known]
    for level, parent in enumerate(tree.parents):
        sums = np.zeros_like(known[level + 1])
        np.add.at(sums, parent, known[level])
        above = known[level + 1]
        above[:, 0] = np.maximum(above[:, 0], sums[:, 0])
        above[:, 1] = np.where(above[:, 1] >= OPEN, sums[:, 1], np.minimum(above[:, 1], sums[:, 1]))
    for level in reversed(range(len(tree.parents))):
        parent, above, parts = tree.parents[level], known[level + 1], known[level]
        sums = np.zeros_like(above)
        np.add.at(sums, parent, parts)
        others = sums[parent] - parts
        low = np.maximum(parts[:, 0], above[parent, 0] - others[:, 1])
        high = np.minimum(parts[:, 1], above[parent, 1] - others[:, 0])
        known[level] = np.stack([low, high], axis=1)
    return known


def solved(
    low: np.ndarray, high: np.ndarray, *, sums: Sequence[tuple[np.ndarray, int, int]], leaf: int
) -> tuple[int, int]:
    """The least and the most that one leaf can be, by a solver that knows nothing of trees.

    Args:
        low: At least so many per leaf.
        high: At most so many per leaf.
        sums: Leaves that are added up, and the ends of their sum.
        leaf: Of which leaf.
    """
    matrix = np.zeros((len(sums), low.size))
    for row, (leaves, _, _) in enumerate(sums):
        matrix[row, leaves] = 1
    ends = [(least, min(most, ENOUGH)) for _, least, most in sums]
    rule = LinearConstraint(matrix, [e[0] for e in ends], [e[1] for e in ends]) if sums else ()
    bounds = Bounds(low, np.minimum(high, ENOUGH))
    wanted = np.zeros(low.size)
    wanted[leaf] = 1
    found = [
        milp(sign * wanted, constraints=rule, bounds=bounds, integrality=np.ones(low.size))
        for sign in (1, -1)
    ]
    assert all(each.success for each in found), [each.message for each in found]
    return round(found[0].fun), round(-found[1].fun)


def sums_of(
    levels: Sequence[Published], tree: Tree, *, column: int = 0
) -> list[tuple[np.ndarray, int, int]]:
    """All that is published above the leaves, as sums of leaves."""
    inside, told = np.arange(tree.sizes[0]), []
    for level, parent in enumerate(tree.parents):
        inside = parent[inside]
        told += [
            (
                np.flatnonzero(inside == place),
                int(levels[level + 1].low[place, column]),
                int(levels[level + 1].high[place, column]),
            )
            for place in range(tree.sizes[level + 1])
        ]
    return told
