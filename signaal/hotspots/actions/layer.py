"""Who lies beside whom, and where: worked out once per block layer, and kept beside the shapes."""

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from signaal.hotspots import map as drawing
from signaal.hotspots.numbers.counts import FloatArray
from signaal.hotspots.numbers.neighbours import Adjacency
from signaal.hotspots.snapshot import prune, write_whole
from signaal.places import actions as places
from signaal.places.model import Block

FORMAT = 1
KEPT_FILES = 3


def layer_of(folder: Path, blocks: Sequence[Block]) -> tuple[Adjacency, FloatArray]:
    """The neighbours and the centres of these blocks, in this order.

    Args:
        folder: Where snapshots lie; made if it isn't there.
        blocks: The block layer, in order of code.

    Returns:
        The neighbours, and centres in metres (EPSG:28992), shape (blocks, 2).
    """
    if not blocks:
        nobody = np.zeros(0, dtype=np.int64)
        return Adjacency.of_pairs(nobody, nobody, blocks=0), np.zeros((0, 2))
    file = folder / f"layer-{FORMAT}-{drawing.key_of(blocks)}.npz"
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        first, second = places.block_borders(blocks)
        whole = io.BytesIO()
        np.savez(whole, first=first, second=second, centres=places.block_centres(blocks))
        write_whole(file, whole.getvalue())
        prune(folder, "layer-*.npz", kept=file, most=KEPT_FILES)
    with np.load(file, allow_pickle=False) as kept:
        pairs = kept["first"], kept["second"]
        centres = np.asarray(kept["centres"], dtype=np.float64)
    return Adjacency.of_pairs(*pairs, blocks=len(blocks)), centres
