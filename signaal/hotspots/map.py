"""The shapes of the blocks and the frame in which they are drawn: made once per block layer."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from signaal.errors import NoSnapshot
from signaal.hotspots.snapshot import write_whole
from signaal.places.model import Block

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

FORMAT = 2
DUTCH_GRID = "EPSG:28992"
WEB_DEGREES = "EPSG:4326"
SIMPLER_BY = 4.0
"""Metres: a bend that encloses less than about a square of this side is left out."""
DEGREE_DECIMALS = 5
"""About one metre on the ground."""
SEAM = 0.01
"""Metres: blocks this close to each other are one when their neighbourhood is outlined."""
BUILT_UP = 500
"""Dwellings per km² from which a neighbourhood is whole in view when the map opens. Statistics
Netherlands calls fewer addresses per km² "not urban" (CBS, "Stedelijkheid van een gebied")."""
SQUARE_METRES = 1e6
"""In a km²."""
ROUND_IT = 16
"""Pixels between the town and the edge of the map when it opens."""
COUNTRY = [[50.7, 3.3], [53.6, 7.3]]
"""The Netherlands, for a map without blocks; degrees, south-west and north-east."""
LEAFLET = "/static/leaflet/"
KEPT_FILES = 3


@dataclass(frozen=True, eq=False)
class Shapes:
    """What a browser needs to draw a block layer, before any figure.

    Attributes:
        key: The same for the same blocks.
        geometries: GeoJSON geometry per block code, as text.
        neighbourhoods: GeoJSON features with outline and name, as text.
        header: The links to Leaflet, for the head of the page.
        html: The frame of the map.
        script: Starts the map; needs the page's nonce.
    """

    key: str
    geometries: dict[str, str]
    neighbourhoods: tuple[str, ...]
    header: str
    html: str
    script: str


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
    _prune(folder, kept=file)
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
        digest.update(json.dumps([block.code, block.neighbourhood_name, block.dwellings]).encode())
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
    drawn = layer[~layer.is_empty].to_crs(WEB_DEGREES)
    header, html, script = _frame(_view(layer))
    return Shapes(
        key=key,
        geometries=dict(zip(drawn["code"], map(_text, drawn.geometry), strict=True)),
        neighbourhoods=_outlines(layer),
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
            "dwellings": [block.dwellings for block in blocks],
        },
        geometry=shapes.simplify_coverage(SIMPLER_BY),
        crs=DUTCH_GRID,
    )


def _view(layer: "GeoDataFrame") -> list[list[float]]:
    """South-west and north-east of what the map shows first: all neighbourhoods but the fields."""
    layer = layer[~layer.is_empty]
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
    wholes = layer.dissolve(by="area", grid_size=SEAM).to_crs(WEB_DEGREES)
    features = []
    for name, whole in zip(wholes["name"], wholes.geometry, strict=True):
        middle = whole.representative_point()
        label = [round(middle.y, DEGREE_DECIMALS), round(middle.x, DEGREE_DECIMALS)]
        features.append(feature(_text(whole.boundary), properties={"name": name, "label": label}))
    return tuple(features)


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


def _text(shape: Any) -> str:  # noqa: ANN401 - a shapely geometry
    import shapely

    rounded = shapely.set_precision(shape, 10**-DEGREE_DECIMALS, mode="pointwise")
    whole = json.loads(shapely.to_geojson(rounded))
    whole["coordinates"] = _rounded(whole["coordinates"])
    return json.dumps(whole, separators=(",", ":"))


def _rounded(coordinates: Any) -> Any:  # noqa: ANN401 - nested lists
    if isinstance(coordinates, float | int):
        return round(coordinates, DEGREE_DECIMALS)
    return [_rounded(part) for part in coordinates]


def _frame(bounds: list[list[float]]) -> tuple[str, str, str]:
    """Folium's map, with our own Leaflet and nothing from elsewhere: header, html, script."""
    import folium
    from folium.template import Template

    class TownMap(folium.Map):
        """A map without tiles, styles or scripts of its own in the page."""

        default_js = [("leaflet", f"{LEAFLET}leaflet.js")]  # noqa: RUF012 - folium's own form
        default_css = [("leaflet_css", f"{LEAFLET}leaflet.css")]  # noqa: RUF012
        # Folium's own header forbids zooming and styles the whole page; our sheet does that.
        _template = Template(
            """
            {% macro header(this, kwargs) %}{% endmacro %}
            {% macro html(this, kwargs) %}<div id="{{ this.get_name() }}"></div>{% endmacro %}
            {% macro script(this, kwargs) %}
            var {{ this.get_name() }} = L.map(
                {{ this.get_name()|tojson }}, {{ this.options|tojavascript }}
            );
            {% endmacro %}
            """
        )

        def get_name(self) -> str:
            """The id of the frame, and the name by which our own script finds the map."""
            return "map"

    drawn = TownMap(
        tiles=None,
        prefer_canvas=True,
        zoom_control=False,
        attribution_control=False,
        zoom_snap=0.25,
    )
    drawn.fit_bounds(bounds, padding=(ROUND_IT, ROUND_IT))
    figure: Any = drawn.get_root()
    figure.render()
    return figure.header.render(), figure.html.render(), figure.script.render()


@lru_cache(maxsize=2)
def _read_once(path: str) -> Shapes:
    parts = json.loads(Path(path).read_bytes())
    return Shapes(**{**parts, "neighbourhoods": tuple(parts["neighbourhoods"])})


def _prune(folder: Path, *, kept: Path) -> None:
    files = sorted(folder.glob("shapes-*.json"), key=lambda file: file.stat().st_mtime)
    for file in files[:-KEPT_FILES]:
        if file != kept:
            file.unlink(missing_ok=True)
