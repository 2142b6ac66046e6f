from pytest import fixture, mark
from sqlalchemy import event

from signaal.places.actions import (
    area_of_postcode4,
    block_layer,
    find_place,
    is_empty,
    neighbourhood_name,
    street_names,
)
from signaal.places.model import (
    AddressWords,
    PlaceFound,
    PlaceReason,
    PlaceUnclear,
    street_key,
    suffix_of,
)
from signaal.places.store import (
    BlockRow,
    DistrictRow,
    DwellingRow,
    MunicipalityRow,
    NeighbourhoodRow,
)

HOMES = [
    # postcode, number, letter, addition, street, block
    ("8021AC", 14, "", "1", "Pieter Steynstraat", 1),
    ("8021AC", 14, "", "2", "Pieter Steynstraat", 1),
    ("8021AC", 16, "A", "", "Pieter Steynstraat", 1),
    ("8021AC", 16, "", "", "Pieter Steynstraat", 1),
    ("8021AD", 1, "", "HS", "Kerkstraat", 1),
    ("8021AD", 1, "", "1", "Kerkstraat", 2),
    ("8021AD", 3, "", "", "Kerkstraat", 2),
    ("8022ZZ", 3, "", "", "Kerkstraat", 3),
    ("8022ZZ", 5, "B", "2", "’t Hööfdlaan", 3),
]


@fixture
def town(database):
    with database.session() as session, session.begin():
        session.add(MunicipalityRow(code="GM0193", name="Voorbeeldstad"))
        session.flush()
        session.add(DistrictRow(code="WK019301", name="Oost", municipality_code="GM0193"))
        session.flush()
        for code, name in (("BU01930101", "Molenbuurt"), ("BU01930102", "Spoorzicht")):
            session.add(
                NeighbourhoodRow(code=code, name=name, district_code="WK019301", wkb=b"\x00")
            )
        session.flush()
        for id_, area in ((1, "BU01930101"), (2, "BU01930101"), (3, "BU01930102")):
            session.add(
                BlockRow(
                    id=id_,
                    code=f"{area}-{id_}",
                    neighbourhood_code=area,
                    dwellings=12,
                    small=False,
                    wkb=b"\x01",
                )
            )
        session.flush()
        for n, (postcode, number, letter, addition, street, block) in enumerate(HOMES, start=1):
            session.add(
                DwellingRow(
                    id=n,
                    bag_id=f"{n:016d}",
                    postcode=postcode,
                    number=number,
                    letter=letter,
                    addition=addition,
                    suffix=suffix_of(letter, addition),
                    street=street,
                    street_key=street_key(street),
                    x=0.0,
                    y=0.0,
                    neighbourhood_code="BU01930102" if block == 3 else "BU01930101",
                    block_id=block,
                )
            )
    return database


def asked(town, **words):
    with town.reading() as session:
        return find_place(session, AddressWords(**words))


@mark.parametrize(
    ("words", "block", "dwelling"),
    [
        ({"postcode": "8021AC", "number": 14, "addition": "2"}, 1, 2),
        ({"postcode": "8021 ac", "number": 14, "addition": "II"}, 1, 2),
        ({"postcode": "8021AC", "number": 14, "addition": "2 hoog"}, 1, 2),
        ({"postcode": "8021AC", "number": 14}, 1, None),
        ({"postcode": "8021AC", "number": 14, "addition": "99"}, 1, None),
        ({"postcode": "8021AC", "number": 16}, 1, 4),
        ({"postcode": "8021AC", "number": 16, "letter": "a"}, 1, 3),
        ({"postcode": "8021AC", "number": 16, "addition": "A"}, 1, 3),
        ({"postcode": "8021AC", "number": 999}, 1, None),
        ({"postcode": "8021AC"}, 1, None),
        ({"postcode": "8021AD", "number": 1, "addition": "huis"}, 1, 5),
        ({"postcode": "8021AD", "number": 1, "addition": "I"}, 2, 6),
        ({"postcode": "8022ZZ", "number": 5, "letter": "b", "addition": "2"}, 3, 9),
        ({"postcode": "8022ZZ", "number": 5}, 3, 9),
        ({"street": "Pieter Steynstraat", "number": 16}, 1, 4),
        ({"street": "pieter steynstr.", "number": 16, "letter": "A"}, 1, 3),
        ({"street": "t Hoofdlaan", "number": 5}, 3, 9),
        ({"street": "Pieter Steynstraat"}, 1, None),
        ({"postcode": "9999ZZ", "street": "Pieter Steynstraat", "number": 16}, 1, 4),
    ],
)
def test_words_lead_to_a_block_and_where_they_can_to_a_dwelling(town, words, block, dwelling):
    found = asked(town, **words)

    assert isinstance(found, PlaceFound)
    assert (found.block_id, found.dwelling_id) == (block, dwelling)
    assert found.block_code == f"{found.neighbourhood_code}-{block}"
    assert found.district_code == "WK019301"


@mark.parametrize(
    ("words", "reason"),
    [
        ({}, PlaceReason.NOTHING_SAID),
        ({"number": 14}, PlaceReason.NOTHING_SAID),
        ({"street": "…!"}, PlaceReason.NOTHING_SAID),
        ({"postcode": "9999ZZ", "number": 1}, PlaceReason.UNKNOWN_POSTCODE),
        ({"postcode": "8021"}, PlaceReason.UNKNOWN_POSTCODE),
        ({"postcode": "9999ZZ", "street": "Nergenslaan"}, PlaceReason.UNKNOWN_POSTCODE),
        ({"postcode": "8021AD"}, PlaceReason.NUMBER_MISSING),
        ({"postcode": "8021AD", "number": 77}, PlaceReason.UNKNOWN_NUMBER),
        ({"postcode": "8021AD", "number": 10**30}, PlaceReason.UNKNOWN_NUMBER),
        ({"postcode": "8021AD", "number": 1}, PlaceReason.ADDITION_MISSING),
        ({"street": "Nergenslaan", "number": 1}, PlaceReason.UNKNOWN_STREET),
        ({"street": "Kerkstraat"}, PlaceReason.NUMBER_MISSING),
        ({"street": "Kerkstraat", "number": 3}, PlaceReason.SEVERAL_STREETS),
        ({"street": "Kerkstraat", "number": 77}, PlaceReason.UNKNOWN_NUMBER),
    ],
)
def test_words_that_fit_no_block_or_several_say_why(town, words, reason):
    assert asked(town, **words) == PlaceUnclear(reason)


def test_an_address_is_found_with_one_statement(town):
    seen = []
    event.listen(town.engine, "before_cursor_execute", lambda *heard: seen.append(heard[2]))

    asked(town, postcode="8021AC", number=14, addition="2")

    assert len([sql for sql in seen if sql.startswith("SELECT")]) == 1


def test_readers_tell_blocks_streets_and_names(town):
    with town.reading() as session:
        layer = block_layer(session)
        assert [block.id for block in layer] == [1, 2, 3]
        assert layer[2].code == "BU01930102-3"
        assert layer[2].district_name == "Oost"
        assert area_of_postcode4(session, "8021") == "Molenbuurt"
        assert area_of_postcode4(session, "8022") == "Spoorzicht"
        assert area_of_postcode4(session, "1000") is None
        assert neighbourhood_name(session, 3) == "Spoorzicht"
        assert neighbourhood_name(session, 4) is None
        assert not is_empty(session)


def test_a_new_installation_is_empty(database):
    with database.reading() as session:
        assert is_empty(session)
        assert block_layer(session) == []
        assert street_names(session) == ()
