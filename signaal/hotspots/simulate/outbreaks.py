"""What is planted in a stream: where it begins, how it grows, and which blocks it takes."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from signaal.errors import ImpossibleSimulation
from signaal.hotspots.simulate.maps import BlockMap


class Shape(StrEnum):
    """The five shapes in which trouble comes."""

    DOUBLING = "doubling"
    """At once, in one block or in a few beside each other."""
    SLOW = "slow"
    """Growing week by week, in blocks beside each other."""
    JUMP = "jump"
    """A neighbour more each week."""
    STREET = "street"
    """At once, in a row of blocks."""
    NEIGHBOURHOOD = "neighbourhood"
    """At once, in all blocks of a neighbourhood."""


GROWS_OVER = 12
"""Weeks in which slow trouble reaches its height."""
MOST_TIMES = 1000


NEARLY = 1e-6
"""Metres within which two blocks are as near."""


@dataclass(frozen=True)
class Outbreak:
    """An outbreak to be planted.

    Attributes:
        shape: How it comes.
        start: The first week in which there is more than usual, counted from the stream's first.
        size: How many blocks (a whole neighbourhood has its own size).
        times: How many times the usual at its height; 2 is twice as much.
        lasts: How many weeks; None: to the end of the stream.
        origin: The block where it begins; None: drawn at random.
    """

    shape: Shape
    start: int
    size: int = 4
    times: float = 2.0
    lasts: int | None = None
    origin: int | None = None


@dataclass(frozen=True, eq=False)
class Truth:
    """What was planted: the answer that a method of early warning should give.

    Attributes:
        shape: How it comes.
        blocks: Its blocks, in the order in which they are reached.
        since: First week of each of those blocks, counted from the stream's first week.
        until: The week after its last week.
        factor: How many times the usual, shape (blocks of the outbreak, weeks of the stream).
    """

    shape: Shape
    blocks: NDArray[np.int64]
    since: NDArray[np.int64]
    until: int
    factor: NDArray[np.float64]

    def blocks_at(self, week: int) -> NDArray[np.int64]:
        """The blocks in which there is more than usual in a week."""
        return self.blocks[(self.since <= week) & (week < self.until)]


def plant(outbreak: Outbreak, town: BlockMap, *, weeks: int, chance: np.random.Generator) -> Truth:
    """Chooses the blocks of an outbreak and says how many times the usual they have, when.

    Args:
        outbreak: What to plant.
        town: Where.
        weeks: Weeks of the stream.
        chance: Where chance comes from.

    Raises:
        ImpossibleSimulation: It begins outside the stream, has no size or is larger than the town,
            or takes voices away.
    """
    _check(outbreak, blocks=town.blocks, weeks=weeks)
    origin = int(chance.integers(town.blocks)) if outbreak.origin is None else outbreak.origin
    blocks = _blocks_of(outbreak, town, origin=origin, chance=chance)
    since = np.full(len(blocks), outbreak.start)
    if outbreak.shape is Shape.JUMP:
        since = since + np.arange(len(blocks))
    until = weeks if outbreak.lasts is None else min(weeks, outbreak.start + outbreak.lasts)
    week = np.arange(weeks)
    on = (week >= since[:, None]) & (week < until)
    height = np.ones(weeks)
    if outbreak.shape is Shape.SLOW:
        height = np.clip((week - outbreak.start + 1) / GROWS_OVER, 0.0, 1.0)
    factor = 1.0 + np.where(on, (outbreak.times - 1.0) * height, 0.0)
    return Truth(outbreak.shape, blocks, since, until, factor)


def _check(outbreak: Outbreak, *, blocks: int, weeks: int) -> None:
    if not (0 <= outbreak.start < weeks and 1 <= outbreak.times <= MOST_TIMES):
        raise ImpossibleSimulation(
            f"{outbreak.shape}: kies een begin in week 0 tot {weeks - 1}, en 1 tot {MOST_TIMES}"
            f" maal het gewone. / {outbreak.shape}: choose a start in week 0 to {weeks - 1}, and 1"
            f" to {MOST_TIMES} times the usual."
        )
    # A whole neighbourhood has its own size.
    if not (1 <= outbreak.size <= blocks or outbreak.shape is Shape.NEIGHBOURHOOD):
        raise ImpossibleSimulation(
            f"{outbreak.shape}: kies 1 tot {blocks} blokken; meer heeft de stad niet."
            f" / {outbreak.shape}: choose 1 to {blocks} blocks; the town has no more."
        )


def _blocks_of(
    outbreak: Outbreak, town: BlockMap, *, origin: int, chance: np.random.Generator
) -> NDArray[np.int64]:
    if outbreak.shape is Shape.NEIGHBOURHOOD:
        return np.flatnonzero(town.neighbourhood == town.neighbourhood[origin])
    if outbreak.shape is Shape.STREET:
        return _line(town, origin=origin, size=outbreak.size, chance=chance)
    compact = outbreak.shape is not Shape.JUMP
    return _patch(town, origin=origin, size=outbreak.size, compact=compact, chance=chance)


def _patch(
    town: BlockMap, *, origin: int, size: int, compact: bool, chance: np.random.Generator
) -> NDArray[np.int64]:
    """Block after block beside what is taken; compact: the one nearest to the middle of it."""
    taken = [origin]
    while len(taken) < size:
        beside = np.concatenate([town.beside(block) for block in taken])
        edge = np.setdiff1d(beside, taken)
        if not edge.size:
            break
        if compact:
            apart = np.hypot(*(town.centres[edge] - town.centres[taken].mean(axis=0)).T)
            edge = edge[apart <= apart.min() + NEARLY]
        taken.append(int(chance.choice(edge)))
    return np.array(taken, dtype=np.int64)


def _line(
    town: BlockMap, *, origin: int, size: int, chance: np.random.Generator
) -> NDArray[np.int64]:
    """A row of blocks straight on from the origin; from its other end where the town ends."""
    angle = chance.uniform(0, 2 * np.pi)
    heading = np.array([np.cos(angle), np.sin(angle)])
    taken = [origin]
    for way in (heading, -heading):
        at = origin
        while len(taken) < size:
            ahead = [block for block in town.beside(at) if block not in taken]
            if len(taken) > 1 and at != origin:
                way = town.centres[at] - town.centres[origin]  # noqa: PLW2901 - goes straight on
            steps = [float(_step(town, at, block) @ way) for block in ahead]
            if not steps or max(steps) <= 0:
                break
            at = int(ahead[int(np.argmax(steps))])
            taken.append(at)
    return np.array(taken, dtype=np.int64)


def _step(town: BlockMap, start: int, end: int) -> NDArray[np.float64]:
    move = town.centres[end] - town.centres[start]
    return np.asarray(move / max(float(np.hypot(*move)), 1e-9))
