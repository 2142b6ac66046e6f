"""The folder of frozen files: whole or not there, old ones gone, one maker at a time."""

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BEING_WRITTEN = ".writing-"


def write_whole(path: Path, content: bytes) -> None:
    """Writes a file so that a reader sees the old one or the new one, never half of it."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=BEING_WRITTEN)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)  # still there only when something went wrong


def prune(folder: Path, names: str, *, kept: Path, most: int) -> None:
    """Old files go, but never the one that counts; what somebody else removed is gone already.

    Args:
        folder: Where they lie.
        names: The pattern of their names.
        kept: The one that counts.
        most: How many stay.
    """
    dated = []
    for file in folder.glob(names):
        try:
            dated.append((file.stat().st_mtime, file))
        except FileNotFoundError:
            continue
    for _when, file in sorted(dated)[:-most]:
        if file != kept:
            file.unlink(missing_ok=True)


@contextmanager
def taking_turns(folder: Path) -> Iterator[None]:
    """Whoever makes figures waits for whoever is making them: the newest are the last written.

    What a maker left half-written when its power was cut is cleared away.

    Args:
        folder: Where snapshots lie; made if it isn't there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".making").open("w", encoding="ascii") as door:
        fcntl.flock(door, fcntl.LOCK_EX)
        for half in folder.glob(f"{BEING_WRITTEN}*"):
            half.unlink(missing_ok=True)
        yield
