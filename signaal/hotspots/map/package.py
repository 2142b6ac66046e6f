"""Blocks with their figures as a GeoPackage, which QGIS opens in the colours of the map."""

import sqlite3
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import quoteattr

from signaal.hotspots.map.geojson import DUTCH_GRID

LAYER = "blokken"
MANY = "MultiPolygon"
EDGE = "#5d6f76"
STYLES = (
    "CREATE TABLE layer_styles (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,"
    " f_table_catalog TEXT(256), f_table_schema TEXT(256), f_table_name TEXT(256),"
    " f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT,"
    " useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30),"
    " update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')))"
)
"""As QGIS itself makes it (QGIS, "Saving and sharing layer properties", in database)."""
MADE_AT = "2000-01-01T00:00:00Z"
"""Stands in the file instead of the moment of making, so that the same figures are one file."""


@dataclass(frozen=True)
class Column:
    """One column: its name in the file, and a value for each block."""

    name: str
    values: Sequence[str | int | float | None]


@dataclass(frozen=True)
class Paint:
    """One colour: the value of the column that it stands for, the words, and the colour itself."""

    value: str
    words: str
    colour: str


def as_geopackage(
    shapes: Sequence[bytes], columns: Sequence[Column], *, painted: str, paints: Sequence[Paint]
) -> bytes:
    """One layer of blocks in EPSG:28992, with a style by which QGIS colours it.

    Args:
        shapes: WKB of each block, EPSG:28992.
        columns: What is told of each block.
        painted: The name of the column by which blocks are coloured.
        paints: The colours.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "blokken.gpkg"
        _write(path, shapes, columns)
        with closing(sqlite3.connect(path)) as file, file:
            file.execute(STYLES)
            file.execute(
                "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name,"
                " f_geometry_column, styleName, styleQML, styleSLD, useAsDefault, description,"
                " owner, update_time) VALUES ('', '', ?, 'geom', 'Signaal', ?, '', 1, '', '', ?)",
                (LAYER, _qml(painted, paints), MADE_AT),
            )
            _announce(file)
        return path.read_bytes()


def _write(path: Path, shapes: Sequence[bytes], columns: Sequence[Column]) -> None:
    import pyogrio
    from geopandas import GeoDataFrame, GeoSeries

    frame = GeoDataFrame(
        {column.name: column.values for column in columns},
        geometry=GeoSeries.from_wkb(list(shapes), crs=DUTCH_GRID),
    ).rename_geometry("geom")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": MADE_AT})
    try:
        pyogrio.write_dataframe(
            frame, path, layer=LAYER, driver="GPKG", promote_to_multi=True, geometry_type=MANY
        )
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})


def _announce(file: sqlite3.Connection) -> None:
    """Says in the list of contents that the styles are there (OGC 12-128r18, clause 2.4.2)."""
    file.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change)"
        " VALUES ('layer_styles', 'attributes', 'layer_styles', '', ?)",
        (MADE_AT,),
    )


def _qml(painted: str, paints: Sequence[Paint]) -> str:
    """The style in QGIS' own language: one filled symbol for each value."""
    kinds, symbols = [], []
    for number, paint in enumerate(paints):
        kinds.append(
            f'<category render="true" symbol="{number}" value={quoteattr(paint.value)}'
            f" label={quoteattr(paint.words)}/>"
        )
        symbols.append(_symbol(number, {"color": paint.colour, "outline_color": EDGE}))
    return (
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>"
        '<qgis version="3.28.0" styleCategories="Symbology">'
        f'<renderer-v2 type="categorizedSymbol" attr={quoteattr(painted)} enableorderby="0">'
        f"<categories>{''.join(kinds)}</categories><symbols>{''.join(symbols)}</symbols>"
        "</renderer-v2></qgis>"
    )


def _symbol(number: int, colours: Mapping[str, str]) -> str:
    options = {
        **{name: _rgba(colour) for name, colour in colours.items()},
        "outline_width": "0.1",
        "outline_style": "solid",
        "style": "solid",
    }
    told = "".join(
        f'<Option type="QString" name="{name}" value="{value}"/>' for name, value in options.items()
    )
    return (
        f'<symbol type="fill" name="{number}" alpha="1"><layer class="SimpleFill" enabled="1">'
        f'<Option type="Map">{told}</Option></layer></symbol>'
    )


def _rgba(colour: str) -> str:
    parts = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return ",".join([*map(str, parts), "255"])
