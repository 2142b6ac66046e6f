"""Rows of areas, blocks and dwellings, written in bulk and read by address."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy
from sqlalchemy import Select
from sqlmodel import Field, Index, Session, SQLModel, col, func, select

from signaal.places.model import (
    Block,
    Candidate,
    PlaceFound,
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
        .where(col(BlockRow.current))
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
    return session.exec(select(DwellingRow.id).limit(1)).first() is not None


def latest_load(session: Session) -> UUID | None:
    """The token of the latest load."""
    newest = select(PlacesLoadRow.token).order_by(col(PlacesLoadRow.id).desc()).limit(1)
    return session.exec(newest).first()
