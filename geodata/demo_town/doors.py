"""From buildings to addresses: house numbers, letters, additions and postcodes."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from demo_town.buildings import Building, build
from demo_town.plan import DISTRICTS, NEIGHBOURHOODS, Ground, Neighbourhood, rng_for
from demo_town.streets import Manner, Street

LETTERS = "ABCDEGHJKLMNPRSTVWXZ"
NEVER_USED = {"SA", "SD", "SS"}
SMALLEST, USUAL, LARGEST = 14, 28, 42
"""Addresses at one postcode."""

KEPT = {("Wagenmakersstraat", 1): "8021AC", ("Stokerstraat", 1): "8021AB"}
"""Postcodes that examples speak of: the even side of these streets, from number 2."""


@dataclass(frozen=True)
class Address:
    """One address, ready to be written down."""

    street: str
    number: int
    letter: str
    addition: str
    postcode: str
    neighbourhood: str
    use: str
    is_mooring: bool
    building: int
    year: int
    surface: int
    """Square metres."""
    x: float
    y: float

    @property
    def is_dwelling(self) -> bool:
        """Whether it counts as a dwelling: a place to live in a building (verblijfsobject)."""
        return not self.is_mooring and "woonfunctie" in self.use


@dataclass(frozen=True)
class _Numbered:
    building: Building
    number: int


def number_doors(ground: Ground, streets: list[Street]) -> list[Address]:
    """All addresses of the town, neighbourhood by neighbourhood, street by street."""
    codes = {district.code: _postcodes(district.postcode4) for district in DISTRICTS}
    addresses: list[Address] = []
    for place in NEIGHBOURHOODS:
        own = [street for street in streets if street.neighbourhood == place.code]
        standing = build(ground.neighbourhoods[place.code], place.code, own)
        for _, along in groupby(standing, key=lambda house: house.street.name):
            for group in _postcode_groups(_numbered(list(along))):
                postcode = _kept(group) or next(codes[place.district])
                for house in group:
                    addresses += _doors(house, postcode, place, len(addresses))
    return addresses


def _postcodes(digits: str) -> Iterator[str]:
    for first in LETTERS:
        for second in LETTERS:
            code = f"{digits}{first}{second}"
            if first + second not in NEVER_USED and code not in KEPT.values():
                yield code


def _kept(group: list[_Numbered]) -> str | None:
    first = group[0]
    return (
        KEPT.get((first.building.street.name, first.building.side)) if first.number <= 2 else None  # noqa: PLR2004
    )


def _numbered(along: list[Building]) -> list[_Numbered]:
    """House numbers: odd on one side, even on the other; in a court one after the other."""
    step = 1 if along[0].street.manner is Manner.ERF else 2
    upcoming = {0: 1, 1: 1 if step == 1 else 2}
    numbered = []
    for house in sorted(along, key=lambda building: building.at):
        numbered.append(_Numbered(house, upcoming[house.side]))
        upcoming[house.side] += step * max(1, sum(home.next_number for home in house.homes))
    return numbered


def _postcode_groups(along: list[_Numbered]) -> Iterator[list[_Numbered]]:
    """A side of a street, or a stretch of it; both sides where few people live."""
    sides = [[house for house in along if house.building.side == side] for side in (0, 1)]
    if _size(along) <= LARGEST or min(map(_size, sides)) < SMALLEST:
        yield from _stretches(along)
        return
    for side in sides:
        yield from _stretches(side)


def _stretches(houses: list[_Numbered]) -> Iterator[list[_Numbered]]:
    total = _size(houses)
    share = total / max(1, math.ceil(total / LARGEST) if total < 2 * USUAL else total // USUAL)
    stretch: list[_Numbered] = []
    seen = 0
    goal = share
    for house in houses:
        reached = seen + _size([house]) / 2 > goal and total - seen >= SMALLEST
        if stretch and (reached or _size([*stretch, house]) > LARGEST):
            yield stretch
            stretch, goal = [], seen + share
        stretch.append(house)
        seen += _size([house])
    yield stretch


def _size(houses: list[_Numbered]) -> int:
    return sum(len(house.building.homes) for house in houses)


def _doors(house: _Numbered, postcode: str, place: Neighbourhood, so_far: int) -> Iterator[Address]:
    chance = rng_for("doors", house.building.street.name, place.code, house.number)
    building = house.building
    cos, sin = math.cos(building.heading), math.sin(building.heading)
    year = int(chance.integers(place.built[0], place.built[1] + 1))
    number = house.number
    for count, home in enumerate(building.homes):
        number += 2 if home.next_number and count else 0
        yield Address(
            building.street.name,
            number,
            home.letter,
            home.addition,
            postcode,
            place.code,
            home.use,
            building.street.manner is Manner.BOATS,
            so_far + 1,
            year,
            _surface(building.street.manner, chance.normal()),
            round(building.x + home.along * cos - home.deep * sin, 2),
            round(building.y + home.along * sin + home.deep * cos, 2),
        )


def _surface(manner: Manner, luck: float) -> int:
    usual = {Manner.VILLA: 210, Manner.FARM: 260, Manner.ROW: 112, Manner.ERF: 118}
    middle = usual.get(manner, 76)
    return max(28, round(middle * (1 + 0.12 * luck)))
