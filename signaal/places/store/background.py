"""Keeps and reads what the map draws for orientation."""

from collections.abc import Mapping

from sqlmodel import Session, col, delete, select

from signaal.places.store.rows import BackgroundRow

Layers = Mapping[str, tuple[tuple[str, bytes], ...]]


def keep_background(session: Session, layers: Layers) -> None:
    """Keeps these layers instead of what they held; other layers stay as they were."""
    session.execute(delete(BackgroundRow).where(col(BackgroundRow.layer).in_(list(layers))))
    session.add_all(
        BackgroundRow(layer=layer, name=name, wkb=wkb)
        for layer, shapes in layers.items()
        for name, wkb in shapes
    )


def background(session: Session) -> Layers:
    """All layers, each in the order in which it was loaded."""
    rows = session.exec(select(BackgroundRow).order_by(col(BackgroundRow.id))).all()
    found: dict[str, tuple[tuple[str, bytes], ...]] = {}
    for row in rows:
        found[row.layer] = (*found.get(row.layer, ()), (row.name, row.wkb))
    return found
