import json
import re

import shapely
from pytest import approx, raises

from signaal.errors import NoSnapshot
from signaal.hotspots.map import collection, draw, feature, keep_shapes, key_of, read_shapes
from signaal.places.model import Block
from tests.hotspots.towns import square


def block(column, row=0, *, neighbourhood="Rozenbuurt", wkb=None) -> Block:
    return Block(
        id=column,
        code=f"B{column}-{row}",
        dwellings=40,
        small=False,
        neighbourhood_code=f"BU{neighbourhood}",
        neighbourhood_name=neighbourhood,
        district_code="WK019301",
        district_name="Noord",
        wkb=wkb or square(column, row),
    )


def drawn(*blocks):
    return draw(blocks, key=key_of(blocks))


def test_blocks_are_drawn_in_degrees_at_the_right_place() -> None:
    # The tower in Amersfoort: RD 155000, 463000 is 52.155172 N, 5.387203 E (Kadaster).
    tower = shapely.box(155_000, 463_000, 155_100, 463_100)
    geometry = json.loads(drawn(block(0, wkb=tower.wkb)).geometries["B0-0"])
    assert geometry["type"] == "Polygon"
    longitude, latitude = min(geometry["coordinates"][0])
    assert (latitude, longitude) == (approx(52.155172, abs=2e-5), approx(5.387203, abs=2e-5))


def test_neighbours_share_the_very_same_corners_after_simplifying() -> None:
    wavy = [(203_100 + (step % 3) * 0.02, 502_000 + step * 10) for step in range(11)]
    left = shapely.Polygon([(203_000, 502_000), *wavy, (203_000, 502_100)])
    right = shapely.Polygon([(203_200, 502_000), *wavy, (203_200, 502_100)])
    shapes = drawn(block(0, wkb=left.wkb), block(1, wkb=right.wkb))
    corners = [
        {tuple(point) for point in json.loads(text)["coordinates"][0]}
        for text in shapes.geometries.values()
    ]
    assert len(corners[0] & corners[1]) == 2
    assert all(len(each) == 4 for each in corners)


def first_view(shapes) -> tuple[float, float, float, float]:
    south, west, north, east = map(float, re.findall(r"\d+\.\d{6,}", shapes.script))
    return west, south, east, north


def test_the_map_opens_with_all_of_the_town_and_without_the_fields() -> None:
    town = [block(column) for column in range(60)]
    hamlet = block(61, neighbourhood="Parkzicht")
    fields = shapely.box(190_000, 490_000, 210_000, 510_000)
    polder = block(62, neighbourhood="Polder", wkb=fields.wkb)
    built_up = drawn(*town, hamlet)

    opened = first_view(drawn(*town, hamlet, polder))

    assert opened == approx(first_view(built_up))
    shapes = [shapely.from_geojson(text) for text in built_up.geometries.values()]
    assert all(shapely.box(*opened).buffer(1e-5).covers(shape) for shape in shapes)


def test_where_all_is_country_the_map_opens_with_all_of_it() -> None:
    fields = shapely.box(190_000, 490_000, 210_000, 510_000)
    west, south, east, north = first_view(drawn(block(0, wkb=fields.wkb)))
    assert (east - west, north - south) == (approx(0.29, abs=0.02), approx(0.18, abs=0.02))


def test_each_neighbourhood_is_outlined_once_and_named() -> None:
    shapes = drawn(block(0), block(1), block(2, neighbourhood="Linde <b>buurt</b>"))
    names = [json.loads(each)["properties"]["name"] for each in shapes.neighbourhoods]
    assert sorted(names) == ["Linde <b>buurt</b>", "Rozenbuurt"]


def test_the_frame_asks_nothing_of_any_other_host_and_leaves_zooming_alone() -> None:
    shapes = drawn(block(0))
    everything = shapes.header + shapes.html + shapes.script
    links = re.findall(r"""(?:src|href)=["']([^"']+)""", everything)
    assert links == ["/static/leaflet/leaflet.js", "/static/leaflet/leaflet.css"]
    assert "http" not in everything.replace("http-equiv", "")
    for word in ("user-scalable", "<style", "style=", "jquery", "bootstrap", "<script>"):
        assert word not in everything


def test_other_maps_of_folium_in_this_process_stay_as_they_were() -> None:
    import folium

    before = list(folium.Map.default_js)
    drawn(block(0))
    assert folium.Map.default_js == before


def test_shapes_are_drawn_once_per_block_layer(tmp_path) -> None:
    layer = [block(0), block(1)]
    assert keep_shapes(tmp_path, layer)
    assert not keep_shapes(tmp_path, layer)
    assert read_shapes(tmp_path).key == key_of(layer)
    assert keep_shapes(tmp_path, layer[:1])
    assert set(read_shapes(tmp_path).geometries) == {"B0-0"}


def test_old_layers_go(tmp_path) -> None:
    for count in range(1, 7):
        keep_shapes(tmp_path, [block(column) for column in range(count)])
    assert len(list(tmp_path.glob("shapes-*.json"))) == 3
    assert len(read_shapes(tmp_path).geometries) == 6


def test_before_the_first_drawing_there_are_no_shapes(tmp_path) -> None:
    with raises(NoSnapshot):
        read_shapes(tmp_path)


def test_a_town_without_blocks_has_a_frame_all_the_same() -> None:
    shapes = drawn()
    assert shapes.geometries == {}
    assert 'id="map"' in shapes.html


def test_blocks_that_overlap_are_drawn_as_they_are() -> None:
    shapes = drawn(block(0), block(1, wkb=square(0, 0)))
    assert set(shapes.geometries) == {"B0-0", "B1-0"}


def test_a_collection_is_geojson() -> None:
    one = feature(
        '{"type":"Point","coordinates":[6,52]}', properties={"name": 'a "quoted" </script>'}
    )
    whole = json.loads(collection([one, one], neighbourhoods=[one]))
    assert whole["type"] == "FeatureCollection"
    assert [len(whole["features"]), len(whole["neighbourhoods"]["features"])] == [2, 1]
    assert whole["features"][0]["properties"]["name"] == 'a "quoted" </script>'
