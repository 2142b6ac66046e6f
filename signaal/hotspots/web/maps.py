"""The map of the blocks, and beside it the same figures as a table."""

import gzip
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from flask import Response, abort, make_response, render_template, request, url_for
from flask import send_from_directory as send_file_of
from flask_babel import get_locale
from flask_babel import gettext as _

from signaal.access.model import Purpose
from signaal.errors import NoSnapshot
from signaal.hotspots import actions
from signaal.hotspots.map import Shapes, collection, feature
from signaal.hotspots.model import (
    LOOKERS,
    MOST_ROWS_OUT,
    WINDOWS,
    BlockFigure,
    Level,
    MapFigures,
)
from signaal.hotspots.web.door import blueprint
from signaal.hotspots.web.words import block_name, level_name, level_short, per_thousand, reporters
from signaal.intake.model import Kind
from signaal.web import EVERYONE, Within, open_to, services, visitor

YEAR_SECONDS = 365 * 24 * 3600
RETRY_SECONDS = "30"
MOST_ROWS = 1000
"""Rows of the table on one page."""
ROWS_ON_PAPER = 50
"""Rows of that page that are printed; the sheet hides the others."""

COLOURS = {
    Level.TOO_FEW: "#e9e5db",
    Level.NO_DIFFERENCE: "#f7f5ef",
    Level.MORE: "#a5d0cc",
    Level.THREEFOLD: "#6db2ae",
    Level.SIXFOLD: "#3a8c8b",
    Level.TWELVEFOLD: "#0f5f66",
}
"""One hue from light to dark, which asks for no colour vision; grey where nothing can be said."""

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


# -- pages ----------------------------------------------------------------------------------


@blueprint.get("/kaart")
@open_to(*LOOKERS, purpose=Purpose.EARLY_WARNING, within=Within.DISTRICT)
def show_map() -> Response:
    """The map and the table."""
    figures, shapes = _figures(), actions.shapes(services())
    asked = request.args.get("sort", "")
    sort = asked if asked in SORTS else "aandacht"
    downwards = request.args.get("volgorde", "") == "af"
    ordered = _ordered(figures, sort, downwards=downwards, language=str(get_locale()))
    pages = max(1, -(-len(ordered) // MOST_ROWS))
    page = min(max(1, request.args.get("pagina", 1, type=int)), pages)
    first = (page - 1) * MOST_ROWS
    return make_response(
        render_template(
            "hotspots/map.html",
            figures=figures,
            shapes=shapes,
            rows=ordered[first : first + MOST_ROWS],
            page=page,
            pages=pages,
            blocks=len(ordered),
            on_paper=ROWS_ON_PAPER,
            sort=sort,
            downwards=downwards,
            kinds=actions.kinds_seen(services(), visitor=visitor()),
            most_rows_out=MOST_ROWS_OUT,
            levels=list(Level),
            colours=COLOURS,
            chosen=request.args.get("blok", ""),
        )
    )


@blueprint.get("/kaart/blokken.json")
@open_to(*LOOKERS, purpose=Purpose.EARLY_WARNING, within=Within.DISTRICT)
def blocks() -> Response:
    """The shapes with the figures that this role may see, as GeoJSON."""
    figures, shapes = _figures(), actions.shapes(services())
    packed = _packed(figures, shapes, str(get_locale()))
    small = request.accept_encodings.quality("gzip") > 0
    response = make_response(packed if small else gzip.decompress(packed))
    if small:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Content-Type"] = "application/geo+json"
    response.headers["Vary"] = "Accept-Encoding"
    return response


@blueprint.get("/static/leaflet/<path:name>")
@open_to(EVERYONE, purpose=Purpose.SHOW)
def leaflet_file(name: str) -> Response:
    """Leaflet's own files, from the package that brings them."""
    from xstatic.pkg import leaflet

    return send_file_of(leaflet.BASE_DIR, name, max_age=YEAR_SECONDS)


def _figures() -> MapFigures:
    period, kind = asked_for()
    return actions.map_figures(services(), period=period, kind=kind, visitor=visitor())


def asked_for() -> tuple[int, Kind]:
    """Which four weeks and which kind this request asks for."""
    period = request.args.get("periode", "0")
    kinds = actions.kinds_seen(services(), visitor=visitor())
    kind = request.args.get("soort", kinds[0] if kinds else "")
    if kind not in {each.value for each in Kind} or not re.fullmatch(r"[0-9]{1,2}", period):
        abort(400)
    if int(period) >= WINDOWS:
        abort(404)
    return int(period), Kind(kind)


@blueprint.app_errorhandler(NoSnapshot)
def not_yet(_missing: NoSnapshot) -> Response:
    """Asks to come back in half a minute, on every page that shows figures."""
    response = make_response(render_template("hotspots/not_yet.html"), 503)
    response.headers["Retry-After"] = RETRY_SECONDS
    return response


@lru_cache(maxsize=16)
def _packed(figures: MapFigures, shapes: Shapes, _language: str) -> bytes:
    """The GeoJSON, gzipped; made once for each snapshot, view and language."""
    told = (
        feature(geometry, properties=_properties(row))
        for row in figures.rows
        if (geometry := shapes.geometries.get(row.block.code))
    )
    return gzip.compress(collection(told, neighbourhoods=shapes.neighbourhoods), mtime=0)


def _properties(row: BlockFigure) -> dict[str, object]:
    return {
        "code": row.block.code,
        "name": block_name(row.block.code),
        "colour": COLOURS[row.level],
        "out": row.level.stands_out,
        "lines": [
            f"{row.block.district}, {row.block.neighbourhood}",
            _("%(count)s woningen", count=row.block.dwellings),
            _("%(count)s melders", count=reporters(row.reporters)),
            level_name(row.level),
        ],
    }


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


@lru_cache(maxsize=64)
def _ordered(figures: MapFigures, sort: str, *, downwards: bool, language: str) -> tuple[Line, ...]:
    """The rows in the order asked for; put in words once for each snapshot and language."""
    lines = dict(zip(figures.rows, _lines(figures, language), strict=True))
    return tuple(lines[row] for row in sorted(figures.rows, key=SORTS[sort], reverse=downwards))


@lru_cache(maxsize=16)
def _lines(figures: MapFigures, _language: str) -> tuple[Line, ...]:
    return tuple(
        Line(
            code=row.block.code,
            name=block_name(row.block.code),
            page=url_for("alerting.show_block", code=row.block.code, soort=figures.kind.value),
            area=f"{row.block.district}, {row.block.neighbourhood}",
            dwellings=row.block.dwellings,
            reporters=reporters(row.reporters),
            reporters_low=row.reporters.low,
            rate=per_thousand(row.rate),
            rate_low=round(row.rate.low, 1) if row.rate else 0.0,
            level=level_short(row.level),
            rank=row.level.rank,
        )
        for row in figures.rows
    )
