"""Counts anew and freezes what was counted."""

from collections.abc import Mapping, Sequence

import numpy as np

from signaal.clock import start_of, week_of
from signaal.hotspots import map as drawing
from signaal.hotspots import snapshot as frozen
from signaal.hotspots.model import BlockName, SnapshotInfo
from signaal.hotspots.snapshot import Input
from signaal.intake import actions as intake
from signaal.intake.model import Kind, VoiceColumns
from signaal.places import actions as places
from signaal.places.model import Block
from signaal.services import Services

KINDS = tuple(Kind)
NOWHERE = -1


def refresh(services: Services) -> SnapshotInfo:
    """Counts anew and freezes what was counted; keeps the shapes of the blocks beside it.

    Without blocks there is nothing to freeze yet.

    Returns:
        Which figures are the latest now; those of no blocks were counted and not kept.
    """
    now = services.clock.now()
    week = week_of(now)
    first = frozen.fixed_span(week).first_week
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
    return frozen.freeze(folder, latest)


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
        blocks=tuple(_name(block) for block in blocks),
        block=block[kept],
        week=np.array(voices.week, dtype=np.int64)[kept],
        kind=np.array([kind_of[kind] for kind in voices.kind], dtype=np.int64)[kept],
        token=[token for token, keep in zip(voices.reporter_token, kept, strict=True) if keep],
        weight=np.array(voices.weight, dtype=np.float64)[kept],
    )


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
