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

from signaal.errors import NoSnapshot
from signaal.hotspots.model import WINDOWS, BlockName, SnapshotInfo
from signaal.hotspots.numbers.counts import (
    FloatArray,
    IntArray,
    ReportColumns,
    Span,
    stretch_voices,
    weekly_voices,
    whole_voices,
)
from signaal.hotspots.numbers.rates import Town, town_of

FORMAT = 1
LATEST = "latest"
WEEKLY = "weekly"
"""The snapshot of complete weeks, frozen once a week."""
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
        half_voices: Twice the voices per kind, block and week, shape (kinds, blocks, weeks).
        town_rate: Reporters per dwelling per kind and window, shape (kinds, windows).
        town_variance: Variance between blocks per kind and window, shape (kinds, windows).
    """

    info: SnapshotInfo
    kinds: tuple[str, ...]
    blocks: tuple[BlockName, ...]
    half_voices: NDArray[np.uint16]
    town_rate: FloatArray
    town_variance: FloatArray

    @cached_property
    def dwellings(self) -> FloatArray:
        """Dwellings per block, shape (blocks,)."""
        return np.array([block.dwellings for block in self.blocks], dtype=np.float64)

    @cached_property
    def index(self) -> dict[str, int]:
        """The place of each block on the second axis, by code."""
        return {block.code: place for place, block in enumerate(self.blocks)}

    def weekly(self, kind: str) -> NDArray[np.int64]:
        """Whole voices per block and week, oldest first, shape (blocks, weeks)."""
        return whole_voices(self._voices(kind))

    def windows(self, kind: str) -> NDArray[np.int64]:
        """Whole voices per block and window, the latest first, shape (blocks, windows)."""
        return whole_voices(stretch_voices(self._voices(kind)))[:, ::-1]

    def town(self, kind: str, *, window: int) -> Town:
        """The town in one window, 0 for the latest."""
        place = self.kinds.index(kind), window
        return Town(
            rate=float(self.town_rate[place]),
            variance=float(self.town_variance[place]),
            blocks=len(self.blocks),
            dwellings=float(self.dwellings.sum()),
        )

    def _voices(self, kind: str) -> FloatArray:
        halves = self.half_voices[self.kinds.index(kind)]
        return np.asarray(halves, dtype=np.float64) / HALVES


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
    """Counts, and takes the measure of the town in each window.

    Args:
        given: Blocks and reports.
        last_week: The last week that counts.
        made_at: Now; stands beside the figures, not in them.
    """
    span = Span(last_week=last_week, stretches=WINDOWS)
    tokens, reporter = np.unique(np.array(given.token, dtype="S"), return_inverse=True)
    reports = ReportColumns(given.block, given.week, given.kind, reporter, given.weight)
    voices = weekly_voices(reports, span=span, blocks=len(given.blocks), kinds=len(given.kinds))
    homes = np.array([block.dwellings for block in given.blocks], dtype=np.float64)
    towns = [
        [town_of(window, homes) for window in whole_voices(stretch_voices(kind)).T[::-1]]
        for kind in voices
    ]
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
        half_voices=np.round(voices * HALVES).astype(np.uint16),
        town_rate=np.array([[town.rate for town in row] for row in towns]),
        town_variance=np.array([[town.variance for town in row] for row in towns]),
    )


def freeze(folder: Path, snapshot: Snapshot, *, name: str) -> SnapshotInfo:
    """Writes a snapshot and makes it the one of this name, in one step for every reader.

    Args:
        folder: Where snapshots lie; made if it isn't there.
        snapshot: The figures.
        name: "latest" or "weekly".
    """
    folder.mkdir(parents=True, exist_ok=True)
    info = snapshot.info
    file = folder / f"figures-{info.week}-{info.fingerprint[:24]}.npz"
    if file.exists():
        file.touch()
    else:
        write_whole(file, encode(snapshot))
    note = {"file": file.name, "made_at": info.made_at.isoformat()}
    write_whole(folder / f"{name}.json", json.dumps(note).encode())
    _prune(folder)
    return info


def read(folder: Path, *, name: str) -> Snapshot:
    """The frozen figures of this name.

    Raises:
        NoSnapshot: They have not been made yet.
    """
    try:
        note = json.loads((folder / f"{name}.json").read_bytes())
        file = folder / note["file"]
        return _read_once(str(file), file.stat().st_mtime_ns, note["made_at"])
    except FileNotFoundError:
        raise NoSnapshot(name) from None


def encode(snapshot: Snapshot) -> bytes:
    """The figures as a compressed file in numpy's own format, without the moment of making."""
    about = {
        "format": FORMAT,
        "fingerprint": snapshot.info.fingerprint,
        "week": snapshot.info.week,
        "reports": snapshot.info.reports,
        "kinds": snapshot.kinds,
        "blocks": [
            [block.code, block.dwellings, block.neighbourhood, block.district]
            for block in snapshot.blocks
        ],
    }
    text = json.dumps(about, ensure_ascii=False, separators=(",", ":"))
    arrays: dict[str, NDArray[Any]] = {
        "about": np.frombuffer(text.encode(), dtype=np.uint8),
        "half_voices": snapshot.half_voices,
        "town_rate": snapshot.town_rate,
        "town_variance": snapshot.town_variance,
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
            town_rate=arrays["town_rate"],
            town_variance=arrays["town_variance"],
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
    """Old figures go, but never those that a name points to."""
    notes = [note for name in (LATEST, WEEKLY) if (note := folder / f"{name}.json").exists()]
    named = {json.loads(note.read_bytes())["file"] for note in notes}
    files = sorted(folder.glob("figures-*.npz"), key=lambda file: file.stat().st_mtime)
    for file in files[:-KEPT_FILES]:
        if file.name not in named:
            file.unlink(missing_ok=True)
