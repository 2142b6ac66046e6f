"""How much trouble does a block carry? Pure arithmetic: no maps, no database, no clock."""

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from signaal.errors import UnknownDwellings

FloatArray: TypeAlias = NDArray[np.float64]
CountArray: TypeAlias = NDArray[np.floating[Any] | np.integer[Any]]

PER_DWELLINGS = 1000
"""Rates are said per 1,000 dwellings."""


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


def per_thousand(rates: FloatArray) -> FloatArray:
    """Rates per dwelling as rates per 1,000 dwellings, same shape."""
    return np.asarray(rates * PER_DWELLINGS)


def _known(dwellings: CountArray) -> FloatArray:
    homes = np.asarray(dwellings, dtype=np.float64)
    if not np.all(np.isfinite(homes) & (homes > 0)):
        raise UnknownDwellings(f"{int(np.sum(~(homes > 0)))} of {homes.size} blocks")
    return homes
