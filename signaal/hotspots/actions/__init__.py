"""Makes the figures, and shows them as far as a visitor may see them."""

from signaal.hotspots.actions.areas import neighbourhood_year, year_figures
from signaal.hotspots.actions.grounding import ground
from signaal.hotspots.actions.making import refresh
from signaal.hotspots.actions.replaying import PastWeek, replay
from signaal.hotspots.actions.rows import NO_END, MapFigures, Names, Rows
from signaal.hotspots.actions.showing import kinds_seen, map_figures, shapes
from signaal.hotspots.actions.stories import block_story
from signaal.hotspots.actions.taking import block_polygons, take_away
from signaal.hotspots.actions.warning import clusters, evenness, snapshot_info, week_figures

__all__ = [
    "NO_END",
    "MapFigures",
    "Names",
    "PastWeek",
    "Rows",
    "block_polygons",
    "block_story",
    "clusters",
    "evenness",
    "ground",
    "kinds_seen",
    "map_figures",
    "neighbourhood_year",
    "refresh",
    "replay",
    "shapes",
    "snapshot_info",
    "take_away",
    "week_figures",
    "year_figures",
]
