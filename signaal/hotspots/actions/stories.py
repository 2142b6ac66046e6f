"""Tells what lies behind the colours of one block."""

import math
from collections.abc import Sequence

import numpy as np

from signaal.clock import WEEKS_PER_PERIOD
from signaal.hotspots.actions.columns import View, counts_of, figures_of, town_in
from signaal.hotspots.actions.showing import (
    days,
    kinds_seen,
    latest,
    movements_of,
    place_seen,
    shown_in,
    view_for,
    window_of,
)
from signaal.hotspots.model import (
    AT_LEAST,
    PERIODS_PER_YEAR,
    REPORTERS_FOR_COLOUR,
    SMALLEST_SHOWN,
    TREND_WEEKS,
    TREND_WINDOWS,
    Band,
    BlockFigure,
    BlockName,
    BlockStory,
    Change,
    KindStory,
    Level,
    PeriodFigure,
    Rate,
    Shown,
    SingleMethod,
    Stretches,
    Surroundings,
    once_in,
    shown_weeks,
)
from signaal.hotspots.numbers.rates import own_share, per_thousand
from signaal.hotspots.snapshot import NO_BAND, Snapshot
from signaal.intake.model import Kind
from signaal.privacy.model import Precision
from signaal.services import Services
from signaal.visitor import Visitor

PER_CENT = 100


def block_story(
    services: Services, *, code: str, kind: Kind | None, visitor: Visitor
) -> BlockStory:
    """What lies behind the colours of one block, as far as this visitor may see it.

    Args:
        services: The tools of the house.
        code: The block.
        kind: The kind that is asked for; None for the first that the role sees.
        visitor: Who asks.

    Raises:
        NotAllowed: This role sees no figures of this kind, or the block lies elsewhere.
        NoSnapshot: The figures have not been made yet.
        UnknownPlace: There is no such block in them.
    """
    kinds = kinds_seen(services, visitor=visitor)
    wanted = kind or (kinds[0] if kinds else Kind.NUISANCE)
    chosen = view_for(services, visitor.role, wanted)
    figures = latest(services)
    place = place_seen(figures, code, visitor)
    views = [view_for(services, visitor.role, each) for each in kinds]
    stories = tuple(_story(figures, place, view=view, visitor=visitor) for view in views)
    return BlockStory(
        block=figures.blocks[place],
        stretches=chosen.stretches,
        window=window_of(figures, 0, stretches=chosen.stretches),
        chosen=next(story for story in stories if story.kind is wanted),
        kinds=stories,
        snapshot=figures.info,
    )


def _story(figures: Snapshot, place: int, *, view: View, visitor: Visitor) -> KindStory:
    block, kind = figures.blocks[place], figures.place_of(view.kind)
    town, statistics = town_in(figures, view, 0), figures.view(view.stretches)
    (figure,) = figures_of(figures, [place], window=0, view=view)
    counts = [int(count) for count in counts_of(figures, view.kind, view.stretches)[place]]
    share = own_share(figures.dwellings[place : place + 1], town=town)
    past = _own_past(counts, block=block, precision=view.precision)
    around, change = _around(figures, place, figure=figure, view=view, visitor=visitor, past=past)
    moving = movements_of(figures, view, visitor.districts)
    rolling = view.stretches is Stretches.ROLLING
    return KindStory(
        kind=view.kind,
        precision=view.precision,
        figure=figure,
        before=shown_in(counts[1], block=block, precision=view.precision),
        crude=_crude(figure.reporters, dwellings=block.dwellings),
        town_rate=float(per_thousand(np.array(town.rate))),
        own_share=round(float(share[0]) * PER_CENT),
        fours=_fours(figures, place, counts=counts, view=view),
        weeks=_weeks(figures, place, view=view),
        around=around,
        own_past=_rate(past[0], past[1], dwellings=block.dwellings),
        change=change,
        tested=int(statistics.tested[kind, 0]),
        movement=next((each for each in moving if block in each.blocks), None),
        dispersion=float(statistics.dispersion[kind]),
        short_history=rolling and bool(figures.weeks.short[kind, place]),
        by_itself=_by_itself(figures, place, view=view, reporters=figure.reporters),
    )


def _by_itself(
    figures: Snapshot, place: int, *, view: View, reporters: Shown
) -> tuple[SingleMethod, ...] | None:
    """Of true weekly counts: never for who sees complete periods, and not of a hidden count."""
    if view.stretches is not Stretches.ROLLING or reporters.low < REPORTERS_FOR_COLOUR:
        return None
    kind, usual = figures.place_of(view.kind), figures.weeks
    if usual.short[kind, place] or usual.band_high[kind, place, -1] == NO_BAND:
        return None
    found = zip(SingleMethod, usual.alarm[kind, place], strict=True)
    return tuple(method for method, flagged in found if flagged)


def _crude(count: Shown, *, dwellings: int) -> Rate | None:
    return None if count.hidden else _rate(count.low, count.high, dwellings=dwellings)


def _rate(low: float, high: float | None, *, dwellings: int) -> Rate:
    least, most = per_thousand(np.array([low, low if high is None else high]) / dwellings)
    return Rate(float(least), None if high is None else float(most))


def _own_past(
    counts: Sequence[int], *, block: BlockName, precision: Precision
) -> tuple[float, float | None]:
    """Reporters in four weeks, mean of the year before, between the ends that are shown."""
    year = counts[1 : 1 + PERIODS_PER_YEAR]
    seen = [shown_in(count, block=block, precision=precision) for count in year]
    low = sum(each.low for each in seen) / PERIODS_PER_YEAR
    tops = [each.high for each in seen if each.high is not None]
    return low, sum(tops) / PERIODS_PER_YEAR if len(tops) == len(seen) else None


# -- the surroundings, and what would change the colour -------------------------------------


def _around(
    figures: Snapshot,
    place: int,
    *,
    figure: BlockFigure,
    view: View,
    visitor: Visitor,
    past: tuple[float, float | None],
) -> tuple[Surroundings | None, Change]:
    """The block with its neighbours: sums of what is shown, so that no hidden part follows."""
    kind, statistics = figures.place_of(view.kind), figures.view(view.stretches)
    rate, needed = float(statistics.rate[kind, 0]), int(statistics.needed[kind, place])
    if not figures.known[place] or rate == 0.0 or needed == NO_BAND:
        return None, Change(fewer=None, more=None)
    beside = [each for each in _beside(figures, place) if figures.known[each]]
    inside = [each for each in beside if visitor.covers(figures.blocks[each].district_code)]
    neighbours = figures_of(figures, inside, window=0, view=view)
    pooled = _sum([figure, *neighbours], closed=len(inside) == len(beside))
    enough = figure.reporters.low >= REPORTERS_FOR_COLOUR
    around = Surroundings(
        reporters=pooled,
        expected=float(figures.pooled_dwellings[place]) * rate,
        dwellings=int(figures.pooled_dwellings[place]),
        neighbours=tuple(sorted(neighbours, key=lambda each: each.block.code)),
        outside=len(beside) - len(inside),
        once_in=once_in(float(statistics.chance[kind, 0, place])) if enough else None,
    )
    own = figures.dwellings[place] * rate
    return around, _change(figure, pooled=pooled, needed=needed, expected=own, past=past[1])


def _beside(figures: Snapshot, place: int) -> list[int]:
    starts = figures.adjacency.starts
    return [int(each) for each in figures.adjacency.others[starts[place] : starts[place + 1]]]


def _sum(blocks: Sequence[BlockFigure], *, closed: bool) -> Shown:
    low = sum(each.reporters.low for each in blocks)
    tops = [each.reporters.high for each in blocks if each.reporters.high is not None]
    high = sum(tops) if closed and len(tops) == len(blocks) else None
    return Shown(low, high, hidden=low == 0)


def _change(
    figure: BlockFigure, *, pooled: Shown, needed: int, expected: float, past: float | None
) -> Change:
    """How many fewer or more would certainly change the colour, whatever the true counts are."""
    own = figure.reporters
    if figure.level.stands_out:
        ends = ((own.high, REPORTERS_FOR_COLOUR), (pooled.high, needed))
        fewer = [high - least + 1 for high, least in ends if high is not None]
        return Change(fewer=max(min(fewer), 1) if fewer else None, more=None)
    if past is None:
        return Change(fewer=None, more=None)
    times = math.ceil(AT_LEAST[Level.MORE] * expected)
    wanted = max(REPORTERS_FOR_COLOUR, times, math.floor(past) + 1)
    return Change(fewer=None, more=max(wanted - own.low, needed - pooled.low, 1))


# -- how it went ----------------------------------------------------------------------------


def _fours(
    figures: Snapshot, place: int, *, counts: Sequence[int], view: View
) -> tuple[PeriodFigure, ...]:
    kind, statistics = figures.place_of(view.kind), figures.view(view.stretches)
    stretches = []
    for number in reversed(range(TREND_WINDOWS)):
        window = window_of(figures, number, stretches=view.stretches)
        count = shown_in(counts[number], block=figures.blocks[place], precision=view.precision)
        usual = _band(
            statistics.band_low[kind, number, place], statistics.band_high[kind, number, place]
        )
        stretches.append(PeriodFigure(window.first_day, window.last_day, count, usual))
    return tuple(stretches)


def _band(low: np.uint16, high: np.uint16) -> Band | None:
    return None if NO_BAND in (low, high) else Band(int(low), int(high))


def _weeks(figures: Snapshot, place: int, *, view: View) -> tuple[PeriodFigure, ...]:
    """Single weeks, for those who see numbers: a class per week would say nothing."""
    if view.precision is not Precision.EXACT:
        return ()
    counted = figures.weekly(view.kind)[place][-TREND_WINDOWS * WEEKS_PER_PERIOD :]
    large = figures.blocks[place].dwellings >= SMALLEST_SHOWN
    # The oldest window counts as a whole, although two of its weeks are not on the page.
    seen = shown_weeks([int(count) * large for count in counted], precision=view.precision)
    first = figures.info.week - TREND_WEEKS + 1
    kind, usual = figures.place_of(view.kind), figures.weeks
    weeks = []
    for number, count in enumerate(seen[-TREND_WEEKS:]):
        stretch = days(figures, first_week=first + number, last_week=first + number)
        band = _band(usual.band_low[kind, place, number], usual.band_high[kind, place, number])
        weeks.append(PeriodFigure(stretch.first_day, stretch.last_day, count, band))
    return tuple(weeks)
