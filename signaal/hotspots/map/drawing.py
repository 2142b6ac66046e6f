"""The shapes of the blocks, drawn once per block layer and kept apart from every figure."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property, lru_cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from signaal.errors import NoSnapshot
from signaal.hotspots.map.frame import frame
from signaal.hotspots.map.geojson import (
    DEGREE_DECIMALS,
    DUTCH_GRID,
    WEB_DEGREES,
    feature,
    geometry_text,
    spot,
)
from signaal.hotspots.snapshot import prune, write_whole
from signaal.places.model import Block

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

FORMAT = 3
SIMPLER_BY = 4.0
"""Metres: a bend that encloses less than about a square of this side is left out."""
SEAM = 0.01
"""Metres: blocks this close to each other are one when their neighbourhood is outlined."""
BUILT_UP = 500
"""Dwellings per km² from which a neighbourhood is whole in view when the map opens. Statistics
Netherlands calls fewer addresses per km² "not urban" (CBS, "Stedelijkheid van een gebied")."""
SQUARE_METRES = 1e6
"""In a km²."""
COUNTRY = [[50.7, 3.3], [53.6, 7.3]]
"""The Netherlands, for a map without blocks; degrees, south-west and north-east."""
KEPT_FILES = 3


@dataclass(frozen=True, eq=False)
class Shapes:
    """What a browser needs to draw a block layer, before any figure.

    Attributes:
        key: The same for the same blocks.
        geometries: GeoJSON geometry per block code, as text.
        centres: A point inside each block, latitude and longitude in degrees, per block code.
        about: Code of the district, name of the neighbourhood and dwellings, per block code.
        neighbourhoods: GeoJSON features with outline, name and code of the district, as text.
        districts: GeoJSON features with the area, name, code and bounds of each, as text.
        header: The links to Leaflet, for the head of the page.
        html: The frame of the map.
        script: Starts the map; needs the page's nonce.
    """

    key: str
    geometries: dict[str, str]
    centres: dict[str, list[float]]
    about: dict[str, tuple[str, str, int]]
    neighbourhoods: tuple[str, ...]
    districts: tuple[str, ...]
    header: str
    html: str
    script: str

    @cached_property
    def codes_of(self) -> Mapping[str, tuple[str, ...]]:
        """The codes of the blocks of each district, in their order, by the code of the district."""
        found: dict[str, list[str]] = {}
        for code in sorted(self.geometries):
            found.setdefault(self.about[code][0], []).append(code)
        return {district: tuple(codes) for district, codes in found.items()}

    @cached_property
    def outlines_of(self) -> Mapping[str, tuple[str, ...]]:
        """The outlines of the neighbourhoods of each district, by its code."""
        found: dict[str, tuple[str, ...]] = {}
        for text in self.neighbourhoods:
            district = json.loads(text)["properties"]["district"]
            found[district] = (*found.get(district, ()), text)
        return found

    @cached_property
    def district_of(self) -> Mapping[str, str]:
        """The feature of each district, by its code."""
        return {json.loads(text)["properties"]["code"]: text for text in self.districts}


def keep_shapes(folder: Path, blocks: Sequence[Block]) -> bool:
    """Makes the shapes of this block layer, unless they lie there already.

    Args:
        folder: Where snapshots lie.
        blocks: The block layer, shapes in EPSG:28992.

    Returns:
        Whether they had to be made.
    """
    folder.mkdir(parents=True, exist_ok=True)
    key = key_of(blocks)
    file = folder / f"shapes-{key}.json"
    made = not file.exists()
    if made:
        write_whole(file, json.dumps(asdict(draw(blocks, key=key))).encode())
    write_whole(folder / "shapes.json", json.dumps({"file": file.name}).encode())
    prune(folder, "shapes-*.json", kept=file, most=KEPT_FILES)
    return made


def read_shapes(folder: Path) -> Shapes:
    """The shapes of the present block layer.

    Raises:
        NoSnapshot: They have not been made yet.
    """
    try:
        note = json.loads((folder / "shapes.json").read_bytes())
        return _read_once(str(folder / note["file"]))
    except FileNotFoundError:
        raise NoSnapshot("shapes") from None


def key_of(blocks: Iterable[Block]) -> str:
    """The same for the same blocks, names, sizes and shapes, drawn in the same way."""
    settings = [FORMAT, SIMPLER_BY, DEGREE_DECIMALS]
    digest = sha256(json.dumps(settings).encode())
    for block in blocks:
        names = (block.neighbourhood_name, block.district_code, block.district_name)
        digest.update(json.dumps([block.code, *names, block.dwellings]).encode())
        digest.update(block.wkb)
    return digest.hexdigest()[:24]


def draw(blocks: Sequence[Block], *, key: str) -> Shapes:
    """Simplifies the blocks together, so that shared borders stay shared, and turns them to WGS 84.

    Args:
        blocks: The block layer, shapes in EPSG:28992.
        key: What `key_of` says of them.
    """
    layer = _layer(blocks)
    # Where neighbours don't fit together (blocks of one's own), simplifying may empty a sliver.
    layer = layer[~layer.is_empty]
    drawn = layer.to_crs(WEB_DEGREES)
    header, html, script = frame(_view(layer))
    return Shapes(
        key=key,
        geometries=dict(zip(drawn["code"], map(geometry_text, drawn.geometry), strict=True)),
        centres=dict(zip(drawn["code"], map(spot, drawn.representative_point()), strict=True)),
        about={
            code: (district, name, int(dwellings))
            for code, district, name, dwellings in zip(
                *(drawn[column] for column in ("code", "district", "name", "dwellings")),
                strict=True,
            )
        },
        neighbourhoods=_outlines(layer),
        districts=_districts(layer),
        header=header,
        html=html,
        script=script,
    )


def _layer(blocks: Sequence[Block]) -> "GeoDataFrame":
    """The blocks, simplified as one coverage: a border that two of them share stays shared."""
    from geopandas import GeoDataFrame, GeoSeries

    shapes = GeoSeries.from_wkb([block.wkb for block in blocks], crs=DUTCH_GRID)
    return GeoDataFrame(
        {
            "code": [block.code for block in blocks],
            "area": [block.neighbourhood_code for block in blocks],
            "name": [block.neighbourhood_name for block in blocks],
            "district": [block.district_code for block in blocks],
            "district_name": [block.district_name for block in blocks],
            "dwellings": [block.dwellings for block in blocks],
        },
        geometry=shapes.simplify_coverage(SIMPLER_BY),
        crs=DUTCH_GRID,
    )


def _view(layer: "GeoDataFrame") -> list[list[float]]:
    """South-west and north-east of what the map shows first: all neighbourhoods but the fields."""
    if layer.empty:
        return COUNTRY
    surface = layer.area.groupby(layer["area"]).transform("sum")
    dwellings = layer.groupby("area")["dwellings"].transform("sum")
    built_up = layer[dwellings / surface * SQUARE_METRES >= BUILT_UP]
    shown = layer if built_up.empty else built_up
    west, south, east, north = shown.to_crs(WEB_DEGREES).total_bounds
    return [[float(south), float(west)], [float(north), float(east)]]


def _outlines(layer: "GeoDataFrame") -> tuple[str, ...]:
    """The border and the name of each neighbourhood, as GeoJSON features."""
    return tuple(
        feature(
            geometry_text(whole.boundary),
            properties={
                "name": name,
                "district": district,
                "label": spot(whole.representative_point()),
            },
        )
        for name, district, whole in _wholes(layer, "area", "name", "district")
    )


def _districts(layer: "GeoDataFrame") -> tuple[str, ...]:
    """The area and the name of each district, as GeoJSON features."""
    return tuple(
        feature(
            geometry_text(whole),
            properties={
                "code": code,
                "name": name,
                "label": spot(whole.representative_point()),
            },
        )
        for name, code, whole in _wholes(layer, "district", "district_name", "district")
    )


def _wholes(layer: "GeoDataFrame", by: str, *columns: str) -> Iterable[tuple[Any, ...]]:
    """Two columns and the joined shape of each area, in degrees."""
    wholes = layer.dissolve(by=by, grid_size=SEAM, as_index=False).to_crs(WEB_DEGREES)
    return zip(*(wholes[column] for column in columns), wholes.geometry, strict=True)


@lru_cache(maxsize=2)
def _read_once(path: str) -> Shapes:
    parts = json.loads(Path(path).read_bytes())
    lists = {name: tuple(parts[name]) for name in ("neighbourhoods", "districts")}
    return Shapes(**{**parts, **lists})
