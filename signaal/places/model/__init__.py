"""Places and their names: what an address is, how it is written, how homes make a block."""

from signaal.places.model.nouns import (
    AddressWords,
    Area,
    Block,
    Candidate,
    Dwelling,
    LoadReport,
    PlaceFound,
    PlaceReason,
    PlaceUnclear,
    ShapedBlock,
    Town,
)
from signaal.places.model.planning import (
    LARGEST_BLOCK,
    SMALLEST_BLOCK,
    Home,
    PlannedBlock,
    plan_blocks,
)
from signaal.places.model.spelling import (
    BAG_ID,
    HIGHEST_NUMBER,
    area_code,
    floor_of,
    postcode_of,
    street_key,
    suffix_of,
)

__all__ = [
    "BAG_ID",
    "HIGHEST_NUMBER",
    "LARGEST_BLOCK",
    "SMALLEST_BLOCK",
    "AddressWords",
    "Area",
    "Block",
    "Candidate",
    "Dwelling",
    "Home",
    "LoadReport",
    "PlaceFound",
    "PlaceReason",
    "PlaceUnclear",
    "PlannedBlock",
    "ShapedBlock",
    "Town",
    "area_code",
    "floor_of",
    "plan_blocks",
    "postcode_of",
    "street_key",
    "suffix_of",
]
