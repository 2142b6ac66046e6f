"""The methods that are held beside each other: Signaal's scan, and what others use.

Each looks at a town as it stands in one week and names places with a score, highest first. A place
is what would be drawn on the map: one block, or the blocks of a window.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from signaal.hotspots.numbers.bayes_scan import LEAST, Rise, evidence_of, groups_of
from signaal.hotspots.numbers.default_point import swallows
from signaal.hotspots.numbers.expected import Expected, expected_weeks
from signaal.hotspots.numbers.scan import Windows, windows_of
from signaal.hotspots.simulate import BlockMap

PLACES = 8
"""So many places, the highest, are looked at per method and week."""
BASELINE, GUARD = 7, 2
"""EARS: weeks of the baseline, and weeks between it and the present one."""
LONGEST = 8
HISTORY = 112
LEAVE_OUT = 8
"""Weeks that say nothing about what is usual: those in which the scan looks for a rise."""
TIE = 1e-6


@dataclass(frozen=True)
class Place:
    """A place with its score; `reach` holds the blocks in which the same trouble shows again."""

    score: float
    blocks: frozenset[int]
    reach: frozenset[int]


@dataclass(frozen=True)
class Look:
    """What is known in one week: all counts up to it, the week itself last."""

    town: BlockMap
    counts: np.ndarray
    chance: np.random.Generator = field(default_factory=lambda: np.random.default_rng(0))


Method = Callable[[Look], Sequence[Place]]


def per_block(score: Callable[[Look], np.ndarray]) -> Method:
    """A method that scores single blocks; ties are broken by chance, so that none loses by them."""

    def places(look: Look) -> list[Place]:
        scores = score(look) + TIE * look.chance.random(look.town.blocks)
        best = np.argsort(-scores)[:PLACES]
        return [
            Place(
                float(scores[block]),
                frozenset({int(block)}),
                frozenset({int(block), *look.town.beside(block).tolist()}),
            )
            for block in best
        ]

    return places


def ears_c2(look: Look, ago: int = 0) -> np.ndarray:
    """Hutwagner et al. (2003): the week against the mean and spread of seven weeks before it."""
    end = look.counts.shape[1] - ago
    before = look.counts[:, end - 1 - GUARD - BASELINE : end - 1 - GUARD]
    spread = np.maximum(before.std(axis=1, ddof=1), 0.2)
    return (look.counts[:, end - 1] - before.mean(axis=1)) / spread


def ears_c3(look: Look) -> np.ndarray:
    """Hutwagner et al. (2003): what three weeks had above one spread, added up."""
    return sum(np.maximum(0.0, ears_c2(look, ago) - 1.0) for ago in range(3))


def gi_star(look: Look) -> np.ndarray:
    """Ord and Getis (1995) on the rate of the last four weeks, each block with its neighbours."""
    rate = look.counts[:, -4:].sum(axis=1) / look.town.dwellings
    near = look.town.adjacency.pooled(rate)
    size = look.town.adjacency.degrees + 1.0
    blocks = look.town.blocks
    spread = rate.std() * np.sqrt((blocks * size - size**2) / (blocks - 1))
    return (near - rate.mean() * size) / np.maximum(spread, 1e-9)


def last_year(look: Look) -> np.ndarray:
    """How many times as many in the last four weeks as in the same four weeks of last year."""
    now = look.counts[:, -4:].sum(axis=1)
    then = look.counts[:, -56:-52].sum(axis=1)
    return (now + 0.5) / (then + 0.5)


@dataclass
class Scan:
    """Kulldorff (2001): windows of near blocks over the last weeks, against what is usual.

    As `numbers.scan.prospective_scan`, without the chance: the critical value takes its place.
    """

    radius: float = 400.0
    share: float = 0.05
    longest: int = LONGEST
    leave_out: int = LEAVE_OUT
    least: int = LEAST
    _near: dict[int, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)

    def __call__(self, look: Look) -> list[Place]:
        counts, expected = usual_of(look, leave_out=self.leave_out)
        return self.places(look.town, counts, np.nan_to_num(expected.mu, nan=1e-6))

    def places(self, town: BlockMap, counts: np.ndarray, mu: np.ndarray) -> list[Place]:
        order, _ = self.windows(town)
        best, size = self.best(town, counts, mu)
        found: list[Place] = []
        taken: set[int] = set()
        for centre in np.argsort(-best, kind="stable"):
            blocks = frozenset(order[centre, : size[centre] + 1].tolist())
            if blocks & taken:
                continue
            taken |= blocks
            found.append(Place(float(best[centre]), blocks, blocks))
            if len(found) == PLACES or best[centre] <= 0:
                break
        return found

    def best(
        self, town: BlockMap, counts: np.ndarray, mu: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """The log likelihood ratio of the best window of each block, and how many blocks more."""
        order, inside = self.windows(town)
        cases = np.cumsum(counts[:, : -self.longest - 1 : -1], axis=1, dtype=np.float32)
        usual = np.cumsum(mu[:, : -self.longest - 1 : -1], axis=1, dtype=np.float32)
        c = np.cumsum(cases.T[:, order], axis=2)
        e = np.cumsum(usual.T[:, order], axis=2)
        more = (c > e) & inside & (c >= self.least)
        llr = np.zeros_like(c)
        c, e = c[more], e[more]
        llr[more] = np.maximum(c * np.log(c / e) + e - c, 0.0)
        by_size = llr.max(axis=0)
        return by_size.max(axis=1), by_size.argmax(axis=1)

    def windows(self, town: BlockMap) -> tuple[np.ndarray, np.ndarray]:
        """Each block's nearest blocks, nearest first, and how many of them lie in its windows."""
        key = id(town)
        if key not in self._near:
            apart = np.hypot(*(town.centres[:, None] - town.centres[None]).transpose(2, 0, 1))
            order = np.argsort(apart, axis=1, kind="stable")
            within = np.take_along_axis(apart, order, 1) <= self.radius + 1e-9
            within &= np.cumsum(town.dwellings[order], 1) <= self.share * town.dwellings.sum()
            within[:, 0] = True
            most = int(within.sum(axis=1).max())
            self._near[key] = order[:, :most], within[:, :most]
        return self._near[key]


def usual_of(look: Look, *, leave_out: int = LEAVE_OUT) -> tuple[np.ndarray, Expected]:
    """Counts and what is usual; a block that swallows reports is as one without dwellings."""
    sunk = swallows(look.counts, look.town.dwellings)
    counts = np.where(sunk[:, None], 0, look.counts[:, -HISTORY:])
    homes = np.where(sunk, 0, look.town.dwellings).astype(float)
    return counts, expected_weeks(
        counts.astype(float), homes, adjacency=look.town.adjacency, leave_out=leave_out
    )


@dataclass
class RiseScan:
    """Signaal: `numbers.bayes_scan`, without the chance; the critical value takes its place."""

    rise: Rise = field(default_factory=Rise)
    leave_out: int = LEAVE_OUT
    _near: dict[int, Windows] = field(default_factory=dict)

    def __call__(self, look: Look) -> list[Place]:
        counts, expected = usual_of(look, leave_out=self.leave_out)
        rise = Rise(self.rise.times, self.rise.taking_part, expected.dispersion)
        near = self.windows(look.town)
        evidence = evidence_of(counts, expected.mu, windows=near, rise=rise)
        groups = groups_of(
            evidence, counts, expected.mu, windows=near, rise=rise, least=LEAST, most=PLACES
        )
        places = []
        for middle, blocks in groups:
            flagged = frozenset(blocks.tolist())
            places.append(Place(float(evidence.log[middle]), flagged, flagged))
        return places

    def windows(self, town: BlockMap) -> Windows:
        """Each block's nearest blocks, as the product has them."""
        key = id(town)
        if key not in self._near:
            self._near[key] = windows_of(town.centres, town.dwellings)
        return self._near[key]


METHODS: dict[str, Method] = {
    "Signaal": RiseScan(),
    "EARS C2": per_block(ears_c2),
    "EARS C3": per_block(ears_c3),
    "Gi*": per_block(gi_star),
    "2x last year": per_block(last_year),
}
PLAIN = "the plain scan"
"""Kulldorff's scan: the strongest window alone instead of all windows together."""
