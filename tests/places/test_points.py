import json
from pathlib import Path

import numpy as np
import shapely
from numpy.testing import assert_array_equal

from signaal.places.geometry import BlockIndex

ORACLES = Path(__file__).resolve().parents[3] / "shared" / "oracles"


def test_points_lie_where_an_independent_program_says():
    polygons, rows = ORACLES / "pip_polygons.geojson", ORACLES / "pip_points.csv"
    shapes, points = [shapely.box(0, 0, 1, 1)], np.array([[0.5, 0.5, 0, 1], [2, 2, -1, 0]])
    if polygons.is_file():
        features = json.loads(polygons.read_text())["features"]
        assert [one["properties"]["block"] for one in features] == list(range(len(features)))
        shapes = [shapely.from_geojson(json.dumps(one["geometry"])) for one in features]
        points = np.loadtxt(rows, delimiter=",", skiprows=1)
    found = BlockIndex([shapely.to_wkb(shape) for shape in shapes]).locate(*points[:, :2].T)

    clear = points[:, 3] <= 1  # on a shared border more than one answer is right
    assert_array_equal(found[clear], points[clear, 2])
    assert (found[~clear] >= 0).all()


def test_more_points_than_fit_in_one_go_each_get_their_own_answer():
    index = BlockIndex([shapely.to_wkb(shapely.box(at, 0, at + 1, 1)) for at in range(3)])
    x = np.arange(600_000) % 4 + 0.5

    assert_array_equal(index.locate(x, np.full(600_000, 0.5)), np.where(x < 3, x.astype(int), -1))
