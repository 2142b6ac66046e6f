"""The search itself: the best windows of what was seen, and of draws in which nothing goes on."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from signaal.hotspots.numbers import scan_loops as loops
from signaal.hotspots.numbers.compiled import compiled
from signaal.hotspots.numbers.counts import FloatArray, IntArray
from signaal.hotspots.numbers.scan_draws import Chance
from signaal.hotspots.numbers.scan_windows import Windows

LANES = 128
"""Simulations side by side; fixed, so that the answer does not depend on the machine."""
FIRST = 16
"""About so many blocks are looked at first, to know early what is worth a look."""
DIGITS = 9
"""Ratios that differ less than this are equal: the order of adding up makes such differences."""
SLACK = 1e-6
"""So much less than what that gives is what the search starts from."""
EULER = 0.5772156649015329
Compile = Callable[[Any], Any]
Loop = Callable[..., None]


@dataclass(frozen=True)
class Task:
    """What is searched, blocks along the curve.

    Attributes:
        chance: What is drawn from.
        windows: Which windows are looked at.
        expected: What is expected up to and with each column, shape (blocks, columns).
        total: All cases, or 0 when the expectation stands by itself.
        least: Fewer cases than this make no cluster.
    """

    chance: Chance
    windows: Windows
    expected: FloatArray
    total: float
    least: int


@dataclass(frozen=True)
class Best:
    """The best window of each block: ratio, number of blocks, column; all shape (blocks,)."""

    ratio: FloatArray
    size: IntArray
    column: IntArray

    def apart(self, windows: Windows, most: int) -> list[int]:
        """Middles of the best windows, most likely first, none sharing a block with an earlier.

        Of equals the one with fewer blocks, then fewer weeks, comes first.
        """
        taken = np.zeros(windows.blocks, dtype=np.bool_)
        picked: list[int] = []
        ratio = -np.round(self.ratio, DIGITS)
        for middle in np.lexsort((windows.names, self.column, self.size, ratio)).tolist():
            if self.ratio[middle] <= 0 or len(picked) == most:
                break
            blocks = windows.of(middle)[: self.size[middle]]
            if not taken[blocks].any():
                taken[blocks] = True
                picked.append(middle)
        return picked


def best_seen(cases: IntArray, task: Task, *, compile_with: Compile = compiled) -> Best:
    """The best window of each block in what was seen.

    Args:
        cases: Counts up to and with each column, shape (blocks, columns).
        task: What is searched.
        compile_with: The door to compiled loops.
    """
    blocks = task.windows.blocks
    best = Best(np.zeros(blocks), np.zeros(blocks, np.int64), np.zeros(blocks, np.int64))
    loop = compile_with(loops.best_windows) or loops.best_windows_plainly
    loop(
        np.ascontiguousarray(cases, dtype=np.int64),
        task.expected,
        task.windows.starts,
        task.windows.others,
        task.total,
        task.least,
        best.ratio,
        best.size,
        best.column,
    )
    return best


def maxima_of(
    task: Task,
    *,
    simulations: int,
    seed: int,
    threads: int | None = None,
    compile_with: Compile = compiled,
) -> FloatArray:
    """The highest ratio of each draw in which nothing is going on.

    Each draw has its own seed, so the answer depends on neither the groups nor the threads.

    Args:
        task: What is searched.
        simulations: How many draws.
        seed: The same seed gives the same draws.
        threads: How many groups at a time; as many as there are cores when None.
        compile_with: The door to compiled loops.

    Returns:
        Shape (simulations,).
    """
    loop, look = compile_with(loops.best_of_lanes), compile_with(loops.first_look)
    seeds = np.random.SeedSequence(seed).spawn(simulations)
    groups = [seeds[first : first + LANES] for first in range(0, simulations, LANES)]

    def run(group: list[np.random.SeedSequence]) -> FloatArray:
        return _group(task, group, loop, look)

    with ThreadPoolExecutor(max_workers=threads or os.cpu_count() or 1) as pool:
        return np.concatenate([np.zeros(0), *pool.map(run, groups)])


def _group(
    task: Task, seeds: list[np.random.SeedSequence], loop: Loop | None, look: Loop | None
) -> FloatArray:
    near = task.windows
    lanes = task.chance.lanes(seeds)
    best = np.zeros(len(seeds))
    if loop is None or look is None:
        loops.best_of_lanes_plainly(
            lanes,
            task.expected,
            near.starts,
            near.others,
            total=task.total,
            least=task.least,
            best=best,
        )
        return best
    edges, base = loops.steps_of(task.expected)
    most = _most(lanes) + 1
    logs = np.log(np.maximum(np.arange(max(most, int(task.total)) + 1), 1.0))
    lowest = np.maximum(np.minimum(np.floor(edges) + 1, most), task.least)
    enough = np.repeat(lowest.astype(lanes.dtype)[:, None], len(seeds), axis=1)
    given = (lanes, task.expected, near.starts, near.others)
    some = np.arange(0, near.blocks, max(near.blocks // FIRST, 1))
    look(*given, some, task.total, task.least, logs, best)
    best = np.maximum(best - SLACK, 0.0)
    loop(*given, task.total, task.least, edges, base, most, logs, enough, best)
    return best


def _most(lanes: NDArray[Any]) -> int:
    """The highest total of a draw."""
    return int(lanes[:, -1, :].sum(axis=0, dtype=np.int64).max()) if lanes.size else 0


def chance_of(ratio: float, maxima: FloatArray) -> float:
    """How often chance alone shows at least this ratio somewhere in the town.

    The rank among the draws; where no draw comes so high, the tail of the Gumbel distribution
    that fits the draws (by its moments), when that is less.

    Source: Dwass (1957), Annals of Mathematical Statistics 28, 181-187; the tail: Abrams,
    Kulldorff and Kleinman (2010), International Journal of Health Geographics 9, 61.
    """
    reached = int((maxima >= ratio * (1.0 - 1e-12)).sum())
    by_rank = (1.0 + reached) / (1.0 + len(maxima))
    spread = float(maxima.std()) if len(maxima) else 0.0
    if reached or spread <= 0.0:
        return by_rank
    scale = spread * np.sqrt(6.0) / np.pi
    middle = float(maxima.mean()) - EULER * scale
    tail = -np.expm1(-np.exp(-(ratio - middle) / scale))
    return float(min(by_rank, max(tail, np.finfo(float).tiny)))
