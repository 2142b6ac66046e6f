"""What time it is, and the weeks by which Signaal counts."""

from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
FIRST_MONDAY = date(1970, 1, 5)
"""Weeks are numbered from this Monday (Europe/Amsterdam)."""
DAYS_PER_WEEK = 7
WEEKS_PER_PERIOD = 4


class Clock(Protocol):
    """Anything that can tell the time."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        return datetime.now(UTC)


class PretendClock:
    """A clock that can be told that it is another moment, and then runs on from there."""

    def __init__(self, real: Clock) -> None:
        self._real = real
        self._shift = timedelta(0)

    def now(self) -> datetime:
        """The pretended instant, aware, in UTC."""
        return self._real.now() + self._shift

    def pretend(self, instant: datetime) -> None:
        """Runs on from this instant."""
        self._shift = instant - self._real.now()

    def stop_pretending(self) -> None:
        """Tells the real time again."""
        self._shift = timedelta(0)

    @property
    def pretending(self) -> bool:
        """Whether this clock tells another time than the real one."""
        return self._shift != timedelta(0)


def week_of(instant: datetime) -> int:
    """The number of the Amsterdam week that holds this instant.

    Args:
        instant: An aware instant.

    Returns:
        Whole weeks since Monday 1970-01-05.
    """
    return (instant.astimezone(AMSTERDAM).date() - FIRST_MONDAY).days // DAYS_PER_WEEK


def period_of(week: int) -> int:
    """The number of the fixed four-week period that holds this week."""
    return week // WEEKS_PER_PERIOD


def monday_of(week: int) -> date:
    """The Monday on which this week begins."""
    return FIRST_MONDAY + timedelta(weeks=week)


def start_of(week: int) -> datetime:
    """The instant, in UTC, at which this week begins in Amsterdam."""
    monday = monday_of(week)
    midnight = datetime(monday.year, monday.month, monday.day, tzinfo=AMSTERDAM)
    return midnight.astimezone(UTC)
