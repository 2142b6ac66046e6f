"""How much trouble does a block carry? Pure arithmetic: no maps, no database, no clock."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincinv

from signaal.errors import UnknownDwellings

if TYPE_CHECKING:
    from signaal.hotspots.numbers.neighbours import Adjacency

FloatArray: TypeAlias = NDArray[np.float64]
CountArray: TypeAlias = NDArray[np.floating[Any] | np.integer[Any]]

PER_DWELLINGS = 1000
"""Rates are said per 1,000 dwellings."""
LEVEL = 0.95
"""Of how many intervals it is promised that they hold the truth."""


@dataclass(frozen=True)
class Town:
    """What the whole town says about its blocks.

    Attributes:
        rate: Reporters per dwelling in the whole town over one period.
        variance: How much the blocks really differ: variance between blocks of reporters per
            dwelling, beyond chance; 0 when they differ by chance only.
        blocks: How many blocks there are.
        dwellings: How many dwellings they have together.
    """

    rate: float
    variance: float
    blocks: int
    dwellings: float


@dataclass(frozen=True, eq=False)
class Ratio:
    """So many times what was expected, with its interval; arrays of one shape.

    Attributes:
        value: Observed over expected; NaN where nothing was expected.
        low: Lower end.
        high: Upper end.
    """

    value: FloatArray
    low: FloatArray
    high: FloatArray


def crude_rates(reports: CountArray, dwellings: CountArray) -> FloatArray:
    """Reports per dwelling, as they came in.

    Args:
        reports: Distinct reporters per block in one period, shape (blocks,).
        dwellings: Dwellings per block (BAG `verblijfsobjecten`), shape (blocks,), each at least 1.

    Returns:
        Reports per dwelling over that period, shape (blocks,).

    Raises:
        UnknownDwellings: A block has no dwellings to divide by.
    """
    homes = _known(dwellings)
    return np.asarray(reports, dtype=np.float64) / homes


def town_of(reports: CountArray, dwellings: CountArray) -> Town:
    """The town's own rate, and how much its blocks differ beyond chance.

    Args:
        reports: Distinct reporters per block in one period, shape (blocks,).
        dwellings: Dwellings per block (BAG `verblijfsobjecten`), shape (blocks,), each at least 1.

    Returns:
        Rate per dwelling and variance between blocks; both 0 for a town without blocks.

    Raises:
        UnknownDwellings: A block has no dwellings to divide by.

    Source: Marshall (1991), Applied Statistics 40(2), 283-294, global estimator: the variance is
    s2 - m / n, with m the town's rate, s2 the variance of the blocks' rates weighted by
    dwellings, and n the mean number of dwellings. A negative value counts as zero.
    """
    homes = _known(dwellings)
    if not homes.size:
        return Town(rate=0.0, variance=0.0, blocks=0, dwellings=0.0)
    raw = crude_rates(reports, dwellings)
    total = float(homes.sum())
    rate = float(np.asarray(reports, dtype=np.float64).sum()) / total
    spread = float((homes * (raw - rate) ** 2).sum()) / total
    variance = max(0.0, spread - rate / float(homes.mean()))
    return Town(rate=rate, variance=variance, blocks=homes.size, dwellings=total)


def steady_rates(reports: CountArray, dwellings: CountArray) -> FloatArray:
    """Reports per dwelling, pulled towards the town's rate where a block is small.

    One complaint in a row of three homes is not a hotspot.

    Args:
        reports: Distinct reporters per block in one period, shape (blocks,).
        dwellings: Dwellings per block (BAG `verblijfsobjecten`), shape (blocks,), each at least 1.

    Returns:
        Reports per dwelling over that period, shape (blocks,).

    Raises:
        UnknownDwellings: A block has no dwellings to divide by.

    Source: Marshall (1991), Applied Statistics 40(2), 283-294, global estimator. A negative
    between-block variance counts as zero, or the quietest block would come out on top.
    """
    return steadied(reports, dwellings, town=town_of(reports, dwellings))


def steadied(reports: CountArray, dwellings: CountArray, *, town: Town) -> FloatArray:
    """Reports per dwelling, pulled towards the rate of a town that is known already.

    Args:
        reports: Distinct reporters per block in one period, shape (blocks,).
        dwellings: Dwellings per block (BAG `verblijfsobjecten`), shape (blocks,), each at least 1.
        town: The town's rate and the variance between its blocks.

    Returns:
        Reports per dwelling over that period, shape (blocks,).

    Raises:
        UnknownDwellings: A block has no dwellings to divide by.

    Source: as `steady_rates`.
    """
    raw = crude_rates(reports, dwellings)
    return town.rate + own_share(dwellings, town=town) * (raw - town.rate)


def own_share(dwellings: CountArray, *, town: Town) -> FloatArray:
    """How much a block's own figure weighs against the town's: 0 not at all, 1 alone.

    Args:
        dwellings: Dwellings per block (BAG `verblijfsobjecten`), shape (blocks,), each at least 1.
        town: The town's rate and the variance between its blocks.

    Returns:
        Shares from 0 to 1, shape (blocks,); 0 everywhere when blocks differ by chance only.

    Raises:
        UnknownDwellings: A block has no dwellings to divide by.

    Source: as `steady_rates`; the share is A / (A + m / n) with A the variance between blocks.
    """
    homes = _known(dwellings)
    if town.variance == 0.0:
        return np.zeros(homes.shape)
    return np.asarray(town.variance / (town.variance + town.rate / homes))


def local_rates(
    reports: CountArray, dwellings: CountArray, *, adjacency: "Adjacency"
) -> FloatArray:
    """Reports per dwelling, pulled towards the rate of the block with its neighbours.

    Args:
        reports: Distinct reporters per block in one period, shape (blocks,).
        dwellings: Dwellings per block, shape (blocks,); NaN or 0 is missing, also for neighbours.
        adjacency: Which blocks lie beside which.

    Returns:
        Reports per dwelling over that period, shape (blocks,); NaN where missing; the own crude
        rate for a block without known neighbours.

    Source: Marshall (1991), Applied Statistics 40(2), 283-294, local estimator: for each block the
    global one over the block with its neighbours. A negative variance counts as zero.
    """
    homes = np.asarray(dwellings, dtype=np.float64)
    known = np.isfinite(homes) & (homes > 0)
    size = np.where(known, homes, 0.0)
    heard = np.where(known, np.asarray(reports, dtype=np.float64), 0.0)
    raw = heard / np.where(known, size, 1.0)
    blocks, around = adjacency.pooled(known.astype(np.float64)), adjacency.pooled(size)
    around = np.where(known, around, 1.0)
    rate = adjacency.pooled(heard) / around
    squares = adjacency.pooled(size * raw**2) / around - rate**2
    variance = np.maximum(squares - rate * blocks / around, 0.0)
    chance = rate / np.where(known, size, 1.0)
    share = variance / np.where(variance > 0, variance + chance, 1.0)
    return np.where(known, rate + share * (raw - rate), np.nan)


def likely_rates(
    reports: CountArray, dwellings: CountArray, *, town: Town, level: float = LEVEL
) -> tuple[FloatArray, FloatArray]:
    """Between which ends a block's steadied rate lies, in 95 of 100 towns like this.

    Args:
        reports: Distinct reporters per block in one period, shape (blocks,).
        dwellings: Dwellings per block, shape (blocks,), each at least 1.
        town: The town's rate and the variance between its blocks.
        level: How sure.

    Returns:
        Lower and upper ends, reports per dwelling, shape (blocks,) each; the town's rate twice
        where blocks differ by chance only.

    Raises:
        UnknownDwellings: A block has no dwellings to divide by.

    Source: Clayton & Kaldor (1987), Biometrics 43(3), 671-681: gamma prior with the town's mean
    and variance, of which the posterior mean is `steadied`; its 2.5 and 97.5 % points.
    """
    homes = _known(dwellings)
    if town.variance == 0.0:
        return np.full(homes.shape, town.rate), np.full(homes.shape, town.rate)
    shape = town.rate**2 / town.variance + np.asarray(reports, dtype=np.float64)
    scale = town.rate / town.variance + homes
    low = gammaincinv(shape, (1.0 - level) / 2.0) / scale
    high = gammaincinv(shape, (1.0 + level) / 2.0) / scale
    return np.asarray(low), np.asarray(high)


def garwood(counts: CountArray, *, level: float = LEVEL) -> tuple[FloatArray, FloatArray]:
    """Which true numbers a count can well come from, exactly.

    Args:
        counts: Whole numbers, any shape; NaN is missing.
        level: Of how many intervals it is promised that they hold the truth.

    Returns:
        Lower and upper ends, same shape.

    Source: Garwood (1936), Biometrika 28, 437-442.
    """
    heard = np.asarray(counts, dtype=np.float64)
    side = (1.0 - level) / 2.0
    low = np.where(heard > 0, gammaincinv(np.where(heard > 0, heard, 1.0), side), heard * 0.0)
    return low, np.asarray(gammaincinv(heard + 1.0, 1.0 - side), dtype=np.float64)


def standardised_ratio(
    observed: CountArray, expected: CountArray, *, level: float = LEVEL
) -> Ratio:
    """How many times what was expected there was, with its exact interval.

    Args:
        observed: Whole numbers, any shape; NaN is missing.
        expected: What was expected, same shape, taken as known; NaN or 0 is missing.
        level: Of how many intervals it is promised that they hold the truth.

    Returns:
        Ratios, same shape; NaN where missing.

    Source: Breslow & Day (1987), Statistical Methods in Cancer Research II, 69; interval as
    `garwood`.
    """
    usual = np.asarray(expected, dtype=np.float64)
    usual = np.where(usual > 0, usual, np.nan)
    low, high = garwood(observed, level=level)
    return Ratio(np.asarray(observed / usual), low / usual, high / usual)


def per_thousand(rates: FloatArray) -> FloatArray:
    """Rates per dwelling as rates per 1,000 dwellings, same shape."""
    return np.asarray(rates * PER_DWELLINGS)


def _known(dwellings: CountArray) -> FloatArray:
    homes = np.asarray(dwellings, dtype=np.float64)
    if not np.all(np.isfinite(homes) & (homes > 0)):
        raise UnknownDwellings(f"{int(np.sum(~(homes > 0)))} of {homes.size} blocks")
    return homes
