"""How good is the early warning? Simulated towns with planted outbreaks, each method alike.

Every method gets the same towns, and the critical value at which it raises one false alarm per
town and quarter in towns without an outbreak; other towns than those in which it is judged.
"""

import argparse
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from bench.warning_quality_methods import METHODS, Look, Method, Place, Scan
from signaal.hotspots.numbers.expected import expected_weeks
from signaal.hotspots.simulate import (
    BlockMap,
    Habits,
    Outbreak,
    Shape,
    Stream,
    Truth,
    grid_map,
    invent,
)

HISTORY = 112
"""Weeks before the outbreak."""
QUARTER = 13
WITHIN = 8
"""Weeks in which an outbreak should be found."""
HORIZON = 26
"""Weeks for which the search goes on."""
MEMORY = 8
"""A warning that was last seen longer ago than so many weeks has ended."""
WARM_UP = 8
"""Weeks of looking before false alarms are counted, so that lasting ones are no news."""

BARE = 60
"""Towns that are looked at without their outbreak too: for what is found by luck, and oddities."""

Weekly = list[Sequence[Place]]


@dataclass(frozen=True)
class Found:
    """What one method made of one planted outbreak: weeks until found (inf: never), overlap."""

    delay: float
    jaccard: float


@dataclass(frozen=True)
class Result:
    """One method, one kind of outbreak, all towns."""

    method: str
    found: tuple[Found, ...]
    luck: float
    """Share of towns without the outbreak in which the same blocks are "found" just so."""
    critical: float

    @property
    def share(self) -> float:
        """Share found within eight weeks."""
        return float(np.mean([one.delay <= WITHIN for one in self.found]))

    @property
    def delay(self) -> float:
        """Median weeks until found, over all outbreaks; never found is longer than any."""
        return float(np.median([one.delay for one in self.found]))

    @property
    def jaccard(self) -> float:
        """Mean overlap of the flagged blocks with the truth, where found within eight weeks."""
        near = [one.jaccard for one in self.found if one.delay <= WITHIN]
        return float(np.mean(near)) if near else float("nan")


def watch(
    method: Method, stream: Stream, town: BlockMap, *, weeks: range, seed: int
) -> Iterator[Sequence[Place]]:
    """What a method says, week after week, for as long as somebody listens."""
    chance = np.random.default_rng(seed)
    for week in weeks:
        yield method(Look(town, stream.counts[:, : week + 1], chance))


def raised(weekly: Weekly, critical: float, *, warm_up: int = WARM_UP) -> int:
    """New warnings after the warm-up: a place that shares a block with a living one is no news."""
    alive: list[tuple[frozenset[int], int]] = []
    fresh = 0
    for week, places in enumerate(weekly):
        alive = [one for one in alive if one[1] >= week - MEMORY]
        for place in places:
            if place.score < critical:
                break
            new = not any(blocks & place.blocks for blocks, _ in alive)
            fresh += new and week >= warm_up
            alive = [one for one in alive if not one[0] <= place.reach]
            alive.append((place.reach, week))
    return fresh


def critical_value(quiet: Sequence[Weekly]) -> float:
    """The score at which towns without an outbreak see one false alarm in a quarter."""
    allowed = sum(len(weekly) - WARM_UP for weekly in quiet) / QUARTER
    scores = np.unique([place.score for weekly in quiet for week in weekly for place in week])
    low, high = 0, len(scores) - 1
    while low < high:
        middle = (low + high) // 2
        if sum(raised(weekly, scores[middle]) for weekly in quiet) <= allowed:
            high = middle
        else:
            low = middle + 1
    return float(scores[low])


def found_in(
    weekly: Iterable[Sequence[Place]], truth: Truth, critical: float, *, start: int
) -> Found:
    """The first week of looking in which a place above the critical value holds its blocks."""
    for week, places in enumerate(weekly):
        real = set(truth.blocks_at(start + week).tolist())
        shown = [place.blocks for place in places if place.score >= critical]
        if any(blocks & real for blocks in shown):
            flagged = frozenset().union(*shown)
            return Found(week + 1, len(flagged & real) / len(flagged | real))
    return Found(np.inf, 0.0)


@dataclass(frozen=True)
class Campaign:
    """How many towns, how long, and from which seed."""

    town: BlockMap
    habits: Habits
    towns: int
    seed: int
    quiet_weeks: int = WARM_UP + QUARTER

    def quiet(self, method: Method, habits: Habits | None = None) -> list[Weekly]:
        """Towns without an outbreak, for the critical value."""
        last = HISTORY + self.quiet_weeks
        return [
            list(self.watched(method, self.stream(nth, last, loud=False, habits=habits), nth))
            for nth in range(self.towns)
        ]

    def watched(self, method: Method, stream: Stream, nth: int) -> Iterator[Sequence[Place]]:
        """What a method says of a stream from the end of its history on."""
        return watch(method, stream, self.town, weeks=range(HISTORY, stream.weeks), seed=nth)

    def judged(
        self, name: str, method: Method, outbreak: Outbreak, *, critical: float, horizon: int
    ) -> Result:
        """One method on one kind of outbreak, in other towns than gave the critical value."""
        planted = replace(outbreak, start=HISTORY)
        found, lucky = [], []
        for nth in range(self.towns):
            stream = self.stream(nth, HISTORY + horizon, [planted])
            (truth,) = stream.truths
            weekly = self.watched(method, stream, nth)
            found.append(found_in(weekly, truth, critical, start=HISTORY))
            if nth < BARE:
                bare = self.watched(method, self.stream(nth, HISTORY + WITHIN), nth)
                lucky.append(found_in(bare, truth, critical, start=HISTORY).delay <= WITHIN)
        return Result(name, tuple(found), float(np.mean(lucky)), critical)

    def stream(
        self,
        nth: int,
        weeks: int,
        outbreaks: Sequence[Outbreak] = (),
        *,
        loud: bool = True,
        habits: Habits | None = None,
    ) -> Stream:
        """One town; the same one with and without an outbreak."""
        return invent(
            self.town,
            habits=habits or self.habits,
            weeks=weeks,
            seed=[self.seed, loud, nth],
            outbreaks=outbreaks,
        )


def odd_warnings(campaign: Campaign, scan: Scan, odd: Habits, critical: float) -> int:
    """Towns in which something odd alone raises a warning: at its block, not so without it."""
    raised_by_it = 0
    for nth in range(min(BARE, campaign.towns)):
        stream = campaign.stream(nth, HISTORY + WITHIN, habits=odd)
        blocks = {int(block) for block in stream.angry} | {stream.default_block} - {-1}
        plain = campaign.stream(nth, HISTORY + WITHIN)
        seen, before = (
            any(
                place.score >= critical and place.blocks & blocks
                for places in campaign.watched(scan, one, nth)
                for place in places
            )
            for one in (stream, plain)
        )
        raised_by_it += seen and not before
    return raised_by_it


def stated_chances(campaign: Campaign, scan: Scan, *, simulations: int = 999) -> np.ndarray:
    """The chance that would be stated, week by week, in towns without an outbreak.

    The highest figures of the map by chance are simulated once, from one town's expectation and
    dispersion; each week's highest is held against them.
    """
    stream = campaign.stream(0, HISTORY, loud=False)
    expected = expected_weeks(
        stream.counts.astype(float),
        campaign.town.dwellings.astype(float),
        adjacency=campaign.town.adjacency,
        leave_out=scan.leave_out,
    )
    mu, phi = expected.mu[:, -scan.longest :], expected.dispersion
    chance = np.random.default_rng([campaign.seed, 5])
    maxima = np.sort(
        [
            float(scan.best(campaign.town, drawn(mu, phi, chance), mu)[0].max())
            for _ in range(simulations)
        ]
    )
    tops = np.array([week[0].score for weekly in campaign.quiet(scan) for week in weekly])
    above = simulations - np.searchsorted(maxima, tops, side="left")
    return (above + 1) / (simulations + 1)


def drawn(mu: np.ndarray, phi: float, chance: np.random.Generator) -> np.ndarray:
    """Voices by chance at the dispersion seen."""
    if phi <= 1.0 + 1e-9:
        return chance.poisson(mu)
    return chance.negative_binomial(mu / (phi - 1.0), 1.0 / phi)


GROUP = "doubling in 4 blocks"
OUTBREAKS = {
    GROUP: Outbreak(Shape.DOUBLING, start=0, size=4),
    "doubling in 1 block": Outbreak(Shape.DOUBLING, start=0, size=1),
    "slow growth in 4 blocks, threefold in 12 weeks": Outbreak(
        Shape.SLOW, start=0, size=4, times=3.0
    ),
    "a neighbour more each week, 6 blocks, double": Outbreak(Shape.JUMP, start=0, size=6),
    "a street of 6 blocks, double": Outbreak(Shape.STREET, start=0, size=6),
    "a whole neighbourhood, half as much again": Outbreak(Shape.NEIGHBOURHOOD, start=0, times=1.5),
}
TOWN = grid_map(500, dwellings=40, askew=0.25)
RATES = (1.0, 0.5, 0.25)


def campaign_at(
    rate: float, *, towns: int, seed: int, dispersion: float = 1.0, levels: float = 0.0
) -> Campaign:
    """Towns of 500 blocks of 40 dwellings, at a rate of voices per block and week."""
    habits = Habits(rate=rate, dispersion=dispersion, levels=levels)
    return Campaign(TOWN, habits, towns=towns, seed=seed)


def measured(
    campaign: Campaign, *, kinds: Sequence[str], methods: dict[str, Method] | None = None
) -> Iterator[tuple[str, Result]]:
    """What each method makes of each kind of outbreak, as soon as it is known."""
    for name, method in (methods or METHODS).items():
        critical = critical_value(campaign.quiet(method))
        for kind in kinds:
            horizon = HORIZON if kind == GROUP else WITHIN + 4
            yield (
                kind,
                campaign.judged(name, method, OUTBREAKS[kind], critical=critical, horizon=horizon),
            )


def oddities(campaign: Campaign, scan: Scan) -> tuple[int, int]:
    """Towns in which an angry reporter, and in which a default point, alone raises a warning."""
    critical = critical_value(campaign.quiet(scan))
    angry = replace(campaign.habits, angry=1)
    sunk = replace(campaign.habits, swallowed=0.1)
    return (
        odd_warnings(campaign, scan, angry, critical),
        odd_warnings(campaign, scan, sunk, critical),
    )


def row(rate: float, habits: Habits, kind: str, result: Result) -> str:
    """One row of the table in docs/warning-quality.md."""
    delay = "not in half" if np.isinf(result.delay) else f"{result.delay:.0f}"
    return (
        f"| {rate:g} | {habits.dispersion:g} | {habits.levels:g} | {kind} | {result.method} |"
        f" {result.share:.0%} | {delay} | {result.jaccard:.2f} | {result.luck:.0%} |"
    )


def table(
    rates: Sequence[float],
    *,
    towns: int,
    seed: int,
    dispersion: float,
    levels: float,
    shapes: bool,
) -> Iterator[str]:
    """The whole table, line by line."""
    heads = ("voices", "dispersion", "levels", "outbreak", "method", "found in 8 weeks")
    heads = (*heads, "median delay", "overlap", "by luck")
    yield f"| {' | '.join(heads)} |"
    yield f"|{' --- |' * len(heads)}"
    for rate in rates:
        campaign = campaign_at(rate, towns=towns, seed=seed, dispersion=dispersion, levels=levels)
        for kind, result in measured(campaign, kinds=list(OUTBREAKS) if shapes else [GROUP]):
            yield row(rate, campaign.habits, kind, result)
        angry, sunk = oddities(campaign, Scan())
        yield f"{rate:g}: angry reporter {angry}, default point {sunk} of {min(BARE, towns)} towns."
        share = float(np.mean(stated_chances(campaign, Scan()) <= 0.05))
        yield f"At {rate:g}: {share:.1%} of the weeks without an outbreak have a chance of 5 %."


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rates", type=float, nargs="+", default=RATES)
    asked.add_argument("--towns", type=int, default=200)
    asked.add_argument("--seed", type=int, default=2026)
    asked.add_argument("--dispersion", type=float, default=1.0)
    asked.add_argument("--levels", type=float, default=0.0)
    asked.add_argument("--group-only", action="store_true")
    given = asked.parse_args()
    lines = table(
        given.rates,
        towns=given.towns,
        seed=given.seed,
        dispersion=given.dispersion,
        levels=given.levels,
        shapes=not given.group_only,
    )
    for line in lines:
        print(line, flush=True)


if __name__ == "__main__":
    main()
