"""What can be taken from the map as a file: every count in it, by the code of its block."""

import csv
import io
import json
import re
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from html import unescape
from zipfile import ZipFile

Order = Mapping[str, Sequence[str]]
"""The codes of the blocks of each district, as the shapes of the map have them."""


def told_in(name: str, told: bytes, *, order: Order) -> dict[str, str]:
    """The count of each block in the words of the file.

    Args:
        name: Of the file, as the address has it.
        told: Its content, unpacked.
        order: In which order the blocks are drawn.
    """
    return FILES[name](told, order)


def in_columns(told: bytes, order: Order) -> list[dict[str, object]]:
    """The file of the map's columns as one row for each block, in words."""
    whole = json.loads(told)
    rows = []
    for district, columns in whole["districts"].items():
        for place, code in enumerate(order[district]):
            rows.append(
                {
                    "code": code,
                    "count": whole["counts"][columns["count"][place]],
                    "rate": whole["rates"][columns["rate"][place]],
                    "level": whole["levels"][int(columns["level"][place])],
                    "sign": whole["signs"][int(columns["sign"][place])]["words"],
                }
            )
    return rows


def in_sheet(told: bytes) -> list[list[str]]:
    """The cells of a workbook's only sheet; openpyxl takes twenty times as long."""
    with ZipFile(io.BytesIO(told)) as book:
        texts = _texts(book.read("xl/sharedStrings.xml").decode()) if _shared(book) else []
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    return [
        [_cell(kind, inner, texts) for kind, inner in _CELL.findall(row)]
        for row in re.findall(r"<row .*?</row>", sheet, re.DOTALL)
    ]


_CELL = re.compile(r'<c r="\w+"(?:[^>]*? t="(\w+)")?[^>]*?(?:/>|>(.*?)</c>)', re.DOTALL)


def _shared(book: ZipFile) -> bool:
    return "xl/sharedStrings.xml" in book.namelist()


def _texts(shared: str) -> list[str]:
    return [_plain(each) for each in re.findall(r"<si>(.*?)</si>", shared, re.DOTALL)]


def _plain(markup: str) -> str:
    return unescape(re.sub(r"<[^>]+>", "", markup))


def _cell(kind: str, inner: str, texts: Sequence[str]) -> str:
    return texts[int(_plain(inner))] if kind == "s" else _plain(inner)


def in_package(told: bytes) -> list[dict[str, object]]:
    """The rows of the only layer, without the shapes."""
    with closing(sqlite3.connect(":memory:")) as file:
        file.deserialize(told)
        rows = file.execute("SELECT * FROM blokken ORDER BY fid")
        names = [each[0] for each in rows.description]
        return [
            {name: value for name, value in zip(names, row, strict=True) if name != "geom"}
            for row in rows
        ]


def in_lines(told: bytes) -> list[dict[str, str]]:
    """The lines of the table as text."""
    return list(csv.DictReader(io.StringIO(told.decode("utf-8-sig")), delimiter=";"))


def _drawn(told: bytes, _order: Order) -> dict[str, str]:
    about = [each["properties"] for each in json.loads(told)["features"]]
    return {each["code"]: each["lines"][2].removesuffix(" melders") for each in about}


def _columns(told: bytes, order: Order) -> dict[str, str]:
    rows = in_columns(told, order)
    return {str(row["code"]): str(row["count"]).removesuffix(" melders") for row in rows}


def _lines(told: bytes, _order: Order) -> dict[str, str]:
    return {line["Blokcode"]: line["Melders"] for line in in_lines(told)}


def _sheet(told: bytes, _order: Order) -> dict[str, str]:
    heads, *lines = in_sheet(told)
    code, count = heads.index("Blokcode"), heads.index("Melders")
    return {line[code]: line[count] for line in lines}


def _package(told: bytes, _order: Order) -> dict[str, str]:
    return {str(row["blokcode"]): str(row["melders"]) for row in in_package(told)}


FILES: dict[str, Callable[[bytes, Order], dict[str, str]]] = {
    "blokken.json": _drawn,
    "cijfers.json": _columns,
    "tabel.csv": _lines,
    "tabel.xlsx": _sheet,
    "blokken.gpkg": _package,
}
"""All files with figures of blocks, and how each is read."""
SLOW = ("tabel.xlsx", "blokken.gpkg")
"""What takes Signaal long to write."""
UNSTEADY = ("tabel.xlsx",)
"""What holds the moment of its making, so that its bytes are never the same."""
