"""How evenly a town's reports are spread, and whether they follow each other."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple

import numpy as np

from signaal.hotspots.model import WINDOWS
from signaal.hotspots.numbers.counts import FloatArray
from signaal.hotspots.numbers.evenness import unevenness
from signaal.hotspots.numbers.interaction import LAGS, RINGS, space_time
from signaal.hotspots.snapshot.nouns import Counted

HALF_YEAR = 26
SIMULATIONS = 99
SEED = 20200
"""Nothing depends on it but which weeks are drawn."""
SIX = 6
"""An estimate with its two ends, twice."""


def evenness_of(counted: Counted, *, previous: FloatArray | None = None) -> FloatArray:
    """Gini and the share of the busiest blocks in each window, with their ends.

    Args:
        counted: What was counted.
        previous: Of the same past: only the latest window is worked out.

    Returns:
        Gini with its ends and the share with its ends, shape (kinds, windows, 6); not a number in
        windows without reports.
    """
    windows = WINDOWS if previous is None else 1
    whole = np.full((len(counted.kinds), WINDOWS, SIX), np.nan)
    if previous is not None:
        whole[:, 1:] = previous[:, 1:]
    if not counted.known.any():
        return whole
    homes = counted.dwellings[counted.known]

    def work_out(place: int) -> None:
        counts = counted.windows(counted.kinds[place])[counted.known]
        for window in range(windows):
            found = unevenness(counts[:, window], homes, seed=SEED + place, simulations=SIMULATIONS)
            whole[place, window] = astuple(found)

    _for_each_kind(counted, work_out)
    return whole


def together_of(counted: Counted) -> FloatArray:
    """Whether reports of the half year before the running week follow each other in place and time.

    Args:
        counted: What was counted.

    Returns:
        Pairs seen against pairs by chance, and how often by chance, shape (kinds, 3, 2, 2); not
        a number where there is nothing to compare.
    """
    whole = np.full((len(counted.kinds), RINGS, len(LAGS), 2), np.nan)

    def work_out(place: int) -> None:
        voices = counted.weekly(counted.kinds[place])
        weekly = np.where(counted.known[:, None], voices, 0)[:, -HALF_YEAR - 1 : -1]
        block, week = np.nonzero(weekly)
        times = weekly[block, week]
        found = space_time(
            np.repeat(block, times),
            np.repeat(week, times),
            adjacency=counted.adjacency,
            simulations=SIMULATIONS,
            seed=SEED + place,
        )
        whole[place, ..., 0], whole[place, ..., 1] = found.ratio, found.chance

    _for_each_kind(counted, work_out)
    return whole


def _for_each_kind(counted: Counted, work_out: Callable[[int], None]) -> None:
    """Kinds side by side: each draws by its own seed, so the answer depends on no other."""
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        list(pool.map(work_out, range(len(counted.kinds))))
