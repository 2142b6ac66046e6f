"""Addresses in the shapes of BAG: PDOK's bag-light GeoPackage and the CSV of NLExtract."""

import csv
import gzip
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from signaal.places.files.geopackage import NETHERLANDS, GeoPackage
from signaal.places.files.tally import Tally, as_number, as_text
from signaal.places.model import BAG_ID, HIGHEST_NUMBER, postcode_of

MOST_HERE = 2_000_000
"""Addresses within the bounds of the neighbourhoods: the largest regions have fewer."""
MOST_ROWS = 15_000_000
LARGEST_UNPACKED = 4 * 2**30
"""The whole country: some ten million rows of 150 bytes."""
MOST_TIMES_PACKED = 40
"""Packed addresses are some eight times smaller; hundreds of times is no list of addresses."""
UNSUSPECTED = 4 * 2**20
"""Bytes that are unpacked before that is looked at."""
LONGEST_LINE = 20_000
LONGEST_SUFFIX = 8
IN_USE = ("verblijfsobject in gebruik", "verbouwing verblijfsobject")
"""BAG status values of a dwelling that stands and may be lived in begin like this."""
DWELLING_KINDS = {"", "VBO", "VERBLIJFSOBJECT"}
HOME_USE = "woonfunctie"
YES = {"t", "true", "1", "j", "ja"}
FEW_SIGNIFICANT = re.compile(r"[0-9]{15}")
NOWHERE = ("no_location", "outside_the_netherlands")
Row = Mapping[str, Any]

# Our word: the names after `bare` in bag-light, in the WFS, and in NLExtract.
COLUMNS = {
    "id": ("identificatie", "objectid"),
    "status": ("status", "verblijfsobjectstatus"),
    "use": ("gebruiksdoel", "verblijfsobjectgebruiksdoel"),
    "street": ("openbareruimtenaam", "openbareruimte"),
    "number": ("huisnummer",),
    "letter": ("huisletter",),
    "addition": ("toevoeging", "huisnummertoevoeging"),
    "postcode": ("postcode",),
    "kind": ("objecttype",),
    "secondary": ("nevenadres",),
}
NEEDED = ("id", "street", "number", "postcode")


def addresses_in(
    path: Path, tally: Tally, *, bounds: Sequence[float], most: int = MOST_HERE
) -> dict[str, Any]:
    """The dwellings in use within the bounds, each once, as values in the order of `Dwelling`."""
    if path.name.lower().endswith((".csv", ".csv.gz")):
        rows = _from_csv(path, tally, bounds=bounds)
    else:
        rows = _from_geopackage(path, tally, bounds=bounds, most=most)
    found: dict[str, list[Any]] = {}
    for count, row in enumerate(rows, start=1):
        if count > most:
            raise _too_many(tally, most)
        dwelling = _dwelling(row, tally, bounds=bounds)
        if dwelling is None:
            continue
        tally.left_out["double"] += dwelling[0] in found
        found.setdefault(dwelling[0], dwelling)
    tally.refuse_junk()
    if not found:
        raise tally.nothing("woning", "dwelling")
    return {"dwellings": list(found.values())}


def _too_many(tally: Tally, most: int) -> Exception:
    return tally.wrong(
        f"meer dan {most} adressen in uw buurten. Laad eerst de buurten van één gemeente"
        " (--neighbourhoods met --municipality GM…): van dit bestand tellen dan alleen de adressen"
        " daar.",
        f"more than {most} addresses in your neighbourhoods. First load the neighbourhoods of one"
        " municipality (--neighbourhoods with --municipality GM…): then only the addresses there"
        " count.",
    )


def _from_geopackage(
    path: Path, tally: Tally, *, bounds: Sequence[float], most: int
) -> Iterator[Row]:
    import shapely

    package = GeoPackage(path, tally)
    layer = package.find("verblijfsobject(en)?")
    if layer is None:
        raise tally.wrong(
            f'geen laag "verblijfsobject" (wel: {package.names()}). Neem bag-light.gpkg van PDOK.',
            f'no layer "verblijfsobject" (there is: {package.names()}). Take bag-light.gpkg from'
            " PDOK.",
        )
    names = _names(layer.columns, tally, where=layer.table)
    wanted = [*names.values(), "rowid"]
    shapes, values = package.read(layer, wanted, most=most, bounds=bounds)
    points = shapely.get_type_id(shapes) == 0
    shapes[~points] = None
    for x, y, value in zip(shapely.get_x(shapes), shapely.get_y(shapes), values, strict=True):
        tally.rows += 1
        yield {**dict(zip((*names, "row"), value, strict=True)), "x": x, "y": y}


def _names(columns: Mapping[str, str], tally: Tally, *, where: str) -> dict[str, str | None]:
    """For each of our words the column of this file, None where it has none."""
    names = {
        word: next((columns[name] for name in known if name in columns), None)
        for word, known in COLUMNS.items()
    }
    missing = [COLUMNS[word][0] for word in NEEDED if names[word] is None]
    if missing:
        raise tally.wrong(
            f"in {where} ontbreken kolommen: {', '.join(missing)}. Neem het bestand zoals het is.",
            f"columns are missing in {where}: {', '.join(missing)}. Take the file as it is.",
        )
    tally.titles = {word: name for word, name in names.items() if name}
    return names


def _from_csv(path: Path, tally: Tally, *, bounds: Sequence[float]) -> Iterator[Row]:
    csv.field_size_limit(LONGEST_LINE)
    with path.open("rb") as raw:
        packed = path.name.lower().endswith(".gz")
        lines = _lines(gzip.GzipFile(fileobj=raw) if packed else raw, tally, raw=raw)
        header = next(lines, "")
        titles = [title.strip().lower() for title in next(csv.reader([header], delimiter=";"), [])]
        columns = {title.replace("_", ""): title for title in titles}
        if not {"x", "y"} <= columns.keys():
            raise tally.wrong(
                "de kolommen x en y (EPSG:28992) ontbreken in de eerste regel. Neem het"
                " adressenbestand van NLExtract, met ; als scheidingsteken.",
                "the columns x and y (EPSG:28992) are missing in the first line. Take the address"
                " file of NLExtract, separated by ;.",
            )
        names = {**_names(columns, tally, where="regel 1"), "x": "x", "y": "y"}
        place = {word: titles.index(name) for word, name in names.items() if name}
        reader = csv.reader(lines, delimiter=";")
        for cells in filter(None, reader):
            tally.rows += 1
            if len(cells) != len(titles):
                tally.left_out["unreadable_row"] += 1
                tally.broken_rows.note(f"{titles[0]} … {titles[-1]}", row=reader.line_num + 1)
            elif _elsewhere(cells[place["x"]], cells[place["y"]], bounds):
                tally.left_out["elsewhere"] += 1
            else:
                given: dict[str, Any] = {word: cells[index] for word, index in place.items()}
                yield {**given, "row": reader.line_num + 1}


def _elsewhere(x: str, y: str, bounds: Sequence[float]) -> bool:
    """A quick look first: the file of the whole country holds ten million rows."""
    try:
        east, north = float(x), float(y)
    except ValueError:
        return False
    return _within(east, north, NETHERLANDS) and not _within(east, north, bounds)


def _lines(file: IO[bytes] | gzip.GzipFile, tally: Tally, *, raw: IO[bytes]) -> Iterator[str]:
    """Lines of text, as long as they and the whole stay within what is reasonable."""
    size = 0
    for count, start in enumerate(iter(lambda: file.readline(LONGEST_LINE), b"")):
        size += len(start)
        if len(start) == LONGEST_LINE or size > LARGEST_UNPACKED or count > MOST_ROWS:
            raise tally.wrong(
                "een regel of het hele bestand is te lang, langer dan dat van heel Nederland. Haal"
                " het opnieuw op bij NLExtract, of neem bag-light.gpkg van PDOK.",
                "a line or the whole file is too long, longer than that of the whole country. Fetch"
                " it again from NLExtract, or take bag-light.gpkg from PDOK.",
            )
        if size > UNSUSPECTED and size > MOST_TIMES_PACKED * raw.tell():
            raise tally.wrong(
                f"uitgepakt is dit bestand meer dan {MOST_TIMES_PACKED} keer zo groot: dat is geen"
                " lijst van adressen. Haal het opnieuw op bij NLExtract.",
                f"unpacked, this file is more than {MOST_TIMES_PACKED} times as large: that is no"
                " list of addresses. Fetch it again from NLExtract.",
            )
        yield start.decode("utf-8-sig" if count == 0 else "utf-8")


def _dwelling(row: Row, tally: Tally, *, bounds: Sequence[float]) -> list[Any] | None:
    """The values of one dwelling, or None with the reason counted."""
    reason, fault = _why_not(row, bounds=bounds)
    postcode = postcode_of(as_text(row["postcode"])) or ""
    if reason in NOWHERE:
        tally.broken_rows.note("x, y", row=row["row"])
    elif fault or not (reason or postcode):
        tally.broken_homes.note(tally.titles[fault or "postcode"], row=row["row"])
    if reason:
        tally.left_out[reason] += 1
        tally.homes += bool(fault)
        return None
    tally.homes += 1
    tally.mended["unusable_postcode"] += not postcode and bool(as_text(row["postcode"]))
    written = as_text(row["id"])
    tally.mended["id_without_leading_zero"] += len(written) < len(_id(written))
    return [
        _id(written),
        postcode,
        int(as_number(row["number"]) or 0),
        as_text(row.get("letter")),
        as_text(row.get("addition")),
        as_text(row["street"]),
        float(row["x"]),
        float(row["y"]),
    ]


def _why_not(row: Row, *, bounds: Sequence[float]) -> tuple[str, str]:
    """Why this row is no dwelling that we can use, and our word for the column at fault."""
    status, use = as_text(row.get("status")).lower(), as_text(row.get("use")).lower()
    if status and not status.startswith(IN_USE):
        return "not_in_use", ""
    if as_text(row.get("kind")).upper() not in DWELLING_KINDS or (use and HOME_USE not in use):
        return "not_a_dwelling", ""
    if as_text(row.get("secondary")).lower() in YES:
        return "secondary_address", ""
    if not BAG_ID.fullmatch(_id(as_text(row["id"]))):
        return "unusable_id", "id"
    fault = _unusable_part(row)
    return ("unusable_address", fault) if fault else (_nowhere(row, bounds=bounds), "")


def _unusable_part(row: Row) -> str:
    """Our word for the part of the address that can't be used; "" where all can."""
    number = as_number(row["number"]) or 0
    if not as_text(row["street"]):
        return "street"
    if not 0 < number <= HIGHEST_NUMBER or number != int(number):
        return "number"
    long = (word for word in ("letter", "addition") if len(as_text(row.get(word))) > LONGEST_SUFFIX)
    return next(long, "")


def _nowhere(row: Row, *, bounds: Sequence[float]) -> str:
    x, y = as_number(row["x"]), as_number(row["y"])
    if x is None or y is None:
        return "no_location"
    if not _within(x, y, NETHERLANDS):
        return "outside_the_netherlands"
    return "" if _within(x, y, bounds) else "elsewhere"


def _within(x: float, y: float, bounds: Sequence[float]) -> bool:
    west, south, east, north = bounds
    return west <= x <= east and south <= y <= north


def _id(written: str) -> str:
    """A BAG id with the leading zero that spreadsheets take away."""
    return f"0{written}" if FEW_SIGNIFICANT.fullmatch(written) else written
