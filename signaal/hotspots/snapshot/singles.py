"""Single blocks and the whole town, each by a method of its own, beside the search for groups."""

import numpy as np
from numpy.typing import NDArray

from signaal.hotspots.model import TREND_WEEKS
from signaal.hotspots.numbers.counts import FloatArray
from signaal.hotspots.numbers.expected import Expected
from signaal.hotspots.numbers.single import ears, farrington, poisson_cusum

C2_LIMIT, C3_LIMIT = 3.0, 2.0
"""Hutwagner et al. (2003): three standard deviations; two for the sum of three weeks."""
CUSUM_LIMIT = 5.0
"""Log likelihood ratio: a doubling explains the last weeks 150 times as well."""
EARS_WEEKS = 16
"""The running week, two before it, and what those are compared with."""


def alarms(weekly: FloatArray, expected: Expected) -> NDArray[np.bool_]:
    """Which blocks the methods for single blocks flag in the running week.

    Args:
        weekly: Voices per block and week, oldest first, shape (blocks, weeks); NaN: the line was
            down.
        expected: What was expected of the last weeks.

    Returns:
        EARS C2, EARS C3 and Poisson CUSUM, shape (blocks, 3).
    """
    recent = ears(weekly[:, -EARS_WEEKS:])
    mu = expected.mu[:, -TREND_WEEKS:]
    counts = weekly[:, -mu.shape[1] :]
    sums = poisson_cusum(counts, mu, dispersion=expected.dispersion)
    flags = (recent.c2[:, -1] > C2_LIMIT, recent.c3[:, -1] > C3_LIMIT, sums[:, -1] > CUSUM_LIMIT)
    return np.stack(flags, axis=1)


def unusual_weeks(weekly: FloatArray, *, last_week: int) -> tuple[int, ...]:
    """Weeks of the last 26 in which the whole town had more than in other years.

    Args:
        weekly: Voices per block and week, oldest first, shape (blocks, weeks); NaN: the line was
            down.
        last_week: The running week.
    """
    town = weekly.sum(axis=0)
    if not np.nan_to_num(town).any():
        return ()
    town[: int(np.argmax(town > 0))] = np.nan  # before the first voice nobody listened
    judged = farrington(town, weeks=TREND_WEEKS)
    above = np.flatnonzero(judged.score > 1.0) - len(judged.score)
    return tuple(int(last_week + 1 + ago) for ago in above)
