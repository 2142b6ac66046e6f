"""How evenly is it spread over the town? Pure arithmetic: no maps, no database, no clock."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from signaal.hotspots.numbers.counts import FloatArray
from signaal.hotspots.numbers.rates import CountArray, Ratio, standardised_ratio

TOP = 0.05
LEVEL = 0.95
AT_ONCE = 2_000_000
"""Figures held in memory at a time while drawing towns."""


@dataclass(frozen=True)
class Unevenness:
    """How unevenly reports are spread, each with the ends of its interval; NaN without reports.

    Attributes:
        gini: 0 when every dwelling has as many, towards 1 when one block has all.
        gini_low: Its lower end.
        gini_high: Its upper end.
        top_share: Which share of all reports the busiest blocks have.
        top_low: Its lower end.
        top_high: Its upper end.
    """

    gini: float
    gini_low: float
    gini_high: float
    top_share: float
    top_low: float
    top_high: float


@dataclass(frozen=True, eq=False)
class _Cells:
    """Different blocks, the lowest rate first, with how often each occurs."""

    counts: FloatArray
    dwellings: FloatArray
    times: FloatArray

    @property
    def blocks(self) -> int:
        return int(self.times.sum())


def location_quotient(counts: CountArray, dwellings: CountArray, *, level: float = LEVEL) -> Ratio:
    """How many times the town's share a block has, with its exact interval.

    Args:
        counts: Reporters, shape (blocks,); NaN is missing.
        dwellings: Dwellings, shape (blocks,); NaN or 0 is missing.
        level: Of how many intervals it is promised that they hold the truth.

    Returns:
        Times the town, 1 as the town; NaN where missing and in a town without reports.

    Source: Isard (1960), Methods of Regional Analysis, 124; interval: Garwood (1936), Biometrika
    28, 437, with the town's rate taken as known.
    """
    heard, homes = _known(counts, dwellings)
    total = np.nansum(homes)
    rate = np.nansum(heard) / total if total > 0 else np.nan
    return standardised_ratio(heard, homes * rate, level=level)


def lorenz(
    counts: CountArray, dwellings: CountArray | None = None
) -> tuple[FloatArray, FloatArray]:
    """The curve of shares: the quietest so many dwellings have so many of the reports.

    Args:
        counts: Reporters, shape (blocks,); NaN is missing.
        dwellings: Dwellings, shape (blocks,); NaN or 0 is missing; None: blocks count alike.

    Returns:
        Shares of dwellings and of reports from 0 to 1, ascending, shape (different blocks + 1,)
        each; both NaN but for the 0 where there are no reports.

    Source: Lorenz (1905), Publications of the American Statistical Association 9(70), 209-219.
    """
    cells = _cells(counts, dwellings)
    homes, heard = _curve(cells, cells.times[None, :])
    return homes[0], heard[0]


def gini(counts: CountArray, dwellings: CountArray | None = None) -> float:
    """How unevenly reports are spread: 0 evenly, towards 1 all in one place.

    Args:
        counts: Reporters, shape (blocks,); NaN is missing.
        dwellings: Dwellings, shape (blocks,); NaN or 0 is missing; None: blocks count alike.

    Returns:
        The figure; NaN in a town without reports.

    Source: Gini (1912); as twice the area between the Lorenz curve and the diagonal, Brown (1994),
    Social Science & Medicine 38(9), 1243-1256.
    """
    cells = _cells(counts, dwellings)
    return float(_ginis(cells, cells.times[None, :])[0])


def top_share(counts: CountArray, *, top: float = TOP) -> float:
    """Which share of all reports the busiest blocks have.

    Where so many are no whole number of blocks, the next block counts for the part that is left.

    Args:
        counts: Reporters, shape (blocks,); NaN is missing.
        top: Which share of the blocks are the busiest.

    Returns:
        A share from 0 to 1; NaN in a town without reports.

    Source: Weisburd (2015), Criminology 53(2), 133-157: crime in the busiest 5 % of streets.
    """
    cells = _cells(counts, None)
    return float(_tops(cells, cells.times[None, :], top=top)[0])


def unevenness(
    counts: CountArray,
    dwellings: CountArray | None = None,
    *,
    seed: int,
    simulations: int = 999,
    top: float = TOP,
    level: float = LEVEL,
) -> Unevenness:
    """Gini and the share of the busiest blocks, with intervals from towns of blocks drawn anew.

    Args:
        counts: Reporters, shape (blocks,); NaN is missing.
        dwellings: For the Gini: dwellings, shape (blocks,); NaN or 0 is missing; None: blocks
            count alike.
        seed: The same seed gives the same intervals.
        simulations: How many towns are drawn.
        top: Which share of the blocks are the busiest.
        level: Of how many intervals it is meant that they hold the truth.

    Returns:
        The figures; all NaN in a town without reports.

    Source: percentile bootstrap, Efron (1979), Annals of Statistics 7(1), 1-26; blocks that are
    alike are drawn together (multinomial), which is the same draw.
    """
    rated, ranked = _cells(counts, dwellings), _cells(_known(counts, dwellings)[0], None)
    rng = np.random.default_rng(seed)
    ends = ((1.0 - level) / 2.0, (1.0 + level) / 2.0)
    ginis = _drawn(rated, simulations, rng=rng)
    spread = np.concatenate([_ginis(rated, each) for each in ginis])
    tops = _drawn(ranked, simulations, rng=rng)
    shares = np.concatenate([_tops(ranked, each, top=top) for each in tops])
    return Unevenness(
        float(_ginis(rated, rated.times[None, :])[0]),
        *_ends(spread, ends),
        float(_tops(ranked, ranked.times[None, :], top=top)[0]),
        *_ends(shares, ends),
    )


def dissimilarity(group: CountArray, total: CountArray) -> float:
    """Which share of a group would have to move to be spread as all others are.

    Args:
        group: How many of the group, shape (blocks,).
        total: How many of all, shape (blocks,); 0 or NaN is missing.

    Returns:
        From 0 (alike) to 1 (apart); NaN where there is no group or nobody else.

    Source: Duncan & Duncan (1955), American Sociological Review 20(2), 210-217.
    """
    ours, all_of = _members(group, total)
    others = all_of - ours
    if not ours.sum() or not others.sum():
        return float("nan")
    return float(np.abs(ours / ours.sum() - others / others.sum()).sum() / 2.0)


def isolation(group: CountArray, total: CountArray) -> float:
    """Which share of a member's block belongs to the group, for the average member.

    Args:
        group: How many of the group, shape (blocks,).
        total: How many of all, shape (blocks,); 0 or NaN is missing.

    Returns:
        From 0 to 1; NaN where there is no group.

    Source: Massey & Denton (1988), Social Forces 67(2), 281-315, xPx, after Lieberson (1981).
    """
    ours, all_of = _members(group, total)
    if not ours.sum():
        return float("nan")
    return float((ours / ours.sum() * ours / all_of).sum())


def entropy_index(group: CountArray, total: CountArray) -> float:
    """How much less mixed the blocks are than the town as a whole (H).

    Args:
        group: How many of the group, shape (blocks,).
        total: How many of all, shape (blocks,); 0 or NaN is missing.

    Returns:
        From 0 (each block mixed as the town) to 1 (none mixed); NaN where there is no group or
        nobody else.

    Source: Theil & Finizza (1971), Journal of Mathematical Sociology 1(2), 187-193.
    """
    ours, all_of = _members(group, total)
    everyone = float(all_of.sum())
    town = float(_mixed(ours.sum() / everyone)) if everyone else 0.0
    if town == 0.0:
        return float("nan")
    return float((all_of * (town - _mixed(ours / all_of))).sum() / (everyone * town))


def _mixed(share: FloatArray) -> FloatArray:
    inside = (share > 0) & (share < 1)
    some = np.where(inside, share, 0.5)
    return np.where(inside, -some * np.log(some) - (1.0 - some) * np.log(1.0 - some), 0.0)


def _members(group: CountArray, total: CountArray) -> tuple[FloatArray, FloatArray]:
    ours, all_of = np.asarray(group, dtype=np.float64), np.asarray(total, dtype=np.float64)
    known = np.isfinite(ours) & (all_of > 0)
    return ours[known], all_of[known]


def _known(counts: CountArray, dwellings: CountArray | None) -> tuple[FloatArray, FloatArray]:
    heard = np.asarray(counts, dtype=np.float64)
    homes = np.ones(heard.shape) if dwellings is None else np.asarray(dwellings, dtype=np.float64)
    known = np.isfinite(heard) & np.isfinite(homes) & (homes > 0)
    return np.where(known, heard, np.nan), np.where(known, homes, np.nan)


def _cells(counts: CountArray, dwellings: CountArray | None) -> _Cells:
    heard, homes = _known(counts, dwellings)
    known = np.isfinite(heard)
    pairs = np.column_stack([heard[known], homes[known]])
    cells, times = np.unique(pairs, axis=0, return_counts=True)
    order = np.argsort(cells[:, 0] / cells[:, 1], kind="stable")
    return _Cells(cells[order, 0], cells[order, 1], times[order].astype(np.float64))


def _curve(cells: _Cells, times: NDArray[np.float64]) -> tuple[FloatArray, FloatArray]:
    """Shares of dwellings and of reports, shape (towns, cells + 1)."""
    nothing = np.zeros((len(times), 1))
    homes = np.hstack([nothing, np.cumsum(times * cells.dwellings, axis=1)])
    heard = np.hstack([nothing, np.cumsum(times * cells.counts, axis=1)])
    with np.errstate(invalid="ignore"):
        return homes / homes[:, -1:], heard / heard[:, -1:]


def _ginis(cells: _Cells, times: NDArray[np.float64]) -> FloatArray:
    homes, heard = _curve(cells, times)
    area = (np.diff(homes, axis=1) * (heard[:, 1:] + heard[:, :-1])).sum(axis=1)
    return np.where(np.isfinite(heard[:, -1]) & (cells.blocks > 0), 1.0 - area, np.nan)


def _tops(cells: _Cells, times: NDArray[np.float64], *, top: float) -> FloatArray:
    wanted = top * cells.blocks
    busiest = times[:, ::-1]
    before = np.cumsum(busiest, axis=1) - busiest
    inside = np.clip(wanted - before, 0.0, busiest)
    total = (times * cells.counts).sum(axis=1)
    share = (inside * cells.counts[::-1]).sum(axis=1) / np.where(total > 0, total, 1.0)
    return np.where(total > 0, share, np.nan)


def _drawn(
    cells: _Cells, simulations: int, *, rng: np.random.Generator
) -> list[NDArray[np.float64]]:
    """How often each different block occurs in towns drawn anew, some towns at a time."""
    if not cells.blocks:
        return [np.zeros((simulations, 0))]
    size = max(AT_ONCE // cells.times.size, 1)
    starts = range(0, simulations, size)
    chances = cells.times / cells.times.sum()
    return [
        rng.multinomial(cells.blocks, chances, min(size, simulations - start)).astype(np.float64)
        for start in starts
    ]


def _ends(drawn: FloatArray, ends: tuple[float, float]) -> tuple[float, float]:
    heard = drawn[np.isfinite(drawn)]
    if not heard.size:
        return float("nan"), float("nan")
    low, high = np.quantile(heard, ends)
    return float(low), float(high)
