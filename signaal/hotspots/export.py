"""Tables as files that a spreadsheet opens, in which nothing is ever taken for a formula."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

Cell = str | int | float | None

STARTS_A_FORMULA = frozenset("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
"""At the start of a cell; the last four are the wide forms of the first four (OWASP, "CSV
Injection")."""
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
"""What a spreadsheet file can't hold."""
SEPARATOR = ";"
"""As spreadsheets in Dutch expect it."""
WIDEST = 60
"""Characters of the widest column."""


@dataclass(frozen=True)
class Table:
    """A table as it is taken away.

    Attributes:
        title: What is in it; the name of the sheet.
        headings: One for each column.
        rows: Words and numbers; None for an empty cell.
    """

    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[Cell]]


def harmless(cell: Cell) -> Cell:
    """A cell that no spreadsheet takes for a formula: a leading apostrophe makes it words."""
    if not isinstance(cell, str):
        return cell
    words = _UNPRINTABLE.sub("", cell)
    begins = words[:1] in STARTS_A_FORMULA or words.lstrip()[:1] in STARTS_A_FORMULA
    return f"'{words}" if words and begins else words


def as_csv(table: Table) -> bytes:
    """The table as text with semicolons, UTF-8 with a mark by which spreadsheets know it."""
    whole = io.StringIO(newline="")
    csv.writer(whole, delimiter=SEPARATOR, lineterminator="\r\n").writerows(_lines(table))
    return whole.getvalue().encode("utf-8-sig")


def as_xlsx(table: Table) -> bytes:
    """The table as an Excel workbook with one sheet."""
    from openpyxl import Workbook
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    book = Workbook()
    sheet: Any = book.active
    sheet.title = re.sub(r"[\[\]:*?/\\']", " ", table.title)[:31]
    for line in _lines(table):
        sheet.append(list(line))
    for column, cells in enumerate(zip(*_lines(table), strict=True), start=1):
        width = max(len(str(cell)) for cell in cells if cell is not None)
        sheet.column_dimensions[get_column_letter(column)].width = min(width + 2, WIDEST)
        sheet.cell(row=1, column=column).font = Font(bold=True)
    sheet.freeze_panes = "A2"
    whole = io.BytesIO()
    book.save(whole)
    return whole.getvalue()


def _lines(table: Table) -> Iterable[tuple[Cell, ...]]:
    return (tuple(harmless(cell) for cell in line) for line in (table.headings, *table.rows))
