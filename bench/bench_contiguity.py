"""Which blocks border on one another: Signaal against libpysal's `Graph.build_contiguity`.

Both get the same polygons, read already (libpysal can't read well-known binary; reading it takes
ours the time printed below), and must find the same borders. Half of the polygons are squares with
extra corners on some of their borders, half are hexagons. libpysal's vertex way (`strict=False`)
is its fastest; it misses borders of which the corners differ, ours finds those too.
Prints the median of five runs, back to back.
"""

import statistics
import time
from collections.abc import Callable
from typing import Any

import geopandas
import numpy as np
import shapely
from libpysal.graph import Graph

from signaal.places.geometry.contiguity import neighbours

RUNS, METRES = 5, 60.0
WEST, SOUTH = 203_000.0, 503_000.0


def squares(count: int, rng: np.random.Generator) -> np.ndarray:
    """A square grid; one border in five has an extra corner half way."""
    side = round(count**0.5)
    across = rng.random((side + 1, side + 1)) < 0.2
    along = rng.random((side + 1, side + 1)) < 0.2
    found = []
    for row in range(side):
        for column in range(side):
            corners = [(column, row), (column + 1, row), (column + 1, row + 1), (column, row + 1)]
            extra = [
                (column + 0.5, row) if across[row, column] else None,
                (column + 1, row + 0.5) if along[row, column + 1] else None,
                (column + 0.5, row + 1) if across[row + 1, column] else None,
                (column, row + 0.5) if along[row, column] else None,
            ]
            ring = [at for pair in zip(corners, extra, strict=True) for at in pair if at]
            found.append(shapely.Polygon(np.array(ring) * METRES + [WEST, SOUTH]))
    return np.array(found)


def hexagons(count: int) -> np.ndarray:
    """Hexagons in rows, each second row half a hexagon on."""
    side = round(count**0.5)
    row, column = np.divmod(np.arange(side * side), side)
    middle = np.column_stack([2 * column + row % 2, 3 * row])[:, None, :]
    corners = np.array([(0, -2), (1, -1), (1, 1), (0, 2), (-1, 1), (-1, -1)])
    spread = METRES * np.array([0.5, 0.3])
    return np.asarray(shapely.polygons((middle + corners) * spread + [WEST, SOUTH - 1e5]))


def timed(run: Callable[[], Any]) -> tuple[float, Any]:
    seconds = []
    for _ in range(RUNS):
        start = time.perf_counter()
        result = run()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds), result


def main() -> None:
    rng = np.random.default_rng(28992)
    for count, least, aim in ((10_000, 8, 20), (100_000, 5, 12)):
        shapes = np.concatenate([squares(count // 2, rng), hexagons(count // 2)])
        frame = geopandas.GeoSeries(shapes)
        ours, (one, other) = timed(lambda: neighbours(shapes))  # noqa: B023 - called at once
        build = Graph.build_contiguity
        theirs, graph = timed(lambda: build(frame, rook=True))  # noqa: B023 - called at once
        strict, _ = timed(lambda: build(frame, rook=True, strict=True))  # noqa: B023
        written = shapely.to_wkb(shapes).tolist()
        reading, _ = timed(lambda: shapely.from_wkb(written))  # noqa: B023 - called at once
        linked = graph.adjacency.reset_index()[["focal", "neighbor"]].to_numpy()
        assert (linked[linked[:, 0] < linked[:, 1]] == np.column_stack([one, other])).all()
        print(f"{len(shapes):,} blocks, {len(one):,} borders, median of {RUNS} runs")
        print(f"  Signaal                  {ours:7.3f} s   (and {reading:.3f} s to read the WKB)")
        print(
            f"  libpysal                 {theirs:7.3f} s   {theirs / ours:5.1f} times faster",
            end="",
        )
        print(f" (at least {least}, aim {aim})")
        print(f"  libpysal, strict         {strict:7.3f} s   {strict / ours:5.1f} times faster")


if __name__ == "__main__":
    main()
