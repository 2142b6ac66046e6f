"""GeoJSON as text: short, and the same for the same shape."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

DUTCH_GRID = "EPSG:28992"
WEB_DEGREES = "EPSG:4326"
DEGREE_DECIMALS = 5
"""About one metre on the ground."""


def feature(geometry: str, *, properties: Mapping[str, object]) -> str:
    """One GeoJSON feature as text.

    Args:
        geometry: A GeoJSON geometry as text.
        properties: Anything that can be written as JSON.
    """
    told = json.dumps(properties, ensure_ascii=False, separators=(",", ":"))
    return f'{{"type":"Feature","properties":{told},"geometry":{geometry}}}'


def collection(features: Iterable[str], *, neighbourhoods: Iterable[str] = ()) -> bytes:
    """A GeoJSON collection of blocks, with the outlines of the neighbourhoods beside it."""
    blocks, outlines = ",".join(features), ",".join(neighbourhoods)
    text = (
        f'{{"type":"FeatureCollection","features":[{blocks}],'
        f'"neighbourhoods":{{"type":"FeatureCollection","features":[{outlines}]}}}}'
    )
    return text.encode()


def geometry_text(shape: Any) -> str:  # noqa: ANN401 - a shapely geometry
    """A geometry in degrees, rounded to about a metre."""
    import shapely

    rounded = shapely.set_precision(shape, 10**-DEGREE_DECIMALS, mode="pointwise")
    whole = json.loads(shapely.to_geojson(rounded))
    whole["coordinates"] = _rounded(whole["coordinates"])
    return json.dumps(whole, separators=(",", ":"))


def spot(point: Any) -> list[float]:  # noqa: ANN401 - a shapely point
    """Latitude and longitude of a point in degrees, as Leaflet takes them."""
    return [round(point.y, DEGREE_DECIMALS), round(point.x, DEGREE_DECIMALS)]


def _rounded(coordinates: Any) -> Any:  # noqa: ANN401 - nested lists
    if isinstance(coordinates, float | int):
        return round(coordinates, DEGREE_DECIMALS)
    return [_rounded(part) for part in coordinates]
