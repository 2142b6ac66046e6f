"""999 conditional permutations for 10,000 and 100,000 blocks, against esda.

Gi and local Moran on a square of blocks that touch (rook); esda with keep_simulations=False, on one
processor as it comes (ours uses one too). Both share their shuffles between blocks. Prints the
median of five runs, the ratio, and how far the chances lie apart in standard errors. Then what
`stand_out` takes for one window of 25,000 blocks.
"""

import statistics
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from signaal.hotspots.numbers.concentration import stand_out
from signaal.hotspots.numbers.local import Statistic, conditional_permutations
from signaal.hotspots.numbers.neighbours import Adjacency

RUNS, SHUFFLES = 5, 999
SIZES = ((100, 2.0, 5.0), (316, 5.0, 15.0))
LARGE = 158
STATISTICS: tuple[Statistic, ...] = ("getis_ord", "local_moran")
LEAST_VARIANCE = 1e-3


def timed(run: Callable[[], Any], *, runs: int = RUNS) -> tuple[float, Any]:
    seconds, answer = [], None
    for _ in range(runs):
        start = time.perf_counter()
        answer = run()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds), answer


def square(side: int) -> Adjacency:
    place = np.arange(side * side).reshape(side, side)
    first = np.concatenate([place[:, 1:].ravel(), place[1:].ravel()])
    second = np.concatenate([place[:, :-1].ravel(), place[:-1].ravel()])
    return Adjacency.of_pairs(first, second, blocks=side * side)


def weights_of(adjacency: Adjacency) -> object:
    import libpysal

    near = np.split(adjacency.others, adjacency.starts[1:-1])
    return libpysal.weights.W({block: list(map(int, each)) for block, each in enumerate(near)})


def esda_runs(values: np.ndarray, weights: object, *, statistic: Statistic) -> tuple[float, Any]:
    import esda

    asked = {"permutations": SHUFFLES, "keep_simulations": False, "seed": 1, "n_jobs": 1}
    if statistic == "getis_ord":
        return timed(lambda: esda.G_Local(values, weights, transform="B", star=False, **asked))
    return timed(lambda: esda.Moran_Local(values, weights, **asked))


def ours(values: np.ndarray, adjacency: Adjacency, *, statistic: Statistic) -> np.ndarray:
    return conditional_permutations(
        values, adjacency=adjacency, statistic=statistic, permutations=SHUFFLES, seed=1
    )


def main() -> None:
    warnings.simplefilter("ignore")
    rng = np.random.default_rng(28992)
    made_first = square(10)
    for statistic in STATISTICS:  # machine code is made before anything is timed
        esda_runs(rng.random(100), weights_of(made_first), statistic=statistic)
    for side, least, aim in SIZES:
        adjacency, values = square(side), rng.gamma(2.0, 1.0, side * side)
        weights = weights_of(adjacency)
        print(f"{side * side:,} blocks, {SHUFFLES} shuffles, median of {RUNS}")
        for statistic in STATISTICS:
            theirs, answer = esda_runs(values, weights, statistic=statistic)
            mine, greater = timed(
                lambda adjacency=adjacency, values=values, statistic=statistic: ours(
                    values, adjacency, statistic=statistic
                )
            )
            chance = np.minimum(greater, 1.0 - greater + 1.0 / (SHUFFLES + 1))
            error = np.sqrt(2 * np.maximum(chance * (1 - chance), LEAST_VARIANCE) / SHUFFLES)
            apart = float(np.median(np.abs(chance - answer.p_sim) / error))
            print(f"  {statistic:12} esda {theirs:7.3f} s   ours {mine:7.4f} s", end="   ")
            print(f"ratio {theirs / mine:6.0f}x (at least {least:.0f}x, aim {aim:.0f}x)", end="   ")
            print(f"median difference {apart:.2f} standard errors")
    adjacency = square(LARGE)
    usual = rng.gamma(2.0, 0.5, LARGE * LARGE)
    voices = rng.poisson(usual).astype(float)
    for dispersion in (1.0, 1.5):
        seconds, _ = timed(
            lambda dispersion=dispersion: stand_out(
                voices, usual, adjacency=adjacency, own_past=usual, dispersion=dispersion
            )
        )
        print(f"stand_out, {LARGE**2:,} blocks, dispersion {dispersion}: {seconds * 1e3:.1f} ms")


if __name__ == "__main__":
    main()
