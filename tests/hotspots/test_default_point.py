"""A point that swallows reports is no hotspot."""

import numpy as np

from signaal.hotspots.numbers.default_point import swallows
from signaal.hotspots.simulate import Habits, grid_map, invent


def test_more_reporters_in_four_weeks_than_dwellings_by_hand() -> None:
    voices = np.array([[9, 1, 0, 0, 1], [0, 6, 5, 0, 0], [0, 9, 9, 9, 9], [0, 9, 9, 9, 9]])

    assert swallows(voices, np.array([10.0, 10.0, 0.0, np.nan])).tolist() == [
        False, True, False, False,
    ]  # fmt: skip


def test_a_point_is_remembered_for_half_a_year() -> None:
    voices = np.zeros((2, 30))
    voices[:, 0] = 11
    assert swallows(voices[:, :26], np.array([10.0, 12.0])).tolist() == [True, False]
    assert not swallows(voices, np.array([10.0, 12.0])).any()


def test_a_busy_square_with_few_homes_in_a_large_town_is_no_point() -> None:
    voices = np.full((1000, 26), 2.0)
    voices[0] = 10.0
    homes = np.where(np.arange(1000) == 0, 12.0, 100.0)
    assert not swallows(voices, homes).any()


def test_a_default_point_is_seen_at_each_rate_and_nothing_else_is() -> None:
    town = grid_map(500)
    for rate in (0.25, 0.5, 1.0):
        stream = invent(town, habits=Habits(rate=rate, swallowed=0.1), weeks=52, seed=1)
        seen = swallows(stream.counts.astype(float), town.dwellings.astype(float))
        assert np.flatnonzero(seen).tolist() == [stream.default_block]


def test_a_quiet_town_has_none() -> None:
    assert not swallows(np.zeros((5, 8)), np.full(5, 20.0)).any()
