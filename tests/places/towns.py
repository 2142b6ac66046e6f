"""Official-looking files for the tests: GeoPackages and address lists, written as GDAL would."""

import csv
import gzip
import io
import json
import sqlite3
from pathlib import Path

import geopandas
import shapely

from signaal.errors import UnusableFile
from signaal.places.files.child import answer_to
from signaal.places.files.fence import check_before_opening

NLEXTRACT = [
    "openbareruimte",
    "huisnummer",
    "huisletter",
    "huisnummertoevoeging",
    "postcode",
    "woonplaats",
    "gemeente",
    "provincie",
    "object_id",
    "object_type",
    "nevenadres",
    "x",
    "y",
    "lon",
    "lat",
]


def write_areas(path: Path, neighbourhoods, districts=None, towns=None, crs=28992) -> Path:
    """A CBS file: rows as dicts with "geometry"."""
    for layer, rows in (("gemeenten", towns), ("wijken", districts), ("buurten", neighbourhoods)):
        if rows:
            frame = geopandas.GeoDataFrame(list(rows), geometry="geometry", crs=crs)
            frame.to_file(path, layer=layer, driver="GPKG")
    return path


def buurt(code, shape, **more):
    return {
        "buurtcode": code,
        "buurtnaam": f"Buurt {code[-2:]}",
        "wijkcode": f"WK{code[2:8]}",
        "gemeentecode": f"GM{code[2:6]}",
        "gemeentenaam": "Voorbeeldstad",
        "water": "NEE",
        "aantal_inwoners": 1200,
        "jaar": 2024,
        "geometry": shape,
        **more,
    }


def address(n, x, y, **more):
    """One row of NLExtract's address file."""
    row = {
        "openbareruimte": "Kerkstraat",
        "huisnummer": n % 99_999 + 1,
        "huisletter": "",
        "huisnummertoevoeging": "",
        "postcode": "8021AB",
        "woonplaats": "Voorbeeldstad",
        "gemeente": "Voorbeeldstad",
        "provincie": "Overijssel",
        "object_id": f"0193010{n:09d}",
        "object_type": "VBO",
        "nevenadres": "f",
        "x": x,
        "y": y,
        "lon": "",
        "lat": "",
    }
    return {**row, **more}


def write_addresses(path: Path, rows, columns=NLEXTRACT) -> Path:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, delimiter=";", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    raw = text.getvalue().encode()
    path.write_bytes(gzip.compress(raw, 1) if path.suffix == ".gz" else raw)
    return path


def write_bag_light(path: Path, rows, layer="verblijfsobject", crs=28992) -> Path:
    """PDOK's bag-light.gpkg, from rows of the address file."""
    frame = geopandas.GeoDataFrame(
        [
            {
                "identificatie": row["object_id"],
                "status": row.get("status", "Verblijfsobject in gebruik"),
                "gebruiksdoel": row.get("gebruiksdoel", "woonfunctie"),
                "openbare_ruimte_naam": row["openbareruimte"],
                "huisnummer": row["huisnummer"],
                "huisletter": row["huisletter"] or None,
                "toevoeging": row["huisnummertoevoeging"] or None,
                "postcode": row["postcode"] or None,
            }
            for row in rows
        ],
        geometry=shapely.points([(float(row["x"]), float(row["y"])) for row in rows]),
        crs=28992,
    ).to_crs(crs)
    frame.to_file(path, layer=layer, driver="GPKG")
    return path


def alter(path: Path, *statements: str) -> Path:
    """Runs SQL inside a GeoPackage, as an attacker or a careless tool would."""
    with sqlite3.connect(path) as connection:
        for name in ("IsEmpty", "MinX", "MaxX", "MinY", "MaxY"):  # what GDAL's triggers call
            connection.create_function(f"ST_{name}", 1, lambda _shape: 1)
        for statement in statements:
            connection.execute(statement)
    connection.close()
    return path


def write_blocks(path: Path, shapes) -> Path:
    """A municipality's own blocks, polygons by code."""
    frame = geopandas.GeoDataFrame(
        {"code": list(shapes)}, geometry=list(shapes.values()), crs=28992
    )
    frame.to_file(path, layer="blokken", driver="GPKG")
    return path


def here(what, path, **more):
    """Reads without a child, which takes half a second to start."""
    check_before_opening(path)
    answer = answer_to({"what": what, "path": str(path), **more})
    if "error" in answer:
        raise UnusableFile(answer["error"])
    return json.loads(json.dumps(answer))
