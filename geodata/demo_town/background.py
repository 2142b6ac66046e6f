"""What surrounds the town and runs through it, for finding one's way on the map."""

import math
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import geopandas
import pyogrio
import shapely
from shapely import LineString, Polygon

from demo_town.files import MADE_AT
from demo_town.plan import Ground
from demo_town.streets import Street

MAIN_STREET = 420.0
"""Metres of one name from which a street is drawn."""
AROUND = 2_500.0
"""Metres beyond the border."""
NEIGHBOURS = {"Wilgerveen": (-20.0, 75.0), "Elzerdam": (75.0, 165.0), "Abelenwaard": (165.0, 340.0)}
"""Invented municipalities, each between two bearings from the middle of the town, in degrees."""
FAR = 50_000.0


def write_background(path: Path, ground: Ground, streets: Sequence[Street]) -> None:
    """Water, main streets and surroundings, each in a layer of its own.

    Args:
        path: The GeoPackage; an older one is replaced.
        ground: The plan of the town.
        streets: All its streets.
    """
    layers = {
        "surroundings": _surroundings(ground),
        "water": [{"name": "", "geom": ground.water}],
        "streets": _main_streets(streets),
    }
    path.unlink(missing_ok=True)
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": MADE_AT})
    try:
        for layer, rows in layers.items():
            frame = geopandas.GeoDataFrame(rows, geometry="geom", crs="EPSG:28992")
            frame.to_file(path, layer=layer, driver="GPKG", engine="pyogrio", promote_to_multi=True)
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})


def _main_streets(streets: Sequence[Street]) -> list[dict[str, object]]:
    lines: defaultdict[str, list[LineString]] = defaultdict(list)
    for street in streets:
        lines[street.name].append(street.line)
    return [
        {"name": name, "geom": shapely.set_precision(shapely.union_all(parts), 0.01)}
        for name, parts in sorted(lines.items())
        if sum(part.length for part in parts) >= MAIN_STREET
    ]


def _surroundings(ground: Ground) -> list[dict[str, object]]:
    town = shapely.union_all([*ground.neighbourhoods.values(), ground.water])
    ring = town.buffer(AROUND).difference(town)
    middle = town.centroid
    return [
        {
            "name": name,
            "geom": shapely.set_precision(
                shapely.intersection(ring, _sector(middle.x, middle.y, *bearings)), 0.01
            ),
        }
        for name, bearings in NEIGHBOURS.items()
    ]


def _sector(x: float, y: float, start: float, end: float) -> Polygon:
    steps = [start + (end - start) * step / 8 for step in range(9)]
    edge = [
        (x + FAR * math.sin(math.radians(each)), y + FAR * math.cos(math.radians(each)))
        for each in steps
    ]
    return Polygon([(x, y), *edge])
