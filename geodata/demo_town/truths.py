"""What is really going on in Lindestad: the truths that the figures should bring to light."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.spatial import Voronoi

from demo_town.doors import Address
from demo_town.plan import ORIGIN, Point, spot

LEAST, MOST = 8, 15
"""Distinct reporters in any four weeks in a row while a place is hot."""
WEEKS = 112
"""Two fixed years, and the weeks that lie between them and now."""
SPREAD_STEPS = (20, 16, 12, 8)
"""Weeks back in which trouble is first seen in the origin and in each place that it reaches."""


@dataclass(frozen=True)
class HotPlace:
    """One postcode with trouble, from one week to another, counted back from the present week."""

    postcode: str
    street: str
    since: int
    until: int


@dataclass(frozen=True)
class Truth:
    """One thing that goes on, and what Signaal should say about it."""

    name: str
    shape: str
    kind: str
    categories: tuple[str, ...]
    neighbourhood: str
    places: tuple[HotPlace, ...]
    reporters: int
    """How many neighbours take part, at each place."""
    found: str


class Map:
    """Which postcode lies where, and which lie side by side."""

    def __init__(self, addresses: Sequence[Address]) -> None:
        homes = [address for address in addresses if address.is_dwelling]
        self.street = {home.postcode: home.street for home in homes}
        self.neighbourhood = {home.postcode: home.neighbourhood for home in homes}
        self.size = Counter(home.postcode for home in homes)
        spots: dict[str, list[Point]] = defaultdict(list)
        for home in homes:
            spots[home.postcode].append((home.x - ORIGIN[0], home.y - ORIGIN[1]))
        self.middle = {code: np.mean(places, axis=0) for code, places in spots.items()}
        self.beside = _beside(homes)

    def at(self, x: float, y: float, *, least: int = 24) -> str:
        """The postcode of at least so many homes whose middle is nearest to a spot."""
        roomy = [code for code, size in self.size.items() if size >= least]
        return min(roomy, key=lambda code: float(np.hypot(*(self.middle[code] - spot(x, y)))))

    def onward(self, reached: list[str], heading: Point) -> str:
        """The next postcode: beside one that is reached, least far off the heading."""
        start = self.middle[reached[0]]
        edge = {
            code
            for known in reached
            for code in self.beside[known]
            if code not in reached
            and self.size[code] >= LEAST + 12
            and self.neighbourhood[code] == self.neighbourhood[reached[0]]
        }
        ahead = [code for code in edge if (self.middle[code] - start) @ np.array(heading) > 0]
        return min(
            sorted(ahead or edge),
            key=lambda code: float(np.hypot(*(self.middle[code] - start))),
        )


def _beside(homes: Sequence[Address]) -> dict[str, set[str]]:
    """Postcodes whose homes are next to each other, by at least two pairs of homes."""
    cells = Voronoi(np.array([(home.x, home.y) for home in homes]))
    pairs = Counter(
        frozenset((homes[one].postcode, homes[other].postcode))
        for one, other in cells.ridge_points
        if homes[one].postcode != homes[other].postcode
    )
    beside: dict[str, set[str]] = defaultdict(set)
    for pair, touching in pairs.items():
        if touching > 1:
            one, other = sorted(pair)
            beside[one].add(other)
            beside[other].add(one)
    return beside


def truths_of(town: Map) -> tuple[Truth, ...]:
    """The five truths of the town, told in the words of `truths.toml`."""
    gallery, dump, angry = town.at(3330, 1010), town.at(1800, 780), town.at(2700, 2150)
    reached = [town.at(2860, 1440)]
    while len(reached) < len(SPREAD_STEPS):
        reached.append(town.onward(reached, (1.0, 0.8)))
    if not all(b in town.beside[a] for a, b in pairwise(reached[:2])):
        raise AssertionError("the first step must lead to the postcode beside the origin")

    def hot(code: str, since: int, until: int) -> HotPlace:
        return HotPlace(code, town.street[code], since, until)

    return (
        Truth(
            "nachtlawaai", "lasting", "nuisance", ("noise", "noise", "noise", "drugs_alcohol"),
            town.neighbourhood["8021AC"], (hot("8021AC", 23, 0),), MOST,
            "Een blijvende brandhaard: elke vier weken acht of meer melders in dit blok.",
        ),
        Truth(
            "zorgen-galerij", "lasting", "concern",
            ("confusion", "neglect", "confusion", "squalor"),
            town.neighbourhood[gallery], (hot(gallery, 51, 0),), MOST,
            "Een blijvende brandhaard van zorgen, het hele jaar door.",
        ),
        Truth(
            "jongeren-trekken-op", "spreading", "nuisance",
            ("youth_group", "youth_group", "vandalism", "intimidation"),
            town.neighbourhood[reached[0]],
            tuple(hot(code, at, 0) for code, at in zip(reached, SPREAD_STEPS, strict=True)), 13,
            "Overlast die in vijf maanden van blok naar blok trekt, telkens naar een blok ernaast.",
        ),
        Truth(
            "afval-opgelost", "fading", "nuisance", ("waste", "waste", "stench"),
            town.neighbourhood[dump], (hot(dump, 46, 20),), MOST,
            "Een brandhaard die twintig weken geleden doofde; nu niet meer dan elders.",
        ),
        Truth(
            "boze-melder", "false_alarm", "nuisance", ("neighbour_dispute", "noise"),
            town.neighbourhood[angry], (hot(angry, 6, 1),), 1,
            "Vijftig meldingen van één melder in zes weken: één stem, geen brandhaard.",
        ),
    )  # fmt: skip


def as_toml(truths: Sequence[Truth], seed: int) -> str:
    """The truths written down for people and for tests."""
    parts = [_HEADER.format(oldest=WEEKS - 1, seed=seed, least=LEAST, most=MOST)]
    for truth in truths:
        names = ", ".join(f'"{name}"' for name in dict.fromkeys(truth.categories))
        bounds = [1, 1] if truth.reporters == 1 else [LEAST, MOST]
        parts.append(
            f'[[truths]]\nname = "{truth.name}"\nshape = "{truth.shape}"\nkind = "{truth.kind}"\n'
            f'categories = [{names}]\nneighbourhood = "{truth.neighbourhood}"\n'
            f'reporters_per_four_weeks = {bounds}\nfound = "{truth.found}"\n'
        )
        parts += [
            f'[[truths.places]]\npostcode = "{place.postcode}"\nstreet = "{place.street}"\n'
            f"from_week_back = {place.since}\nto_week_back = {place.until}\n"
            for place in truth.places
        ]
    return "\n".join(parts)


_HEADER = """\
# Wat er in de verzonnen meldingen van Lindestad verstopt zit. Gemaakt door make_demo_town.py.
# What lies hidden in Lindestad's invented reports. Made by make_demo_town.py, seed {seed}.
#
# Weeks count back from the week in which the demo is loaded: 0 is that week,
#   {oldest} the first one.
# shape: lasting, spreading (places stand in the order in which they are reached), fading,
#   or false_alarm (one reporter; nothing should be found).
# reporters_per_four_weeks: at least and at most so many distinct reporters of this kind in any
#   four weeks in a row between from_week_back and to_week_back; {least} and {most} where it is hot.
#   A fading place grows quiet in its last six weeks. Every other postcode stays at 3 or fewer.
"""
