"""The lattice of yearly figures: blocks, neighbourhoods, districts, the town; hidden in one go."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from signaal.hotspots.model import AREA_KINDS, PERIODS_PER_YEAR, SMALLEST_SHOWN, BlockName
from signaal.hotspots.snapshot.nouns import Counted
from signaal.intake.model import Kind
from signaal.privacy.suppression import Published, suppress


@dataclass(frozen=True, eq=False)
class Areas:
    """Areas of one level: names, dwellings, and voices as they are and as all may see them."""

    codes: Sequence[str]
    names: Sequence[str]
    dwellings: NDArray[np.int64]
    sums: NDArray[np.int64]
    published: Published


@lru_cache(maxsize=2)
def levels(figures: Counted) -> tuple[Areas, Areas, Areas, NDArray[np.int64]]:
    """Neighbourhoods, districts and the town; and in which district each neighbourhood lies."""
    blocks = figures.blocks
    near = {block.neighbourhood_code: block for block in blocks}
    far = {block.district_code: block for block in blocks}
    near_place, far_place = _places(near), _places(far)
    of_block = np.array([near_place[b.neighbourhood_code] for b in blocks], dtype=np.int64)
    of_near = np.array([far_place[b.district_code] for b in near.values()], dtype=np.int64)
    parents = (of_block, of_near, np.zeros(len(far), dtype=np.int64))
    counts = _year_counts(figures)
    leaf_parents = (np.repeat(of_block, PERIODS_PER_YEAR), *parents[1:])
    published = suppress(
        counts.reshape(-1, len(AREA_KINDS)),
        withheld=np.repeat(figures.dwellings < SMALLEST_SHOWN, PERIODS_PER_YEAR),
        parents=leaf_parents,
        number_at_top=True,
    )
    names = (
        [(code, block.neighbourhood) for code, block in near.items()],
        [(code, block.district) for code, block in far.items()],
        [("", "")],
    )
    sums, homes = counts.sum(axis=1), figures.dwellings.astype(np.int64)
    levels = []
    for parent, named, seen in zip(parents, names, published[1:], strict=True):
        sums, homes = _added(sums, parent, len(named)), _added(homes, parent, len(named))
        codes, words = [code for code, _ in named], [name for _, name in named]
        levels.append(Areas(codes, words, homes, sums, seen))
    return levels[0], levels[1], levels[2], of_near


def _places(codes: Mapping[str, BlockName]) -> dict[str, int]:
    return {code: place for place, code in enumerate(codes)}


def _added(values: NDArray[np.int64], parent: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    whole = np.zeros((size, *values.shape[1:]), dtype=np.int64)
    np.add.at(whole, parent, values)
    return whole


def first_period(figures: Counted) -> int:
    """Of the last complete fixed year."""
    return (figures.running_period // PERIODS_PER_YEAR - 1) * PERIODS_PER_YEAR


def _year_counts(figures: Counted) -> NDArray[np.int64]:
    """Whole voices of one fixed year, shape (blocks, periods, kinds)."""
    end = figures.running_period - first_period(figures)
    year = slice(end - PERIODS_PER_YEAR, end)
    return np.stack([figures.periods(kind)[:, year] for kind in AREA_KINDS], axis=-1)


def yearly_rate(figures: Counted, kind: Kind) -> float:
    """Voices per dwelling in four weeks in the whole town, as its published yearly figure says.

    Returns:
        0 where no number was published for the year.
    """
    if kind not in AREA_KINDS or not figures.blocks:
        return 0.0
    town = levels(figures)[2]
    low, high = (
        ends[0, AREA_KINDS.index(kind)] for ends in (town.published.low, town.published.high)
    )
    return float(low) / PERIODS_PER_YEAR / float(town.dwellings[0]) if low == high else 0.0
