"""Rows of areas, blocks and dwellings, written in bulk and read by address."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, cast
from uuid import UUID

import sqlalchemy
from sqlalchemy import Select
from sqlmodel import Field, Index, Session, SQLModel, col, func, select

from signaal.places.model import (
    Area,
    Block,
    Candidate,
    Dwelling,
    PlaceFound,
    ShapedBlock,
    Town,
    street_key,
    suffix_of,
)

CHUNK = 5_000
"""Rows per statement: large enough to be quick, small enough for memory."""


class MunicipalityRow(SQLModel, table=True):
    """One municipality (CBS code GM...)."""

    __tablename__ = "municipality"

    code: str = Field(primary_key=True, max_length=6)
    name: str


class DistrictRow(SQLModel, table=True):
    """One district, *wijk* (CBS code WK...)."""

    __tablename__ = "district"

    code: str = Field(primary_key=True, max_length=8)
    name: str
    municipality_code: str = Field(foreign_key="municipality.code", index=True)


class NeighbourhoodRow(SQLModel, table=True):
    """One neighbourhood, *buurt* (CBS code BU...); past ones stay, with `current` false."""

    __tablename__ = "neighbourhood"

    code: str = Field(primary_key=True, max_length=10)
    name: str
    district_code: str = Field(foreign_key="district.code", index=True)
    inhabitants: int | None = None
    year: int | None = None
    wkb: bytes
    current: bool = True


class BlockRow(SQLModel, table=True):
    """One block; past ones stay, because reports and figures speak of them.

    Attributes:
        wkb: Polygons in EPSG:28992.
        supplied: Drawn by the municipality, not made from addresses.
        successor_id: For a past block: the block that took most of its dwellings.
    """

    __tablename__ = "block"

    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(unique=True, max_length=40)
    neighbourhood_code: str = Field(foreign_key="neighbourhood.code", index=True)
    dwellings: int
    small: bool
    wkb: bytes
    supplied: bool = False
    current: bool = True
    successor_id: int | None = Field(default=None, foreign_key="block.id")


class DwellingRow(SQLModel, table=True):
    """One dwelling (BAG *verblijfsobject*); x and y in metres, EPSG:28992."""

    __tablename__ = "dwelling"

    id: int | None = Field(default=None, primary_key=True)
    bag_id: str = Field(unique=True, max_length=16)
    postcode: str = Field(max_length=6)
    number: int
    letter: str = Field(max_length=8)
    addition: str = Field(max_length=8)
    suffix: str = Field(max_length=16)
    street: str = Field(index=True)
    street_key: str
    x: float
    y: float
    neighbourhood_code: str = Field(foreign_key="neighbourhood.code", index=True)
    block_id: int = Field(foreign_key="block.id", index=True)
    current: bool = True

    __table_args__ = (
        # Every message asks by one of these two.
        Index("ix_dwelling_postcode_number", "postcode", "number"),
        Index("ix_dwelling_street_key_number", "street_key", "number"),
    )


class PlacesLoadRow(SQLModel, table=True):
    """One load that succeeded; its token tells readers whether what they remember still holds."""

    __tablename__ = "places_load"

    id: int | None = Field(default=None, primary_key=True)
    token: UUID = Field(unique=True)
    what: str
    loaded_at: datetime


# -- an address in words --------------------------------------------------------------------

_PLACE = (
    col(BlockRow.id),
    col(BlockRow.code),
    col(NeighbourhoodRow.code),
    col(NeighbourhoodRow.name),
    col(NeighbourhoodRow.district_code),
)


def candidates(
    session: Session, *, number: int, postcode: str | None = None, street: str | None = None
) -> list[Candidate]:
    """The dwellings with this house number, by postcode or else by street key."""
    wanted = (
        _placed(_columns(DwellingRow.id, DwellingRow.street, DwellingRow.suffix, *_PLACE))
        .where(_by(postcode, street), col(DwellingRow.number) == number)
        .order_by(col(DwellingRow.id))
    )
    return [
        Candidate(id_, name, suffix, _found(id_, place))
        for id_, name, suffix, *place in session.execute(wanted)
    ]


def places_along(
    session: Session, *, postcode: str | None = None, street: str | None = None
) -> list[PlaceFound]:
    """The blocks in which a postcode, or else a street (by its key), has dwellings."""
    wanted = (
        _placed(_columns(*_PLACE))
        .where(_by(postcode, street))
        .distinct()
        .order_by(col(BlockRow.id))
    )
    return [_found(None, place) for place in session.execute(wanted)]


def _columns(*columns: Any) -> Select[Any]:  # noqa: ANN401 - more than mypy can count
    return sqlalchemy.select(*columns)


def _placed(wanted: Select[Any]) -> Select[Any]:
    return (
        wanted.select_from(DwellingRow)
        .join(BlockRow, col(DwellingRow.block_id) == col(BlockRow.id))
        .join(NeighbourhoodRow, col(BlockRow.neighbourhood_code) == col(NeighbourhoodRow.code))
        .where(col(DwellingRow.current))
    )


def _by(postcode: str | None, street: str | None) -> Any:  # noqa: ANN401 - SQL expression
    if postcode is not None:
        return col(DwellingRow.postcode) == postcode
    return col(DwellingRow.street_key) == street


def _found(dwelling_id: int | None, place: Iterable[Any]) -> PlaceFound:
    block_id, block_code, code, name, district = place
    return PlaceFound(block_id, block_code, dwelling_id, code, name, district)


# -- readers --------------------------------------------------------------------------------


def blocks(session: Session, *, code: str | None = None) -> list[Block]:
    """The blocks in force, in order of id; or the one with this code."""
    wanted = (
        _columns(
            *(BlockRow.id, BlockRow.code, BlockRow.dwellings, BlockRow.small),
            *(NeighbourhoodRow.code, NeighbourhoodRow.name),
            *(DistrictRow.code, DistrictRow.name, BlockRow.wkb),
        )
        .select_from(BlockRow)
        .join(NeighbourhoodRow, col(BlockRow.neighbourhood_code) == col(NeighbourhoodRow.code))
        .join(DistrictRow, col(NeighbourhoodRow.district_code) == col(DistrictRow.code))
        .where(col(BlockRow.current), col(BlockRow.dwellings) > 0)
        .order_by(col(BlockRow.id))
    )
    if code is not None:
        wanted = wanted.where(col(BlockRow.code) == code)
    return [Block(*row) for row in session.execute(wanted)]


def successors(session: Session) -> dict[int, int]:
    """For each past block, the block that took most of its dwellings."""
    wanted = _columns(BlockRow.id, BlockRow.successor_id).where(
        col(BlockRow.successor_id).is_not(None)
    )
    return {past: present for past, present in session.execute(wanted)}  # noqa: C416 - typed rows


def street_names(session: Session) -> tuple[str, ...]:
    """All streets with a dwelling, in order of the alphabet."""
    wanted = select(DwellingRow.street).where(col(DwellingRow.current)).distinct()
    return tuple(sorted(name for name in session.exec(wanted) if name))


def area_of_postcode4(session: Session, digits: str) -> str | None:
    """The neighbourhood that holds most dwellings of a four-digit postcode."""
    wanted = (
        select(NeighbourhoodRow.name)
        .join(DwellingRow, col(DwellingRow.neighbourhood_code) == col(NeighbourhoodRow.code))
        .where(
            col(DwellingRow.postcode) > digits,
            col(DwellingRow.postcode) <= f"{digits}ZZ",
            col(DwellingRow.current),
        )
        .group_by(col(NeighbourhoodRow.code), col(NeighbourhoodRow.name))
        .order_by(func.count().desc(), col(NeighbourhoodRow.code))
    )
    return session.exec(wanted).first()


def neighbourhood_name(session: Session, block_id: int) -> str | None:
    """The name of the neighbourhood in which a block lies."""
    wanted = (
        select(NeighbourhoodRow.name)
        .join(BlockRow, col(BlockRow.neighbourhood_code) == col(NeighbourhoodRow.code))
        .where(col(BlockRow.id) == block_id)
    )
    return session.exec(wanted).first()


def any_dwelling(session: Session) -> bool:
    """Whether there is at least one dwelling."""
    first = select(DwellingRow.id).where(col(DwellingRow.current)).limit(1)
    return session.exec(first).first() is not None


def latest_load(session: Session) -> UUID | None:
    """The token of the latest load."""
    newest = select(PlacesLoadRow.token).order_by(col(PlacesLoadRow.id).desc()).limit(1)
    return session.exec(newest).first()


# -- loading --------------------------------------------------------------------------------

_ADDRESS = (
    *(DwellingRow.bag_id, DwellingRow.postcode, DwellingRow.number, DwellingRow.letter),
    *(DwellingRow.addition, DwellingRow.street, DwellingRow.x, DwellingRow.y),
)


def town(session: Session) -> Town:
    """All that is known now, as a load needs it."""
    homes = _columns(*_ADDRESS, BlockRow.code).join_from(
        DwellingRow, BlockRow, col(DwellingRow.block_id) == col(BlockRow.id)
    )
    rows = session.execute(homes.where(col(DwellingRow.current))).all()
    areas = session.exec(select(NeighbourhoodRow).where(col(NeighbourhoodRow.current)))
    drawn = session.execute(
        _columns(BlockRow.code, BlockRow.wkb).where(col(BlockRow.current), col(BlockRow.supplied))
    )
    return Town(
        neighbourhoods=tuple(
            Area(
                code=area.code,
                name=area.name,
                parent=area.district_code,
                inhabitants=area.inhabitants,
                year=area.year,
                wkb=area.wkb,
            )
            for area in areas
        ),
        dwellings=tuple(Dwelling(*row[:-1]) for row in rows),
        drawn={code: wkb for code, wkb in drawn} or None,  # noqa: C416 - typed rows
        before={row[0]: row[-1] for row in rows},
        codes=frozenset(session.exec(select(BlockRow.code))),
        token=latest_load(session),
    )


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
    """Keeps these blocks and no others in force; returns the id of each by code."""
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
    ids = session.execute(_columns(BlockRow.code, BlockRow.id).where(col(BlockRow.current)))
    return {code: id_ for code, id_ in ids}  # noqa: C416 - typed rows


def keep_successors(session: Session, successors: Mapping[str, int]) -> None:
    """Remembers for past blocks (by code) which block took most of their dwellings."""
    _keep(session, BlockRow, "code", {c: {"successor_id": id_} for c, id_ in successors.items()})


def keep_dwellings(session: Session, homes: Iterable[tuple[Dwelling, str, int]]) -> None:
    """Keeps these dwellings, each with the code of its neighbourhood and the id of its block."""
    rows: dict[str, dict[str, Any]] = {
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
            "block_id": block_id,
            "current": True,
        }
        for home, area, block_id in homes
    }
    _keep(session, DwellingRow, "bag_id", rows)
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
