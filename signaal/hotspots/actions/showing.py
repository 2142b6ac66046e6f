"""Shows the figures of blocks, as far as a visitor may see them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray

from signaal.clock import AMSTERDAM, WEEKS_PER_PERIOD, monday_of
from signaal.errors import NoSnapshot, NotAllowed, UnknownPlace
from signaal.hotspots import map as drawing
from signaal.hotspots import snapshot as frozen
from signaal.hotspots.model import (
    SMALLEST_SHOWN,
    WINDOWS,
    BlockFigure,
    BlockName,
    Level,
    MapFigures,
    MovementFigure,
    Pattern,
    Rate,
    Reached,
    Shown,
    Stretches,
    Window,
    kinds_for,
    level_of,
    precision_for,
    shown,
    stretches_for,
)
from signaal.hotspots.numbers.counts import FloatArray
from signaal.hotspots.numbers.rates import Town, per_thousand, steadied
from signaal.hotspots.snapshot import Snapshot, Track
from signaal.intake.model import Kind
from signaal.privacy.model import Precision
from signaal.services import Services
from signaal.visitor import Visitor

Districts = frozenset[str] | None


@dataclass(frozen=True)
class View:
    """How somebody sees one kind of evidence: the same view gives the same figures."""

    kind: Kind
    precision: Precision
    stretches: Stretches


def view_for(services: Services, role: str, kind: Kind) -> View:
    """How this role sees this kind.

    Raises:
        NotAllowed: Not at all.
    """
    arrears = services.settings.arrears_layer
    return View(kind, precision_for(role, kind, arrears=arrears), stretches_for(role))


def kinds_seen(services: Services, *, visitor: Visitor) -> tuple[Kind, ...]:
    """The kinds of which this visitor sees figures per block, in a fixed order."""
    return kinds_for(visitor.role, arrears=services.settings.arrears_layer)


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
    view = view_for(services, visitor.role, kind)
    number = period or 0
    if not 0 <= number < WINDOWS:
        raise NoSnapshot(f"period {number}")
    return _map_figures(latest(services), number, view, visitor.districts)


def shapes(services: Services) -> drawing.Shapes:
    """The shapes of the blocks and the frame of the map.

    Raises:
        NoSnapshot: They have not been made yet.
    """
    return drawing.read_shapes(services.settings.snapshots_dir)


def latest(services: Services) -> Snapshot:
    """The latest frozen figures; for other actions, never for a page."""
    return frozen.read(services.settings.snapshots_dir)


def place_seen(figures: Snapshot, code: str, visitor: Visitor) -> int:
    """Where a block stands in the figures.

    Raises:
        UnknownPlace: There is no such block in them.
        NotAllowed: It lies outside the visitor's districts.
    """
    place = figures.index.get(code)
    if place is None:
        raise UnknownPlace(code)
    if not visitor.covers(figures.blocks[place].district_code):
        raise NotAllowed("district")
    return place


@lru_cache(maxsize=32)
def _map_figures(figures: Snapshot, number: int, view: View, districts: Districts) -> MapFigures:
    inside = _inside(figures, districts)
    rows = figures_of(figures, inside, window=number, view=view)
    stretches = view.stretches
    kind = figures.place_of(view.kind)
    statistics = figures.view(stretches)
    return MapFigures(
        kind=view.kind,
        precision=view.precision,
        stretches=stretches,
        window=window_of(figures, number, stretches=stretches),
        windows=tuple(window_of(figures, each, stretches=stretches) for each in range(WINDOWS)),
        rows=tuple(rows),
        all_districts=len(inside) == len(figures.blocks),
        town_rate=float(per_thousand(statistics.rate[kind, number])),
        tested=int(statistics.tested[kind, number]),
        movements=movements_of(figures, view, districts) if number == 0 else (),
        snapshot=figures.info,
    )


@lru_cache(maxsize=16)
def _inside(figures: Snapshot, districts: Districts) -> tuple[int, ...]:
    """The blocks within these districts, in order of code."""
    places = (
        place
        for place, block in enumerate(figures.blocks)
        if districts is None or block.district_code in districts
    )
    return tuple(sorted(places, key=lambda place: figures.blocks[place].code))


def town_in(figures: Snapshot, view: View, window: int) -> Town:
    """The town with which is compared in these four weeks, as it was frozen."""
    kind, statistics = figures.place_of(view.kind), figures.view(view.stretches)
    return Town(
        rate=float(statistics.rate[kind, window]),
        variance=float(statistics.variance[kind, window]),
        blocks=int(figures.known.sum()),
        dwellings=float(figures.dwellings[figures.known].sum()),
    )


@lru_cache(maxsize=32)
def counts_of(figures: Snapshot, kind: Kind, stretches: Stretches) -> NDArray[np.int64]:
    """Whole voices, the latest four weeks first, shape (blocks, stretches)."""
    return figures.counts(kind, stretches)


def figures_of(
    figures: Snapshot, places: Sequence[int], *, window: int, view: View
) -> list[BlockFigure]:
    """One figure per block: everything in it follows from what the role may see.

    Counts and rates follow from the class that is shown. That a difference is reliable follows
    from true counts for whoever reads reports, and from published classes for all others.
    """
    everywhere = list(places)
    silent = _silent(figures, view.precision)
    rows = [silent[place] for place in everywhere]
    with_pattern = patterns_of(figures, view)[everywhere].tolist() if window == 0 else repeat(0)
    seen = _all_shown(figures, everywhere, window=window, view=view)
    telling = [
        at
        for at, (count, pattern) in enumerate(zip(seen, with_pattern, strict=False))
        if pattern or not count.hidden
    ]
    told = _told_of(
        figures,
        [everywhere[at] for at in telling],
        seen=[seen[at] for at in telling],
        window=window,
        view=view,
    )
    for at, row in zip(telling, told, strict=True):
        rows[at] = row
    return rows


@lru_cache(maxsize=4)
def _silent(figures: Snapshot, precision: Precision) -> tuple[BlockFigure, ...]:
    """What is shown of each block of which nothing more can be said: of most, in most towns.

    Made once for all kinds and windows, because making 25,000 of them takes half a second.
    """
    hidden = shown(0, precision=precision)
    return tuple(BlockFigure(block, hidden, None, Level.TOO_FEW) for block in figures.blocks)


def _told_of(
    figures: Snapshot, some: list[int], *, seen: Sequence[Shown], window: int, view: View
) -> list[BlockFigure]:
    town = town_in(figures, view, window)
    homes = figures.dwellings[some]
    lows = np.array([float(count.low) for count in seen])
    tops = np.array([float(count.low if count.high is None else count.high) for count in seen])
    low, high = (steadied(ends, homes, town=town) for ends in (lows, tops))
    levels = _levels(figures, some, seen=seen, smooth=low, window=window, view=view)
    patterns = patterns_of(figures, view)[some] if window == 0 else np.zeros(len(some))
    least, most = per_thousand(low).tolist(), per_thousand(high).tolist()
    return [
        BlockFigure(
            block=figures.blocks[place],
            reporters=count,
            rate=None if count.hidden else Rate(down, None if count.high is None else up),
            level=level,
            pattern=Pattern(int(pattern)),
        )
        for place, count, down, up, level, pattern in zip(
            some, seen, least, most, levels, patterns, strict=True
        )
    ]


def _levels(
    figures: Snapshot,
    places: list[int],
    *,
    seen: Sequence[Shown],
    smooth: FloatArray,
    window: int,
    view: View,
) -> list[Level]:
    kind, statistics = figures.place_of(view.kind), figures.view(view.stretches)
    rate = float(statistics.rate[kind, window])
    if rate == 0.0:
        return [Level.TOO_FEW] * len(places)
    found = statistics.found[kind, window][places].tolist()
    crude = np.array([count.low for count in seen]) / figures.dwellings[places] / rate
    ratios = zip(seen, found, crude.tolist(), (smooth / rate).tolist(), strict=True)
    return [
        level_of(count, found=is_found, crude=times, ratio=ratio)
        for count, is_found, times, ratio in ratios
    ]


@lru_cache(maxsize=32)
def patterns_of(figures: Snapshot, view: View) -> NDArray[np.int8]:
    """How each block went, where it stands out now or did within the year, shape (blocks,)."""
    kind, statistics = figures.place_of(view.kind), figures.view(view.stretches)
    reliable = statistics.found[kind].any(axis=0)
    pattern = statistics.pattern[kind]
    return np.where(reliable & (pattern > 0), pattern, Pattern.NONE).astype(np.int8)


def _all_shown(figures: Snapshot, places: list[int], *, window: int, view: View) -> list[Shown]:
    """What is shown of each count; a block with too few dwellings shows what one without does."""
    counts = counts_of(figures, view.kind, view.stretches)[places, window]
    counts = np.where(figures.dwellings[places] >= SMALLEST_SHOWN, counts, 0).tolist()
    told = {count: shown(count, precision=view.precision) for count in set(counts)}
    return [told[count] for count in counts]


def shown_in(count: int, *, block: BlockName, precision: Precision) -> Shown:
    """A block with too few dwellings shows what a block without reports shows."""
    return shown(count if block.dwellings >= SMALLEST_SHOWN else 0, precision=precision)


def window_of(figures: Snapshot, number: int, *, stretches: Stretches) -> Window:
    """The days of one of the thirteen windows."""
    last = last_week_of(figures, stretches) - number * WEEKS_PER_PERIOD
    return days(figures, first_week=last - WEEKS_PER_PERIOD + 1, last_week=last, number=number)


def last_week_of(figures: Snapshot, stretches: Stretches) -> int:
    """The last week of the latest window."""
    if stretches is Stretches.FIXED:
        return figures.running_period * WEEKS_PER_PERIOD - 1
    return figures.info.week


def days(figures: Snapshot, *, first_week: int, last_week: int, number: int = 0) -> Window:
    """The days of some weeks, of which the running week has only those up to the snapshot."""
    made_on = figures.info.made_at.astimezone(AMSTERDAM).date()
    sunday = monday_of(last_week + 1).toordinal() - 1
    last_day = made_on.fromordinal(min(sunday, made_on.toordinal()))
    return Window(number=number, first_day=monday_of(first_week), last_day=last_day)


# -- what moves -----------------------------------------------------------------------------


@lru_cache(maxsize=32)
def movements_of(figures: Snapshot, view: View, districts: Districts) -> tuple[MovementFigure, ...]:
    """What is followed, with the blocks within these districts and nothing else of it."""
    kind = figures.place_of(view.kind)
    inside = [districts is None or block.district_code in districts for block in figures.blocks]
    last = last_week_of(figures, view.stretches)
    tracks = figures.view(view.stretches).movements[kind]
    seen = [_movement(figures, track, inside=inside, last_week=last) for track in tracks]
    return tuple(each for each in seen if each.blocks)


def _movement(
    figures: Snapshot, track: Track, *, inside: Sequence[bool], last_week: int
) -> MovementFigure:
    def monday(window: int) -> Any:  # noqa: ANN401 - a date
        return monday_of(last_week - (WINDOWS - window) * WEEKS_PER_PERIOD + 1)

    name = figures.blocks.__getitem__
    whole = all(inside[place] for place in track.blocks)
    return MovementFigure(
        blocks=tuple(
            sorted((name(p) for p in track.blocks if inside[p]), key=lambda block: block.code)
        ),
        since=monday(track.first),
        periods=WINDOWS - track.first,
        reached=tuple(
            Reached(name(origin), name(block), weeks=weeks, since=monday(window))
            for origin, block, window, weeks in track.reached
            if inside[origin] and inside[block]
        ),
        more_blocks=track.more_blocks if whole else 0,
        more_dwellings=track.more_dwellings if whole else 0,
        bearing=track.bearing if track.bearing >= 0 and whole else None,
        speed=track.speed if whole else 0.0,
    )
