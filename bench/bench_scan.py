"""Searching groups of blocks, and 999 draws in which nothing is going on.

The purely spatial scan of 1,000 blocks beside a plain vectorised numpy scan; the prospective scan
of 10,000 blocks; and the scan of a refresh, 25,000 blocks. Compiling is timed apart. Prints times
and peak memory.
"""

import gc
import resource
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.special import xlogy

from signaal.hotspots.numbers.scan import (
    Likelihood,
    Scan,
    prospective_scan,
    spatial_scan,
    windows_of,
)

RUNS, SIMULATIONS = 5, 999
AT_LEAST, AIM = 10, 60
LIMIT_SECONDS, LIMIT_MEGABYTES = 60.0, 2_000.0


def once(run: Callable[[], Any]) -> tuple[float, Any]:
    gc.collect()
    start = time.perf_counter()
    made = run()
    return time.perf_counter() - start, made


def peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def town(blocks: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    side = np.sqrt(blocks) * 70.0
    return rng.random((blocks, 2)) * side, rng.integers(10, 90, blocks)


def plain(
    cases: np.ndarray, births: np.ndarray, order: np.ndarray, *, seed: int, listed: bool
) -> np.ndarray:
    """All windows of all blocks at once, draw by draw; logarithms taken, or read from a list."""
    rng = np.random.default_rng(seed)
    total = int(cases.sum())
    share = births / births.sum()
    usual = np.cumsum(share[order] * total, axis=1)
    inside = usual <= total / 2 * (1 + 1e-9)
    most = int(inside.sum(axis=1).max())
    order, inside = order[:, :most], inside[:, :most]
    usual = np.where(inside, usual[:, :most], total / 2)
    log_usual, log_rest = np.log(usual), np.log(total - usual)
    logs = np.log(np.maximum(np.arange(total + 1), 1.0))
    best = np.empty(SIMULATIONS + 1)
    for draw in range(SIMULATIONS + 1):
        drawn = rng.multinomial(total, share) if draw else cases
        seen = np.cumsum(drawn[order], axis=1)
        rest = total - seen
        if listed:
            ratio = seen * (logs[seen] - log_usual) + rest * (logs[rest] - log_rest)
        else:
            ratio = xlogy(seen, seen / usual) + xlogy(rest, rest / (total - usual))
        best[draw] = np.where(inside & (seen > usual), ratio, 0.0).max()
    return best


def spatial() -> None:
    centres, births = town(1_000, 1)
    rng = np.random.default_rng(2)
    cases = rng.multinomial(3_000, births / births.sum())
    windows = windows_of(centres, births, radius=np.inf, share=0.5)
    apart = np.hypot(*(centres[:, None] - centres[None]).transpose(2, 0, 1))
    order = np.argsort(apart, axis=1, kind="stable")
    first, _ = once(lambda: spatial_scan(cases, births, windows=windows, seed=3, simulations=1))
    ours, theirs, work = [], [], []
    for _ in range(RUNS):
        began = time.process_time()
        seconds, scan = once(lambda: spatial_scan(cases, births, windows=windows, seed=3))
        ours.append(seconds)
        work.append(time.process_time() - began)
        seconds, best = once(lambda: plain(cases, births, order, seed=3, listed=True))
        theirs.append(seconds)
    slower, _ = once(lambda: plain(cases, births, order, seed=3, listed=False))
    assert abs(scan.clusters[0].llr - best[0]) < 1e-9
    us, them = statistics.median(ours), statistics.median(theirs)
    print(f"1,000 blocks, up to 50 %, {SIMULATIONS} draws, median of {RUNS} runs")
    busy = statistics.median(work)
    print(f"  plain numpy     {slower:8.3f} s   (one run)")
    print(f"  and listed logs {them:8.3f} s")
    print(f"  spatial_scan    {us:8.3f} s   ({busy:.2f} s of work over all cores)")
    print(f"  first time      {first:8.3f} s   (one draw, with compiling or reading the compiled)")
    print(f"  ratio           {slower / us:8.1f} times (at least {AT_LEAST}, aim {AIM})")
    print(f"  to listed logs  {them / us:8.1f} times")
    assert them / us >= AT_LEAST


def prospective(
    blocks: int, *, weeks: int, longest: int, radius: float, share: float, level: float
) -> tuple[float, float]:
    centres, dwellings = town(blocks, 4)
    rng = np.random.default_rng(5)
    usual = level * dwellings[:, None] / dwellings.mean() * np.ones(weeks)
    counts = rng.poisson(usual)
    near_in, windows = once(lambda: windows_of(centres, dwellings, radius=radius, share=share))

    def scan(dispersion: float, likelihood: Likelihood) -> Scan:
        return prospective_scan(
            counts,
            usual,
            windows=windows,
            longest=longest,
            seed=6,
            simulations=SIMULATIONS,
            dispersion=dispersion,
            likelihood=likelihood,
        )

    per_block = len(windows.others) / blocks
    print(f"{blocks:,} blocks x {weeks} weeks, {longest} durations, {SIMULATIONS} draws")
    print(f"  windows_of      {near_in:8.2f} s   ({per_block:.0f} windows per block)")
    slowest = 0.0
    for dispersion, likelihood in ((1.0, "conditional"), (1.5, "expectation")):
        busy = time.process_time()
        seconds, _ = once(lambda d=dispersion, k=likelihood: scan(d, k))
        busy = time.process_time() - busy
        print(
            f"  {likelihood:15} {seconds:8.2f} s   (dispersion {dispersion}, {busy:.1f} s of work)"
        )
        slowest = max(slowest, seconds)
    print(f"  peak memory     {peak():8,.0f} MB in all")
    return slowest, peak()


def main() -> None:
    spatial()
    far = float("inf")
    seconds, memory = prospective(10_000, weeks=26, longest=13, radius=far, share=0.10, level=0.1)
    print(f"  at most {LIMIT_SECONDS:.0f} s and {LIMIT_MEGABYTES:,.0f} MB (aim 20 s, 1,000 MB)")
    assert seconds <= LIMIT_SECONDS
    assert memory <= LIMIT_MEGABYTES
    prospective(25_000, weeks=8, longest=8, radius=400.0, share=0.05, level=0.1)


if __name__ == "__main__":
    main()
