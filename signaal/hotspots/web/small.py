"""A small map for each kind of evidence, side by side and never added up; drawn as SVG."""

import json
import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from signaal.hotspots.actions import MapFigures
from signaal.hotspots.map import Shapes
from signaal.hotspots.web.signs import reached_lately, sign_of
from signaal.intake.model import Kind

WIDTH, HEIGHT, EDGE = 220.0, 130.0, 8.0
"""Of a small map, in its own units."""
ONE_IN = 50
"""One block in so many may lie beyond each edge."""
ROUND_IT = 12
"""Of the width, free on each side."""
MOST_SPOTS = 400
"""More would only cover each other."""


@dataclass(frozen=True)
class Spot:
    """One block that stands out: its place on the small map, its colour and its sign."""

    x: float
    y: float
    rank: int
    sign: str


@dataclass(frozen=True)
class SmallMap:
    """One kind of evidence in one view."""

    kind: Kind
    out: int
    spots: tuple[Spot, ...]


@dataclass(frozen=True)
class Paper:
    """How degrees become places on the small map: the same for all kinds."""

    west: float
    north: float
    across: float
    down: float
    left: float
    top: float

    def place(self, latitude: float, longitude: float) -> tuple[float, float]:
        """Where a point in degrees lies on the small map."""
        x = self.left + (longitude - self.west) * self.across
        y = self.top + (self.north - latitude) * self.down
        return round(x, 1), round(y, 1)

    def inside(self, latitude: float, longitude: float) -> tuple[float, float]:
        """The same, but at the edge for what lies beyond it."""
        x, y = self.place(latitude, longitude)
        return min(max(x, EDGE / 2), WIDTH - EDGE / 2), min(max(y, EDGE / 2), HEIGHT - EDGE / 2)


def small_map(figures: MapFigures, shapes: Shapes, districts: tuple[str, ...]) -> SmallMap:
    """What stands out in one kind.

    Args:
        figures: As the visitor may see them.
        shapes: Of the block layer.
        districts: Codes of the districts that are drawn.
    """
    paper = _paper(shapes, districts)
    reached = reached_lately(figures)
    out = figures.rows.some(np.flatnonzero(figures.rows.stands_out))
    faint_first = out.some(out.by_attention()[:MOST_SPOTS][::-1])
    spots = [
        Spot(*paper.inside(*at), row.level.rank, sign_of(row, reached=reached).value)
        for row in faint_first
        if (at := shapes.centres.get(row.block.code))
    ]
    return SmallMap(figures.kind, len(out), tuple(spots))


@lru_cache(maxsize=8)
def town_outline(shapes: Shapes, districts: tuple[str, ...]) -> str:
    """The districts as one SVG path."""
    paper = _paper(shapes, districts)
    parts = []
    for district in districts:
        for ring in _rings(shapes.district_of[district]):
            points: list[tuple[float, float]] = []
            for longitude, latitude in ring:
                point = paper.place(latitude, longitude)
                if not points or math.dist(point, points[-1]) >= 1:
                    points.append(point)
            parts.append("M" + "L".join(f"{x:g} {y:g}" for x, y in points) + "Z")
    return "".join(parts)


@lru_cache(maxsize=8)
def _paper(shapes: Shapes, districts: tuple[str, ...]) -> Paper:
    points = [shapes.centres[code] for each in districts for code in shapes.codes_of[each]]
    south, north = _most([point[0] for point in points] or [52.0, 52.1])
    west, east = _most([point[1] for point in points] or [5.0, 5.1])
    narrower = math.cos(math.radians((south + north) / 2))
    wide, high = max((east - west) * narrower, 1e-4), max(north - south, 1e-4)
    scale = min((WIDTH - 2 * EDGE) / wide, (HEIGHT - 2 * EDGE) / high)
    return Paper(
        west=west,
        north=north,
        across=scale * narrower,
        down=scale,
        left=(WIDTH - wide * scale) / 2,
        top=(HEIGHT - high * scale) / 2,
    )


def _most(values: list[float]) -> tuple[float, float]:
    """Between which ends nearly all lie: one farm far away doesn't make the town small."""
    ordered = sorted(values)
    few = len(ordered) // ONE_IN
    least, most = ordered[few], ordered[-1 - few]
    return least - (most - least) / ROUND_IT, most + (most - least) / ROUND_IT


def _rings(text: str) -> list[list[list[float]]]:
    geometry = json.loads(text)["geometry"]
    polygons = (
        [geometry["coordinates"]] if geometry["type"] == "Polygon" else geometry["coordinates"]
    )
    return [polygon[0] for polygon in polygons]
