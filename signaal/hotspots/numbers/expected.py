"""How many voices would a block have in an ordinary week? Pure arithmetic, no clock."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from signaal.hotspots.numbers.concentration import lasting
from signaal.hotspots.numbers.counts import FloatArray, IntArray
from signaal.hotspots.numbers.neighbours import Adjacency
from signaal.hotspots.numbers.season import (
    SLOTS,
    WEEKS_PER_YEAR,
    Season,
    by_turn,
    season_of,
    turns_of,
    years_of,
)

LONGEST = 104
"""Further back than so many weeks nothing tells about today."""
LEFT_OUT = 4
"""The most recent weeks tell nothing about what is ordinary: a rise may have begun in them."""
SHORT = 26
"""With fewer weeks than this a block is expected to be as its surroundings."""
WEEKS_SHOWN = 26
FLAGGED_WEIGHT = 0.25
"""What a week tells about what is ordinary when there was a warning in it."""
FAR_OUT = 6.0
"""So many times the town's rate, and no more, a block adds to how much blocks differ."""

BoolArray = NDArray[np.bool_]


@dataclass(frozen=True)
class Expected:
    """What an ordinary week would bring.

    Attributes:
        mu: Voices expected per block and week, for the last 26 weeks (or as many as there are),
            the running one last, shape (blocks, weeks); NaN for blocks without dwellings, for
            weeks in which the line was down, and everywhere when there is no history at all.
        dispersion: Variance of weekly counts over their mean in the town's history, at least 1.
        short: Blocks with fewer than 26 weeks, expected to be as their surroundings, (blocks,).
        level: Voices per dwelling and ordinary week, shape (blocks,).
        season: The town's common ups and downs.
        certainty: How well each level is known, as the number of voices that would tell as much:
            the level is gamma distributed with this shape; infinite where all blocks are alike.
    """

    mu: FloatArray
    dispersion: float
    short: BoolArray
    level: FloatArray
    season: Season
    certainty: FloatArray


@dataclass(frozen=True)
class _Base:
    """The weeks that tell: `weight` 0 where nothing was seen; `voices` are weighted already."""

    raw: FloatArray
    voices: FloatArray
    weight: FloatArray
    turns: IntArray
    slots: IntArray


def expected_weeks(
    history: FloatArray,
    dwellings: FloatArray,
    *,
    adjacency: Adjacency,
    weeks_of_year: IntArray | None = None,
    gaps: BoolArray | None = None,
    flagged: BoolArray | None = None,
    leave_out: int = LEFT_OUT,
) -> Expected:
    """What each block would have in an ordinary week: its dwellings, its own past, the season.

    mu = dwellings x level of the block x week of the year x week of the stretch of four. A
    reporter counts in the first week of a stretch of four only (`counts.weekly_voices`), so the
    first week of each stretch is fuller than the last in all blocks alike: a factor per week of
    the stretch, estimated from the town's totals, takes that into account. If the town as a whole
    reports more than a year ago, the year before counts for as much as it then would.

    Args:
        history: Voices per block and week, oldest first, the running week last and ending a
            stretch of four, shape (blocks, weeks); NaN: not seen (a block that was not there).
        dwellings: Dwellings per block, shape (blocks,); 0 or NaN: left out.
        adjacency: Who lies beside whom.
        weeks_of_year: ISO week of the year of each week, 1 to 53, shape (weeks,); None: every
            52nd week is the same one.
        gaps: Weeks in which the line was down, shape (weeks,): missing, not zero.
        flagged: Weeks with a warning, shape (blocks, weeks): they weigh a quarter.
        leave_out: How many of the most recent weeks tell nothing, the running one among them.

    Returns:
        The expectation, the dispersion and which blocks had a short history.

    Source: gamma-Poisson: Clayton and Kaldor (1987), Biometrics 43, 671-681; moments of the
    prior: Marshall (1991), Applied Statistics 40(2), 283-294, with chance counted at the
    dispersion seen; dispersion: McCullagh and Nelder (1989), Generalized Linear Models, p. 127,
    sums instead of single cells because expectations are small.
    """
    homes = np.asarray(dwellings, dtype=np.float64)
    known = np.isfinite(homes) & (homes > 0)
    base, seen = _base_of(
        history,
        known,
        slots=_slots(history, weeks_of_year),
        gaps=gaps,
        flagged=flagged,
        leave_out=leave_out,
    )
    season, factors = _season(base)
    homes = np.where(known, homes, 0.0)
    own = base.voices.sum(axis=1)
    ordinary = base.weight @ factors
    exposure = homes * ordinary
    alike = exposure * own.sum() / max(exposure.sum(), 1.0)
    dispersion = _dispersion(base, own, factors, quiet=~lasting(own, alike))
    short = known & (seen < SHORT)
    level = _levels(own, exposure, dispersion=dispersion, adjacency=adjacency, short=short)
    mu = _ahead(history, level * homes, season, slots=_slots(history, weeks_of_year))
    mu[~known] = np.nan
    if gaps is not None:
        mu[:, np.asarray(gaps)[-mu.shape[1] :]] = np.nan
    certainty = _certainty(own, exposure, dispersion=dispersion)
    return Expected(mu, dispersion, short, level, season, certainty)


def _slots(history: FloatArray, weeks_of_year: IntArray | None) -> IntArray:
    if weeks_of_year is None:
        return np.arange(-history.shape[1], 0) % WEEKS_PER_YEAR
    return np.clip(np.asarray(weeks_of_year, dtype=np.int64) - 1, 0, SLOTS - 1)


def _base_of(
    history: FloatArray,
    known: BoolArray,
    *,
    slots: IntArray,
    gaps: BoolArray | None,
    flagged: BoolArray | None,
    leave_out: int,
) -> tuple[_Base, IntArray]:
    """The weeks that tell about what is ordinary; and how many weeks each block was seen."""
    weeks = history.shape[1]
    window = slice(max(0, weeks - leave_out - LONGEST), max(0, weeks - leave_out))
    raw = np.asarray(history, dtype=np.float64)
    up = np.ones(weeks) if gaps is None else 1.0 - np.asarray(gaps)
    missing = bool(np.isnan(raw.sum()))
    there = np.broadcast_to(up, raw.shape)
    if missing or not known.all():
        there = there * (~np.isnan(raw) & known[:, None])
        raw = np.where(there > 0, raw, 0.0)
    seen = there.sum(axis=1).astype(np.int64) if missing else np.full(len(raw), int(up.sum()))
    weight, raw = there[:, window], raw[:, window]
    if flagged is not None:
        weight = weight.copy()
        weight[np.asarray(flagged)[:, window]] *= FLAGGED_WEIGHT
    plain = flagged is None and gaps is None
    voices = raw if plain else raw * weight
    return _Base(raw, voices, weight, turns_of(weeks)[window], slots[window]), seen


def _season(base: _Base) -> tuple[Season, FloatArray]:
    """The town's ups and downs, and the factor that they make for each of the base's weeks."""
    weighed = base.weight.sum(axis=1)
    own = base.voices.sum(axis=1)
    mean = np.divide(own, weighed, out=np.zeros_like(own), where=weighed > 0)
    totals, likely = base.voices.sum(axis=0), base.weight.T @ mean
    turn = by_turn(totals, turns=base.turns, seen=likely)
    years = years_of(len(totals))
    week, pace = season_of(totals, likely * turn[base.turns], slots=base.slots, years=years)
    factors = week[base.slots] * turn[base.turns] * pace[years]
    return Season(week, turn, pace), factors


def _dispersion(base: _Base, own: FloatArray, factors: FloatArray, *, quiet: BoolArray) -> float:
    """Variance over mean of the weeks within blocks, beyond the town's ups and downs."""
    ordinary = base.weight @ factors
    scale = np.divide(own, ordinary, out=np.zeros_like(own), where=ordinary > 0)
    squares = np.einsum("bt,bt->b", base.voices, base.raw)
    squares += scale * (scale * (base.weight @ factors**2) - 2.0 * (base.voices @ factors))
    weeks = base.weight.sum(axis=1)
    counts = (own > 0) & (weeks > 1) & quiet
    if not counts.any():
        return 1.0
    ratio = squares[counts] / own[counts] * weeks[counts] / (weeks[counts] - 1.0)
    say = np.minimum(own[counts], FAR_OUT * own[counts].mean())
    return max(1.0, float(ratio @ say) / float(say.sum()))


def _levels(
    own: FloatArray,
    exposure: FloatArray,
    *,
    dispersion: float,
    adjacency: Adjacency,
    short: BoolArray,
) -> FloatArray:
    """Posterior mean of voices per dwelling and week; of the surroundings where history is short.

    A town that never heard a voice counts as one that heard half a voice: nothing is impossible.
    """
    total = float(exposure.sum())
    if total == 0.0:
        return np.full(own.shape, np.nan)
    rate = max(float(own.sum()), 0.5) / total
    between = _between(own, exposure, rate=rate, dispersion=dispersion)
    if short.any():
        own = np.where(short, adjacency.pooled(own), own)
        exposure = np.where(short, adjacency.pooled(exposure), exposure)
    return np.asarray(
        (rate * rate * dispersion + between * own) / (rate * dispersion + between * exposure)
    )


def _certainty(own: FloatArray, exposure: FloatArray, *, dispersion: float) -> FloatArray:
    """Shape of the gamma distribution of each block's level, after what it was seen to have."""
    total = float(exposure.sum())
    if total == 0.0:
        return np.full(own.shape, np.inf)
    rate = max(float(own.sum()), 0.5) / total
    between = _between(own, exposure, rate=rate, dispersion=dispersion)
    prior = rate * rate / between if between > 0 else np.inf
    return np.asarray(prior + own / dispersion)


def _between(own: FloatArray, exposure: FloatArray, *, rate: float, dispersion: float) -> float:
    """Variance between blocks' rates beyond chance; blocks far out count as far as is usual."""
    there = exposure > 0
    likely = rate * exposure[there]
    capped = np.minimum(own[there], FAR_OUT * (likely + 1.0))
    apart = (capped - likely) ** 2 / exposure[there]
    spread = float(apart.sum()) / float(exposure[there].sum())
    return max(0.0, spread - dispersion * rate / float(exposure[there].mean()))


def _ahead(
    history: FloatArray, weekly: FloatArray, season: Season, *, slots: IntArray
) -> FloatArray:
    shown = min(WEEKS_SHOWN, history.shape[1])
    first = history.shape[1] - shown
    turns = turns_of(history.shape[1])
    factors = season.by_week[slots[first:]] * season.by_turn[turns[first:]]
    return np.asarray(weekly[:, None] * factors)
