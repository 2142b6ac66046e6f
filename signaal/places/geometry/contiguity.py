"""Which blocks border on one another, and where their middles lie."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Shapes = NDArray[Any]
"""Shapely polygons, shape (blocks,)."""

PER_METRE = 1_000
"""Corners that are the same when rounded to millimetres are the same corner."""
WIDE_APART = 1 << 31
"""More millimetres than the Netherlands are wide."""
SPREAD = np.uint64(0x9E3779B97F4A7C15)
"""2^64 divided by the golden ratio (Knuth 1998, TAOCP 3, section 6.4): spreads keys evenly."""
CLOSE = 0.01
"""Metres: borders that run beside each other within this lie on the same line, and the least
length that they must have in common."""


def borders_between(polygons: Sequence[bytes]) -> tuple[Ints, Ints]:
    """Which polygons have a piece of border in common; touching in a corner is not enough.

    Corners of one that lie somewhere along the border of the other do no harm. A polygon that
    has no border with any gets the nearest, or all those that are equally near.

    Args:
        polygons: WKB, in metres; one with several parts, or none, may be among them.

    Returns:
        The places in the list of both sides, the lower first, each pair once and in order;
        shape (pairs,) each.

    Source: rook contiguity, Cliff & Ord (1973), Spatial Autocorrelation, 11-12.
    """
    import shapely

    return neighbours(np.asarray(shapely.from_wkb(list(polygons)), dtype=object))


def centres_of(polygons: Sequence[bytes]) -> Floats:
    """The centre of gravity of each polygon (WKB), metres east and north; NaN for an empty one.

    Returns:
        Shape (polygons, 2).
    """
    import shapely

    middles = shapely.centroid(np.asarray(shapely.from_wkb(list(polygons)), dtype=object))
    return np.asarray(shapely.bounds(middles)[:, :2], dtype=np.float64)


def neighbours(shapes: Shapes) -> tuple[Ints, Ints]:
    """As `borders_between`, for polygons that have been read already, shape (blocks,)."""
    blocks = max(len(shapes), 1)
    ends, owner = _edges(shapes)
    pairs, alone = _same_edges(ends, owner, blocks=blocks)
    along = _along_edges(ends[alone], owner[alone], blocks=blocks)
    found = _in_order(np.concatenate([pairs, along]))
    lonely = np.ones(len(shapes), dtype=bool)
    lonely[found // blocks] = False
    lonely[found % blocks] = False
    if lonely.any():
        nearest = _nearest(shapes, np.flatnonzero(lonely), blocks=blocks)
        found = _in_order(np.concatenate([found, nearest]))
    return found // blocks, found % blocks


def _in_order(keys: Ints) -> Ints:
    ordered: Ints = np.sort(keys)
    first: Ints = ordered[np.diff(ordered, prepend=-1) != 0]
    return first


def _paired(one: Ints, other: Ints, *, blocks: int) -> Ints:
    """Both places in one number, the lower first."""
    return np.minimum(one, other).astype(np.int64) * blocks + np.maximum(one, other)


def _edges(shapes: Shapes) -> tuple[Floats, Ints]:
    """All edges as (x1, y1, x2, y2), shape (edges, 4), and the block of each."""
    import shapely

    # Taking a polygon apart copies it, so that is done only with those of more than one ring.
    plain = shapely.get_num_interior_rings(shapes) == 0
    plain &= shapely.get_type_id(shapes) == shapely.GeometryType.POLYGON
    parts, block = shapely.get_parts(shapes[~plain], return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    found = [
        _edges_of(shapes[plain], np.flatnonzero(plain)),
        _edges_of(rings, np.flatnonzero(~plain)[block[part]]),
    ]
    return np.concatenate([ends for ends, _ in found]), np.concatenate([of for _, of in found])


def _edges_of(rings: Shapes, owner: Ints) -> tuple[Floats, Ints]:
    """The edges of what has one ring each, and the block of each edge."""
    import shapely

    points, ring = shapely.get_coordinates(rings, return_index=True)
    first = np.flatnonzero(ring[1:] == ring[:-1])
    return np.hstack([points[first], points[first + 1]]), owner[ring[first]]


def _same_edges(ends: Floats, owner: Ints, *, blocks: int) -> tuple[Ints, Bools]:
    """Pairs of blocks that have a whole edge in common, and the edges that nobody else has."""
    grid = np.rint(ends * PER_METRE).astype(np.int64)
    start = grid[:, 0] * WIDE_APART + grid[:, 1]
    end = grid[:, 2] * WIDE_APART + grid[:, 3]
    low, high = np.minimum(start, end), np.maximum(start, end)
    key = (low.view(np.uint64) * SPREAD) ^ (high.view(np.uint64) + (SPREAD >> np.uint64(1)))
    key *= SPREAD
    order = np.argsort(key)
    key, low, high, owner = key[order], low[order], high[order], owner[order]
    alone = np.ones(len(key), dtype=bool)
    found = []
    step, same = 1, np.arange(len(key) - 1) if len(key) else np.zeros(0, dtype=np.int64)
    while True:
        same = same[same + step < len(key)]
        same = same[key[same] == key[same + step]]
        if not len(same):
            break
        other = same + step
        real = (low[same] == low[other]) & (high[same] == high[other]) & (low[same] != high[same])
        real &= owner[same] != owner[other]
        here, there = same[real], other[real]
        alone[here] = alone[there] = False
        found.append(_paired(owner[here], owner[there], blocks=blocks))
        step += 1
    by_edge = np.empty_like(alone)
    by_edge[order] = alone & (low != high)
    return np.concatenate([np.zeros(0, dtype=np.int64), *found]), by_edge


def _along_edges(ends: Floats, owner: Ints, *, blocks: int) -> Ints:
    """Pairs of blocks of which edges run along each other for a while."""
    import shapely

    lines: Any = shapely.linestrings(ends.reshape(-1, 2, 2))
    one, other = shapely.STRtree(lines).query(lines, predicate="dwithin", distance=CLOSE)
    apart = (owner[one] != owner[other]) & (one != other)
    one, other = one[apart], other[apart]
    along = _overlap(ends[one], ends[other]) > CLOSE
    return _in_order(_paired(owner[one[along]], owner[other[along]], blocks=blocks))


def _overlap(lines: Floats, others: Floats) -> Floats:
    """For how many metres the other edge runs along each line; 0 where it leaves it."""
    way = lines[:, 2:] - lines[:, :2]
    length = np.hypot(*way.T)
    way /= length[:, None]
    start, end = others[:, :2] - lines[:, :2], others[:, 2:] - lines[:, :2]
    at_start, at_end = (start * way).sum(axis=1), (end * way).sum(axis=1)
    off_start = np.abs(start[:, 0] * way[:, 1] - start[:, 1] * way[:, 0])
    off_end = np.abs(end[:, 0] * way[:, 1] - end[:, 1] * way[:, 0])
    common = np.minimum(np.maximum(at_start, at_end), length)
    common = common - np.maximum(np.minimum(at_start, at_end), 0)
    return np.where(np.maximum(off_start, off_end) <= CLOSE, common, 0)


def _nearest(shapes: Shapes, lonely: Ints, *, blocks: int) -> Ints:
    """Pairs of each lonely block with the nearest other, or with all that are equally near."""
    import shapely

    found = []
    tree = shapely.STRtree(shapes)
    for place in lonely:
        # The nearest of all is the block itself: it is looked for among the others.
        others = tree.query_nearest(shapes[place], exclusive=True)
        others = others[others != place]
        found.append(_paired(np.full(len(others), place), others, blocks=blocks))
    return np.concatenate([np.zeros(0, dtype=np.int64), *found])
