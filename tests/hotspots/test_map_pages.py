"""The map's own questions: districts, shapes, figures, choosing rows, and the GeoPackage."""

import csv
import gzip
import io
import json
import re
import sqlite3
from contextlib import closing
from dataclasses import replace

import pyogrio
from pytest import fixture, mark
from sqlalchemy import text

from signaal.hotspots import actions
from signaal.hotspots.model import Level
from signaal.hotspots.web.colours import COLOURS
from signaal.intake.model import Kind
from signaal.places.store import BackgroundRow
from tests.hotspots.towns import build, pages, report, square

TEAM = {"X-Role": "team_member"}
POLICY = {"X-Role": "policy_officer"}
COORDINATOR = {"X-Role": "coordinator"}
NORTH = "WK019301"
pytestmark = mark.parametrize("database", ["sqlite"], indirect=True)


@fixture
def client(services):
    return pages(services).test_client()


@fixture
def town(services):
    """Blocks with 12, 7, 4 and 0 reporters of nuisance."""
    blocks = build(services)
    for block, times in zip(blocks, (12, 7, 4), strict=False):
        report(services, block, times=times)
    report(services, blocks[3], times=6, kind=Kind.CONCERN)
    actions.refresh(services)
    return blocks


def told(answer) -> dict:
    packed = answer.data
    return json.loads(gzip.decompress(packed) if answer.content_encoding == "gzip" else packed)


def lines_of(answer) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig")), delimiter=";"))


def opened(package: bytes, folder):
    path = folder / "opened.gpkg"
    path.write_bytes(package)
    return pyogrio.read_dataframe(path, layer="blokken")


def in_table(html: str) -> list[str]:
    return re.findall(r'<tr data-block="([^"]+)"', html)


def test_shapes_hold_no_figure_and_figures_no_shape(client, town) -> None:
    shapes = client.get(f"/kaart/vormen.json?wijk={NORTH}", headers=TEAM)
    figures = client.get("/kaart/cijfers.json", headers=TEAM)
    (first, *_) = told(shapes)["features"]
    assert first["properties"].keys() == {"code", "name", "area", "dwellings", "at"}
    assert "coordinates" not in json.dumps(told(figures))
    assert figures.headers.get("Cache-Control") is None  # so the guard says no-store


@mark.parametrize("headers", [TEAM, COORDINATOR, POLICY])
def test_figures_come_in_the_order_of_the_shapes_and_are_those_of_the_table(
    client, town, headers
) -> None:
    shapes = told(client.get(f"/kaart/vormen.json?wijk={NORTH}", headers=headers))
    figures = told(client.get("/kaart/cijfers.json", headers=headers))
    seen = figures["districts"][NORTH]
    table = {
        line["Blokcode"]: line for line in lines_of(client.get("/kaart/tabel.csv", headers=headers))
    }
    for place, shape in enumerate(shapes["features"]):
        line = table[shape["properties"]["code"]]
        assert figures["counts"][seen["count"][place]] == f"{line['Melders']} melders"
        level = figures["levels"][int(seen["level"][place])]["words"]
        assert level == line["Vergeleken met de stad"]
    assert len(table) == len(shapes["features"]) == len(seen["level"]) == len(seen["sign"])


def test_a_district_says_how_many_of_its_blocks_stand_out_as_far_as_one_sees(client, town) -> None:
    for headers in (TEAM, POLICY):
        told_out = told(client.get("/kaart/cijfers.json", headers=headers))["districts"][NORTH]
        rows = lines_of(client.get("/kaart/tabel.csv?opvallend=ja", headers=headers))
        assert told_out["out"] == len(rows)


def test_shapes_may_be_kept_and_are_asked_after_once(client, town) -> None:
    for path in (f"/kaart/vormen.json?wijk={NORTH}", "/kaart/wijken.json"):
        first = client.get(path, headers=TEAM)
        assert "private" in first.headers["Cache-Control"]
        again = client.get(path, headers={**TEAM, "If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")


def test_a_district_of_somebody_else_has_neither_outline_nor_shapes_nor_figures(
    client, town
) -> None:
    elsewhere = {**TEAM, "X-Districts": "WK019302"}
    assert client.get(f"/kaart/vormen.json?wijk={NORTH}", headers=elsewhere).status_code == 403
    assert client.get(f"/kaart/blokken.json?wijk={NORTH}", headers=elsewhere).status_code == 403
    assert told(client.get("/kaart/wijken.json", headers=elsewhere))["features"] == []
    assert told(client.get("/kaart/cijfers.json", headers=elsewhere))["districts"] == {}


def test_a_district_that_is_not_there_is_not_found(client, town) -> None:
    for name in ("vormen", "blokken"):
        path = f"/kaart/{name}.json?wijk=WK999999"
        assert client.get(path, headers=TEAM).status_code == 404


def test_rows_can_be_chosen_and_every_file_follows(client, town, tmp_path) -> None:
    html = client.get("/kaart?zoek=linde", headers=TEAM).text
    assert len(in_table(html)) == 10
    assert "10 van de 20 blokken" in html
    chosen = "/kaart/{}?zoek=linde&soort=nuisance"
    lines = lines_of(client.get(chosen.format("tabel.csv"), headers=TEAM))
    assert {line["Blokcode"] for line in lines} == set(in_table(html))
    assert {line["Buurt"] for line in lines} == {"Lindebuurt"}
    package = client.get(chosen.format("blokken.gpkg"), headers=TEAM).data
    assert set(opened(package, tmp_path).blokcode) == set(in_table(html))


@mark.parametrize(
    ("query", "count"),
    [
        ("zoek=8021+aa", 1),
        ("zoek=AA+rozen", 1),
        ("zoek=nergens", 0),
        (f"wijk={NORTH}", 20),
        ("wijk=WK999999", 0),
        ("teken=onzin", 20),
        ("teken=new", 0),
        ("opvallend=nee", 20),
        ("zoek=%00%3Cscript%3E", 0),
    ],
)
def test_choosing_rows_goes_by_what_is_shown(client, town, query, count) -> None:
    html = client.get(f"/kaart?{query}", headers=TEAM).text
    assert len(in_table(html)) == count
    assert "<script>" not in html.replace('<script nonce="nonce">', "")


def test_where_no_row_is_left_the_table_says_so(client, town) -> None:
    assert "Geen blok past hierbij" in client.get("/kaart?zoek=nergens", headers=TEAM).text


def test_kinds_stand_side_by_side_and_are_never_added_up(client, town) -> None:
    html = client.get("/kaart", headers=TEAM).text
    kinds = re.findall(r'data-kind="(\w+)"(.*?)</a>', html, re.DOTALL)
    assert [kind for kind, _ in kinds] == ["nuisance", "concern", "arrears"]
    for kind, small in kinds:
        out = lines_of(client.get(f"/kaart/tabel.csv?soort={kind}&opvallend=ja", headers=TEAM))
        assert small.count("<circle") == len(out)
    assert html.count('aria-current="true"') >= 1


@mark.parametrize("headers", [TEAM, COORDINATOR, POLICY])
def test_the_geopackage_tells_what_the_table_tells_and_nothing_else(
    client, town, headers, tmp_path
) -> None:
    lines = lines_of(client.get("/kaart/tabel.csv", headers=headers))
    answer = client.get("/kaart/blokken.gpkg", headers=headers)
    layer = opened(answer.data, tmp_path)
    assert answer.mimetype == "application/geopackage+sqlite3"
    assert answer.headers["Cache-Control"] == "no-store"
    assert layer.crs.to_epsg() == 28992
    rows = layer.set_index("blokcode").loc[[line["Blokcode"] for line in lines]]
    assert list(rows.melders) == [line["Melders"] for line in lines]
    assert list(rows.minstens.astype(str)) == [line["Melders, minstens"] for line in lines]
    assert list(rows.per_1000) == [line["Per 1.000 woningen"] for line in lines]
    assert list(rows.vergeleken) == [line["Vergeleken met de stad"] for line in lines]
    assert rows.area.min() == 10_000
    assert len(layer) == 20


def test_the_geopackage_opens_in_the_colours_of_the_map(client, town, tmp_path) -> None:
    path = tmp_path / "blokken.gpkg"
    path.write_bytes(client.get("/kaart/blokken.gpkg", headers=POLICY).data)
    with closing(sqlite3.connect(path)) as file:
        ((style, default),) = file.execute("SELECT styleQML, useAsDefault FROM layer_styles")
        assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert default == 1
    for level in Level:
        red, green, blue = (int(COLOURS[level][at : at + 2], 16) for at in (1, 3, 5))
        assert f'value="{level.value}"' in style
        assert f"{red},{green},{blue},255" in style


def test_the_same_figures_are_the_same_geopackage(client, town) -> None:
    one, other = (client.get("/kaart/blokken.gpkg", headers=POLICY).data for _ in range(2))
    assert one == other


def test_a_geopackage_of_no_rows_opens_too(client, town, tmp_path) -> None:
    answer = client.get("/kaart/blokken.gpkg?zoek=nergens", headers=POLICY)
    assert len(opened(answer.data, tmp_path)) == 0


def test_that_a_geopackage_was_taken_is_on_record_without_what_was_typed(
    client, town, services
) -> None:
    client.get("/kaart/blokken.gpkg?zoek=linde", headers=POLICY)
    with services.database.reading() as session:
        ((details,),) = session.execute(
            text("SELECT details FROM audit_entry WHERE act = 'figures_exported'")
        ).all()
    assert "gpkg" in str(details)
    assert "10" in str(details)
    assert "linde" not in str(details)


def test_without_layers_for_orientation_the_map_asks_for_none(client, town) -> None:
    assert "data-ground" not in client.get("/kaart", headers=TEAM).text


def test_layers_for_orientation_are_drawn_at_the_next_refresh(client, town, services) -> None:
    with services.database.session() as session, session.begin():
        session.add(BackgroundRow(layer="water", name="", wkb=square(0, 0)))
        session.add(BackgroundRow(layer="surroundings", name="Elzerdam", wkb=square(3, 0)))
    actions.refresh(services)
    html = client.get("/kaart", headers=TEAM).text
    path = re.search(r'data-ground="([^"]+)"', html)[1]
    layers = [each["properties"] for each in told(client.get(path, headers=TEAM))["features"]]
    assert [(each["layer"], each["name"]) for each in layers] == [
        ("water", ""),
        ("surroundings", "Elzerdam"),
    ]


def test_no_other_host_is_named_unless_a_setting_names_it(services, town) -> None:
    usual = pages(services).test_client().get("/kaart", headers=TEAM).text
    assert "data-tiles" not in usual
    url = "https://tiles.example.org/{z}/{x}/{y}.png"
    settings = services.settings.model_copy(update={"tiles_url": url})
    html = (
        pages(replace(services, settings=settings)).test_client().get("/kaart", headers=TEAM).text
    )
    assert f'data-tiles="{url}"' in html
    assert settings.tiles_origin == "https://tiles.example.org"
    assert services.settings.tiles_origin == ""
