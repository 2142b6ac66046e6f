"""Blocks drawn around their dwellings."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Points = Sequence[tuple[float, float]]

DISC_METRES = 0.05
"""Radius of the look around a stacked point."""
FULL_CIRCLE = 2 * np.pi
WIDEST_STEP = 0.2
"""Radians between two corners of a whole disc (0.1); a wider gap is a side without area."""


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
