"""Makes the figures, and shows them as far as the role may see them."""

from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np

from signaal.clock import AMSTERDAM, WEEKS_PER_PERIOD, monday_of, start_of, week_of
from signaal.errors import NoSnapshot, UnknownPlace
from signaal.hotspots import map as drawing
from signaal.hotspots import snapshot as frozen
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
    SnapshotInfo,
    Window,
    kinds_for,
    level_of,
    precision_for,
    sees_latest,
    shown,
    shown_weeks,
)
from signaal.hotspots.numbers.rates import Town, own_share, per_thousand, steadied
from signaal.hotspots.snapshot import Input, Snapshot
from signaal.intake import actions as intake
from signaal.intake.model import Kind, VoiceColumns
from signaal.places import actions as places
from signaal.places.model import Block
from signaal.privacy.model import Precision
from signaal.services import Services

KINDS = tuple(Kind)
NOWHERE = -1
PER_CENT = 100
TENS = 10

# -- making ---------------------------------------------------------------------------------


def refresh(services: Services) -> SnapshotInfo:
    """Counts anew and freezes what was counted; keeps the shapes of the blocks beside it.

    Outside the demo the figures of the complete weeks are frozen as well, once a week: these
    are what roles that see classes get to see. Without blocks there is nothing to freeze yet.

    Returns:
        Which figures are the latest now; those of no blocks were counted and not kept.
    """
    now = services.clock.now()
    week = week_of(now)
    first = week - WINDOWS * WEEKS_PER_PERIOD
    with services.database.reading() as session:
        blocks = [block for block in places.block_layer(session) if block.dwellings > 0]
        successors = places.block_successors(session)
        voices = intake.voices(session, since=start_of(first), until=start_of(week + 1))
    given = _input(blocks, voices, successors=successors)
    latest = frozen.make(given, last_week=week, made_at=now)
    if not blocks:
        return latest.info
    folder = services.settings.snapshots_dir
    drawing.keep_shapes(folder, blocks)
    if not services.settings.is_demo and not _has_week(services, week - 1, blocks=given.blocks):
        weekly = frozen.make(given, last_week=week - 1, made_at=now)
        frozen.freeze(folder, weekly, name=frozen.WEEKLY)
    return frozen.freeze(folder, latest, name=frozen.LATEST)


def _has_week(services: Services, week: int, *, blocks: Sequence[BlockName]) -> bool:
    """Whether this week is frozen, and with the blocks of today: places may be loaded since."""
    try:
        kept = frozen.read(services.settings.snapshots_dir, name=frozen.WEEKLY)
    except NoSnapshot:
        return False
    return kept.info.week == week and kept.blocks == tuple(blocks)


def _input(
    blocks: Sequence[Block], voices: VoiceColumns, *, successors: Mapping[int, int]
) -> Input:
    """Block ids become places in the layer; a report in a past block goes to its successor."""
    place_of = {block.id: place for place, block in enumerate(blocks)}
    for past in successors:
        place_of.setdefault(past, _place_now(past, place_of=place_of, successors=successors))
    kind_of = {kind: place for place, kind in enumerate(KINDS)}
    block = np.array([place_of.get(key, NOWHERE) for key in voices.block_id], dtype=np.int64)
    kept = block != NOWHERE
    return Input(
        kinds=tuple(kind.value for kind in KINDS),
        blocks=tuple(
            BlockName(b.code, b.dwellings, b.neighbourhood_name, b.district_name) for b in blocks
        ),
        block=block[kept],
        week=np.array(voices.week, dtype=np.int64)[kept],
        kind=np.array([kind_of[kind] for kind in voices.kind], dtype=np.int64)[kept],
        token=[token for token, keep in zip(voices.reporter_token, kept, strict=True) if keep],
        weight=np.array(voices.weight, dtype=np.float64)[kept],
    )


def _place_now(past: int, *, place_of: Mapping[int, int], successors: Mapping[int, int]) -> int:
    seen: set[int] = set()
    block = past
    while block not in place_of and block in successors and block not in seen:
        seen.add(block)
        block = successors[block]
    return place_of.get(block, NOWHERE)


# -- showing --------------------------------------------------------------------------------


def map_figures(services: Services, *, period: int | None, kind: Kind, role: str) -> MapFigures:
    """The figures of all blocks in four weeks, with small counts hidden as this role requires.

    Args:
        services: The tools of the house.
        period: 0 or None for the last four weeks, 1 for the four before, up to 12.
        kind: Which evidence.
        role: Who asks.

    Raises:
        NotAllowed: This role sees no figures of this kind.
        NoSnapshot: The figures have not been made yet, or there is no such period.
    """
    precision = precision_for(role, kind)
    number = period or 0
    if not 0 <= number < WINDOWS:
        raise NoSnapshot(f"period {number}")
    return _map_figures(_snapshot_for(services, role), number, kind, precision)


def block_story(services: Services, *, code: str, kind: Kind | None, role: str) -> BlockStory:
    """What lies behind the colours of one block, as far as this role may see it.

    Args:
        services: The tools of the house.
        code: The block.
        kind: The kind that is asked for; None for the first that the role sees.
        role: Who asks.

    Raises:
        NotAllowed: This role sees no figures of this kind.
        NoSnapshot: The figures have not been made yet.
        UnknownPlace: There is no such block in them.
    """
    kinds = kinds_for(role)
    wanted = kind or (kinds[0] if kinds else Kind.NUISANCE)
    precision_for(role, wanted)
    figures = _snapshot_for(services, role)
    place = figures.index.get(code)
    if place is None:
        raise UnknownPlace(code)
    stories = tuple(_story(figures, place, kind=each, role=role) for each in kinds)
    return BlockStory(
        block=figures.blocks[place],
        window=_window(figures, 0),
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


def _snapshot_for(services: Services, role: str) -> Snapshot:
    latest = sees_latest(role=role, demo=services.settings.is_demo)
    name = frozen.LATEST if latest else frozen.WEEKLY
    return frozen.read(services.settings.snapshots_dir, name=name)


@lru_cache(maxsize=32)
def _map_figures(figures: Snapshot, number: int, kind: Kind, precision: Precision) -> MapFigures:
    counts = [int(count) for count in figures.windows(kind)[:, number]]
    rows = _figures(figures, counts, window=number, kind=kind, precision=precision)
    return MapFigures(
        kind=kind,
        precision=precision,
        window=_window(figures, number),
        windows=tuple(_window(figures, each) for each in range(WINDOWS)),
        rows=tuple(sorted(rows, key=lambda row: row.block.code)),
        town_rate=_town_rate(figures.town(kind, window=number), precision=precision),
        snapshot=figures.info,
    )


def _figures(
    figures: Snapshot,
    counts: Sequence[int],
    *,
    window: int,
    kind: Kind,
    precision: Precision,
    places: slice = slice(None),
) -> list[BlockFigure]:
    """One figure per block: everything in it follows from the count as it may be shown."""
    town = figures.town(kind, window=window)
    blocks, homes = figures.blocks[places], figures.dwellings[places]
    seen = [
        _shown(count, block=block, precision=precision)
        for count, block in zip(counts, blocks, strict=True)
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


def _town_rate(town: Town, *, precision: Precision) -> float:
    """Per 1,000 dwellings; a whole number where a finer one would tell the hidden counts."""
    rate = float(per_thousand(np.array(town.rate)))
    return rate if precision is Precision.EXACT else float(round(rate))


def _window(figures: Snapshot, number: int) -> Window:
    last = figures.info.week - number * WEEKS_PER_PERIOD
    return _days(figures, first_week=last - WEEKS_PER_PERIOD + 1, last_week=last, number=number)


def _days(figures: Snapshot, *, first_week: int, last_week: int, number: int = 0) -> Window:
    """The days of some weeks, of which the running week has only those up to the snapshot."""
    made_on = figures.info.made_at.astimezone(AMSTERDAM).date()
    sunday = monday_of(last_week + 1).toordinal() - 1
    last_day = made_on.fromordinal(min(sunday, made_on.toordinal()))
    return Window(number=number, first_day=monday_of(first_week), last_day=last_day)


# -- one block ------------------------------------------------------------------------------


def _story(figures: Snapshot, place: int, *, kind: Kind, role: str) -> KindStory:
    precision = precision_for(role, kind)
    block = figures.blocks[place]
    town = figures.town(kind, window=0)
    counts = [int(count) for count in figures.windows(kind)[place]]
    here = slice(place, place + 1)
    (figure,) = _figures(figures, counts[:1], window=0, kind=kind, precision=precision, places=here)
    share = float(own_share(figures.dwellings[here], town=town)[0]) * PER_CENT
    step = 1 if precision is Precision.EXACT else TENS
    return KindStory(
        kind=kind,
        precision=precision,
        figure=figure,
        before=_shown(counts[1], block=block, precision=precision),
        crude=_crude(figure.reporters, dwellings=block.dwellings),
        town_rate=_town_rate(town, precision=precision),
        own_share=round(share / step) * step,
        fours=_fours(figures, counts, block=block, precision=precision),
        weeks=_weeks(figures, place, kind=kind, precision=precision),
    )


def _crude(count: Shown, *, dwellings: int) -> Rate | None:
    if count.hidden:
        return None
    high = None if count.high is None else count.high / dwellings
    return _rate(count.low / dwellings, high)


def _fours(
    figures: Snapshot, counts: Sequence[int], *, block: BlockName, precision: Precision
) -> tuple[PeriodFigure, ...]:
    stretches = []
    for number in reversed(range(TREND_WINDOWS)):
        window = _window(figures, number)
        count = _shown(counts[number], block=block, precision=precision)
        stretches.append(PeriodFigure(window.first_day, window.last_day, count))
    return tuple(stretches)


def _weeks(
    figures: Snapshot, place: int, *, kind: Kind, precision: Precision
) -> tuple[PeriodFigure, ...]:
    """Single weeks, for those who see numbers: a class per week would say nothing."""
    if precision is not Precision.EXACT:
        return ()
    counted = figures.weekly(kind)[place][-TREND_WINDOWS * WEEKS_PER_PERIOD :]
    large = figures.blocks[place].dwellings >= SMALLEST_SHOWN
    # The oldest window counts as a whole, although two of its weeks are not on the page.
    seen = shown_weeks([int(count) * large for count in counted], precision=precision)
    first = figures.info.week - TREND_WEEKS + 1
    weeks = []
    for week, count in enumerate(seen[-TREND_WEEKS:], start=first):
        days = _days(figures, first_week=week, last_week=week)
        weeks.append(PeriodFigure(days.first_day, days.last_day, count))
    return tuple(weeks)
