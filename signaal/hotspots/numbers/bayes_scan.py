"""Where has a rise begun in the last weeks? All windows of near blocks weighed together."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from signaal.hotspots.numbers import bayes_loops as loops
from signaal.hotspots.numbers.compiled import compiled
from signaal.hotspots.numbers.counts import FloatArray, IntArray
from signaal.hotspots.numbers.scan import Cluster, Scan
from signaal.hotspots.numbers.scan_draws import Chance
from signaal.hotspots.numbers.scan_search import chance_of
from signaal.hotspots.numbers.scan_windows import Windows

SIMULATIONS = 999
LONGEST = 8
TIMES = 2.0
"""The rise that is looked for: twice what is usual. Others are found too, a little later."""
TAKING_PART = 0.75
"""How likely a block of a window takes part in its rise: trouble doesn't come in circles."""
LASTS = 1.75
"""Weeks in a row that a group by chance stands, on average (bench/warning_quality: 1.7 to 2.0).

So new ones come so many times less often than weeks in which chance shows one.
"""
LEAST = 3
MOST = 100
"""So many groups are told at most."""
HIGHEST = 80.0
"""Logarithm of evidence beyond which all is alike: single precision holds no more than e^88."""
LANES = 32
"""Draws side by side; fixed, so that the answer does not depend on the machine."""
Compile = Callable[[Any], Any]


@dataclass(frozen=True)
class Evidence:
    """What speaks for a rise around each block.

    Attributes:
        log: Logarithm of how many times as likely the counts are with a rise in some window
            around the block as without any, shape (blocks,); minus infinity: nothing known.
        size: How many nearest blocks the window has that speaks most for it, shape (blocks,).
        weeks: Since how many weeks, the present one included, shape (blocks,).
    """

    log: FloatArray
    size: NDArray[np.int64]
    weeks: NDArray[np.int64]


@dataclass(frozen=True)
class Rise:
    """What kind of rise is looked for.

    Attributes:
        times: How many times what is usual.
        taking_part: How likely a block of a window takes part.
        dispersion: Variance over mean of a count when nothing is going on; it makes every voice
            speak so many times less.
    """

    times: float = TIMES
    taking_part: float = TAKING_PART
    dispersion: float = 1.0

    def factors(self, cases: NDArray[Any], usual: FloatArray) -> NDArray[np.float32]:
        """How many times as likely each block's count is when it may take part in a rise.

        Args:
            cases: Whole counts, any shape.
            usual: What is usual, of a shape that fits.
        """
        raised = cases.astype(np.float32)
        raised *= np.float32(np.log(self.times) / self.dispersion)
        raised -= (usual * ((self.times - 1.0) / self.dispersion)).astype(np.float32)
        with np.errstate(over="ignore"):  # beyond HIGHEST all counts alike
            np.exp(raised, out=raised)
        raised *= np.float32(self.taking_part)
        raised += np.float32(1.0 - self.taking_part)
        return raised

    def logs(self, cases: NDArray[Any], usual: FloatArray) -> FloatArray:
        """Logarithms of the factors, for counts however large."""
        with np.errstate(divide="ignore"):
            out = np.log(1.0 - self.taking_part)
        return np.asarray(np.logaddexp(np.log(self.taking_part) + self.alone(cases, usual), out))

    def alone(self, cases: NDArray[Any], usual: FloatArray) -> FloatArray:
        """Logarithm of how many times as likely the counts are in a rise as without."""
        more = cases * np.log(self.times) - usual * (self.times - 1.0)
        return np.asarray(more / self.dispersion)


def evidence_of(
    counts: IntArray,
    expected: FloatArray,
    *,
    windows: Windows,
    longest: int = LONGEST,
    rise: Rise | None = None,
    compile_with: Compile = compiled,
) -> Evidence:
    """What speaks for a rise around each block, all sizes and beginnings weighed together.

    A window's prior weight is 1 over its number of blocks, a beginning's is even, both made to add
    up to 1 around each block, so that the evidence is a mean of likelihood ratios: by chance 1.

    Args:
        counts: Whole numbers of voices, shape (blocks, weeks), the present week last.
        expected: What is usual, the same shape; 0 or NaN: not known, changes nothing.
        windows: Which windows are weighed.
        longest: A rise began so many weeks ago at most.
        rise: What kind of rise; twice the usual when None.
        compile_with: The door to compiled loops.

    Source: Neill, Moore and Cooper (2006), Advances in Neural Information Processing Systems 18,
    1003-1010; a part of a window: Neill (2010), Fast subset sums, Statistics in Medicine 30,
    455-469; sums over beginnings: Roberts (1966), Technometrics 8, 411-430.
    """
    cases, usual, known = _columns(counts, expected, longest)
    logs = (rise or Rise()).logs(cases, usual)
    near = windows.without(known)
    blocks = len(logs)
    found = Evidence(
        np.full(blocks, -np.inf), np.zeros(blocks, np.int64), np.zeros(blocks, np.int64)
    )
    if logs.shape[1]:
        loop = compile_with(loops.evidence) or loops.evidence_plainly
        loop(logs, near.starts, near.others, found.log, found.size, found.weeks)
    return found


def recent_rise(
    counts: IntArray,
    expected: FloatArray,
    *,
    windows: Windows,
    longest: int = LONGEST,
    dispersion: float = 1.0,
    certainty: FloatArray | None = None,
    simulations: int = SIMULATIONS,
    seed: int,
    least: int = LEAST,
    threads: int | None = None,
    compile_with: Compile = compiled,
) -> Scan:
    """Where a rise has begun in the last weeks that still goes on, and how often by chance.

    A group is the window that speaks most for a rise around the block with the most evidence;
    of its blocks those that have more than usual themselves. The next has no block in common.

    Args:
        counts: Whole numbers of voices, shape (blocks, weeks), the present week last.
        expected: What is usual, the same shape; 0 or NaN: not known, changes nothing.
        windows: Which windows are weighed.
        longest: A rise began so many weeks ago at most.
        dispersion: Variance over mean of a count when nothing is going on, as seen in the past.
        certainty: How well each block's level is known, in voices (`Expected.certainty`): the
            draws differ from what is expected by as much; None: perfectly. Shape (blocks,).
        simulations: How often nothing-is-going-on is drawn.
        seed: The same seed gives the same answer.
        least: Fewer voices than this make no group.
        threads: How many at a time; does not change the answer.
        compile_with: The door to compiled loops.

    Returns:
        The groups, most evidence first, with the logarithm of the evidence as `llr`, and as
        `recurrence` once in how many weeks chance brings a new one (it stands 1.75 weeks); and
        the highest logarithm of each draw.

    Source: as `evidence_of`; the chance by rank among draws: Dwass (1957), Annals of Mathematical
    Statistics 28, 181-187.
    """
    cases, usual, _ = _columns(counts, expected, longest)
    if not cases.any():
        return Scan((), np.full(simulations, -np.inf))
    rise = Rise(dispersion=max(dispersion, 1.0))
    maxima = rise_maxima(
        expected,
        windows=windows,
        longest=longest,
        rise=rise,
        certainty=certainty,
        simulations=simulations,
        seed=seed,
        threads=threads,
        compile_with=compile_with,
    )
    evidence = evidence_of(
        counts, expected, windows=windows, longest=longest, rise=rise, compile_with=compile_with
    )
    clusters = []
    for middle, blocks in groups_of(
        evidence, counts, expected, windows=windows, longest=longest, rise=rise, least=least
    ):
        column = int(evidence.weeks[middle]) - 1
        log = float(evidence.log[middle])
        chance = chance_of(min(log, HIGHEST), maxima)
        clusters.append(
            Cluster(
                blocks=tuple(blocks.tolist()),
                weeks=column + 1,
                observed=int(cases[blocks, column].sum()),
                expected=float(usual[blocks, column].sum()),
                llr=log,
                chance=chance,
                recurrence=LASTS / chance,
            )
        )
    return Scan(tuple(clusters), maxima)


def groups_of(
    evidence: Evidence,
    counts: IntArray,
    expected: FloatArray,
    *,
    windows: Windows,
    longest: int = LONGEST,
    rise: Rise,
    least: int = LEAST,
    most: int = MOST,
) -> list[tuple[int, IntArray]]:
    """Middles and blocks of the groups, most evidence first, none sharing a block with another.

    Args:
        evidence: What speaks for a rise.
        counts: Whole numbers of voices, shape (blocks, weeks), the present week last.
        expected: What is usual, the same shape.
        windows: Which windows were weighed.
        longest: A rise began so many weeks ago at most.
        rise: What kind of rise.
        least: Fewer voices than this make no group.
        most: So many groups at most.
    """
    cases, usual, known = _columns(counts, expected, longest)
    near = windows.without(known)
    taken = np.zeros(len(cases), dtype=np.bool_)
    found: list[tuple[int, IntArray]] = []
    for middle in np.argsort(-evidence.log, kind="stable").tolist():
        if evidence.log[middle] <= 0 or len(found) == most:
            break
        column = evidence.weeks[middle] - 1
        blocks = near.of(middle)[: evidence.size[middle]]
        speaks = rise.alone(cases[blocks, column], usual[blocks, column])
        # Where almost nobody reports, silence hardly speaks against a rise: a window full of silent
        # blocks would be named with the one that is loud.
        blocks = blocks[speaks > 0]
        if not taken[blocks].any() and cases[blocks, column].sum() >= least:
            taken[blocks] = True
            found.append((middle, blocks))
    return found


def rise_maxima(
    expected: FloatArray,
    *,
    windows: Windows,
    longest: int = LONGEST,
    rise: Rise,
    certainty: FloatArray | None = None,
    simulations: int = SIMULATIONS,
    seed: int,
    threads: int | None = None,
    compile_with: Compile = compiled,
) -> FloatArray:
    """The highest evidence (logarithm) of each draw in which nothing is going on.

    Each draw has its own seed, so the answer depends on neither the groups nor the threads.

    Args:
        expected: What is usual, shape (blocks, weeks), the present week last.
        windows: Which windows are weighed.
        longest: A rise began so many weeks ago at most.
        rise: What kind of rise, and how wild chance is.
        certainty: How well each block's level is known, in voices; None: perfectly.
        simulations: How many draws.
        seed: The same seed gives the same draws.
        threads: How many groups of draws at a time; as many as there are cores when None.
        compile_with: The door to compiled loops.

    Returns:
        Shape (simulations,).
    """
    order = windows.order
    _, usual, known = _columns(np.zeros(expected.shape, np.int64), expected, longest)
    usual = usual[order]
    mass = np.diff(usual, axis=1, prepend=0.0)
    near = windows.without(known).along_the_curve()
    sure = None if certainty is None else np.asarray(certainty)[order]
    seeds = np.random.SeedSequence(seed).spawn(simulations)
    loop = compile_with(loops.highest_of_lanes) or loops.highest_of_lanes_plainly

    def run(group: list[np.random.SeedSequence]) -> FloatArray:
        best = np.zeros(len(group))
        drawn = _drawn(mass, sure, rise=rise, seeds=group)
        factors = rise.factors(drawn, usual[:, :, None])
        loop(factors, near.starts, near.others, best)
        with np.errstate(divide="ignore"):
            return np.minimum(np.log(best), HIGHEST)

    groups = [seeds[first : first + LANES] for first in range(0, simulations, LANES)]
    with ThreadPoolExecutor(max_workers=threads or os.cpu_count() or 1) as pool:
        return np.concatenate([np.zeros(0), *pool.map(run, groups)])


def _drawn(
    mass: FloatArray,
    certainty: FloatArray | None,
    *,
    rise: Rise,
    seeds: list[np.random.SeedSequence],
) -> NDArray[Any]:
    """Draws of the voices of each block, summed back from the present week; draws side by side.

    Source: levels known from a past of so many voices are gamma distributed about what is
    expected (posterior predictive; Clayton and Kaldor 1987, Biometrics 43, 671-681).
    """
    if certainty is None or not np.isfinite(certainty).any():
        return Chance(mass=mass, rest=0.0, total=None, dispersion=rise.dispersion).lanes(seeds)
    vague = np.isfinite(certainty) & (certainty > 0)
    sure = certainty[vague]
    drawn = []
    for seed in seeds:
        of_levels, of_voices = seed.spawn(2)
        level = np.ones(len(mass))
        level[vague] = np.random.default_rng(of_levels).standard_gamma(sure) / sure
        chance = Chance(
            mass=mass * level[:, None], rest=0.0, total=None, dispersion=rise.dispersion
        )
        drawn.append(chance.lanes([of_voices]))
    return np.concatenate(drawn, axis=2)


def _columns(
    counts: IntArray, expected: FloatArray, longest: int
) -> tuple[NDArray[np.int64], FloatArray, NDArray[np.bool_]]:
    """Sums over the last weeks, the present first; and which blocks are known."""
    usual = np.asarray(expected, dtype=np.float64)[:, ::-1][:, :longest]
    seen = np.asarray(counts)[:, ::-1][:, :longest]
    cells = np.isfinite(usual) & (usual > 0) & np.isfinite(seen)
    whole = np.where(cells, seen, 0).astype(np.int64)
    return (
        np.cumsum(whole, axis=1),
        np.cumsum(np.where(cells, usual, 0.0), axis=1),
        np.asarray(cells.any(axis=1)),
    )
