"""Counts per block and week: Signaal's `count_weeks` against `np.bincount` alone.

`np.bincount` gets one ready-made code per signal; ours gets block and week, leaves out what lies
outside, and counts. Prints the median of fifteen runs, taken in turn.
"""

import statistics
import time

import numpy as np

from signaal.hotspots.numbers.counts import count_weeks

SIGNALS, BLOCKS, WEEKS, FIRST_WEEK, RUNS = 1_000_000, 25_000, 104, 2_800, 15


def main() -> None:
    rng = np.random.default_rng(104)
    block = rng.integers(0, BLOCKS, SIGNALS)
    week = FIRST_WEEK + rng.integers(0, WEEKS, SIGNALS)
    code = block * WEEKS + (week - FIRST_WEEK)
    sizes = {"blocks": BLOCKS, "first_week": FIRST_WEEK, "weeks": WEEKS}
    counted = count_weeks(block, week, **sizes)
    assert (counted.ravel() == np.bincount(code, minlength=BLOCKS * WEEKS)).all()
    ours, theirs = [], []
    for _ in range(RUNS):
        start = time.perf_counter()
        count_weeks(block, week, **sizes)
        between = time.perf_counter()
        np.bincount(code, minlength=BLOCKS * WEEKS)
        theirs.append(time.perf_counter() - between)
        ours.append(between - start)
    mine, alone = statistics.median(ours), statistics.median(theirs)
    print(f"{SIGNALS:,} signals, {BLOCKS:,} blocks x {WEEKS} weeks, median of {RUNS} runs")
    print(f"  Signaal count_weeks {1000 * mine:6.1f} ms")
    print(f"  np.bincount alone   {1000 * alone:6.1f} ms")
    print(f"  ratio               {mine / alone:6.2f} times its time (at most 1.5, aim 1)")


if __name__ == "__main__":
    main()
