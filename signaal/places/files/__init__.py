"""Reads the files of CBS and BAG: checked before they are opened, and read in a fenced child.

A GeoPackage is an SQLite file, and is read as one: no GDAL driver ever guesses what a file might
be, so a file can neither point at another file nor at a network address. Whatever a hostile file
still does, it does in a child process without network, with limits on memory, time and files.
"""

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from signaal.places.files.fence import read_in_child
from signaal.places.model import Area, Dwelling

__all__ = [
    "AreaFile",
    "BackgroundFile",
    "BlockFile",
    "DwellingFile",
    "FileTallies",
    "Reader",
    "read_areas",
    "read_background",
    "read_blocks",
    "read_dwellings",
    "read_in_child",
]


Reader = Callable[..., dict[str, Any]]
"""Takes what is wanted and the path; returns it as plain values."""


@dataclass(frozen=True)
class FileTallies:
    """What was left out and what was mended, by reason."""

    left_out: Mapping[str, int] = field(default_factory=dict)
    mended: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class AreaFile:
    """The areas of a CBS file."""

    municipalities: tuple[Area, ...]
    districts: tuple[Area, ...]
    neighbourhoods: tuple[Area, ...]
    tallies: FileTallies


@dataclass(frozen=True)
class DwellingFile:
    """The dwellings of a BAG file."""

    dwellings: tuple[Dwelling, ...]
    tallies: FileTallies


@dataclass(frozen=True)
class BlockFile:
    """Block polygons drawn by the municipality, WKB by code."""

    blocks: Mapping[str, bytes]
    tallies: FileTallies


@dataclass(frozen=True)
class BackgroundFile:
    """Layers for orientation: name and WKB of what each holds, in the order of drawing."""

    layers: Mapping[str, tuple[tuple[str, bytes], ...]]
    tallies: FileTallies


def read_areas(path: Path, *, read: Reader = read_in_child) -> AreaFile:
    """Reads neighbourhoods, and districts and municipalities where the file has them.

    Raises:
        UnusableFile: What is wrong, where, and how to mend it.
    """
    answer = read("areas", path)
    return AreaFile(
        municipalities=tuple(_area(row) for row in answer["municipalities"]),
        districts=tuple(_area(row) for row in answer["districts"]),
        neighbourhoods=tuple(_area(row) for row in answer["neighbourhoods"]),
        tallies=_tallies(answer),
    )


def read_dwellings(
    path: Path, *, bounds: Sequence[float], read: Reader = read_in_child
) -> DwellingFile:
    """Reads the addresses in use within the bounds (west, south, east, north; EPSG:28992).

    Raises:
        UnusableFile: What is wrong, where, and how to mend it.
    """
    answer = read("dwellings", path, bounds=list(bounds))
    return DwellingFile(tuple(Dwelling(*row) for row in answer["dwellings"]), _tallies(answer))


def read_blocks(path: Path, *, read: Reader = read_in_child) -> BlockFile:
    """Reads the municipality's own blocks: a layer with a column `code`.

    Raises:
        UnusableFile: What is wrong, where, and how to mend it.
    """
    answer = read("blocks", path)
    blocks = {code: base64.b64decode(shape) for code, shape in answer["blocks"].items()}
    return BlockFile(blocks, _tallies(answer))


def read_background(path: Path, *, read: Reader = read_in_child) -> BackgroundFile:
    """Reads water, streets and surroundings, simplified; of a CBS file its areas of water.

    Raises:
        UnusableFile: What is wrong, where, and how to mend it.
    """
    answer = read("background", path)
    layers = {
        layer: tuple((name, base64.b64decode(shape)) for name, shape in rows)
        for layer, rows in answer["layers"].items()
    }
    return BackgroundFile(layers, _tallies(answer))


def _area(row: Mapping[str, Any]) -> Area:
    return Area(**{**row, "wkb": base64.b64decode(row["wkb"])})


def _tallies(answer: Mapping[str, Any]) -> FileTallies:
    return FileTallies(dict(answer["left_out"]), dict(answer["mended"]))
