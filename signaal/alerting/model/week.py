"""The list of the week of one district: where to look, and which places were drawn. Pure.

The list says openly that one in five places is drawn at random; it doesn't say which, so that
every place is looked at in the same way.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import ceil
from random import Random
from uuid import UUID

from signaal.alerting.model.life import EarlyWarning
from signaal.clock import WEEKS_PER_PERIOD
from signaal.hotspots.model import WeekFigure
from signaal.intake.model import Kind

HALVES_EVERY = 4
"""Weeks in which the weight of a voice halves in the order of attention."""
WEIGHS_UNTIL = 26
"""Weeks after which it weighs nothing."""
WEIGHTS = tuple(0.5 ** (age / HALVES_EVERY) for age in range(WEIGHS_UNTIL))
"""By age in weeks, the running week first. Source: trust.md, section 4, rule 7."""


class Origin(StrEnum):
    """Why a place is on the list; for the evaluation, never on the list itself."""

    WARNING = "warning"
    HOTSPOT = "hotspot"
    DRAWN = "drawn"


@dataclass(frozen=True)
class Place:
    """One place on the list.

    Attributes:
        kind: Which evidence.
        figure: The block and its figures.
        origin: Why it is on the list.
        warning: Which warning, if that is why.
    """

    kind: Kind
    figure: WeekFigure
    origin: Origin
    warning: UUID | None = None

    @property
    def key(self) -> tuple[str, Kind]:
        """By this a place is on the list once."""
        return self.figure.block.code, self.kind


@dataclass(frozen=True)
class Room:
    """How many rows there are, and which share of them is drawn."""

    length: int
    random_share: float

    @property
    def drawn(self) -> int:
        """How many places are drawn on a full list: the share, rounded up."""
        return ceil(round(self.length * self.random_share, 9))

    @property
    def pointed(self) -> int:
        """How many places the figures may fill."""
        return self.length - self.drawn

    def beside(self, pointed: int) -> int:
        """How many places are drawn beside so many others: the share of the list, at least one."""
        share = self.random_share
        return max(1, ceil(round(pointed * share / (1 - share), 9)))


Figures = Mapping[Kind, Sequence[WeekFigure]]
"""The figures of one district's blocks, for each kind that is watched."""


def attention(figure: WeekFigure) -> float:
    """How much attention a block asks for, within one kind.

    Args:
        figure: Its figures.

    Returns:
        Reporters of the last 26 weeks against what is expected in its dwellings, of which the
        weight halves every 4 weeks. 1 for a block like the town.
    """
    # The latest week comes last in the figures and first in the weights.
    weighted = sum(w * v for w, v in zip(WEIGHTS, reversed(figure.weekly), strict=False))
    usual = figure.expected / WEEKS_PER_PERIOD * sum(WEIGHTS)
    return weighted / usual if usual > 0 else float(weighted)


def list_of_week(
    figures: Figures, warnings: Sequence[EarlyWarning], *, room: Room, seed: str
) -> tuple[Place, ...]:
    """The list of a district as it is frozen at the beginning of the week.

    Warnings have their place before other reliable hotspots; a block of a warning isn't there
    twice for the same kind. What the figures point at stands in order of attention, of each kind
    in turn, never by a total over kinds. Drawn places stand anywhere among them; they come from
    all blocks that have no place yet, also those for which there was none: or of two equal blocks
    the one that is second would stay out of sight for weeks. Where no block is left to draw from,
    none is drawn; where nothing is pointed at, there are drawn places only.

    Args:
        figures: The figures of the district's blocks.
        warnings: The warnings that haven't ended; those of other districts are passed over.
        room: How many rows, and which share of them is drawn.
        seed: The same seed draws the same places.

    Returns:
        At most `room.length` places, each block and kind once.
    """
    called = warned(figures, warnings)
    covered = {(code, each.kind) for each in warnings for code in each.codes}
    hot = [
        Place(kind, figure, Origin.HOTSPOT)
        for kind, rows in figures.items()
        for figure in rows
        if figure.found and (figure.block.code, kind) not in covered
    ]
    chosen = _in_turn(called)[: room.pointed]
    chosen += _in_turn(hot)[: room.pointed - len(chosen)]
    shown = {place.warning for place in chosen}
    pointed_at = {place.figure.block.code for place in chosen}
    pointed_at.update(code for each in warnings if each.id in shown for code in each.codes)
    dice = Random(seed)  # noqa: S311 - reproducible, and nobody gains by guessing it
    drawn = _drawn(figures, pointed_at, count=room.beside(len(chosen)), dice=dice)
    return _mixed(_in_turn(chosen), drawn, dice=dice)


def warned(figures: Figures, warnings: Sequence[EarlyWarning]) -> list[Place]:
    """One place for each warning in this district: its block that asks for most attention."""
    places = []
    for warning in warnings:
        codes = frozenset(warning.codes)
        inside = [each for each in figures.get(warning.kind, ()) if each.block.code in codes]
        if inside:
            first = min(inside, key=lambda each: (-attention(each), each.block.code))
            places.append(Place(warning.kind, first, Origin.WARNING, warning.id))
    return places


def added(
    figures: Figures, warnings: Sequence[EarlyWarning], *, listed: frozenset[tuple[str, Kind]]
) -> tuple[Place, ...]:
    """What comes at the end of a list that is frozen: warnings raised since, in turn.

    Args:
        figures: The figures of the district's blocks.
        warnings: The warnings that were raised since the list was frozen.
        listed: What is on the list, by block and kind.
    """
    places = {place.key: place for place in _in_turn(warned(figures, warnings))}
    return tuple(place for key, place in places.items() if key not in listed)


def _in_turn(places: Sequence[Place]) -> list[Place]:
    """By attention within each kind; the first of each kind, then the second of each."""
    by_kind: dict[Kind, list[Place]] = defaultdict(list)
    for place in places:
        by_kind[place.kind].append(place)
    ranked = []
    for number, kind in enumerate(kind for kind in Kind if kind in by_kind):
        ordered = sorted(by_kind[kind], key=_order)
        ranked += [(rank, number, place) for rank, place in enumerate(ordered)]
    return [place for _, _, place in sorted(ranked, key=lambda each: each[:2])]


def _order(place: Place) -> tuple[float, str]:
    return -attention(place.figure), place.figure.block.code


def _drawn(figures: Figures, pointed_at: set[str], *, count: int, dice: Random) -> list[Place]:
    by_code: dict[str, list[tuple[Kind, WeekFigure]]] = defaultdict(list)
    for kind in Kind:
        for figure in figures.get(kind, ()):
            by_code[figure.block.code].append((kind, figure))
    others = sorted(by_code.keys() - pointed_at)
    codes = dice.sample(others, min(count, len(others)))
    return [Place(*dice.choice(by_code[code]), Origin.DRAWN) for code in codes]


def _mixed(pointed: Sequence[Place], drawn: Sequence[Place], *, dice: Random) -> tuple[Place, ...]:
    total = len(pointed) + len(drawn)
    where = frozenset(dice.sample(range(total), len(drawn)))
    left, random_ones = iter(pointed), iter(drawn)
    return tuple(next(random_ones if place in where else left) for place in range(total))
