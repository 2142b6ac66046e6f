"""What can be asked of places, and how they are loaded."""

from signaal.places.actions.finding import (
    area_of_postcode4,
    areas_of_blocks,
    block_borders,
    block_centres,
    block_layer,
    block_names,
    block_successors,
    blocks_around,
    blocks_within,
    district_names,
    district_of_neighbourhood,
    find_place,
    is_empty,
    neighbourhood_name,
    street_names,
)
from signaal.places.actions.grounding import background, load_background
from signaal.places.actions.loading import (
    load_blocks,
    load_dwellings,
    load_neighbourhoods,
    load_town,
)

__all__ = [
    "area_of_postcode4",
    "areas_of_blocks",
    "background",
    "block_borders",
    "block_centres",
    "block_layer",
    "block_names",
    "block_successors",
    "blocks_around",
    "blocks_within",
    "district_names",
    "district_of_neighbourhood",
    "find_place",
    "is_empty",
    "load_background",
    "load_blocks",
    "load_dwellings",
    "load_neighbourhoods",
    "load_town",
    "neighbourhood_name",
    "street_names",
]
