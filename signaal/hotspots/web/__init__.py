"""The map with its table, the table as a file, and the yearly figures of neighbourhoods."""

from signaal.hotspots.web import areas, files, maps, shapes, signs, words
from signaal.hotspots.web.door import blueprint
from signaal.hotspots.web.maps import ROWS_ON_PAPER

__all__ = ["ROWS_ON_PAPER", "areas", "blueprint", "files", "maps", "shapes", "signs", "words"]
