"""Is it going up or down, beyond chance? Pure arithmetic: no maps, no database, no clock."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.special import erfc, ndtri

from signaal.hotspots.numbers.counts import FloatArray

ROWS_AT_A_TIME = 256
SIGNIFICANT = 0.05
LEAST_STEPS = 3
"""Shorter series have no autocorrelation to correct for."""


@dataclass(frozen=True)
class MannKendall:
    """Whether each series goes up or down.

    Attributes:
        s: Pairs that go up less pairs that go down, shape (series,).
        variance: Of s if there were no trend, ties counted, shape (series,).
        z: s in standard deviations, brought nearer to 0 by one pair, shape (series,).
        chance: How often a series without a trend goes so far either way, shape (series,).
    """

    s: FloatArray
    variance: FloatArray
    z: FloatArray
    chance: FloatArray


@dataclass(frozen=True)
class SenSlope:
    """How steep each series is.

    Attributes:
        slope: The middle one of all pairs' slopes, per step, shape (series,); NaN below two values.
        intercept: Where the line stands at the first step, shape (series,).
    """

    slope: FloatArray
    intercept: FloatArray


def mann_kendall(series: FloatArray) -> MannKendall:
    """Whether series go up or down, however unevenly.

    Args:
        series: One series per row, oldest first, shape (series, steps); NaN: missing, left out.

    Returns:
        The test for each row; a row without two different values has z 0 and chance 1.

    Source: Mann (1945), Econometrica 13, 245-259; Kendall (1975), Rank Correlation Methods,
    4th ed., ch. 4: variance with ties (n(n-1)(2n+5) - sum t(t-1)(2t+5)) / 18, continuity 1.
    """
    columns = np.ascontiguousarray(np.asarray(series, dtype=np.float64).T)
    rows = columns.shape[1]
    s = np.zeros(rows)
    for first in range(0, rows, ROWS_AT_A_TIME):
        some = np.ascontiguousarray(columns[:, first : first + ROWS_AT_A_TIME])
        s[first : first + ROWS_AT_A_TIME] = _ups_less_downs(some)
    return _tested(s, _variance(columns))


def hamed_rao(series: FloatArray, *, significant: float = SIGNIFICANT) -> MannKendall:
    """As `mann_kendall`, for series of which neighbouring steps resemble each other.

    Args:
        series: One series per row, oldest first, shape (series, steps); NaN: missing, left out.
        significant: Only autocorrelations that chance gives less often than this count.

    Returns:
        The test for each row, its variance corrected.

    Source: Hamed and Rao (1998), Journal of Hydrology 204, 182-196, eq. 19: ranks of the series
    without its Sen slope; lags whose autocorrelation is significant.
    """
    values = np.asarray(series, dtype=np.float64)
    plain = mann_kendall(values)
    factor = np.ones(len(values))
    seen = ~np.isnan(values)
    whole = seen.all(axis=1)
    if whole.any() and values.shape[1] >= LEAST_STEPS:
        factor[whole] = _autocorrelated(values[whole], significant)
    for row in np.flatnonzero(~whole & (seen.sum(axis=1) >= LEAST_STEPS)):
        factor[row] = _autocorrelated(values[row, seen[row]][None, :], significant)[0]
    return _tested(plain.s, plain.variance * factor)


def sen_slope(series: FloatArray) -> SenSlope:
    """How much series go up or down per step, whatever single steps did.

    Args:
        series: One series per row, oldest first, shape (series, steps); NaN: missing, left out.

    Returns:
        Slope and intercept per row.

    Source: Sen (1968), Journal of the American Statistical Association 63, 1379-1389; intercept
    through the medians (Conover 1980).
    """
    values = np.asarray(series, dtype=np.float64)
    later, earlier = np.tril_indices(values.shape[1], -1)
    slope = np.empty(len(values))
    for first in range(0, len(values), ROWS_AT_A_TIME):
        some = values[first : first + ROWS_AT_A_TIME]
        rises = (some[:, later] - some[:, earlier]) / (later - earlier)
        slope[first : first + ROWS_AT_A_TIME] = _medians(rises)
    steps = np.where(np.isnan(values), np.nan, np.arange(values.shape[1]))
    return SenSlope(slope, _medians(values) - _medians(steps) * slope)


def _ups_less_downs(columns: FloatArray) -> FloatArray:
    total = np.zeros(columns.shape[1], dtype=np.int32)
    for apart in range(1, len(columns)):
        later, earlier = columns[apart:], columns[:-apart]
        total += (later > earlier).sum(axis=0, dtype=np.int16)
        total -= (later < earlier).sum(axis=0, dtype=np.int16)
    return total.astype(np.float64)


def _variance(columns: FloatArray) -> FloatArray:
    """The t-th of equal values adds 6 (t-1)(t+1) to the sum of t(t-1)(2t+5) over ties."""
    sorts = np.sort(columns, axis=0)
    tied = np.zeros(columns.shape[1], dtype=np.int64)
    run = np.zeros(columns.shape[1], dtype=np.int64)
    for before, value in pairwise(sorts):
        run = np.where(value == before, run + 1, 0)
        tied += 6 * run * (run + 2)
    n = (~np.isnan(columns)).sum(axis=0)
    return np.asarray((n * (n - 1) * (2 * n + 5) - tied) / 18.0)


def _tested(s: FloatArray, variance: FloatArray) -> MannKendall:
    moved = variance > 0
    near = s - np.sign(s)
    z = np.divide(
        near, np.sqrt(variance, where=moved, out=np.ones_like(s)), where=moved, out=np.zeros_like(s)
    )
    return MannKendall(s, variance, z, np.asarray(erfc(np.abs(z) / np.sqrt(2.0))))


def _autocorrelated(values: FloatArray, significant: float) -> FloatArray:
    """By how much resemblance of neighbouring steps widens the variance."""
    n = values.shape[1]
    level = values - sen_slope(values).slope[:, None] * np.arange(1, n + 1)
    ranks = np.array([_ranks(row) for row in level])
    apart = ranks - ranks.mean(axis=1, keepdims=True)
    own = (apart**2).sum(axis=1)
    limit = -float(ndtri(significant / 2.0)) / np.sqrt(n)
    total = np.zeros(len(values))
    for lag in range(1, n):
        shared = (apart[:, lag:] * apart[:, :-lag]).sum(axis=1)
        r = np.divide(shared, own, out=np.zeros_like(own), where=own > 0)
        total += (n - lag) * (n - lag - 1) * (n - lag - 2) * np.where(np.abs(r) > limit, r, 0.0)
    return np.asarray(1.0 + 2.0 * total / (n * (n - 1) * (n - 2)))


def _ranks(values: FloatArray) -> FloatArray:
    """From 1; equal values share the mean of their ranks."""
    _, place, times = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(times) - (times - 1) / 2.0)[place])


def _medians(values: FloatArray) -> FloatArray:
    """Per row, missing values left out; NaN where all are."""
    if not values.shape[1]:
        return np.full(len(values), np.nan)
    if not np.isnan(values).any():
        half = (values.shape[1] - 1) // 2, values.shape[1] // 2
        middle = np.partition(values, half[1] if half[0] == half[1] else half, axis=1)
        return np.asarray((middle[:, half[0]] + middle[:, half[1]]) / 2.0)
    sorts = np.sort(values, axis=1)
    count = (~np.isnan(values)).sum(axis=1)
    rows = np.arange(len(values))
    low, high = np.maximum(count - 1, 0) // 2, count // 2
    high = np.minimum(high, values.shape[1] - 1)
    return np.asarray((sorts[rows, low] + sorts[rows, high]) / 2.0)
