"""The block in which a point lies."""

from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Points = Sequence[tuple[float, float]]

CELLS_PER_BLOCK = 1_600
"""Grid cells per polygon: some 6 % of the points then need a look at the border itself."""
MOST_CELLS = 16_000_000
"""64 MB of int32."""
CELLS_AT_ONCE = 2_000_000
POINTS_AT_ONCE = 250_000
"""So many that what is in between fits in a processor's cache, and in memory for any number."""
OUTSIDE = -1
REMEMBERED_LAYERS = 4


class BlockIndex:
    """Finds for many points at once the polygon in which each lies.

    A fine grid over the layer knows for each cell the one polygon that fills it; only in cells
    through which a border runs are the polygons themselves asked.
    """

    def __init__(self, polygons: Sequence[bytes]) -> None:
        import shapely

        self.shapes = np.asarray(shapely.from_wkb(list(polygons)), dtype=object)
        shapely.prepare(self.shapes)
        bounds = shapely.total_bounds(self.shapes) if len(self.shapes) else np.zeros(4)
        self.west, self.south, self.east, self.north = (float(edge) for edge in bounds)
        width, height = self.east - self.west, self.north - self.south
        cells = min(MOST_CELLS, max(1, CELLS_PER_BLOCK * len(self.shapes)))
        self.size = max((width * height / cells) ** 0.5, width / cells, height / cells, 1e-6)
        self.columns = int(width / self.size) + 1
        self.rows = int(height / self.size) + 1
        self.grid = np.full(self.rows * self.columns, OUTSIDE, dtype=np.int32)
        self._fill()
        self._mark_borders()

    def locate(self, x: Floats, y: Floats) -> NDArray[np.int32]:
        """The place in the layer of the polygon that holds each point; -1 where none does.

        A point on a border belongs to the first of the polygons that touch it.

        Args:
            x: Metres east, shape (points,).
            y: Metres north, shape (points,).

        Returns:
            Indices, shape (points,).
        """
        found = np.empty(len(x), dtype=np.int32)
        for start in range(0, len(x), POINTS_AT_ONCE):
            part = slice(start, start + POINTS_AT_ONCE)
            found[part] = self._locate(x[part], y[part])
        return found

    def _locate(self, x: Floats, y: Floats) -> NDArray[np.int32]:
        inside = (x >= self.west) & (x <= self.east) & (y >= self.south) & (y <= self.north)
        if inside.all():
            return self._look_up(x, y)
        found = np.full(len(inside), OUTSIDE, dtype=np.int32)
        found[inside] = self._look_up(x[inside], y[inside])
        return found

    def _look_up(self, x: Floats, y: Floats) -> NDArray[np.int32]:
        scale = 1 / self.size
        cell = ((y - self.south) * scale).astype(np.int32)
        cell *= self.columns
        cell += ((x - self.west) * scale).astype(np.int32)
        found: NDArray[np.int32] = self.grid[cell]
        asked = np.flatnonzero(found < OUTSIDE)
        if len(asked):
            found[asked] = self._ask(-2 - found[asked], x[asked], y[asked])
        return found

    def _ask(self, border: NDArray[np.int32], x: Floats, y: Floats) -> NDArray[np.int32]:
        """Asks the polygons of a border cell one after the other."""
        import shapely

        found = np.full(len(border), OUTSIDE, dtype=np.int32)
        # Cell by cell: the polygon that is asked stays in the processor's cache.
        left = np.argsort(border)
        turn = self.starts[border]
        end = self.starts[border + 1]
        while len(left):
            candidate = self.candidates[turn[left]]
            hit = shapely.intersects_xy(self.shapes[candidate], x[left], y[left])
            found[left[hit]] = candidate[hit]
            turn[left] += 1
            left = left[~hit & (turn[left] < end[left])]
        return found

    def _edges(self) -> tuple[Floats, Ints]:
        """All edges as (x1, y1, x2, y2) in grid units, and the polygon of each."""
        import shapely

        parts, owner = shapely.get_parts(self.shapes, return_index=True)
        rings, part = shapely.get_rings(parts, return_index=True)
        polygon = owner[part]
        points, ring = shapely.get_coordinates(rings, return_index=True)
        points = (points - [self.west, self.south]) / self.size
        joined = ring[1:] == ring[:-1]
        return np.hstack([points[:-1], points[1:]])[joined], polygon[ring[:-1][joined]]

    def _fill(self) -> None:
        """Gives each cell the polygon in which its centre lies, row by row (scan lines)."""
        edges, polygon = self._edges()
        low = np.ceil(np.minimum(edges[:, 1], edges[:, 3]) - 0.5).astype(np.int64)
        high = np.ceil(np.maximum(edges[:, 1], edges[:, 3]) - 0.5).astype(np.int64)
        which, row = _count_up(low, high - low)
        x1, y1, x2, y2 = edges[which].T
        x = x1 + (row + 0.5 - y1) / (y2 - y1) * (x2 - x1)
        order = np.lexsort((x, row, -polygon[which]))  # the first polygon is drawn last
        column = np.clip(np.ceil(x[order] - 0.5), 0, self.columns).astype(np.int64)
        start, end = column[::2], column[1::2]
        base = row[order][::2] * self.columns
        value = polygon[which][order][::2]
        for part in _chunks(end - start, CELLS_AT_ONCE):
            span, cell = _count_up(base[part] + start[part], end[part] - start[part])
            self.grid[cell] = value[part][span]

    def _mark_borders(self) -> None:
        """Lists for each cell through which a border runs the polygons that may hold a point."""
        edges, polygon = self._edges()
        tiny = 1e-6
        bottom, top = np.minimum(edges[:, 1], edges[:, 3]), np.maximum(edges[:, 1], edges[:, 3])
        low = np.clip(np.floor(bottom - tiny), 0, self.rows - 1).astype(np.int64)
        high = np.clip(np.floor(top + tiny), 0, self.rows - 1).astype(np.int64)
        which, row = _count_up(low, high - low + 1)
        x1, y1, x2, y2 = edges[which].T
        rise = np.where(y1 == y2, 1.0, y2 - y1)
        # Where the edge enters and leaves this row, as parts of its length.
        enter, leave = np.clip((row - y1) / rise, 0, 1), np.clip((row + 1 - y1) / rise, 0, 1)
        flat = y1 == y2
        enter, leave = np.where(flat, 0.0, enter), np.where(flat, 1.0, leave)
        a, b = x1 + enter * (x2 - x1), x1 + leave * (x2 - x1)
        left = np.clip(np.floor(np.minimum(a, b) - tiny), 0, self.columns - 1).astype(np.int64)
        right = np.clip(np.floor(np.maximum(a, b) + tiny), 0, self.columns - 1).astype(np.int64)
        run, column = _count_up(left, right - left + 1)
        cell = row[run] * self.columns + column
        owner = polygon[which[run]]
        filled = _distinct(cell)
        filled = filled[self.grid[filled] >= 0]
        self._list(np.append(cell, filled), np.append(owner, self.grid[filled]))

    def _list(self, cell: Ints, owner: Ints) -> None:
        count = len(self.shapes) + 1
        pairs = _distinct(cell * count + owner)
        of = pairs // count
        first = np.flatnonzero(np.diff(of, prepend=-1))
        cells = of[first]
        self.candidates = (pairs % count).astype(np.int32)
        self.starts = np.append(first, len(pairs)).astype(np.int64)
        self.grid[cells] = -2 - np.arange(len(cells), dtype=np.int32)


def _distinct(values: Ints) -> Ints:
    """Each value once, ascending; none is below zero. Faster here than `np.unique`."""
    ordered: Ints = np.sort(values)
    first: Ints = ordered[np.diff(ordered, prepend=-1) != 0]
    return first


def _count_up(start: Ints, length: Ints) -> tuple[Ints, Ints]:
    """For each item i the numbers start[i], start[i] + 1, ...: (which item, which number)."""
    length = np.maximum(length, 0)
    which = np.repeat(np.arange(len(start)), length)
    steps = np.arange(len(which)) - np.repeat(np.cumsum(length) - length, length)
    return which, start[which] + steps


def _chunks(lengths: Ints, most: int) -> Iterator[slice]:
    """Slices of items whose lengths add up to about `most`."""
    ends = np.cumsum(np.maximum(lengths, 0))
    start = 0
    while start < len(lengths):
        done = ends[start - 1] if start else 0
        end = max(int(np.searchsorted(ends, done + most)), start + 1)
        yield slice(start, end)
        start = end


@lru_cache(maxsize=REMEMBERED_LAYERS)
def index_of(polygons: tuple[bytes, ...]) -> BlockIndex:
    """The index of a layer (WKB, in order), made once."""
    return BlockIndex(polygons)


# -- plain lists in, plain lists out --------------------------------------------------------


def places_of(points: Points, *, polygons: Sequence[bytes]) -> list[int]:
    """For each point the place in the list of the polygon (WKB) that holds it; -1 if none."""
    if not points or not polygons:
        return [OUTSIDE] * len(points)
    x, y = np.asarray(points, dtype=np.float64).T
    return [int(place) for place in index_of(tuple(polygons)).locate(x, y)]


def nearest_to(points: Points, *, polygons: Sequence[bytes]) -> list[int]:
    """For each point the place in the list of the nearest polygon (WKB)."""
    import shapely

    if not points:
        return []
    tree = shapely.STRtree(shapely.from_wkb(list(polygons)))
    spots = shapely.points(np.asarray(points, dtype=np.float64))
    return [int(place) for place in np.atleast_1d(tree.nearest(spots))]


def inner_points(polygons: Sequence[bytes]) -> list[tuple[float, float]]:
    """A point within each polygon (WKB)."""
    import shapely

    inner = shapely.point_on_surface(shapely.from_wkb(list(polygons)))
    return [(float(x), float(y)) for x, y in shapely.get_coordinates(inner)]


def bounds_of(polygons: Sequence[bytes]) -> tuple[float, float, float, float]:
    """West, south, east and north of all polygons (WKB) together."""
    import shapely

    west, south, east, north = shapely.total_bounds(shapely.from_wkb(list(polygons)))
    return float(west), float(south), float(east), float(north)
