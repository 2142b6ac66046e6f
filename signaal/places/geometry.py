"""Where things lie: blocks drawn around their dwellings, and the block in which a point lies.

All coordinates are metres in EPSG:28992. Shapely and SciPy are imported on first use.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Points = Sequence[tuple[float, float]]

CELLS_PER_BLOCK = 1_600
"""Grid cells per polygon: some 6 % of the points then need a look at the border itself."""
MOST_CELLS = 16_000_000
"""64 MB of int32."""
CELLS_AT_ONCE = 2_000_000
OUTSIDE = -1
REMEMBERED_LAYERS = 4
DISC_METRES = 0.05
"""Radius of the look around a stacked point."""
FULL_CIRCLE = 2 * np.pi
WIDEST_STEP = 0.2
"""Radians between two corners of a whole disc (0.1); a wider gap is a side without area."""

# -- blocks around dwellings ----------------------------------------------------------------


def tile(area: bytes, *, points: Points, labels: Sequence[str]) -> dict[str, bytes]:
    """Divides a neighbourhood over its blocks: each place belongs to the nearest dwelling's block.

    The blocks cover the neighbourhood without gaps or overlaps, and each dwelling lies in its
    own. Dwellings stacked on one point but in different blocks each get a sector around it.

    Args:
        area: The neighbourhood as WKB.
        points: Metres east and north of each dwelling; one just outside the neighbourhood counts
            as at its nearest place inside.
        labels: The block of each dwelling.

    Returns:
        WKB by label.

    Source: Voronoi (1908), J. reine angew. Math. 134, 198-287; computed with Qhull (Barber et
    al. 1996, ACM Trans. Math. Softw. 22(4), 469-483).
    """
    import shapely

    names, numbered = np.unique(np.asarray(labels, dtype=object).astype(str), return_inverse=True)
    if len(names) == 1:
        return {str(names[0]): area}
    whole = shapely.from_wkb(area)
    spots = _Spots(_drawn_in(points, whole), labels=numbered)
    faces = _faces(whole, spots.borders(whole))
    owners = spots.owners(faces)
    found = {label: shapely.coverage_union_all(faces[owners == label]) for label in set(owners)}
    return {str(names[label]): shapely.to_wkb(shape) for label, shape in found.items()}


def _drawn_in(points: Points, whole: "BaseGeometry") -> Floats:
    """The points, those outside the area at its nearest place: no block is left without a cell."""
    import shapely

    spots = np.array(points, dtype=np.float64)
    shapely.prepare(whole)
    outside = ~shapely.intersects_xy(whole, *spots.T)
    if outside.any():
        ways = shapely.shortest_line(shapely.points(spots[outside]), whole)
        spots[outside] = shapely.get_coordinates(ways)[1::2]
    return spots


def _faces(whole: "BaseGeometry", lines: Any) -> NDArray[Any]:  # noqa: ANN401 - array of shapes
    """The pieces into which the lines cut the area; neighbours share their borders exactly."""
    import shapely

    noded = shapely.union_all([*lines, shapely.boundary(whole)])
    pieces = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    shapely.prepare(whole)
    inside: NDArray[Any] = pieces[shapely.contains(whole, shapely.point_on_surface(pieces))]
    return inside


class _Spots:
    """The distinct points on which dwellings stand, and the borders between their blocks."""

    def __init__(self, points: Floats, *, labels: Ints) -> None:
        rows = np.unique(np.column_stack([points, labels]), axis=0)
        self.points, at = np.unique(rows[:, :2], axis=0, return_inverse=True)
        self.at: Ints = at.reshape(-1)
        self.labels = rows[:, 2].astype(np.int64)
        self.count = np.bincount(self.at)
        self.first: Ints = np.searchsorted(self.at, np.arange(len(self.points)))
        self.arcs: dict[int, _Arcs] = {}

    def borders(self, whole: "BaseGeometry") -> list[Any]:
        """The lines between points of different blocks, and within stacked points."""
        import shapely
        from scipy.spatial import Voronoi

        west, south, east, north = shapely.bounds(whole)
        middle = np.array([(west + east) / 2, (south + north) / 2])
        # Four points so far off that they own no place inside, but close every cell.
        far = 3 * max(east - west, north - south)
        frame = far * np.array([[1.0, 0.1], [-1.0, -0.1], [0.1, 1.0], [-0.1, -1.0]])
        cells = Voronoi(np.concatenate([self.points - middle, frame]))
        corners = cells.vertices + middle
        pairs, ends = cells.ridge_points, np.asarray(cells.ridge_vertices)
        real = (pairs < len(self.points)).all(axis=1)
        pairs, ends = pairs[real], ends[real]
        stacked = self.count > 1
        only = self.labels[self.first]
        differs = only[pairs[:, 0]] != only[pairs[:, 1]]
        drawn = differs | stacked[pairs].any(axis=1)
        lines = list(shapely.linestrings(corners[ends[drawn]]))
        for spot in np.flatnonzero(stacked):
            ring = corners[np.asarray(cells.regions[cells.point_region[spot]])]
            lines += self._rays(int(spot), ring=ring, whole=whole)
        return lines

    def _rays(self, spot: int, *, ring: Floats, whole: "BaseGeometry") -> list[Any]:
        """Lines from a stacked point to beyond its cell: one sector for each of its blocks."""
        import shapely

        point, parts = self.points[spot], int(self.count[spot])
        arcs = self.arcs[spot] = _Arcs(point, whole)
        angles = arcs.borders(parts)
        beyond = 1.001 * np.hypot(*(ring - point).T).max()
        ends = point + beyond * np.column_stack([np.cos(angles), np.sin(angles)])
        return list(shapely.linestrings([[point, end] for end in ends]))

    def _sector(self, spot: int, x: float, y: float) -> int:
        """Which of the blocks on a stacked point this place in its cell belongs to."""
        dx, dy = x - self.points[spot][0], y - self.points[spot][1]
        return self.arcs[spot].part(float(np.arctan2(dy, dx)), parts=int(self.count[spot]))

    def owners(self, faces: NDArray[Any]) -> Ints:
        """Which block each piece belongs to, shape (faces,)."""
        import shapely
        from scipy.spatial import cKDTree

        inner = shapely.get_coordinates(shapely.point_on_surface(faces))
        nearest: Ints = np.asarray(cKDTree(self.points).query(inner)[1])
        rows: Ints = self.first[nearest]
        for face in np.flatnonzero(self.count[nearest] > 1):
            rows[face] += self._sector(int(nearest[face]), *inner[face])
        return self.labels[rows]


class _Arcs:
    """Where around a point the area lies: a whole circle, or arcs with gaps between them.

    The parts into which the point is divided are equal shares of the arcs, counter-clockwise.
    Where the area narrows to the point, a gap between two arcs may lie within one part.
    """

    def __init__(self, point: Floats, whole: "BaseGeometry") -> None:
        import shapely

        disc = shapely.intersection(shapely.buffer(shapely.Point(point), DISC_METRES), whole)
        away = shapely.get_coordinates(disc) - point
        rim = away[np.hypot(*away.T) > 0.9 * DISC_METRES]
        angles = np.unique(np.arctan2(rim[:, 1], rim[:, 0]))
        gaps = np.diff(np.append(angles, angles[:1] + FULL_CIRCLE))
        last = np.flatnonzero(gaps >= WIDEST_STEP)  # of each arc
        self.starts, self.widths = np.zeros(1), np.full(1, FULL_CIRCLE)
        if len(last):
            first = np.roll(last + 1, 1) % len(angles)
            self.starts = angles[first]
            self.widths = (angles[last] - self.starts) % FULL_CIRCLE
        self.gaps = gaps[last]
        self.before = np.cumsum(self.widths) - self.widths

    def borders(self, parts: int) -> Floats:
        """The angles between the parts, and of the middle of each gap."""
        share = self.widths.sum() * np.arange(parts) / parts
        arc = np.searchsorted(self.before, share, side="right") - 1
        angles: Floats = self.starts[arc] + share - self.before[arc]
        if not len(self.gaps):
            return angles
        # On the border: the area itself closes the first part.
        return np.append(angles[1:], self.starts + self.widths + self.gaps / 2)

    def part(self, angle: float, *, parts: int) -> int:
        """Which part this angle falls in; one within a gap belongs to the nearer arc."""
        turned = (angle - self.starts) % FULL_CIRCLE
        arc = int(turned.argmin())
        share = self.before[arc] + min(turned[arc], self.widths[arc] * (1 - 1e-9))
        if len(self.gaps) and turned[arc] > self.widths[arc] + self.gaps[arc] / 2:
            share = self.before[(arc + 1) % len(self.starts)]
        return min(int(share * parts / self.widths.sum()), parts - 1)


# -- the block in which a point lies --------------------------------------------------------


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
        left = np.arange(len(border))
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
        filled = np.unique(cell)
        filled = filled[self.grid[filled] >= 0]
        self._list(np.append(cell, filled), np.append(owner, self.grid[filled]))

    def _list(self, cell: Ints, owner: Ints) -> None:
        count = len(self.shapes) + 1
        pairs = np.unique(cell * count + owner)
        cells, first = np.unique(pairs // count, return_index=True)
        self.candidates = (pairs % count).astype(np.int32)
        self.starts = np.append(first, len(pairs)).astype(np.int64)
        self.grid[cells] = -2 - np.arange(len(cells), dtype=np.int32)


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
