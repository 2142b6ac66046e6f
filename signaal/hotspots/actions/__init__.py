"""Makes the figures, and shows them as far as a visitor may see them."""

from signaal.hotspots.actions.areas import neighbourhood_year, year_figures
from signaal.hotspots.actions.making import refresh
from signaal.hotspots.actions.showing import block_story, kinds_seen, map_figures, shapes
from signaal.hotspots.actions.taking import take_away

__all__ = [
    "block_story",
    "kinds_seen",
    "map_figures",
    "neighbourhood_year",
    "refresh",
    "shapes",
    "take_away",
    "year_figures",
]
