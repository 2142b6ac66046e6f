"""Where does a key stand in a list of keys? Pure look-up: no maps, no database, no clock."""

import numpy as np
from numpy.typing import NDArray

from signaal.hotspots.numbers.compiled import compiled
from signaal.hotspots.numbers.counts import IntArray

UNKNOWN = -1
SPREAD = np.uint64(0x9E3779B97F4A7C15)
"""2^64 divided by the golden ratio: keys that follow one another come to lie far apart."""
WORD = 64
"""Bits in a key."""

Places = NDArray[np.int64]


def places_of(keys: IntArray, wanted: IntArray) -> Places:
    """For each wanted key its place among the keys; -1 where it isn't there.

    A million signals find their address, or their block, in one go. Keys are whole numbers that
    last: a block's id, a dwelling's id, a BAG number.

    Args:
        keys: The known keys, in any order, shape (keys,); where one occurs twice its first place
            counts.
        wanted: The keys that are looked for, shape (wanted,).

    Returns:
        Places, shape (wanted,).

    Source: for the table, multiplicative hashing with linear probing, Knuth (1998), The Art of
    Computer Programming 3, section 6.4, 516-528.
    """
    known = np.ascontiguousarray(keys, dtype=np.int64)
    sought = np.ascontiguousarray(wanted, dtype=np.int64)
    if not known.size or not sought.size:
        return np.full(sought.size, UNKNOWN, dtype=np.int64)
    loop = compiled(_by_table)
    if loop is None:
        return _by_order(known, sought)
    bits = int(known.size).bit_length() + 1
    table = np.full((1 << bits, 2), UNKNOWN, dtype=np.int64)
    found = np.empty(sought.size, dtype=np.int64)
    loop(known, sought, np.uint64(WORD - bits), table, found)
    return found


def _by_table(
    known: Places, sought: Places, shift: np.uint64, table: Places, found: Places
) -> None:
    """Puts each known key in the first free slot from where it belongs, and looks likewise.

    A slot is (key, place), side by side in memory; place -1 is a free one.
    """
    last = len(table) - 1
    for place in range(known.size):
        slot = np.int64((np.uint64(known[place]) * SPREAD) >> shift)
        while table[slot, 1] >= 0 and table[slot, 0] != known[place]:
            slot = (slot + 1) & last
        if table[slot, 1] < 0:
            table[slot, 0] = known[place]
            table[slot, 1] = place
    for row in range(sought.size):
        slot = np.int64((np.uint64(sought[row]) * SPREAD) >> shift)
        while table[slot, 1] >= 0 and table[slot, 0] != sought[row]:
            slot = (slot + 1) & last
        found[row] = table[slot, 1]


def _by_order(known: Places, sought: Places) -> Places:
    """The same without a compiled loop: both sorted, so that each look-up begins near the last."""
    order = np.argsort(known, kind="stable")
    turn = np.argsort(sought)
    ordered, asked = known[order], sought[turn]
    at = np.searchsorted(ordered, asked)
    at[at == ordered.size] = 0
    found = np.empty(sought.size, dtype=np.int64)
    found[turn] = np.where(ordered[at] == asked, order[at], UNKNOWN)
    return found
