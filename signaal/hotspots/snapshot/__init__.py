"""Frozen figures: counted and worked out once, read many times."""

from signaal.hotspots.snapshot.counting import FORMAT, count, first_week, fixed_span
from signaal.hotspots.snapshot.files import (
    KEPT_FILES,
    LATEST,
    decode,
    encode,
    freeze,
    read,
)
from signaal.hotspots.snapshot.folder import prune, taking_turns, write_whole
from signaal.hotspots.snapshot.nouns import (
    NO_BAND,
    Counted,
    Group,
    Input,
    Snapshot,
    Track,
    View,
    Weeks,
)

__all__ = [
    "FORMAT",
    "KEPT_FILES",
    "LATEST",
    "NO_BAND",
    "Counted",
    "Group",
    "Input",
    "Snapshot",
    "Track",
    "View",
    "Weeks",
    "count",
    "decode",
    "encode",
    "first_week",
    "fixed_span",
    "freeze",
    "prune",
    "read",
    "taking_turns",
    "write_whole",
]
