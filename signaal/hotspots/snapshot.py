"""Frozen figures: written once, read many times; the same input gives the same bytes."""

import io
import json
import os
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from signaal.clock import WEEKS_PER_PERIOD, period_of
from signaal.errors import NoSnapshot
from signaal.hotspots.model import PERIODS, WINDOWS, BlockName, SnapshotInfo
from signaal.hotspots.numbers.counts import (
    FloatArray,
    IntArray,
    ReportColumns,
    Span,
    stretch_voices,
    weekly_voices,
    whole_voices,
)

FORMAT = 2
LATEST = "latest.json"
"""The note that says which figures count."""
KEPT_FILES = 6
HALVES = 2
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The zip format can't do without a date; always the same one keeps the bytes the same."""


@dataclass(frozen=True, eq=False)
class Snapshot:
    """The figures of one moment.

    Attributes:
        info: Which figures.
        kinds: Names of the kinds, in the order of the first axis.
        blocks: Names of the blocks, in the order of the second axis.
        half_voices: Twice the voices per kind, block and week, in stretches of four weeks that
            end with the last week, shape (kinds, blocks, weeks).
        fixed_half_voices: The same in fixed four-week periods, of which the last is running,
            shape (kinds, blocks, weeks).
    """

    info: SnapshotInfo
    kinds: tuple[str, ...]
    blocks: tuple[BlockName, ...]
    half_voices: NDArray[np.uint16]
    fixed_half_voices: NDArray[np.uint16]

    @cached_property
    def dwellings(self) -> FloatArray:
        """Dwellings per block, shape (blocks,)."""
        return np.array([block.dwellings for block in self.blocks], dtype=np.float64)

    @cached_property
    def index(self) -> dict[str, int]:
        """The place of each block on the second axis, by code."""
        return {block.code: place for place, block in enumerate(self.blocks)}

    @property
    def running_period(self) -> int:
        """The fixed period that isn't complete yet."""
        return period_of(self.info.week)

    def weekly(self, kind: str) -> NDArray[np.int64]:
        """Whole voices per block and week, oldest first, shape (blocks, weeks)."""
        return whole_voices(self._voices(self.half_voices, kind))

    def windows(self, kind: str) -> NDArray[np.int64]:
        """Whole voices per block and window, the latest first, shape (blocks, windows)."""
        return whole_voices(stretch_voices(self._voices(self.half_voices, kind)))[:, ::-1]

    def periods(self, kind: str) -> NDArray[np.int64]:
        """Whole voices per block and complete fixed period, the latest first.

        Returns:
            Shape (blocks, complete periods).
        """
        fixed = whole_voices(stretch_voices(self._voices(self.fixed_half_voices, kind)))
        return fixed[:, -2::-1]

    def _voices(self, halves: NDArray[np.uint16], kind: str) -> FloatArray:
        return np.asarray(halves[self.kinds.index(kind)], dtype=np.float64) / HALVES


@dataclass(frozen=True)
class Input:
    """Everything that goes into a snapshot.

    Attributes:
        kinds: Names of the kinds.
        blocks: The blocks, each with at least one dwelling.
        block: Index of the block of each report, shape (reports,).
        week: Week of each report, shape (reports,).
        kind: Index of the kind of each report, shape (reports,).
        token: Reporter's token of each report.
        weight: Weight of each report: 0, one half or 1, shape (reports,).
    """

    kinds: tuple[str, ...]
    blocks: tuple[BlockName, ...]
    block: IntArray
    week: IntArray
    kind: IntArray
    token: Sequence[str]
    weight: FloatArray


def make(given: Input, *, last_week: int, made_at: datetime) -> Snapshot:
    """Counts, in stretches that end with the last week and in fixed periods.

    Args:
        given: Blocks and reports.
        last_week: The last week that counts.
        made_at: Now; stands beside the figures, not in them.
    """
    tokens, reporter = np.unique(np.array(given.token, dtype="S"), return_inverse=True)
    reports = ReportColumns(given.block, given.week, given.kind, reporter, given.weight)
    info = SnapshotInfo(
        fingerprint=_fingerprint(given, reporter=reporter, tokens=tokens, last_week=last_week),
        week=last_week,
        made_at=made_at,
        reports=len(given.token),
        blocks=len(given.blocks),
    )
    return Snapshot(
        info=info,
        kinds=given.kinds,
        blocks=given.blocks,
        half_voices=_half_voices(given, reports, span=Span(last_week, stretches=WINDOWS)),
        fixed_half_voices=_half_voices(given, reports, span=fixed_span(last_week)),
    )


def fixed_span(last_week: int) -> Span:
    """The complete fixed periods before the one that holds this week, and that one."""
    end = (period_of(last_week) + 1) * WEEKS_PER_PERIOD - 1
    return Span(end, stretches=PERIODS + 1)


def _half_voices(given: Input, reports: ReportColumns, *, span: Span) -> NDArray[np.uint16]:
    voices = weekly_voices(reports, span=span, blocks=len(given.blocks), kinds=len(given.kinds))
    return np.round(voices * HALVES).astype(np.uint16)


def freeze(folder: Path, snapshot: Snapshot) -> SnapshotInfo:
    """Writes a snapshot and makes it the latest, in one step for every reader.

    Args:
        folder: Where snapshots lie; made if it isn't there.
        snapshot: The figures.
    """
    folder.mkdir(parents=True, exist_ok=True)
    info = snapshot.info
    file = folder / f"figures-{info.week}-{info.fingerprint[:24]}.npz"
    if file.exists():
        file.touch()
    else:
        write_whole(file, encode(snapshot))
    note = {"file": file.name, "made_at": info.made_at.isoformat()}
    write_whole(folder / LATEST, json.dumps(note).encode())
    _prune(folder)
    return info


def read(folder: Path) -> Snapshot:
    """The latest frozen figures.

    Raises:
        NoSnapshot: They have not been made yet.
    """
    try:
        note = json.loads((folder / LATEST).read_bytes())
        file = folder / note["file"]
        return _read_once(str(file), file.stat().st_mtime_ns, note["made_at"])
    except FileNotFoundError:
        raise NoSnapshot(LATEST) from None


def encode(snapshot: Snapshot) -> bytes:
    """The figures as a compressed file in numpy's own format, without the moment of making."""
    about = {
        "format": FORMAT,
        "fingerprint": snapshot.info.fingerprint,
        "week": snapshot.info.week,
        "reports": snapshot.info.reports,
        "kinds": snapshot.kinds,
        "blocks": [list(vars(block).values()) for block in snapshot.blocks],
    }
    text = json.dumps(about, ensure_ascii=False, separators=(",", ":"))
    arrays: dict[str, NDArray[Any]] = {
        "about": np.frombuffer(text.encode(), dtype=np.uint8),
        "half_voices": snapshot.half_voices,
        "fixed_half_voices": snapshot.fixed_half_voices,
    }
    return _zip(arrays)


def decode(frozen: bytes, *, made_at: datetime) -> Snapshot:
    """The figures again.

    Args:
        frozen: What `encode` gave.
        made_at: When they were last found to be up to date.

    Raises:
        NoSnapshot: The file was written by another version of Signaal.
    """
    with np.load(io.BytesIO(frozen), allow_pickle=False) as arrays:
        about = json.loads(arrays["about"].tobytes())
        if about["format"] != FORMAT:
            raise NoSnapshot(f"format {about['format']}")
        blocks = tuple(BlockName(*block) for block in about["blocks"])
        return Snapshot(
            info=SnapshotInfo(
                fingerprint=about["fingerprint"],
                week=about["week"],
                made_at=made_at,
                reports=about["reports"],
                blocks=len(blocks),
            ),
            kinds=tuple(about["kinds"]),
            blocks=blocks,
            half_voices=arrays["half_voices"],
            fixed_half_voices=arrays["fixed_half_voices"],
        )


def write_whole(path: Path, content: bytes) -> None:
    """Writes a file so that a reader sees the old one or the new one, never half of it."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".writing-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)  # still there only when something went wrong


def _fingerprint(
    given: Input, *, reporter: IntArray, tokens: NDArray[np.bytes_], last_week: int
) -> str:
    """The same for the same blocks and reports, in whatever order the reports come."""
    halves = np.round(given.weight * HALVES).astype(np.int64)
    columns = (halves, reporter, given.kind, given.week, given.block)
    order = np.lexsort(columns)
    digest = sha256(json.dumps([FORMAT, last_week, given.kinds]).encode())
    digest.update(json.dumps([list(vars(block).values()) for block in given.blocks]).encode())
    for column in columns:
        digest.update(np.asarray(column)[order].astype("<i8").tobytes())
    digest.update(tokens.tobytes())
    return digest.hexdigest()


def _zip(arrays: dict[str, NDArray[Any]]) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        for name, array in arrays.items():
            part = io.BytesIO()
            np.lib.format.write_array(part, np.ascontiguousarray(array), allow_pickle=False)
            entry = zipfile.ZipInfo(f"{name}.npy", date_time=_EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, part.getvalue())
    return whole.getvalue()


@lru_cache(maxsize=4)
def _read_once(path: str, _changed: int, made_at: str) -> Snapshot:
    return decode(Path(path).read_bytes(), made_at=datetime.fromisoformat(made_at))


def _prune(folder: Path) -> None:
    """Old figures go, but never those that count."""
    named = {json.loads(note.read_bytes())["file"] for note in folder.glob(LATEST)}
    files = sorted(folder.glob("figures-*.npz"), key=lambda file: file.stat().st_mtime)
    for file in files[:-KEPT_FILES]:
        if file.name not in named:
            file.unlink(missing_ok=True)
