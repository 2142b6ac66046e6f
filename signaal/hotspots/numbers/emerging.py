"""What became of each place over the last periods? Pure arithmetic on scores per period."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from signaal.hotspots.model.patterns import Pattern
from signaal.hotspots.numbers.counts import FloatArray
from signaal.hotspots.numbers.trend import SIGNIFICANT, mann_kendall

CUT = 1.96
"""A score that chance passes either way once in twenty times."""
LEAST_PERIODS = 10
"""Nobody can have stood out in nine of ten periods before ten were seen."""

BoolArray: TypeAlias = NDArray[np.bool_]


def emerging(
    z: FloatArray, *, cut: float = CUT, significant: float = SIGNIFICANT
) -> NDArray[np.int8]:
    """Whether a place is newly hot, hot for long, growing, fading, or hot no more.

    The order of judging: what stands out now before what did so once; nine of ten periods before
    the rest; then oscillating before new, consecutive and sporadic. With fewer than ten periods
    seen a place that always stood out counts as consecutive.

    Args:
        z: Scores (Getis-Ord Gi*) per block and period, oldest first, shape (blocks, periods);
            NaN: not seen. A block not seen in the last period has no pattern.
        cut: From this score on a block is hot; cold from the same below zero.
        significant: How often chance may make a trend (Mann-Kendall, two-sided).

    Returns:
        `Pattern` per block, shape (blocks,); cold ones below zero.

    Source: Esri, ArcGIS Pro, "How Emerging Hot Spot Analysis works", present wording; Gi*: Ord
    and Getis (1995); trend: Mann (1945), Kendall (1975).
    """
    scores = np.asarray(z, dtype=np.float64)
    if not scores.size:
        return np.zeros(len(scores), dtype=np.int8)
    trend = mann_kendall(scores)
    moves = np.where(trend.chance < significant, np.sign(trend.s), 0.0)
    seen = (~np.isnan(scores)).sum(axis=1)
    hot = _patterns(scores >= cut, scores <= -cut, moves=moves, seen=seen)
    cold = _patterns(scores <= -cut, scores >= cut, moves=-moves, seen=seen)
    return np.asarray(np.where(hot != Pattern.NONE, hot, -cold), dtype=np.int8)


def _patterns(
    out: BoolArray, other: BoolArray, *, moves: FloatArray, seen: NDArray[np.int64]
) -> NDArray[np.int8]:
    """The pattern of one side: `out` where it stands out, `other` where the other way round."""
    times, last = out.sum(axis=1), out[:, -1]
    mostly = (10 * times >= 9 * seen) & (seen >= LEAST_PERIODS)
    begun = np.argmax(out, axis=1)
    unbroken = np.equal(out.shape[1] - begun, times)
    rules: Sequence[tuple[NDArray[Any], Pattern]] = (
        (mostly & ~last & ~other[:, -1], Pattern.HISTORICAL),
        (mostly & last & (moves > 0), Pattern.INTENSIFYING),
        (mostly & last & (moves < 0), Pattern.DIMINISHING),
        (mostly & last, Pattern.PERSISTENT),
        (~last, Pattern.NONE),
        (np.asarray(other.any(axis=1)), Pattern.OSCILLATING),
        (times == 1, Pattern.NEW),
        (unbroken, Pattern.CONSECUTIVE),
    )
    found = np.select([rule for rule, _ in rules], [int(p) for _, p in rules], Pattern.SPORADIC)
    return np.asarray(found, dtype=np.int8)
