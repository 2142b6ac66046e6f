"""Counts anew and freezes what was counted."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import compress
from pathlib import Path

import numpy as np
import structlog

from signaal.clock import start_of, week_of
from signaal.db import Session
from signaal.errors import NoSnapshot
from signaal.hotspots import map as drawing
from signaal.hotspots import snapshot as frozen
from signaal.hotspots.actions.layer import layer_of
from signaal.hotspots.model import (
    BlockName,
    FiguresPolicy,
    SnapshotInfo,
    WarnedWeeks,
    unknown_points,
)
from signaal.hotspots.numbers.counts import IntArray
from signaal.hotspots.snapshot import Input, Snapshot
from signaal.intake import actions as intake
from signaal.intake.model import Kind, VoiceColumns
from signaal.places import actions as places
from signaal.places.model import Block
from signaal.services import Services

log = structlog.get_logger()

KINDS = tuple(Kind)
NOWHERE = -1
A_MOMENT = timedelta(microseconds=1)
"""What came in now counts; what says that it comes in later, by a clock that was wrong, waits."""

Progress = Callable[[str, float], None]


def refresh(
    services: Services,
    *,
    warned: Sequence[WarnedWeeks] = (),
    on_progress: Progress | None = None,
) -> SnapshotInfo:
    """Counts anew, works out what stands out, and freezes it; keeps the shapes beside it.

    Without blocks there is nothing to freeze yet. Without news nothing is worked out: the latest
    figures are said to be up to date. With news in the running week alone, whatever depends on
    the past is taken from the latest figures.

    Args:
        services: The tools of the house.
        warned: Blocks and weeks of earlier warnings.
        on_progress: Called with what is being done and the share that is done.

    Returns:
        Which figures are the latest now; those of no blocks were counted and not kept.
    """
    with frozen.taking_turns(services.settings.snapshots_dir):
        return _made(services, warned=warned, tell=on_progress or _nobody)


def _made(services: Services, *, warned: Sequence[WarnedWeeks], tell: Progress) -> SnapshotInfo:
    tell("meldingen / reports", 0.0)
    now = services.clock.now()
    week = week_of(now)
    rules = services.policies[FiguresPolicy]
    with services.database.reading() as session:
        blocks = _blocks(session)
        successors = places.block_successors(session)
        ground = places.background(session)
        since = start_of(frozen.first_week(week))
        voices = intake.voices(session, since=since, until=now + A_MOMENT)
    tell("tellen / counting", 0.1)
    folder = services.settings.snapshots_dir
    given = _input(blocks, voices, successors=successors, folder=folder, rules=rules)
    given = replace(given, warned=_past_warnings(warned, until=week - rules.longest_weeks))
    counted = frozen.count(given, last_week=week, made_at=now, default_points=rules.default_points)
    tell("kaart / map", 0.2)
    if not blocks:
        return counted.info
    drawing.keep_shapes(folder, blocks)
    drawing.keep_ground(folder, ground)
    before = _latest(folder)
    if before and before.info.fingerprint == counted.info.fingerprint:
        return frozen.freeze(folder, replace(before, info=counted.info))
    _warn_of_unknown_points(rules, blocks)
    from signaal.hotspots.snapshot.working import work_out

    made = work_out(
        counted,
        given,
        rules=rules,
        previous=before,
        on_progress=tell,
    )
    info = frozen.freeze(folder, made)
    tell("klaar / done", 1.0)
    return info


def _warn_of_unknown_points(rules: FiguresPolicy, blocks: Sequence[Block]) -> None:
    unknown = unknown_points(rules, {block.code for block in blocks})
    if unknown:
        log.warning("default points that no block is", file=rules.FILE, codes=list(unknown))


def read_input(services: Services, *, first: int, last: int, rules: FiguresPolicy) -> Input:
    """Everything that goes into the figures of these weeks.

    Args:
        services: The tools of the house.
        first: The first week of which reports are read.
        last: The last one.
        rules: By which rules figures are made.
    """
    with services.database.reading() as session:
        blocks = _blocks(session)
        successors = places.block_successors(session)
        voices = intake.voices(session, since=start_of(first), until=start_of(last + 1))
    folder = services.settings.snapshots_dir
    with frozen.taking_turns(folder):
        return _input(blocks, voices, successors=successors, folder=folder, rules=rules)


def _blocks(session: Session) -> list[Block]:
    """The blocks that have dwellings, in order of code."""
    blocks = (block for block in places.block_layer(session) if block.dwellings > 0)
    return sorted(blocks, key=lambda block: block.code)


def _past_warnings(warned: Sequence[WarnedWeeks], *, until: int) -> tuple[WarnedWeeks, ...]:
    """Those in the weeks that tell what is usual, in one order whatever order they came in."""
    past = (each for each in warned if each.first_week <= until)
    return tuple(sorted(each._replace(last_week=min(each.last_week, until)) for each in past))


def _nobody(_step: str, _share: float) -> None:
    """Nobody wants to know how far it is."""


def _latest(folder: Path) -> Snapshot | None:
    try:
        return frozen.read(folder)
    except NoSnapshot:
        return None


def _input(
    blocks: Sequence[Block],
    voices: VoiceColumns,
    *,
    successors: Mapping[int, int],
    folder: Path,
    rules: FiguresPolicy,
) -> Input:
    """Block ids become places in the layer; a report in a past block goes to its successor."""
    block = _places(blocks, np.array(voices.block_id, dtype=np.int64), successors=successors)
    kept = block != NOWHERE
    points = [block.code in rules.default_points for block in blocks]
    kept &= ~np.append(np.array(points, dtype=np.bool_), np.False_)[block]
    kind_of = {kind: place for place, kind in enumerate(KINDS)}
    adjacency, centres = layer_of(folder, blocks)
    return Input(
        kinds=tuple(kind.value for kind in KINDS),
        blocks=tuple(_name(block) for block in blocks),
        block=block[kept],
        week=np.array(voices.week, dtype=np.int64)[kept],
        kind=np.fromiter(map(kind_of.__getitem__, voices.kind), dtype=np.int64)[kept],
        token=list(compress(voices.reporter_token, kept.tolist())),
        weight=np.array(voices.weight, dtype=np.float64)[kept],
        adjacency=adjacency,
        centres=centres,
        rules=rules.fingerprint,
    )


def _places(
    blocks: Sequence[Block], reported: IntArray, *, successors: Mapping[int, int]
) -> IntArray:
    """Where the block of each report stands in the layer, NOWHERE for those that are gone."""
    place_of = {block.id: place for place, block in enumerate(blocks)}
    for past in successors:
        place_of.setdefault(past, _place_now(past, place_of=place_of, successors=successors))
    different, which = np.unique(reported, return_inverse=True)
    now = np.array([place_of.get(key, NOWHERE) for key in different.tolist()], dtype=np.int64)
    return now[which] if now.size else np.zeros(0, dtype=np.int64)


def _name(block: Block) -> BlockName:
    return BlockName(
        code=block.code,
        dwellings=block.dwellings,
        neighbourhood=block.neighbourhood_name,
        neighbourhood_code=block.neighbourhood_code,
        district=block.district_name,
        district_code=block.district_code,
    )


def _place_now(past: int, *, place_of: Mapping[int, int], successors: Mapping[int, int]) -> int:
    seen: set[int] = set()
    block = past
    while block not in place_of and block in successors and block not in seen:
        seen.add(block)
        block = successors[block]
    return place_of.get(block, NOWHERE)
