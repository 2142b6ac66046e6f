"""Where the streets run: each neighbourhood in the manner of its time."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

import numpy as np
import shapely
from shapely import LineString, MultiPolygon, Polygon
from shapely.ops import substring

from demo_town.names import street_names
from demo_town.plan import (
    NEIGHBOURHOODS,
    NODES,
    ORIGIN,
    Ground,
    Neighbourhood,
    Point,
    rng_for,
    spot,
)

Lines = list[LineString]
SHORTEST = 95.0
LONGEST = 620.0
"""Metres of street under one name."""
WEST_OF = 2050.0


class Manner(StrEnum):
    """How the buildings of a street stand and are entered."""

    ROW = "row"
    STAIRS = "stairs"
    """Ground floor and upper dwelling at one number."""
    SHOPS = "shops"
    """Shops with dwellings above."""
    PORTIEK = "portiek"
    GALLERY = "gallery"
    ERF = "erf"
    VILLA = "villa"
    FARM = "farm"
    BOATS = "boats"


@dataclass(frozen=True)
class Street:
    """A named street and how it is built."""

    name: str
    neighbourhood: str
    line: LineString
    manner: Manner
    width: float
    """Metres of street front for one building."""
    setback: float
    """Metres from the middle of the street to the middle of a building."""


PARKS: dict[str, tuple[tuple[float, float, float], ...]] = {
    "BU90210101": ((2065, 1990, 42),),
    "BU90210200": ((2930, 1560, 70),),
    "BU90210201": ((3290, 1060, 80),),
    "BU90210202": ((2560, 2010, 60),),
    "BU90210203": ((3480, 1830, 130),),
    "BU90210300": ((1080, 1680, 95),),
    "BU90210302": ((1820, 960, 75),),
    "BU90210400": ((2140, 2640, 105),),
    "BU90210401": ((1900, 3300, 90),),
}
"""Open ground: centre in the drawing of the plan, and radius in metres."""


def lay_streets(ground: Ground) -> list[Street]:
    """All streets of the town, in a fixed order."""
    return [
        street
        for place in NEIGHBOURHOODS
        for street in _streets_of(place, ground.neighbourhoods[place.code])
    ]


def _streets_of(place: Neighbourhood, area: MultiPolygon) -> list[Street]:
    names = iter(street_names(place.code))
    room = shapely.transform(area, lambda xy: xy - ORIGIN)
    room = max(shapely.get_parts(room.buffer(-14.0)), key=lambda part: part.area)
    streets = []
    for lines, manner, width, setback in _PATTERNS[place.code](room, place.code):
        streets += [
            Street(
                next(names),
                place.code,
                shapely.transform(line, lambda xy: xy + ORIGIN),
                manner,
                width,
                setback,
            )
            for line in lines
        ]
    return streets


Pattern = Iterator[tuple[Lines, Manner, float, float]]


def rows(
    room: Polygon,
    *,
    angle: float,
    gap: float,
    bend: float = 0.0,
    wave: float = 400.0,
    phase: float = 0.0,
    start: float = 0.5,
) -> Lines:
    """Streets side by side, straight or swaying together.

    Args:
        room: Where streets may run.
        angle: Degrees from east.
        gap: Metres between two streets.
        bend: Metres of sway.
        wave: Metres from one bend to the next.
        phase: Radians at which the sway begins.
        start: Share of a gap before the first street.
    """
    turn = np.array([math.cos(math.radians(angle)), math.sin(math.radians(angle))])
    across = np.array([-turn[1], turn[0]])
    middle = np.array(room.centroid.coords[0])
    corners = np.array(room.exterior.coords) - middle
    low, high = (corners @ across).min(), (corners @ across).max()
    reach = np.arange((corners @ turn).min() - 40, (corners @ turn).max() + 40, 12.0)
    lines: Lines = []
    for offset in np.arange(low + start * gap, high, gap):
        sway = offset + bend * np.sin(2 * math.pi * reach / wave + phase)
        path = middle + np.outer(reach, turn) + np.outer(sway, across)
        lines += _clipped(LineString(path), room)
    return lines


def arcs(room: Polygon, centre: Point, radii: list[float], *, squeeze: float = 1.0) -> Lines:
    """Streets in rings around a point."""
    lines: Lines = []
    for radius in radii:
        turns = np.radians(np.arange(0, 361, max(2.0, 600 / radius)))
        ring = np.column_stack(
            [
                centre[0] + radius * np.cos(turns),
                centre[1] + radius * squeeze * np.sin(turns),
            ]
        )
        lines += _clipped(LineString(ring), room)
    return lines


def spokes(
    room: Polygon, centre: Point, *, angles: list[float], reach: tuple[float, float]
) -> Lines:
    """Streets that lead away from a point, each a little crooked."""
    lines: Lines = []
    for angle in angles:
        chance = rng_for("spoke", centre, angle)
        steps = np.linspace(reach[0], reach[1], 7)
        turns = np.radians(angle + chance.normal(0, 2.2, steps.size))
        path = np.column_stack(
            [centre[0] + steps * np.cos(turns), centre[1] + steps * np.sin(turns)]
        )
        lines += _clipped(LineString(path), room)
    return lines


def loops(room: Polygon, code: str, *, pitch: float, radius: float) -> Lines:
    """Small closed courts in loose order, like the florets of a cauliflower."""
    chance = rng_for("loops", code)
    west, south, east, north = room.bounds
    lines: Lines = []
    for row, y in enumerate(np.arange(south, north, pitch * 0.87)):
        for x in np.arange(west + (row % 2) * pitch / 2, east, pitch):
            centre = np.array([x, y]) + chance.normal(0, pitch * 0.06, 2)
            turns = np.radians(np.arange(0, 360, 12))
            wobble = radius * (1 + 0.16 * np.sin(2 * turns + chance.uniform(0, 6.3)))
            ring = centre + np.column_stack([np.cos(turns), np.sin(turns)]) * wobble[:, None]
            entrance = int(chance.integers(0, turns.size))
            path = np.roll(ring, -entrance, axis=0)[:-3]
            if room.contains(shapely.Point(centre).buffer(radius + 14)):
                lines.append(LineString(path))
    return lines


def _clipped(line: LineString, room: Polygon) -> Lines:
    """The parts inside; a part too long for one name is cut into several."""
    inside = shapely.intersection(line, room)
    inside = shapely.line_merge(inside) if inside.geom_type == "MultiLineString" else inside
    lines: Lines = []
    for part in shapely.get_parts(inside):
        if isinstance(part, LineString) and part.length > SHORTEST:
            pieces = math.ceil(part.length / LONGEST)
            cuts = np.linspace(0, part.length, pieces + 1)
            lines += [substring(part, *ends) for ends in pairwise(cuts)]
    return lines


def _railway(room: Polygon, _: str) -> Pattern:
    lines = rows(room, angle=-22, gap=52, bend=6, wave=520)
    yield lines[5:7], Manner.STAIRS, 7.0, 11
    yield rows(room, angle=66, gap=250, start=0.45), Manner.ROW, 6.4, 11
    yield lines[:5] + lines[7:], Manner.ROW, 6.2, 11


def _old_town(room: Polygon, _: str) -> Pattern:
    market = spot(2065, 1990)
    yield arcs(room, market, [75], squeeze=0.8), Manner.SHOPS, 8.5, 11
    angles = [140.0, 172.0, 203.0, 236.0, 268.0]
    yield spokes(room, market, angles=angles, reach=(88, 560)), Manner.SHOPS, 8.5, 10
    yield arcs(room, market, [150, 235, 320, 410, 490], squeeze=0.9), Manner.ROW, 8.0, 13


def _harbour(room: Polygon, _: str) -> Pattern:
    quay = LineString([NODES[name] for name in ("R5", "R6", "R7")])
    bank = quay.parallel_offset(46.0, "left")
    yield _clipped(bank, room), Manner.BOATS, 34.0, 4
    yield rows(room, angle=68, gap=300, start=0.7), Manner.PORTIEK, 96.0, 13
    lines = rows(room, angle=-24, gap=92, bend=4, wave=700)
    yield lines[2:3], Manner.STAIRS, 9.5, 11
    yield lines[:2] + lines[3:], Manner.ROW, 9.2, 11


def _birds(room: Polygon, _: str) -> Pattern:
    yield rows(room, angle=34, gap=150, start=0.5), Manner.PORTIEK, 41.0, 13


def _music(room: Polygon, _: str) -> Pattern:
    yield rows(room, angle=-38, gap=176, start=0.5), Manner.GALLERY, 52.0, 14


def _flowers(room: Polygon, _: str) -> Pattern:
    yield rows(room, angle=12, gap=205, bend=10, wave=800, start=0.6), Manner.ROW, 6.8, 12
    yield rows(room, angle=-62, gap=56, bend=14, wave=900), Manner.ROW, 6.4, 12


def _villas(room: Polygon, _: str) -> Pattern:
    yield arcs(room, spot(3480, 1830), [160], squeeze=0.95), Manner.VILLA, 27.0, 18
    yield rows(room, angle=18, gap=72, bend=18, wave=330), Manner.VILLA, 26.0, 18


def _crafts(room: Polygon, code: str) -> Pattern:
    yield loops(room, code, pitch=90, radius=25), Manner.ERF, 7.6, 11


def _orchards(room: Polygon, code: str) -> Pattern:
    yield loops(room, code, pitch=84, radius=23), Manner.ERF, 7.4, 11


def _mills(room: Polygon, _: str) -> Pattern:
    yield rows(room, angle=-62, gap=240, bend=16, wave=600, start=0.4), Manner.ROW, 6.8, 12
    yield rows(room, angle=24, gap=62, bend=20, wave=380), Manner.ROW, 6.6, 12


def _suburb(room: Polygon, _: str) -> Pattern:
    pond = spot(2140, 2640)
    yield arcs(room, pond, [135, 195, 255, 315, 375, 435], squeeze=0.9), Manner.ROW, 7.4, 13
    yield spokes(room, pond, angles=[20, 92, 165, 238, 310], reach=(150, 430)), Manner.ROW, 7.4, 13


def _reeds(room: Polygon, _: str) -> Pattern:
    yield rows(room, angle=22, gap=64, bend=9, wave=900), Manner.ROW, 7.6, 13


def _farms(room: Polygon, _: str) -> Pattern:
    dikes = {
        True: [(-60, 1700), (300, 1500), (520, 1000), (1100, 600)],
        False: [(4150, 700), (4350, 1700), (4200, 2700), (3700, 3500)],
    }
    dike = shapely.intersection(
        LineString([spot(*place) for place in dikes[room.centroid.x < WEST_OF]]), room
    )
    longest = max(shapely.get_parts(dike), key=lambda part: part.length)
    yield [longest], Manner.FARM, 340.0, 45


_PATTERNS = {
    "BU90210100": _railway,
    "BU90210101": _old_town,
    "BU90210102": _harbour,
    "BU90210200": _birds,
    "BU90210201": _music,
    "BU90210202": _flowers,
    "BU90210203": _villas,
    "BU90210300": _crafts,
    "BU90210301": _orchards,
    "BU90210302": _mills,
    "BU90210309": _farms,
    "BU90210400": _suburb,
    "BU90210401": _reeds,
    "BU90210409": _farms,
}
