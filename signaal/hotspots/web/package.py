"""The table of the map with the blocks themselves, for QGIS."""

from collections.abc import Callable
from functools import cache

from signaal.hotspots import actions
from signaal.hotspots.actions import MapFigures
from signaal.hotspots.map import Column, Paint, as_geopackage
from signaal.hotspots.model import BlockFigure, Level
from signaal.hotspots.web.colours import COLOURS
from signaal.hotspots.web.signs import reached_lately, sign_name, sign_of
from signaal.hotspots.web.words import (
    block_name,
    days,
    kind_name,
    level_name,
    per_thousand,
    reporters,
)
from signaal.services import Services

PAINTED = "stand"
Teller = Callable[[BlockFigure], str | int | None]


def as_package(services: Services, figures: MapFigures) -> bytes:
    """Blocks with what the screen shows of them; a block without a shape stays away.

    Args:
        services: The tools of the house.
        figures: As somebody may see them.
    """
    polygons = actions.block_polygons(services)
    rows = [row for row in figures.rows if row.block.code in polygons]
    columns = [
        Column(name, [tell(row) for row in rows]) for name, tell in _columns(figures).items()
    ]
    return as_geopackage(
        [polygons[row.block.code] for row in rows],
        columns,
        painted=PAINTED,
        paints=[Paint(level.value, level_name(level), COLOURS[level]) for level in Level],
    )


def _columns(figures: MapFigures) -> dict[str, Teller]:
    """The columns of the table, with short names as a GIS has them."""
    kind, window, reached = kind_name(figures.kind), days(figures.window), reached_lately(figures)
    counted, rated, compared = cache(reporters), cache(per_thousand), cache(level_name)
    signed = cache(sign_name)
    return {
        "blok": lambda row: block_name(row.block.code),
        "blokcode": lambda row: row.block.code,
        "buurt": lambda row: row.block.neighbourhood,
        "buurtcode": lambda row: row.block.neighbourhood_code,
        "wijk": lambda row: row.block.district,
        "wijkcode": lambda row: row.block.district_code,
        "woningen": lambda row: row.block.dwellings,
        "soort": lambda _row: kind,
        "periode": lambda _row: window,
        "melders": lambda row: counted(row.reporters),
        "minstens": lambda row: row.reporters.low,
        "hoogstens": lambda row: row.reporters.high,
        "per_1000": lambda row: rated(row.rate),
        PAINTED: lambda row: row.level.value,
        "vergeleken": lambda row: compared(row.level),
        "verloop": lambda row: signed(sign_of(row, reached=reached)),
    }
