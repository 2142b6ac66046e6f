"""What independent programs answer: files beside the project, for tests only."""

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "oracles"


def has_oracles() -> bool:
    """Whether the folder is there; a test that reads it keeps a small check of its own as well."""
    return FOLDER.is_dir()


def oracle_path(name: str) -> Path:
    """Where the file stands."""
    return FOLDER / name


def oracle(name: str) -> Any:
    """The JSON file of that name; None where the folder is missing."""
    path = oracle_path(name)
    return json.loads(path.read_text()) if path.is_file() else None
