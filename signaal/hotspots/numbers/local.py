"""Scores of a block amid its neighbours, as other tools give them. No maps, no database, no clock.

For comparison with other tools and for patterns over time; what is coloured on the map is decided
in `concentration`. NaN is missing: it counts in no mean, no spread and no neighbour's sum. A block
without known neighbours and a town where all are alike have no score.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from signaal.hotspots.numbers.counts import FloatArray
from signaal.hotspots.numbers.neighbours import Adjacency
from signaal.hotspots.numbers.rates import CountArray

FEWEST = 3
"""Blocks below which there is no variance of local Moran, for lack of others to deal to."""
ROUNDING = 1e-12
"""Sums this close together, as a share of all that could be summed, are the same sum."""
SMALL_TOWN = 64
"""Places per value needed: below this whole rows are shuffled, above it doubles are redrawn."""
ALIKE = 1e-12
"""Variance over mean square below which all values are the same number, but for rounding."""

Statistic = Literal["getis_ord", "getis_ord_star", "local_moran"]
Side = Literal["greater", "less", "two"]


@dataclass(frozen=True, eq=False)
class LocalMoran:
    """How like its neighbours each block is; each of shape (blocks,), NaN where it has no score.

    Attributes:
        value: Above 0 among its like (high among high, low among low), below 0 among its unlike.
        expectation: The value when nothing is going on.
        variance: How far it strays from that by chance.
        z: The value in standard deviations from its expectation.
        high: Whether the block itself lies above the town's mean.
        high_around: Whether the mean of its neighbours does.
    """

    value: FloatArray
    expectation: FloatArray
    variance: FloatArray
    z: FloatArray
    high: NDArray[np.bool_]
    high_around: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Surroundings:
    """What is known, and what lies beside it; each of shape (blocks, periods).

    Attributes:
        known: Whether there is a value.
        values: The values, 0 where missing.
        number: Of each block, how many of its neighbours are known.
        sums: Of each block, the sum over its neighbours.
    """

    known: NDArray[np.bool_]
    values: FloatArray
    number: FloatArray
    sums: FloatArray

    @property
    def blocks(self) -> FloatArray:
        """How many blocks are known, shape (1, periods)."""
        return np.asarray(self.known.sum(axis=0, keepdims=True), dtype=np.float64)

    @property
    def alike(self) -> NDArray[np.bool_]:
        """Whether all values are the same, but for rounding, shape (1, periods)."""
        squares = (self.values**2).sum(axis=0, keepdims=True)
        around = np.where(self.known, self.values - self._mean(), 0.0)
        return np.asarray((around**2).sum(axis=0, keepdims=True) <= ALIKE * squares)

    def _mean(self) -> FloatArray:
        return np.asarray(self.values.sum(axis=0, keepdims=True) / np.maximum(self.blocks, 1))


def surroundings(values: CountArray, *, adjacency: Adjacency) -> Surroundings:
    """The values with what lies beside them.

    Args:
        values: Any figure, shape (blocks, periods); NaN is missing.
        adjacency: Which blocks lie beside which.
    """
    given = np.asarray(values, dtype=np.float64)
    known = np.isfinite(given)
    filled = np.where(known, given, 0.0)
    number = np.asarray(adjacency.matrix @ known.astype(np.float64))
    return Surroundings(known, filled, number, np.asarray(adjacency.matrix @ filled))


def getis_ord_star(
    values: CountArray, *, adjacency: Adjacency, with_self: bool = True
) -> FloatArray:
    """How much higher a block and its neighbours are than the town, in standard deviations (Gi*).

    Weights of one and weights that are divided by the number of neighbours give the same.

    Args:
        values: Any figure, best a rate, shape (blocks,) or (blocks, periods); NaN is missing.
        adjacency: Which blocks lie beside which.
        with_self: Whether the block itself counts with its neighbours (Gi*) or not (Gi).

    Returns:
        Scores, same shape; NaN for blocks that are missing or have no known neighbours, and where
        all values are alike.

    Source: Ord & Getis (1995), Geographical Analysis 27(4), 286-306, equations 6 (Gi) and 14 (Gi*).
    """
    around = surroundings(_columns(values), adjacency=adjacency)
    blocks, own = around.blocks, around.values
    total, squares = own.sum(axis=0, keepdims=True), (own**2).sum(axis=0, keepdims=True)
    number, sums = around.number, around.sums
    if with_self:
        number, sums = number + 1.0, sums + own
    else:
        blocks, total, squares = blocks - 1.0, total - own, squares - own**2
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = total / blocks
        room = (blocks * number - number**2) / (blocks - 1.0)
        variance = (squares / blocks - mean**2) * room
        z = (sums - mean * number) / np.sqrt(variance)
        sound = squares / blocks - mean**2 > ALIKE * squares / blocks
    scored = around.known & (around.number > 0) & sound & (room > ALIKE) & ~around.alike
    return np.where(scored, z, np.nan).reshape(np.shape(values))


def getis_ord(values: CountArray, *, adjacency: Adjacency) -> FloatArray:
    """How much higher the neighbours of a block are than the rest of the town (Gi); as Gi*.

    Args:
        values: Any figure, best a rate, shape (blocks,) or (blocks, periods); NaN is missing.
        adjacency: Which blocks lie beside which.

    Returns:
        Scores, same shape; NaN as in `getis_ord_star`.

    Source: Ord & Getis (1995), Geographical Analysis 27(4), 286-306, equation 6.
    """
    return getis_ord_star(values, adjacency=adjacency, with_self=False)


def getis_ord_cube(values: CountArray, *, adjacency: Adjacency, lags: int = 1) -> FloatArray:
    """As Gi*, against all blocks in all periods, with the periods before counting as neighbours.

    Args:
        values: Any figure, best a rate, shape (blocks, periods), oldest first; NaN is missing.
        adjacency: Which blocks lie beside which.
        lags: How many periods before a period belong to its neighbourhood.

    Returns:
        Scores, same shape; NaN as in `getis_ord_star`.

    Source: Ord & Getis (1995), equation 14, with neighbourhoods in space and time.
    """
    around = surroundings(values, adjacency=adjacency)
    known = around.known.astype(np.float64)
    number = _with_lags(around.number + known, lags=lags)
    sums = _with_lags(around.sums + around.values, lags=lags)
    cells = float(known.sum())
    mean = float(around.values.sum()) / max(cells, 1.0)
    squares = float((around.values**2).sum()) / max(cells, 1.0)
    spread = squares - mean**2
    if cells <= 1 or spread <= ALIKE * squares:
        return np.full(np.shape(values), np.nan)
    room = (cells * number - number**2) / (cells - 1.0)
    scored = around.known & (around.number > 0) & (room > ALIKE)
    root = np.sqrt(np.where(scored, spread * room, 1.0))
    return np.where(scored, (sums - mean * number) / root, np.nan)


def local_moran(
    values: CountArray,
    *,
    adjacency: Adjacency,
    row_standardised: bool = True,
    conditional: bool = True,
) -> LocalMoran:
    """How like its neighbours each block is, and how far that is from chance (local Moran's I).

    Args:
        values: Any figure, best a rate, shape (blocks,); NaN is missing.
        adjacency: Which blocks lie beside which.
        row_standardised: Whether neighbours count by their mean (True) or by their sum.
        conditional: Whether chance keeps the block's own value in its place (the usual way), or
            deals out all values.

    Returns:
        The values with what chance makes of them.

    Source: Anselin (1995), Geographical Analysis 27(2), 93-115, equations 12 to 14 (all dealt
    out); Sokal, Oden & Thomson (1998), Geographical Analysis 30(4), 331-354 (own in its place).
    """
    around = surroundings(_columns(values), adjacency=adjacency)
    blocks = float(around.blocks[0, 0])
    known, number = around.known[:, 0], around.number[:, 0]
    mean = float(around.values.sum()) / max(blocks, 1.0)
    own = np.where(known, around.values[:, 0] - mean, 0.0)
    beside = around.sums[:, 0] - mean * number
    scored = known & (number > 0) & (not bool(around.alike[0, 0])) & (blocks >= FEWEST)
    each = np.where(scored, 1.0 / np.maximum(number, 1.0) if row_standardised else 1.0, np.nan)
    spread = float((own**2).sum()) / max(blocks, 1.0) if scored.any() else 1.0
    chance = _own_kept if conditional else _all_dealt
    value = own * beside * each / spread
    dealt = _Dealt(own, blocks=max(blocks, FEWEST), spread=spread)
    expectation, variance = chance(dealt, weight=each * number, squares=each**2 * number)
    sound = variance > ALIKE * np.maximum(value**2, ALIKE)
    root = np.sqrt(np.where(sound, variance, np.nan))
    z = (value - expectation) / root
    return LocalMoran(value, expectation, variance, z, own > 0, beside > 0)


def conditional_permutations(
    values: CountArray,
    *,
    adjacency: Adjacency,
    statistic: Statistic,
    permutations: int = 999,
    seed: int,
    side: Side = "greater",
) -> FloatArray:
    """The chance of such a score when the other blocks' values are dealt out anew, many times.

    A block keeps its own value; its neighbours get the first so many values, other than its own,
    of a shuffled town. So all three statistics compare one and the same sum of neighbours; for
    local Moran "more" means more alike. Every block sees the same shuffled towns: each chance by
    itself is exact, the chances of two blocks are not drawn independently of each other.

    999 shuffles can't give less than 0.001, which passes no false-discovery rate of 5 % over
    10,000 blocks unless 200 of them reach it: for that there is `concentration.stand_out`.

    Args:
        values: Any figure, best a rate, shape (blocks,); NaN is missing.
        adjacency: Which blocks lie beside which.
        statistic: Whose chance is asked.
        permutations: How many shuffled towns.
        seed: The same seed gives the same answer, on any number of processors.
        side: Chance of so much or more, of so little or less, or twice the smaller of both.

    Returns:
        (1 + shuffled towns that reach it) / (1 + shuffled towns), shape (blocks,); NaN for blocks
        that are missing or have no known neighbours, and where all values are alike.

    Source: Anselin (1995), Geographical Analysis 27(2), 95-96; Phipson & Smyth (2010),
    Statistical Applications in Genetics and Molecular Biology 9(1), 39, for the added one.
    """
    around = surroundings(_columns(values), adjacency=adjacency)
    known = np.flatnonzero(around.known[:, 0])
    scored = around.known[:, 0] & (around.number[:, 0] > 0) & ~around.alike[0, 0]
    if not scored.any():
        return np.full(len(np.asarray(values)), np.nan)
    own = around.values[known, 0]
    number = around.number[known, 0].astype(np.int64)
    sums = around.sums[known, 0]
    drawn = _drawn(known.size, int(number.max()) + 1, rows=permutations, seed=seed)
    more, less = _reached(own, sums, number=number, drawn=drawn)
    if statistic == "local_moran":
        low, level = own < own.mean(), own == own.mean()
        more, less = np.where(low, less, more), np.where(low, more, less)
        more, less = np.where(level, permutations, more), np.where(level, permutations, less)
    count = {"greater": more, "less": less, "two": np.minimum(more, less)}[side]
    chance = (1.0 + count) / (1.0 + permutations)
    whole = np.full(len(scored), np.nan)
    whole[known] = np.minimum(2.0 * chance, 1.0) if side == "two" else chance
    return np.where(scored, whole, np.nan)


def _drawn(blocks: int, places: int, *, rows: int, seed: int) -> NDArray[np.int64]:
    """The first so many blocks of each shuffled town, all different, shape (rows, places)."""
    rng = np.random.default_rng(seed)
    places = min(places, blocks)
    if blocks <= SMALL_TOWN * places:
        return np.array([rng.permutation(blocks)[:places] for _ in range(rows)])
    drawn = rng.integers(0, blocks, (rows, places))
    ordered = np.sort(drawn, axis=1)
    # Rows with doubles are drawn again as a whole: rows without any are then all equally likely.
    for row in np.flatnonzero((ordered[:, 1:] == ordered[:, :-1]).any(axis=1)):
        drawn[row] = rng.choice(blocks, places, replace=False)
    return drawn


def _reached(
    own: FloatArray, sums: FloatArray, *, number: NDArray[np.int64], drawn: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """In how many shuffled towns the neighbours' sum is so much or more, and so little or less.

    All blocks with as many neighbours share the same sums, sorted once; only in the few towns
    where a block itself is among the first is its own value replaced by the next one. So the work
    grows with blocks + shuffles, not with their product.
    """
    rows, places = drawn.shape
    prefix = np.zeros((rows, places + 1))
    np.cumsum(own[drawn], axis=1, out=prefix[:, 1:])
    slack = ROUNDING * float(np.abs(own).max()) * np.maximum(number, 1)
    more, less = np.zeros(own.size, dtype=np.int64), np.zeros(own.size, dtype=np.int64)
    for each in np.unique(number):
        here, dealt = number == each, np.sort(prefix[:, each])
        more[here] = rows - np.searchsorted(dealt, sums[here] - slack[here], side="left")
        less[here] = np.searchsorted(dealt, sums[here] + slack[here], side="right")
    row, place = np.nonzero(np.arange(places) < number[drawn])
    block = drawn[row, place]
    wrong, next_one = prefix[row, number[block]], np.minimum(number[block] + 1, places)
    right = prefix[row, next_one] - own[block]
    low, high = sums[block] - slack[block], sums[block] + slack[block]
    np.add.at(more, block, (right >= low).astype(np.int64) - (wrong >= low))
    np.add.at(less, block, (right <= high).astype(np.int64) - (wrong <= high))
    return more, less


@dataclass(frozen=True, eq=False)
class _Dealt:
    """Values as differences from the mean (0 where missing), how many, and their variance."""

    own: FloatArray
    blocks: float
    spread: float


def _own_kept(
    dealt: _Dealt, *, weight: FloatArray, squares: FloatArray
) -> tuple[FloatArray, FloatArray]:
    own, blocks, spread = dealt.own, dealt.blocks, dealt.spread
    expectation = -(own**2) * weight / ((blocks - 1.0) * spread)
    between = squares - weight**2 / (blocks - 1.0)
    rest = spread - own**2 / (blocks - 1.0)
    return expectation, (own / spread) ** 2 * blocks / (blocks - 2.0) * between * rest


def _all_dealt(
    dealt: _Dealt, *, weight: FloatArray, squares: FloatArray
) -> tuple[FloatArray, FloatArray]:
    own, blocks, spread = dealt.own, dealt.blocks, dealt.spread
    peaked = float((own**4).sum()) / blocks / spread**2
    expectation = -weight / (blocks - 1.0)
    single = (blocks - peaked) / (blocks - 1.0)
    double = (2.0 * peaked - blocks) / ((blocks - 1.0) * (blocks - 2.0))
    return expectation, single * squares + double * (weight**2 - squares) - expectation**2


def _columns(values: CountArray) -> NDArray[Any]:
    given = np.asarray(values, dtype=np.float64)
    return given[:, None] if given.ndim == 1 else given


def _with_lags(values: FloatArray, *, lags: int) -> FloatArray:
    """Each period with so many before it, as far as there are any."""
    total = values.copy()
    for lag in range(1, lags + 1):
        total[:, lag:] += values[:, :-lag]
    return total
