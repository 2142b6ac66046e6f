"""Layers for orientation: water, main streets and the municipalities around."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from signaal.places.files.areas import packed, polygons
from signaal.places.files.geopackage import GeoPackage, Layer
from signaal.places.files.tally import Tally, as_text

if TYPE_CHECKING:
    from numpy.typing import NDArray

LAYERS = {
    "surroundings": r"surroundings|omgeving",
    "water": r"water(deel)?(_vlak)?|waters",
    "streets": r"streets|(hoofd)?wegen|(hoofd)?straten|wegdeel(_hartlijn)?",
}
"""What each is called in a file; in the order in which they are drawn."""
CBS_WATER = r"buurt(en)?(_gegeneraliseerd)?"
"""The layer of a CBS file in which the areas of water stand among the neighbourhoods."""
NAMES = ("naam", "name", "gemeentenaam", "statnaam")
SIMPLER_BY = 3.0
"""Metres: bends smaller than this can't be seen on the map."""
MOST_ROWS = 60_000
MOST_POINTS = 200_000
"""After simplifying: more makes the map slow for everybody."""
POINTS_AT_ONCE = 1_000
POLYGONS, LINES = {3, 6}, {1, 5}
"""Numbers of types as Shapely gives them."""


def background_in(path: Path, tally: Tally) -> dict[str, Any]:
    """The layers for orientation in a file; of a CBS file its areas of water."""
    package = GeoPackage(path, tally)
    found = {name: package.find(words) for name, words in LAYERS.items()}
    layers = {
        name: _shapes_in(package, layer, name, tally) for name, layer in found.items() if layer
    }
    areas = package.find(CBS_WATER)
    if not layers and areas is not None:
        layers = {"water": _water_among_areas(package, areas, tally)}
    layers = {name: rows for name, rows in layers.items() if rows}
    if not layers:
        raise tally.wrong(
            f"geen laag water, streets of surroundings met vlakken of lijnen (wel: "
            f"{package.names()}). Geef de lagen die namen.",
            f"no layer water, streets or surroundings with areas or lines (there is: "
            f"{package.names()}). Give the layers those names.",
        )
    _refuse_too_much(layers, tally)
    return {"layers": {name: [_told(*row) for row in rows] for name, rows in layers.items()}}


def _shapes_in(package: GeoPackage, layer: Layer, name: str, tally: Tally) -> list[tuple[str, Any]]:
    shapes, values = package.read(layer, [layer.column(*NAMES)], most=MOST_ROWS)
    names = [as_text(value) for (value,) in values]
    if name == "streets":
        return _joined(_simpler_lines(_lines(shapes, tally)))
    named = name == "surroundings"
    wanted = polygons(shapes, tally)
    if not named:
        return _joined(_simpler(wanted))
    kept = [
        (called, shape) for called, shape in zip(names, wanted, strict=True) if shape is not None
    ]
    simple = _simpler([shape for _, shape in kept])
    return [(called, shape) for (called, _), shape in zip(kept, simple, strict=True)]


def _water_among_areas(package: GeoPackage, layer: Layer, tally: Tally) -> list[tuple[str, Any]]:
    shapes, values = package.read(layer, [layer.column("water", "h2o")], most=MOST_ROWS)
    wet = [
        shape
        for shape, (value,) in zip(shapes, values, strict=True)
        if as_text(value).upper() not in {"", "NEE"}
    ]
    return _joined(_simpler(polygons(wet, tally)))


def _lines(shapes: "NDArray[Any]", tally: Tally) -> "NDArray[Any]":
    import numpy as np
    import shapely

    found = np.array([*shapes, None], dtype=object)[:-1]
    usable = np.isin(shapely.get_type_id(found), list(LINES)) & ~shapely.is_empty(found)
    tally.left_out["not_a_line"] += int((~usable).sum())
    kept: NDArray[Any] = found[usable]
    return kept


def _simpler(shapes: Iterable[Any]) -> list[Any]:
    import numpy as np
    import shapely

    found = np.array([*shapes, None], dtype=object)[:-1]
    simple = shapely.coverage_simplify(found[~shapely.is_missing(found)], SIMPLER_BY)
    return [shape for shape in simple if not shapely.is_empty(shape)]


def _simpler_lines(lines: "NDArray[Any]") -> list[Any]:
    """Lines with fewer bends, simplified in short pieces.

    GEOS goes as deep as a line has bends: one of 150,000 of them brought the process down.
    """
    import shapely

    pieces = [
        points[first : first + POINTS_AT_ONCE + 1]
        for points in map(shapely.get_coordinates, shapely.get_parts(lines))
        for first in range(0, max(len(points) - 1, 1), POINTS_AT_ONCE)
    ]
    return list(shapely.simplify([shapely.LineString(piece) for piece in pieces], SIMPLER_BY))


def _joined(shapes: Sequence[Any]) -> list[tuple[str, Any]]:
    """One shape without a name of many pieces: streets and water are only drawn."""
    import shapely

    if not shapes:
        return []
    whole = shapely.union_all(list(shapes))
    is_lines = shapely.get_type_id(whole) in LINES
    return [("", shapely.line_merge(whole) if is_lines else whole)]


def _refuse_too_much(layers: Mapping[str, Sequence[tuple[str, Any]]], tally: Tally) -> None:
    import shapely

    for name, rows in layers.items():
        points = sum(int(shapely.get_num_coordinates(shape)) for _, shape in rows)
        if points > MOST_POINTS:
            raise tally.wrong(
                f"laag {name} heeft {points} punten, ook na vereenvoudigen; hooguit {MOST_POINTS}."
                " Neem alleen de hoofdstraten of het grote water.",
                f"layer {name} has {points} points, also when simplified; at most {MOST_POINTS}."
                " Take only the main streets or the larger waters.",
            )


def _told(name: str, shape: Any) -> tuple[str, str]:  # noqa: ANN401 - a shape
    return name, packed(shape)
