"""How does the whole town go up and down over the year? Pure arithmetic on town totals."""

from dataclasses import dataclass

import numpy as np

from signaal.clock import WEEKS_PER_PERIOD
from signaal.hotspots.numbers.counts import FloatArray, IntArray

WEEKS_PER_YEAR = 52
SLOTS = 53
"""Some years have 53 weeks; week 53 borrows from its neighbours."""
SMOOTHING = (1.0, 2.0, 3.0, 2.0, 1.0)
"""What a week of the year takes from the weeks around it."""
LEAST_REPEATED = 26
"""A season is believed when at least this many weeks of the year were seen twice."""
STEADYING_VOICES = 25.0
"""So many voices as would be expected are added before a factor is taken from few of them."""
ROUNDS = 20


@dataclass(frozen=True)
class Season:
    """The town's common ups and downs, each a factor about 1.

    Attributes:
        by_week: Factor of each week of the year, shape (53,).
        by_turn: Factor of the first to the fourth week of a stretch of four, shape (4,).
        pace: Factor of the last 52 weeks (always 1) and of the year before, shape (2,).
    """

    by_week: FloatArray
    by_turn: FloatArray
    pace: FloatArray


def turns_of(weeks: int) -> IntArray:
    """Which week of its stretch of four each week is: 0 to 3, and the last week is a 3.

    Args:
        weeks: How many weeks, of which the last ends a stretch.
    """
    return np.asarray(np.arange(-weeks, 0) % WEEKS_PER_PERIOD)


def years_of(weeks: int) -> IntArray:
    """0 for the last 52 weeks, 1 for those before; a first year under 26 weeks joins the last.

    Args:
        weeks: How many weeks, oldest first.
    """
    ago = np.arange(weeks - 1, -1, -1)
    before = ago >= WEEKS_PER_YEAR
    enough = bool(before.sum() >= LEAST_REPEATED)
    return np.asarray(before & enough, dtype=np.int64)


def by_turn(totals: FloatArray, *, turns: IntArray, seen: FloatArray) -> FloatArray:
    """How full the first to the fourth week of a stretch of four are, beside each other.

    Who reports again within four weeks counts in the first week only, so the first week of a
    stretch holds more voices than the last, in every block alike. Only stretches of which the
    town saw all four weeks tell.

    Args:
        totals: The town's voices per week, oldest first, shape (weeks,).
        turns: Which week of its stretch each week is, 0 to 3, shape (weeks,).
        seen: More than 0 where the week was seen, shape (weeks,).

    Returns:
        Four factors with mean 1.

    Source: the rule of one voice per four weeks stands in trust.md, section 4; the factors are
    shares of the sum, steadied by 25 voices each.
    """
    lead = int(np.flatnonzero(turns == 0)[0]) if np.any(turns == 0) else len(turns)
    whole = (len(turns) - lead) // WEEKS_PER_PERIOD
    shape = (whole, WEEKS_PER_PERIOD)
    window = slice(lead, lead + whole * WEEKS_PER_PERIOD)
    complete = np.all(seen[window].reshape(shape) > 0, axis=1)
    sums = totals[window].reshape(shape)[complete].sum(axis=0) + STEADYING_VOICES
    return np.asarray(sums / sums.mean())


def season_of(
    totals: FloatArray, expected: FloatArray, *, slots: IntArray, years: IntArray
) -> tuple[FloatArray, FloatArray]:
    """The town's weeks of the year, smoothed, and pulled to 1 as far as years disagree.

    A rise that was seen once may have been anything; one that came back is a season. What share
    of the ups and downs of one year returns in the other says how far they are believed.

    Args:
        totals: The town's voices per week, other factors taken out already, shape (weeks,).
        expected: What blocks' own means give for those weeks (0 where nothing was seen).
        slots: Week of the year of each week, 0 to 52, shape (weeks,).
        years: 0 for the last year, 1 for the year before, shape (weeks,).

    Returns:
        Factor per week of the year, shape (53,), and per year, shape (2,), the last year's 1.

    Source: ratio to moving average in its multiplicative form (Makridakis, Wheelwright and
    Hyndman 1998, Forecasting, ch. 3.4), years and weeks fitted in turns (Deming and Stephan 1940,
    Annals of Mathematical Statistics 11, 427-444); Spearman-Brown (1910) for how far a mean of
    two years is to be believed.
    """
    place = years * SLOTS + slots
    heard, likely = _by_year(place, totals), _by_year(place, expected)
    pace = np.ones(2)
    for _ in range(ROUNDS):
        week = _ratio(_smooth(heard.sum(axis=0)), _smooth(pace @ likely))
        pace = _ratio(heard.sum(axis=1), likely @ week)
    steadied = (heard.sum(axis=1) + STEADYING_VOICES) / (likely @ week + STEADYING_VOICES)
    weight = likely.sum(axis=0)
    middle = float(weight @ week) / float(weight.sum()) if weight.sum() > 0 else 1.0
    repeated = _believed(heard, likely * pace[:, None])
    factor = 1.0 + (week / middle - 1.0) * repeated if middle > 0 else np.ones(SLOTS)
    return factor, steadied / steadied[0]


def _by_year(place: IntArray, values: FloatArray) -> FloatArray:
    summed = np.bincount(place, weights=values, minlength=2 * SLOTS)
    return np.asarray(summed, dtype=np.float64).reshape(2, SLOTS)


def _believed(heard: FloatArray, likely: FloatArray) -> FloatArray:
    """How far each week of the year is believed, 0 to 1: as far as the years agree."""
    seen = likely > 0
    both = seen.all(axis=0)
    if both.sum() < LEAST_REPEATED:
        return np.zeros(SLOTS)
    ratios = np.array([_ratio(_smooth(heard[y]), _smooth(likely[y]))[both] for y in (0, 1)])
    apart = ratios - ratios.mean(axis=1, keepdims=True)
    size = float((apart**2).sum()) / 2.0
    agree = min(1.0, max(0.0, float(apart[0] @ apart[1]) / size)) if size > 0 else 0.0
    times = np.minimum(np.maximum(seen.sum(axis=0), 1), 2)
    return np.asarray(times * agree / (1.0 + (times - 1) * agree))


def _smooth(values: FloatArray) -> FloatArray:
    """Each week of the year with its neighbours, around the turn of the year."""
    reach = len(SMOOTHING) // 2
    steps = range(-reach, reach + 1)
    parts = [share * np.roll(values, step) for share, step in zip(SMOOTHING, steps, strict=True)]
    return np.asarray(np.sum(parts, axis=0))


def _ratio(over: FloatArray, under: FloatArray) -> FloatArray:
    return np.divide(over, under, out=np.ones_like(over), where=under > 0)
