"""Keeps places, in bulk and only where something changed."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, cast
from uuid import UUID

import sqlalchemy
from sqlmodel import Session, SQLModel, col

from signaal.places.model import (
    Area,
    Dwelling,
    ShapedBlock,
    street_key,
    suffix_of,
)
from signaal.places.store.rows import (
    BlockRow,
    DistrictRow,
    DwellingRow,
    MunicipalityRow,
    NeighbourhoodRow,
    PastHomeRow,
    PlacesLoadRow,
    columns,
)

CHUNK = 5_000
"""Rows per statement: large enough to be quick, small enough for memory."""


def keep_areas(
    session: Session,
    *,
    municipalities: Iterable[Area],
    districts: Iterable[Area],
    neighbourhoods: Iterable[Area],
) -> None:
    """Keeps the areas of one file; neighbourhoods that it doesn't hold become past ones."""
    towns = {area.code: {"name": area.name} for area in municipalities}
    _keep(session, MunicipalityRow, "code", towns)
    wijken = {
        area.code: {"name": area.name, "municipality_code": area.parent} for area in districts
    }
    _keep(session, DistrictRow, "code", wijken)
    buurten = {
        area.code: {
            "name": area.name,
            "district_code": area.parent,
            "inhabitants": area.inhabitants,
            "year": area.year,
            "wkb": area.wkb,
            "current": True,
        }
        for area in neighbourhoods
    }
    _keep(session, NeighbourhoodRow, "code", buurten)
    _retire(session, NeighbourhoodRow, "code", keep=buurten)


def keep_blocks(session: Session, blocks: Iterable[ShapedBlock]) -> dict[str, int]:
    """Keeps these blocks and no others in force; returns the id of each by code.

    Comes before `keep_dwellings`: what a block held last is read from the dwellings.
    """
    rows: dict[str, dict[str, Any]] = {
        block.code: {
            "neighbourhood_code": block.neighbourhood,
            "dwellings": len(block.homes),
            "small": block.small,
            "wkb": block.wkb,
            "supplied": block.supplied,
            "current": True,
            "successor_id": None,
        }
        for block in blocks
    }
    _keep(session, BlockRow, "code", rows)
    _retire(session, BlockRow, "code", keep=rows)
    _remember_past_homes(session)
    ids = session.execute(columns(BlockRow.code, BlockRow.id).where(col(BlockRow.current)))
    return {code: id_ for code, id_ in ids}  # noqa: C416 - typed rows


def _remember_past_homes(session: Session) -> None:
    """For blocks that just became past ones: which dwellings they held; not for those in force."""
    homes, past, block = _table(DwellingRow), _table(PastHomeRow), _table(BlockRow)
    in_force = sqlalchemy.select(block.c.id).where(block.c.current)
    left = sqlalchemy.select(homes.c.block_id, homes.c.id).where(
        homes.c.current, homes.c.block_id.not_in(in_force)
    )
    here = session.connection()
    here.execute(past.delete().where(past.c.block_id.in_(in_force)))
    here.execute(past.insert().from_select(["block_id", "dwelling_id"], left))


def keep_successors(session: Session, successors: Mapping[str, int]) -> None:
    """Remembers for past blocks (by code) which block took most of their dwellings."""
    _keep(session, BlockRow, "code", {c: {"successor_id": id_} for c, id_ in successors.items()})


def dwelling_rows(homes: Iterable[tuple[Dwelling, str]]) -> dict[str, dict[str, Any]]:
    """What is kept of these dwellings, each with the code of its neighbourhood, by id.

    Takes no session: spelling a whole town takes longer than finding what changed in it, and
    nobody has to wait for that.
    """
    return {
        home.bag_id: {
            "postcode": home.postcode,
            "number": home.number,
            "letter": home.letter,
            "addition": home.addition,
            "suffix": suffix_of(home.letter, home.addition),
            "street": home.street,
            "street_key": street_key(home.street),
            "x": home.x,
            "y": home.y,
            "neighbourhood_code": area,
            "current": True,
        }
        for home, area in homes
    }


def keep_dwellings(
    session: Session, rows: Mapping[str, Mapping[str, Any]], *, blocks: Mapping[str, int]
) -> None:
    """Keeps these dwellings and no others in force, each with the id of its block."""
    placed = {home: {**row, "block_id": blocks[home]} for home, row in rows.items()}
    _keep(session, DwellingRow, "bag_id", placed)
    _retire(session, DwellingRow, "bag_id", keep=rows)


def keep_load(session: Session, *, token: UUID, what: str, now: datetime) -> None:
    """Writes down that a load succeeded."""
    session.add(PlacesLoadRow(token=token, what=what, loaded_at=now))


def _keep(
    session: Session, row: type[SQLModel], key: str, wanted: Mapping[str, Mapping[str, Any]]
) -> None:
    """Adds the rows that are new and changes those that differ, in chunks."""
    if not wanted:
        return
    table = _table(row)
    names = list(next(iter(wanted.values())))
    known = {
        code: values
        for code, *values in session.execute(
            sqlalchemy.select(table.c[key], *(table.c[name] for name in names))
        )
    }
    new = [{key: code, **values} for code, values in wanted.items() if code not in known]
    changed = [
        {"its_key": code, **values}
        for code, values in wanted.items()
        if code in known and known[code] != list(values.values())
    ]
    _in_chunks(session, table.insert(), new)
    matching = table.update().where(table.c[key] == sqlalchemy.bindparam("its_key"))
    setting: dict[str, Any] = {name: sqlalchemy.bindparam(name) for name in names}
    _in_chunks(session, matching.values(setting), changed)


def _retire(session: Session, row: type[SQLModel], key: str, *, keep: Mapping[str, object]) -> None:
    """Rows in force that are not among these become past ones."""
    table = _table(row)
    codes = session.execute(sqlalchemy.select(table.c[key]).where(table.c.current)).scalars()
    past = [{"its_key": code} for code in codes if code not in keep]
    matching = table.update().where(table.c[key] == sqlalchemy.bindparam("its_key"))
    _in_chunks(session, matching.values(current=False), past)


def _table(row: type[SQLModel]) -> sqlalchemy.Table:
    return cast("sqlalchemy.Table", row.__table__)  # type: ignore[attr-defined]


def _in_chunks(session: Session, statement: Any, rows: Sequence[Mapping[str, Any]]) -> None:  # noqa: ANN401 - any statement
    for start in range(0, len(rows), CHUNK):
        session.connection().execute(statement, rows[start : start + CHUNK])
