"""How good is the early warning? Simulated towns with planted outbreaks, each method alike.

Every method gets the same towns, and the critical value at which it raises one false alarm per
town and quarter in towns without an outbreak; other towns than those in which it is judged.
"""

import argparse
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from bench.warning_quality_methods import (
    LONGEST,
    METHODS,
    PLAIN,
    Look,
    Method,
    Place,
    RiseScan,
    Scan,
    usual_of,
)
from signaal.hotspots.numbers.bayes_scan import Rise, rise_maxima
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
"""Weeks after the one in which an outbreak begins, in which it should be found."""
HORIZON = 26
"""Weeks for which the search goes on."""
MEMORY = 6
"""A warning last seen longer ago than so many weeks has ended, as in alerts/early_warning.toml."""
WARM_UP = 8
"""Weeks of looking before false alarms are counted, so that lasting ones are no news."""

SURE = 0.05

BARE = 60
"""Towns that are looked at without their outbreak too: for what is found by luck, and oddities."""

Weekly = list[Sequence[Place]]


@dataclass(frozen=True)
class Found:
    """What one method made of one planted outbreak: weeks until found, overlap.

    A warning in the very week in which the outbreak begins has delay 0; infinite is never.
    """

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
            return Found(week, len(flagged & real) / len(flagged | real))
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
                bare = self.watched(method, self.stream(nth, HISTORY + WITHIN + 1), nth)
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


def odd_warnings(
    campaign: Campaign, method: Method, odd: Habits, critical: float
) -> tuple[int, int]:
    """Towns in which something odd raises a warning at its block: alone, or as the last straw.

    The same town is looked at without it. Alone: there nothing speaks for a rise in any block of
    the warning. The last straw: something does, but never enough for a warning.
    """
    alone = straw = 0
    for nth in range(min(BARE, campaign.towns)):
        stream = campaign.stream(nth, HISTORY + WITHIN + 1, habits=odd)
        at = {int(block) for block in stream.angry} | {stream.default_block} - {-1}
        plain = list(campaign.watched(method, campaign.stream(nth, HISTORY + WITHIN + 1), nth))
        warned = [place for week in plain for place in week if place.score >= critical]
        worst = 0
        for week, places in enumerate(campaign.watched(method, stream, nth)):
            for place in places:
                if place.score >= critical and place.blocks & at:
                    without = any(other.blocks & place.blocks for other in plain[week])
                    known = any(other.blocks & place.blocks for other in warned)
                    worst = max(worst, 0 if known else 1 if without else 2)
        alone += worst == 2
        straw += worst == 1
    return alone, straw


def stated_chances(
    campaign: Campaign, quiet: Sequence[Weekly], *, simulations: int = 999
) -> np.ndarray:
    """The chance that would be stated, week by week, in towns without an outbreak.

    The most evidence on the map by chance is simulated once, from what is usual in one town; each
    week's most is held against it.
    """
    stream = campaign.stream(0, HISTORY, loud=False)
    _, expected = usual_of(Look(campaign.town, stream.counts))
    maxima = np.sort(
        rise_maxima(
            expected.mu,
            windows=RiseScan().windows(campaign.town),
            longest=LONGEST,
            rise=Rise(dispersion=expected.dispersion),
            certainty=expected.certainty,
            simulations=simulations,
            seed=campaign.seed,
        )
    )
    tops = np.array([most(week) for weekly in quiet for week in weekly])
    above = simulations - np.searchsorted(maxima, tops, side="left")
    return (above + 1) / (simulations + 1)


def most(places: Sequence[Place]) -> float:
    """The highest score of a week."""
    return places[0].score if places else -np.inf


def looks_on_end(quiet: Sequence[Weekly], critical: float) -> float:
    """How many weeks a false alarm is above the critical value, for each that is raised."""
    above = sum(place.score >= critical for weekly in quiet for week in weekly for place in week)
    return above / max(sum(raised(weekly, critical, warm_up=0) for weekly in quiet), 1)


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
    campaign: Campaign,
    *,
    kinds: Sequence[str],
    methods: Mapping[str, Method] = METHODS,
    quiet: Mapping[str, Sequence[Weekly]] | None = None,
) -> Iterator[tuple[str, Result]]:
    """What each method makes of each kind of outbreak, as soon as it is known."""
    for name, method in methods.items():
        calm = (quiet or {}).get(name) or campaign.quiet(method)
        critical = critical_value(calm)
        for kind in kinds:
            horizon = HORIZON if kind == GROUP else WITHIN + 4
            yield (
                kind,
                campaign.judged(name, method, OUTBREAKS[kind], critical=critical, horizon=horizon),
            )


def oddities(
    campaign: Campaign, method: Method, critical: float
) -> tuple[tuple[int, int], tuple[int, int]]:
    """What an angry reporter, and what a default point, makes of towns: `odd_warnings` of both."""
    angry = replace(campaign.habits, angry=1)
    sunk = replace(campaign.habits, swallowed=0.1)
    return (
        odd_warnings(campaign, method, angry, critical),
        odd_warnings(campaign, method, sunk, critical),
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
    plain: bool,
) -> Iterator[str]:
    """The whole table, line by line."""
    heads = ("voices", "dispersion", "levels", "outbreak", "method", "found in 8 weeks")
    heads = (*heads, "median delay", "overlap", "by luck")
    yield f"| {' | '.join(heads)} |"
    yield f"|{' --- |' * len(heads)}"
    for rate in rates:
        campaign = campaign_at(rate, towns=towns, seed=seed, dispersion=dispersion, levels=levels)
        ours = RiseScan()
        quiet = {"Signaal": campaign.quiet(ours)}
        critical = critical_value(quiet["Signaal"])
        for kind, result in measured(
            campaign,
            kinds=list(OUTBREAKS) if shapes else [GROUP],
            methods=METHODS | ({PLAIN: Scan()} if plain else {}),
            quiet=quiet,
        ):
            yield row(rate, campaign.habits, kind, result)
        angry, sunk = oddities(campaign, ours, critical)
        of = f"of {min(BARE, towns)} towns (alone, as the last straw)"
        yield f"{rate:g}: warnings by an angry reporter {angry}, a default point {sunk} {of}."
        share = float(np.mean(stated_chances(campaign, quiet["Signaal"]) <= SURE))
        yield f"{rate:g}: {share:.1%} of the weeks without an outbreak have a chance of 5 %."
        lasts = looks_on_end(quiet["Signaal"], critical)
        yield f"{rate:g}: a false alarm lasts {lasts:.1f} weeks; critical value {critical:.2f}."


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rates", type=float, nargs="+", default=RATES)
    asked.add_argument("--towns", type=int, default=200)
    asked.add_argument("--seed", type=int, default=2026)
    asked.add_argument("--dispersion", type=float, default=1.0)
    asked.add_argument("--levels", type=float, default=0.0)
    asked.add_argument("--group-only", action="store_true")
    asked.add_argument("--plain", action="store_true", help="the plain scan too")
    given = asked.parse_args()
    lines = table(
        given.rates,
        towns=given.towns,
        seed=given.seed,
        dispersion=given.dispersion,
        levels=given.levels,
        shapes=not given.group_only,
        plain=given.plain,
    )
    for line in lines:
        print(line, flush=True)


if __name__ == "__main__":
    main()
