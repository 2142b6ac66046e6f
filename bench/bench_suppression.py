"""Hiding small counts of 25,000 blocks x 6 kinds x 13 periods, with all areas above them.

Against one plain summing of the same cells to the same areas (numpy.add.at), in one run. Prints
the median of five runs, the ratio and peak memory; then the server's time for the map page.
"""

import gc
import resource
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

import numpy as np

from signaal.hotspots import snapshot as frozen
from signaal.hotspots.actions.areas import _year_figures
from signaal.hotspots.actions.columns import View
from signaal.hotspots.actions.showing import _map_figures
from signaal.hotspots.model import BlockName, FiguresPolicy, precision_for, stretches_for
from signaal.hotspots.snapshot.working import work_out
from signaal.intake.model import Kind
from signaal.policies import read_policies
from signaal.privacy.suppression import suppress
from signaal.resources import ALERTS

BLOCKS, KINDS, PERIODS, RUNS, LIMIT = 25_000, 6, 13, 5, 30.0
PER_NEIGHBOURHOOD, PER_DISTRICT = 25, 10
REPORTS, WEEK = 1_000_000, 2967


def timed(run: Callable[[], Any]) -> float:
    seconds = []
    for _ in range(RUNS):
        gc.collect()
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def once(run: Callable[[], Any]) -> tuple[float, Any]:
    gc.collect()
    start = time.perf_counter()
    made = run()
    return time.perf_counter() - start, made


def peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def areas() -> list[np.ndarray]:
    near = np.arange(BLOCKS) // PER_NEIGHBOURHOOD
    far = np.arange(near[-1] + 1) // PER_DISTRICT
    return [np.repeat(near, PERIODS), far, np.zeros(far[-1] + 1, dtype=np.int64)]


def summed(counts: np.ndarray, parents: list[np.ndarray]) -> list[np.ndarray]:
    levels = [counts]
    for parent in parents:
        above = np.zeros((int(parent[-1]) + 1, counts.shape[1]), dtype=np.int64)
        np.add.at(above, parent, levels[-1])
        levels.append(above)
    return levels


def town(rng: np.random.Generator) -> frozen.Input:
    blocks = tuple(
        BlockName(
            code=f"BU{place // PER_NEIGHBOURHOOD:08}-{place:06}",
            dwellings=int(size),
            neighbourhood=f"Buurt {place // PER_NEIGHBOURHOOD}",
            neighbourhood_code=f"BU{place // PER_NEIGHBOURHOOD:08}",
            district=f"Wijk {place // 250}",
            district_code=f"WK{place // 250:06}",
        )
        for place, size in enumerate(rng.integers(5, 150, BLOCKS))
    )
    return frozen.Input(
        kinds=tuple(kind.value for kind in Kind),
        blocks=blocks,
        block=rng.integers(0, BLOCKS, REPORTS),
        week=rng.integers(WEEK - 107, WEEK + 1, REPORTS),
        kind=rng.integers(0, len(Kind), REPORTS),
        token=[f"{number:032x}" for number in rng.integers(0, 300_000, REPORTS)],
        weight=np.ones(REPORTS),
    )


def main() -> None:
    rng = np.random.default_rng(28992)
    counts = rng.negative_binomial(0.3, 0.1, (BLOCKS * PERIODS, KINDS))
    withheld = np.repeat(rng.random(BLOCKS) < 0.05, PERIODS)
    parents = areas()
    before = peak()
    ours = timed(lambda: suppress(counts, withheld=withheld, parents=parents))
    memory = peak() - before
    plain = timed(lambda: summed(counts, parents))
    print(f"{BLOCKS:,} blocks x {KINDS} kinds x {PERIODS} periods, median of {RUNS} runs")
    print(f"  suppress        {ours:7.3f} s   (limit {LIMIT:.0f} s), {memory:,.0f} MB more")
    print(f"  numpy.add.at    {plain:7.3f} s")
    print(f"  ratio           {ours / plain:7.1f} times one plain summing")
    given = town(rng)
    now = datetime(2026, 11, 16, 9, tzinfo=UTC)
    rules = read_policies(ALERTS, [FiguresPolicy])[FiguresPolicy]
    made_in, counted = once(lambda: frozen.count(given, last_week=WEEK, made_at=now))
    made = work_out(counted, given, rules=rules)
    written_in, written = once(lambda: frozen.encode(made))
    print(f"a snapshot of {REPORTS:,} reports in {BLOCKS:,} blocks")
    print(f"  counting        {made_in:7.2f} s")
    print(f"  writing         {written_in:7.2f} s, {len(written) / 1e6:.1f} MB")
    for role in ("policy_officer", "coordinator"):
        precision = precision_for(role, Kind.NUISANCE)
        view = View(Kind.NUISANCE, precision, stretches_for(role))
        shown_in, _ = once(partial(_map_figures, made, 0, view, None))
        print(f"  map figures     {shown_in:7.2f} s for {role}, once per snapshot")
    year_in, _ = once(lambda: _year_figures(made, frozenset()))
    print(f"  year of areas   {year_in:7.2f} s, once per snapshot")
    print(f"  peak memory     {peak():7,.0f} MB in all")
    assert ours < LIMIT


if __name__ == "__main__":
    main()
