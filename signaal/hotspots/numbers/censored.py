"""What does the town say when small counts are hidden? No maps, no database, no clock."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from signaal.hotspots.numbers.counts import FloatArray, IntArray
from signaal.hotspots.numbers.rates import CountArray, Town

MOST_ROUNDS = 200
CLOSE_ENOUGH = 1e-6
"""Relative change of the town's rate below which the rounds end."""
OPEN_CLASS_TIMES = 10
"""A class without an upper end is taken to reach to so many times its lower end."""
HALF = 0.5


@dataclass(frozen=True)
class _Cells:
    """Different cells with how often each occurs: a town has few sizes and few classes."""

    low: IntArray
    high: IntArray
    dwellings: FloatArray
    times: FloatArray


@dataclass(frozen=True)
class _Mixture:
    """Counts are Poisson around a block's own rate; those rates are gamma around the town's."""

    rate: float
    variance: float


def towns_from_classes(low: IntArray, high: IntArray, dwellings: CountArray) -> tuple[Town, ...]:
    """The town's rate in each window, and how much its blocks differ, from what is shown alone.

    Where a class is shown, the count in it is guessed: the mean of all counts in that class as
    they would occur in a town of this rate whose blocks differ this much. Rate and difference
    then follow from the guesses, the guesses from these, and so on until nothing changes. All
    windows together say how the blocks differ; each window has its own rate. Where no block
    shows more than a hidden count, nothing can be said, and both are zero.

    Nobody can work back from the outcome to a hidden count: towns that show the same classes
    have the same outcome. The price is an estimate. Hidden counts hardly tell how many they
    are, so the rate may be off by a factor of two or three (decision 19 has figures).

    Args:
        low: Lower ends of what is shown, shape (blocks, windows).
        high: Upper ends, the same as `low` where a number is shown; below `low` where there is
            no upper end; same shape.
        dwellings: Dwellings per block, shape (blocks,), each at least 1.

    Returns:
        One for each window.

    Source: expected sufficient statistics after Dempster, Laird & Rubin (1977), Journal of the
    Royal Statistical Society B 39(1), 1-38; variance between blocks by Marshall (1991), Applied
    Statistics 40(2), 283-294, global estimator, with a gamma mixture of Poissons (Clayton &
    Kaldor 1987, Biometrics 43(3), 671-681) for counts within a class.
    """
    homes = np.asarray(dwellings, dtype=np.float64)
    windows = low.shape[1]
    if not (low > 0).any():
        return tuple(Town(0.0, 0.0, homes.size, float(homes.sum())) for _ in range(windows))
    top = np.where(high < low, low * OPEN_CLASS_TIMES, high)
    every = _cells(low.ravel(), top.ravel(), np.repeat(homes, windows))
    mixture = _settled(every)
    return tuple(
        _town(_cells(low[:, each], top[:, each], homes), mixture) for each in range(windows)
    )


def _cells(low: IntArray, high: IntArray, dwellings: FloatArray) -> _Cells:
    homes = dwellings.astype(np.int64)
    tops, sizes = int(high.max(initial=0)) + 1, int(homes.max(initial=0)) + 1
    cells, times = np.unique((low * tops + high) * sizes + homes, return_counts=True)
    ends, size = np.divmod(cells, sizes)
    return _Cells(ends // tops, ends % tops, size.astype(float), times.astype(float))


def _settled(cells: _Cells) -> _Mixture:
    """Guesses and follows in turn until the rate stays the same."""
    middle = np.where(cells.low > 0, cells.low + cells.high, 0) * HALF
    found = _follows(cells, middle.astype(np.float64), 0.0)
    for _ in range(MOST_ROUNDS):
        before = found
        found = _follows(cells, *_guess(cells, before))
        if abs(found.rate - before.rate) <= CLOSE_ENOUGH * before.rate:
            break
    return found


def _town(cells: _Cells, mixture: _Mixture) -> Town:
    here = _follows(cells, *_guess(cells, mixture))
    blocks, dwellings = int(cells.times.sum()), float((cells.times * cells.dwellings).sum())
    return Town(here.rate, here.variance, blocks=blocks, dwellings=dwellings)


def _follows(cells: _Cells, mean: FloatArray, variance: FloatArray | float) -> _Mixture:
    """Marshall's global estimator, from counts of which mean and variance are known."""
    homes = cells.times * cells.dwellings
    total = float(homes.sum())
    rate = float((cells.times * mean).sum()) / total
    raw = (mean / cells.dwellings - rate) ** 2 + variance / cells.dwellings**2
    spread = float((homes * raw).sum()) / total
    chance = rate * float(cells.times.sum()) / total
    return _Mixture(rate, max(0.0, spread - chance))


def _guess(cells: _Cells, town: _Mixture) -> tuple[FloatArray, FloatArray]:
    """Mean and variance of each count within its class."""
    counts = np.arange(int(cells.high.max(initial=0)) + 1)
    chances = _log_chances(counts, expected=town.rate * cells.dwellings, town=town)
    inside = (counts >= cells.low[:, None]) & (counts <= cells.high[:, None])
    chances = np.where(inside, chances, -np.inf)
    weights = np.exp(chances - chances.max(axis=1, keepdims=True))
    weights /= weights.sum(axis=1, keepdims=True)
    mean = weights @ counts
    return mean, np.maximum(weights @ counts**2 - mean**2, 0.0)


def _log_chances(counts: IntArray, *, expected: FloatArray, town: _Mixture) -> FloatArray:
    """Logarithm of the chance of each count but for a constant, shape (cells, counts).

    Each count has the chance of the one before it times (shape + count - 1) / count times
    expected / (shape + expected): the negative binomial; without variance the Poisson.
    """
    steps = np.maximum(counts, 1).astype(np.float64)
    if town.variance == 0.0:
        ratio = np.log(expected)[:, None] - np.log(steps)
    else:
        shape = town.rate**2 / town.variance
        ratio = np.log((shape + steps - 1) / steps) + np.log(expected / (shape + expected))[:, None]
    ratio[:, 0] = 0.0
    chances: NDArray[np.float64] = np.cumsum(ratio, axis=1)
    return chances
