"""Is one row of weeks unusual by itself? For single blocks, and for the town as a whole."""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from signaal.hotspots.numbers.counts import FloatArray
from signaal.hotspots.numbers.season import WEEKS_PER_YEAR

BASELINE, GUARD = 7, 2
LEAST_SEEN = 4
"""So many weeks of the seven must have been seen."""
LEAST_DEVIATION = 0.5
"""Seven weeks without any difference say little about the eighth."""
C3_WEEKS = 3
LEAST_REFERENCE = 6
"""With fewer weeks to compare with nothing is said."""
TREND_YEARS = 3
TREND_SIGNIFICANT = 0.05
TWO_THIRDS = 2.0 / 3.0
FITS, TOLERANCE = 25, 1e-10


@dataclass(frozen=True)
class Ears:
    """How far each week is above the seven weeks before it.

    Attributes:
        c2: In standard deviations of those weeks, shape (blocks, weeks); NaN: not enough weeks.
            Above 3 is unusual.
        c3: What this week and the two before it were above one standard deviation, summed, shape
            (blocks, weeks). Above 2 is unusual.
    """

    c2: FloatArray
    c3: FloatArray


@dataclass(frozen=True)
class Farrington:
    """The last weeks of the town beside the same weeks of earlier years.

    Attributes:
        expected: What those weeks lead to expect, shape (weeks,); NaN: too few to compare with.
        upper: What is passed by chance as seldom as was asked, shape (weeks,).
        score: How far towards `upper` the week went: 1 at the limit, shape (weeks,).
        dispersion: Variance over mean, at least 1, shape (weeks,).
    """

    expected: FloatArray
    upper: FloatArray
    score: FloatArray
    dispersion: FloatArray


@dataclass(frozen=True)
class _Fit:
    coefficients: FloatArray
    mu: FloatArray
    dispersion: float
    covariance: FloatArray
    leverage: FloatArray


def ears(counts: FloatArray, *, baseline: int = BASELINE, guard: int = GUARD) -> Ears:
    """Whether a block's week is far above its own weeks just before; needs no past year.

    Args:
        counts: Voices per block and week, oldest first, shape (blocks, weeks); NaN: not seen.
        baseline: How many weeks to compare with.
        guard: How many weeks just before are left out, so that a slow rise isn't taken for usual.

    Returns:
        C2 and C3. A standard deviation under one half counts as one half.

    Source: Hutwagner, Thompson, Seeman and Treadwell (2003), Journal of Urban Health 80, i89-i96;
    C3 as in Fricker, Hegler and Dunfee (2008), Statistics in Medicine 27, 3407-3429.
    """
    values = np.asarray(counts, dtype=np.float64)
    seen = ~np.isnan(values)
    filled = np.where(seen, values, 0.0)
    n = _before(seen.astype(np.float64), baseline, guard)
    total, squares = _before(filled, baseline, guard), _before(filled**2, baseline, guard)
    enough = n >= min(LEAST_SEEN, baseline)
    n = np.where(enough, n, np.nan)
    mean = total / n
    spread = np.sqrt(np.maximum(squares - total * mean, 0.0) / np.maximum(n - 1.0, 1.0))
    c2 = (values - mean) / np.maximum(spread, LEAST_DEVIATION)
    over = np.nan_to_num(np.maximum(c2 - 1.0, 0.0))
    summed = np.cumsum(over, axis=1)
    c3 = summed.copy()
    c3[:, C3_WEEKS:] -= summed[:, :-C3_WEEKS]
    return Ears(c2, np.where(np.isnan(c2), np.nan, c3))


def poisson_cusum(
    counts: FloatArray, expected: FloatArray, *, ratio: float = 2.0, dispersion: float = 1.0
) -> FloatArray:
    """What speaks for a lasting rise, added up week by week; back to 0 when nothing does.

    Args:
        counts: Voices per block and week, oldest first, shape (blocks, weeks); NaN: not seen.
        expected: What an ordinary week brings, shape (blocks, weeks); NaN: not known.
        ratio: For how many times the ordinary it looks, more than 1.
        dispersion: Variance over mean; the evidence is divided by it.

    Returns:
        The log likelihood ratio since the last 0, shape (blocks, weeks); weeks that weren't seen
        leave it as it is.

    Source: Lucas (1985), Technometrics 27, 129-144; with expectations that change from week to
    week: Hoehle and Paul (2008), Computational Statistics and Data Analysis 52, 4357-4368.
    """
    steps = (np.asarray(counts) * np.log(ratio) - (ratio - 1.0) * expected) / dispersion
    steps = np.nan_to_num(np.asarray(steps, dtype=np.float64))
    sums = np.empty_like(steps)
    now = np.zeros(len(steps))
    for week in range(steps.shape[1]):
        now = np.maximum(now + steps[:, week], 0.0)
        sums[:, week] = now
    return sums


def farrington(
    totals: FloatArray,
    *,
    weeks: int = 1,
    years: int = 5,
    half: int = 3,
    chance: float = 0.005,
) -> Farrington:
    """Whether the town as a whole has more than in the same weeks of earlier years.

    A log-linear model with more variance than chance is fitted to the weeks around the same week
    of earlier years; weeks that were unusual themselves are fitted again with less weight. A
    trend is taken along with three or more years, when it is significant and leads to no more
    than was ever seen.

    Args:
        totals: The town's voices per week, oldest first, shape (all weeks,); NaN: not seen.
        weeks: How many of the last weeks to judge.
        years: How many years back at most.
        half: How many weeks on both sides of the same week.
        chance: How often an ordinary week may pass the limit.

    Returns:
        For each of the last weeks, oldest first.

    Source: Farrington, Andrews, Beale and Catchpole (1996), Journal of the Royal Statistical
    Society A 159, 547-563, sections 3.2 to 3.7.
    """
    values = np.asarray(totals, dtype=np.float64)
    last = range(max(0, len(values) - weeks), len(values))
    rows = [
        _farrington_week(values, week, years=years, half=half, quantile=-float(ndtri(chance)))
        for week in last
    ]
    table = np.array(rows, dtype=np.float64).reshape(len(rows), 4)
    return Farrington(table[:, 0], table[:, 1], table[:, 2], table[:, 3])


def _before(values: FloatArray, baseline: int, guard: int) -> FloatArray:
    """Sum of the weeks of the baseline before each week, its guard left out."""
    weeks = values.shape[1]
    sums = np.zeros((len(values), weeks + 1))
    np.cumsum(values, axis=1, out=sums[:, 1:])
    ends = np.maximum(np.arange(weeks) - guard, 0)
    return np.asarray(sums[:, ends] - sums[:, np.maximum(ends - baseline, 0)])


def _farrington_week(
    values: FloatArray, week: int, *, years: int, half: int, quantile: float
) -> tuple[float, float, float, float]:
    back = week - WEEKS_PER_YEAR * np.arange(years, 0, -1)
    reference = (back[:, None] + np.arange(-half, half + 1)).ravel()
    reference = reference[(reference >= 0) & (reference < week)]
    reference = reference[~np.isnan(values[reference])]
    if len(reference) < LEAST_REFERENCE:
        return (np.nan,) * 4
    heard, ago = values[reference], (reference - week) / WEEKS_PER_YEAR
    if not heard.any():
        return 0.0, 0.0, 0.0 if values[week] <= 0 else np.inf, 1.0
    fit = _fitted(heard, np.ones((len(heard), 1)))
    if len(np.unique(np.round(ago))) >= TREND_YEARS:
        fit = _with_trend(heard, ago, plain=fit)
    mu = float(np.exp(fit.coefficients[0]))
    variance = fit.dispersion * mu + mu * mu * float(fit.covariance[0, 0])
    upper = mu * (1.0 + TWO_THIRDS * quantile * np.sqrt(variance) / mu) ** 1.5
    return mu, upper, float((values[week] - mu) / (upper - mu)), fit.dispersion


def _with_trend(heard: FloatArray, ago: FloatArray, *, plain: _Fit) -> _Fit:
    """The model with a trend, where that is significant and leads no higher than was ever seen."""
    bent = _fitted(heard, np.column_stack([np.ones(len(heard)), ago]))
    z = abs(bent.coefficients[1]) / np.sqrt(bent.covariance[1, 1])
    clear = z > -float(ndtri(TREND_SIGNIFICANT / 2.0))
    return bent if clear and np.exp(bent.coefficients[0]) <= heard.max() else plain


def _fitted(heard: FloatArray, design: FloatArray) -> _Fit:
    """Fitted twice: the second time with less weight for weeks that were unusual."""
    first = _quasi_poisson(heard, design, np.ones(len(heard)))
    room = np.sqrt(np.maximum(1.0 - first.leverage, TOLERANCE) * first.dispersion)
    bent = heard**TWO_THIRDS - first.mu**TWO_THIRDS
    apart = 1.5 * bent / (first.mu ** (1.0 / 6.0) * room)
    weight = np.where(apart > 1.0, np.maximum(apart, 1.0) ** -2.0, 1.0)
    return _quasi_poisson(heard, design, weight * len(weight) / weight.sum())


def _quasi_poisson(heard: FloatArray, design: FloatArray, weight: FloatArray) -> _Fit:
    """Log-linear model by iteratively reweighted least squares (McCullagh and Nelder 1989)."""
    mu = np.maximum(heard, 0.5)
    coefficients = np.zeros(design.shape[1])
    for _ in range(FITS):
        before = coefficients
        working = np.log(mu) + (heard - mu) / mu
        inverse = np.linalg.pinv(design.T @ (design * (weight * mu)[:, None]))
        coefficients = inverse @ (design.T @ (weight * mu * working))
        mu = np.exp(np.clip(design @ coefficients, -30.0, 30.0))
        if np.abs(coefficients - before).max() < TOLERANCE:
            break
    free = len(heard) - design.shape[1]
    dispersion = max(1.0, float((weight * (heard - mu) ** 2 / mu).sum()) / free)
    scale = weight * mu
    inverse = np.linalg.pinv(design.T @ (design * scale[:, None]))
    leverage = np.einsum("ij,jk,ik->i", design, inverse, design) * scale
    return _Fit(coefficients, mu, dispersion, inverse * dispersion, leverage)
