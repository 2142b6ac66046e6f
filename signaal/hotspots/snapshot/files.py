"""Frozen figures: written once, read many times; the same input gives the same bytes."""

import io
import json
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from signaal.errors import NoSnapshot
from signaal.hotspots.model import BlockName, SnapshotInfo
from signaal.hotspots.numbers.neighbours import Adjacency
from signaal.hotspots.snapshot.counting import FORMAT
from signaal.hotspots.snapshot.folder import prune, write_whole
from signaal.hotspots.snapshot.nouns import Group, Snapshot, Track, View, Weeks

LATEST = "latest.json"
"""The note that says which figures count."""
KEPT_FILES = 6
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The zip format can't do without a date; always the same one keeps the bytes the same."""
QUICK = 1
"""How hard zip tries: more makes the file little smaller and the refresh much slower."""
COUNTS = ("half_voices", "fixed_half_voices", "known", "evenness", "together")
VIEWS = ("rolling", "fixed")
VIEW = (
    "rate",
    "variance",
    "dispersion",
    "pooled",
    "chance",
    "found",
    "tested",
    "needed",
    "pattern",
    "band_low",
    "band_high",
)
WEEKS = ("hundredths", "dispersion", "short", "band_low", "band_high", "alarm", "maxima")

Arrays = dict[str, NDArray[Any]]


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
    prune(folder, "figures-*.npz", kept=file, most=KEPT_FILES)
    return info


def read(folder: Path) -> Snapshot:
    """The latest frozen figures.

    Raises:
        NoSnapshot: They have not been made yet.
    """
    try:
        note = json.loads((folder / LATEST).read_bytes())
        file = folder / note["file"]
        about = file.stat()
        # Neither the moment in the note nor the file's time counts: both change without news.
        return _dated(str(file), about.st_ino, about.st_size, note["made_at"])
    except FileNotFoundError:
        raise NoSnapshot(LATEST) from None


def encode(snapshot: Snapshot) -> bytes:
    """The figures as a compressed file in numpy's own format, without the moment of making."""
    about = {
        "format": FORMAT,
        "fingerprint": snapshot.info.fingerprint,
        "past": snapshot.info.past,
        "week": snapshot.info.week,
        "reports": snapshot.info.reports,
        "kinds": snapshot.kinds,
        "blocks": [list(vars(block).values()) for block in snapshot.blocks],
        "movements": [getattr(snapshot, view).movements for view in VIEWS],
        "groups": snapshot.weeks.groups,
        "unusual": snapshot.weeks.unusual,
    }
    text = json.dumps(about, ensure_ascii=False, separators=(",", ":"))
    arrays: Arrays = {
        "about": np.frombuffer(text.encode(), dtype=np.uint8),
        "starts": snapshot.adjacency.starts,
        "others": snapshot.adjacency.others,
        **{name: getattr(snapshot, name) for name in COUNTS},
        **{f"weeks_{name}": getattr(snapshot.weeks, name) for name in WEEKS},
    }
    for view in VIEWS:
        whole = getattr(snapshot, view)
        arrays |= {f"{view}_{name}": getattr(whole, name) for name in VIEW}
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
        return _snapshot(about, dict(arrays), made_at=made_at)


def _snapshot(about: dict[str, Any], arrays: Arrays, *, made_at: datetime) -> Snapshot:
    blocks = tuple(BlockName(*block) for block in about["blocks"])
    movements = dict(zip(VIEWS, about["movements"], strict=True))
    views: dict[str, Any] = {
        view: View(
            **{name: arrays[f"{view}_{name}"] for name in VIEW},
            movements=tuple(tuple(_track(each) for each in kind) for kind in movements[view]),
        )
        for view in VIEWS
    }
    counts: dict[str, Any] = {name: arrays[name] for name in COUNTS}
    return Snapshot(
        info=SnapshotInfo(
            fingerprint=about["fingerprint"],
            week=about["week"],
            made_at=made_at,
            reports=about["reports"],
            blocks=len(blocks),
            past=about["past"],
        ),
        kinds=tuple(about["kinds"]),
        blocks=blocks,
        adjacency=Adjacency(arrays["starts"], arrays["others"]),
        **counts,
        **views,
        weeks=Weeks(
            **{name: arrays[f"weeks_{name}"] for name in WEEKS},
            groups=tuple(tuple(_group(each) for each in kind) for kind in about["groups"]),
            unusual=tuple(tuple(weeks) for weeks in about["unusual"]),
        ),
    )


def _track(parts: list[Any]) -> Track:
    blocks, first, reached, *others = parts
    return Track(tuple(blocks), first, tuple(tuple(each) for each in reached), *others)


def _group(parts: list[Any]) -> Group:
    blocks, *others = parts
    return Group(tuple(blocks), *others)


def _zip(arrays: Arrays) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        for name, array in arrays.items():
            part = io.BytesIO()
            np.lib.format.write_array(part, np.ascontiguousarray(array), allow_pickle=False)
            entry = zipfile.ZipInfo(f"{name}.npy", date_time=_EPOCH)
            archive.writestr(
                entry, part.getvalue(), compress_type=zipfile.ZIP_DEFLATED, compresslevel=QUICK
            )
    return whole.getvalue()


@lru_cache(maxsize=2)
def _dated(path: str, which: int, size: int, made_at: str) -> Snapshot:
    figures = _read_once(path, which, size)
    info = replace(figures.info, made_at=datetime.fromisoformat(made_at))
    return replace(figures, info=info)


@lru_cache(maxsize=2)
def _read_once(path: str, _which: int, _size: int) -> Snapshot:
    return decode(Path(path).read_bytes(), made_at=datetime.fromtimestamp(0, UTC))
