"""Which blocks lie beside which? Pure structure: no maps, no database, no clock."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, eye_array

from signaal.hotspots.numbers.counts import FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class Adjacency:
    """The neighbours of every block, in compressed rows.

    Attributes:
        starts: Where the neighbours of each block begin, shape (blocks + 1,).
        others: The neighbours of block b are others[starts[b] : starts[b + 1]], ascending and
            without b itself; who has a neighbour is one, shape (twice the borders,).
    """

    starts: NDArray[np.int64]
    others: NDArray[np.int32]

    @classmethod
    def of_pairs(cls, first: IntArray, second: IntArray, *, blocks: int) -> "Adjacency":
        """Makes both sides of each border neighbours of each other.

        Args:
            first: One side of each border, in any order and any number of times, shape (borders,).
            second: The other side, shape (borders,).
            blocks: How many blocks there are.
        """
        ends = np.concatenate([first, second]).astype(np.int64)
        beside = np.concatenate([second, first]).astype(np.int64)
        key = np.unique(ends * blocks + beside)
        key = key[key // max(blocks, 1) != key % max(blocks, 1)]
        starts = np.searchsorted(key, np.arange(blocks + 1, dtype=np.int64) * blocks)
        return cls(starts.astype(np.int64), (key % max(blocks, 1)).astype(np.int32))

    @property
    def blocks(self) -> int:
        """How many blocks there are."""
        return len(self.starts) - 1

    @property
    def degrees(self) -> NDArray[np.int64]:
        """How many neighbours each block has, shape (blocks,)."""
        return np.diff(self.starts)

    @cached_property
    def matrix(self) -> "csr_array[Any]":
        """1 where two blocks are neighbours, 0 elsewhere, shape (blocks, blocks)."""
        ones = np.ones(len(self.others))
        return csr_array((ones, self.others, self.starts), shape=(self.blocks, self.blocks))

    @cached_property
    def with_self(self) -> "csr_array[Any]":
        """As `matrix`, and each block a neighbour of itself."""
        return csr_array(self.matrix + eye_array(self.blocks, format="csr"))

    def pooled(self, values: FloatArray) -> FloatArray:
        """Each block's own value with those of its neighbours added.

        Args:
            values: Anything that can be summed, shape (blocks, ...) of one or two axes.

        Returns:
            The same shape.
        """
        return np.asarray(self.with_self @ values)
