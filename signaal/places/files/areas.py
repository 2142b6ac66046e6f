"""Areas in the shape of CBS, and the municipality's own blocks."""

import base64
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from signaal.places.files.geopackage import GeoPackage, Layer
from signaal.places.files.tally import Tally, as_number, as_text
from signaal.places.model import area_code

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_AREAS = 20_000
"""The country has some 14,500 neighbourhoods."""
MOST_BLOCKS = 100_000
BLOCK_CODE = re.compile(r"[A-Za-z0-9._-]{1,40}")
OVERLAP_METRES = 10.0
"""Square metres by which two drawn blocks may overlap: drawing errors, not another block."""
# Names after `bare`: both spellings of CBS, and those of the area divisions.
CODE = {
    "buurt": ("buurtcode", "bucode", "statcode"),
    "wijk": ("wijkcode", "wkcode", "statcode"),
    "gemeente": ("gemeentecode", "gmcode", "statcode"),
}
NAME = {
    "buurt": ("buurtnaam", "bunaam", "statnaam"),
    "wijk": ("wijknaam", "wknaam", "statnaam"),
    "gemeente": ("gemeentenaam", "gmnaam", "statnaam"),
}
KIND = {"buurt": "BU", "wijk": "WK", "gemeente": "GM"}
LAYER = {
    "buurt": r"buurt(en)?(_gegeneraliseerd)?",
    "wijk": r"wijk(en)?(_gegeneraliseerd)?",
    "gemeente": r"gemeente(n)?(_gegeneraliseerd)?",
}
Row = Mapping[str, Any]


def areas_in(path: Path, tally: Tally) -> dict[str, Any]:
    """Neighbourhoods, with the districts and municipalities that they are part of."""
    package = GeoPackage(path, tally)
    if package.find(LAYER["buurt"]) is None:
        raise tally.wrong(
            f'geen laag "buurten" (wel: {package.names()}). Neem het CBS-bestand wijken en'
            " buurten.",
            f'no layer "buurten" (there is: {package.names()}). Take the CBS file of districts and'
            " neighbourhoods.",
        )
    rows = {kind: _rows(package, kind, tally) for kind in KIND}
    areas = _neighbourhoods(rows["buurt"], tally)
    if not areas:
        raise tally.nothing("buurt", "neighbourhood")
    districts = _parents(
        {area["parent"] for area in areas}, rows["wijk"], upper=lambda code: f"GM{code[2:6]}"
    )
    named = rows["gemeente"] or [
        {"code": row["gemeente"], "name": row["gemeentenaam"]} for row in rows["buurt"]
    ]
    towns = _parents({area["parent"] for area in districts}, named, upper=lambda _: "")
    return {"neighbourhoods": areas, "districts": districts, "municipalities": towns}


def _rows(package: GeoPackage, kind: str, tally: Tally) -> list[dict[str, Any]]:
    """The rows on land of one layer, with a proper code; none where there is no such layer."""
    layer = package.find(LAYER[kind])
    if layer is None:
        return []
    columns = _columns(layer, kind, tally)
    shapes, values = package.read(layer, list(columns.values()), most=MOST_AREAS)
    rows = []
    for shape, value in zip(shapes, values, strict=True):
        row = dict(zip(columns, value, strict=True))
        code = area_code(row["code"], KIND[kind])
        if code is None:
            tally.left_out[f"{kind}_without_code"] += 1
        elif as_text(row["water"]).upper() not in {"", "NEE"}:
            tally.left_out["water"] += 1
        else:
            rows.append({**row, "code": code, "name": as_text(row["name"]) or code, "shape": shape})
    return rows


def _columns(layer: Layer, kind: str, tally: Tally) -> dict[str, str | None]:
    code = layer.column(*CODE[kind])
    if code is None:
        raise tally.wrong(
            f'laag {layer.table} heeft geen kolom "{kind}code". Neem het CBS-bestand zoals het is.',
            f'layer {layer.table} has no column "{kind}code". Take the CBS file as it is.',
        )
    return {
        "code": code,
        "name": layer.column(*NAME[kind]),
        "wijk": layer.column("wijkcode", "wkcode") if kind == "buurt" else None,
        "gemeente": layer.column("gemeentecode", "gmcode"),
        "gemeentenaam": layer.column("gemeentenaam", "gmnaam"),
        "water": layer.column("water", "h2o"),
        "inhabitants": layer.column("aantalinwoners"),
        "year": layer.column("jaar"),
    }


def _neighbourhoods(rows: Sequence[Row], tally: Tally) -> list[dict[str, Any]]:
    import shapely

    pieces: defaultdict[str, list[Any]] = defaultdict(list)
    first: dict[str, Row] = {}
    for row, shape in zip(rows, polygons([row["shape"] for row in rows], tally), strict=True):
        if shape is None:
            tally.left_out["empty_geometry"] += 1
            continue
        tally.mended["joined_rows"] += row["code"] in first
        first.setdefault(row["code"], row)
        pieces[row["code"]].append(shape)
    return [
        {
            "code": code,
            "name": first[code]["name"],
            "parent": area_code(first[code]["wijk"], "WK") or f"WK{code[2:8]}",
            "inhabitants": tally.count_of(first[code]["inhabitants"]),
            "year": _year(first[code]["year"]),
            "wkb": packed(shapely.union_all(pieces[code])),
        }
        for code in sorted(pieces)
    ]


def _parents(codes: set[str], rows: Sequence[Row], *, upper: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - one rule
    """The areas with these codes; those that the file doesn't name go by their code."""
    names = {str(row["code"] or "").strip().upper(): as_text(row["name"]) for row in reversed(rows)}
    return [
        {"code": code, "name": names.get(code) or code, "parent": upper(code), "wkb": ""}
        for code in sorted(codes)
    ]


def _year(value: object) -> int | None:
    number = as_number(value)
    return int(number) if number is not None and 1900 < number < 2200 else None  # noqa: PLR2004 - a year


def polygons(shapes: Iterable[Any], tally: Tally) -> "NDArray[Any]":
    """The polygons of each shape, mended where they were invalid (counted); None where empty."""
    import numpy as np
    import shapely

    found = np.array([*shapes, None], dtype=object)[:-1]
    invalid = ~shapely.is_valid(found) & ~shapely.is_missing(found)
    tally.mended["invalid_geometry"] += int(invalid.sum())
    found[invalid] = [_areal(shape) for shape in shapely.make_valid(found[invalid])]
    flat = ~np.isin(shapely.get_type_id(found), [3, 6]) | shapely.is_empty(found)
    found[flat | (shapely.area(found) == 0)] = None
    return found


def _areal(shape: Any) -> Any:  # noqa: ANN401 - a shape
    """Only the polygons of what `make_valid` returns: lines and points fall away."""
    import shapely

    parts = shapely.get_parts(shapely.get_parts(shape))
    return shapely.union_all(parts[shapely.get_type_id(parts) == 3])  # noqa: PLR2004 - polygon


def packed(shape: Any) -> str:  # noqa: ANN401 - a shape
    """A shape as text for the answer in JSON."""
    import shapely

    return base64.b64encode(shapely.to_wkb(shape)).decode()


# -- the municipality's own blocks ----------------------------------------------------------


def blocks_in(path: Path, tally: Tally) -> dict[str, Any]:
    """The one layer with a column `code`."""
    package = GeoPackage(path, tally)
    layers = [layer for layer in package.layers if layer.column("code", "blokcode")]
    if len(layers) != 1:
        raise tally.wrong(
            f'er moet precies één laag met een kolom "code" zijn (lagen: {package.names()}).',
            f'there must be exactly one layer with a column "code" (layers: {package.names()}).',
        )
    column = layers[0].column("code", "blokcode")
    shapes, values = package.read(layers[0], [column], most=MOST_BLOCKS)
    codes = [as_text(value) for (value,) in values]
    found = polygons(shapes, tally)
    _check_blocks(codes, found, tally)
    return {"blocks": {code: packed(shape) for code, shape in zip(codes, found, strict=True)}}


def _check_blocks(codes: Sequence[str], shapes: "NDArray[Any]", tally: Tally) -> None:
    if not codes:
        raise tally.nothing("blok", "block")
    seen: set[str] = set()
    for code, shape in zip(codes, shapes, strict=True):
        if not BLOCK_CODE.fullmatch(code) or code in seen:
            raise tally.wrong(
                f'code "{code}" komt twee keer voor of bevat andere tekens dan letters, cijfers,'
                " punt en streepje. Geef elk blok een eigen code.",
                f'code "{code}" occurs twice or holds other signs than letters, digits, dot and'
                " hyphen. Give each block a code of its own.",
            )
        if shape is None:
            raise tally.wrong(
                f"blok {code} heeft geen vlak. Teken het, of haal de rij weg.",
                f"block {code} has no polygon. Draw it, or remove the row.",
            )
        seen.add(code)
    _check_overlap(codes, shapes, tally)


def _check_overlap(codes: Sequence[str], shapes: "NDArray[Any]", tally: Tally) -> None:
    import shapely

    one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    one, other = one[one < other], other[one < other]
    shared = shapely.area(shapely.intersection(shapes[one], shapes[other]))
    if len(shared) and shared.max() > OVERLAP_METRES:
        worst = int(shared.argmax())
        pair = f"{codes[one[worst]]}, {codes[other[worst]]}"
        raise tally.wrong(
            f"blokken overlappen elkaar ({pair}). Teken ze zo dat ze elkaar alleen raken.",
            f"blocks overlap ({pair}). Draw them so that they only touch.",
        )
