"""Invented streams of voices over a block map, with outbreaks of which the truth is known."""

from signaal.hotspots.simulate.maps import BlockMap, grid_map
from signaal.hotspots.simulate.outbreaks import Outbreak, Shape, Truth, plant
from signaal.hotspots.simulate.reports import Reports, reports_of
from signaal.hotspots.simulate.streams import Habits, Stream, block_levels, invent, season_of

__all__ = [
    "BlockMap",
    "Habits",
    "Outbreak",
    "Reports",
    "Shape",
    "Stream",
    "Truth",
    "block_levels",
    "grid_map",
    "invent",
    "plant",
    "reports_of",
    "season_of",
]
