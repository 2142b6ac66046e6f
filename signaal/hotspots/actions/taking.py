"""Figures that leave the house as a file: the same as on the screen, and written down."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from signaal.access import actions as access
from signaal.access.model import Act
from signaal.hotspots.actions.rows import MapFigures
from signaal.hotspots.actions.showing import map_figures
from signaal.hotspots.model import MOST_ROWS_OUT, FileKind
from signaal.hotspots.numbers.counts import IntArray
from signaal.intake.model import Kind
from signaal.places import actions as places
from signaal.services import Services
from signaal.visitor import Visitor


def take_away(
    services: Services,
    *,
    period: int,
    kind: Kind,
    visitor: Visitor,
    purpose: str,
    file: FileKind,
    choose: Callable[[MapFigures], IntArray] = lambda figures: figures.rows.by(),
) -> MapFigures:
    """The figures of the map for a file; that they were taken is on record before they go.

    Args:
        services: The tools of the house.
        period: 0 for the latest four weeks, 1 for the four before, up to 12.
        kind: Which evidence.
        visitor: Who takes them.
        purpose: What for.
        file: In which shape.
        choose: Which of the rows are wanted, by their numbers.

    Returns:
        What the map shows to this visitor, at most 5,000 rows: first what stands out.

    Raises:
        NotAllowed: This role sees no figures of this kind.
        NoSnapshot: The figures have not been made yet, or there is no such period.
    """
    figures = map_figures(services, period=period, kind=kind, visitor=visitor)
    wanted = figures.rows.some(choose(figures))
    rows = wanted.some(wanted.by_attention()[:MOST_ROWS_OUT])
    with services.database.session() as session, session.begin():
        access.record(
            session,
            visitor=visitor,
            act=Act.FIGURES_EXPORTED,
            purpose=purpose,
            subject=f"figures-{figures.snapshot.week}-{figures.snapshot.fingerprint[:24]}",
            now=services.clock.now(),
            details={"kind": kind.value, "period": period, "file": file.value, "rows": len(rows)},
        )
    return replace(figures, rows=rows)


def block_polygons(services: Services) -> Mapping[str, bytes]:
    """The polygon of each block in force (WKB, EPSG:28992) by its code, for a file."""
    with services.database.reading() as session:
        return {block.code: block.wkb for block in places.block_layer(session)}
