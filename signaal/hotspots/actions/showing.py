"""Shows the figures of blocks, as far as a visitor may see them."""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from signaal.clock import AMSTERDAM, WEEKS_PER_PERIOD, monday_of
from signaal.errors import NoSnapshot, NotAllowed, UnknownPlace
from signaal.hotspots import map as drawing
from signaal.hotspots import snapshot as frozen
from signaal.hotspots.actions.columns import Districts, View, names_in, rows_of
from signaal.hotspots.actions.rows import MapFigures
from signaal.hotspots.model import (
    SMALLEST_SHOWN,
    WINDOWS,
    BlockName,
    MovementFigure,
    Reached,
    Shown,
    Stretches,
    Window,
    kinds_for,
    precision_for,
    shown,
    stretches_for,
)
from signaal.hotspots.numbers.rates import per_thousand
from signaal.hotspots.snapshot import Snapshot, Track
from signaal.intake.model import Kind
from signaal.privacy.model import Precision
from signaal.services import Services
from signaal.visitor import Visitor


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
    figures = latest(services)
    made = _map_figures(figures, number, view, visitor.districts)
    return replace(made, snapshot=figures.info)


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


@lru_cache(maxsize=48)
def _map_figures(figures: Snapshot, number: int, view: View, districts: Districts) -> MapFigures:
    stretches = view.stretches
    kind, statistics = figures.place_of(view.kind), figures.view(stretches)
    names = names_in(figures, districts)
    return MapFigures(
        kind=view.kind,
        precision=view.precision,
        stretches=stretches,
        window=window_of(figures, number, stretches=stretches),
        windows=tuple(window_of(figures, each, stretches=stretches) for each in range(WINDOWS)),
        rows=rows_of(figures, names, window=number, view=view),
        all_districts=len(names.blocks) == len(figures.blocks),
        town_rate=float(per_thousand(statistics.rate[kind, number])),
        tested=int(statistics.tested[kind, number]),
        movements=movements_of(figures, view, districts) if number == 0 else (),
        snapshot=figures.info,
    )


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
