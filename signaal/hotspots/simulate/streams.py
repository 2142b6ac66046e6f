"""How many voices does each block of an invented town raise, week by week?"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from signaal.clock import WEEKS_PER_PERIOD
from signaal.errors import ImpossibleSimulation
from signaal.hotspots.simulate.maps import BlockMap
from signaal.hotspots.simulate.outbreaks import Outbreak, Truth, plant

WEEKS_PER_YEAR = 365.2425 / 7
FIRST_WEEK = 2860
"""A fixed period of four weeks begins here (2860 is a multiple of four)."""
PEAK = 30.0
"""Week of the year in which windows are open and most is reported."""

MOST_WEEKS = 5200
MOST_RATE, MOST_LEVELS, MOST_DISPERSION = 1000, 5, 100
MOST_VOICES = 20_000_000
"""Beyond these no town lies, and no machine's memory suffices."""


@dataclass(frozen=True)
class Habits:
    """How the people of an invented town report.

    Attributes:
        rate: Voices per block of average size and week, the mean over the year.
        season: Share by which the season lifts and lowers it; 0.2 is 20 % up in summer.
        levels: How much blocks differ that always have more or less: standard deviation of the
            block levels over their mean; 0 is all equal.
        dispersion: Variance of a week's voices over their mean; 1 is pure chance (Poisson).
        gaps: Weeks in which the line was down and nothing came in, counted from the first.
        angry: How many single reporters there are who report day after day.
        angry_weeks: How many weeks, up to the end of the stream, they do so.
        angry_reports: How many reports each of them makes in a week.
        swallowed: Share of all voices that one default point of a geocoder swallows.
        swallows_since: From which week on, counted from the first.
        again: Share of reporters who report once more within the same four weeks.
    """

    rate: float = 0.5
    season: float = 0.2
    levels: float = 0.3
    dispersion: float = 1.1
    gaps: tuple[int, ...] = ()
    angry: int = 0
    angry_weeks: int = 8
    angry_reports: int = 8
    swallowed: float = 0.0
    swallows_since: int = 0
    again: float = 0.15


@dataclass(frozen=True, eq=False)
class Stream:
    """An invented stream of voices with everything that is true of it.

    Attributes:
        counts: Voices per block and week, shape (blocks, weeks).
        usual: What was to be expected without any outbreak, shape (blocks, weeks).
        truths: The outbreaks.
        gaps: Weeks in which the line was down, shape (weeks,).
        angry: Blocks in which one reporter reports day after day.
        default_block: The block that holds the geocoder's default point, or -1.
        first_week: Number of the first week, counted from Monday 1970-01-05.
    """

    counts: NDArray[np.int64]
    usual: NDArray[np.float64]
    truths: tuple[Truth, ...]
    gaps: NDArray[np.bool_]
    angry: NDArray[np.int64]
    default_block: int
    first_week: int

    @property
    def weeks(self) -> int:
        """How many weeks there are."""
        return int(self.counts.shape[1])


def invent(
    town: BlockMap,
    *,
    habits: Habits,
    weeks: int,
    seed: int | Sequence[int],
    outbreaks: Sequence[Outbreak] = (),
    first_week: int = FIRST_WEEK,
) -> Stream:
    """Invents a stream of voices over a map, with outbreaks of which the truth is known.

    Args:
        town: The blocks.
        habits: How people report.
        weeks: How many weeks, at least 1.
        seed: The same seed gives the same stream; level, truths and chance each have their own,
            so that a stream with and without an outbreak differ by the outbreak alone.
        outbreaks: What to plant.
        first_week: Number of the first week; it gives the season.

    Raises:
        ImpossibleSimulation: A figure that no town can have.

    Source: numbers.md, section 5; the negative binomial with variance phi times the mean as in
        McCullagh & Nelder, Generalized Linear Models (1989), page 199.
    """
    _check(habits, blocks=town.blocks, weeks=weeks)
    of_levels, of_truths, of_noise, of_oddities = (
        np.random.default_rng(part) for part in np.random.SeedSequence(seed).spawn(4)
    )
    usual = (
        habits.rate
        * (block_levels(town, spread=habits.levels, chance=of_levels))[:, None]
        * season_of(first_week + np.arange(weeks), lift=habits.season)
    )
    truths = tuple(plant(one, town, weeks=weeks, chance=of_truths) for one in outbreaks)
    mean = usual.copy()
    for truth in truths:
        mean[truth.blocks] *= truth.factor
    gaps = np.isin(np.arange(weeks), habits.gaps)
    mean[:, gaps] = 0.0
    counts = _draw(mean, usual, dispersion=habits.dispersion, chance=of_noise)
    default = _swallow(counts, habits, chance=of_oddities)
    angry = of_oddities.choice(town.blocks, habits.angry, replace=False)
    for week in _angry_weeks(habits, weeks=weeks, first_week=first_week):
        counts[angry, week] += 1
    return Stream(counts, usual, truths, gaps, angry, default, first_week)


def block_levels(
    town: BlockMap, *, spread: float, chance: np.random.Generator
) -> NDArray[np.float64]:
    """How many times the town's average each block always has: by its size, and by its nature.

    Args:
        town: The blocks.
        spread: Standard deviation of the levels over their mean, for blocks of equal size.
        chance: Where chance comes from.

    Returns:
        Levels with a mean near 1, shape (blocks,).
    """
    size = town.dwellings / town.dwellings.mean()
    if spread == 0:
        return np.asarray(size, dtype=np.float64)
    shape = 1.0 / spread**2
    return np.asarray(size * chance.gamma(shape, 1.0 / shape, town.blocks))


def season_of(
    weeks: NDArray[np.integer], *, lift: float, peak: float = PEAK
) -> NDArray[np.float64]:
    """How many times the year's average each week has.

    Args:
        weeks: Numbers of the weeks, counted from Monday 1970-01-05, any shape.
        lift: Share by which the fullest week lies above the average; from 0 to 1.
        peak: The fullest week of the year.

    Returns:
        Factors with a mean of 1 over the year, same shape.
    """
    turn = 2 * np.pi * (np.asarray(weeks) - peak) / WEEKS_PER_YEAR
    return np.asarray(1.0 + lift * np.cos(turn))


def _check(habits: Habits, *, blocks: int, weeks: int) -> None:
    """Refuses what no town can have, all of it at once."""
    wrong = [
        sentence for is_possible, sentence in _demands(habits, blocks, weeks) if not is_possible
    ]
    if wrong:
        dutch, english = (
            " ".join(half) for half in zip(*(each.split(" / ") for each in wrong), strict=True)
        )
        raise ImpossibleSimulation(f"{dutch} / {english}")


def _demands(habits: Habits, blocks: int, weeks: int) -> list[tuple[bool, str]]:
    return [
        (
            1 <= weeks <= MOST_WEEKS,
            f"Kies 1 tot {MOST_WEEKS} weken. / Choose 1 to {MOST_WEEKS} weeks.",
        ),
        (
            0 <= habits.rate <= MOST_RATE,
            f"Tempo (rate): kies 0 tot {MOST_RATE} stemmen."
            f" / Rate: choose 0 to {MOST_RATE} voices.",
        ),
        (
            blocks * max(weeks, 1) * max(habits.rate, 1) <= MOST_VOICES,
            "Zo veel stemmen passen niet in een stad: neem minder blokken, minder weken of een"
            " lager tempo (rate). / No town holds so many voices: take fewer blocks, fewer weeks"
            " or a lower rate.",
        ),
        (
            0 <= habits.season <= 1,
            "Seizoen (season): kies een deel van 0 tot 1. / Season: choose a share from 0 to 1.",
        ),
        (
            0 <= habits.levels <= MOST_LEVELS,
            f"Verschil (levels): kies 0 tot {MOST_LEVELS}. / Levels: choose 0 to {MOST_LEVELS}.",
        ),
        (
            1 <= habits.dispersion <= MOST_DISPERSION,
            f"Spreiding (dispersion): kies 1 (toeval) tot {MOST_DISPERSION}."
            f" / Dispersion: choose 1 (chance) to {MOST_DISPERSION}.",
        ),
        (
            all(0 <= week < weeks for week in habits.gaps),
            f"Storing (gap): kies weken van 0 tot {weeks - 1}."
            f" / Gap: choose weeks from 0 to {weeks - 1}.",
        ),
        (
            0 <= habits.angry <= blocks,
            f"Boze melders (angry): kies 0 tot {blocks}, hoogstens een in elk blok."
            f" / Angry: choose 0 to {blocks}, one in each block at most.",
        ),
        (
            habits.angry_weeks >= 0 and habits.angry_reports >= 0,
            "Boze melders: 0 of meer weken en meldingen. / Angry reporters: 0 or more weeks and"
            " reports.",
        ),
        (
            0 <= habits.swallowed < 1,
            "Opgeslokt (swallowed): kies een deel van 0 tot 1, 1 niet. / Swallowed: choose a share"
            " from 0 to 1, but not 1.",
        ),
        (
            habits.swallows_since >= 0 and 0 <= habits.again <= 1,
            "Opgeslokt vanaf week 0 of later; weer melden: kies een deel van 0 tot 1. / Swallowed"
            " from week 0 or later; again: choose a share from 0 to 1.",
        ),
    ]


def _draw(
    mean: NDArray[np.float64],
    usual: NDArray[np.float64],
    *,
    dispersion: float,
    chance: np.random.Generator,
) -> NDArray[np.int64]:
    """Voices by chance; first the usual ones, then what comes on top, so that streams pair up."""
    wanted = np.minimum(mean, usual)
    return _noise(wanted, dispersion=dispersion, chance=chance) + _noise(
        mean - wanted, dispersion=dispersion, chance=chance
    )


def _noise(
    mean: NDArray[np.float64], *, dispersion: float, chance: np.random.Generator
) -> NDArray[np.int64]:
    if dispersion == 1:
        return chance.poisson(mean).astype(np.int64)
    drawn = np.zeros(mean.shape, dtype=np.int64)
    some = mean > 0
    drawn[some] = chance.negative_binomial(mean[some] / (dispersion - 1.0), 1.0 / dispersion)
    return drawn


def _swallow(counts: NDArray[np.int64], habits: Habits, *, chance: np.random.Generator) -> int:
    """Moves a share of all voices to one block, as a geocoder does with what it can't find."""
    block = int(chance.integers(counts.shape[0]))
    if habits.swallowed == 0:
        return -1
    late = counts[:, habits.swallows_since :]
    moved = chance.binomial(late, habits.swallowed)
    late -= moved
    late[block] += moved.sum(axis=0)
    return block


def _angry_weeks(habits: Habits, *, weeks: int, first_week: int) -> list[int]:
    """The weeks in which an angry reporter's one voice of each four weeks counts."""
    if habits.angry == 0:
        return []
    loud = np.arange(max(0, weeks - habits.angry_weeks), weeks)
    loud = loud[~np.isin(loud, habits.gaps)]
    _, first = np.unique((loud + first_week) // WEEKS_PER_PERIOD, return_index=True)
    return [int(week) for week in loud[first]]
