"""What lies around and between the blocks: surroundings, water and main streets."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from signaal.hotspots.map.drawing import KEPT_FILES
from signaal.hotspots.map.geojson import (
    DUTCH_GRID,
    WEB_DEGREES,
    feature,
    geometry_text,
    spot,
)
from signaal.hotspots.snapshot import prune, write_whole

FORMAT = 1
NOTE = "ground.json"


@dataclass(frozen=True, eq=False)
class Ground:
    """Layers for orientation, as one GeoJSON text; `layer` tells the features apart."""

    key: str
    text: bytes


def keep_ground(folder: Path, layers: Mapping[str, tuple[tuple[str, bytes], ...]]) -> bool:
    """Draws the layers for orientation, unless that was done already.

    Args:
        folder: Where snapshots lie.
        layers: Name and shape (WKB, EPSG:28992) of what each layer holds; none: no ground.

    Returns:
        Whether they had to be drawn.
    """
    if not layers:
        (folder / NOTE).unlink(missing_ok=True)
        return False
    folder.mkdir(parents=True, exist_ok=True)
    key = _key_of(layers)
    file = folder / f"ground-{key}.json"
    made = not file.exists()
    if made:
        write_whole(file, _draw(layers))
    write_whole(folder / NOTE, json.dumps({"file": file.name, "key": key}).encode())
    prune(folder, "ground-*.json", kept=file, most=KEPT_FILES)
    return made


def read_ground(folder: Path) -> Ground | None:
    """The layers for orientation; None where there are none."""
    try:
        note = json.loads((folder / NOTE).read_bytes())
        return _read_once(str(folder / note["file"]), note["key"])
    except FileNotFoundError:
        return None


def _key_of(layers: Mapping[str, tuple[tuple[str, bytes], ...]]) -> str:
    digest = sha256(f"{FORMAT}".encode())
    for layer, shapes in sorted(layers.items()):
        for name, wkb in shapes:
            digest.update(json.dumps([layer, name]).encode())
            digest.update(wkb)
    return digest.hexdigest()[:24]


def _draw(layers: Mapping[str, tuple[tuple[str, bytes], ...]]) -> bytes:
    features = [text for layer, shapes in layers.items() for text in _features(layer, shapes)]
    return f'{{"type":"FeatureCollection","features":[{",".join(features)}]}}'.encode()


def _features(layer: str, shapes: tuple[tuple[str, bytes], ...]) -> list[str]:
    from geopandas import GeoSeries

    drawn = GeoSeries.from_wkb([wkb for _, wkb in shapes], crs=DUTCH_GRID).to_crs(WEB_DEGREES)
    return [
        feature(geometry_text(shape), properties=_properties(layer, name, shape))
        for (name, _), shape in zip(shapes, drawn, strict=True)
    ]


def _properties(layer: str, name: str, shape: Any) -> dict[str, object]:  # noqa: ANN401 - a shape
    label = {"label": spot(shape.representative_point())} if name else {}
    return {"layer": layer, "name": name, **label}


@lru_cache(maxsize=2)
def _read_once(path: str, key: str) -> Ground:
    return Ground(key, Path(path).read_bytes())
