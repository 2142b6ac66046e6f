import random
from dataclasses import replace
from functools import partial

import numpy as np
import shapely
from pytest import fixture, mark, raises

from signaal.errors import UnusableFile
from signaal.places import actions, store
from signaal.places.actions import (
    block_layer,
    block_successors,
    find_place,
    is_empty,
    street_names,
)
from signaal.places.model import AddressWords, PlaceFound
from tests.places.towns import (
    address,
    buurt,
    here,
    write_addresses,
    write_areas,
    write_blocks,
)

load_blocks = partial(actions.load_blocks, read=here)
load_dwellings = partial(actions.load_dwellings, read=here)
load_neighbourhoods = partial(actions.load_neighbourhoods, read=here)
load_town = partial(actions.load_town, read=here)

WEST = shapely.box(200_000, 500_000, 200_500, 500_500)
EAST = shapely.box(200_500, 500_000, 201_000, 500_500)
POSTCODES = ("8021AA", "8021AB", "8021AC", "8022AA", "8022AB")


def homes(count=120, *, seed=1, start=0):
    """Addresses along five streets, strewn over both neighbourhoods."""
    rng = random.Random(seed)  # noqa: S311 - an invented town
    return [
        address(
            n,
            200_000 + 200 * (n % 5) + rng.randint(1, 99),
            500_000 + rng.randint(1, 499),
            postcode=POSTCODES[n % 5],
            openbareruimte=f"Straat {n % 5}",
        )
        for n in range(start, start + count)
    ]


@fixture
def folder(tmp_path):
    write_areas(
        tmp_path / "neighbourhoods.gpkg", [buurt("BU01930101", WEST), buurt("BU01930102", EAST)]
    )
    write_addresses(tmp_path / "addresses.csv.gz", homes())
    return tmp_path


@fixture
def town(services, folder):
    load_town(services, folder)
    return services


def layer(services):
    with services.database.reading() as session:
        return block_layer(session)


def everything(services):
    """All rows of all tables of places, to see that nothing changed."""
    rows = (
        *(store.MunicipalityRow, store.DistrictRow, store.NeighbourhoodRow),
        *(store.BlockRow, store.DwellingRow, store.PastHomeRow, store.PlacesLoadRow),
    )
    with services.database.reading() as session:
        return [
            sorted(map(tuple, session.connection().execute(row.__table__.select())), key=str)
            for row in rows
        ]


def where(services, **words):
    with services.database.reading() as session:
        return find_place(session, AddressWords(**words))


def test_a_town_is_loaded_in_one_go(services, folder):
    heard = []
    report = load_town(
        services, folder, on_progress=lambda stage, part: heard.append((stage, part))
    )

    assert report.kept == {"neighbourhoods": 2, "dwellings": 120, "blocks": 5}
    assert not any(report.left_out.values())
    assert heard[0] == ("read", 0.5)
    assert heard[-1] == ("keep", 1.0)
    assert ("blocks", 1.0) in heard
    assert [block.dwellings for block in layer(services)] == [24] * 5
    assert {block.neighbourhood_code for block in layer(services)} == {"BU01930101", "BU01930102"}
    found = where(services, postcode="8021AA", number=1)
    assert isinstance(found, PlaceFound)
    assert found.dwelling_id is not None
    with services.database.reading() as session:
        assert street_names(session) == tuple(f"Straat {n}" for n in range(5))


def test_the_same_town_in_three_steps_gives_the_same_blocks(services, folder):
    load_neighbourhoods(services, folder / "neighbourhoods.gpkg")
    with services.database.reading() as session:
        assert is_empty(session)
    load_dwellings(services, folder / "addresses.csv.gz", on_progress=lambda _stage, _part: None)
    stepwise = [replace(block, id=0) for block in layer(services)]
    load_town(services, folder)

    assert [replace(block, id=0) for block in layer(services)] == stepwise


def test_loading_the_same_again_changes_nothing(town, folder):
    before = everything(town)[:-1]

    load_town(town, folder)
    load_neighbourhoods(town, folder / "neighbourhoods.gpkg")

    assert everything(town)[:-1] == before


def test_a_newer_file_keeps_ids_and_codes_and_forgets_what_is_gone(town, folder):
    before = {block.code: block.id for block in layer(town)}
    kept = where(town, postcode="8021AA", number=6)
    newer = write_addresses(folder / "newer.csv", homes(119)[1:] + homes(3, start=200))

    report = load_dwellings(town, newer)

    assert report.kept["dwellings"] == 121
    assert {block.code: block.id for block in layer(town)} == before
    assert where(town, postcode="8021AA", number=6) == kept
    assert where(town, postcode="8021AA", number=1).dwelling_id is None  # pulled down
    assert where(town, postcode="8021AA", number=201).dwelling_id is not None  # built


def test_a_block_that_is_gone_leaves_word_of_where_its_dwellings_went(town, folder):
    gone = {block.code: block.id for block in layer(town)}
    moved = [{**row, "postcode": "9999ZZ"} for row in homes()]

    load_dwellings(town, write_addresses(folder / "moved.csv", moved))
    now = {block.code: block.id for block in layer(town)}

    with town.database.reading() as session:
        successors = block_successors(session)
        for code in gone.keys() - now.keys():
            assert successors[gone[code]] in now.values()
    assert gone.keys() - now.keys()


def test_a_newer_map_of_neighbourhoods_moves_the_dwellings(town, folder):
    whole = write_areas(folder / "new.gpkg", [buurt("BU01930103", shapely.union(WEST, EAST))])

    report = load_neighbourhoods(town, whole)

    assert report.kept["dwellings"] == 120
    assert {block.neighbourhood_code for block in layer(town)} == {"BU01930103"}


def test_dwellings_outside_the_new_map_become_past_ones(town, folder):
    west = write_areas(folder / "west.gpkg", [buurt("BU01930101", WEST)])

    report = load_neighbourhoods(town, west, replace=True)

    gone = report.left_out["outside_every_neighbourhood"]
    assert 0 < gone < 120
    assert sum(block.dwellings for block in layer(town)) == 120 - gone


def test_only_one_municipality_is_taken_when_it_is_named(services, tmp_path):
    path = write_areas(tmp_path / "n.gpkg", [buurt("BU01930101", WEST), buurt("BU03630101", EAST)])

    assert load_neighbourhoods(services, path, municipality="GM0363").kept["neighbourhoods"] == 1
    with raises(UnusableFile, match="GM9999"):
        load_neighbourhoods(services, path, municipality="GM9999")


# -- a file that is not the whole town ------------------------------------------------------


def blocks_of(services):
    return {block.id: block.code for block in layer(services)}


def test_a_file_with_a_few_dwellings_does_not_wipe_the_town(town, folder):
    few = write_addresses(folder / "few.csv", homes(89))
    before = everything(town)

    with raises(UnusableFile) as refused:
        load_dwellings(town, few)
    dutch, english = str(refused.value).split(" / ")

    assert everything(town) == before
    assert dutch.startswith("few.csv: 31 van de 120 woningen")
    assert english.startswith("few.csv: 31 of the 120 dwellings")
    assert "--replace" in dutch
    assert "--replace" in english
    assert load_dwellings(town, write_addresses(few, homes(90))).kept["dwellings"] == 90


def test_a_map_without_half_of_the_town_does_not_wipe_it(town, folder):
    west = write_areas(folder / "west.gpkg", [buurt("BU01930101", WEST)])
    before = everything(town)

    with raises(UnusableFile, match="--replace"):
        load_neighbourhoods(town, west)

    assert everything(town) == before


@mark.parametrize("left", [1, 41])
def test_blocks_that_were_gone_come_back_with_their_rows_ids_and_codes(town, folder, left):
    before, rows = blocks_of(town), everything(town)[3:5]

    load_dwellings(town, write_addresses(folder / "few.csv", homes(left)), replace=True)
    assert blocks_of(town) != before
    load_dwellings(town, folder / "addresses.csv.gz")

    assert blocks_of(town) == before
    assert [row for row in everything(town)[3] if row[0] in before] == rows[0]
    assert everything(town)[4] == rows[1]
    with town.database.reading() as session:
        assert before.keys().isdisjoint(block_successors(session))


# -- own blocks -----------------------------------------------------------------------------

OWN = {
    "Noord": shapely.box(200_000, 500_250, 201_000, 500_500),
    "Zuid": shapely.box(200_000, 500_000, 201_000, 500_240),
    "Zee": shapely.box(100_000, 500_000, 100_100, 500_100),
}


@mark.parametrize("first", ["blocks", "dwellings"])
def test_own_blocks_replace_those_that_are_made_whatever_comes_first(services, folder, first):
    own = write_blocks(folder / "own.gpkg", OWN)
    load_neighbourhoods(services, folder / "neighbourhoods.gpkg")
    if first == "dwellings":
        load_dwellings(services, folder / "addresses.csv.gz")
    report = load_blocks(services, own)
    if first == "blocks":
        assert layer(services) == []  # no rates without dwellings
        report = report + load_dwellings(services, folder / "addresses.csv.gz")

    assert report.kept["blocks"] == 2
    assert report.left_out["block_outside_every_neighbourhood"] >= 1
    between = sum(500_240 < row["y"] < 500_250 for row in homes())
    assert report.mended.get("nearest_block", 0) == between
    found = {block.code: block.dwellings for block in layer(services)}
    assert found.keys() == {"Noord", "Zuid"}
    assert sum(found.values()) == 120


# -- refused --------------------------------------------------------------------------------


def refusals(folder):
    """Files that can't be taken in, each with the verb that should refuse it."""
    sea = [address(1, 100_050, 500_050)]
    return {
        "no neighbourhoods": (load_neighbourhoods, folder / "addresses.csv.gz"),
        "no addresses": (load_dwellings, folder / "neighbourhoods.gpkg"),
        "elsewhere": (load_dwellings, write_addresses(folder / "sea.csv", sea)),
        "no blocks": (load_blocks, folder / "neighbourhoods.gpkg"),
        "blocks at sea": (
            load_blocks,
            write_blocks(folder / "sea.gpkg", {"Zee": OWN["Zee"]}),
        ),
        "nothing": (load_town, folder / "nowhere"),
        "another town": (
            load_neighbourhoods,
            write_areas(folder / "n.gpkg", [buurt("BU03630101", OWN["Zee"])]),
        ),
    }


def test_a_refused_file_leaves_the_database_as_it_was(town, folder):
    before = everything(town)

    for name, (load, path) in refusals(folder).items():
        with raises(UnusableFile) as refused:
            load(town, path)
        assert " / " in str(refused.value), name
        assert everything(town) == before, name


def test_dwellings_before_neighbourhoods_are_refused(services, folder):
    with raises(UnusableFile, match="CBS"):
        load_dwellings(services, folder / "addresses.csv.gz")


def test_two_loads_at_once_do_not_mix(town, folder):
    def meanwhile(stage, part):
        if (stage, part) == ("keep", 0.0):
            load_neighbourhoods(town, folder / "neighbourhoods.gpkg")

    with raises(UnusableFile, match="meanwhile"):
        load_dwellings(town, folder / "addresses.csv.gz", on_progress=meanwhile)


def test_every_dwelling_lies_in_the_polygon_of_its_block(town):
    shapes = {block.code: shapely.from_wkb(block.wkb) for block in layer(town)}
    with town.database.reading() as session:
        known = store.town(session)
    points = shapely.points([(home.x, home.y) for home in known.dwellings])
    own = np.array([shapes[known.before[home.bag_id]] for home in known.dwellings])

    assert shapely.intersects(own, points).all()
    assert abs(shapely.union_all(list(shapes.values())).area - 500_000) < 1e-3
    assert abs(sum(shape.area for shape in shapes.values()) - 500_000) < 1e-3
