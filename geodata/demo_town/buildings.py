"""Buildings along the streets: what stands where, and how many homes it holds."""

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely
from shapely import LineString, MultiPolygon, STRtree

from demo_town.plan import ORIGIN, rng_for, spot
from demo_town.streets import PARKS, Manner, Street

ELBOW_ROOM = 8.0
"""Metres between the axes of two buildings in different rows."""
STREET_ROOM = 9.0
"""Metres between the axis of a building and the middle of another street."""
PARK_ROOM = 6.0
FARMS = 8

Taken = dict[tuple[int, int], list[tuple[float, float, int]]]
"""Per square of the ground: spots where a building stands, each with the number of its row."""


@dataclass(frozen=True)
class Home:
    """What lies behind one door, in metres from the middle of its building."""

    along: float = 0.0
    deep: float = 0.0
    letter: str = ""
    addition: str = ""
    next_number: bool = False
    """Whether this door has a house number of its own after the one before it."""
    use: str = "woonfunctie"


@dataclass(frozen=True)
class Building:
    """One building (pand) at one side of a street."""

    street: Street
    side: int
    """0 is the odd side, 1 the even side."""
    at: float
    """Metres from the beginning of the street."""
    x: float
    y: float
    heading: float
    """Radians in which the building runs."""
    length: float
    homes: tuple[Home, ...]

    @property
    def axis(self) -> LineString:
        """The line from one end wall to the other."""
        reach = max(self.length / 2, 0.5)
        east, north = reach * math.cos(self.heading), reach * math.sin(self.heading)
        return LineString([(self.x - east, self.y - north), (self.x + east, self.y + north)])


SHOP_HOUSES: dict[tuple[Home, ...], float] = {
    (
        Home(deep=-2.0, use="winkelfunctie"),
        Home(-1.4, 1.0, letter="A"),
        Home(1.4, 1.0, letter="B"),
    ): 0.25,
    (Home(use="woonfunctie,winkelfunctie"),): 0.07,
    (Home(deep=-1.2), Home(deep=1.2, letter="A")): 0.43,
    (Home(),): 0.25,
}
"""What stands in a shopping street, and how often."""


def build(area: MultiPolygon, code: str, streets: list[Street]) -> list[Building]:
    """What can stand in a neighbourhood without standing in the way of something else."""
    room = area.buffer(-9.0)
    parks = [
        shapely.Point(np.array(spot(x, y)) + ORIGIN).buffer(radius + PARK_ROOM)
        for x, y, radius in PARKS.get(code, ())
    ]
    room = shapely.difference(room, shapely.union_all(parks)) if parks else room
    shapely.prepare(room)
    lines = STRtree([street.line for street in streets])
    taken: Taken = defaultdict(list)
    standing = []
    for index, street in enumerate(streets):
        for plot in _plots(street):
            near = lines.query(plot.axis, predicate="dwithin", distance=STREET_ROOM)
            row = 2 * index + plot.side
            if room.contains(plot.axis) and set(near) <= {index} and _free(taken, plot, row):
                standing.append(plot)
    return standing


def _free(taken: Taken, plot: Building, row: int) -> bool:
    """Whether nothing of another row stands here; if so, the place is taken from now on."""
    points = [plot.axis.interpolate(at) for at in np.arange(0, plot.length + 1, 4.0)]
    places = [(point.x, point.y) for point in points]
    for x, y in places:
        column, line = _cell(x, y)
        beside = ((column + i, line + j) for i in (-1, 0, 1) for j in (-1, 0, 1))
        for there_x, there_y, other in (entry for key in beside for entry in taken.get(key, ())):
            if other != row and math.hypot(there_x - x, there_y - y) < ELBOW_ROOM:
                return False
    for x, y in places:
        taken[_cell(x, y)].append((x, y, row))
    return True


def _cell(x: float, y: float) -> tuple[int, int]:
    return int(x // ELBOW_ROOM), int(y // ELBOW_ROOM)


def _plots(street: Street) -> Iterator[Building]:
    """Building plots along a street, from its beginning, both sides in turn."""
    chance = rng_for("plots", street.neighbourhood, street.name)
    sides = {Manner.ERF: (1,), Manner.BOATS: (1,)}.get(street.manner, (0, 1))
    places = np.arange(street.width * 0.7, street.line.length - street.width * 0.5, street.width)
    for turn, at in enumerate(places):
        if street.manner is Manner.FARM and turn >= FARMS // 2:
            return
        for side in sides:
            if _is_alley(street.manner, turn + 5 * side):
                continue
            shift = chance.normal(0, 0.25) if street.manner is not Manner.FARM else side * 130.0
            yield _plot(street, side=side, at=float(at + shift), chance=chance)


def _is_alley(manner: Manner, turn: int) -> bool:
    """Rows are broken now and then by an alley to the back gardens."""
    every = {Manner.ROW: 11, Manner.STAIRS: 15, Manner.SHOPS: 13, Manner.ERF: 7}.get(manner)
    return every is not None and turn % every == every - 1


def _plot(street: Street, *, side: int, at: float, chance: np.random.Generator) -> Building:
    before, after = street.line.interpolate(at - 2), street.line.interpolate(at + 2)
    heading = math.atan2(after.y - before.y, after.x - before.x)
    outward = heading + (math.pi / 2 if side == 0 else -math.pi / 2)
    length, homes = _homes(street, chance)
    stands_across = street.manner in {Manner.PORTIEK, Manner.GALLERY}
    depth = street.setback + (length / 2 if stands_across else chance.normal(0, 0.3))
    middle = street.line.interpolate(at)
    return Building(
        street,
        side,
        at,
        middle.x + depth * math.cos(outward),
        middle.y + depth * math.sin(outward),
        outward if stands_across else heading,
        length,
        homes,
    )


def _homes(street: Street, chance: np.random.Generator) -> tuple[float, tuple[Home, ...]]:
    """How long a building is, and the homes in it."""
    match street.manner:
        case Manner.PORTIEK:
            entrances = int(chance.choice([3, 4]))
            return entrances * 14.5, _stairwells(entrances)
        case Manner.GALLERY:
            return 58.0, _galleries(floors=5, doors=8)
        case Manner.SHOPS:
            return street.width - 1, _above_shops(chance)
        case Manner.STAIRS:
            return street.width - 1, _upstairs(street)
        case _:
            single = chance.random() > (0.015 if street.manner is Manner.ROW else 0.0)
            homes = (Home(),) if single else (Home(along=-1.2), Home(along=1.2, letter="A"))
            return street.width - 1, homes


def _stairwells(entrances: int) -> tuple[Home, ...]:
    """Four floors, two doors on each landing, counted stairwell by stairwell."""
    middles = (np.arange(entrances) - (entrances - 1) / 2) * 14.5
    return tuple(
        Home(float(middle + hand * 3.4), (floor - 1.5) * 1.4, next_number=True)
        for middle in middles
        for floor in range(4)
        for hand in (-1, 1)
    )


def _galleries(*, floors: int, doors: int) -> tuple[Home, ...]:
    """Open galleries, counted floor by floor."""
    return tuple(
        Home((door - (doors - 1) / 2) * 7.0, (floor - (floors - 1) / 2) * 1.4, next_number=True)
        for floor in range(floors)
        for door in range(doors)
    )


def _above_shops(chance: np.random.Generator) -> tuple[Home, ...]:
    houses = list(SHOP_HOUSES)
    return houses[int(chance.choice(len(houses), p=list(SHOP_HOUSES.values())))]


def _upstairs(street: Street) -> tuple[Home, ...]:
    """One number, several dwellings above each other."""
    if street.neighbourhood == "BU90210100":
        return (Home(deep=-1.2), Home(deep=1.2, addition="II"))
    return (
        Home(deep=-1.5, addition="hs"),
        Home(deep=0.1, addition="II"),
        Home(deep=1.6, addition="III"),
    )
