"""Which block holds a point to which a geocoder sends what it can't find?"""

import numpy as np
from numpy.typing import NDArray

from signaal.clock import WEEKS_PER_PERIOD
from signaal.hotspots.numbers.counts import FloatArray

LOOKED_BACK = 26
"""Weeks over which a point is remembered: it swallows less in a quiet season, but still does."""
LEAST_SHARE = 0.02
"""A point holds at least this share of the town's voices: a busy square with few homes is none."""


def swallows(voices: FloatArray, dwellings: FloatArray) -> NDArray[np.bool_]:
    """Blocks from which more people reported in four weeks on end than there are dwellings.

    Looked at over half a year, and only where at least 2 % of all the town's voices come from. So
    many different reporters don't live there: their reports were laid at this point because their
    own place was not found. Such a block says nothing about what goes on in it; it is left out of
    the early warning, and out of what is usual, as if it had no dwellings, and belongs on the list
    of addresses to be checked.

    Args:
        voices: Voices per block and week, the running week last, shape (blocks, weeks).
        dwellings: Dwellings per block, shape (blocks,); 0 or NaN: not known, never said.

    Returns:
        Shape (blocks,).

    Source: numbers.md, section 5: one default point that swallows 10 % of the reports.
    """
    recent = np.cumsum(np.nan_to_num(voices[:, -LOOKED_BACK:]), axis=1, dtype=np.float64)
    before = np.pad(recent, ((0, 0), (WEEKS_PER_PERIOD, 0)))[:, : recent.shape[1]]
    most = (recent - before).max(axis=1, initial=0.0)
    held = recent[:, -1:].sum(axis=1)
    point = (most > dwellings) & (held >= LEAST_SHARE * held.sum())
    return np.asarray((dwellings > 0) & point)
