"""Reads places: by address, by code, or all that is known."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import Select
from sqlmodel import Session, col, func, or_, select

from signaal.places.model import (
    Area,
    Block,
    Candidate,
    Dwelling,
    PlaceFound,
    Town,
)
from signaal.places.store.rows import (
    BlockRow,
    DistrictRow,
    DwellingRow,
    NeighbourhoodRow,
    PastHomeRow,
    PlacesLoadRow,
    columns,
)

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
        _placed(columns(DwellingRow.id, DwellingRow.street, DwellingRow.suffix, *_PLACE))
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
        _placed(columns(*_PLACE)).where(_by(postcode, street)).distinct().order_by(col(BlockRow.id))
    )
    return [_found(None, place) for place in session.execute(wanted)]


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


def blocks(session: Session) -> list[Block]:
    """The blocks in force, in order of id."""
    wanted = (
        columns(
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
    return [Block(*row) for row in session.execute(wanted)]


def successors(session: Session) -> dict[int, int]:
    """For each past block, the block that took most of its dwellings."""
    wanted = columns(BlockRow.id, BlockRow.successor_id).where(
        col(BlockRow.successor_id).is_not(None)
    )
    return {past: present for past, present in session.execute(wanted)}  # noqa: C416 - typed rows


def district_names(session: Session) -> dict[str, str]:
    """The name of each district in force by its code, in order of name."""
    wanted = (
        columns(DistrictRow.code, DistrictRow.name)
        .join(NeighbourhoodRow, col(NeighbourhoodRow.district_code) == col(DistrictRow.code))
        .where(col(NeighbourhoodRow.current))
        .distinct()
        .order_by(col(DistrictRow.name), col(DistrictRow.code))
    )
    return {code: name for code, name in session.execute(wanted)}  # noqa: C416 - typed rows


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


def districts_of_neighbourhood(session: Session, name: str) -> set[str]:
    """The codes of the districts that have a neighbourhood of this name now."""
    wanted = select(NeighbourhoodRow.district_code).where(
        col(NeighbourhoodRow.name) == name, col(NeighbourhoodRow.current)
    )
    return set(session.exec(wanted))


def areas_of_blocks(session: Session, block_ids: Collection[int]) -> dict[int, tuple[str, str]]:
    """The codes of the neighbourhood and the district in which each of these blocks lies."""
    wanted = (
        select(BlockRow.id, NeighbourhoodRow.code, NeighbourhoodRow.district_code)
        .join(NeighbourhoodRow, col(BlockRow.neighbourhood_code) == col(NeighbourhoodRow.code))
        .where(col(BlockRow.id).in_(block_ids))
    )
    return {block_id: (code, within) for block_id, code, within in session.exec(wanted) if block_id}


def blocks_within(session: Session, districts: Collection[str]) -> list[int]:
    """The ids of all blocks in these districts, past ones too."""
    wanted = (
        select(BlockRow.id)
        .join(NeighbourhoodRow, col(BlockRow.neighbourhood_code) == col(NeighbourhoodRow.code))
        .where(col(NeighbourhoodRow.district_code).in_(districts))
        .order_by(col(BlockRow.id))
    )
    return [block_id for block_id in session.exec(wanted) if block_id is not None]


def blocks_around(session: Session, dwelling_id: int) -> list[int]:
    """The ids of all blocks around a dwelling, past ones too, and of past ones that it was in."""
    here = select(DwellingRow.neighbourhood_code).where(col(DwellingRow.id) == dwelling_id)
    was_in = select(PastHomeRow.block_id).where(col(PastHomeRow.dwelling_id) == dwelling_id)
    wanted = (
        select(BlockRow.id)
        .where(or_(col(BlockRow.neighbourhood_code).in_(here), col(BlockRow.id).in_(was_in)))
        .order_by(col(BlockRow.id))
    )
    return [block_id for block_id in session.exec(wanted) if block_id is not None]


def block_names(session: Session, block_ids: Collection[int]) -> dict[int, tuple[str, str]]:
    """The code of each of these blocks, and the name of the neighbourhood in which it lies."""
    wanted = (
        select(BlockRow.id, BlockRow.code, NeighbourhoodRow.name)
        .join(NeighbourhoodRow, col(BlockRow.neighbourhood_code) == col(NeighbourhoodRow.code))
        .where(col(BlockRow.id).in_(block_ids))
    )
    return {block_id: (code, name) for block_id, code, name in session.exec(wanted) if block_id}


def any_dwelling(session: Session) -> bool:
    """Whether there is at least one dwelling."""
    first = select(DwellingRow.id).where(col(DwellingRow.current)).limit(1)
    return session.exec(first).first() is not None


def latest_load(session: Session) -> UUID | None:
    """The token of the latest load."""
    newest = select(PlacesLoadRow.token).order_by(col(PlacesLoadRow.id).desc()).limit(1)
    return session.exec(newest).first()


_ADDRESS = (
    *(DwellingRow.bag_id, DwellingRow.postcode, DwellingRow.number, DwellingRow.letter),
    *(DwellingRow.addition, DwellingRow.street, DwellingRow.x, DwellingRow.y),
)


def town(session: Session) -> Town:
    """All that is known now, as a load needs it."""
    homes = columns(*_ADDRESS, BlockRow.code).join_from(
        DwellingRow, BlockRow, col(DwellingRow.block_id) == col(BlockRow.id)
    )
    rows = session.execute(homes.where(col(DwellingRow.current))).all()
    areas = session.exec(select(NeighbourhoodRow).where(col(NeighbourhoodRow.current)))
    drawn = session.execute(
        columns(BlockRow.code, BlockRow.wkb).where(col(BlockRow.current), col(BlockRow.supplied))
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
        past=_past_homes(session),
        token=latest_load(session),
    )


def _past_homes(session: Session) -> dict[str, list[str]]:
    """The dwellings that past blocks held last, by code; but for those that were supplied."""
    wanted = (
        columns(BlockRow.code, DwellingRow.bag_id)
        .select_from(PastHomeRow)
        .join(BlockRow, col(PastHomeRow.block_id) == col(BlockRow.id))
        .join(DwellingRow, col(PastHomeRow.dwelling_id) == col(DwellingRow.id))
        .where(col(BlockRow.supplied).is_(False))
    )
    found: defaultdict[str, list[str]] = defaultdict(list)
    for code, home in session.execute(wanted):
        found[code].append(home)
    return found
