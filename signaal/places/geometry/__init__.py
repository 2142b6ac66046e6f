"""Where things lie: blocks around their dwellings, the block of a point, who borders on whom.

All coordinates are metres in EPSG:28992. Shapely and SciPy are imported on first use.
"""

from signaal.places.geometry.contiguity import borders_between, centres_of
from signaal.places.geometry.index import (
    BlockIndex,
    bounds_of,
    index_of,
    inner_points,
    nearest_to,
    places_of,
)
from signaal.places.geometry.partition import tile

__all__ = [
    "BlockIndex",
    "borders_between",
    "bounds_of",
    "centres_of",
    "index_of",
    "inner_points",
    "nearest_to",
    "places_of",
    "tile",
]
