"""Rows of areas, blocks and dwellings."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy
from sqlalchemy import Select
from sqlmodel import Field, Index, SQLModel


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


class PastHomeRow(SQLModel, table=True):
    """A dwelling that a past block held last; by these a block that comes back is known again."""

    __tablename__ = "past_home"

    block_id: int = Field(foreign_key="block.id", primary_key=True)
    dwelling_id: int = Field(foreign_key="dwelling.id", primary_key=True)


class BackgroundRow(SQLModel, table=True):
    """One shape for orientation on the map; nothing is counted by it.

    Attributes:
        layer: "surroundings", "water" or "streets".
        name: Of a municipality around; empty for the others.
        wkb: Polygons or lines in EPSG:28992, simplified.
    """

    __tablename__ = "background"

    id: int | None = Field(default=None, primary_key=True)
    layer: str = Field(max_length=16)
    name: str = Field(max_length=120)
    wkb: bytes


class PlacesLoadRow(SQLModel, table=True):
    """One load that succeeded; its token tells readers whether what they remember still holds."""

    __tablename__ = "places_load"

    id: int | None = Field(default=None, primary_key=True)
    token: UUID = Field(unique=True)
    what: str
    loaded_at: datetime


def columns(*columns: Any) -> Select[Any]:  # noqa: ANN401 - more than mypy can count
    """A selection of these columns."""
    return sqlalchemy.select(*columns)
