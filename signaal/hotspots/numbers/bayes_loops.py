"""Loops of the Bayesian scan, for the compiler; beside each a plain way that gives the same."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from signaal.hotspots.numbers.counts import FloatArray, IntArray

Floats = NDArray[np.floating[Any]]


def evidence(  # noqa: PLR0917 (one compiled loop, by position)
    logs: FloatArray,
    starts: IntArray,
    others: IntArray,
    log: FloatArray,
    size: IntArray,
    weeks: IntArray,
) -> None:
    """The evidence around each block, and the window that speaks most for it.

    Args:
        logs: Logarithm of each block's factor up to each column, shape (blocks, columns).
        starts: Where each block's list of nearest blocks begins.
        others: The lists.
        log: Gets the evidence, shape (blocks,).
        size: Gets the number of blocks of the strongest window.
        weeks: Gets its number of weeks.
    """
    columns = logs.shape[1]
    run = np.zeros(columns)
    for centre in range(len(starts) - 1):
        run[:] = 0.0
        top, total, most, weight = -np.inf, 0.0, -np.inf, 0.0
        for at in range(starts[centre], starts[centre + 1]):
            blocks = at - starts[centre] + 1
            weight += 1.0 / blocks
            less = math.log(blocks)
            for col in range(columns):
                run[col] += logs[others[at], col]
                here = run[col] - less
                if here > most:
                    most = here
                    size[centre], weeks[centre] = blocks, col + 1
                if here <= top:
                    total += math.exp(here - top)
                else:
                    total = total * math.exp(top - here) + 1.0
                    top = here
        if weight > 0.0:
            log[centre] = top + math.log(total / (weight * columns))


def evidence_plainly(  # noqa: PLR0917 (as the loop)
    logs: FloatArray,
    starts: IntArray,
    others: IntArray,
    log: FloatArray,
    size: IntArray,
    weeks: IntArray,
) -> None:
    """As `evidence`, without a compiler."""
    columns = logs.shape[1]
    for centre in range(len(starts) - 1):
        near = others[starts[centre] : starts[centre + 1]]
        if len(near):
            blocks = np.arange(1.0, len(near) + 1)
            here = np.cumsum(logs[near], axis=0) - np.log(blocks)[:, None]
            place = int(here.argmax())
            size[centre], weeks[centre] = place // columns + 1, place % columns + 1
            top = float(here.max())
            total = float(np.exp(here - top).sum())
            log[centre] = top + np.log(total / ((1.0 / blocks).sum() * columns))


def highest_of_lanes(factors: Floats, starts: IntArray, others: IntArray, best: FloatArray) -> None:
    """The highest evidence of each lane, lanes side by side; plain products, no logarithms.

    Single precision: a millionth of the evidence, and twice as fast.

    Args:
        factors: Each block's factor up to each column, shape (blocks, columns, lanes).
        starts: Where each block's list of nearest blocks begins.
        others: The lists.
        best: Gets the highest evidence, shape (lanes,).
    """
    _, columns, lanes = factors.shape
    run = np.ones((columns, lanes), dtype=np.float32)
    total = np.zeros(lanes, dtype=np.float32)
    for centre in range(len(starts) - 1):
        run[:, :] = 1.0
        total[:] = 0.0
        weight = 0.0
        for at in range(starts[centre], starts[centre + 1]):
            share = np.float32(1.0 / (at - starts[centre] + 1))
            weight += float(share)
            other = others[at]
            for col in range(columns):
                for lane in range(lanes):
                    run[col, lane] *= factors[other, col, lane]
                    total[lane] += share * run[col, lane]
        for lane in range(lanes):
            if total[lane] > best[lane] * weight * columns:
                best[lane] = total[lane] / (weight * columns)


def highest_of_lanes_plainly(
    factors: Floats, starts: IntArray, others: IntArray, best: FloatArray
) -> None:
    """As `highest_of_lanes`, without a compiler."""
    for centre in range(len(starts) - 1):
        near = others[starts[centre] : starts[centre + 1]]
        if len(near):
            shares = 1.0 / np.arange(1, len(near) + 1)
            sums = np.cumprod(factors[near], axis=0).sum(axis=1)
            np.maximum(best, shares @ sums / (shares.sum() * factors.shape[1]), out=best)
