"""The reports behind invented voices: who reported, on which day, and who reported again."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from signaal.clock import DAYS_PER_WEEK, WEEKS_PER_PERIOD
from signaal.hotspots.simulate.streams import Habits, Stream

WEEKDAYS = np.array([0.12, 0.12, 0.12, 0.13, 0.17, 0.19, 0.15])
"""Share of the reports on Monday to Sunday: most come in at the weekend."""


@dataclass(frozen=True, eq=False)
class Reports:
    """Invented reports as columns, oldest week first.

    Attributes:
        block: Index of the block, shape (reports,).
        week: Week, counted from Monday 1970-01-05, shape (reports,).
        day: 0 is Monday, shape (reports,).
        reporter: Stands for one reporter, shape (reports,).
    """

    block: NDArray[np.int64]
    week: NDArray[np.int64]
    day: NDArray[np.int64]
    reporter: NDArray[np.int64]


def reports_of(stream: Stream, *, habits: Habits, seed: int) -> Reports:
    """Turns voices into reports: each voice a reporter, some of whom report again.

    Counting voices by the rule (one per reporter, block and fixed four weeks) gives the stream's
    counts back.

    Args:
        stream: The voices.
        habits: How people report: who reports again, and how often the angry ones do.
        seed: The same seed gives the same reports.
    """
    chance = np.random.default_rng(np.random.SeedSequence(seed).spawn(5)[4])
    voices = stream.counts.copy()
    loud_block, loud_week, loud_who = _loud(stream, habits)
    first = (loud_week + stream.first_week) // WEEKS_PER_PERIOD
    _, opening = np.unique(np.column_stack([loud_block, first]), axis=0, return_index=True)
    np.subtract.at(voices, (loud_block[opening], loud_week[opening]), 1)
    block, week = (index.astype(np.int64) for index in np.nonzero(voices))
    times = voices[block, week]
    block, week = np.repeat(block, times), np.repeat(week, times)
    reporter = np.arange(block.size, dtype=np.int64)
    again = np.flatnonzero(chance.random(block.size) < habits.again)
    later = _later(week[again], stream, chance=chance)
    all_block = np.concatenate([block, block[again], loud_block])
    all_week = np.concatenate([week, later, loud_week])
    all_reporter = np.concatenate([reporter, reporter[again], loud_who + block.size])
    order = np.lexsort((all_reporter, all_block, all_week))
    return Reports(
        block=all_block[order],
        week=all_week[order] + stream.first_week,
        day=chance.choice(DAYS_PER_WEEK, order.size, p=WEEKDAYS),
        reporter=all_reporter[order],
    )


def _loud(
    stream: Stream, habits: Habits
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Block, week and number of every report of the angry ones."""
    weeks = np.arange(max(0, stream.weeks - habits.angry_weeks), stream.weeks)
    weeks = np.repeat(weeks[~stream.gaps[weeks]], habits.angry_reports)
    who = np.repeat(np.arange(stream.angry.size), weeks.size)
    return stream.angry[who].astype(np.int64), np.tile(weeks, stream.angry.size), who


def _later(
    week: NDArray[np.int64], stream: Stream, *, chance: np.random.Generator
) -> NDArray[np.int64]:
    """A week between this one and the end of its four weeks, when the line was up."""
    number = week + stream.first_week
    end = number - number % WEEKS_PER_PERIOD + WEEKS_PER_PERIOD - 1
    end = np.minimum(end, stream.first_week + stream.weeks - 1)
    moved = chance.integers(number, end + 1) - stream.first_week
    return np.where(stream.gaps[moved], week, moved)
