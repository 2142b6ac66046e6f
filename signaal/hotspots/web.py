"""The map of the blocks, and beside it the same figures as a table."""

import gzip
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from hashlib import sha256
from typing import Any

from flask import Blueprint, Response, abort, make_response, render_template, request, url_for
from flask import send_from_directory as send_file_of
from flask_babel import format_date, format_decimal, get_locale
from flask_babel import gettext as _

from signaal.access.model import Purpose
from signaal.errors import NoSnapshot, NotAllowed
from signaal.hotspots import actions
from signaal.hotspots.map import Shapes, collection, feature
from signaal.hotspots.model import (
    LOOKERS,
    WINDOWS,
    BlockFigure,
    Level,
    MapFigures,
    PeriodFigure,
    Rate,
    Shown,
    Window,
    kinds_for,
)
from signaal.intake.model import Kind
from signaal.web import EVERYONE, open_to, role, services

blueprint = Blueprint("hotspots", __name__)

YEAR_SECONDS = 365 * 24 * 3600
RETRY_SECONDS = "30"
MOST_ROWS = 1000
"""Rows of the table on one page."""
ROWS_ON_PAPER = 50
"""Rows of that page that are printed; the sheet hides the others."""
SMALL_RATE = 10
"""Per 1,000 dwellings: rates below this are said with one decimal."""

COLOURS = {
    Level.TOO_FEW: "#e9e5db",
    Level.LESS: "#f7fbfa",
    Level.LIKE_TOWN: "#d6e8e6",
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
@open_to(*LOOKERS, purpose=Purpose.EARLY_WARNING)
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
            kinds=kinds_for(role()),
            levels=list(Level),
            colours=COLOURS,
            chosen=request.args.get("blok", ""),
        )
    )


@blueprint.get("/kaart/blokken.json")
@open_to(*LOOKERS, purpose=Purpose.EARLY_WARNING)
def blocks() -> Response:
    """The shapes with the figures that this role may see, as GeoJSON."""
    figures, shapes = _figures(), actions.shapes(services())
    packed, tag = _packed(figures, shapes, str(get_locale()))
    small = request.accept_encodings.quality("gzip") > 0
    response = make_response(packed if small else gzip.decompress(packed))
    if small:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Content-Type"] = "application/geo+json"
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Vary"] = "Accept-Encoding, Cookie"
    response.set_etag(tag)
    response.make_conditional(request)
    return response


@blueprint.get("/static/leaflet/<path:name>")
@open_to(EVERYONE, purpose=Purpose.SHOW)
def leaflet_file(name: str) -> Response:
    """Leaflet's own files, from the package that brings them."""
    from xstatic.pkg import leaflet

    return send_file_of(leaflet.BASE_DIR, name, max_age=YEAR_SECONDS)


def _figures() -> MapFigures:
    kinds = kinds_for(role())
    asked = request.args.get("soort", kinds[0] if kinds else "")
    if asked not in {kind.value for kind in Kind}:
        abort(400)
    try:
        return actions.map_figures(services(), period=_period(), kind=Kind(asked), role=role())
    except NotAllowed:
        abort(403)


def _period() -> int:
    asked = request.args.get("periode", "0")
    if not re.fullmatch(r"\d{1,2}", asked, re.ASCII):
        abort(400)
    if int(asked) >= WINDOWS:
        abort(404)
    return int(asked)


@blueprint.app_errorhandler(NoSnapshot)
def not_yet(_missing: NoSnapshot) -> Response:
    """Asks to come back in half a minute, on every page that shows figures."""
    response = make_response(render_template("hotspots/not_yet.html"), 503)
    response.headers["Retry-After"] = RETRY_SECONDS
    return response


@lru_cache(maxsize=16)
def _packed(figures: MapFigures, shapes: Shapes, language: str) -> tuple[bytes, str]:
    """The GeoJSON, gzipped, and the tag by which a browser knows whether it has changed."""
    told = (
        feature(geometry, properties=_properties(row))
        for row in figures.rows
        if (geometry := shapes.geometries.get(row.block.code))
    )
    packed = gzip.compress(collection(told, neighbourhoods=shapes.neighbourhoods), mtime=0)
    return packed, sha256(packed + language.encode()).hexdigest()[:32]


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


# -- words for figures ----------------------------------------------------------------------


@blueprint.app_template_filter()
def kind_name(kind: Kind) -> str:
    """A kind of evidence in words."""
    names = {
        Kind.NUISANCE: _("Overlast"),
        Kind.CONCERN: _("Zorgen"),
        Kind.ARREARS: _("Huurachterstand"),
    }
    return str(names[kind])


@blueprint.app_template_filter()
def level_name(level: Level) -> str:
    """A comparison with the town in words."""
    names = {
        Level.TOO_FEW: _("te weinig meldingen om iets over te zeggen"),
        Level.LESS: _("minder dan de stad"),
        Level.LIKE_TOWN: _("geen duidelijk verschil met de stad"),
        Level.MORE: _("minstens 1,5 keer de stad"),
        Level.THREEFOLD: _("minstens 3 keer de stad"),
        Level.SIXFOLD: _("minstens 6 keer de stad"),
        Level.TWELVEFOLD: _("minstens 12 keer de stad"),
    }
    return str(names[level])


@blueprint.app_template_filter()
def level_short(level: Level) -> str:
    """A comparison with the town in a few words, for a narrow column."""
    names = {
        Level.TOO_FEW: _("te weinig meldingen"),
        Level.LESS: _("minder"),
        Level.LIKE_TOWN: _("geen duidelijk verschil"),
        Level.MORE: _("minstens 1,5 keer"),
        Level.THREEFOLD: _("minstens 3 keer"),
        Level.SIXFOLD: _("minstens 6 keer"),
        Level.TWELVEFOLD: _("minstens 12 keer"),
    }
    return str(names[level])


@blueprint.app_template_filter()
def block_name(code: str) -> str:
    """A block as people call it: by its postcode, where its code holds one."""
    parts = re.fullmatch(r"BU[0-9A-Z]{8}-(\d{4})([A-Z]{2})(?:-(\d+))?", code)
    if not parts:
        return code
    name = f"{parts[1]} {parts[2]}"
    return f"{name} ({parts[3]})" if parts[3] else name


@blueprint.app_template_filter()
def reporters(count: Shown) -> str:
    """A count of reporters as it may be seen."""
    if count.hidden and count.high is None:
        return str(_("niet getoond"))
    if count.hidden:
        return str(_("minder dan %(number)s", number=(count.high or 0) + 1))
    if count.is_exact:
        return str(count.low)
    if count.high is None:
        return str(_("%(number)s of meer", number=count.low))
    return f"{count.low}–{count.high}"


@blueprint.app_template_filter()
def top(count: Shown) -> int:
    """How high a bar may reach: to the upper end, or to the lower where there is no other."""
    return count.low if count.high is None else count.high


@blueprint.app_template_filter()
def per_thousand(rate: Rate | None) -> str:
    """A rate per 1,000 dwellings as it may be seen."""
    if rate is None:
        return "–"
    if rate.high is None:
        return str(_("%(number)s of meer", number=decimal(rate.low)))
    low, high = decimal(rate.low), decimal(rate.high)
    return low if low == high else f"{low}–{high}"


@blueprint.app_template_filter()
def decimal(number: float) -> str:
    """A number as people write it, with one decimal where it is small."""
    return str(format_decimal(round(number, 1 if number < SMALL_RATE else 0)))


@blueprint.app_template_filter()
def days(stretch: Window | PeriodFigure) -> str:
    """From when to when."""
    first, last = stretch.first_day, stretch.last_day
    same_year = first.year == last.year
    start = format_date(first, "d MMM" if same_year else "d MMM y")
    return str(_("%(first)s t/m %(last)s", first=start, last=format_date(last, "d MMM y")))


@blueprint.app_template_filter()
def day(moment: date) -> str:
    """One day, short."""
    return str(format_date(moment, "d MMM y"))


@blueprint.app_template_filter()
def town_words(rate: float) -> str:
    """The town's rate per 1,000 dwellings."""
    return decimal(rate) if rate > 0 else str(_("minder dan 1"))
