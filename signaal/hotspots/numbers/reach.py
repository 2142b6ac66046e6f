"""Is it moving? Places that stand out, followed from period to period. Pure structure."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components

from signaal.hotspots.numbers.counts import FloatArray, IntArray
from signaal.hotspots.numbers.neighbours import Adjacency

BoolArray: TypeAlias = NDArray[np.bool_]
STANDS_STILL = 1e-6
"""Metres: a centre that moved no further than rounding did not move."""


@dataclass(frozen=True)
class ReachedBlock:
    """A block began to stand out beside one that did so already.

    Attributes:
        origin: The neighbour that stood out longest without a break by then.
        block: The block that was reached.
        period: In which period, 0 the oldest.
    """

    origin: int
    block: int
    period: int


@dataclass(frozen=True)
class Movement:
    """Neighbouring blocks that stand out now, followed back to where they began.

    Attributes:
        blocks: The blocks now, ascending.
        first: The period in which it began, 0 the oldest.
        reached: What it reached since, each block once, by period and then by block.
        more_blocks: Blocks now less blocks when it began.
        more_dwellings: The same in dwellings.
        bearing: Where its centre went, degrees clockwise from north; None when it stayed.
        speed: How far its centre went as the crow flies, metres per period of four weeks.
    """

    blocks: tuple[int, ...]
    first: int
    reached: tuple[ReachedBlock, ...]
    more_blocks: int
    more_dwellings: int
    bearing: float | None
    speed: float


def follow(
    hot: BoolArray, *, adjacency: Adjacency, centres: FloatArray, dwellings: FloatArray
) -> tuple[Movement, ...]:
    """Follows what stands out now back in time, and says where it came from.

    Blocks that stand out and border on each other are one group. A group's past is the group of
    the period before with which it shares the most dwellings; where it shares nothing, the one on
    which it borders most (it moved on wholly). When a group fell apart, all parts have its past.

    Args:
        hot: Whether each block stands out per period, oldest first, shape (blocks, periods).
        adjacency: Who lies beside whom.
        centres: Middle of each block, x east and y north in metres, shape (blocks, 2).
        dwellings: Dwellings per block, the weight in a group's middle, shape (blocks,).

    Returns:
        One movement per group in the last period, in order of its first block.

    Source: components tracked by overlap as in Kalnis, Mamoulis and Bakiras (2005), "On
    discovering moving clusters in spatio-temporal data", SSTD, 364-381; middle and bearing:
    plane geometry on the national grid.
    """
    flags = np.asarray(hot, dtype=bool)
    if not flags.size or not flags[:, -1].any():
        return ()
    homes = np.nan_to_num(np.asarray(dwellings, dtype=np.float64))
    labels = [_groups(flags[:, period], adjacency) for period in range(flags.shape[1])]
    lasting = _lasting(flags)
    moved = []
    for group in range(int(labels[-1].max()) + 1):
        past = _past(labels, group, adjacency=adjacency, homes=homes)
        first = flags.shape[1] - len(past)
        reached = _reached(past, first, lasting=lasting, adjacency=adjacency)
        moved.append(_movement(past, first, reached, centres=centres, homes=homes))
    return tuple(moved)


def _groups(hot: BoolArray, adjacency: Adjacency) -> IntArray:
    """Number of each block's group, in order of its first block; -1 where nothing stands out."""
    labels = np.full(hot.shape, -1, dtype=np.int64)
    places = np.flatnonzero(hot)
    if places.size:
        within = adjacency.matrix[places][:, places]
        labels[places] = connected_components(within, directed=False)[1]
    return labels


def _lasting(hot: BoolArray) -> IntArray:
    """For how many periods each block stood out without a break, up to each period."""
    runs = np.zeros(hot.shape, dtype=np.int64)
    runs[:, 0] = hot[:, 0]
    for period in range(1, hot.shape[1]):
        runs[:, period] = np.where(hot[:, period], runs[:, period - 1] + 1, 0)
    return runs


def _past(
    labels: list[IntArray], group: int, *, adjacency: Adjacency, homes: FloatArray
) -> list[IntArray]:
    """The blocks of a group in each period since it began, oldest first."""
    blocks = np.flatnonzero(labels[-1] == group)
    past: list[IntArray] = [blocks]
    for earlier in reversed(labels[:-1]):
        before = _before(earlier, blocks, adjacency=adjacency, homes=homes)
        if before is None:
            break
        blocks = np.flatnonzero(earlier == before)
        past.append(blocks)
    return past[::-1]


def _before(
    earlier: IntArray, blocks: IntArray, *, adjacency: Adjacency, homes: FloatArray
) -> int | None:
    shared = blocks[earlier[blocks] >= 0]
    if not shared.size:
        beside = np.concatenate([_beside(adjacency, int(block)) for block in blocks])
        shared = beside[earlier[beside] >= 0]
    if not shared.size:
        return None
    say = np.bincount(earlier[shared], weights=homes[shared] + STANDS_STILL)
    return int(np.argmax(say))


def _beside(adjacency: Adjacency, block: int) -> IntArray:
    return adjacency.others[adjacency.starts[block] : adjacency.starts[block + 1]]


def _reached(
    past: list[IntArray], first: int, *, lasting: IntArray, adjacency: Adjacency
) -> tuple[ReachedBlock, ...]:
    known = set(past[0].tolist())
    events = []
    for step, blocks in enumerate(past[1:], start=1):
        before = lasting[:, first + step - 1]
        for block in blocks.tolist():
            beside = _beside(adjacency, block)
            warm = beside[before[beside] > 0]
            if block not in known and not before[block] and warm.size:
                origin = int(warm[np.argmax(before[warm])])
                events.append(ReachedBlock(origin, block, first + step))
            known.add(block)
    return tuple(events)


def _movement(
    past: list[IntArray],
    first: int,
    reached: tuple[ReachedBlock, ...],
    *,
    centres: FloatArray,
    homes: FloatArray,
) -> Movement:
    start, now = past[0], past[-1]
    east, north = _middle(now, centres, homes) - _middle(start, centres, homes)
    far = float(np.hypot(east, north))
    still = far <= STANDS_STILL
    return Movement(
        blocks=tuple(now.tolist()),
        first=first,
        reached=reached,
        more_blocks=len(now) - len(start),
        more_dwellings=round(float(homes[now].sum() - homes[start].sum())),
        bearing=None if still else float(np.degrees(np.arctan2(east, north))) % 360.0,
        speed=0.0 if still else far / (len(past) - 1),
    )


def _middle(blocks: IntArray, centres: FloatArray, homes: FloatArray) -> FloatArray:
    weight = homes[blocks]
    if not weight.sum() > 0:
        weight = np.ones(len(blocks))
    return np.asarray(weight @ centres[blocks] / weight.sum())
