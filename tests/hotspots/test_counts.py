import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from signaal.hotspots.numbers import counts as room
from signaal.hotspots.numbers.counts import (
    ReportColumns,
    Span,
    count_weeks,
    stretch_voices,
    weekly_voices,
    whole_voices,
)

SPAN = Span(last_week=107, stretches=2)
"""Weeks 100 to 107: two fixed periods."""


def columns(rows) -> ReportColumns:
    """Rows of (block, week, kind, reporter, weight[, organisation])."""
    whole = [(*row, -1)[:6] for row in rows]
    cells = [list(column) for column in zip(*whole, strict=True)] or [[] for _ in range(6)]
    block, week, kind, reporter, _, organisation = (np.array(c, dtype=np.int64) for c in cells)
    weight = np.array(cells[4], dtype=float)
    return ReportColumns(block, week, kind, reporter, weight, organisation)


def counted(rows, *, blocks=2, kinds=2, span=SPAN):
    return weekly_voices(columns(rows), span=span, blocks=blocks, kinds=kinds)


def sums(rows, **sizes):
    return stretch_voices(counted(rows, **sizes))


def test_a_worked_example_by_hand() -> None:
    rows = [
        (0, 101, 0, 7, 1.0),  # counts in week 101,
        (0, 103, 0, 7, 1.0),  # and not again in the same four weeks,
        (0, 104, 0, 7, 1.0),  # but again in the next four,
        (1, 101, 0, 7, 1.0),  # and in another block,
        (0, 101, 1, 7, 1.0),  # and for another kind.
        (0, 100, 0, 8, 1.0),  # Another reporter is another voice.
    ]
    assert_array_equal(
        counted(rows),
        [
            [[1, 1, 0, 0, 1, 0, 0, 0], [0, 1, 0, 0, 0, 0, 0, 0]],
            [[0, 1, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0, 0]],
        ],
    )
    assert_array_equal(sums(rows), [[[2, 1], [1, 0]], [[1, 0], [0, 0]]])


def test_one_angry_neighbour_with_fifty_reports_is_one_voice() -> None:
    assert sums([(0, 100 + i % 4, 0, 3, 1.0) for i in range(50)])[0, 0, 0] == 1


def test_a_voice_counts_in_its_first_week_whatever_the_order_of_the_rows() -> None:
    weekly = counted([(0, 103, 0, 3, 1.0), (0, 101, 0, 3, 1.0), (0, 102, 0, 3, 1.0)])
    assert_array_equal(weekly[0, 0, :4], [0, 1, 0, 0])


def test_an_anonymous_report_is_half_a_voice_alone() -> None:
    assert sums([(0, 100, 0, 3, 0.5)])[0, 0, 0] == 0.5


def test_two_anonymous_reports_are_no_second_source_for_each_other() -> None:
    assert sums([(0, 100, 0, 3, 0.5), (0, 100, 0, 4, 0.5)])[0, 0, 0] == 1


def test_an_anonymous_report_is_a_whole_voice_beside_a_second_source() -> None:
    assert sums([(0, 100, 0, 3, 0.5), (0, 103, 0, 4, 1.0)])[0, 0, 0] == 2


def test_a_source_in_another_block_period_or_kind_is_no_second_source() -> None:
    rows = [(0, 100, 0, 3, 0.5), (1, 100, 0, 4, 1.0), (0, 104, 0, 4, 1.0), (0, 100, 1, 4, 1.0)]
    assert sums(rows)[0, 0, 0] == 0.5


def test_what_a_team_found_is_no_voice_and_no_second_source() -> None:
    assert sums([(0, 100, 0, 3, 0.5), (0, 100, 0, 4, 0.0)])[0, 0, 0] == 0.5


def test_who_was_first_found_and_then_heard_counts_from_the_week_of_being_heard() -> None:
    weekly = counted([(0, 100, 0, 3, 0.0), (0, 102, 0, 3, 1.0)])
    assert_array_equal(weekly[0, 0, :4], [0, 0, 1, 0])


def test_an_organisation_has_at_most_two_voices_its_earliest() -> None:
    weekly = counted([(0, 103 - i, 0, i, 1.0, 5) for i in range(4)])
    assert_array_equal(weekly[0, 0, :4], [1, 1, 0, 0])


def test_two_organisations_and_neighbours_do_not_crowd_each_other_out() -> None:
    rows = [(0, 100, 0, i, 1.0, 5 + i % 2) for i in range(8)]
    rows += [(0, 100, 0, 10 + i, 1.0) for i in range(3)]
    assert sums(rows)[0, 0, 0] == 2 + 2 + 3


def test_reports_without_organisations_need_no_such_column() -> None:
    full = columns([(0, 100, 0, 3, 1.0)])
    bare = ReportColumns(full.block, full.week, full.kind, full.reporter, full.weight)
    assert weekly_voices(bare, span=SPAN, blocks=1, kinds=1).sum() == 1


def test_reports_outside_the_span_count_for_nothing() -> None:
    assert counted([(0, 99, 0, 3, 1.0), (0, 108, 0, 3, 1.0)]).sum() == 0


def test_a_quiet_town_has_zeros() -> None:
    assert_array_equal(counted([]), np.zeros((2, 2, 8)))


def test_a_town_without_blocks_has_no_figures() -> None:
    assert counted([], blocks=0).shape == (2, 0, 8)


def test_the_last_four_weeks_may_end_in_any_week() -> None:
    span = Span(last_week=105, stretches=1)
    assert (span.first_week, span.weeks) == (102, 4)
    weekly = counted([(0, 103, 0, 3, 1.0), (0, 105, 0, 3, 1.0)], span=span)
    assert_array_equal(weekly[0, 0], [0, 1, 0, 0])


def test_halves_are_summed_and_rounded_down() -> None:
    assert_array_equal(whole_voices(np.array([0.5, 1.5, 4.5, 5.0])), [0, 1, 4, 5])


ROWS = st.lists(
    st.tuples(
        st.integers(0, 1),
        st.integers(98, 109),
        st.integers(0, 1),
        st.integers(0, 8),
        st.sampled_from([0.0, 0.5, 1.0]),
    ).map(lambda row: (*row, row[3] % 3 - 1)),
    max_size=40,
)
"""Each reporter works for the same organisation throughout, or for none."""


@given(ROWS, st.randoms(use_true_random=False))
def test_the_order_of_reports_changes_nothing(rows, random) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)
    assert_array_equal(sums(shuffled), sums(rows))


@given(ROWS)
def test_the_order_of_blocks_changes_nothing(rows) -> None:
    turned = [(1 - row[0], *row[1:]) for row in rows]
    assert_array_equal(counted(turned)[:, ::-1], counted(rows))


@given(ROWS)
def test_saying_it_again_changes_nothing(rows) -> None:
    assert_array_equal(counted(rows + rows), counted(rows))


@given(ROWS)
def test_one_more_reporter_never_makes_a_block_quieter(rows) -> None:
    more = [*rows, (0, 101, 0, 99, 1.0)]
    assert (sums(more) >= sums(rows)).all()
    assert sums(more)[0, 0, 0] >= sums(rows)[0, 0, 0] + 1


@given(ROWS)
def test_nobody_has_more_than_one_voice(rows) -> None:
    reporters = {row[3] for row in rows}
    assert (sums(rows) <= len(reporters)).all()


@given(ROWS)
def test_slow_counting_by_hand_gives_the_same(rows) -> None:
    assert_array_equal(sums(rows), _by_hand(rows))


def _by_hand(rows):
    """The same rule, told the long way round."""
    result = np.zeros((2, 2, 2))
    for kind in range(2):
        for block in range(2):
            for stretch in range(2):
                first = SPAN.first_week + 4 * stretch
                here = [
                    r
                    for r in rows
                    if r[0] == block and r[2] == kind and first <= r[1] < first + 4 and r[4] > 0
                ]
                result[kind, block, stretch] = _voices_of(here)
    return result


def _voices_of(here) -> float:
    everybody = {r[3] for r in here}
    heaviest = {who: max(r[4] for r in here if r[3] == who) for who in everybody}
    earliest = {who: min(r[1] for r in here if r[3] == who) for who in everybody}
    for organisation in (0, 1):
        theirs = [who for who in everybody if who % 3 - 1 == organisation]
        theirs.sort(key=lambda who: (earliest[who], -heaviest[who]))
        for who in theirs[2:]:
            del heaviest[who]
    whole = any(weight == 1.0 for weight in heaviest.values())
    return sum(1.0 if whole else weight for weight in heaviest.values())


def per_week(block, week, **sizes):
    columns_of = np.array(block, dtype=np.int64), np.array(week, dtype=np.int64)
    compiled = count_weeks(*columns_of, **sizes)
    assert_array_equal(compiled, room._add_up_plainly(*columns_of, **sizes))
    return compiled


def test_rows_per_block_and_week_by_hand() -> None:
    found = per_week([0, 1, 1, 0], [7, 8, 8, 9], blocks=2, first_week=7, weeks=3)

    assert_array_equal(found, [[1, 0, 1], [0, 2, 0]])
    assert found.dtype == np.int32


def test_rows_outside_the_weeks_or_the_blocks_count_for_nothing() -> None:
    found = per_week([0, 0, -1, 2, 1], [6, 10, 8, 8, 9], blocks=2, first_week=7, weeks=3)

    assert_array_equal(found, [[0, 0, 0], [0, 0, 1]])


def test_without_rows_blocks_or_weeks_nothing_is_counted() -> None:
    assert per_week([], [], blocks=2, first_week=7, weeks=3).sum() == 0
    assert per_week([0], [7], blocks=0, first_week=7, weeks=3).shape == (0, 3)
    assert per_week([0], [7], blocks=2, first_week=7, weeks=0).shape == (2, 0)


def test_an_invented_future_date_is_not_counted() -> None:
    found = per_week([0, 0], [2**62, -(2**62)], blocks=1, first_week=2_900, weeks=104)

    assert found.sum() == 0


@given(
    st.lists(st.tuples(st.integers(-2, 5), st.integers(95, 110)), max_size=50), st.integers(1, 9)
)
def test_the_compiled_count_equals_counting_by_hand(rows, weeks) -> None:
    block, week = [row[0] for row in rows], [row[1] for row in rows]
    found = per_week(block, week, blocks=4, first_week=100, weeks=weeks)

    for at in range(4):
        assert [rows.count((at, 100 + n)) for n in range(weeks)] == list(found[at])
