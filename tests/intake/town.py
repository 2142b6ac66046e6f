"""A small town for tests of intake: two neighbourhoods, four blocks, some front doors."""

from datetime import UTC, datetime
from uuid import uuid4

from signaal.places.model import street_key, suffix_of
from signaal.places.store import (
    BlockRow,
    DistrictRow,
    DwellingRow,
    MunicipalityRow,
    NeighbourhoodRow,
    PlacesLoadRow,
)

HOMES = {
    "8021AC": ("Rozenstraat", range(2, 30, 2), "BU01930101"),
    "8021AB": ("Tulpstraat", range(1, 20, 2), "BU01930101"),
    "8022BX": ("Kerkplein", range(1, 12), "BU01930102"),
    "8022BZ": ("Kerkplein", range(12, 24), "BU01930102"),
}


def build_town(services) -> dict[str, int]:
    with services.database.session() as session, session.begin():
        session.add(MunicipalityRow(code="GM0193", name="Lindestad"))
        session.flush()
        session.add(DistrictRow(code="WK019301", name="Noord", municipality_code="GM0193"))
        session.flush()
        for code, name in (("BU01930101", "Rozenbuurt"), ("BU01930102", "Lindebuurt")):
            session.add(NeighbourhoodRow(code=code, name=name, district_code="WK019301", wkb=b""))
        session.flush()
        session.add(PlacesLoadRow(token=uuid4(), what="dwellings", loaded_at=datetime.now(tz=UTC)))
        blocks = {postcode: _block(session, postcode) for postcode in HOMES}
        _add_home(session, "8021AC", 99, block_id=blocks["8021AC"], letter="A")
        _add_home(session, "8021AC", 99, block_id=blocks["8021AB"], letter="B")
        return blocks


def _block(session, postcode) -> int:
    _street, numbers, neighbourhood = HOMES[postcode]
    block = BlockRow(
        code=f"{neighbourhood}-{postcode}",
        neighbourhood_code=neighbourhood,
        dwellings=len(numbers),
        small=False,
        wkb=b"",
    )
    session.add(block)
    session.flush()
    for number in numbers:
        _add_home(session, postcode, number, block_id=block.id)
    return block.id


def _add_home(session, postcode, number, *, block_id, letter="") -> None:
    street, _, neighbourhood = HOMES[postcode]
    session.add(
        DwellingRow(
            bag_id=f"{postcode}{number:09}{letter or 0}",
            postcode=postcode,
            number=number,
            letter=letter,
            addition="",
            suffix=suffix_of(letter, ""),
            street=street,
            street_key=street_key(street),
            x=0.0,
            y=0.0,
            neighbourhood_code=neighbourhood,
            block_id=block_id,
        )
    )
