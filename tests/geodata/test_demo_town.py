"""Lindestad: is it the town that its script makes, in the shapes in which real towns come?"""

import csv
import gzip
import re
import subprocess
import sys
import tomllib
from collections import Counter

import geopandas
import numpy as np
import phonenumbers
import pyogrio
import pytest
import shapely
from pyproj import Transformer

from signaal.oncall.actions.rota import read_rota
from signaal.resources import GEODATA
from signaal.settings import Settings

DEMO = GEODATA / "demo"
GENERATED = ("neighbourhoods.gpkg", "addresses.csv.gz", "reports.csv.gz", "truths.toml")
HIGHEST_REAL_MUNICIPALITY = 1999
OFFICIAL_NEIGHBOURHOOD_COLUMNS = {
    "buurtcode", "buurtnaam", "wijkcode", "gemeentecode", "gemeentenaam", "water",
    "meest_voorkomende_postcode", "aantal_inwoners", "aantal_huishoudens", "woningvoorraad",
    "indelingswijziging_wijken_en_buurten", "oppervlakte_land_in_ha", "jrstatcode", "jaar",
}  # fmt: skip
NLEXTRACT_COLUMNS = (
    "openbareruimte", "huisnummer", "huisletter", "huisnummertoevoeging", "postcode", "woonplaats",
    "gemeente", "provincie", "object_id", "object_type", "nevenadres", "x", "y", "lon", "lat",
)  # fmt: skip


def table(path):
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


def toml(path):
    return tomllib.loads(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def neighbourhoods():
    return geopandas.read_file(DEMO / "neighbourhoods.gpkg", layer="buurten")


@pytest.fixture(scope="module")
def addresses():
    return table(DEMO / "addresses.csv.gz")


@pytest.fixture(scope="module")
def dwellings(addresses):
    return [
        row
        for row in addresses
        if row["nevenadres"] == "f" and "woonfunctie" in row["verblijfsobjectgebruiksdoel"]
    ]


def test_the_committed_files_are_what_the_script_makes(tmp_path):
    script = GEODATA / "make_demo_town.py"
    subprocess.run([sys.executable, str(script), str(tmp_path)], check=True, capture_output=True)

    for name in ("addresses.csv.gz", "reports.csv.gz"):
        assert gzip.decompress((tmp_path / name).read_bytes()) == gzip.decompress(
            (DEMO / name).read_bytes()
        )
    assert (tmp_path / "truths.toml").read_text() == (DEMO / "truths.toml").read_text()
    for layer in ("gemeenten", "wijken", "buurten"):
        ours = geopandas.read_file(DEMO / "neighbourhoods.gpkg", layer=layer)
        made = geopandas.read_file(tmp_path / "neighbourhoods.gpkg", layer=layer)
        assert ours.drop(columns="geometry").equals(made.drop(columns="geometry"))
        assert (ours.geometry.to_wkb() == made.geometry.to_wkb()).all()


def test_a_packed_file_carries_no_time_of_packing():
    for path in DEMO.glob("*.gz"):
        assert path.read_bytes()[4:8] == bytes(4)


def test_all_files_together_stay_small():
    assert sum(path.stat().st_size for path in GEODATA.rglob("demo/*")) < 2_000_000


def test_every_file_has_a_source_and_a_licence():
    sources = toml(GEODATA / "SOURCES.toml")["sources"]

    assert {entry["file"] for entry in sources} == {
        path.relative_to(GEODATA).as_posix() for path in DEMO.iterdir()
    }
    assert {entry["licence"] for entry in sources} == {"CC0-1.0"}
    assert all(GEODATA.joinpath(entry["script"]).exists() for entry in sources if "script" in entry)


def test_the_neighbourhood_file_has_the_official_layers_and_columns(neighbourhoods):
    layers = pyogrio.list_layers(DEMO / "neighbourhoods.gpkg")[:, 0]

    assert list(layers) == ["gemeenten", "wijken", "buurten"]
    assert set(neighbourhoods.columns) >= OFFICIAL_NEIGHBOURHOOD_COLUMNS
    assert neighbourhoods.crs.to_epsg() == 28992


def test_four_districts_and_fourteen_neighbourhoods_make_one_municipality(neighbourhoods):
    land = neighbourhoods[neighbourhoods.water == "NEE"]

    assert land.buurtcode.nunique() == 14
    assert land.wijkcode.nunique() == 4
    assert set(neighbourhoods.gemeentecode) == {"GM9021"}
    assert all(land.wijkcode.str[2:] == land.buurtcode.str[2:8])


def test_no_code_belongs_to_a_real_municipality(neighbourhoods):
    for column in ("buurtcode", "wijkcode", "gemeentecode"):
        digits = neighbourhoods[column].str[2:6].astype(int)
        assert (digits > HIGHEST_REAL_MUNICIPALITY).all()


def test_the_file_holds_the_traps_of_real_files(neighbourhoods):
    water = neighbourhoods[neighbourhoods.water == "JA"]

    assert len(water) == 1
    assert (water.aantal_inwoners == -99997).all()
    assert (neighbourhoods.gemiddelde_woningwaarde == -99995).all()


def test_neighbourhoods_and_water_tile_the_municipality(neighbourhoods):
    shapes = list(neighbourhoods.geometry)
    town = geopandas.read_file(DEMO / "neighbourhoods.gpkg", layer="gemeenten").union_all()

    assert all(shapely.is_valid(shapes))
    assert shapely.coverage_is_valid(shapes)
    assert sum(shape.area for shape in shapes) == pytest.approx(town.area, rel=1e-9)


def test_about_twelve_thousand_dwellings_stand_in_their_neighbourhoods(neighbourhoods, dwellings):
    assert 11_000 < len(dwellings) < 13_000
    spots = geopandas.GeoSeries.from_xy(
        [float(row["x"]) for row in dwellings], [float(row["y"]) for row in dwellings], crs=28992
    )
    land = neighbourhoods[neighbourhoods.water == "NEE"].reset_index(drop=True)
    inside, place = land.sindex.query(spots, predicate="within")

    assert sorted(inside) == list(range(len(dwellings)))
    assert Counter(place) == dict(land.woningvoorraad)


def test_two_neighbourhoods_are_too_small_for_a_block_of_ten(neighbourhoods):
    land = neighbourhoods[neighbourhoods.water == "NEE"]

    assert (land.woningvoorraad < 10).sum() == 2


def test_the_address_file_has_the_columns_of_nlextract(addresses):
    assert set(addresses[0]) >= set(NLEXTRACT_COLUMNS)
    assert {row["object_type"] for row in addresses} == {"VBO", "LIG"}
    assert {row["nevenadres"] for row in addresses} == {"f", "t"}


def test_ids_are_sixteen_digits_that_begin_with_zeros(addresses):
    pattern = {"VBO": r"000001\d{10}", "LIG": r"000002\d{10}"}
    assert all(re.fullmatch(pattern[row["object_type"]], row["object_id"]) for row in addresses)
    main = [row["object_id"] for row in addresses if row["nevenadres"] == "f"]
    assert len(set(main)) == len(main)


def test_postcodes_are_as_registers_write_them_and_stay_in_one_street(addresses):
    assert all(re.fullmatch(r"802[1-4][A-Z]{2}", row["postcode"]) for row in addresses)
    assert not {row["postcode"][4:] for row in addresses} & {"SA", "SD", "SS"}
    streets = {(row["postcode"], row["openbareruimte"]) for row in addresses}
    assert len(streets) == len({postcode for postcode, _ in streets})


def test_most_postcodes_hold_fifteen_to_forty_homes(dwellings):
    sizes = np.array(list(Counter(row["postcode"] for row in dwellings).values()))

    assert len(sizes) > 400
    assert np.mean((sizes >= 10) & (sizes <= 42)) > 0.95


def test_no_two_homes_share_an_address_or_a_spot(dwellings):
    keys = [
        (row["postcode"], row["huisnummer"], row["huisletter"], row["huisnummertoevoeging"])
        for row in dwellings
    ]
    assert len(set(keys)) == len(keys)
    assert len({(row["x"], row["y"]) for row in dwellings}) == len(dwellings)


def test_the_address_that_the_stories_speak_of_exists(dwellings):
    found = {
        row["huisletter"] + row["huisnummertoevoeging"]
        for row in dwellings
        if row["postcode"] == "8021AC" and row["huisnummer"] == "14"
    }
    assert found == {"", "II"}


def test_house_numbers_come_with_letters_and_additions(dwellings):
    assert {row["huisletter"] for row in dwellings} >= {"", "A", "B"}
    assert {row["huisnummertoevoeging"] for row in dwellings} >= {"", "hs", "II", "III"}


def test_some_street_names_differ_by_a_little_only(dwellings):
    streets = {row["openbareruimte"] for row in dwellings}
    assert streets >= {"Rozenlaan", "Rozenstraat", "Kolenstraat", "Korenstraat"}
    assert streets >= {"Lijsterstraat", "Lijsterbesstraat", "Lange Hoogstraat", "Korte Hoogstraat"}


def test_degrees_and_metres_point_at_the_same_spot(addresses):
    to_degrees = Transformer.from_crs("EPSG:28992", "EPSG:4326", always_xy=True)
    for row in addresses[::997]:
        lon, lat = to_degrees.transform(float(row["x"]), float(row["y"]))
        assert (float(row["lon"]), float(row["lat"])) == pytest.approx((lon, lat), abs=2e-6)


def test_three_corporations_and_two_care_providers_work_in_streets_that_exist(
    dwellings, neighbourhoods
):
    organisations = toml(DEMO / "organisations.toml")
    complexes = [one for owner in organisations["corporations"] for one in owner["complexes"]]
    owned = [street for one in complexes for street in one.get("streets", ())]
    apart = [postcode for one in complexes for postcode in one.get("postcodes", ())]

    assert len(organisations["corporations"]) == 3
    assert len(organisations["care_providers"]) == 2
    assert len(set(owned)) == len(owned)
    assert set(owned) <= {row["openbareruimte"] for row in dwellings}
    assert set(apart) <= {row["postcode"] for row in dwellings}
    assert not {row["openbareruimte"] for row in dwellings if row["postcode"] in apart} & set(owned)
    areas = {code for provider in organisations["care_providers"] for code in provider["works_in"]}
    assert areas <= set(neighbourhoods.buurtcode)


def test_the_rota_rings_numbers_that_a_telephone_can_dial():
    rota = toml(DEMO / "rota.toml")
    people = {person["id"] for person in rota["people"]}
    numbers = [rota["day"]["number"], rota["fallback"]["number"]]
    numbers += [person["number"] for person in rota["people"]]

    assert all(phonenumbers.is_possible_number(phonenumbers.parse(number)) for number in numbers)
    assert len(set(numbers)) == len(numbers)
    assert all(week and set(week) <= people for week in rota["night"]["weeks"])
    assert read_rota(DEMO / "rota.toml", line_number=Settings().line_number)
