"""Where an address lies, and which blocks there are."""

from collections.abc import Collection, Sequence
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from signaal.db import Session
from signaal.places import geometry, store
from signaal.places.model import (
    HIGHEST_NUMBER,
    AddressWords,
    Block,
    Candidate,
    PlaceFound,
    PlaceReason,
    PlaceUnclear,
    floor_of,
    postcode_of,
    street_key,
    suffix_of,
)

REMEMBERED_LOADS = 4
_streets: dict[UUID, tuple[str, ...]] = {}


def find_place(session: Session, words: AddressWords) -> PlaceFound | PlaceUnclear:
    """The block that these words mean, and the dwelling where they say which.

    A postcode goes before a street; a street still helps where the postcode doesn't exist.
    """
    postcode = postcode_of(words.postcode)
    street = street_key(words.street or "")
    found: PlaceFound | PlaceUnclear = PlaceUnclear(PlaceReason.NOTHING_SAID)
    if postcode or words.postcode:
        found = _along(session, words, postcode=postcode or "", street=None)
        if not street or not _is_unknown(found):
            return found
    by_street = _along(session, words, postcode=None, street=street) if street else found
    return found if _is_unknown(found) and isinstance(by_street, PlaceUnclear) else by_street


def _is_unknown(found: PlaceFound | PlaceUnclear) -> bool:
    return found == PlaceUnclear(PlaceReason.UNKNOWN_POSTCODE)


def _along(
    session: Session, words: AddressWords, *, postcode: str | None, street: str | None
) -> PlaceFound | PlaceUnclear:
    """Looks for the number first; without it, for a postcode or street within one block."""
    if words.number is not None and 0 < words.number <= HIGHEST_NUMBER:
        homes = store.candidates(session, number=words.number, postcode=postcode, street=street)
        if homes:
            return _choose(homes, suffix=suffix_of(words.letter, words.addition))
    places = store.places_along(session, postcode=postcode, street=street)
    if len(places) == 1:
        return places[0]
    if places:
        missing = words.number is None
        return PlaceUnclear(PlaceReason.NUMBER_MISSING if missing else PlaceReason.UNKNOWN_NUMBER)
    by_postcode = postcode is not None
    return PlaceUnclear(PlaceReason.UNKNOWN_POSTCODE if by_postcode else PlaceReason.UNKNOWN_STREET)


def _choose(homes: Sequence[Candidate], *, suffix: str) -> PlaceFound | PlaceUnclear:
    """The one home that is meant; else their block, where they share one."""
    exact = [home for home in homes if home.suffix == suffix]
    loose = [home for home in homes if floor_of(home.suffix) == floor_of(suffix)]
    for meant in (exact, loose, homes):
        if len(meant) == 1:
            return meant[0].place
    meant = exact or loose or homes
    if len({home.place.block_id for home in meant}) == 1:
        return _only_block(meant[0].place)
    if len({home.place.neighbourhood_code for home in meant}) > 1:
        return PlaceUnclear(PlaceReason.SEVERAL_STREETS)
    return PlaceUnclear(PlaceReason.ADDITION_MISSING)


def _only_block(place: PlaceFound) -> PlaceFound:
    return PlaceFound(
        block_id=place.block_id,
        block_code=place.block_code,
        dwelling_id=None,
        neighbourhood_code=place.neighbourhood_code,
        neighbourhood_name=place.neighbourhood_name,
        district_code=place.district_code,
    )


def block_layer(session: Session) -> list[Block]:
    """All blocks in force, in order of id."""
    return store.blocks(session)


def block_borders(blocks: Sequence[Block]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Which blocks lie beside which: those with a piece of border in common.

    A block without any such neighbour (an island, say) gets its nearest.

    Args:
        blocks: Any blocks, in any order.

    Returns:
        The places in `blocks` of both sides, the lower first, each pair once; shape (pairs,) each.
    """
    return geometry.borders_between([block.wkb for block in blocks])


def block_centres(blocks: Sequence[Block]) -> NDArray[np.float64]:
    """The centre of each block, metres east and north (EPSG:28992), shape (blocks, 2)."""
    return geometry.centres_of([block.wkb for block in blocks])


def block_successors(session: Session) -> dict[int, int]:
    """For each past block, the block that took most of its dwellings."""
    return store.successors(session)


def street_names(session: Session) -> tuple[str, ...]:
    """All streets of the town, read anew only after a load."""
    token = store.latest_load(session)
    names = _streets.get(token) if token else None
    if names is None:
        names = store.street_names(session)
        if len(_streets) >= REMEMBERED_LOADS:
            _streets.clear()
        if token:
            _streets[token] = names
    return names


def district_names(session: Session) -> dict[str, str]:
    """The name of each district in force by its code, in order of name."""
    return store.district_names(session)


def area_of_postcode4(session: Session, digits: str) -> str | None:
    """The name of the neighbourhood that holds most dwellings of a four-digit postcode."""
    return store.area_of_postcode4(session, digits)


def areas_of_blocks(session: Session, block_ids: Collection[int]) -> dict[int, tuple[str, str]]:
    """The codes of the neighbourhood and the district in which each of these blocks lies."""
    return store.areas_of_blocks(session, block_ids)


def blocks_within(session: Session, districts: Collection[str]) -> list[int]:
    """The ids of all blocks in these districts, past ones too."""
    return store.blocks_within(session, districts)


def blocks_around(session: Session, dwelling_id: int) -> list[int]:
    """The ids of all blocks in a dwelling's neighbourhood, past ones too, and of those it was in.

    What was reported before a load of places still speaks of the blocks of that time.
    """
    return store.blocks_around(session, dwelling_id)


def block_names(session: Session, block_ids: Collection[int]) -> dict[int, tuple[str, str]]:
    """The code of each of these blocks, and the name of the neighbourhood in which it lies."""
    return store.block_names(session, block_ids)


def neighbourhood_name(session: Session, block_id: int) -> str | None:
    """The name of the neighbourhood in which a block lies."""
    return store.neighbourhood_name(session, block_id)


def district_of_neighbourhood(session: Session, name: str) -> str | None:
    """The code of the district of the neighbourhood with this name; None when there are several."""
    codes = store.districts_of_neighbourhood(session, name)
    return codes.pop() if len(codes) == 1 else None


def is_empty(session: Session) -> bool:
    """Whether no dwelling has been loaded yet."""
    return not store.any_dwelling(session)
