"""Scores of a block amid its neighbours, as other tools give them. No maps, no database, no clock.

For comparison with other tools and for patterns over time; what is coloured on the map is decided
in `concentration`. NaN is missing: it counts in no mean, no spread and no neighbour's sum. A block
without known neighbours and a town where all are alike have no score.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from signaal.hotspots.numbers.counts import FloatArray
from signaal.hotspots.numbers.neighbours import Adjacency
from signaal.hotspots.numbers.rates import CountArray

ALIKE = 1e-12
"""Variance over mean square below which all values are the same number, but for rounding."""


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
    if cells < 2 or spread <= ALIKE * squares:
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
    scored = known & (number > 0) & (not bool(around.alike[0, 0])) & (blocks > 2)
    each = np.where(scored, 1.0 / np.maximum(number, 1.0) if row_standardised else 1.0, np.nan)
    spread = float((own**2).sum()) / max(blocks, 1.0) if scored.any() else 1.0
    chance = _own_kept if conditional else _all_dealt
    value = own * beside * each / spread
    dealt = _Dealt(own, blocks=max(blocks, 3.0), spread=spread)
    expectation, variance = chance(dealt, weight=each * number, squares=each**2 * number)
    sound = variance > ALIKE * np.maximum(value**2, ALIKE)
    root = np.sqrt(np.where(sound, variance, np.nan))
    z = (value - expectation) / root
    return LocalMoran(value, expectation, variance, z, own > 0, beside > 0)


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
