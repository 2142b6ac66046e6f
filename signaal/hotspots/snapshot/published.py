"""What everybody may know of each block and four weeks, and the town that follows from it."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from signaal.hotspots.model import SMALLEST_SHOWN, Shown, shown
from signaal.hotspots.numbers.censored import towns_from_classes
from signaal.hotspots.numbers.rates import Town
from signaal.hotspots.snapshot.lattice import yearly_rate
from signaal.hotspots.snapshot.nouns import Counted
from signaal.intake.model import Kind
from signaal.privacy.model import Precision

NO_UPPER_END = -1

Ints = NDArray[np.int64]


def published(counted: Counted, kind: str) -> tuple[Ints, tuple[Town, ...]]:
    """The lower ends of the published classes, and the town that follows from these classes.

    Nobody can work back from either to a hidden count: towns that show the same classes have the
    same lower ends and the same rates. What follows from classes alone is too low where most
    counts are hidden, and what follows from the published year is too low in the first year; so
    the town's rate is the higher of the two.

    Args:
        counted: What was counted.
        kind: Of which evidence.

    Returns:
        Lower ends, 0 where the count is hidden or the block has too few dwellings, the latest
        complete period first, shape (blocks, periods); and a town for each period.
    """
    counts = counted.periods(kind)
    low, high = _ends(counts)
    large = counted.dwellings >= SMALLEST_SHOWN
    towns = towns_from_classes(low[large], high[large], counted.dwellings[large])
    year = yearly_rate(counted, Kind(kind))
    told = tuple(replace(town, rate=max(town.rate, year)) for town in towns)
    return np.where(large[:, None], low, 0), told


def _ends(counts: Ints) -> tuple[Ints, Ints]:
    different, which = np.unique(counts, return_inverse=True)
    seen = [shown(int(count), precision=Precision.CLASSES) for count in different]
    where = which.reshape(counts.shape)
    return _column([each.low for each in seen])[where], _column(_tops(seen))[where]


def _tops(seen: Sequence[Shown]) -> list[int]:
    return [NO_UPPER_END if each.high is None else each.high for each in seen]


def _column(numbers: list[int]) -> Ints:
    return np.array(numbers, dtype=np.int64)
