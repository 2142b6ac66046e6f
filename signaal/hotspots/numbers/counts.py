"""How many voices does a block hear? Pure counting: no maps, no database, no clock."""

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from signaal.clock import WEEKS_PER_PERIOD
from signaal.hotspots.numbers.compiled import compiled

IntArray: TypeAlias = NDArray[np.integer[Any]]
FloatArray: TypeAlias = NDArray[np.float64]

WHOLE = 1.0
"""What a voice weighs; an anonymous web report half of it, until a second source."""
VOICES_PER_ORGANISATION = 2
NO_ORGANISATION = -1


@dataclass(frozen=True)
class ReportColumns:
    """Reports as columns of whole numbers, one row per report, in any order.

    Attributes:
        block: Index of the block, 0 to blocks - 1, shape (reports,).
        week: Week of the report, counted from Monday 1970-01-05, shape (reports,).
        kind: Index of the kind, 0 to kinds - 1, shape (reports,).
        reporter: Stands for one reporter, any numbers from 0, shape (reports,).
        weight: 1; one half for an anonymous web report; 0 for what a team found by itself.
        organisation: For whom a professional reported, or -1 for nobody; None: all for nobody.
    """

    block: IntArray
    week: IntArray
    kind: IntArray
    reporter: IntArray
    weight: FloatArray
    organisation: IntArray | None = None


@dataclass(frozen=True)
class Span:
    """Whole stretches of four weeks, one after another, of which the last ends in a given week.

    With a last week that ends a fixed period (week % 4 = 3) these are the fixed periods by which
    the statistics go; with the present week they are "the last four weeks", the four before
    those, and so on, as the map shows them.

    Attributes:
        last_week: The last week of the last stretch.
        stretches: How many stretches of four weeks.
    """

    last_week: int
    stretches: int

    @property
    def weeks(self) -> int:
        """How many weeks in all."""
        return self.stretches * WEEKS_PER_PERIOD

    @property
    def first_week(self) -> int:
        """The first week of the first stretch."""
        return self.last_week - self.weeks + 1


@dataclass(frozen=True)
class _Voices:
    """One row per voice: cell = (kind, block, stretch) in one number, and the week within it."""

    cell: IntArray
    week: IntArray
    weight: FloatArray
    organisation: IntArray


def weekly_voices(reports: ReportColumns, *, span: Span, blocks: int, kinds: int) -> FloatArray:
    """Voices per kind, block and week: everyone counts once in four weeks, however often they rang.

    One angry neighbour with fifty reports is one voice. A voice counts in the first week of its
    stretch of four weeks. An anonymous web report is half a voice, and a whole one as soon as
    another reporter with a whole voice reported the same kind in the same block and stretch. What
    a team found by itself is no voice. One organisation has at most two voices in a block, kind
    and stretch: its earliest.

    Args:
        reports: The reports; those outside the span count for nothing.
        span: Which weeks to count, in stretches of four.
        blocks: How many blocks there are.
        kinds: How many kinds there are.

    Returns:
        Voices in whole and half numbers, shape (kinds, blocks, weeks of the span).

    Source: the rule of one voice per reporter, block and four weeks stands in trust.md,
    section 4, and numbers.md, notation.
    """
    voices = _one_per_reporter(reports, span=span, blocks=blocks)
    if reports.organisation is not None:
        voices = _within_organisations(voices)
    cells = kinds * blocks * span.stretches
    key = voices.cell * WEEKS_PER_PERIOD + voices.week
    weight = _with_second_source(voices, cells=cells)
    counted = np.bincount(key, weights=weight, minlength=cells * WEEKS_PER_PERIOD)
    return np.asarray(counted, dtype=np.float64).reshape(kinds, blocks, span.weeks)


def count_weeks(
    block: IntArray, week: IntArray, *, blocks: int, first_week: int, weeks: int
) -> NDArray[np.int32]:
    """How many rows there are per block and week; what lies outside both counts for nothing.

    Args:
        block: Index of the block, -1 for none, shape (rows,).
        week: Week of each row, counted from Monday 1970-01-05, shape (rows,).
        blocks: How many blocks there are.
        first_week: The first week to count.
        weeks: How many weeks.

    Returns:
        Counts, shape (blocks, weeks).
    """
    loop = compiled(_add_up)
    if loop is None:
        return _add_up_plainly(block, week, blocks=blocks, first_week=first_week, weeks=weeks)
    counts = np.zeros(blocks * weeks, dtype=np.int32)
    loop(block, week, first_week, weeks, counts)
    return counts.reshape(blocks, weeks)


def _add_up(
    block: IntArray, week: IntArray, first_week: int, weeks: int, counts: NDArray[np.int32]
) -> None:
    """One walk along the rows, without any table in between."""
    long = np.uint64(weeks)
    wide = np.uint64(counts.size // max(weeks, 1))
    for row in range(block.size):
        # What is below zero becomes very large, so that one comparison finds both sides.
        since, place = np.uint64(week[row] - first_week), np.uint64(block[row])
        if since < long and place < wide:
            counts[place * long + since] += 1


def _add_up_plainly(
    block: IntArray, week: IntArray, *, blocks: int, first_week: int, weeks: int
) -> NDArray[np.int32]:
    since = week.astype(np.int64) - first_week
    inside = (since >= 0) & (since < weeks) & (block >= 0) & (block < blocks)
    cell = block[inside].astype(np.int64) * weeks + since[inside]
    counted = np.bincount(cell, minlength=blocks * weeks)
    return counted.astype(np.int32).reshape(blocks, weeks)


def stretch_voices(weekly: FloatArray) -> FloatArray:
    """Voices per stretch of four weeks.

    Args:
        weekly: Voices per week, shape (..., weeks), weeks a multiple of four.

    Returns:
        Sums of four weeks, shape (..., weeks / 4).
    """
    stretches = weekly.shape[-1] // WEEKS_PER_PERIOD
    by_stretch = weekly.reshape(*weekly.shape[:-1], stretches, WEEKS_PER_PERIOD)
    return np.asarray(by_stretch.sum(axis=-1))


def whole_voices(voices: FloatArray) -> NDArray[np.int64]:
    """Voices as people count: halves are summed, then rounded down.

    Args:
        voices: Whole and half voices, any shape.

    Returns:
        Whole numbers of the same shape.
    """
    return np.floor(voices).astype(np.int64)


def _one_per_reporter(reports: ReportColumns, *, span: Span, blocks: int) -> _Voices:
    """Each reporter once per cell: in their first week there, with their heaviest weight."""
    counts = (
        (reports.weight > 0) & (reports.week >= span.first_week) & (reports.week <= span.last_week)
    )
    since = reports.week[counts].astype(np.int64) - span.first_week
    place = reports.kind[counts].astype(np.int64) * blocks + reports.block[counts]
    cell = place * span.stretches + since // WEEKS_PER_PERIOD
    reporter = reports.reporter[counts].astype(np.int64)
    reporters = int(reporter.max(initial=0)) + 1
    voice = cell * reporters + reporter
    order = np.argsort(voice * WEEKS_PER_PERIOD + since % WEEKS_PER_PERIOD, kind="stable")
    first = np.flatnonzero(np.diff(voice[order], prepend=-1))
    earliest = order[first]
    weight = reports.weight[counts]
    if first.size:
        weight = np.maximum.reduceat(weight[order], first)
    organisation = (
        np.full(first.size, NO_ORGANISATION)
        if reports.organisation is None
        else reports.organisation[counts][earliest]
    )
    return _Voices(cell[earliest], since[earliest] % WEEKS_PER_PERIOD, weight, organisation)


def _within_organisations(voices: _Voices) -> _Voices:
    """Keeps the first two voices of each organisation in a cell, and all voices of nobody."""
    order = np.lexsort((-voices.weight, voices.week, voices.organisation, voices.cell))
    cell, organisation = voices.cell[order], voices.organisation[order]
    position = np.arange(order.size)
    begins = np.ones(order.size, dtype=bool)
    begins[1:] = (np.diff(cell) != 0) | (np.diff(organisation) != 0)
    rank = position - np.maximum.accumulate(np.where(begins, position, 0))
    kept = order[(organisation == NO_ORGANISATION) | (rank < VOICES_PER_ORGANISATION)]
    return _Voices(
        voices.cell[kept], voices.week[kept], voices.weight[kept], voices.organisation[kept]
    )


def _with_second_source(voices: _Voices, *, cells: int) -> FloatArray:
    """The weights, with half voices made whole where somebody else with a whole voice agrees."""
    whole = voices.weight >= WHOLE
    heard = np.bincount(voices.cell[whole], minlength=cells) > 0
    return np.where(heard[voices.cell], WHOLE, voices.weight)
