"""A million signals to half a million addresses by key: Signaal against pandas merge + groupby.

Both count the signals per block: find each signal's address by its BAG number, then the address'
block. Prints the median of five runs, back to back; the loop is compiled beforehand.
"""

import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from signaal.hotspots.numbers.keys import places_of

SIGNALS, ADDRESSES, BLOCKS, RUNS = 1_000_000, 500_000, 25_000, 5
FIRST_BAG_NUMBER = 193_010_000_000_000


def timed(run: Callable[[], Any]) -> tuple[float, Any]:
    seconds = []
    for _ in range(RUNS):
        start = time.perf_counter()
        result = run()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds), result


def main() -> None:
    rng = np.random.default_rng(193)
    known = FIRST_BAG_NUMBER + rng.choice(4 * ADDRESSES, ADDRESSES, replace=False)
    block = rng.integers(0, BLOCKS, ADDRESSES)
    said = rng.choice(known, SIGNALS)
    said[::100] = 1  # one in a hundred is no address of ours
    addresses = pd.DataFrame({"address": known, "block": block})
    signals = pd.DataFrame({"address": said})

    def by_key() -> np.ndarray:
        place = places_of(known, said)
        return np.bincount(block[place[place >= 0]], minlength=BLOCKS)

    by_key()
    ours, counted = timed(by_key)
    theirs, merged = timed(lambda: signals.merge(addresses, on="address").groupby("block").size())
    assert (merged.reindex(range(BLOCKS), fill_value=0).to_numpy() == counted).all()
    print(f"{SIGNALS:,} signals to {ADDRESSES:,} addresses by key, median of {RUNS} runs")
    print(f"  Signaal                {ours:6.3f} s")
    print(f"  pandas merge + groupby {theirs:6.3f} s")
    print(f"  ratio                  {theirs / ours:6.1f} times faster (at least 2, aim 4)")


if __name__ == "__main__":
    main()
