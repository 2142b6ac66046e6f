"""The table of the map as a file, with the same figures as on the screen."""

from collections.abc import Callable

from flask import Response, make_response
from flask_babel import gettext as _

from signaal.access.model import Purpose
from signaal.hotspots import actions
from signaal.hotspots.export import Cell, Table, as_csv, as_xlsx
from signaal.hotspots.model import LOOKERS, BlockFigure, FileKind, MapFigures
from signaal.hotspots.web.door import blueprint
from signaal.hotspots.web.maps import asked_for
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


def _file(shape: FileKind) -> Response:
    period, kind = asked_for()
    figures = actions.take_away(
        services(),
        period=period,
        kind=kind,
        visitor=visitor(),
        purpose=Purpose.EARLY_WARNING,
        file=shape,
    )
    write, mimetype = WRITERS[shape]
    response = make_response(write(_table(figures)))
    name = f"signaal-{kind.value}-{figures.window.first_day:%Y-%m-%d}.{shape.value}"
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
        ),
        rows=[_row(figures, row) for row in figures.rows],
    )


def _row(figures: MapFigures, row: BlockFigure) -> tuple[Cell, ...]:
    block = row.block
    return (
        block_name(block.code),
        block.code,
        block.neighbourhood,
        block.neighbourhood_code,
        block.district,
        block.district_code,
        block.dwellings,
        kind_name(figures.kind),
        days(figures.window),
        reporters(row.reporters),
        row.reporters.low,
        row.reporters.high,
        per_thousand(row.rate),
        level_name(row.level),
    )
