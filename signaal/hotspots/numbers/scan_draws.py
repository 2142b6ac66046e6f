"""What chance alone puts in the cells: many weeks in which nothing is going on."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from signaal.hotspots.numbers.counts import FloatArray, IntArray

SHORT = 32_000
"""Up to here a count fits in sixteen bits."""
EVEN = 1.0 + 1e-9
"""Up to here the dispersion is that of Poisson counts."""


@dataclass(frozen=True)
class Chance:
    """What is drawn from when nothing is going on.

    Attributes:
        mass: What each block and column is expected to bring, shape (blocks, columns).
        rest: What is expected outside of them (older weeks), with a fixed total only.
        total: The total that each draw has; None where the total is drawn as well.
        dispersion: Variance over mean of a count; 1 for Poisson.
    """

    mass: FloatArray
    rest: float
    total: int | None
    dispersion: float

    def lanes(self, seeds: list[np.random.SeedSequence]) -> NDArray[np.signedinteger]:
        """Draws side by side, summed over columns, shape (blocks, columns, draws).

        Args:
            seeds: One for each draw.

        Returns:
            Counts of each block up to and with each column.
        """
        ends = np.cumsum(self.mass.ravel())
        drawn = [self._cells(np.random.default_rng(seed), ends) for seed in seeds]
        largest = max(int(weights.sum()) for _, weights in drawn)
        small = np.int16 if largest < SHORT else np.int32
        lanes = np.zeros((self.mass.size, len(seeds)), dtype=small)
        for lane, (cells, weights) in enumerate(drawn):
            np.add.at(lanes[:, lane], cells, weights.astype(small))
        shaped = lanes.reshape(*self.mass.shape, len(seeds))
        return np.cumsum(shaped, axis=1, dtype=small, out=shaped)

    def _cells(self, rng: np.random.Generator, ends: FloatArray) -> tuple[IntArray, IntArray]:
        """Cells and how much each gets; what falls in the rest is left out.

        Independent negative binomial counts of one dispersion are groups that fall like Poisson
        events, with sizes of a logarithmic series; given their total they are Dirichlet-
        multinomial, drawn as customers who sit down at tables.

        Source: Quenouille (1949), Biometrics 5, 162-164; Blackwell and MacQueen (1973),
        Annals of Statistics 1, 353-355.
        """
        whole = float(ends[-1]) + self.rest
        weights: IntArray
        extra = self.dispersion - 1.0
        if self.total is None:
            if self.dispersion <= EVEN:
                weights = np.ones(rng.poisson(whole), dtype=np.int64)
            else:
                groups = rng.poisson(whole * np.log(self.dispersion) / extra)
                weights = rng.logseries(extra / self.dispersion, groups)
        elif self.dispersion <= EVEN:
            weights = np.ones(self.total, dtype=np.int64)
        else:
            weights = _tables(rng, self.total, self.total / extra)
        cells = np.searchsorted(ends, whole * _sorted_uniforms(rng, len(weights)), side="right")
        kept = cells < len(ends)
        return cells[kept], weights[kept]


def _sorted_uniforms(rng: np.random.Generator, size: int) -> FloatArray:
    """Uniform draws from low to high, from the gaps between them (exponential spacings)."""
    steps = np.cumsum(rng.standard_exponential(size + 1))
    return np.asarray(steps[:-1] / steps[-1])


def _tables(rng: np.random.Generator, customers: int, openness: float) -> IntArray:
    """How many sit at each table, tables in random order."""
    before = np.arange(customers)
    opens = rng.random(customers) * (openness + before) < openness
    joined = np.where(opens, before, (rng.random(customers) * before).astype(np.int64))
    while True:
        further = joined[joined]
        if np.array_equal(further, joined):
            break
        joined = further
    sizes = np.bincount(joined, minlength=customers)
    return rng.permutation(sizes[sizes > 0])
