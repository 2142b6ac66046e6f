"""Where do the blocks of an invented town lie? A grid, or the blocks of a town that is loaded."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from signaal.errors import ImpossibleSimulation
from signaal.hotspots.numbers.neighbours import Adjacency

SIDE = 100.0
"""Metres from block to block: 40 dwellings to the hectare, as in a Dutch town."""
NEIGHBOURHOOD_SIDE = 5
"""Blocks along one side of an invented neighbourhood."""
MOST_BLOCKS, MOST_DWELLINGS = 100_000, 10_000


@dataclass(frozen=True, eq=False)
class BlockMap:
    """The blocks of a town: how large, where, beside what, and in which neighbourhood.

    Attributes:
        dwellings: Dwellings per block, shape (blocks,).
        centres: Middle of each block in metres, shape (blocks, 2).
        adjacency: Which blocks lie side by side.
        neighbourhood: Number of the neighbourhood of each block, shape (blocks,).
    """

    dwellings: NDArray[np.int64]
    centres: NDArray[np.float64]
    adjacency: Adjacency
    neighbourhood: NDArray[np.int64]

    @property
    def blocks(self) -> int:
        """How many blocks there are."""
        return len(self.dwellings)

    def beside(self, block: int) -> NDArray[np.int32]:
        """The blocks that share a border with this one."""
        starts = self.adjacency.starts
        return self.adjacency.others[starts[block] : starts[block + 1]]


def grid_map(
    blocks: int, *, dwellings: int = 40, side: float = SIDE, askew: float = 0.0, seed: int = 0
) -> BlockMap:
    """An invented town of equal blocks in rows, as nearly square as the number allows.

    Args:
        blocks: How many blocks, at least 1; they are laid in rows, of which the last may be short.
        dwellings: Dwellings in each block, at least 1.
        side: Metres from the middle of one block to the next.
        askew: How far each middle is moved at random, along and across, at most, in sides; no
            real town stands in exact rows. Who borders on whom stays.
        seed: The same seed moves them the same way.

    Raises:
        ImpossibleSimulation: There are no blocks or no dwellings, or far too many.
    """
    if not (1 <= blocks <= MOST_BLOCKS and 1 <= dwellings <= MOST_DWELLINGS):
        raise ImpossibleSimulation(
            f"Een stad heeft 1 tot {MOST_BLOCKS} blokken met elk 1 tot {MOST_DWELLINGS} woningen. /"
            f" A town has 1 to {MOST_BLOCKS} blocks with 1 to {MOST_DWELLINGS} dwellings each."
        )
    wide = int(np.ceil(np.sqrt(blocks)))
    place = np.arange(blocks)
    row, column = np.divmod(place, wide)
    right = place[(column < wide - 1) & (place + 1 < blocks)]
    below = place[place + wide < blocks]
    adjacency = Adjacency.of_pairs(
        np.concatenate([right, below]), np.concatenate([right + 1, below + wide]), blocks=blocks
    )
    moved = np.random.default_rng(seed).uniform(-askew, askew, (blocks, 2))
    across = -(-wide // NEIGHBOURHOOD_SIDE)
    return BlockMap(
        dwellings=np.full(blocks, dwellings, dtype=np.int64),
        centres=(np.column_stack([column, row]) + moved) * side,
        adjacency=adjacency,
        neighbourhood=row // NEIGHBOURHOOD_SIDE * across + column // NEIGHBOURHOOD_SIDE,
    )
