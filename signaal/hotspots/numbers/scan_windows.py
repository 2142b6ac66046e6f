"""Which blocks lie nearest to each block, as far as a window may reach."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from signaal.hotspots.numbers.counts import FloatArray, IntArray

if TYPE_CHECKING:
    from scipy.spatial import cKDTree

RADIUS = 400.0
SHARE = 0.05
MILLIMETRES = 3
"""Distances are told apart to the millimetre: what is nearer than that is equally far."""
SLACK = 1e-9
FIRST_LOOK, FURTHER = 16, 1.2
CENTRES_AT_ONCE = 1024
MORTON_BITS = 21


@dataclass(frozen=True)
class Windows:
    """Each block's nearest blocks, nearest first, itself in front.

    The windows of one block are the beginnings of its list: the block, the block and its nearest,
    and so on. A block without dwellings has no list and stands in none.

    Attributes:
        starts: Where each block's list begins in `others`, shape (blocks + 1,).
        others: The lists, one after the other.
        order: The blocks along a curve on which near blocks stay near, shape (blocks,).
        called: Their former numbers, where blocks are called by their place on the curve.
    """

    starts: NDArray[np.int64]
    others: NDArray[np.int32]
    order: NDArray[np.int64]
    called: NDArray[np.int64] | None = None

    @property
    def names(self) -> NDArray[np.int64]:
        """What each block was called before it got a place on the curve, shape (blocks,)."""
        return self.order if self.called is None else self.called

    @property
    def blocks(self) -> int:
        """How many blocks there are."""
        return len(self.starts) - 1

    def of(self, block: int) -> NDArray[np.int32]:
        """The list of one block."""
        return self.others[self.starts[block] : self.starts[block + 1]]

    def without(self, known: NDArray[np.bool_]) -> "Windows":
        """The same lists with only the blocks that are known; the others change nothing."""
        if known.all():
            return self
        centres = np.repeat(known, np.diff(self.starts))
        kept = known[self.others] & centres
        ends = np.concatenate([[0], np.cumsum(kept)])
        return Windows(ends[self.starts], self.others[kept], self.order)

    def along_the_curve(self) -> "Windows":
        """The same lists with each block called by its place on the curve."""
        rank = np.empty(self.blocks, dtype=np.int32)
        rank[self.order] = np.arange(self.blocks, dtype=np.int32)
        lengths = np.diff(self.starts)[self.order]
        starts = np.concatenate([[0], np.cumsum(lengths)])
        at = np.arange(starts[-1]) + np.repeat(self.starts[self.order] - starts[:-1], lengths)
        return Windows(starts, rank[self.others[at]], np.arange(self.blocks), self.order)


def windows_of(
    centres: FloatArray, dwellings: IntArray, *, radius: float = RADIUS, share: float = SHARE
) -> Windows:
    """Which windows are looked at: a block and its nearest, up to a distance and a share.

    Args:
        centres: x and y of each block in metres, shape (blocks, 2).
        dwellings: Dwellings (or people at risk) of each block, shape (blocks,).
        radius: How far a window reaches from its centre, in metres; infinity for no limit.
        share: Which share of all dwellings a window holds at most; a block alone is always one.

    Returns:
        Lists of nearest blocks; equally far ones in order of index.

    Source: Kulldorff (1997), Communications in Statistics 26, 1481-1496.
    """
    places = np.asarray(centres, dtype=np.float64).reshape(-1, 2)
    weight = np.nan_to_num(np.asarray(dwellings, dtype=np.float64))
    known = np.flatnonzero(weight > 0)
    lengths = np.zeros(len(places), dtype=np.int64)
    lists = []
    cap = share * weight.sum() * (1.0 + SLACK)
    for first in range(0, len(known), CENTRES_AT_ONCE):
        some = np.arange(first, min(first + CENTRES_AT_ONCE, len(known)))
        sizes, found = _nearest(places[known], weight[known], some, radius=radius, cap=cap)
        lengths[known[some]] = sizes
        lists.append(known[found].astype(np.int32))
    others = np.concatenate([*lists, np.zeros(0, dtype=np.int32)])
    return Windows(np.concatenate([[0], np.cumsum(lengths)]), others, _curve(places))


def _nearest(
    places: FloatArray, weight: FloatArray, some: IntArray, *, radius: float, cap: float
) -> tuple[IntArray, IntArray]:
    """Lengths of the lists of some centres, and the lists; looks further until all are whole."""
    from scipy.spatial import cKDTree

    tree = cKDTree(places)
    look = min(_first_look(tree, places[some], radius, cap / weight.mean()), len(places))
    while True:
        apart, other = tree.query(places[some], k=np.arange(1, look + 1))
        apart = np.round(apart, MILLIMETRES)
        apart[other == some[:, None]] = -1.0
        order = np.lexsort((other, apart))
        apart = np.take_along_axis(apart, order, axis=1)
        other = np.take_along_axis(other, order, axis=1)
        inside = (apart <= radius) & (np.cumsum(weight[other], axis=1) <= cap)
        inside[:, 0] = True
        whole = apart < apart[:, -1:]
        if look == len(places) or not (inside & ~whole).any():
            return inside.sum(axis=1), other[inside]
        look = min(2 * look, len(places))


def _first_look(tree: "cKDTree", middles: FloatArray, radius: float, usual_size: float) -> int:
    """How many nearest blocks to look at first: about what the radius and the share allow."""
    by_share = FURTHER * usual_size + FIRST_LOOK
    if not np.isfinite(radius):
        return int(min(by_share, tree.n))
    return int(min(by_share, tree.query_ball_point(middles, radius, return_length=True).max() + 2))


def _curve(places: FloatArray) -> NDArray[np.int64]:
    """Blocks in Morton order: the bits of x and y in turns (Morton 1966).

    Blocks in one spot follow each other in order of index.
    """
    if not len(places):
        return np.zeros(0, dtype=np.int64)
    low = np.nanmin(places, axis=0)
    span = max(float(np.nanmax(places - low)), SLACK)
    steps = np.nan_to_num((places - low) / span * (2**MORTON_BITS - 1)).astype(np.uint64)
    code = np.zeros(len(places), dtype=np.uint64)
    for bit in range(MORTON_BITS):
        for axis in (0, 1):
            one = (steps[:, axis] >> np.uint64(bit)) & np.uint64(1)
            code |= one << np.uint64(2 * bit + axis)
    return np.argsort(code, kind="stable")
