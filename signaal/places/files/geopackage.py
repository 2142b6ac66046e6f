"""Reads a GeoPackage as the SQLite file that it is, after a look at what it holds."""

import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from signaal.places.files.fence import is_geopackage
from signaal.places.files.tally import Tally

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RD = 28992
RD_WITH_HEIGHT = 7415
NETHERLANDS = (-7_000.0, 289_000.0, 300_000.0, 629_000.0)
"""Where EPSG:28992 is used: west, south, east, north in metres (EPSG registry, area 1275)."""
LARGEST_VALUE = 64 * 2**20
MOST_OBJECTS = 5_000
USUAL_TRIGGER = re.compile(r"(rtree|gpkg)_.+|trigger_(insert|delete)_feature_count_.+")
VIRTUAL_TABLE = re.compile(r"\s*CREATE\s+VIRTUAL\b", re.IGNORECASE)
RTREE = re.compile(r".*\bUSING\s+rtree\s*\(", re.IGNORECASE | re.DOTALL)
ENVELOPE_BYTES = (0, 32, 48, 48, 64)
HEADER_BYTES = 8


@dataclass(frozen=True)
class Layer:
    """One table with shapes; columns by their name in small letters without underscores."""

    table: str
    geometry: str
    epsg: int
    columns: Mapping[str, str]

    def column(self, *names: str) -> str | None:
        """The column with the first of these names that there is."""
        return next((self.columns[name] for name in names if name in self.columns), None)


class GeoPackage:
    """One GeoPackage that holds nothing but data."""

    def __init__(self, path: Path, tally: Tally) -> None:
        self.tally = tally
        with path.open("rb") as file:
            if not is_geopackage(file.read(100)):
                raise tally.wrong(
                    "dit is geen GeoPackage. Haal het .gpkg-bestand op bij CBS of PDOK.",
                    "this is no GeoPackage. Fetch the .gpkg file from CBS or PDOK.",
                )
        self._connection = sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)
        self._connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LARGEST_VALUE)
        self._connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
        for pragma in ("trusted_schema=OFF", "cell_size_check=ON", "query_only=ON"):
            self._connection.execute(f"PRAGMA {pragma}")
        self._refuse_what_acts()
        self.layers = [layer for row in self._shape_columns() for layer in self._layer(*row)]

    def _refuse_what_acts(self) -> None:
        """Views, unusual triggers and virtual tables are programs, not data."""
        objects = self._connection.execute(
            "SELECT type, name, coalesce(sql, '') FROM sqlite_master LIMIT ?", (MOST_OBJECTS + 1,)
        ).fetchall()
        if len(objects) > MOST_OBJECTS or any(_acts(*each) for each in objects):
            raise self.tally.wrong(
                "dit GeoPackage bevat meer dan gegevens (een view, trigger of virtuele tabel)."
                " Bewaar alleen de kaartlagen in een nieuw GeoPackage.",
                "this GeoPackage holds more than data (a view, trigger or virtual table). Save only"
                " the layers into a new GeoPackage.",
            )

    def _shape_columns(self) -> list[tuple[str, str, int]]:
        return self._connection.execute(
            "SELECT g.table_name, g.column_name, CASE WHEN upper(s.organization) = 'EPSG'"
            " THEN s.organization_coordsys_id ELSE 0 END"
            " FROM gpkg_geometry_columns g"
            " JOIN sqlite_master m ON m.name = g.table_name AND m.type = 'table'"
            " LEFT JOIN gpkg_spatial_ref_sys s ON s.srs_id = g.srs_id"
        ).fetchmany(MOST_OBJECTS)

    def _layer(self, table: str, geometry: str, epsg: object) -> Iterator[Layer]:
        described = self._connection.execute(f"PRAGMA table_xinfo({_quoted(table)})").fetchall()
        # Hidden and generated columns are left alone: computing one may never end.
        plain = [str(row[1]) for row in described if row[6] == 0]
        if geometry in plain:
            code = epsg if isinstance(epsg, int) else 0
            yield Layer(table, geometry, code, {bare(name): name for name in plain})

    def find(self, word: str) -> Layer | None:
        """The layer with this name, whatever prefix, year or version it carries."""
        name = re.compile(rf"(.*:)?(cbs_?)?({word})(_?\d{{4}})?(_?v\d+)?", re.IGNORECASE)
        return next((layer for layer in self.layers if name.fullmatch(layer.table)), None)

    def names(self) -> str:
        """The layers that there are, for a sentence."""
        return ", ".join(layer.table[:40] for layer in self.layers[:10]) or "-"

    def read(
        self,
        layer: Layer,
        columns: Sequence[str | None],
        *,
        most: int,
        bounds: Sequence[float] | None = None,
    ) -> tuple["NDArray[Any]", list[tuple[Any, ...]]]:
        """All rows of a layer.

        Args:
            layer: Which.
            columns: Their names; None where the layer has no such column, and gives None.
            most: How many rows are accepted.
            bounds: West, south, east, north (EPSG:28992), to spare reading a whole country.

        Returns:
            The shapes in EPSG:28992, None where there is none or it can't be read; the values.
        """
        names = ", ".join(_quoted(name) if name else "NULL" for name in columns)
        within, values = self._within(layer, bounds)
        query = f"SELECT {_quoted(layer.geometry)}, {names} FROM {_quoted(layer.table)}{within}"  # noqa: S608 - quoted names of this file
        rows = self._connection.execute(query, values).fetchmany(most + 1)
        if len(rows) > most:
            raise self.tally.wrong(
                f"meer dan {most} rijen in laag {layer.table}. Neem een bestand van één gemeente"
                " of regio.",
                f"more than {most} rows in layer {layer.table}. Take a file of one municipality or"
                " region.",
            )
        return self._shapes(layer, [row[0] for row in rows]), [tuple(row[1:]) for row in rows]

    def _within(
        self, layer: Layer, bounds: Sequence[float] | None
    ) -> tuple[str, tuple[float, ...]]:
        index = f"rtree_{layer.table}_{layer.geometry}"
        known = self._connection.execute(
            "SELECT sql FROM sqlite_master WHERE name = ? AND type = 'table'", (index,)
        ).fetchone()
        if bounds is None or layer.epsg not in {RD, RD_WITH_HEIGHT} or not known:
            return "", ()
        west, south, east, north = bounds
        return (
            f" WHERE rowid IN (SELECT id FROM {_quoted(index)}"  # noqa: S608 - quoted
            " WHERE maxx >= ? AND maxy >= ? AND minx <= ? AND miny <= ?)",
            (west, south, east, north),
        )

    def _shapes(self, layer: Layer, blobs: Sequence[object]) -> "NDArray[Any]":
        import numpy as np
        import shapely

        shapes = shapely.from_wkb(
            np.array([_wkb_of(blob) for blob in blobs], dtype=object), on_invalid="ignore"
        )
        shapes = shapely.force_2d(shapes)
        if layer.epsg not in {RD, RD_WITH_HEIGHT}:
            shapes = self._to_rd(shapes, epsg=layer.epsg)
        west, south, east, north = NETHERLANDS
        bounds = shapely.total_bounds(shapes[~(shapely.is_missing(shapes))])
        if (bounds[:2] < (west, south)).any() or (bounds[2:] > (east, north)).any():
            raise self.tally.wrong(
                f"de coördinaten in laag {layer.table} liggen niet in Nederland. Zet de laag om"
                " naar EPSG:28992 (Rijksdriehoek).",
                f"the coordinates in layer {layer.table} don't lie in the Netherlands. Convert the"
                " layer to EPSG:28992 (Rijksdriehoek).",
            )
        return shapes

    def _to_rd(self, shapes: "NDArray[Any]", *, epsg: int) -> "NDArray[Any]":
        """Shapes that honestly say that they are in another system."""
        import shapely
        from pyproj import Transformer
        from pyproj.exceptions import ProjError

        try:
            to_rd = Transformer.from_crs(epsg, RD, always_xy=True)
        except ProjError:
            raise self.tally.wrong(
                f"het coördinatenstelsel is niet bekend (EPSG:{epsg}). Zet de laag om naar"
                " EPSG:28992 (Rijksdriehoek).",
                f"the coordinate system is unknown (EPSG:{epsg}). Convert the layer to EPSG:28992"
                " (Rijksdriehoek).",
            ) from None
        self.tally.mended["reprojected"] += len(shapes)

        def moved(points: "NDArray[np.float64]") -> "NDArray[np.float64]":
            import numpy as np

            return np.column_stack(to_rd.transform(points[:, 0], points[:, 1]))

        return shapely.transform(shapes, moved)


def bare(name: str) -> str:
    """A column's name in one spelling: snake_case and camelCase become the same."""
    return name.replace("_", "").lower()


def _acts(kind: str, name: str, sql: str) -> bool:
    if kind == "trigger":
        return not USUAL_TRIGGER.fullmatch(name)
    return kind == "view" or bool(VIRTUAL_TABLE.match(sql) and not RTREE.match(sql))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _wkb_of(blob: object) -> bytes | None:
    """The well-known binary inside a GeoPackage's blob (OGC 12-128r18, clause 2.1.3)."""
    if not isinstance(blob, bytes) or len(blob) <= HEADER_BYTES or not blob.startswith(b"GP"):
        return None
    envelope = (blob[3] >> 1) & 7
    if envelope >= len(ENVELOPE_BYTES):
        return None
    return blob[HEADER_BYTES + ENVELOPE_BYTES[envelope] :] or None
