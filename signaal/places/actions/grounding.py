"""Takes in the layers by which people find their way on the map."""

from collections.abc import Mapping
from pathlib import Path

from signaal.db import Session
from signaal.places import files, store
from signaal.places.files import Reader, read_in_child
from signaal.places.model import LoadReport
from signaal.services import Services


def load_background(services: Services, path: Path, *, read: Reader = read_in_child) -> LoadReport:
    """Takes in water, main streets and surroundings; a layer that was there is replaced.

    Args:
        services: The tools of the house.
        path: A GeoPackage with layers water, streets or surroundings, or the CBS file of
            neighbourhoods, of which the areas of water are taken.
        read: What reads the file.

    Raises:
        UnusableFile: What is wrong, where, and how to mend it; the database is as it was.
    """
    file = files.read_background(path, read=read)
    with services.database.session() as session, session.begin():
        store.keep_background(session, file.layers)
    kept = {f"background_{layer}": len(shapes) for layer, shapes in file.layers.items()}
    return LoadReport(kept, file.tallies.left_out, file.tallies.mended)


def background(session: Session) -> Mapping[str, tuple[tuple[str, bytes], ...]]:
    """What the map draws for orientation: name and shape (WKB, EPSG:28992) by layer."""
    return store.background(session)
