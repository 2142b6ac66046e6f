"""The fence around the reading of a file: a look from outside, then a child with limits."""

import ctypes
import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from signaal.errors import UnusableFile
from signaal.places.files.tally import Tally

GIGABYTE = 2**30
LARGEST_GEOPACKAGE = 20 * GIGABYTE
"""The whole country's addresses are some 8 GB."""
LARGEST_CSV = 6 * GIGABYTE
CSV_NAMES = (".csv", ".csv.gz")
MEMORY = 3 * GIGABYTE
CPU_SECONDS = 300
PATIENCE_SECONDS = 1_200
OPEN_FILES = 64
LARGEST_ANSWER = 2 * GIGABYTE
LIMITS = (
    (resource.RLIMIT_AS, MEMORY),
    (resource.RLIMIT_CPU, CPU_SECONDS),
    (resource.RLIMIT_NOFILE, OPEN_FILES),
    (resource.RLIMIT_FSIZE, LARGEST_ANSWER),
    (resource.RLIMIT_CORE, 0),
)
CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
"""Linux, sched.h: a name space of our own for users, and one for the network."""
GEOPACKAGE_MARKS = {b"GPKG", b"GP10", b"GP11"}
ROOT = Path(__file__).parents[3]


def check_before_opening(path: Path) -> None:
    """Looks at size and first bytes only: a GeoPackage, or a CSV that may be packed.

    Raises:
        UnusableFile: It is neither, or too large.
    """
    tally = Tally(path.name)
    if not path.is_file():
        raise tally.wrong(
            "dit bestand bestaat niet. Kijk naar de map en de naam.",
            "there is no such file. Check folder and name.",
        )
    with path.open("rb") as file:
        head = file.read(100)
    if path.stat().st_size > (LARGEST_GEOPACKAGE if is_geopackage(head) else LARGEST_CSV):
        raise tally.wrong(
            "dit bestand is te groot. Neem een bestand van één gemeente of regio.",
            "this file is too large. Take a file of one municipality or region.",
        )
    if not is_geopackage(head) and not _may_be_csv(path, head):
        raise tally.wrong(
            "dit is geen GeoPackage (.gpkg) en geen CSV (.csv of .csv.gz). Haal het bestand"
            " opnieuw op bij CBS, PDOK of NLExtract.",
            "this is neither a GeoPackage (.gpkg) nor a CSV (.csv or .csv.gz). Fetch the file"
            " again from CBS, PDOK or NLExtract.",
        )


def is_geopackage(head: bytes) -> bool:
    """Whether these first 100 bytes are those of a GeoPackage (OGC 12-128r18, requirement 2)."""
    return head.startswith(b"SQLite format 3\x00") and head[68:72] in GEOPACKAGE_MARKS


def _may_be_csv(path: Path, head: bytes) -> bool:
    name = path.name.lower()
    if not name.endswith(CSV_NAMES):
        return False
    return head.startswith(b"\x1f\x8b") if name.endswith(".gz") else b"\x00" not in head


def read_in_child(
    what: str, path: Path, *, python: str = sys.executable, **more: object
) -> dict[str, Any]:
    """Has a fenced child read the file; its answer is plain JSON, never a pickle.

    Raises:
        UnusableFile: What is wrong, where, and how to mend it.
    """
    check_before_opening(path)
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r});"
        " from signaal.places.files.child import serve; serve()"
    )
    request = json.dumps({"what": what, "path": str(path.resolve()), **more})
    with tempfile.TemporaryFile() as answer:
        try:
            ended = subprocess.run(  # noqa: S603 - our own interpreter and code
                [python, "-I", "-c", code],
                input=request.encode(),
                stdout=answer,
                stderr=subprocess.DEVNULL,
                env=_environment(),
                timeout=PATIENCE_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise _too_much(path) from None
        if ended.returncode != 0:
            raise _too_much(path)
        answer.seek(0)
        found: dict[str, Any] = json.load(answer)
    if "error" in found:
        raise UnusableFile(found["error"])
    return found


def _environment() -> dict[str, str]:
    """Only what Python itself may need: no secret of ours is in the child's memory."""
    needed = ("PATH", "LD_LIBRARY_PATH", "TMPDIR")
    kept = {name: os.environ[name] for name in needed if name in os.environ}
    return {**kept, "OPENBLAS_NUM_THREADS": "1", "PROJ_NETWORK": "OFF"}


def _too_much(path: Path) -> UnusableFile:
    return Tally(path.name).wrong(
        "dit bestand vraagt te veel geheugen of tijd, of is beschadigd. Haal het opnieuw op.",
        "this file asks too much memory or time, or is damaged. Fetch it again.",
    )


def put_up_fence() -> None:
    """Limits this process for good: memory, time, files, and no network where Linux lets us."""
    for kind, limit in LIMITS:
        resource.setrlimit(kind, (limit, limit))
    libc = ctypes.CDLL(None)
    if hasattr(libc, "unshare") and libc.unshare(CLONE_NEWNET) != 0:
        libc.unshare(CLONE_NEWUSER | CLONE_NEWNET)
