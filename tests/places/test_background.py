"""Water, streets and surroundings: taken in, replaced, refused."""

from functools import partial

import geopandas
import shapely
from pytest import mark, raises

from signaal.errors import UnusableFile
from signaal.places import actions
from tests.places.towns import buurt, here, write_areas

load_background = partial(actions.load_background, read=here)
POND = shapely.box(200_000, 500_000, 200_300, 500_200)
ROAD = shapely.LineString([(200_000, 500_000), (200_500, 500_001), (201_000, 500_000)])


def write(path, **layers):
    for layer, rows in layers.items():
        frame = geopandas.GeoDataFrame(
            {"naam": [name for name, _ in rows]}, geometry=[each for _, each in rows], crs=28992
        )
        frame.to_file(path, layer=layer, driver="GPKG")
    return path


def known(services) -> dict:
    with services.database.reading() as session:
        return {
            layer: [(name, shapely.from_wkb(wkb)) for name, wkb in shapes]
            for layer, shapes in actions.background(session).items()
        }


def test_three_layers_are_kept_and_simplified(services, tmp_path) -> None:
    path = write(
        tmp_path / "b.gpkg",
        water=[("Plas", POND)],
        streets=[("Dorpsweg", ROAD)],
        surroundings=[("Elzerdam", shapely.box(190_000, 490_000, 195_000, 495_000))],
    )
    report = load_background(services, path)
    layers = known(services)
    assert set(layers) == {"water", "streets", "surroundings"}
    assert [name for name, _ in layers["surroundings"]] == ["Elzerdam"]
    ((name, road),) = layers["streets"]
    assert (name, shapely.get_num_coordinates(road)) == ("", 2)
    assert "1 gebieden eromheen / 1 areas around" in report.lines()


def test_a_layer_that_comes_again_replaces_itself_only(services, tmp_path) -> None:
    load_background(services, write(tmp_path / "a.gpkg", water=[("", POND)], streets=[("", ROAD)]))
    wider = shapely.box(200_000, 500_000, 203_000, 500_200)
    load_background(services, write(tmp_path / "b.gpkg", water=[("", wider)]))
    layers = known(services)
    assert set(layers) == {"water", "streets"}
    assert layers["water"][0][1].area == wider.area


def test_of_a_cbs_file_the_areas_of_water_are_taken(services, tmp_path) -> None:
    dry = shapely.box(200_300, 500_000, 200_600, 500_200)
    rows = [buurt("BU01930101", dry), buurt("BU01939997", POND, water="JA")]
    load_background(services, write_areas(tmp_path / "cbs.gpkg", rows))
    (((_, water),),) = known(services).values()
    assert water.equals(POND)


@mark.parametrize(
    ("layer", "shape"),
    [("tuinen", POND), ("streets", POND), ("water", ROAD), ("water", shapely.Polygon())],
)
def test_a_file_without_a_layer_to_draw_is_refused_and_changes_nothing(
    services, tmp_path, layer, shape
) -> None:
    path = write(tmp_path / "b.gpkg", **{layer: [("", shape)]})
    with raises(UnusableFile, match="water, streets"):
        load_background(services, path)
    assert known(services) == {}


def test_a_layer_that_would_make_the_map_slow_is_refused(services, tmp_path) -> None:
    waves = [(100_000 + step, 500_000 + 40 * (step % 2)) for step in range(150_000)]
    more = [(x, y + 1000) for x, y in waves]
    path = write(tmp_path / "b.gpkg", streets=[("", shapely.MultiLineString([waves, more]))])
    with raises(UnusableFile, match="hoofdstraten"):
        load_background(services, path)


def test_lines_and_areas_that_are_broken_are_mended_or_left_out(services, tmp_path) -> None:
    bow = shapely.Polygon(
        [(200_000, 500_000), (200_100, 500_100), (200_100, 500_000), (200_000, 500_100)]
    )
    path = write(tmp_path / "b.gpkg", water=[("", bow)], streets=[("", ROAD), ("", POND)])
    report = load_background(services, path)
    assert report.mended["invalid_geometry"] == 1
    assert report.left_out["not_a_line"] == 1
