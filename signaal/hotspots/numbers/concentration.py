"""Where is more than the town and the surroundings explain? No maps, no database, no clock."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, gammaln, pdtrc, xlogy

from signaal.hotspots.numbers.counts import FloatArray
from signaal.hotspots.numbers.neighbours import Adjacency
from signaal.hotspots.numbers.rates import CountArray

BoolArray = NDArray[np.bool_]

LEAST_REPORTERS = 5
FALSE_DISCOVERY = 0.05
WILD = 3.0
"""A dispersion that no quiet town has: what is incredible even then is no chance."""
RARE = 1e-3
AS_GOOD_AS_ONE = 1e-9
"""Dispersion this close to 1 is Poisson; beyond it the negative binomial loses its digits."""


@dataclass(frozen=True, eq=False)
class Discovery:
    """Which of many differences are reliable.

    Attributes:
        adjusted: Chance, corrected for having looked at many; NaN where nothing was looked at.
        found: Whether the difference is reliable, same shape.
        tested: How many were looked at.
    """

    adjusted: FloatArray
    found: BoolArray
    tested: int


@dataclass(frozen=True, eq=False)
class StandOut:
    """Which blocks stand out, and from which figures that follows; each of shape (blocks,).

    Attributes:
        pooled: Voices of the block with its neighbours; of the neighbours alone where the block
            itself is missing.
        pooled_expected: How many were expected there; NaN where the block is missing.
        chance: The chance of so many or more when nothing is going on; NaN where missing.
        adjusted: The same, corrected for having looked at many blocks; NaN where missing.
        found: Whether the block stands out reliably.
        tested: How many blocks were looked at.
    """

    pooled: FloatArray
    pooled_expected: FloatArray
    chance: FloatArray
    adjusted: FloatArray
    found: BoolArray
    tested: int


def dispersion_of(history: CountArray, expected: CountArray) -> float:
    """How much more counts go up and down than chance alone makes them.

    Squares are weighed by what was expected (all of them over all that was expected), so that one
    report where almost none was expected doesn't decide. One degree of freedom is taken off per
    block, as a block's level usually comes from the same history; where it doesn't, the figure is
    a little too high, which makes the test careful.

    Args:
        history: Voices, shape (blocks, periods); NaN is missing.
        expected: What was expected of each, same shape; NaN or 0 is missing.

    Returns:
        Variance over mean, at least 1; 1 where there is nothing to go by.

    Source: moment estimator for variance = dispersion x mean, McCullagh & Nelder (1989),
    Generalized Linear Models, 2nd ed., 200 and 328; weighed because Pearson's own is unstable for
    sparse counts (Fletcher 2012, Biometrika 99(1), 230-237).
    """
    heard, usual = np.asarray(history, dtype=np.float64), np.asarray(expected, dtype=np.float64)
    known = np.isfinite(heard) & np.isfinite(usual) & (usual > 0)
    cells, blocks = int(known.sum()), int(known.any(axis=-1).sum())
    if cells <= blocks:
        return 1.0
    squares = float(((heard - usual)[known] ** 2).sum())
    return max(1.0, squares / float(usual[known].sum()) * cells / (cells - blocks))


def quiet_dispersion(history: CountArray, dwellings: CountArray) -> float:
    """How much counts go up and down where nothing lasting goes on.

    Blocks with far more over the whole time than their dwellings explain are left out: their
    trouble comes and goes in hundreds of per cents, and would pass for the town's usual chance.
    Six such blocks of 434 lifted the figure from 1.1 to 2.8. A block is expected to have its own
    level and the town's ups and downs.

    Args:
        history: Voices, shape (blocks, periods), each known.
        dwellings: Dwellings per block, shape (blocks,), each at least 1.

    Returns:
        Variance over mean, at least 1; 1 where there is nothing to go by.

    Source: as `dispersion_of`.
    """
    heard = np.asarray(history, dtype=np.float64)
    heard = heard[:, heard.sum(axis=0) > 0]
    whole = heard.sum(axis=1)
    homes = np.asarray(dwellings, dtype=np.float64)
    if not whole.sum():
        return 1.0
    alike = homes * whole.sum() / homes.sum()
    quiet = heard[~lasting(whole, alike)]
    if not quiet.sum():
        return 1.0
    usual = quiet.sum(axis=1, keepdims=True) * quiet.sum(axis=0, keepdims=True) / quiet.sum()
    return dispersion_of(quiet, usual)


def lasting(whole: CountArray, expected: CountArray) -> BoolArray:
    """Which blocks have so much over the whole time that no town's ups and downs explain it.

    Args:
        whole: Voices over the whole time, shape (blocks,).
        expected: How many there would be if all dwellings were alike, shape (blocks,).
    """
    return excess_chance(whole, expected, dispersion=WILD) < RARE


def excess_chance(
    observed: CountArray, expected: CountArray, *, dispersion: float = 1.0
) -> FloatArray:
    """The chance of so many or more when nothing is going on; what is equal counts for half.

    Args:
        observed: Voices, any shape; halves are rounded down.
        expected: How many were expected, same shape.
        dispersion: Variance over mean; above 1 the negative binomial takes the Poisson's place.

    Returns:
        Chances, same shape; NaN where nothing is expected or known.

    Source: Poisson test with mid-p, Lancaster (1961), JASA 56, 223-234; negative binomial with
    variance = dispersion x mean (Cameron & Trivedi 1998, Regression Analysis of Count Data, 73:
    NB1), of which sums over blocks are again of that kind.
    """
    heard = np.floor(np.asarray(observed, dtype=np.float64))
    usual = np.asarray(expected, dtype=np.float64)
    known = np.isfinite(heard) & np.isfinite(usual) & (usual > 0)
    count, mean = np.where(known, heard, 0.0), np.where(known, usual, 1.0)
    if dispersion <= 1.0 + AS_GOOD_AS_ONE:
        more, equal = pdtrc(count, mean), np.exp(xlogy(count, mean) - mean - gammaln(count + 1))
    else:
        more, equal = _negative_binomial(count, mean, dispersion=dispersion)
    return np.where(known, np.minimum(more + equal / 2, 1.0), np.nan)


def false_discovery(p: FloatArray, *, rate: float = FALSE_DISCOVERY) -> Discovery:
    """Which differences hold when one has looked at many: few of those found are chance.

    Args:
        p: Chances, any shape; NaN is missing and doesn't count.
        rate: Which share of what is found may be chance.

    Returns:
        Adjusted chances, what is found and how many were looked at.

    Source: Benjamini & Hochberg (1995), Journal of the Royal Statistical Society B 57(1), 293.
    """
    known = np.isfinite(p)
    tested = int(known.sum())
    adjusted = np.full(np.shape(p), np.nan)
    chances = np.asarray(p, dtype=np.float64)[known]
    order = np.argsort(chances, kind="stable")[::-1]
    raised = chances[order] * tested / np.arange(tested, 0, -1)
    back = np.empty(tested)
    back[order] = np.minimum(np.minimum.accumulate(raised), 1.0)
    adjusted[known] = back
    return Discovery(adjusted, known & (np.nan_to_num(adjusted, nan=1.0) <= rate), tested)


def stand_out(
    voices: CountArray,
    expected: CountArray,
    *,
    adjacency: Adjacency,
    own_past: CountArray,
    dispersion: float = 1.0,
    least: float = LEAST_REPORTERS,
    rate: float = FALSE_DISCOVERY,
) -> StandOut:
    """Which blocks have reliably more than the town and their surroundings explain.

    Three locks. The block with its neighbours has more than the town's rate explains, few of all
    blocks found being chance. The block itself has at least five reporters. And the block itself
    has more than its own past year had on average: so a block can't stay coloured by what it
    always has, and its loud neighbour alone doesn't colour it.

    The third lock is a plain "more than", not a second test: the false discoveries are held by the
    first, any further lock can only take some away; and a page can say it in one sentence. A test
    would leave places grey that doubled from three reporters to six.

    Args:
        voices: Voices in four weeks, shape (blocks,); rounded down after pooling.
        expected: What the town's rate makes of each block's dwellings, shape (blocks,); NaN or 0
            for blocks without dwellings: these are missing, in their neighbours' sums as well.
        adjacency: Which blocks lie beside which; a block without neighbours is tested alone.
        own_past: Voices in four weeks, mean of the block's own 52 weeks before, shape (blocks,);
            NaN where there is no past: then it isn't asked.
        dispersion: Variance over mean of the counts (`dispersion_of`).
        least: How many reporters the block itself must have.
        rate: Which share of the blocks found may be chance.

    Returns:
        The figures and which blocks stand out.

    Source: numbers.md, section 2; the pooled Poisson mid-p left 2.5 to 6 % of towns in which
    nothing goes on with any block found, where analytic Gi* gave 25 to 100 %.
    """
    heard, usual = np.asarray(voices, dtype=np.float64), np.asarray(expected, dtype=np.float64)
    known = np.isfinite(heard) & np.isfinite(usual) & (usual > 0)
    pooled = adjacency.pooled(np.where(known, heard, 0.0))
    together = np.where(known, adjacency.pooled(np.where(known, usual, 0.0)), np.nan)
    chance = excess_chance(pooled, together, dispersion=dispersion)
    discovery = false_discovery(chance, rate=rate)
    past = np.nan_to_num(np.asarray(own_past, dtype=np.float64), nan=-1.0)
    found = discovery.found & (np.nan_to_num(heard) >= least) & (np.nan_to_num(heard) > past)
    return StandOut(pooled, together, chance, discovery.adjusted, found, discovery.tested)


def _negative_binomial(
    count: NDArray[Any], mean: NDArray[Any], *, dispersion: float
) -> tuple[FloatArray, FloatArray]:
    """The chance of more than so many, and of just so many."""
    size, failing = mean / (dispersion - 1.0), 1.0 - 1.0 / dispersion
    more = np.asarray(betainc(count + 1.0, size, failing), dtype=np.float64)
    ways = gammaln(count + size) - gammaln(size) - gammaln(count + 1.0)
    logs = ways - size * np.log(dispersion) + count * np.log(failing)
    return more, np.asarray(np.exp(logs), dtype=np.float64)
