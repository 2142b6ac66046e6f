"""The table of the map as a file, with the same figures as on the screen."""

from collections.abc import Callable, Iterator
from functools import cache

from flask import Response, make_response
from flask_babel import gettext as _

from signaal.access.model import Purpose
from signaal.hotspots import actions
from signaal.hotspots.actions import MapFigures
from signaal.hotspots.export import Cell, Table, as_csv, as_xlsx
from signaal.hotspots.model import LOOKERS, FileKind
from signaal.hotspots.web.choosing import asked_for, wanted_rows
from signaal.hotspots.web.door import blueprint
from signaal.hotspots.web.package import as_package
from signaal.hotspots.web.signs import reached_lately, sign_name, sign_of
from signaal.hotspots.web.words import (
    block_name,
    days,
    kind_name,
    level_name,
    per_thousand,
    reporters,
)
from signaal.web import Within, open_to, services, visitor

WRITERS: dict[FileKind, tuple[Callable[[Table], bytes], str]] = {
    FileKind.CSV: (as_csv, "text/csv; charset=utf-8"),
    FileKind.XLSX: (
        as_xlsx,
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ),
}
GEOPACKAGE = "application/geopackage+sqlite3"


@blueprint.get("/kaart/tabel.csv")
@open_to(*LOOKERS, purpose=Purpose.EARLY_WARNING, within=Within.DISTRICT)
def table_as_csv() -> Response:
    """The table as text with semicolons."""
    return _file(FileKind.CSV)


@blueprint.get("/kaart/tabel.xlsx")
@open_to(*LOOKERS, purpose=Purpose.EARLY_WARNING, within=Within.DISTRICT)
def table_as_xlsx() -> Response:
    """The table as an Excel workbook."""
    return _file(FileKind.XLSX)


@blueprint.get("/kaart/blokken.gpkg")
@open_to(*LOOKERS, purpose=Purpose.EARLY_WARNING, within=Within.DISTRICT)
def map_as_geopackage() -> Response:
    """The blocks with the figures of the table, as QGIS opens them."""
    figures = _taken(FileKind.GPKG)
    return _sent(as_package(services(), figures), figures, FileKind.GPKG, mimetype=GEOPACKAGE)


def _file(shape: FileKind) -> Response:
    figures = _taken(shape)
    write, mimetype = WRITERS[shape]
    return _sent(write(_table(figures)), figures, shape, mimetype=mimetype)


def _taken(shape: FileKind) -> MapFigures:
    period, kind = asked_for()
    return actions.take_away(
        services(),
        period=period,
        kind=kind,
        visitor=visitor(),
        purpose=Purpose.EARLY_WARNING,
        file=shape,
        choose=wanted_rows().of,
    )


def _sent(content: bytes, figures: MapFigures, shape: FileKind, *, mimetype: str) -> Response:
    response = make_response(content)
    name = f"signaal-{figures.kind.value}-{figures.window.first_day:%Y-%m-%d}.{shape.value}"
    response.headers["Content-Type"] = mimetype
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    return response


def _table(figures: MapFigures) -> Table:
    return Table(
        title=kind_name(figures.kind),
        headings=(
            _("Blok"),
            _("Blokcode"),
            _("Buurt"),
            _("Buurtcode"),
            _("Wijk"),
            _("Wijkcode"),
            _("Woningen"),
            _("Soort melding"),
            _("Periode"),
            _("Melders"),
            _("Melders, minstens"),
            _("Melders, hoogstens"),
            _("Per 1.000 woningen"),
            _("Vergeleken met de stad"),
            _("Verloop"),
        ),
        rows=list(_rows(figures)),
    )


def _rows(figures: MapFigures) -> Iterator[tuple[Cell, ...]]:
    """Rows in words; what many rows say is put into words once."""
    reached, kind, when = reached_lately(figures), kind_name(figures.kind), days(figures.window)
    counted, rated, compared = cache(reporters), cache(per_thousand), cache(level_name)
    signed = cache(sign_name)
    for row in figures.rows:
        block = row.block
        yield (
            block_name(block.code),
            block.code,
            block.neighbourhood,
            block.neighbourhood_code,
            block.district,
            block.district_code,
            block.dwellings,
            kind,
            when,
            counted(row.reporters),
            row.reporters.low,
            row.reporters.high,
            rated(row.rate),
            compared(row.level),
            signed(sign_of(row, reached=reached)) or None,
        )
