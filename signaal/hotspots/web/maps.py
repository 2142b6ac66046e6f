"""The map of the blocks, and beside it the same figures as a table."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache
from urllib.parse import quote

import numpy as np
from flask import Response, make_response, render_template, request, url_for

from signaal.access.model import Purpose
from signaal.errors import NoSnapshot
from signaal.hotspots import actions
from signaal.hotspots.actions import MapFigures, Names, Rows
from signaal.hotspots.map import Shapes
from signaal.hotspots.model import LOOKERS, MOST_ROWS_OUT, Level
from signaal.hotspots.numbers.counts import IntArray
from signaal.hotspots.web.choosing import Filter, asked_for, wanted_rows
from signaal.hotspots.web.colours import COLOURS
from signaal.hotspots.web.door import blueprint
from signaal.hotspots.web.shapes import outlines_key
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

SORTS: dict[str, Callable[[Rows], IntArray]] = {
    "aandacht": lambda rows: rows.by_attention(),
    "blok": lambda rows: rows.by(),
    "wijk": lambda rows: rows.by(rows.names.area[rows.at]),
    "woningen": lambda rows: rows.by(rows.names.dwellings[rows.at]),
    "melders": lambda rows: rows.by(rows.low),
    "cijfer": lambda rows: rows.by(np.nan_to_num(rows.rate_low)),
    "vergelijking": lambda rows: rows.by(rows.level),
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
    districts = _districts(figures.rows.names, shapes)
    return make_response(
        render_template(
            "hotspots/map.html",
            figures=figures,
            shapes=shapes,
            outlines_key=outlines_key(),
            ground=actions.ground(services()),
            rows=_lines(figures, figures.rows.some(ordered[first : first + rows])),
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
            districts=figures.rows.names.districts,
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
def _districts(names: Names, shapes: Shapes) -> tuple[str, ...]:
    codes, _place = names.district
    return tuple(code for code in codes if code in shapes.codes_of)


def _ordered(figures: MapFigures, wanted: Filter, sort: str, *, downwards: bool) -> IntArray:
    """The numbers of the wanted rows in the order asked for."""
    order = SORTS[sort](figures.rows)[:: -1 if downwards else 1]
    if wanted.is_empty:
        return order
    chosen = np.zeros(len(figures.rows), dtype=np.bool_)
    chosen[wanted.of(figures)] = True
    return order[chosen[order]]


def _lines(figures: MapFigures, rows: Rows) -> list[Line]:
    """Rows in words; what many rows say is put into words once."""
    reached = reached_lately(figures)
    counted, rated, compared = cache(reporters), cache(per_thousand), cache(level_short)
    page = url_for("alerting.show_block", code="CODE", soort=figures.kind.value)
    return [
        Line(
            code=row.block.code,
            name=block_name(row.block.code),
            page=page.replace("CODE", quote(row.block.code)),
            area=f"{row.block.district}, {row.block.neighbourhood}",
            dwellings=row.block.dwellings,
            reporters=counted(row.reporters),
            reporters_low=row.reporters.low,
            rate=rated(row.rate),
            rate_low=round(row.rate.low, 1) if row.rate else 0.0,
            level=compared(row.level),
            rank=row.level.rank,
            sign=sign_of(row, reached=reached),
        )
        for row in rows
    ]
