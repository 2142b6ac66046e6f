"""Where and since when there are more voices than usual, looking through windows of near blocks."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from signaal.hotspots.numbers.counts import FloatArray, IntArray
from signaal.hotspots.numbers.scan_draws import Chance
from signaal.hotspots.numbers.scan_search import Task, best_seen, chance_of, maxima_of
from signaal.hotspots.numbers.scan_windows import Windows, windows_of

__all__ = ["Cluster", "Scan", "Windows", "prospective_scan", "spatial_scan", "windows_of"]

Likelihood = Literal["conditional", "expectation"]
SIMULATIONS = 999
LONGEST = 8
LEAST = 2
MOST = 100
"""So many clusters are told at most."""


@dataclass(frozen=True)
class Cluster:
    """A group of near blocks with more than expected.

    Attributes:
        blocks: Its blocks, the middle one first, then nearest first.
        weeks: Over how many of the last weeks; 0 when weeks play no role.
        observed: Seen.
        expected: Expected.
        llr: Log likelihood ratio: how badly the expectation fits.
        chance: How often the whole town shows such a group somewhere when nothing is going on.
        recurrence: Chance alone shows one once in so many looks (1 / chance), or, of
            `bayes_scan.recent_rise`, a new one once in so many weekly looks.
    """

    blocks: tuple[int, ...]
    weeks: int
    observed: int
    expected: float
    llr: float
    chance: float
    recurrence: float


@dataclass(frozen=True)
class Scan:
    """What a scan found.

    Attributes:
        clusters: The most likely first; no two share a block.
        maxima: The highest ratio of each simulation, shape (simulations,).
    """

    clusters: tuple[Cluster, ...]
    maxima: FloatArray


def spatial_scan(
    cases: IntArray,
    expected: FloatArray,
    *,
    windows: Windows,
    simulations: int = SIMULATIONS,
    seed: int,
    threads: int | None = None,
    dispersion: float = 1.0,
    least: int = LEAST,
) -> Scan:
    """Where there is more than elsewhere, given the town's total.

    Args:
        cases: Whole numbers of cases, shape (blocks,).
        expected: What is expected, or any measure in proportion to it (dwellings, births), shape
            (blocks,); 0 or NaN: not known, changes nothing.
        windows: Which windows are looked at.
        simulations: How often nothing-is-going-on is drawn.
        seed: The same seed gives the same answer.
        threads: How many at a time; does not change the answer.
        dispersion: Variance over mean of a block's count when nothing is going on.
        least: Fewer cases than this make no cluster.

    Returns:
        The clusters, each with its chance.

    Source: Kulldorff (1997), Communications in Statistics 26, 1481-1496.
    """
    return prospective_scan(
        np.asarray(cases)[:, None],
        np.asarray(expected, dtype=np.float64)[:, None],
        windows=windows,
        longest=1,
        dispersion=dispersion,
        simulations=simulations,
        seed=seed,
        least=least,
        threads=threads,
        likelihood="conditional",
    )


def prospective_scan(
    counts: IntArray,
    expected: FloatArray,
    *,
    windows: Windows,
    longest: int = LONGEST,
    shortest: int = 1,
    dispersion: float = 1.0,
    simulations: int = SIMULATIONS,
    seed: int,
    least: int = LEAST,
    threads: int | None = None,
    likelihood: Likelihood = "expectation",
) -> Scan:
    """Where something has begun in the last weeks that still goes on.

    Args:
        counts: Whole numbers of voices, shape (blocks, weeks), the present week last.
        expected: What is usual, the same shape; 0 or NaN: not known, changes nothing.
        windows: Which windows are looked at.
        longest: So many of the last weeks at most.
        shortest: So many of the last weeks at least.
        dispersion: Variance over mean of a count when nothing is going on, as seen in the past.
        simulations: How often nothing-is-going-on is drawn.
        seed: The same seed gives the same answer.
        least: Fewer cases than this make no cluster.
        threads: How many at a time; does not change the answer.
        likelihood: "expectation" holds windows against what is usual; "conditional" against what
            they would have of all counts given, so that a rise of the whole town is no cluster.

    Returns:
        The clusters, each with its weeks and its chance.

    Source: Kulldorff (2001), Journal of the Royal Statistical Society A 164, 61-72;
    "expectation": Neill (2009), International Journal of Forecasting 25, 498-517.
    """
    seen, usual, known = _known(counts, expected)
    if not seen.any():
        return Scan((), np.zeros(simulations))
    order = windows.order
    seen, usual = seen[order], usual[order]
    total = int(seen.sum()) if likelihood == "conditional" else 0
    if total:
        usual = usual * (total / usual.sum())
    cases, mass = (_columns(table, shortest, longest) for table in (seen, usual))
    task = Task(
        chance=Chance(
            mass=mass,
            rest=max(float(usual.sum() - mass.sum()), 0.0) if total else 0.0,
            total=total or None,
            dispersion=max(dispersion, 1.0),
        ),
        windows=windows.without(known).along_the_curve(),
        expected=np.cumsum(mass, axis=1),
        total=float(total),
        least=max(least, 1),
    )
    maxima = maxima_of(task, simulations=simulations, seed=seed, threads=threads)
    upto = np.cumsum(cases, axis=1)
    best = best_seen(upto, task)
    weeks = shortest if seen.shape[1] > 1 else 0
    clusters = []
    for middle in best.apart(task.windows, MOST):
        column = int(best.column[middle])
        blocks = task.windows.of(middle)[: best.size[middle]]
        ratio = float(best.ratio[middle])
        chance = chance_of(ratio, maxima)
        clusters.append(
            Cluster(
                blocks=tuple(order[blocks].tolist()),
                weeks=weeks + column if weeks else 0,
                observed=int(upto[blocks, column].sum()),
                expected=float(task.expected[blocks, column].sum()),
                llr=ratio,
                chance=chance,
                recurrence=1.0 / chance,
            )
        )
    return Scan(tuple(clusters), maxima)


def _known(
    counts: IntArray, expected: FloatArray
) -> tuple[NDArray[np.int64], FloatArray, NDArray[np.bool_]]:
    """Counts and expectations with 0 for what is not known, and which blocks are known."""
    usual = np.asarray(expected, dtype=np.float64)
    seen = np.asarray(counts)
    cells = np.isfinite(usual) & (usual > 0) & np.isfinite(seen)
    whole = np.where(cells, seen, 0).astype(np.int64)
    return whole, np.where(cells, usual, 0.0), np.asarray(cells.any(axis=1))


def _columns(table: NDArray[Any], shortest: int, longest: int) -> NDArray[Any]:
    """The last weeks, the present first; the first column holds the shortest stretch."""
    back = table[:, ::-1][:, :longest]
    first = back[:, :shortest].sum(axis=1, keepdims=True)
    return np.ascontiguousarray(np.concatenate([first, back[:, shortest:]], axis=1))
