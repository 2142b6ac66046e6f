"""Which blocks are too small to speak of alone? Pure structure: no maps, no database, no clock."""

from heapq import heapify, heappop, heappush

import numpy as np
from numpy.typing import NDArray

from signaal.hotspots.numbers.counts import IntArray
from signaal.hotspots.numbers.neighbours import Adjacency

LEAST_DWELLINGS = 10
"""Fewer would point at people."""


def publishing_units(
    dwellings: IntArray, adjacency: Adjacency, *, areas: IntArray, least: int = LEAST_DWELLINGS
) -> NDArray[np.int64]:
    """Joins every block that is too small with a neighbour, before anything is computed.

    The smallest goes first, and joins the neighbour with the fewest dwellings, within its own
    area where it has one there. What has no neighbour left stays as it is, however small.

    Args:
        dwellings: Dwellings per block, shape (blocks,).
        adjacency: The neighbours of every block.
        areas: The area (district, say) in which each block lies, any numbers, shape (blocks,).
        least: Dwellings that a unit must have.

    Returns:
        The unit of each block, numbered from 0 in order of each unit's first block, shape
        (blocks,).
    """
    units = _Units(dwellings, adjacency, areas=areas)
    small = [(int(dwellings[block]), int(block)) for block in np.flatnonzero(dwellings < least)]
    heapify(small)
    while small:
        size, unit = heappop(small)
        if unit not in units.members or units.size[unit] != size:
            continue
        joined = units.join(unit)
        if joined is not None and units.size[joined] < least:
            heappush(small, (units.size[joined], joined))
    return np.unique(units.unit, return_inverse=True)[1].reshape(-1).astype(np.int64)


class _Units:
    """Blocks joined into units; a unit is called by its first block."""

    def __init__(self, dwellings: IntArray, adjacency: Adjacency, *, areas: IntArray) -> None:
        self.adjacency = adjacency
        self.areas = areas
        self.unit = np.arange(len(dwellings))
        self.size = {block: int(count) for block, count in enumerate(dwellings)}
        self.members = {block: [block] for block in self.size}

    def join(self, unit: int) -> int | None:
        """Joins a unit with the neighbour that suits best; None where it has none."""
        around = self._around(unit)
        if not around:
            return None
        suits = min(around, key=lambda other: (not around[other], self.size[other], other))
        first, second = min(unit, suits), max(unit, suits)
        self.unit[self.members[second]] = first
        self.members[first] += self.members.pop(second)
        self.size[first] += self.size.pop(second)
        return first

    def _around(self, unit: int) -> dict[int, bool]:
        """The units beside it, and whether blocks of one area meet there."""
        found: dict[int, bool] = {}
        starts, others = self.adjacency.starts, self.adjacency.others
        for block in self.members[unit]:
            for other in others[starts[block] : starts[block + 1]]:
                beside = int(self.unit[other])
                if beside != unit:
                    same = bool(self.areas[other] == self.areas[block])
                    found[beside] = found.get(beside, False) or same
        return found
