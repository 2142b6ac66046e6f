import gzip
import os
import socket
import sqlite3
import subprocess
import sys
from functools import partial

import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest import fixture, mark, raises

from signaal.errors import UnusableFile
from signaal.places import files
from signaal.places.files.addresses import addresses_in
from signaal.places.files.child import answer_to
from signaal.places.files.fence import ROOT, read_in_child
from signaal.places.files.tally import Tally
from signaal.places.model import Dwelling
from tests.places.towns import (
    NLEXTRACT,
    address,
    alter,
    buurt,
    here,
    write_addresses,
    write_areas,
    write_bag_light,
    write_blocks,
)

SQUARE = shapely.box(200_000, 500_000, 200_100, 500_100)
EAST = shapely.box(200_100, 500_000, 200_200, 500_100)
EVERYWHERE = (0.0, 300_000.0, 290_000.0, 620_000.0)


@fixture
def areas(tmp_path):
    return write_areas(
        tmp_path / "neighbourhoods.gpkg",
        [buurt("BU01930101", SQUARE), buurt("BU0193AD02", EAST)],
        [{"wijkcode": "WK019301", "wijknaam": "Oost", "geometry": SQUARE}],
        [{"gemeentecode": "GM0193", "gemeentenaam": "Zwolle", "geometry": SQUARE}],
    )


read_areas = partial(files.read_areas, read=here)
read_dwellings = partial(files.read_dwellings, read=here)
read_blocks = partial(files.read_blocks, read=here)


def refusal(read, path, **more):
    """The sentence; it names the file in both languages and never a folder."""
    with raises(UnusableFile) as refused:
        read(path, **more)
    text = str(refused.value)
    dutch, english = text.split(" / ")
    assert dutch.startswith(path.name)
    assert english.startswith(path.name)
    assert str(path.parent) not in text
    return text


# -- CBS ------------------------------------------------------------------------------------


def test_a_cbs_file_gives_areas_with_their_names_and_what_they_are_part_of(areas):
    read = read_areas(areas)

    assert [(a.code, a.name, a.parent) for a in read.municipalities] == [("GM0193", "Zwolle", "")]
    assert [(a.code, a.name, a.parent) for a in read.districts] == [
        ("WK019301", "Oost", "GM0193"),
        ("WK0193AD", "WK0193AD", "GM0193"),
    ]
    first, second = read.neighbourhoods
    assert (first.code, first.parent, first.inhabitants, first.year) == (
        *("BU01930101", "WK019301", 1200),
        2024,
    )
    assert second.code == "BU0193AD02"
    assert shapely.from_wkb(first.wkb).equals(SQUARE)
    assert (read.tallies.left_out, read.tallies.mended) == ({}, {})


def camel(row):
    names = {
        "aantal_inwoners": "aantalInwoners",
        "buurtcode": "buurtCode",
        "gemeentenaam": "gemeenteNaam",
    }
    return {names.get(name, name): value for name, value in row.items()}


def test_both_spellings_of_cbs_are_read(tmp_path):
    path = write_areas(tmp_path / "wfs.gpkg", [camel(buurt("BU01930101", SQUARE))])
    read = read_areas(path)

    assert read.neighbourhoods[0].inhabitants == 1200
    assert read.municipalities[0].name == "Voorbeeldstad"


@mark.parametrize("name", ["wijkenbuurten:buurten", "buurten_2024", "cbs_buurten_2024_v1", "BUURT"])
def test_the_layer_may_carry_a_prefix_a_year_or_a_version(tmp_path, name):
    path = write_areas(tmp_path / "n.gpkg", [buurt("BU01930101", SQUARE)])
    alter(
        path,
        f'ALTER TABLE buurten RENAME TO "{name}"',
        f"UPDATE gpkg_contents SET table_name = '{name}'",
        f"UPDATE gpkg_geometry_columns SET table_name = '{name}'",
    )

    assert len(read_areas(path).neighbourhoods) == 1


@mark.parametrize("secret", [-99997, -99995, -99997.0])
def test_secret_figures_are_missing_and_counted(tmp_path, secret):
    path = write_areas(
        tmp_path / "n.gpkg",
        [buurt("BU01930101", SQUARE, aantal_inwoners=secret), buurt("BU01930102", EAST)],
    )
    read = read_areas(path)

    assert [area.inhabitants for area in read.neighbourhoods] == [None, 1200]
    assert read.tallies.mended == {"missing_values": 1}


def test_water_rows_without_a_code_and_without_a_polygon_are_left_out_and_counted(tmp_path):
    path = write_areas(
        tmp_path / "n.gpkg",
        [
            buurt("BU01930101", SQUARE),
            buurt("BU01930197", EAST, water="JA"),
            buurt("BU01930198", EAST, water="B"),
            buurt("BU0193", EAST, wijkcode="WK019301"),
            buurt("BU01930102", shapely.Polygon()),
            buurt("BU01930103", None),
            buurt("BU01930104", shapely.LineString([(200_000, 500_000), (200_001, 500_000)])),
        ],
    )
    read = read_areas(path)

    assert [area.code for area in read.neighbourhoods] == ["BU01930101"]
    assert read.tallies.left_out == {"water": 2, "buurt_without_code": 1, "empty_geometry": 3}


def test_invalid_polygons_are_mended_and_parts_joined(tmp_path):
    bow = shapely.Polygon(
        [(200_000, 500_000), (200_100, 500_100), (200_100, 500_000), (200_000, 500_100)]
    )
    path = write_areas(
        tmp_path / "n.gpkg",
        [buurt("BU01930101", bow), buurt("BU01930102", EAST), buurt("BU01930102", SQUARE)],
    )
    read = read_areas(path)
    mended, joined = (shapely.from_wkb(area.wkb) for area in read.neighbourhoods)

    assert mended.is_valid
    assert mended.area == 5_000
    assert joined.area == 20_000
    assert read.tallies.mended == {"invalid_geometry": 1, "joined_rows": 1}


def test_another_coordinate_system_is_converted_when_the_file_says_so(tmp_path):
    degrees = shapely.box(6.08, 52.50, 6.09, 52.51)
    path = write_areas(tmp_path / "n.gpkg", [buurt("BU01930101", degrees)], crs=4326)
    read = read_areas(path)
    west, south, _, _ = shapely.from_wkb(read.neighbourhoods[0].wkb).bounds

    assert (round(west, -3), round(south, -3)) == (202_000, 502_000)
    assert read.tallies.mended == {"reprojected": 1}


def test_coordinates_that_are_not_what_the_file_says_are_refused(tmp_path):
    degrees = shapely.box(6.08, 52.50, 6.09, 52.51)
    path = write_areas(tmp_path / "n.gpkg", [buurt("BU01930101", degrees)])

    assert "EPSG:28992" in refusal(read_areas, path)


def test_an_unknown_coordinate_system_is_refused(tmp_path, areas):
    alter(areas, "UPDATE gpkg_spatial_ref_sys SET organization_coordsys_id = 999999")

    assert "EPSG:999999" in refusal(read_areas, areas)


def test_a_file_with_the_wrong_layer_or_columns_says_which(tmp_path):
    wrong = write_bag_light(tmp_path / "bag.gpkg", [address(1, 200_050, 500_050)])
    bare = write_areas(tmp_path / "bare.gpkg", [{"naam": "x", "geometry": SQUARE}])

    assert "verblijfsobject" in refusal(read_areas, wrong)
    assert "buurtcode" in refusal(read_areas, bare)


def test_a_file_in_which_nothing_is_usable_says_what_was_counted(tmp_path):
    path = write_areas(tmp_path / "n.gpkg", [buurt("BU01930101", shapely.Polygon())])

    assert "empty_geometry: 1" in refusal(read_areas, path)


# -- BAG ------------------------------------------------------------------------------------


FLAT = {"huisletter": "A", "huisnummertoevoeging": "2"}
WANTED = Dwelling("0193010000000007", "8021AB", 8, "A", "2", "Kerkstraat", 200_050.0, 500_050.5)


@mark.parametrize("name", ["addresses.csv", "addresses.csv.gz", "bag-light.gpkg"])
def test_the_same_address_is_read_from_each_official_shape(tmp_path, name):
    write = write_bag_light if name.endswith("gpkg") else write_addresses
    path = write(tmp_path / name, [address(7, 200_050.0, 500_050.5, **FLAT)])

    assert files.read_dwellings(path, bounds=EVERYWHERE).dwellings == (WANTED,)


def test_bag_light_in_another_coordinate_system_is_converted(tmp_path):
    path = write_bag_light(tmp_path / "b.gpkg", [address(7, 200_050, 500_050)], crs=4326)
    read = read_dwellings(path, bounds=EVERYWHERE)

    assert abs(read.dwellings[0].x - 200_050) < 0.5
    assert read.tallies.mended == {"reprojected": 1}


FULL = [*NLEXTRACT, "verblijfsobjectstatus", "verblijfsobjectgebruiksdoel"]


@mark.parametrize(
    ("altered", "reason"),
    [
        ({"verblijfsobjectstatus": "Verblijfsobject ingetrokken"}, "not_in_use"),
        ({"verblijfsobjectstatus": "Verblijfsobject gevormd"}, "not_in_use"),
        ({"verblijfsobjectgebruiksdoel": "winkelfunctie,kantoorfunctie"}, "not_a_dwelling"),
        ({"object_type": "LIG"}, "not_a_dwelling"),
        ({"nevenadres": "t"}, "secondary_address"),
        ({"object_id": "12345"}, "unusable_id"),
        ({"object_id": "1.93010000000001e+15"}, "unusable_id"),
        ({"huisnummer": "0"}, "unusable_address"),
        ({"huisnummer": "123456"}, "unusable_address"),
        ({"huisnummer": "7½"}, "unusable_address"),
        ({"huisnummer": "nan"}, "unusable_address"),
        ({"openbareruimte": " "}, "unusable_address"),
        ({"huisnummertoevoeging": "achterhuis links"}, "unusable_address"),
        ({"x": ""}, "no_location"),
        ({"x": "inf"}, "no_location"),
        ({"x": "6.08", "y": "52.5"}, "outside_the_netherlands"),
        ({"x": "120000"}, "elsewhere"),
        ({"object_id": "0193010000000001"}, "double"),
    ],
)
def test_rows_that_are_no_dwelling_of_ours_are_left_out_and_counted(tmp_path, altered, reason):
    rows = [address(1, 200_050, 500_050), {**address(2, 200_050, 500_050), **altered}]
    path = write_addresses(tmp_path / "a.csv", rows, FULL)
    read = read_dwellings(path, bounds=(200_000, 500_000, 200_100, 500_100))

    assert [d.bag_id for d in read.dwellings] == ["0193010000000001"]
    assert read.tallies.left_out == {reason: 1}


@mark.parametrize(
    ("altered", "reason"),
    [
        ({"object_id": "193010000000002"}, "id_without_leading_zero"),
        ({"postcode": "0021ab"}, "unusable_postcode"),
    ],
)
def test_what_can_be_mended_is_mended_and_counted(tmp_path, altered, reason):
    rows = [address(2, 200_050, 500_050, **altered), address(3, 200_050, 500_050)]
    path = write_addresses(tmp_path / "a.csv", rows)
    read = read_dwellings(path, bounds=EVERYWHERE)

    assert read.dwellings[0].bag_id == "0193010000000002"
    assert read.tallies.mended == {reason: 1}


def test_a_renovated_home_without_postcode_is_a_dwelling_with_clean_text(tmp_path):
    row = address(2, 200_050, 500_050, postcode="", openbareruimte=" Lange\t \u202eStraat\x07 ")
    row["verblijfsobjectstatus"] = "Verbouwing verblijfsobject"
    path = write_addresses(tmp_path / "a.csv", [row, address(3, 200_050, 500_050)], FULL)
    dwelling = read_dwellings(path, bounds=EVERYWHERE).dwellings[0]

    assert (dwelling.postcode, dwelling.street) == ("", "Lange Straat")


@mark.parametrize(
    ("altered", "column"),
    [
        ({"postcode": "0000!!"}, "postcode"),
        ({"postcode": ""}, "postcode"),
        ({"object_id": "12345"}, "object_id"),
        ({"huisnummer": "zeven"}, "huisnummer"),
        ({"huisletter": "achterhuis links"}, "huisletter"),
        ({"openbareruimte": ""}, "openbareruimte"),
        ({"x": ""}, "x, y"),
        ({"x": "6.08", "y": "52.5"}, "x, y"),
    ],
)
def test_a_file_of_which_most_rows_are_junk_is_refused_with_column_and_row(
    tmp_path, altered, column
):
    good = [address(n, 200_050, 500_050) for n in range(2)]
    junk = [{**address(n, 200_050, 500_050), **altered} for n in range(2, 5)]
    path = write_addresses(tmp_path / "a.csv", good + junk)

    sentence = refusal(read_dwellings, path, bounds=EVERYWHERE)

    assert "3 van de 5 rijen" in sentence
    assert f'"{column}"' in sentence
    assert "rij 4" in sentence
    assert "row 4" in sentence
    half = write_addresses(path, good + junk[:2])
    assert len(read_dwellings(half, bounds=EVERYWHERE).dwellings) >= 2


def test_a_csv_of_which_most_lines_are_broken_is_refused_with_a_line(tmp_path):
    path = write_addresses(tmp_path / "a.csv", [address(1, 200_050, 500_050)])
    path.write_bytes(path.read_bytes() + b"a;b\nc;d\n")

    assert "rij 3" in refusal(read_dwellings, path, bounds=EVERYWHERE)


def test_junk_in_another_municipality_and_what_is_no_home_are_no_reason_to_refuse(tmp_path):
    rows = [
        address(1, 200_050, 500_050),
        *(address(n, 100_050, 500_050, postcode="0000!!") for n in range(2, 6)),
        *(address(n, 200_050, 500_050, postcode="", object_type="LIG") for n in range(6, 10)),
        address(10, "", ""),
        address(11, "", ""),
    ]
    path = write_addresses(tmp_path / "a.csv", rows)
    read = read_dwellings(path, bounds=(200_000, 500_000, 200_100, 500_100))

    assert len(read.dwellings) == 1


def test_junk_in_a_geopackage_is_refused_with_the_number_of_its_row(tmp_path):
    rows = [address(n, 200_050, 500_050, postcode="0000!!") for n in range(1, 4)]
    path = write_bag_light(tmp_path / "b.gpkg", rows)

    assert '"postcode" (rij 1)' in refusal(read_dwellings, path, bounds=EVERYWHERE)


def packed_rows(path, row, *, count):
    """A packed file of one row over and over; it is never whole in memory."""
    with gzip.open(path, "wb", compresslevel=9) as file:
        file.write((";".join(NLEXTRACT) + "\n").encode())
        block = (";".join(str(value) for value in row.values()) + "\n").encode() * 1_000
        for _ in range(count // 1_000):
            file.write(block)
    return path


def test_a_small_file_that_unpacks_to_a_giant_is_refused_at_its_beginning(tmp_path):
    path = packed_rows(tmp_path / "a.csv.gz", address(1, 200_050, 500_050), count=100_000)
    tally = Tally(path.name)

    with raises(UnusableFile, match="uitgepakt"):
        addresses_in(path, tally, bounds=EVERYWHERE)

    assert 10_000 < tally.left_out["double"] < 60_000


def test_more_rows_than_a_region_has_are_refused_with_the_way_to_take_one(tmp_path):
    rows = [address(1, 200_050, 500_050)] * 12
    path = write_addresses(tmp_path / "a.csv", rows)
    tally = Tally(path.name)

    with raises(UnusableFile, match="--municipality"):
        addresses_in(path, tally, bounds=EVERYWHERE, most=10)

    assert tally.left_out["double"] == 9  # reading stopped there
    assert len(addresses_in(path, tally, bounds=EVERYWHERE, most=12)["dwellings"]) == 1


def test_a_large_bag_light_is_read_by_its_own_index(tmp_path):
    rows = [address(n, 150_000 + 1000 * n, 500_050) for n in range(100)]
    path = write_bag_light(tmp_path / "b.gpkg", rows)
    read = read_dwellings(path, bounds=(199_000, 500_000, 200_900, 500_100))

    assert [d.x for d in read.dwellings] == [199_000.0, 200_000.0]
    assert read.tallies.left_out == {}


@mark.parametrize("missing", ["x", "postcode", "huisnummer", "object_id", "openbareruimte"])
def test_a_csv_without_a_needed_column_is_refused(tmp_path, missing):
    columns = [name for name in NLEXTRACT if name != missing]
    path = write_addresses(tmp_path / "a.csv", [address(1, 200_050, 500_050)], columns)

    refusal(read_dwellings, path, bounds=EVERYWHERE)


@mark.parametrize(
    "raw",
    [
        b"",
        b"a,b,c\n1,2,3\n",
        b"\xff\xfe" + "openbareruimte;x;y".encode("utf-16-le"),
        ";".join(NLEXTRACT).encode() + b"\n\xe9\xe9\n",
        ";".join(NLEXTRACT).encode() + b"\n" + b"a" * 50_000,
        b"\x00" * 200,
    ],
    ids=["empty", "commas", "utf-16", "latin-1", "long line", "zeros"],
)
def test_a_csv_of_another_kind_is_refused(tmp_path, raw):
    path = tmp_path / "a.csv"
    path.write_bytes(raw)

    refusal(read_dwellings, path, bounds=EVERYWHERE)


@mark.parametrize(
    "raw", [b"\x1f\x8b\x08\x00broken", gzip.compress(b"x" * 10_000, mtime=0)[:-20], b"plain"]
)
def test_a_packed_csv_that_is_broken_is_refused(tmp_path, raw):
    path = tmp_path / "a.csv.gz"
    path.write_bytes(raw)

    refusal(read_dwellings, path, bounds=EVERYWHERE)


cells = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["", "0193010000000001", "8021AB", "200050", "-1", "1e400", '"', "VBO", "t"]),
)


@given(rows=st.lists(st.lists(cells, max_size=len(NLEXTRACT) + 1), max_size=8))
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_csv_row_can_upset_the_reader(tmp_path, rows):
    lines = [";".join(NLEXTRACT), *(";".join(row) for row in rows)]
    path = tmp_path / "fuzz.csv"
    path.write_bytes("\n".join(lines).encode("utf-8", "surrogatepass"))
    answer = answer_to({"what": "dwellings", "path": str(path), "bounds": EVERYWHERE})

    assert ("error" in answer) or all(
        len(row[0]) == 16 and 0 < row[2] < 100_000 for row in answer["dwellings"]
    )


# -- hostile files --------------------------------------------------------------------------


HEAD = b"SQLite format 3\x00" + bytes(52) + b"GPKG" + bytes(28)


@given(tail=st.binary(max_size=600), marked=st.booleans())
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_random_bytes_named_geopackage_are_refused(tmp_path, tail, marked):
    path = tmp_path / "fuzz.gpkg"
    path.write_bytes(HEAD + tail if marked else tail)

    assert "error" in answer_to({"what": "areas", "path": str(path)})


@given(spots=st.lists(st.tuples(st.integers(100, 40_000), st.binary(min_size=1, max_size=40))))
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_damaged_geopackage_is_read_or_refused_but_never_upsets_the_reader(areas, spots):
    whole = bytearray(areas.read_bytes())
    for start, junk in spots:
        whole[start : start + len(junk)] = junk
    path = areas.with_name("damaged.gpkg")
    path.write_bytes(whole)
    answer = answer_to({"what": "areas", "path": str(path)})

    assert "error" in answer or answer["neighbourhoods"]


VRT = """<OGRVRTDataSource><OGRVRTLayer name="buurten"><SrcDataSource>/etc/passwd</SrcDataSource>
</OGRVRTLayer></OGRVRTDataSource>"""


@mark.parametrize("name", ["n.gpkg", "n.csv", "n.geojson", "n.csv.gz"])
@mark.parametrize("text", [VRT, "/vsicurl/http://127.0.0.1/x.gpkg", "WFS:http://127.0.0.1/"])
def test_a_text_that_points_elsewhere_opens_nothing(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text)

    refusal(read_areas, path)
    refusal(read_dwellings, path, bounds=EVERYWHERE)


@mark.parametrize(
    "statement",
    [
        "CREATE VIEW evil AS WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n+1 FROM c)"
        " SELECT n FROM c",
        "CREATE TRIGGER evil AFTER UPDATE ON buurten BEGIN DELETE FROM buurten; END",
        "CREATE VIRTUAL TABLE evil USING fts5(x)",
    ],
    ids=["view", "trigger", "virtual table"],
)
def test_a_geopackage_that_holds_more_than_data_is_refused(areas, statement):
    alter(areas, statement)

    assert "trigger" in refusal(read_areas, areas)


def test_a_view_in_place_of_the_layer_is_refused(areas):
    alter(
        areas,
        "ALTER TABLE buurten RENAME TO hidden",
        "CREATE VIEW buurten AS SELECT * FROM hidden",
    )

    refusal(read_areas, areas)


def test_a_column_that_computes_is_left_alone(areas):
    alter(
        areas,
        "ALTER TABLE buurten RENAME COLUMN aantal_inwoners TO a",
        "ALTER TABLE buurten ADD COLUMN aantal_inwoners AS (hex(zeroblob(500000000)))",
    )

    assert read_areas(areas).neighbourhoods[0].inhabitants is None


def test_shapes_that_are_no_shapes_are_empty(areas):
    for junk in ("x''", "'text'", "7", "x'4750ff0f'", "x'47500001000000000103'"):
        alter(areas, f"UPDATE buurten SET geom = {junk} WHERE buurtcode = 'BU01930101'")

        assert read_areas(areas).tallies.left_out == {"empty_geometry": 1}


def test_no_file_and_a_folder_are_refused(tmp_path):
    refusal(read_areas, tmp_path / "nothing.gpkg")
    refusal(read_areas, tmp_path)


def test_the_child_stands_behind_a_fence(tmp_path):
    """What the reader could reach if a file took it over: little memory, few files, no network."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        code = (
            f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
            "from signaal.places.files.fence import put_up_fence\n"
            "put_up_fence()\n"
            "import resource, socket\n"
            "print([resource.getrlimit(k)[1] for k in (resource.RLIMIT_AS, resource.RLIMIT_CPU,"
            " resource.RLIMIT_NOFILE)])\n"
            "try:\n    bytearray(4 * 2**30)\nexcept MemoryError:\n    print('no memory')\n"
            f"try:\n    socket.create_connection(('127.0.0.1', {port}), 2)\n"
            "except OSError:\n    print('no network')\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        )
    lines = done.stdout.splitlines()

    assert lines[:2] == [str([3 * 2**30, 300, 64]), "no memory"]
    if os.geteuid() == 0:  # elsewhere the kernel may not allow it
        assert lines[2:] == ["no network"]


def test_a_child_gives_the_same_answer_and_the_same_refusal(areas, tmp_path):
    bag = write_addresses(tmp_path / "a.csv", [address(1, 200_050, 500_050)])

    assert files.read_areas(areas) == read_areas(areas)
    assert refusal(files.read_areas, bag) == refusal(read_areas, bag)


def test_a_child_that_dies_is_a_refused_file(areas):
    refusal(partial(read_in_child, "areas"), areas, python="/bin/false")


# -- own blocks -----------------------------------------------------------------------------


def test_own_blocks_are_read_with_their_codes(tmp_path):
    path = write_blocks(tmp_path / "b.gpkg", {"Blok-1": SQUARE, "Blok-2": EAST})
    read = read_blocks(path)

    assert {code: shapely.from_wkb(w).area for code, w in read.blocks.items()} == {
        "Blok-1": 10_000,
        "Blok-2": 10_000,
    }


@mark.parametrize(
    ("blocks", "word"),
    [
        ({"a": SQUARE, "b": shapely.box(200_050, 500_000, 200_150, 500_100)}, "a, b"),
        ({"a": SQUARE, "b": shapely.Polygon()}, "b"),
        ({"a/b": SQUARE}, "a/b"),
        ({"": SQUARE}, '""'),
    ],
    ids=["overlap", "empty", "sign", "no code"],
)
def test_own_blocks_that_cannot_be_used_are_refused(tmp_path, blocks, word):
    assert word in refusal(read_blocks, write_blocks(tmp_path / "b.gpkg", blocks))


def test_own_blocks_need_one_layer_with_codes_each_once(tmp_path, areas):
    path = write_blocks(tmp_path / "b.gpkg", {"a": SQUARE, "b": EAST})
    alter(path, "UPDATE blokken SET code = 'a'")

    assert '"a"' in refusal(read_blocks, path)
    assert '"code"' in refusal(read_blocks, areas)


def test_sqlite_without_the_mark_of_a_geopackage_is_refused(tmp_path):
    path = tmp_path / "plain.gpkg"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE buurten (buurtcode)")
    connection.close()

    refusal(read_areas, path)
