"""How evenly a town's reports are spread, and whether they follow each other."""

import numpy as np

from signaal.hotspots.model import WINDOWS
from signaal.hotspots.numbers.counts import FloatArray
from signaal.hotspots.snapshot.nouns import Counted


def evenness_of(counted: Counted, *, previous: FloatArray | None = None) -> FloatArray:
    return np.full((len(counted.kinds), WINDOWS, 6), np.nan)


def together_of(counted: Counted) -> FloatArray:
    return np.full((len(counted.kinds), 3, 2, 2), np.nan)
