"""A real town through the front door: 71,888 addresses of Zwolle, or an invented town instead."""

from dataclasses import dataclass
from pathlib import Path

import geopandas
import numpy as np
import pandas as pd
import shapely
from pytest import fixture, mark
from scipy.spatial import cKDTree
from sqlalchemy import text

from signaal.intake.actions import take_in_sms
from signaal.places import store
from signaal.places.actions import (
    block_layer,
    find_place,
    load_dwellings,
    load_neighbourhoods,
)
from signaal.places.geometry import places_of
from signaal.places.model import AddressWords, PlaceFound
from signaal.ports import InboundText
from tests.places.towns import address, buurt, write_addresses, write_areas, write_bag_light

ZWOLLE = Path(__file__).parents[3] / "shared" / "data" / "zwolle"
SOURCE = "zwolle" if ZWOLLE.is_dir() else "invented"
SMALLER_PART = 4_000
"""Addresses for PostgreSQL: enough for some hundred blocks."""


@dataclass(frozen=True)
class Town:
    neighbourhoods: list
    districts: list
    postcodes: list
    centres: np.ndarray
    points: np.ndarray


def zwolle() -> Town:
    buurten = geopandas.read_file(ZWOLLE / "zwolle_buurten_labelled_28992.gpkg")
    wijken = geopandas.read_file(ZWOLLE / "zwolle_wijken_labelled_28992.gpkg")
    centres = pd.read_csv(ZWOLLE / "zwolle_postcode6_latlon.csv")
    placed = geopandas.points_from_xy(centres.longitude, centres.latitude, crs=4326)
    return Town(
        neighbourhoods=[{**row, "water": "NEE"} for row in buurten.to_dict("records")],
        districts=wijken.to_dict("records"),
        postcodes=centres.postcode.tolist(),
        centres=shapely.get_coordinates(placed.to_crs(28992)),
        points=pd.read_csv(ZWOLLE / "zwolle_address_points_28992.csv.gz").to_numpy(),
    )


def invented() -> Town:
    """Nine slanting neighbourhoods, 9,000 addresses, some stacked, 300 postcodes."""
    rng = np.random.default_rng(193)
    corner = lambda i, j: (200_000 + 700 * i + 90 * j, 500_000 + 700 * j - 60 * i)  # noqa: E731
    shapes = {
        f"BU019301{i}{j}": shapely.Polygon(
            [corner(i, j), corner(i + 1, j), corner(i + 1, j + 1), corner(i, j + 1)]
        )
        for i in range(3)
        for j in range(3)
    }
    points = rng.uniform((200_000, 499_800), (202_500, 502_200), (16_000, 2)).round(1)
    inside = shapely.intersects_xy(shapely.union_all(list(shapes.values())), *points.T)
    points = points[inside][:9_000]
    points[::50] = points[1::50]
    letters = "ABCDEFGHJKLMNPRSTVWXZ"
    return Town(
        neighbourhoods=[buurt(code, shape) for code, shape in shapes.items()],
        districts=[],
        postcodes=[f"80{21 + n // 100}{letters[n // 20 % 5]}{letters[n % 20]}" for n in range(300)],
        centres=points[rng.choice(len(points), 300, replace=False)],
        points=points,
    )


@fixture(scope="module")
def town(request) -> Town:
    return zwolle() if request.param == "zwolle" else invented()


def addresses(town, count=None):
    """Official rows: the postcode of the nearest centre, invented numbers and ids."""
    nearest = cKDTree(town.centres).query(town.points)[1]
    return [
        address(n, float(x), float(y), postcode=town.postcodes[k], openbareruimte=f"Straat {k}")
        for n, ((x, y), k) in enumerate(zip(town.points[:count], nearest, strict=False))
    ]


def area_file(town, folder):
    return write_areas(folder / "wijkenbuurten.gpkg", town.neighbourhoods, town.districts)


@mark.parametrize("town", [SOURCE], indirect=True)
@mark.parametrize("database", ["sqlite"], indirect=True)
def test_all_addresses_of_a_town_lie_in_blocks_that_tile_its_neighbourhoods(
    services, town, tmp_path
):
    rows = addresses(town)

    load_neighbourhoods(services, area_file(town, tmp_path))
    report = load_dwellings(services, write_addresses(tmp_path / "addresses.csv.gz", rows))

    assert report.kept["dwellings"] == len(town.points)
    assert not any(report.left_out.values())
    assert len(town.points) == (71_888 if SOURCE == "zwolle" else 9_000)
    check_town(services)
    check_postcodes(services, town, rows)
    check_messages(services, town, rows)


def check_town(services):
    with services.database.reading() as session:
        layer = block_layer(session)
        known = store.town(session)
    shapes = shapely.from_wkb([block.wkb for block in layer])
    assert shapely.is_valid(shapes).all()
    assert all(10 <= block.dwellings <= 150 for block in layer if not block.small)
    assert sum(block.dwellings for block in layer) == len(known.dwellings)

    place = {block.code: n for n, block in enumerate(layer)}
    own = np.array([place[known.before[home.bag_id]] for home in known.dwellings])
    spots = [(home.x, home.y) for home in known.dwellings]
    points = shapely.points(spots)
    assert shapely.intersects(shapes[own], points).all()
    # The index agrees, but for towers: on one point, yet in two blocks that meet there.
    located = np.array(places_of(spots, polygons=[block.wkb for block in layer]))
    differs = np.flatnonzero(located != own)
    assert shapely.touches(shapes[own[differs]], points[differs]).all()

    for area in known.neighbourhoods:
        whole = shapely.from_wkb(area.wkb)
        parts = shapes[[block.neighbourhood_code == area.code for block in layer]]
        if len(parts):
            assert abs(shapely.area(parts).sum() - whole.area) < 0.01, area.code  # no overlap
            assert shapely.difference(whole, shapely.union_all(parts)).area < 0.01  # no gap
            assert shapely.coverage_is_valid(parts), area.code


def check_postcodes(services, town, rows):
    """A message with a real postcode ends in the block of the address nearest to its centre."""
    nearest = cKDTree(town.points).query(town.centres)[1]
    with services.database.reading() as session:
        layer = {block.id: shapely.from_wkb(block.wkb) for block in block_layer(session)}
        for centre in range(0, len(town.postcodes), 20):
            row = rows[nearest[centre]]
            if row["postcode"] != town.postcodes[centre]:
                continue  # another centre is nearer to that address
            words = AddressWords(postcode=row["postcode"], number=row["huisnummer"])
            found = find_place(session, words)
            assert isinstance(found, PlaceFound)
            assert found.dwelling_id is not None
            assert shapely.intersects_xy(layer[found.block_id], row["x"], row["y"])


def check_messages(services, town, rows):
    """A text message with a real postcode ends in the block where the postcode's centre lies."""
    nearest = cKDTree(town.points).query(town.centres)[1]
    with services.database.reading() as session:
        layer = block_layer(session)
    blocks = np.array([block.id for block in layer])
    at_centre = np.array(places_of(town.centres.tolist(), polygons=[b.wkb for b in layer]))
    tried = [
        centre
        for centre in range(0, len(town.postcodes), 40)
        if rows[nearest[centre]]["postcode"] == town.postcodes[centre] and at_centre[centre] >= 0
    ]
    assert len(tried) >= len(town.postcodes) // 80
    for centre in tried:
        number = rows[nearest[centre]]["huisnummer"]
        take_in_sms(
            services,
            InboundText(
                provider_sid=f"SM{centre}",
                from_number=f"+316{centre:08d}",
                to_number=services.settings.line_number,
                body=f"{town.postcodes[centre]} {number} al weken herrie 's nachts",
                received_at=services.clock.now(),
            ),
        )
    with services.database.reading() as session:
        placed = session.connection().execute(text("SELECT block_id FROM report ORDER BY id"))
        assert list(placed.scalars()) == blocks[at_centre[tried]].tolist()


@mark.parametrize("town", ["invented"], indirect=True)
@mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_part_of_the_town_goes_into_postgresql_as_bag_light(services, town, tmp_path):
    rows = addresses(town, SMALLER_PART)

    load_neighbourhoods(services, area_file(town, tmp_path))
    report = load_dwellings(services, write_bag_light(tmp_path / "bag-light.gpkg", rows))

    assert report.kept["dwellings"] == len(rows)
    check_town(services)
