"""Does one report bring the next nearby, or is it coincidence? Pure arithmetic, no clock."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from signaal.hotspots.numbers.counts import FloatArray, IntArray
from signaal.hotspots.numbers.neighbours import Adjacency

LAGS = ((1, 4), (5, 8))
"""Weeks between two reports, from and up to."""
RINGS = 3
"""The same block, its neighbours, and their neighbours."""
SEASON_WEEKS = 13
SIMULATIONS = 999


@dataclass(frozen=True)
class Interaction:
    """Pairs of reports close in place and time, beside what coincidence makes.

    Rows: the same block, neighbours, the second ring. Columns: 1 to 4 and 5 to 8 weeks apart.

    Attributes:
        observed: Pairs seen, shape (3, 2).
        expected: Mean of the pairs when weeks are drawn again, shape (3, 2).
        ratio: Observed over expected, shape (3, 2); NaN where nothing is expected.
        chance: How often coincidence gives at least so many, shape (3, 2).
    """

    observed: FloatArray
    expected: FloatArray
    ratio: FloatArray
    chance: FloatArray


@dataclass(frozen=True)
class Knox:
    """Pairs of events that are near in place and in time.

    Attributes:
        observed: Pairs that are both.
        expected: Pairs near in place times the share of pairs near in time.
        modified: Observed less what each event's own nearness explains (Baker 2004).
        chance: How often at least so many are seen when times are drawn again.
    """

    observed: int
    expected: float
    modified: float
    chance: float


def space_time(
    events_block: IntArray,
    events_week: IntArray,
    *,
    adjacency: Adjacency,
    simulations: int = SIMULATIONS,
    seed: int,
    season_weeks: int = SEASON_WEEKS,
) -> Interaction:
    """Whether a report brings further ones, here or beside it, in the weeks after.

    Weeks are drawn again among the events of the same season, so that each block keeps its total
    in each season and each week keeps the town's total: what remains is neither the place nor the
    time of the year. Each pair counts once.

    Args:
        events_block: Block of each event, shape (events,); left as it is.
        events_week: Week of each event, shape (events,); left as it is.
        adjacency: Who lies beside whom.
        simulations: How often weeks are drawn again.
        seed: The same seed gives the same answer.
        season_weeks: Weeks of one season, counted from week 0.

    Returns:
        Pairs per ring and lag, seen and expected; the chance is (1 + draws with at least as
        many) / (1 + draws).

    Source: Knox (1964), Applied Statistics 13, 25-29; near-repeat: Townsley, Homel and Chaseling
    (2003), British Journal of Criminology 43, 615-633; weeks drawn again: Mantel (1967), Cancer
    Research 27, 209-220, here within seasons.
    """
    block = np.asarray(events_block, dtype=np.int64)
    week = np.asarray(events_week, dtype=np.int64)
    if not block.size:
        nothing = np.zeros((RINGS, len(LAGS)))
        return Interaction(nothing, nothing, nothing + np.nan, nothing + 1.0)
    order = np.argsort(week, kind="stable")
    block, week = block[order], week[order]
    ends = np.flatnonzero(np.diff(week // season_weeks)) + 1
    drawn = week - week[0]
    near, next_near = _rings(adjacency)
    weeks = int(drawn[-1]) + 1
    observed = _pairs(block, drawn, weeks=weeks, near=near, next_near=next_near)
    rng = np.random.default_rng(seed)
    total, reached = np.zeros_like(observed), np.zeros_like(observed)
    seasons = np.split(drawn, ends)
    for _ in range(simulations):
        again = np.concatenate([rng.permutation(season) for season in seasons])
        pairs = _pairs(block, again, weeks=weeks, near=near, next_near=next_near)
        total += pairs
        reached += pairs >= observed
    return _compared(observed, total, reached, simulations)


def knox(
    places: FloatArray,
    times: FloatArray,
    *,
    near: float,
    soon: float,
    simulations: int = SIMULATIONS,
    seed: int = 0,
) -> Knox:
    """Whether events that are near each other follow each other soon.

    Args:
        places: x and y of each event, shape (events, 2); left as it is.
        times: When each event was, shape (events,); left as it is.
        near: Up to this distance two events are near, that distance included.
        soon: Up to this difference two events follow soon, that difference included.
        simulations: How often times are drawn again.
        seed: The same seed gives the same answer.

    Returns:
        The pairs, what is expected, and the chance of at least so many.

    Source: Knox (1964), Applied Statistics 13, 25-29; modified: Baker (2004), Acta
    Tropica 91, 291-299; Monte Carlo: Mantel (1967), Cancer Research 27, 209-220.
    """
    when = np.asarray(times, dtype=np.float64)
    first, second = _close(np.asarray(places, dtype=np.float64), near)
    earlier, later = _close(when[:, None], soon)
    events = len(when)
    if events < 2:  # noqa: PLR2004 (a pair takes two)
        return Knox(0, 0.0, 0.0, 1.0)

    def both(order: FloatArray) -> int:
        return int((np.abs(order[first] - order[second]) <= soon).sum())

    observed = both(when)
    by_place = np.bincount(np.concatenate([first, second]), minlength=events)
    by_time = np.bincount(np.concatenate([earlier, later]), minlength=events)
    rng = np.random.default_rng(seed)
    reached = sum(both(rng.permutation(when)) >= observed for _ in range(simulations))
    return Knox(
        observed=observed,
        expected=len(first) * len(earlier) / (events * (events - 1) / 2),
        modified=observed - float(by_place @ by_time) / (2.0 * (events - 1)),
        chance=(1 + reached) / (1 + simulations),
    )


def _close(points: FloatArray, within: float) -> tuple[IntArray, IntArray]:
    """Both ends of all pairs of points no further apart than this."""
    from scipy.spatial import cKDTree

    pairs = cKDTree(points).query_pairs(within, output_type="ndarray") if len(points) else None
    if pairs is None:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    return pairs[:, 0], pairs[:, 1]


def _rings(adjacency: Adjacency) -> "tuple[csr_array[Any], csr_array[Any]]":
    """1 between neighbours; 1 between blocks with a common neighbour that are none themselves."""
    near = adjacency.matrix.astype(np.float32)
    wide = (near @ near).tocoo()
    row, column = wide.coords
    known = near.tocoo().coords
    size = max(adjacency.blocks, 1)
    inner = np.isin(row * np.int64(size) + column, known[0] * np.int64(size) + known[1])
    kept = ~inner & (row != column)
    ones = np.ones(int(kept.sum()), dtype=np.float32)
    return near, csr_array((ones, (row[kept], column[kept])), shape=near.shape)


def _pairs(
    block: IntArray,
    week: IntArray,
    *,
    weeks: int,
    near: "csr_array[Any]",
    next_near: "csr_array[Any]",
) -> FloatArray:
    """Pairs per ring and lag; each pair once, with the later event of the two in hand."""
    blocks = near.shape[0]
    counts = np.bincount(block * weeks + week, minlength=blocks * weeks)
    table = counts.reshape(blocks, weeks).astype(np.float32)
    around = (table, near @ table, next_near @ table)
    pairs = np.zeros((RINGS, len(LAGS)))
    for column, (shortest, longest) in enumerate(LAGS):
        later = _within(table, shortest, longest)
        for row, earlier in enumerate(around):
            pairs[row, column] = np.einsum("bt,bt->", earlier, later, dtype=np.float64)
    return pairs


def _within(table: NDArray[np.float32], shortest: int, longest: int) -> NDArray[np.float32]:
    """What comes from so many up to so many weeks later, summed."""
    summed = np.zeros_like(table)
    for lag in range(shortest, min(longest, table.shape[1] - 1) + 1):
        summed[:, :-lag] += table[:, lag:]
    return summed


def _compared(
    observed: FloatArray, total: FloatArray, reached: FloatArray, simulations: int
) -> Interaction:
    expected = total / max(simulations, 1)
    ratio = np.divide(observed, expected, out=np.full_like(observed, np.nan), where=expected > 0)
    return Interaction(observed, expected, ratio, (1.0 + reached) / (1.0 + simulations))
