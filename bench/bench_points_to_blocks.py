"""A million points to ten and a hundred thousand blocks: BlockIndex against geopandas.sjoin.

Both get the same points and polygons in one run; the index is made beforehand, as in the service,
and geopandas' own spatial index is warm too. Prints the median of five runs. Ten million points
go to ten thousand blocks in a process of their own, of which the peak memory is printed.
"""

import gc
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import shapely
from scipy.spatial import Voronoi

from signaal.places.geometry import BlockIndex

POINTS, RUNS, SIDE = 1_000_000, 5, 20_000.0
MANY_POINTS = 10_000_000
TARGETS = {10_000: (5, 12), 100_000: (3, 8)}
"""Blocks, and how many times faster: at least, aim."""


def town(rng: np.random.Generator, blocks: int) -> np.ndarray:
    """Irregular blocks that tile a square town."""
    seeds = rng.uniform(0, SIDE, (blocks, 2))
    corners = [[-3, 0.5], [4, 0.5], [0.5, -3], [0.5, 4]]
    cells = Voronoi(np.vstack([seeds, SIDE * np.array(corners)]))
    rings = [cells.vertices[cells.regions[cells.point_region[i]]] for i in range(blocks)]
    return shapely.intersection(
        np.array([shapely.Polygon(ring) for ring in rings]), shapely.box(0, 0, SIDE, SIDE)
    )


def timed(run: Callable[[], Any]) -> tuple[float, Any]:
    seconds = []
    for _ in range(RUNS):
        gc.collect()
        start = time.perf_counter()
        result = run()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds), result


def peak() -> float:
    """MB since this process began; `getrusage` would count the process that started it too."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def against_geopandas(count: int) -> None:
    rng = np.random.default_rng(28992)
    blocks = town(rng, count)
    x, y = rng.uniform(0, SIDE, (2, POINTS))
    start = time.perf_counter()
    index = BlockIndex([shapely.to_wkb(block) for block in blocks])
    built = time.perf_counter() - start
    ours, found = timed(lambda: index.locate(x, y))
    polygons = geopandas.GeoDataFrame(geometry=blocks, crs=28992)
    points = geopandas.GeoDataFrame(geometry=geopandas.points_from_xy(x, y), crs=28992)
    _ = polygons.sindex, points.sindex
    theirs, joined = timed(lambda: points.sjoin(polygons, predicate="within"))
    agreed = found[joined.index.to_numpy()] == joined["index_right"].to_numpy()
    assert agreed.all()
    assert len(joined) == POINTS
    least, aim = TARGETS[count]
    print(f"{POINTS:,} points to {count:,} blocks, median of {RUNS} runs")
    print(f"  Signaal BlockIndex {ours:6.3f} s   (index made once in {built:.2f} s)")
    print(f"  geopandas.sjoin    {theirs:6.3f} s")
    print(f"  ratio              {theirs / ours:6.1f} times faster (at least {least}, aim {aim})")


def ten_million() -> None:
    rng = np.random.default_rng(28992)
    index = BlockIndex([shapely.to_wkb(block) for block in town(rng, 10_000)])
    x, y = rng.uniform(0, SIDE, (2, MANY_POINTS))
    start = time.perf_counter()
    found = index.locate(x, y)
    taken = time.perf_counter() - start
    assert (found >= 0).all()
    print(f"{MANY_POINTS:,} points to 10,000 blocks: {taken:.2f} s,", end=" ")
    print(f"peak memory {peak():,.0f} MB (at most 1,000)")


def main() -> None:
    if sys.argv[1:] == ["many"]:
        ten_million()
        return
    for count in TARGETS:
        against_geopandas(count)
    subprocess.run([sys.executable, __file__, "many"], check=True)


if __name__ == "__main__":
    main()
