"""Which numbers of areas may be told: none from which a hidden one follows by subtraction."""

from dataclasses import dataclass

import numpy as np

from signaal.hotspots.model import EXACT_FROM
from signaal.hotspots.snapshot.lattice import Areas
from signaal.privacy.model import CLASS_BORDERS
from signaal.privacy.suppression import BoolArray, IntArray, Published

Told = tuple[Published, ...]
"""What one visitor sees: neighbourhoods, districts, the town."""


@dataclass(frozen=True, eq=False)
class _Kind:
    """One kind of evidence: sums as they are and as all may see them, of each level."""

    sums: tuple[IntArray, ...]
    published: Told
    above: IntArray


def told(levels: tuple[Areas, ...], *, above: IntArray, own: BoolArray) -> Told:
    """The figures of all areas for somebody who sees numbers within the own districts.

    In an own district each neighbourhood from three up is a number, and below it is hidden. A
    district is a number where none of its neighbourhoods is hidden, and the town where that goes
    for all districts; else they are what everybody sees. Everybody's figures are known too, and
    with numbers beside them a border can tell a hidden part. So a district in which a hidden
    neighbourhood could no longer be everything that it is said to be, is as everybody sees it;
    if that doesn't help, all districts are, for that kind. `privacy.suppression` proves that then
    nothing follows.

    Args:
        levels: Neighbourhoods, districts and the town.
        above: In which district each neighbourhood lies.
        own: The districts in which numbers may be seen, shape (districts,).
    """
    columns = [_told(_of_kind(levels, above, column), own) for column in _columns(levels)]
    return tuple(
        Published(
            np.stack([each[level].low for each in columns], axis=1),
            np.stack([each[level].high for each in columns], axis=1),
        )
        for level in range(len(levels))
    )


def _columns(levels: tuple[Areas, ...]) -> range:
    return range(levels[0].sums.shape[1])


def _of_kind(levels: tuple[Areas, ...], above: IntArray, column: int) -> _Kind:
    return _Kind(
        sums=tuple(each.sums[:, column] for each in levels),
        published=tuple(
            Published(each.published.low[:, column], each.published.high[:, column])
            for each in levels
        ),
        above=above,
    )


def _told(kind: _Kind, own: BoolArray) -> Told:
    while own.any():
        seen = _as_seen(kind, own)
        betrayed = own & _betrayed(kind, seen)
        if not betrayed.any():
            return seen if not _betrayed(kind, seen).any() else kind.published
        own = own & ~betrayed
    return kind.published


def _as_seen(kind: _Kind, own: BoolArray) -> Told:
    """The figures with numbers in these districts, wherever no part is hidden."""
    near, far, town = kind.sums
    small = near < EXACT_FROM
    whole = own & ~_any_by(kind.above, small, len(far))
    inside = own[kind.above]
    return (
        _with_numbers(kind.published[0], near, where=inside & ~small, hidden=inside & small),
        _with_numbers(kind.published[1], far, where=whole),
        _with_numbers(kind.published[2], town, where=np.array([bool(whole.all())])),
    )


def _with_numbers(
    seen: Published, sums: IntArray, *, where: BoolArray, hidden: BoolArray | None = None
) -> Published:
    low, high = np.where(where, sums, seen.low), np.where(where, sums, seen.high)
    if hidden is not None:
        low, high = np.where(hidden, 0, low), np.where(hidden, EXACT_FROM - 1, high)
    return Published(low, high)


def _betrayed(kind: _Kind, seen: Told) -> BoolArray:
    """In which districts something hidden can't be all that it is said to be, given the rest."""
    near, far = _narrowed(kind, seen)
    size = len(far.low)
    in_parts = _any_by(kind.above, _is_betrayed(seen[0], near), size)
    has_open_part = _sum_by(kind.above, seen[0].low, size) > 0  # then it isn't hidden any more
    return in_parts | (_is_betrayed(seen[1], far) & ~has_open_part)


def _is_betrayed(said: Published, known: Published) -> BoolArray:
    most = np.minimum(said.high, CLASS_BORDERS[0] - 1)
    return np.asarray(said.hidden & ((known.low > 0) | (known.high < most)))


def _narrowed(kind: _Kind, seen: Told) -> tuple[Published, Published]:
    """What follows for neighbourhoods and districts: up the tree of sums, and down again.

    On a tree this is exact: every value between the ends can be reached.
    """
    near, far, town = seen
    top = np.zeros(len(far.low), dtype=np.int64)
    far = _with_parts(far, near, kind.above)
    town = _with_parts(town, far, top)
    far = _beside_others(far, town, top)
    return _beside_others(near, far, kind.above), far


def _with_parts(whole: Published, parts: Published, above: IntArray) -> Published:
    low, high = (_sum_by(above, ends, len(whole.low)) for ends in (parts.low, parts.high))
    return Published(np.maximum(whole.low, low), np.minimum(whole.high, high))


def _beside_others(parts: Published, whole: Published, above: IntArray) -> Published:
    low, high = (_sum_by(above, ends, len(whole.low)) for ends in (parts.low, parts.high))
    others_low, others_high = low[above] - parts.low, high[above] - parts.high
    return Published(
        np.maximum(parts.low, whole.low[above] - others_high),
        np.minimum(parts.high, whole.high[above] - others_low),
    )


def _sum_by(above: IntArray, values: IntArray, size: int) -> IntArray:
    whole = np.zeros(size, dtype=np.int64)
    np.add.at(whole, above, values)
    return whole


def _any_by(above: IntArray, values: BoolArray, size: int) -> BoolArray:
    found = np.zeros(size, dtype=np.bool_)
    np.logical_or.at(found, above, values)
    return found
