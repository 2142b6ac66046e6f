"""What the fenced child does: reads the one file that it was given, and answers in JSON."""

import csv
import json
import sqlite3
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from signaal.errors import UnusableFile
from signaal.places.files.addresses import addresses_in
from signaal.places.files.areas import areas_in, blocks_in
from signaal.places.files.background import background_in
from signaal.places.files.fence import put_up_fence
from signaal.places.files.tally import Tally


def serve() -> None:
    """Reads a request from standard input and answers on standard output."""
    request = json.load(sys.stdin)
    put_up_fence()
    json.dump(answer_to(request), sys.stdout)


def answer_to(request: dict[str, Any]) -> dict[str, Any]:
    """What is in the file, with counts; or under "error" the sentence that refuses it."""
    path = Path(request["path"])
    tally = Tally(path.name)
    readers: dict[str, Callable[[], dict[str, Any]]] = {
        "areas": lambda: areas_in(path, tally),
        "background": lambda: background_in(path, tally),
        "blocks": lambda: blocks_in(path, tally),
        "dwellings": lambda: addresses_in(path, tally, bounds=request["bounds"]),
    }
    try:
        answer = readers[request["what"]]()
    except UnusableFile as fault:
        return {"error": str(fault)}
    except (sqlite3.Error, csv.Error, UnicodeError, EOFError, OSError, zlib.error) as fault:
        return {"error": str(tally.broken(type(fault).__name__))}
    return {**answer, "left_out": +tally.left_out, "mended": +tally.mended}
