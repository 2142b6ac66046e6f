"""Mann-Kendall of 10,000 blocks x 26 weeks, against pymannkendall row by row, in one run.

Prints the median of five runs of ours, the peer's time (median of five runs over 1,000 rows,
times ten: it goes row by row) and the ratio.
"""

import gc
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pymannkendall

from signaal.hotspots.numbers.trend import hamed_rao, mann_kendall, sen_slope

ROWS, WEEKS, PEER_ROWS, RUNS = 10_000, 26, 1_000, 5
AT_LEAST, AIM = 50.0, 200.0


def timed(run: Callable[[], Any]) -> float:
    seconds = []
    for _ in range(RUNS):
        gc.collect()
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def main() -> None:
    series = np.random.default_rng(28992).poisson(1.0, (ROWS, WEEKS)).astype(float)
    some = series[:PEER_ROWS]
    answers = [pymannkendall.original_test(row) for row in some]
    ours = mann_kendall(some)
    assert np.allclose(ours.z, [answer.z for answer in answers], rtol=1e-9)
    peer = timed(lambda: [pymannkendall.original_test(row) for row in some]) * ROWS / PEER_ROWS
    test = timed(lambda: mann_kendall(series))
    both = timed(lambda: (mann_kendall(series), sen_slope(series)))
    corrected = timed(lambda: hamed_rao(series))
    print(f"{ROWS:,} series x {WEEKS} weeks, median of {RUNS} runs")
    print(f"  pymannkendall   {peer:8.3f} s   (test and Sen slope)")
    print(f"  ours            {test:8.3f} s   test alone: {peer / test:,.0f} times as fast")
    print(f"  ours            {both:8.3f} s   test and Sen slope: {peer / both:,.0f} times as fast")
    print(f"  ours            {corrected:8.3f} s   Hamed-Rao")
    print(f"  at least {AT_LEAST:.0f} times, aim {AIM:.0f} times")
    assert peer / both > AT_LEAST


if __name__ == "__main__":
    main()
