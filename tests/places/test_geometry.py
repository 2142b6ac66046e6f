import numpy as np
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from pytest import mark

from signaal.places.geometry import (
    BlockIndex,
    bounds_of,
    inner_points,
    nearest_to,
    places_of,
    tile,
)

SQUARE = shapely.box(200_000, 500_000, 200_100, 500_100)
RING = shapely.difference(SQUARE, shapely.box(200_040, 500_040, 200_060, 500_060))
COMB = shapely.union_all(
    [shapely.box(200_000, 500_000, 200_100, 500_010)]
    + [shapely.box(200_000 + x, 500_000, 200_005 + x, 500_100) for x in (0, 45, 95)]
)
APART = shapely.union(SQUARE, shapely.box(200_300, 500_000, 200_310, 500_010))
AREAS = {"square": SQUARE, "ring": RING, "comb": COMB, "apart": APART}


def tiled(area, points, labels):
    cells = tile(shapely.to_wkb(area), points=points, labels=labels)
    return {label: shapely.from_wkb(wkb) for label, wkb in cells.items()}


def check(area, points, labels, *, tolerance=1e-6):
    """The promises: each in its own, no gaps, no overlaps."""
    cells = tiled(area, points, labels)
    assert set(cells) == set(labels)
    shapes = list(cells.values())
    assert shapely.is_valid(shapes).all()
    assert abs(shapely.area(shapes).sum() - area.area) < tolerance
    assert shapely.symmetric_difference(shapely.union_all(shapes), area).area < tolerance
    for point, label in zip(points, labels, strict=True):
        assert shapely.intersects(cells[label], shapely.Point(point)), label


def test_two_homes_share_a_square_down_the_middle():
    cells = tiled(SQUARE, [(200_025, 500_050), (200_075, 500_050)], ["west", "east"])

    assert cells["west"].equals(shapely.box(200_000, 500_000, 200_050, 500_100))
    assert cells["east"].equals(shapely.box(200_050, 500_000, 200_100, 500_100))


def test_one_block_gets_the_whole_neighbourhood():
    assert tiled(RING, [(200_010, 500_010)] * 3, ["a"] * 3)["a"].equals(RING)


@mark.parametrize(
    "points",
    [
        [(200_010, 500_010), (200_090, 500_090)],
        [(200_010 + 10 * n, 500_050) for n in range(8)],  # on one line
        [(200_010 + 10 * n, 500_010 + 10 * n) for n in range(8)],  # on one slanting line
        [(200_010 + 10 * (n % 4), 500_010 + 10 * (n // 4)) for n in range(16)],  # a grid
        [(200_050, 500_070)] * 9,  # one tower, nine doors on one point
        [(200_050, 500_070)] * 5 + [(200_050, 500_070.05)] * 4,
        [(200_000, 500_050), (200_100, 500_050), (200_100, 500_000)],  # on the border
        [(200_000, 500_050)] * 3 + [(200_070, 500_070)],  # a tower on the border
    ],
    ids=["two", "line", "slant", "grid", "tower", "near", "edge", "tower-on-edge"],
)
@mark.parametrize("blocks", [2, 3, 5])
def test_awkward_points_still_tile_the_square(points, blocks):
    labels = [str(n % blocks) for n in range(len(points))]

    check(SQUARE, points, labels)


def test_a_tower_in_a_notch_of_the_border_keeps_all_its_blocks_together():
    notched = shapely.difference(SQUARE, shapely.box(200_049, 500_049, 200_051, 500_050))

    check(notched, [(200_050.0, 500_050.0)] * 4, list("abcd"))


def wedge(start, end, *, length=60):
    """A triangle with its sharp corner at (200 050, 500 050), between two angles."""
    far = [(200_050 + length * np.cos(a), 500_050 + length * np.sin(a)) for a in (start, end)]
    return shapely.Polygon([(200_050, 500_050), *far])


@mark.parametrize("blocks", [2, 3, 5, 8])
@mark.parametrize(
    "wedges",
    [[(-0.1, 0.1), (3.04, 3.24)], [(-0.05, 0.05), (1.5, 1.6)], [(0, 1), (2, 2.1), (4, 5.5)]],
    ids=["bow", "askew", "three"],
)
def test_a_tower_where_a_neighbourhood_narrows_to_one_point_keeps_all_its_blocks(wedges, blocks):
    pinched = shapely.MultiPolygon([wedge(*each) for each in wedges])
    labels = [str(n % blocks) for n in range(40)]

    check(pinched, [(200_050.0, 500_050.0)] * 40, labels)
    check(pinched, [(200_050.0, 500_050.0)] * 40 + [(200_080.0, 500_050.0)], [*labels, "far"])


def test_homes_just_outside_get_a_cell_at_the_nearest_place_inside():
    points = [(200_050, 500_050), (200_100.001, 500_050), (200_170, 500_050), (200_050, 499_000)]
    cells = tiled(SQUARE, [tuple(map(float, point)) for point in points], list("abcd"))

    assert set(cells) == set("abcd")
    assert all(cell.area > 1 for cell in cells.values())
    assert cells["d"].touches(shapely.Point(200_050, 500_000))


inside = st.tuples(st.integers(1, 99), st.integers(1, 99)).map(
    lambda p: (200_000 + p[0] + p[1] / 1000, 500_000.0 + p[1])
)

on_edge = st.sampled_from([0, 5, 45, 50, 95, 100]).flatmap(
    lambda x: st.sampled_from([0, 10, 40, 50, 60, 100]).map(
        lambda y: (200_000.0 + x, 500_000.0 + y)
    )
)


@given(
    name=st.sampled_from(sorted(AREAS)),
    homes=st.lists(
        st.tuples(st.one_of(inside, on_edge), st.sampled_from("abcd")), min_size=1, max_size=40
    ),
)
@settings(max_examples=120, deadline=None)
@example(name="square", homes=[((200_050.0, 500_050.0), label) for label in "abcd"])
def test_blocks_tile_any_neighbourhood_around_any_homes(name, homes):
    area = AREAS[name]
    homes = [(p, label) for p, label in homes if shapely.intersects_xy(area, *p)]
    if homes:
        check(area, [p for p, _ in homes], [label for _, label in homes])


# -- points to blocks -----------------------------------------------------------------------


def brute(shapes, x, y):
    """The first polygon that touches the point, one by one."""
    hits = np.array([shapely.intersects_xy(shape, x, y) for shape in shapes])
    return np.where(hits.any(axis=0), hits.argmax(axis=0), -1)


def index(shapes):
    return BlockIndex([shapely.to_wkb(shape) for shape in shapes])


@given(
    name=st.sampled_from(sorted(AREAS)),
    homes=st.lists(inside, min_size=1, max_size=30),
    seed=st.integers(0, 2**32 - 1),
)
@settings(max_examples=60, deadline=None)
def test_the_index_agrees_with_asking_every_polygon(name, homes, seed):
    homes = [p for p in homes if shapely.intersects_xy(AREAS[name], *p)]
    shapes = (
        list(tiled(AREAS[name], homes, [str(n % 5) for n in range(len(homes))]).values())
        if homes
        else [AREAS[name]]
    )
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(199_990, 200_320, 500), rng.uniform(499_990, 500_110, 500)
    corners = shapely.get_coordinates(shapes).T

    for px, py in ((x, y), tuple(corners)):
        assert_array_equal(index(shapes).locate(px, py), brute(shapes, px, py))


def test_a_point_on_a_shared_border_belongs_to_the_first():
    halves = [shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)]

    assert index(halves).locate(np.array([1.0]), np.array([0.5])).tolist() == [0]
    assert index(halves[::-1]).locate(np.array([1.0]), np.array([0.5])).tolist() == [0]


def test_points_that_are_nowhere_are_in_no_block():
    x = np.array([np.nan, np.inf, -np.inf, -1e300, 200_050.0])
    y = np.array([500_050.0, 0.0, np.nan, 1e300, 500_050.0])

    assert index([SQUARE]).locate(x, y).tolist() == [-1, -1, -1, -1, 0]


def test_an_empty_layer_holds_nothing():
    assert BlockIndex([]).locate(np.array([1.0, 0.0]), np.array([1.0, 0.0])).tolist() == [-1, -1]
    assert places_of([(1.0, 1.0)], polygons=[]) == [-1]
    assert places_of([], polygons=[shapely.to_wkb(SQUARE)]) == []


def test_nearest_inner_and_bounds():
    layer = [shapely.to_wkb(shape) for shape in (SQUARE, shapely.box(0, 0, 1, 1))]

    assert nearest_to([(5.0, 5.0), (200_000.0, 0.0)], polygons=layer) == [1, 1]
    assert nearest_to([], polygons=layer) == []
    assert bounds_of(layer) == (0.0, 0.0, 200_100.0, 500_100.0)
    assert places_of(inner_points(layer), polygons=layer) == [0, 1]
