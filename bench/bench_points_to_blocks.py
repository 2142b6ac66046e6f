"""A million points to ten thousand blocks: Signaal's BlockIndex against geopandas.sjoin.

Both get the same points and polygons in one run; the index is made beforehand, as in the service,
and geopandas' own spatial index is warm too. Prints the median of five runs and peak memory.
"""

import gc
import resource
import statistics
import time
from collections.abc import Callable
from typing import Any

import geopandas
import numpy as np
import shapely
from scipy.spatial import Voronoi

from signaal.places.geometry import BlockIndex

POINTS, BLOCKS, RUNS, SIDE = 1_000_000, 10_000, 5, 20_000.0


def town(rng: np.random.Generator) -> np.ndarray:
    """Irregular blocks that tile a square town."""
    seeds = rng.uniform(0, SIDE, (BLOCKS, 2))
    corners = [[-3, 0.5], [4, 0.5], [0.5, -3], [0.5, 4]]
    cells = Voronoi(np.vstack([seeds, SIDE * np.array(corners)]))
    rings = [cells.vertices[cells.regions[cells.point_region[i]]] for i in range(BLOCKS)]
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
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    rng = np.random.default_rng(28992)
    blocks = town(rng)
    x, y = rng.uniform(0, SIDE, (2, POINTS))
    start = time.perf_counter()
    index = BlockIndex([shapely.to_wkb(block) for block in blocks])
    built = time.perf_counter() - start
    ours, found = timed(lambda: index.locate(x, y))
    our_peak = peak()
    polygons = geopandas.GeoDataFrame(geometry=blocks, crs=28992)
    points = geopandas.GeoDataFrame(geometry=geopandas.points_from_xy(x, y), crs=28992)
    _ = polygons.sindex, points.sindex
    theirs, joined = timed(lambda: points.sjoin(polygons, predicate="within"))
    agreed = found[joined.index.to_numpy()] == joined["index_right"].to_numpy()
    assert agreed.all()
    assert len(joined) == POINTS
    print(f"{POINTS:,} points to {BLOCKS:,} blocks, median of {RUNS} runs")
    print(f"  Signaal BlockIndex {ours:6.3f} s   (index made once in {built:.2f} s)")
    print(f"  geopandas.sjoin    {theirs:6.3f} s")
    print(f"  ratio              {theirs / ours:6.1f} times faster")
    print(f"  peak memory        {our_peak:,.0f} MB ours, {peak():,.0f} MB after geopandas")


if __name__ == "__main__":
    main()
