"""The ground plan: municipality, districts, neighbourhoods and water, sharing exact borders."""

import math
import zlib
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely
from shapely import LineString, MultiPolygon, Polygon

SEED = 20260105
ORIGIN = (141_000.0, 506_000.0)
"""RD metres: open water of the Markermeer, so that nobody's real street lies underneath."""

MUNICIPALITY = "GM9021"
MUNICIPALITY_NAME = "Lindestad"
PROVINCE = "Linderland"
RIVER_HALF_WIDTH = 26.0
"""Metres."""

Point = tuple[float, float]

SCALE = 0.82
"""From the drawing below to metres."""

_DRAWN: dict[str, Point] = {
    # The river Linde, from the south border to the lake.
    "R0": (3400, 0), "R1": (3050, 650), "R2": (2800, 1150), "R3": (2480, 1600),
    "R4": (2150, 2050), "R5": (1800, 2500), "R6": (1560, 2980), "R7": (1480, 3420),
    # The shore of the lake, from west to east.
    "S0": (0, 2950), "S1": (950, 3230), "S2": (2250, 3680), "S3": (2900, 3950),
    "S4": (3400, 4500),
    # Corners of the town.
    "A": (1820, 1480), "B": (1380, 2200), "C": (2280, 850), "E": (1000, 2650),
    "F": (1350, 1050), "G": (750, 1400), "H": (780, 1900), "I": (420, 2350),
    "J": (1850, 450), "L": (2650, 2400), "M": (3000, 1900), "N": (3400, 1450),
    "O": (3700, 900), "P": (3950, 1750), "Q": (3550, 2300), "U": (2500, 3000),
    # The municipal border, and the far side of the lake.
    "X0": (4200, -50), "X1": (4750, 650), "X2": (5150, 2400), "X3": (4950, 4200),
    "Y0": (1500, -150), "Y1": (250, 350), "Y2": (-250, 1500),
    "Z0": (2600, 4750), "Z1": (900, 4450), "Z2": (-350, 3900),
}  # fmt: skip


def spot(x: float, y: float) -> Point:
    """A place of the drawing, in metres from the origin."""
    return (x * SCALE, y * SCALE)


NODES = {name: spot(*place) for name, place in _DRAWN.items()}


@dataclass(frozen=True)
class District:
    """A district (wijk) and the four digits of its postcodes."""

    code: str
    name: str
    postcode4: str


@dataclass(frozen=True)
class Neighbourhood:
    """A neighbourhood (buurt): its place in the plan and how it was built."""

    code: str
    name: str
    district: str
    corners: str
    """Names of nodes, in order."""
    built: tuple[int, int]
    """First and last year of building."""


DISTRICTS = (
    District("WK902101", "Centrum", "8021"),
    District("WK902102", "Linde-Oost", "8022"),
    District("WK902103", "Zuiderwaard", "8023"),
    District("WK902104", "Noordpolder", "8024"),
)

NEIGHBOURHOODS = (
    Neighbourhood("BU90210100", "Spoorbuurt", "WK902101", "A R3 R2 C", (1898, 1931)),
    Neighbourhood("BU90210101", "Binnenstad", "WK902101", "A R3 R4 R5 B", (1640, 1930)),
    Neighbourhood("BU90210102", "Havenkwartier", "WK902101", "B R5 R6 R7 S1 E", (1885, 2012)),
    Neighbourhood("BU90210200", "Vogelbuurt", "WK902102", "R3 R2 N M", (1955, 1966)),
    Neighbourhood("BU90210201", "Muziekbuurt", "WK902102", "R2 R1 O N", (1963, 1972)),
    Neighbourhood("BU90210202", "Bloemenbuurt", "WK902102", "R4 R3 M L", (1932, 1954)),
    Neighbourhood("BU90210203", "Parkzicht", "WK902102", "M N P Q", (1926, 1988)),
    Neighbourhood("BU90210300", "De Erven", "WK902103", "A B H G F", (1974, 1979)),
    Neighbourhood("BU90210301", "De Hoven", "WK902103", "B E I H", (1977, 1983)),
    Neighbourhood("BU90210302", "Molenveld", "WK902103", "A C J F", (1984, 1993)),
    Neighbourhood(
        "BU90210309",
        "Buitengebied Zuiderwaard",
        "WK902103",
        "R0 R1 R2 C J F G H I E S1 S0 Y2 Y1 Y0",
        (1790, 1965),
    ),
    Neighbourhood("BU90210400", "Waterrijk", "WK902104", "R4 L U R6 R5", (2004, 2013)),
    Neighbourhood("BU90210401", "Rietlanden", "WK902104", "R6 U S2 R7", (2014, 2023)),
    Neighbourhood(
        "BU90210409",
        "Buitengebied Noordpolder",
        "WK902104",
        "R0 R1 O N P Q M L U S2 S3 S4 X3 X2 X1 X0",
        (1801, 1972),
    ),
)

RIVER = "R0 R1 R2 R3 R4 R5 R6 R7"
LAKE = "S0 S1 R7 S2 S3 S4 Z0 Z1 Z2"


@dataclass(frozen=True)
class Ground:
    """The finished plan, in RD metres; neighbours share every vertex of their border."""

    neighbourhoods: dict[str, MultiPolygon]
    water: MultiPolygon
    river: LineString


def lay_out() -> Ground:
    """The ground of the whole municipality, without gaps or overlaps."""
    cells = {place.code: _ring(place.corners) for place in NEIGHBOURHOODS}
    lake = _ring(LAKE)
    river = LineString(_along(RIVER.split()))
    everything = shapely.union_all([*cells.values(), lake])
    bed = LineString([*river.coords, spot(1400, 3800)]).buffer(RIVER_HALF_WIDTH)
    water = shapely.union(lake, shapely.intersection(bed, everything))
    faces = _faces([*cells.values(), lake, water])
    parts: dict[str, list[Polygon]] = {code: [] for code in cells}
    wet: list[Polygon] = []
    for face in faces:
        inside = face.representative_point()
        if water.contains(inside):
            wet.append(face)
            continue
        parts[next(code for code, cell in cells.items() if cell.contains(inside))].append(face)
    return Ground(
        {code: _in_rd(shapely.union_all(pieces)) for code, pieces in parts.items()},
        _in_rd(shapely.union_all(wet)),
        shapely.transform(river, lambda xy: xy + ORIGIN),
    )


def rng_for(*names: object) -> np.random.Generator:
    """Chance that depends on the seed and a name only, so that one change stays local."""
    return np.random.default_rng([SEED, zlib.crc32("/".join(map(str, names)).encode())])


def _faces(polygons: list[Polygon]) -> list[Polygon]:
    borders = shapely.union_all([polygon.boundary for polygon in polygons])
    return list(shapely.get_parts(shapely.polygonize(shapely.get_parts(borders))))


def _ring(corners: str) -> Polygon:
    names = corners.split()
    return Polygon(_along([*names, names[0]]))


def _along(names: list[str]) -> list[Point]:
    path = [NODES[names[0]]]
    for start, end in pairwise(names):
        path += _edge(start, end)[1:]
    return path


def _edge(start: str, end: str) -> list[Point]:
    """A border that bends a little; the same line whichever side asks for it."""
    if start > end:
        return _edge(end, start)[::-1]
    chance = rng_for("edge", start, end)
    path = [NODES[start], NODES[end]]
    for sway in (0.05, 0.05, 0.04, 0.03):
        bent = [path[0]]
        for here, there in pairwise(path):
            bent += [_bend(here, there, sway * chance.normal()), there]
        path = bent
    return path


def _bend(here: Point, there: Point, sway: float) -> Point:
    sway = math.copysign(min(abs(sway), 0.09), sway)
    across, along = there[0] - here[0], there[1] - here[1]
    return (
        (here[0] + there[0]) / 2 - sway * along,
        (here[1] + there[1]) / 2 + sway * across,
    )


def _in_rd(shape: Polygon | MultiPolygon) -> MultiPolygon:
    placed = shapely.transform(shape, lambda xy: np.round(xy + ORIGIN, 2))
    return placed if isinstance(placed, MultiPolygon) else MultiPolygon([placed])
