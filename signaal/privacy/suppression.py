"""Figures of areas in classes, so that no small count of a block follows from them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from signaal.privacy.model import CLASS_BORDERS

IntArray: TypeAlias = NDArray[np.integer[Any]]
BoolArray: TypeAlias = NDArray[np.bool_]

OPEN = 10**9
"""Stands for "no upper end"; sums of a million of them still fit in 64 bits."""

ROOM = CLASS_BORDERS[0] - 1
"""By so much a sum must be able to lie above its lowest, so that any hidden part can be four."""

_LOWS = np.array([0, *CLASS_BORDERS], dtype=np.int64)
_HIGHS = np.array([*(border - 1 for border in CLASS_BORDERS), OPEN], dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Published:
    """One level of figures as everybody may see them.

    Attributes:
        low: At least so many, shape (places, columns).
        high: At most so many, from `OPEN` on without an upper end, shape (places, columns).
    """

    low: IntArray
    high: IntArray

    @property
    def hidden(self) -> BoolArray:
        """Where nothing is said but that it may be zero, shape (places, columns)."""
        return np.asarray(self.low == 0)


@dataclass(frozen=True, eq=False)
class _Known:
    """What follows for each place of one level from all that is published below it.

    Attributes:
        low: The least that it can be, shape (places, columns).
        high: The most that it can be, shape (places, columns).
        need: How far below `high` it must stay possible, so that nothing below is forced.
    """

    low: IntArray
    high: IntArray
    need: IntArray


def suppress(
    counts: IntArray,
    *,
    withheld: BoolArray,
    parents: Sequence[IntArray],
    number_at_top: bool = False,
) -> tuple[Published, ...]:
    """Hides small counts, and takes from the areas above whatever would tell one of them.

    Each leaf gets its class; below five it is hidden, and a withheld leaf shows nothing at all.
    Then level by level upwards: an area is the sum of its parts, and gets the class of its sum,
    of which the lower border is left out (joining two classes) where it would show that a hidden
    part is other than zero. What is left out is decided by what is *published* below, never by
    the counts themselves, so that the pattern of what is left out tells nothing either (a
    "minimality attack").

    Why no hidden leaf says more than its class, given all that is published:

    - *Lower ends.* A part follows from below as [low, high], and must stay able to go down to
      high - need. A lower border L of the whole forces a part to at least L minus the highest
      of all other parts, so L <= sum(high) - max(need) forces none. The whole then has its own
      high and need, and the same holds one level up. A border that no sum can reach stays:
      as an upper end it says nothing new.
    - *Upper ends.* All lower ends are multiples of five and all upper ends one less than a
      multiple of five. The true sum lies below the upper end, so that end is at least
      sum(low) + 4: each hidden leaf can be 4 while all other parts are at their lowest. On a
      tree the one leaf goes up along one path, where this holds at each step.

    Args:
        counts: Whole voices of the leaves, none below zero, shape (leaves, columns); columns
            are never added up (kinds of evidence).
        withheld: Leaves of which nothing may be seen, shape (leaves,).
        parents: For each level above the leaves, from below: the place of the parent of each
            place of the level under it; every parent from 0 up has at least one part.
        number_at_top: Say the sum of the whole as a number where the two conditions above allow
            it: from low + 4 up to high - need; at either end "at most" or "at least", so that
            nothing follows from which of these it is.

    Returns:
        What may be seen, one for each level, leaves first.

    Source: Cox (1980), Journal of the American Statistical Association 75(370), 377-385 (cell
    suppression: lower and upper ends that follow from sums); Willenborg & de Waal (2001),
    "Elements of Statistical Disclosure Control", chapter 6 (secondary suppression); Wong, Fu,
    Wang & Pei (2007), VLDB, 543-554 (minimality attack); borders: trust.md, section 2.
    """
    sums: IntArray = np.asarray(counts, dtype=np.int64)
    leaves = _leaf_classes(sums, withheld)
    levels, known = [leaves], _known_of_leaves(leaves)
    for parent in parents:
        sums, inside = _by_parent(np.add, sums, parent), _together(known, parent)
        published, known = _published(sums, inside)
        levels.append(published)
    if number_at_top and parents:
        levels[-1] = _as_numbers(sums, inside, otherwise=published)
    return tuple(levels)


def _leaf_classes(counts: IntArray, withheld: BoolArray) -> Published:
    place = np.searchsorted(_LOWS, counts, side="right") - 1
    low, high = _LOWS[place], _HIGHS[place]
    low[withheld], high[withheld] = 0, OPEN
    return Published(low, high)


def _known_of_leaves(leaves: Published) -> _Known:
    """A hidden leaf must stay able to be zero; of one that is seen its class is known anyhow."""
    return _Known(leaves.low, leaves.high, np.where(leaves.hidden, leaves.high, 0))


def _together(parts: _Known, parent: IntArray) -> _Known:
    """The parts of each area as one; `need` is that of the part which needs most."""
    return _Known(
        low=_by_parent(np.add, parts.low, parent),
        high=_by_parent(np.add, parts.high, parent),
        need=_by_parent(np.maximum, parts.need, parent),
    )


def _published(sums: IntArray, inside: _Known) -> tuple[Published, _Known]:
    """The classes of one level of areas, and what is known of them from then on."""
    cap = inside.high - inside.need
    low, high = np.zeros_like(sums), np.full_like(sums, OPEN)
    for border in CLASS_BORDERS:
        stays = (border <= cap) | (border > inside.high)
        np.copyto(low, border, where=stays & (border <= sums))
        np.copyto(high, np.minimum(high, border - 1), where=stays & (border > sums))
    hidden = (low == 0) & (inside.low == 0)
    most = np.minimum(inside.high, np.where(high == OPEN, inside.high, high))
    lowest = np.where(hidden, 0, cap)
    protects = (inside.need > 0) | hidden
    need = np.where(protects, np.maximum(most - lowest, 0), 0)
    return Published(low, high), _Known(np.maximum(inside.low, low), most, need)


def _as_numbers(sums: IntArray, inside: _Known, *, otherwise: Published) -> Published:
    """Sums of the highest class as numbers, where these force no part; else their classes."""
    floor, cap = inside.low + ROOM, inside.high - inside.need
    says = (otherwise.low == CLASS_BORDERS[-1]) & (floor <= cap)
    low = np.where(sums <= floor, otherwise.low, np.minimum(sums, cap))
    high = np.where(sums >= cap, OPEN, np.maximum(sums, floor))
    return Published(np.where(says, low, otherwise.low), np.where(says, high, otherwise.high))


def _by_parent(together: np.ufunc, values: IntArray, parent: IntArray) -> IntArray:
    """The parts of each parent taken together, shape (parents, columns)."""
    if not values.shape[0]:
        return np.zeros((0, values.shape[1]), dtype=np.int64)
    order = np.argsort(parent, kind="stable")
    starts = np.flatnonzero(np.diff(parent[order], prepend=-1))
    return np.asarray(together.reduceat(values[order], starts, axis=0))
