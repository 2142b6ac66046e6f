"""From reports to voices, and the fingerprints of all that went in."""

import json
from collections.abc import Collection, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from signaal.clock import WEEKS_PER_PERIOD, period_of
from signaal.hotspots.model import PERIODS, SMALLEST_SHOWN, SnapshotInfo
from signaal.hotspots.numbers.counts import IntArray, ReportColumns, Span, weekly_voices
from signaal.hotspots.snapshot.nouns import HALVES, STRETCHES, BoolArray, Counted, Input

FORMAT = 3


class _Hash(Protocol):
    """Anything that can be fed bytes."""

    def update(self, more: bytes, /) -> None: ...


def fixed_span(last_week: int) -> Span:
    """The complete fixed periods before the one that holds this week, and that one."""
    end = (period_of(last_week) + 1) * WEEKS_PER_PERIOD - 1
    return Span(end, stretches=PERIODS + 1)


def first_week(last_week: int) -> int:
    """The first week of which reports count."""
    return min(Span(last_week, stretches=STRETCHES).first_week, fixed_span(last_week).first_week)


def count(
    given: Input, *, last_week: int, made_at: datetime, default_points: Collection[str] = ()
) -> Counted:
    """Counts, in stretches that end with the last week and in fixed periods.

    Args:
        given: Blocks and reports.
        last_week: The last week that counts.
        made_at: Now; stands beside the figures, not in them.
        default_points: Codes of blocks that are left out.
    """
    tokens, reporter = _numbered(given.token)
    reports = ReportColumns(given.block, given.week, given.kind, reporter, given.weight)
    whole, past = _fingerprints(given, reporter=reporter, tokens=tokens, last_week=last_week)
    large = [block.dwellings >= SMALLEST_SHOWN for block in given.blocks]
    named = [block.code not in default_points for block in given.blocks]
    return Counted(
        info=SnapshotInfo(
            fingerprint=whole,
            week=last_week,
            made_at=made_at,
            reports=len(given.token),
            blocks=len(given.blocks),
            past=past,
        ),
        kinds=given.kinds,
        blocks=given.blocks,
        half_voices=_half_voices(given, reports, span=Span(last_week, stretches=STRETCHES)),
        fixed_half_voices=_half_voices(given, reports, span=fixed_span(last_week)),
        adjacency=given.beside,
        known=np.array(large, dtype=np.bool_) & np.array(named, dtype=np.bool_),
    )


def _numbered(tokens: Sequence[str]) -> tuple[NDArray[np.bytes_], IntArray]:
    """The different tokens in order, and which of them each report has.

    By a dictionary: sorting a million long words takes ten times as long.
    """
    different = sorted(set(tokens))
    place_of = {token: place for place, token in enumerate(different)}
    reporter = np.fromiter(map(place_of.__getitem__, tokens), dtype=np.int64, count=len(tokens))
    return np.array(different, dtype="S"), reporter


def _half_voices(given: Input, reports: ReportColumns, *, span: Span) -> NDArray[np.uint16]:
    voices = weekly_voices(reports, span=span, blocks=len(given.blocks), kinds=len(given.kinds))
    return np.round(voices * HALVES).astype(np.uint16)


def _fingerprints(
    given: Input, *, reporter: IntArray, tokens: NDArray[np.bytes_], last_week: int
) -> tuple[str, str]:
    """Of all that went in, and of all but the running week; in whatever order the reports come."""
    frame = sha256(json.dumps([FORMAT, last_week, given.kinds, given.rules]).encode())
    frame.update(json.dumps([list(vars(block).values()) for block in given.blocks]).encode())
    frame.update(json.dumps(given.warned).encode())
    for whole in (given.beside.starts, given.beside.others, np.round(given.middles * HALVES)):
        frame.update(whole.astype("<i8").tobytes())
    past = frame.copy()
    _add_reports(frame, given, reporter, tokens=tokens)
    before = given.week < last_week
    heard, place = np.unique(reporter[before], return_inverse=True)
    _add_reports(past, given, place, tokens=tokens[heard], kept=before)
    return frame.hexdigest(), past.hexdigest()


def _add_reports(
    digest: "_Hash",
    given: Input,
    reporter: IntArray,
    *,
    tokens: NDArray[np.bytes_],
    kept: BoolArray | slice = slice(None),
) -> None:
    """Every report as one whole number, in ascending order, and the tokens."""
    week = given.week[kept].astype(np.int64)
    first = int(week.min(initial=0))
    key = given.block[kept].astype(np.int64)
    shape = (int(week.max(initial=0)) - first + 1, len(given.kinds), HALVES + 1, len(tokens))
    halves = np.round(given.weight[kept] * HALVES).astype(np.int64)
    for part, size in zip((week - first, given.kind[kept], halves, reporter), shape, strict=True):
        key = key * max(size, 1) + part
    digest.update(json.dumps([first, shape]).encode())
    digest.update(np.sort(key).astype("<i8").tobytes())
    digest.update(np.ascontiguousarray(tokens).tobytes())
