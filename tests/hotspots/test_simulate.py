"""Invented streams: is in them what was asked for, and nothing else?"""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import mark, raises

from signaal.errors import ImpossibleSimulation
from signaal.hotspots.numbers.counts import ReportColumns, Span, weekly_voices
from signaal.hotspots.simulate import (
    Habits,
    Outbreak,
    Shape,
    block_levels,
    grid_map,
    invent,
    plant,
    reports_of,
    season_of,
)

TOWN = grid_map(100, dwellings=40)
EQUAL = Habits(rate=1.0, season=0.0, levels=0.0, dispersion=1.0)


def voices_of(reports, stream):
    columns = ReportColumns(
        block=reports.block,
        week=reports.week,
        kind=np.zeros_like(reports.block),
        reporter=reports.reporter,
        weight=np.ones(reports.block.size),
    )
    last = stream.first_week + stream.weeks - 1
    span = Span(last_week=last, stretches=stream.weeks // 4)
    return weekly_voices(columns, span=span, blocks=len(stream.counts), kinds=1)[0]


def test_a_grid_of_six_blocks_by_hand() -> None:
    town = grid_map(6, dwellings=30, side=50.0)  # three in a row, two rows

    assert [sorted(town.beside(block)) for block in range(6)] == [
        [1, 3], [0, 2, 4], [1, 5], [0, 4], [1, 3, 5], [2, 4],
    ]  # fmt: skip
    assert town.centres[4].tolist() == [50.0, 50.0]
    assert town.dwellings.tolist() == [30] * 6
    assert set(town.neighbourhood) == {0}


def test_a_town_of_one_block_stands_alone() -> None:
    assert grid_map(1).beside(0).size == 0


def test_a_town_without_blocks_is_refused() -> None:
    with raises(ImpossibleSimulation):
        grid_map(0)


def test_the_same_seed_gives_the_same_stream_and_another_seed_another() -> None:
    first, again, other = (
        invent(TOWN, habits=Habits(), weeks=30, seed=seed).counts for seed in (1, 1, 2)
    )
    assert (first == again).all()
    assert (first != other).any()


def test_an_equal_town_raises_what_was_asked() -> None:
    stream = invent(TOWN, habits=EQUAL, weeks=200, seed=3)

    assert abs(stream.counts.mean() - 1.0) < 5 / np.sqrt(100 * 200)
    assert abs(stream.counts.var() - 1.0) < 0.05
    assert not stream.truths
    assert not stream.gaps.any()


def test_voices_spread_as_widely_as_asked() -> None:
    habits = Habits(rate=2.0, season=0.0, levels=0.0, dispersion=2.0)
    stream = invent(TOWN, habits=habits, weeks=200, seed=4)

    assert abs(stream.counts.var() / stream.counts.mean() - 2.0) < 0.1


def test_levels_differ_as_widely_as_asked_and_follow_size() -> None:
    levels = block_levels(grid_map(5000), spread=0.4, chance=np.random.default_rng(5))

    assert abs(levels.mean() - 1) < 0.03
    assert abs(levels.std() - 0.4) < 0.03


def test_the_season_by_hand() -> None:
    assert season_of(np.array([30]), lift=0.2).tolist() == [1.2]
    assert abs(season_of(np.arange(522), lift=0.2).mean() - 1) < 1e-3
    assert season_of(np.arange(9), lift=0.0).tolist() == [1.0] * 9


def test_nothing_comes_in_while_the_line_is_down() -> None:
    stream = invent(TOWN, habits=Habits(gaps=(7, 8)), weeks=12, seed=6)

    assert stream.counts[:, 7:9].sum() == 0
    assert (stream.counts[:, [6, 9]].sum(axis=0) > 0).all()
    assert np.flatnonzero(stream.gaps).tolist() == [7, 8]


def test_a_town_where_nobody_reports_is_silent() -> None:
    stream = invent(TOWN, habits=Habits(rate=0.0), weeks=8, seed=7)

    assert stream.counts.sum() == 0
    assert reports_of(stream, habits=Habits(rate=0.0), seed=7).block.size == 0


def test_a_default_point_swallows_its_share_from_its_week_on() -> None:
    habits = Habits(rate=1.0, swallowed=0.1, swallows_since=20)
    stream = invent(TOWN, habits=habits, weeks=60, seed=8)
    share = stream.counts[stream.default_block] / stream.counts.sum(axis=0)

    assert share[:20].mean() < 0.03
    assert 0.08 < share[20:].mean() < 0.14


def test_a_stream_with_and_without_an_outbreak_differ_by_the_outbreak_alone() -> None:
    outbreak = Outbreak(Shape.DOUBLING, start=10, origin=44)
    quiet = invent(TOWN, habits=Habits(), weeks=20, seed=9)
    loud = invent(TOWN, habits=Habits(), weeks=20, seed=9, outbreaks=[outbreak])
    more = loud.counts - quiet.counts
    (truth,) = loud.truths

    assert more[truth.blocks, 10:].sum() > 0
    more[truth.blocks, 10:] = 0
    assert (more == 0).all()
    assert (loud.usual == quiet.usual).all()


def planted(shape, *, size=4, seed=0, origin=None, **rest):
    outbreak = Outbreak(shape, start=5, size=size, origin=origin, **rest)
    return plant(outbreak, TOWN, weeks=30, chance=np.random.default_rng(seed))


def test_four_blocks_beside_each_other_make_a_square() -> None:
    truth = planted(Shape.DOUBLING, origin=44)
    rows, columns = np.divmod(truth.blocks, 10)

    assert len(set(truth.blocks)) == 4
    assert np.ptp(rows) == 1
    assert np.ptp(columns) == 1
    assert (truth.factor[:, :5] == 1).all()
    assert (truth.factor[:, 5:] == 2).all()


def test_slow_trouble_grows_week_by_week_to_its_height() -> None:
    factor = planted(Shape.SLOW, times=3.0).factor[0]

    assert factor[4] == 1.0
    assert factor[5] == 1 + 2 / 12
    assert factor[16:].tolist() == [3.0] * 14
    assert (np.diff(factor) >= 0).all()


def test_a_jump_takes_a_neighbour_more_each_week() -> None:
    truth = planted(Shape.JUMP, size=5)

    assert truth.since.tolist() == [5, 6, 7, 8, 9]
    for step in range(1, 5):
        assert set(TOWN.beside(truth.blocks[step])) & set(truth.blocks[:step])
    assert truth.blocks_at(6).tolist() == truth.blocks[:2].tolist()


def test_a_street_is_a_row_wherever_it_begins() -> None:
    for seed in range(20):
        truth = planted(Shape.STREET, size=6, seed=seed)
        rows, columns = np.divmod(np.sort(truth.blocks), 10)
        assert len(truth.blocks) == 6
        assert np.ptp(rows) == 0 or np.ptp(columns) == 0


def test_a_whole_neighbourhood_is_all_of_its_blocks() -> None:
    truth = planted(Shape.NEIGHBOURHOOD, origin=0)

    assert len(truth.blocks) == 25
    assert set(TOWN.neighbourhood[truth.blocks]) == {0}


def test_an_outbreak_ends_when_it_was_asked_to() -> None:
    truth = planted(Shape.DOUBLING, lasts=3)

    assert (truth.factor[:, 8:] == 1).all()
    assert truth.blocks_at(8).size == 0


@mark.parametrize(
    "outbreak",
    [
        Outbreak(Shape.SLOW, start=30),
        Outbreak(Shape.SLOW, start=-1),
        Outbreak(Shape.SLOW, start=3, size=0),
        Outbreak(Shape.SLOW, start=3, times=0.5),
    ],
)
def test_an_outbreak_that_can_not_be_is_refused(outbreak) -> None:
    with raises(ImpossibleSimulation):
        plant(outbreak, TOWN, weeks=30, chance=np.random.default_rng(0))


@mark.parametrize(
    "habits", [Habits(rate=-1), Habits(dispersion=0.5), Habits(swallowed=1.0), Habits(gaps=(99,))]
)
def test_a_town_that_can_not_be_is_refused(habits) -> None:
    with raises(ImpossibleSimulation):
        invent(TOWN, habits=habits, weeks=12, seed=0)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 3), st.sampled_from([0.0, 0.1]))
def test_counting_the_reports_by_the_rule_gives_the_voices_back(seed, angry, swallowed) -> None:
    habits = Habits(rate=0.4, angry=angry, swallowed=swallowed, gaps=(3,), again=0.3)
    stream = invent(TOWN, habits=habits, weeks=12, seed=seed)
    reports = reports_of(stream, habits=habits, seed=seed)

    assert (voices_of(reports, stream) == stream.counts).all()
    assert reports.block.size > stream.counts.sum()


def test_an_angry_reporter_is_one_voice_in_four_weeks_and_many_reports() -> None:
    habits = Habits(rate=0.0, angry=1, angry_weeks=8, angry_reports=7)
    stream = invent(TOWN, habits=habits, weeks=16, seed=1)
    reports = reports_of(stream, habits=habits, seed=1)

    assert reports.block.size == 56
    assert set(reports.reporter) == {0}
    assert stream.counts.sum() == 2
    assert stream.counts[stream.angry[0], [8, 12]].tolist() == [1, 1]


def test_most_reports_come_at_the_weekend() -> None:
    stream = invent(TOWN, habits=EQUAL, weeks=52, seed=2)
    days = np.bincount(reports_of(stream, habits=EQUAL, seed=2).day, minlength=7)

    assert days[4:6].min() > days[:4].max()
