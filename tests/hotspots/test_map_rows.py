"""The figures of all blocks at once say what is said of each by itself."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from signaal.access.model import Role
from signaal.hotspots import actions
from signaal.hotspots.actions.columns import levels_of
from signaal.hotspots.actions.rows import NO_END, Names, Rows
from signaal.hotspots.actions.showing import latest
from signaal.hotspots.model import BlockName, Level, Pattern, Shown, level_of
from signaal.hotspots.web.signs import SIGN_PLACE, sign_of, signs_of
from signaal.intake.model import Kind
from tests.hotspots.towns import build, looking, report

SEEN = st.tuples(
    st.sampled_from([(0, 4), (0, 2), (5, 9), (10, 19), (20, 49), (50, NO_END), (3, 3), (7, 7)]),
    st.booleans(),
    st.sampled_from([0.0, 1.4, 1.5, 2.9, 3.0, 6.0, 11.9, 12.0, 40.0]),
    st.sampled_from([0.9, 1.5, 2.99, 3.0, 6.0, 12.0, 13.0]),
    st.sampled_from(list(Level)),
    st.sampled_from(list(Pattern)),
)


def rows_of(seen) -> Rows:
    blocks = tuple(
        BlockName(
            f"B{at:03}", 40 + at % 3, f"Buurt {at % 4}", "BU1", f"Wijk {at % 2}", f"W{at % 2}"
        )
        for at in range(len(seen))
    )
    low = np.array([each[0][0] for each in seen], dtype=np.int64)
    high = np.array([each[0][1] for each in seen], dtype=np.int64)
    hidden = low == 0
    return Rows(
        names=Names(blocks, np.arange(len(seen))),
        at=np.arange(len(seen)),
        low=low,
        high=high,
        hidden=hidden,
        rate_low=np.where(hidden, np.nan, low / 4),
        rate_high=np.where(hidden | (high == NO_END), np.nan, high / 4),
        level=np.array([each[4].rank for each in seen], dtype=np.int8),
        pattern=np.array([int(each[5]) for each in seen], dtype=np.int8),
    )


@given(st.lists(SEEN, max_size=12))
def test_all_levels_at_once_are_the_level_of_each(seen) -> None:
    low = np.array([each[0][0] for each in seen], dtype=np.int64)
    ranks = levels_of(
        low,
        hidden=low == 0,
        found=np.array([each[1] for each in seen], dtype=np.bool_),
        crude=np.array([each[2] for each in seen], dtype=np.float64),
        ratio=np.array([each[3] for each in seen], dtype=np.float64),
    )
    singly = [
        level_of(
            Shown(ends[0], ends[1], hidden=ends[0] == 0), found=found, crude=crude, ratio=ratio
        )
        for ends, found, crude, ratio, *_ in seen
    ]
    assert [list(Level)[rank] for rank in ranks] == singly


@given(st.lists(SEEN, max_size=12), st.sets(st.sampled_from(["B000", "B003", "B900"])))
def test_all_signs_at_once_are_the_sign_of_each(seen, reached) -> None:
    rows = rows_of(seen)
    singly = [SIGN_PLACE[sign_of(row, reached=reached)] for row in rows]
    assert signs_of(rows, reached=reached).tolist() == singly


@given(st.lists(SEEN, max_size=12))
def test_the_order_of_all_at_once_is_the_order_of_the_rows(seen) -> None:
    rows = rows_of(seen)
    singly = sorted(rows, key=lambda row: row.attention)
    assert list(rows.some(rows.by_attention())) == singly
    assert [row.block.code for row in rows.some(rows.by())] == sorted(
        row.block.code for row in rows
    )


def test_a_row_is_what_its_columns_say() -> None:
    rows = rows_of([((5, 9), True, 3.0, 3.0, Level.MORE, Pattern.NEW)] * 3)
    assert (rows[-1], rows[1]) == (list(rows)[2], next(iter(rows[1:])))
    assert (rows[0].reporters, rows[0].rate.low) == (Shown(5, 9, hidden=False), 1.25)
    assert (rows[0].level, rows[0].pattern) == (Level.MORE, Pattern.NEW)
    open_end = rows_of([((50, NO_END), True, 3.0, 3.0, Level.MORE, Pattern.NEW)])[0]
    assert (open_end.reporters.high, open_end.rate.high) == (None, None)
    hidden = rows_of([((0, 4), True, 3.0, 3.0, Level.TOO_FEW, Pattern.NONE)])[0]
    assert (hidden.reporters.hidden, hidden.rate) == (True, None)


def test_without_news_the_same_figures_are_shown_with_another_moment(services, clock) -> None:
    first, *_ = build(services)
    report(services, first, times=12)
    actions.refresh(services)

    def seen():
        return actions.map_figures(
            services, period=0, kind=Kind.NUISANCE, visitor=looking(Role.TEAM_MEMBER)
        )

    before = seen()
    clock.set(clock.now() + timedelta(minutes=1))
    actions.refresh(services)
    after = seen()
    assert after.snapshot == replace(before.snapshot, made_at=clock.now())
    assert after.rows is before.rows
    assert latest(services).weeks is latest(services).weeks


def test_on_another_day_the_same_figures_end_on_that_day(services, clock) -> None:
    first, *_ = build(services)
    report(services, first, times=12)
    days = set()
    for _ in range(2):
        actions.refresh(services)
        figures = actions.map_figures(
            services, period=0, kind=Kind.NUISANCE, visitor=looking(Role.TEAM_MEMBER)
        )
        days.add(figures.window.last_day)
        clock.set(clock.now() + timedelta(days=1))
    assert len(days) == 2
