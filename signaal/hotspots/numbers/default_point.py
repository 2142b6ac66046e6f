"""Which block holds a point to which a geocoder sends what it can't find?"""

import numpy as np
from numpy.typing import NDArray

from signaal.clock import WEEKS_PER_PERIOD
from signaal.hotspots.numbers.counts import FloatArray


def swallows(voices: FloatArray, dwellings: FloatArray) -> NDArray[np.bool_]:
    """Blocks from which more people reported in the last four weeks than there are dwellings.

    So many different reporters don't live there: their reports were laid at this point because
    their own place was not found. Such a block says nothing about what goes on in it; it is left
    out of the early warning and belongs on the list of addresses to be checked.

    Args:
        voices: Voices per block and week, the running week last, shape (blocks, weeks).
        dwellings: Dwellings per block, shape (blocks,); 0 or NaN: not known, never said.

    Returns:
        Shape (blocks,).

    Source: numbers.md, section 5: one default point that swallows 10 % of the reports.
    """
    recent = np.asarray(voices[:, -WEEKS_PER_PERIOD:]).sum(axis=1)
    return np.asarray((dwellings > 0) & (recent > dwellings))
