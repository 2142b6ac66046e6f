"""Rows of areas, blocks and dwellings, written in bulk and read by address."""

from signaal.places.store.keeping import (
    dwelling_rows,
    keep_areas,
    keep_blocks,
    keep_dwellings,
    keep_load,
    keep_successors,
)
from signaal.places.store.reading import (
    any_dwelling,
    area_of_postcode4,
    block_names,
    blocks,
    candidates,
    latest_load,
    neighbourhood_name,
    places_along,
    street_names,
    successors,
    town,
)
from signaal.places.store.rows import (
    BlockRow,
    DistrictRow,
    DwellingRow,
    MunicipalityRow,
    NeighbourhoodRow,
    PastHomeRow,
    PlacesLoadRow,
)

__all__ = [
    "BlockRow",
    "DistrictRow",
    "DwellingRow",
    "MunicipalityRow",
    "NeighbourhoodRow",
    "PastHomeRow",
    "PlacesLoadRow",
    "any_dwelling",
    "area_of_postcode4",
    "block_names",
    "blocks",
    "candidates",
    "dwelling_rows",
    "keep_areas",
    "keep_blocks",
    "keep_dwellings",
    "keep_load",
    "keep_successors",
    "latest_load",
    "neighbourhood_name",
    "places_along",
    "street_names",
    "successors",
    "town",
]
