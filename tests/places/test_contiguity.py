import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from pytest import mark

from signaal.places.actions import block_borders, block_centres
from signaal.places.geometry import borders_between, centres_of
from signaal.places.geometry.contiguity import neighbours
from signaal.places.model import Block

WEST, SOUTH = 203_000, 503_000
"""Somewhere in Zwolle, metres in EPSG:28992."""


def box(west, south, east, north):
    return shapely.box(WEST + west, SOUTH + south, WEST + east, SOUTH + north)


def pairs(*shapes):
    one, other = borders_between([shapely.to_wkb(shape) for shape in shapes])
    return list(zip(one.tolist(), other.tolist(), strict=True))


def test_squares_side_by_side_are_neighbours_and_across_a_corner_they_are_not():
    assert pairs(box(0, 0, 1, 1), box(1, 0, 2, 1), box(0, 1, 1, 2), box(1, 1, 2, 2)) == [
        (0, 1),
        (0, 2),
        (1, 3),
        (2, 3),
    ]


def test_a_corner_half_way_the_other_ones_border_does_no_harm():
    long, left, right = box(0, 0, 100, 50), box(0, 50, 60, 90), box(60, 50, 100, 90)

    beside = box(-50, 0, 0, 50)

    assert pairs(long, left, right, beside) == [(0, 1), (0, 2), (0, 3), (1, 2)]


def test_a_border_of_one_centimetre_is_no_border():
    first, second, third = box(0, 0, 10, 10), box(10, 9.991, 20, 20), box(-10, 0, 0, 5)

    assert (0, 2) in pairs(first, second, third)
    assert pairs(first, box(10, 9.5, 20, 20), third) == [(0, 1), (0, 2)]


def test_a_border_that_was_rounded_otherwise_on_one_side_still_counts():
    half = 10.0005  # rounds up or down to a millimetre
    slanting = shapely.Polygon([(WEST, SOUTH), (WEST + half, SOUTH), (WEST + 9, SOUTH + 77.3)])
    beside = shapely.Polygon(
        [(WEST + half - 1e-7, SOUTH), (WEST + 40, SOUTH), (WEST + 9 + 1e-9, SOUTH + 77.3)]
    )

    assert pairs(slanting, beside) == [(0, 1)]


def test_an_island_gets_the_nearest_block():
    assert pairs(box(0, 0, 10, 10), box(10, 0, 20, 10), box(30, 0, 40, 10)) == [(0, 1), (1, 2)]


def test_an_island_as_near_to_two_blocks_gets_both_in_whatever_order_they_come():
    north, south, island = box(0, 10, 10, 20), box(0, 0, 10, 10), box(15, 5, 25, 15)

    assert pairs(north, south, island) == [(0, 1), (0, 2), (1, 2)]
    assert pairs(island, north, south) == [(0, 1), (0, 2), (1, 2)]


def test_blocks_that_only_touch_in_a_corner_are_each_others_nearest():
    assert pairs(box(0, 0, 10, 10), box(10, 10, 20, 20)) == [(0, 1)]


def test_one_block_and_no_blocks_have_no_neighbours():
    assert pairs(box(0, 0, 10, 10)) == []
    assert pairs() == []
    assert centres_of([]).shape == (0, 2)


def test_blocks_that_were_drawn_twice_survive():
    assert pairs(box(0, 0, 10, 10), box(0, 0, 10, 10), box(0, 0, 10, 10)) == [
        (0, 1),
        (0, 2),
        (1, 2),
    ]


def test_an_empty_polygon_among_them_has_no_neighbours_and_no_centre():
    empty = shapely.Polygon()

    assert pairs(box(0, 0, 10, 10), empty, box(10, 0, 20, 10)) == [(0, 2)]
    assert np.isnan(centres_of([shapely.to_wkb(empty)])).all()


def test_parts_and_holes_have_borders_too():
    yard = box(40, 40, 60, 60)
    ring = shapely.difference(box(0, 0, 100, 100), yard)
    far = box(300, 0, 310, 10)
    two_parts = shapely.union(box(290, 0, 300, 10), box(500, 0, 510, 10))

    assert pairs(ring, yard, far, two_parts) == [(0, 1), (2, 3)]


def test_the_actions_give_borders_and_centres_of_blocks():
    blocks = [
        Block(
            id=place,
            code=f"b{place}",
            dwellings=20,
            small=False,
            neighbourhood_code="BU01930101",
            neighbourhood_name="Oost",
            district_code="WK019301",
            district_name="Oost",
            wkb=shapely.to_wkb(box(10 * place, 0, 10 * place + 10, 10)),
        )
        for place in range(3)
    ]

    assert [side.tolist() for side in block_borders(blocks)] == [[0, 1], [1, 2]]
    assert_allclose(block_centres(blocks) - [WEST, SOUTH], [[5, 5], [15, 5], [25, 5]])


# -- against independent answers ------------------------------------------------------------

whole = st.integers(1, 3)


def cut(data, box_of, depth):
    """Cuts a rectangle in two, and each half again: borders meet half way each other."""
    west, south, east, north = box_of
    if depth == 0:
        return [box_of]
    if data.draw(st.booleans()):
        at = west + (east - west) * data.draw(whole) / 4
        halves = [(west, south, at, north), (at, south, east, north)]
    else:
        at = south + (north - south) * data.draw(whole) / 4
        halves = [(west, south, east, at), (west, at, east, north)]
    return [piece for half in halves for piece in cut(data, half, depth - 1)]


def touching(shapes):
    """Pairs with a border in common, by intersecting every two."""
    found = []
    for one, shape in enumerate(shapes):
        for other in range(one + 1, len(shapes)):
            common = shapely.intersection(shape, shapes[other])
            if shapely.length(common) > 0.01:
                found.append((one, other))
    return found


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_a_town_cut_at_random_has_the_neighbours_that_intersecting_finds(data):
    boxes = cut(data, (0, 0, 1024, 1024), 4)
    owner = data.draw(st.lists(st.integers(0, 9), min_size=16, max_size=16))
    pieces = shapely.box(*(np.array(boxes) + np.array([WEST, SOUTH] * 2)).T)
    of = np.array(owner)
    shapes = [shapely.union_all(pieces[of == block]) for block in np.unique(of)]
    expected = touching(shapes)
    turned = shapely.transform(
        np.array(shapes),
        lambda at: (at - [WEST, SOUTH]) @ [[0.6, 0.8], [-0.8, 0.6]] + [WEST, SOUTH],
    )

    if len(shapes) > 1 and {place for pair in expected for place in pair} == set(
        range(len(shapes))
    ):
        assert pairs(*shapes) == expected
        assert pairs(*turned) == expected


@settings(max_examples=20, deadline=None)
@given(st.permutations(range(16)), st.data())
def test_the_order_of_blocks_changes_nothing(order, data):
    pieces = shapely.box(*np.array(cut(data, (0, 0, 1024, 1024), 4), dtype=float).T)
    before = {frozenset(pair) for pair in pairs(*pieces)}

    assert {frozenset((order[a], order[b])) for a, b in pairs(*pieces[list(order)])} == before


@mark.parametrize(
    ("file", "metres", "islands"),
    [
        ("columbus/columbus", 1e5, set()),
        ("sids2/sids2", 1e5, set()),
        ("georgia/G_utm", 1, set()),
        ("mexico/mexicojoin", 1e5, set()),
        ("virginia/virginia", 1e5, set()),
        ("10740/10740", 1e5, {163}),
    ],
)
def test_bundled_maps_have_the_neighbours_that_libpysal_finds(file, metres, islands):
    from pathlib import Path

    import geopandas
    import libpysal
    from libpysal.graph import Graph

    path = Path(libpysal.__file__).parent / "examples" / f"{file}.shp"
    shapes = shapely.transform(
        shapely.force_2d(geopandas.read_file(path).geometry.to_numpy()), lambda at: at * metres
    )
    theirs = Graph.build_contiguity(geopandas.GeoSeries(shapes), rook=True).adjacency
    one, other = neighbours(np.asarray(shapes))

    linked = theirs[theirs > 0].reset_index()[["focal", "neighbor"]].to_numpy()
    expected = linked[linked[:, 0] < linked[:, 1]]
    ours = np.column_stack([one, other])
    between = ~np.isin(ours, list(islands)).any(axis=1)
    assert_array_equal(ours[between], expected)
    assert set(ours[~between].ravel()) >= islands
