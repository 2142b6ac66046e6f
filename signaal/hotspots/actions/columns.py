"""The figures of all blocks at once, as one role may see them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from signaal.hotspots.actions.rows import NO_END, Names, Rows
from signaal.hotspots.model import (
    AT_LEAST,
    REPORTERS_FOR_COLOUR,
    SMALLEST_SHOWN,
    BlockFigure,
    Level,
    Pattern,
    Stretches,
    shown,
)
from signaal.hotspots.numbers.counts import FloatArray, IntArray
from signaal.hotspots.numbers.rates import Town, per_thousand, steadied
from signaal.hotspots.snapshot import Snapshot
from signaal.intake.model import Kind
from signaal.privacy.model import Precision

Districts = frozenset[str] | None
Ranks = NDArray[np.int8]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class View:
    """How somebody sees one kind of evidence: the same view gives the same figures."""

    kind: Kind
    precision: Precision
    stretches: Stretches


def figures_of(
    figures: Snapshot, places: Sequence[int], *, window: int, view: View
) -> list[BlockFigure]:
    """One figure per block, as `rows_of` has them.

    Args:
        figures: The frozen figures.
        places: Which blocks.
        window: Which four weeks.
        view: How the role sees them.
    """
    some = np.array(places, dtype=np.int64)
    names = Names(tuple(figures.blocks[place] for place in places), some)
    return list(rows_of(figures, names, window=window, view=view))


def rows_of(figures: Snapshot, names: Names, *, window: int, view: View) -> Rows:
    """A row per block: everything in it follows from what the role may see.

    Counts and rates follow from the class that is shown. That a difference is reliable follows
    from true counts for whoever reads reports, and from published classes for all others.

    Args:
        figures: The frozen figures.
        names: Which blocks.
        window: Which four weeks.
        view: How the role sees them.
    """
    places = names.places
    low, high, hidden = _all_shown(figures, places, window=window, view=view)
    town, homes = town_in(figures, view, window), figures.dwellings[places]
    top = np.where(high == NO_END, low, high)
    least, most = (steadied(ends, homes, town=town) for ends in (low, top))
    statistics, kind = figures.view(view.stretches), figures.place_of(view.kind)
    level = np.zeros(places.size, dtype=np.int8)
    if town.rate > 0.0:
        level = levels_of(
            low,
            hidden=hidden,
            found=statistics.found[kind, window][places],
            crude=low / homes / town.rate,
            ratio=least / town.rate,
        )
    pattern = patterns_of(figures, view)[places] if window == 0 else np.zeros_like(level)
    return Rows(
        names=names,
        at=np.arange(places.size),
        low=low,
        high=high,
        hidden=hidden,
        rate_low=np.where(hidden, np.nan, per_thousand(least)),
        rate_high=np.where(hidden | (high == NO_END), np.nan, per_thousand(most)),
        level=level,
        pattern=pattern,
    )


def levels_of(
    low: IntArray, *, hidden: Bools, found: Bools, crude: FloatArray, ratio: FloatArray
) -> Ranks:
    """How blocks compare with the town: the rank that `model.level_of` gives each of them.

    Args:
        low: The lower end of what is shown, shape (blocks,), as all.
        hidden: Whether there are too few to say more.
        found: Whether the difference is reliable.
        crude: Times the town's rate at the lower end.
        ratio: The same, smoothed.
    """
    steps = sum((ratio >= times).astype(np.int8) for level, times in AT_LEAST.items())
    coloured = np.maximum(steps, 1) + Level.NO_DIFFERENCE.rank
    grey = ~found | (crude < AT_LEAST[Level.MORE])
    said = np.where(grey, Level.NO_DIFFERENCE.rank, coloured)
    few = hidden | (low < REPORTERS_FOR_COLOUR)
    return np.where(few, Level.TOO_FEW.rank, said).astype(np.int8)


def _all_shown(
    figures: Snapshot, places: IntArray, *, window: int, view: View
) -> tuple[IntArray, IntArray, Bools]:
    """What is shown of each count; a block with too few dwellings shows what one without does."""
    counts = counts_of(figures, view.kind, view.stretches)[places, window]
    counts = np.where(figures.dwellings[places] >= SMALLEST_SHOWN, counts, 0).astype(np.int64)
    there = np.bincount(counts) > 0
    which = np.cumsum(there)[counts] - 1
    told = [shown(count, precision=view.precision) for count in np.flatnonzero(there).tolist()]
    low = np.array([each.low for each in told], dtype=np.int64)
    high = [NO_END if each.high is None else each.high for each in told]
    hidden = np.array([each.hidden for each in told], dtype=np.bool_)
    return low[which], np.array(high, dtype=np.int64)[which], hidden[which]


def town_in(figures: Snapshot, view: View, window: int) -> Town:
    """The town with which is compared in these four weeks, as it was frozen."""
    kind, statistics = figures.place_of(view.kind), figures.view(view.stretches)
    return Town(
        rate=float(statistics.rate[kind, window]),
        variance=float(statistics.variance[kind, window]),
        blocks=int(figures.known.sum()),
        dwellings=float(figures.dwellings[figures.known].sum()),
    )


@lru_cache(maxsize=16)
def counts_of(figures: Snapshot, kind: Kind, stretches: Stretches) -> NDArray[np.int64]:
    """Whole voices, the latest four weeks first, shape (blocks, stretches)."""
    return figures.counts(kind, stretches)


@lru_cache(maxsize=16)
def patterns_of(figures: Snapshot, view: View) -> Ranks:
    """How each block went, where it stands out now or did within the year, shape (blocks,)."""
    kind, statistics = figures.place_of(view.kind), figures.view(view.stretches)
    reliable = statistics.found[kind].any(axis=0)
    pattern = statistics.pattern[kind]
    return np.where(reliable & (pattern > 0), pattern, Pattern.NONE).astype(np.int8)


@lru_cache(maxsize=16)
def names_in(figures: Snapshot, districts: Districts) -> Names:
    """The blocks within these districts, in order of code."""
    places = (
        place
        for place, block in enumerate(figures.blocks)
        if districts is None or block.district_code in districts
    )
    inside = sorted(places, key=lambda place: figures.blocks[place].code)
    return Names(tuple(figures.blocks[place] for place in inside), np.array(inside, dtype=np.int64))
