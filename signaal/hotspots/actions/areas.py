"""Shows the yearly figures of neighbourhoods, districts and the town to everybody."""

from dataclasses import replace
from functools import lru_cache

import numpy as np

from signaal.access.model import sight_of
from signaal.clock import WEEKS_PER_PERIOD
from signaal.errors import UnknownPlace
from signaal.hotspots.actions.showing import days, latest
from signaal.hotspots.actions.telling import told
from signaal.hotspots.model import (
    AREA_KINDS,
    PERIODS_PER_YEAR,
    AreaFigure,
    DistrictFigures,
    Shown,
    Window,
    YearFigures,
)
from signaal.hotspots.snapshot import Snapshot
from signaal.hotspots.snapshot.lattice import Areas, first_period, levels
from signaal.intake.model import Kind
from signaal.privacy.model import Precision
from signaal.privacy.suppression import OPEN, Published
from signaal.services import Services
from signaal.visitor import Visitor

Districts = frozenset[str] | None


def year_figures(services: Services, *, visitor: Visitor) -> YearFigures:
    """The last complete fixed year of each area: classes, and numbers where the role has them.

    An area's figure is the sum of the whole voices of its blocks in thirteen fixed periods.
    Everybody gets the classes that `privacy.suppression` leaves; who sees areas exactly gets
    numbers from three up within the own districts, but for those from which a hidden one follows
    (`telling`).

    Args:
        services: The tools of the house.
        visitor: Who asks; a resident too.

    Raises:
        NoSnapshot: The figures have not been made yet.
    """
    exact = sight_of(visitor.role).areas is Precision.EXACT
    figures = latest(services)
    year = _year_figures(figures, visitor.districts if exact else frozenset())
    return replace(year, snapshot=figures.info)


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


@lru_cache(maxsize=16)
def _year_figures(figures: Snapshot, exact_in: Districts) -> YearFigures:
    neighbourhoods, districts, town, district_of = levels(figures)
    own = np.array([exact_in is None or code in exact_in for code in districts.codes])
    near, far, whole = told((neighbourhoods, districts, town), above=district_of, own=own)
    parts: dict[int, list[AreaFigure]] = {}
    for place, above in enumerate(district_of):
        parts.setdefault(int(above), []).append(_area(neighbourhoods, place, near))
    together = [
        DistrictFigures(
            district=_area(districts, place, far),
            neighbourhoods=tuple(sorted(parts[place], key=lambda area: (area.name, area.code))),
        )
        for place in range(len(districts.codes))
    ]
    together.sort(key=lambda each: (each.district.name, each.district.code))
    return YearFigures(
        year=_year(figures),
        districts=tuple(together),
        town=_area(town, 0, whole),
        snapshot=figures.info,
    )


def _year(figures: Snapshot) -> Window:
    first = first_period(figures) * WEEKS_PER_PERIOD
    last = first + PERIODS_PER_YEAR * WEEKS_PER_PERIOD - 1
    return days(figures, first_week=first, last_week=last)


def _area(areas: Areas, place: int, seen: Published) -> AreaFigure:
    voices: dict[Kind, Shown] = {}
    for column, kind in enumerate(AREA_KINDS):
        low, high = int(seen.low[place, column]), int(seen.high[place, column])
        voices[kind] = Shown(low, high if high < OPEN else None, hidden=low == 0)
    return AreaFigure(
        code=areas.codes[place],
        name=areas.names[place],
        dwellings=int(areas.dwellings[place]),
        voices=voices,
    )
