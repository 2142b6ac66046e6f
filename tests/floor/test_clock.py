from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from pytest import mark

from signaal.clock import AMSTERDAM, PretendClock, monday_of, period_of, start_of, week_of
from tests.fakes import SetClock

SOME_DAY = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_weeks_count_from_the_first_monday_of_1970_in_amsterdam() -> None:
    assert week_of(datetime(1970, 1, 5, 0, 0, tzinfo=AMSTERDAM)) == 0
    assert week_of(datetime(1970, 1, 4, 23, 59, tzinfo=AMSTERDAM)) == -1
    # 2026-11-23 is a Monday: 20,776 days, 2,968 weeks after 1970-01-05.
    assert week_of(datetime(2026, 11, 22, 23, 0, tzinfo=UTC)) == 2968
    assert week_of(datetime(2026, 11, 22, 22, 59, tzinfo=UTC)) == 2967


def test_four_weeks_make_a_fixed_period() -> None:
    assert [period_of(week) for week in (0, 3, 4, 2967, 2968)] == [0, 0, 1, 741, 742]


@mark.parametrize("day", [date(2026, 3, 29), date(2026, 10, 25)])
def test_a_week_with_a_clock_change_still_begins_on_monday_at_midnight(day) -> None:
    week = week_of(datetime(day.year, day.month, day.day, 12, tzinfo=AMSTERDAM))
    begin = start_of(week).astimezone(AMSTERDAM)
    assert (begin.weekday(), begin.hour, begin.minute) == (0, 0, 0)
    assert begin.date() == monday_of(week)


@given(st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))
def test_every_instant_lies_in_its_week(instant) -> None:
    week = week_of(instant)
    assert start_of(week) <= instant < start_of(week + 1)


def test_a_clock_that_pretends_runs_on_and_can_stop() -> None:
    real = SetClock(SOME_DAY)
    clock = PretendClock(real)
    clock.pretend(SOME_DAY + timedelta(days=6))
    real.turn(seconds=30)
    assert clock.pretending
    assert clock.now() == SOME_DAY + timedelta(days=6, seconds=30)
    clock.stop_pretending()
    assert clock.now() == real.now()
    assert not clock.pretending
