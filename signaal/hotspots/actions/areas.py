"""Shows the yearly figures of neighbourhoods, districts and the town to everybody."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from signaal.access.model import sight_of
from signaal.clock import WEEKS_PER_PERIOD
from signaal.errors import UnknownPlace
from signaal.hotspots.actions.showing import days, latest
from signaal.hotspots.model import (
    AREA_KINDS,
    PERIODS_PER_YEAR,
    SMALLEST_SHOWN,
    AreaFigure,
    BlockName,
    DistrictFigures,
    Shown,
    Window,
    YearFigures,
    shown,
)
from signaal.hotspots.snapshot import Snapshot
from signaal.intake.model import Kind
from signaal.privacy.model import Precision
from signaal.privacy.suppression import OPEN, Published, suppress
from signaal.services import Services
from signaal.visitor import Visitor

Districts = frozenset[str] | None


def year_figures(services: Services, *, visitor: Visitor) -> YearFigures:
    """The last complete fixed year of each area: classes, and numbers where the role has them.

    An area's figure is the sum of the whole voices of its blocks in thirteen fixed periods.
    Everybody gets the classes that `privacy.suppression` leaves; who sees areas exactly gets
    numbers from three up within the own districts.

    Args:
        services: The tools of the house.
        visitor: Who asks; a resident too.

    Raises:
        NoSnapshot: The figures have not been made yet.
    """
    exact = sight_of(visitor.role).areas is Precision.EXACT
    return _year_figures(latest(services), visitor.districts if exact else frozenset())


def neighbourhood_year(
    services: Services, *, code: str, visitor: Visitor
) -> tuple[AreaFigure, DistrictFigures, YearFigures]:
    """One neighbourhood, the district that it lies in, and the year.

    Raises:
        NoSnapshot: The figures have not been made yet.
        UnknownPlace: There is no such neighbourhood in them.
    """
    whole = year_figures(services, visitor=visitor)
    for district in whole.districts:
        for area in district.neighbourhoods:
            if area.code == code:
                return area, district, whole
    raise UnknownPlace(code)


@dataclass(frozen=True, eq=False)
class _Areas:
    """Areas of one level: names, dwellings, and voices as they are and as all may see them."""

    codes: Sequence[str]
    names: Sequence[str]
    dwellings: NDArray[np.int64]
    sums: NDArray[np.int64]
    published: Published


@lru_cache(maxsize=16)
def _year_figures(figures: Snapshot, exact_in: Districts) -> YearFigures:
    neighbourhoods, districts, town, district_of = _levels(figures)
    parts: dict[int, list[AreaFigure]] = {}
    for place, above in enumerate(district_of):
        exact = exact_in is None or districts.codes[above] in exact_in
        parts.setdefault(int(above), []).append(_area(neighbourhoods, place, exact=exact))
    told = [
        DistrictFigures(
            district=_area(districts, place, exact=exact_in is None or code in exact_in),
            neighbourhoods=tuple(sorted(parts[place], key=lambda area: (area.name, area.code))),
        )
        for place, code in enumerate(districts.codes)
    ]
    return YearFigures(
        year=_year(figures),
        districts=tuple(sorted(told, key=lambda each: (each.district.name, each.district.code))),
        town=_area(town, 0, exact=exact_in is None),
        snapshot=figures.info,
    )


@lru_cache(maxsize=2)
def _levels(figures: Snapshot) -> tuple[_Areas, _Areas, _Areas, NDArray[np.int64]]:
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
        levels.append(_Areas(codes, words, homes, sums, seen))
    return levels[0], levels[1], levels[2], of_near


def _places(codes: Mapping[str, BlockName]) -> dict[str, int]:
    return {code: place for place, code in enumerate(codes)}


def _added(values: NDArray[np.int64], parent: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    whole = np.zeros((size, *values.shape[1:]), dtype=np.int64)
    np.add.at(whole, parent, values)
    return whole


def _first_period(figures: Snapshot) -> int:
    """Of the last complete fixed year."""
    return (figures.running_period // PERIODS_PER_YEAR - 1) * PERIODS_PER_YEAR


def _year_counts(figures: Snapshot) -> NDArray[np.int64]:
    """Whole voices of one fixed year, shape (blocks, periods, kinds)."""
    end = figures.running_period - _first_period(figures)
    year = slice(end - PERIODS_PER_YEAR, end)
    return np.stack([figures.periods(kind)[:, year] for kind in AREA_KINDS], axis=-1)


def _year(figures: Snapshot) -> Window:
    first = _first_period(figures) * WEEKS_PER_PERIOD
    last = first + PERIODS_PER_YEAR * WEEKS_PER_PERIOD - 1
    return days(figures, first_week=first, last_week=last)


def _area(areas: _Areas, place: int, *, exact: bool) -> AreaFigure:
    voices: dict[Kind, Shown] = {}
    for column, kind in enumerate(AREA_KINDS):
        if exact:
            voices[kind] = shown(int(areas.sums[place, column]), precision=Precision.EXACT)
        else:
            low, high = areas.published.low[place, column], areas.published.high[place, column]
            upper = int(high) if high < OPEN else None
            voices[kind] = Shown(int(low), upper, hidden=bool(low == 0))
    return AreaFigure(
        code=areas.codes[place],
        name=areas.names[place],
        dwellings=int(areas.dwellings[place]),
        voices=voices,
    )
