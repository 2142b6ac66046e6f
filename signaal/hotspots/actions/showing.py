"""Shows the figures of blocks, as far as a visitor may see them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from signaal.clock import AMSTERDAM, WEEKS_PER_PERIOD, monday_of
from signaal.errors import NoSnapshot, NotAllowed, UnknownPlace
from signaal.hotspots import map as drawing
from signaal.hotspots import snapshot as frozen
from signaal.hotspots.actions.lattice import yearly_rate
from signaal.hotspots.model import (
    SMALLEST_SHOWN,
    TREND_WEEKS,
    TREND_WINDOWS,
    WINDOWS,
    BlockFigure,
    BlockName,
    BlockStory,
    KindStory,
    Level,
    MapFigures,
    PeriodFigure,
    Rate,
    Shown,
    Stretches,
    Window,
    kinds_for,
    level_of,
    precision_for,
    shown,
    shown_weeks,
    stretches_for,
)
from signaal.hotspots.numbers.censored import towns_from_classes
from signaal.hotspots.numbers.counts import FloatArray
from signaal.hotspots.numbers.rates import Town, own_share, per_thousand, steadied, town_of
from signaal.hotspots.snapshot import Snapshot
from signaal.intake.model import Kind
from signaal.privacy.model import Precision
from signaal.services import Services
from signaal.visitor import Visitor

PER_CENT = 100
NO_UPPER_END = -1

Districts = frozenset[str] | None


@dataclass(frozen=True)
class _View:
    """How somebody sees one kind of evidence: the same view gives the same figures."""

    kind: Kind
    precision: Precision
    stretches: Stretches


def _view(services: Services, role: str, kind: Kind) -> _View:
    arrears = services.settings.arrears_layer
    return _View(kind, precision_for(role, kind, arrears=arrears), stretches_for(role))


def kinds_seen(services: Services, *, visitor: Visitor) -> tuple[Kind, ...]:
    """The kinds of which this visitor sees figures per block, in a fixed order."""
    return kinds_for(visitor.role, arrears=services.settings.arrears_layer)


# -- the map --------------------------------------------------------------------------------


def map_figures(
    services: Services, *, period: int | None, kind: Kind, visitor: Visitor
) -> MapFigures:
    """The figures of the visitor's blocks in four weeks, with small counts hidden as required.

    Args:
        services: The tools of the house.
        period: 0 or None for the latest four weeks, 1 for the four before, up to 12.
        kind: Which evidence.
        visitor: Who asks.

    Raises:
        NotAllowed: This role sees no figures of this kind.
        NoSnapshot: The figures have not been made yet, or there is no such period.
    """
    view = _view(services, visitor.role, kind)
    number = period or 0
    if not 0 <= number < WINDOWS:
        raise NoSnapshot(f"period {number}")
    return _map_figures(latest(services), number, view, visitor.districts)


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
    chosen = _view(services, visitor.role, wanted)
    figures = latest(services)
    place = figures.index.get(code)
    if place is None:
        raise UnknownPlace(code)
    if not visitor.covers(figures.blocks[place].district_code):
        raise NotAllowed("district")
    views = [_view(services, visitor.role, each) for each in kinds]
    stories = tuple(_story(figures, place, view=view) for view in views)
    return BlockStory(
        block=figures.blocks[place],
        stretches=chosen.stretches,
        window=_window(figures, 0, stretches=chosen.stretches),
        chosen=next(story for story in stories if story.kind is wanted),
        kinds=stories,
        snapshot=figures.info,
    )


def shapes(services: Services) -> drawing.Shapes:
    """The shapes of the blocks and the frame of the map.

    Raises:
        NoSnapshot: They have not been made yet.
    """
    return drawing.read_shapes(services.settings.snapshots_dir)


def latest(services: Services) -> Snapshot:
    """The latest frozen figures; for other actions, never for a page."""
    return frozen.read(services.settings.snapshots_dir)


@lru_cache(maxsize=32)
def _map_figures(figures: Snapshot, number: int, view: _View, districts: Districts) -> MapFigures:
    inside = [
        place
        for place, block in enumerate(figures.blocks)
        if districts is None or block.district_code in districts
    ]
    rows = _figures(figures, inside, window=number, view=view)
    stretches = view.stretches
    return MapFigures(
        kind=view.kind,
        precision=view.precision,
        stretches=stretches,
        window=_window(figures, number, stretches=stretches),
        windows=tuple(_window(figures, each, stretches=stretches) for each in range(WINDOWS)),
        rows=tuple(sorted(rows, key=lambda row: row.block.code)),
        all_districts=len(inside) == len(figures.blocks),
        town_rate=float(per_thousand(np.array(_towns(figures, view)[number].rate))),
        snapshot=figures.info,
    )


@lru_cache(maxsize=32)
def _counts(figures: Snapshot, kind: Kind, stretches: Stretches) -> NDArray[np.int64]:
    """Whole voices, the latest four weeks first, shape (blocks, windows)."""
    if stretches is Stretches.ROLLING:
        return figures.windows(kind)
    return figures.periods(kind)[:, :WINDOWS]


@lru_cache(maxsize=32)
def _towns(figures: Snapshot, view: _View) -> tuple[Town, ...]:
    """The town in each window: as it is for who reads reports, else as the published figures say.

    Whoever reads no reports must not be able to work back from a rate to a hidden count. What
    follows from classes alone is too low where most counts are hidden, and what follows from the
    year is too low in the first year; so the higher of the two.
    """
    large = figures.dwellings >= SMALLEST_SHOWN
    counts, homes = _counts(figures, view.kind, view.stretches), figures.dwellings
    if view.stretches is Stretches.ROLLING:
        return tuple(town_of(window, homes) for window in counts.T)
    told = _towns_as_shown(counts[large], homes[large], precision=view.precision)
    year = yearly_rate(figures, view.kind)
    return tuple(replace(town, rate=max(town.rate, year)) for town in told)


def _towns_as_shown(
    counts: NDArray[np.int64], homes: FloatArray, *, precision: Precision
) -> tuple[Town, ...]:
    different, which = np.unique(counts, return_inverse=True)
    seen = [shown(int(count), precision=precision) for count in different]
    low = np.array([count.low for count in seen], dtype=np.int64)
    tops = [NO_UPPER_END if count.high is None else count.high for count in seen]
    high = np.array(tops, dtype=np.int64)
    where = which.reshape(counts.shape)
    return towns_from_classes(low[where], high[where], homes)


def _figures(
    figures: Snapshot, places: Sequence[int], *, window: int, view: _View
) -> list[BlockFigure]:
    """One figure per block: everything in it follows from the counts as they may be shown."""
    town = _towns(figures, view)[window]
    counts = _counts(figures, view.kind, view.stretches)[:, window]
    blocks, homes = [figures.blocks[place] for place in places], figures.dwellings[list(places)]
    seen = [
        _shown(int(counts[place]), block=block, precision=view.precision)
        for place, block in zip(places, blocks, strict=True)
    ]
    low = steadied(np.array([float(count.low) for count in seen]), homes, town=town)
    tops = [float(count.low if count.high is None else count.high) for count in seen]
    high = steadied(np.array(tops), homes, town=town)
    return [
        _figure(block, count, low=float(least), high=float(most), town=town)
        for block, count, least, most in zip(blocks, seen, low, high, strict=True)
    ]


def _figure(block: BlockName, count: Shown, *, low: float, high: float, town: Town) -> BlockFigure:
    upper = None if count.high is None else high
    rate = None if count.hidden else _rate(low, upper)
    if town.rate == 0.0:
        return BlockFigure(block, count, rate, Level.TOO_FEW)
    high_ratio = None if upper is None else upper / town.rate
    level = level_of(count, low_ratio=low / town.rate, high_ratio=high_ratio)
    return BlockFigure(block, count, rate, level)


def _rate(low: float, high: float | None) -> Rate:
    least, most = per_thousand(np.array([low, low if high is None else high]))
    return Rate(float(least), None if high is None else float(most))


def _shown(count: int, *, block: BlockName, precision: Precision) -> Shown:
    """A block with too few dwellings shows what a block without reports shows."""
    return shown(count if block.dwellings >= SMALLEST_SHOWN else 0, precision=precision)


def _window(figures: Snapshot, number: int, *, stretches: Stretches) -> Window:
    last = figures.info.week
    if stretches is Stretches.FIXED:
        last = figures.running_period * WEEKS_PER_PERIOD - 1
    last -= number * WEEKS_PER_PERIOD
    return days(figures, first_week=last - WEEKS_PER_PERIOD + 1, last_week=last, number=number)


def days(figures: Snapshot, *, first_week: int, last_week: int, number: int = 0) -> Window:
    """The days of some weeks, of which the running week has only those up to the snapshot."""
    made_on = figures.info.made_at.astimezone(AMSTERDAM).date()
    sunday = monday_of(last_week + 1).toordinal() - 1
    last_day = made_on.fromordinal(min(sunday, made_on.toordinal()))
    return Window(number=number, first_day=monday_of(first_week), last_day=last_day)


# -- one block ------------------------------------------------------------------------------


def _story(figures: Snapshot, place: int, *, view: _View) -> KindStory:
    block = figures.blocks[place]
    town = _towns(figures, view)[0]
    (figure,) = _figures(figures, [place], window=0, view=view)
    counts = [int(count) for count in _counts(figures, view.kind, view.stretches)[place]]
    share = own_share(figures.dwellings[place : place + 1], town=town)
    return KindStory(
        kind=view.kind,
        precision=view.precision,
        figure=figure,
        before=_shown(counts[1], block=block, precision=view.precision),
        crude=_crude(figure.reporters, dwellings=block.dwellings),
        town_rate=float(per_thousand(np.array(town.rate))),
        own_share=round(float(share[0]) * PER_CENT),
        fours=_fours(figures, counts, block=block, view=view),
        weeks=_weeks(figures, place, view=view),
    )


def _crude(count: Shown, *, dwellings: int) -> Rate | None:
    if count.hidden:
        return None
    high = None if count.high is None else count.high / dwellings
    return _rate(count.low / dwellings, high)


def _fours(
    figures: Snapshot, counts: Sequence[int], *, block: BlockName, view: _View
) -> tuple[PeriodFigure, ...]:
    stretches = []
    for number in reversed(range(TREND_WINDOWS)):
        window = _window(figures, number, stretches=view.stretches)
        count = _shown(counts[number], block=block, precision=view.precision)
        stretches.append(PeriodFigure(window.first_day, window.last_day, count))
    return tuple(stretches)


def _weeks(figures: Snapshot, place: int, *, view: _View) -> tuple[PeriodFigure, ...]:
    """Single weeks, for those who see numbers: a class per week would say nothing."""
    if view.precision is not Precision.EXACT:
        return ()
    counted: NDArray[Any] = figures.weekly(view.kind)[place][-TREND_WINDOWS * WEEKS_PER_PERIOD :]
    large = figures.blocks[place].dwellings >= SMALLEST_SHOWN
    # The oldest window counts as a whole, although two of its weeks are not on the page.
    seen = shown_weeks([int(count) * large for count in counted], precision=view.precision)
    first = figures.info.week - TREND_WEEKS + 1
    weeks = []
    for week, count in enumerate(seen[-TREND_WEEKS:], start=first):
        stretch = days(figures, first_week=week, last_week=week)
        weeks.append(PeriodFigure(stretch.first_day, stretch.last_day, count))
    return tuple(weeks)
