"""The shapes of the map and the frame around them, what lies beneath, and the file for a GIS."""

from signaal.hotspots.map.drawing import Shapes, draw, keep_shapes, key_of, read_shapes
from signaal.hotspots.map.geojson import collection, feature
from signaal.hotspots.map.ground import Ground, keep_ground, read_ground
from signaal.hotspots.map.package import Column, Paint, as_geopackage

__all__ = [
    "Column",
    "Ground",
    "Paint",
    "Shapes",
    "as_geopackage",
    "collection",
    "draw",
    "feature",
    "keep_ground",
    "keep_shapes",
    "key_of",
    "read_ground",
    "read_shapes",
]
