"""The map of the blocks, and beside it the same figures as a table."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from flask import Response, make_response, render_template, request, url_for

from signaal.access.model import Purpose
from signaal.errors import NoSnapshot
from signaal.hotspots import actions
from signaal.hotspots.map import Shapes
from signaal.hotspots.model import LOOKERS, MOST_ROWS_OUT, BlockFigure, Level, MapFigures
from signaal.hotspots.web.choosing import Filter, asked_for, wanted_rows
from signaal.hotspots.web.colours import COLOURS
from signaal.hotspots.web.door import blueprint
from signaal.hotspots.web.signs import SIGNS, Sign, reached_lately, sign_of
from signaal.hotspots.web.small import SmallMap, small_map, town_outline
from signaal.hotspots.web.words import block_name, level_short, per_thousand, reporters
from signaal.intake.model import Kind
from signaal.web import Within, open_to, services, visitor

RETRY_SECONDS = "30"
MOST_ROWS = 600
"""Rows of the table on one page, where the map draws all blocks at once."""
FEWER_ROWS = 200
"""The same in a larger town: a page has to be there at once."""
SMALL_MAPS_KEPT = 256
ROWS_ON_PAPER = 50
"""Rows of that page that are printed; the sheet hides the others."""
BLOCKS_AT_ONCE = 2500
"""Up to so many blocks the map draws all of them; beyond, districts first."""

Sorter = Callable[[BlockFigure], Any]
SORTS: dict[str, Sorter] = {
    "aandacht": lambda row: row.attention,
    "blok": lambda row: row.block.code,
    "wijk": lambda row: (row.block.district, row.block.neighbourhood, row.block.code),
    "woningen": lambda row: (row.block.dwellings, row.block.code),
    "melders": lambda row: (row.reporters.low, row.block.code),
    "cijfer": lambda row: (row.rate.low if row.rate else 0.0, row.block.code),
    "vergelijking": lambda row: (row.level.rank, row.block.code),
}
"""All go by what is shown, or the order would tell what is hidden."""


@dataclass(frozen=True)
class Line:
    """One row of the table, in words."""

    code: str
    name: str
    page: str
    area: str
    dwellings: int
    reporters: str
    reporters_low: int
    rate: str
    rate_low: float
    level: str
    rank: int
    sign: Sign


@blueprint.get("/kaart")
@open_to(*LOOKERS, purpose=Purpose.EARLY_WARNING, within=Within.DISTRICT)
def show_map() -> Response:
    """The map and the table."""
    period, kind = asked_for()
    wanted = wanted_rows()
    figures, shapes = _figures(period, kind), actions.shapes(services())
    asked = request.args.get("sort", "")
    sort = asked if asked in SORTS else "aandacht"
    downwards = request.args.get("volgorde", "") == "af"
    ordered = _ordered(figures, wanted, sort, downwards=downwards)
    rows = MOST_ROWS if len(figures.rows) <= BLOCKS_AT_ONCE else FEWER_ROWS
    pages = max(1, -(-len(ordered) // rows))
    page = min(max(1, request.args.get("pagina", 1, type=int)), pages)
    first = (page - 1) * rows
    districts = _districts(figures, shapes)
    return make_response(
        render_template(
            "hotspots/map.html",
            figures=figures,
            shapes=shapes,
            ground=actions.ground(services()),
            rows=_lines(figures, ordered[first : first + rows]),
            page=page,
            pages=pages,
            found=len(ordered),
            blocks=len(figures.rows),
            all_at_once=len(figures.rows) <= BLOCKS_AT_ONCE,
            on_paper=ROWS_ON_PAPER,
            sort=sort,
            downwards=downwards,
            wanted=wanted,
            here={"soort": kind.value, "periode": period, **wanted.query},
            small_maps=_small_maps(figures, shapes, districts),
            outline=town_outline(shapes, districts),
            districts=_district_names(figures),
            kinds=actions.kinds_seen(services(), visitor=visitor()),
            most_rows_out=MOST_ROWS_OUT,
            levels=list(Level),
            colours=COLOURS,
            signs=SIGNS,
            chosen=request.args.get("blok", ""),
            tiles=services().settings.tiles_url,
            tiles_attribution=services().settings.tiles_attribution,
        )
    )


@blueprint.app_errorhandler(NoSnapshot)
def not_yet(_missing: NoSnapshot) -> Response:
    """Asks to come back in half a minute, on every page that shows figures."""
    response = make_response(render_template("hotspots/not_yet.html"), 503)
    response.headers["Retry-After"] = RETRY_SECONDS
    return response


def _figures(period: int, kind: Kind) -> MapFigures:
    return actions.map_figures(services(), period=period, kind=kind, visitor=visitor())


def _small_maps(figures: MapFigures, shapes: Shapes, districts: tuple[str, ...]) -> list[SmallMap]:
    """Of every kind in the same weeks; kept by name, or the figures of all kinds would have to be.

    Args:
        figures: Of the chosen kind.
        shapes: Of the block layer.
        districts: Codes of the districts that are drawn.
    """
    number, found = figures.window.number, []
    for kind in actions.kinds_seen(services(), visitor=visitor()):
        key = (figures.snapshot.fingerprint, shapes.key, number, kind, visitor().role, districts)
        if key not in _kept_small:
            if len(_kept_small) >= SMALL_MAPS_KEPT:
                _kept_small.clear()
            _kept_small[key] = small_map(_figures(number, kind), shapes, districts)
        found.append(_kept_small.get(key) or small_map(_figures(number, kind), shapes, districts))
    return found


_kept_small: dict[tuple[object, ...], SmallMap] = {}


@lru_cache(maxsize=16)
def _districts(figures: MapFigures, shapes: Shapes) -> tuple[str, ...]:
    inside = {row.block.district_code for row in figures.rows}
    return tuple(sorted(inside & shapes.codes_of.keys()))


@lru_cache(maxsize=16)
def _district_names(figures: MapFigures) -> tuple[tuple[str, str], ...]:
    named = {(row.block.district, row.block.district_code) for row in figures.rows}
    return tuple((code, name) for name, code in sorted(named))


@lru_cache(maxsize=32)
def _in_order(figures: MapFigures, sort: str, *, downwards: bool) -> tuple[BlockFigure, ...]:
    return tuple(sorted(figures.rows, key=SORTS[sort], reverse=downwards))


def _ordered(
    figures: MapFigures, wanted: Filter, sort: str, *, downwards: bool
) -> tuple[BlockFigure, ...]:
    """The wanted rows in the order asked for; whole orders are kept, what was typed is not."""
    whole = _in_order(figures, sort, downwards=downwards)
    if wanted.is_empty:
        return whole
    reached = reached_lately(figures)
    return tuple(row for row in whole if wanted.wants(row, reached=reached))


def _lines(figures: MapFigures, rows: tuple[BlockFigure, ...]) -> list[Line]:
    """Rows in words."""
    reached = reached_lately(figures)
    page = url_for("alerting.show_block", code="CODE", soort=figures.kind.value)
    return [
        Line(
            code=row.block.code,
            name=block_name(row.block.code),
            page=page.replace("CODE", quote(row.block.code)),
            area=f"{row.block.district}, {row.block.neighbourhood}",
            dwellings=row.block.dwellings,
            reporters=reporters(row.reporters),
            reporters_low=row.reporters.low,
            rate=per_thousand(row.rate),
            rate_low=round(row.rate.low, 1) if row.rate else 0.0,
            level=level_short(row.level),
            rank=row.level.rank,
            sign=sign_of(row, reached=reached),
        )
        for row in rows
    ]
