"""The scan's loops: written for the compiler, with a plain way beside each that gives the same."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import xlogy

from signaal.hotspots.numbers.counts import FloatArray, IntArray

FRACTION = 45
"""Bits of a number that are dropped to find its step: 128 steps from a power of two to the next."""
BESIDE = 1e-9
"""So little above the best so far still counts as worth a precise look."""
Lanes = NDArray[np.signedinteger[Any]]


def ratios(cases: FloatArray, expected: FloatArray, *, total: float, least: int) -> FloatArray:
    """Log likelihood ratios of windows; 0 where there is not more than expected.

    Args:
        cases: Seen in each window.
        expected: Expected in each window, the same shape.
        total: All cases, when the expectation is a share of them; 0 when it stands by itself.
        least: Fewer cases than this make no cluster.

    Source: Kulldorff (1997), Communications in Statistics 26, 1481-1496 (with the total);
    Neill (2009), International Journal of Forecasting 25, 498-517 (expectation by itself).
    """
    more = (cases > expected) & (cases >= least) & (expected > 0)
    usual = np.where(more, expected, 1.0)
    seen = np.where(more, cases, 1.0)
    found = xlogy(seen, seen / usual)
    if total > 0:
        rest = np.maximum(total - seen, 0.0)
        outside = np.where(rest > 0, total - usual, 1.0)
        found = found + xlogy(rest, np.where(rest > 0, rest, 1.0) / outside)
    else:
        found = found + usual - seen
    return np.where(more, np.maximum(found, 0.0), 0.0)


def best_windows(  # noqa: PLR0917 (one compiled loop, called by position)
    cases: IntArray,
    expected: FloatArray,
    starts: IntArray,
    others: IntArray,
    total: float,
    least: int,
    best: FloatArray,
    size: IntArray,
    column: IntArray,
) -> None:
    """The best window of each block: its ratio, how many blocks it has, and its column."""
    columns = cases.shape[1]
    seen = np.zeros(columns, dtype=np.int64)
    usual = np.zeros(columns, dtype=np.float64)
    for centre in range(len(starts) - 1):
        seen[:] = 0
        usual[:] = 0.0
        for at in range(starts[centre], starts[centre + 1]):
            other = others[at]
            for col in range(columns):
                seen[col] += cases[other, col]
                usual[col] += expected[other, col]
                c, e = seen[col], usual[col]
                if c < least or c <= e or e <= 0.0:
                    continue
                found = c * math.log(c / e)
                if total == 0.0:
                    found += e - c
                elif c < total:
                    found += (total - c) * math.log((total - c) / (total - e))
                if found > best[centre]:
                    best[centre] = found
                    size[centre] = at - starts[centre] + 1
                    column[centre] = col


def best_windows_plainly(  # noqa: PLR0917 (called like the compiled one)
    cases: IntArray,
    expected: FloatArray,
    starts: IntArray,
    others: IntArray,
    total: float,
    least: int,
    best: FloatArray,
    size: IntArray,
    column: IntArray,
) -> None:
    """As `best_windows`, without a compiler."""
    columns = cases.shape[1]
    for centre in range(len(starts) - 1):
        near = others[starts[centre] : starts[centre + 1]]
        if len(near):
            seen = np.cumsum(cases[near], axis=0).astype(np.float64)
            usual = np.cumsum(expected[near], axis=0)
            found = ratios(seen, usual, total=total, least=least).ravel()
            place = int(found.argmax())
            if found[place] > 0:
                best[centre] = found[place]
                size[centre], column[centre] = place // columns + 1, place % columns


def best_of_lanes(  # noqa: C901, PLR0912, PLR0915, PLR0917 (one compiled loop)
    lanes: Lanes,
    expected: FloatArray,
    starts: IntArray,
    others: IntArray,
    total: float,
    least: int,
    edges: FloatArray,
    base: int,
    most: int,
    logs: FloatArray,
    enough: Lanes,
    best: FloatArray,
) -> None:
    """The best ratio of each lane over all windows.

    A window's expectation is the same in all lanes. So a table tells from which count on a window
    betters a lane's best so far, per step of expectation (taken at its lower edge, so that none is
    missed); only those that reach it get a logarithm.

    Args:
        lanes: Counts of each block up to each column, shape (blocks, columns, lanes).
        expected: The same of what is expected, shape (blocks, columns).
        starts: Where each block's list begins.
        others: The lists of nearest blocks.
        total: All cases, or 0.
        least: Fewer cases than this make no cluster.
        edges: Lower edge of each step of expectation, shape (steps,).
        base: Number of the first step.
        most: More than any window holds.
        logs: Logarithms of 0 (given as 0), 1, 2, ..., up to `most` and up to the total.
        enough: From which count on to look, more than the edge, shape (steps, lanes); changed.
        best: Best so far of each lane; changed.
    """
    columns, width = lanes.shape[1], lanes.shape[2]
    seen = np.zeros((columns, width), dtype=lanes.dtype)
    hits = np.zeros((width + 7) // 8 * 8, dtype=np.uint8)
    words = hits.view(np.uint64)
    usual = np.zeros(columns, dtype=np.float64)
    bits = usual.view(np.int64)
    inside = np.log(edges)
    outside = np.log(np.maximum(total - edges, BESIDE))
    risen = np.ones(width, dtype=np.uint8)
    any_risen = True
    for centre in range(len(starts) - 1):
        if any_risen:
            for lane in range(width):
                count = np.int64(least)
                for step in range(len(edges) if risen[lane] else 0):
                    count = max(count, np.int64(enough[step, lane]))
                    while count < most:
                        value = count * (logs[count] - inside[step])
                        if total == 0.0:
                            value += edges[step] - count
                        elif count < total:
                            value += (total - count) * (
                                logs[np.int64(total) - count] - outside[step]
                            )
                        if value > best[lane] - BESIDE:
                            break
                        count += 1
                    enough[step, lane] = count
                risen[lane] = 0
            any_risen = False
        seen[:, :] = 0
        usual[:] = 0.0
        for at in range(starts[centre], starts[centre + 1]):
            other = others[at]
            for col in range(columns):
                usual[col] += expected[other, col]
                step = (bits[col] >> FRACTION) - base
                if step < 0:
                    continue
                for lane in range(width):
                    seen[col, lane] += lanes[other, col, lane]
                    hits[lane] = seen[col, lane] >= enough[step, lane]
                any_hit = np.uint64(0)
                for word in range(len(words)):
                    any_hit |= words[word]
                if any_hit == np.uint64(0):
                    continue
                e = usual[col]
                for lane in range(width):
                    c = np.int64(seen[col, lane])
                    if not hits[lane] or c <= e:
                        continue
                    found = c * math.log(c / e)
                    if total == 0.0:
                        found += e - c
                    elif c < total:
                        found += (total - c) * math.log((total - c) / (total - e))
                    if found > best[lane]:
                        best[lane] = found
                        risen[lane] = 1
                        any_risen = True


def first_look(  # noqa: PLR0917 (one compiled loop, by position)
    lanes: Lanes,
    expected: FloatArray,
    starts: IntArray,
    others: IntArray,
    centres: IntArray,
    total: float,
    least: int,
    logs: FloatArray,
    best: FloatArray,
) -> None:
    """About the best ratio of each lane over the windows of some blocks: where to start from.

    Logarithms come from a list, so the last digits may be off.
    """
    columns, width = lanes.shape[1], lanes.shape[2]
    seen = np.zeros((columns, width), dtype=np.int64)
    usual = np.zeros(columns, dtype=np.float64)
    for centre in centres:
        seen[:, :] = 0
        usual[:] = 0.0
        for at in range(starts[centre], starts[centre + 1]):
            other = others[at]
            for col in range(columns):
                usual[col] += expected[other, col]
                e = usual[col]
                inside = math.log(e) if e > 0.0 else 0.0
                outside = math.log(total - e) if total > e else 0.0
                for lane in range(width):
                    seen[col, lane] += lanes[other, col, lane]
                    c = seen[col, lane]
                    if c < least or c <= e or e <= 0.0:
                        continue
                    found = c * (logs[c] - inside)
                    if total == 0.0:
                        found += e - c
                    elif c < total:
                        found += (total - c) * (logs[np.int64(total) - c] - outside)
                    best[lane] = max(best[lane], found)


def best_of_lanes_plainly(
    lanes: Lanes,
    expected: FloatArray,
    starts: IntArray,
    others: IntArray,
    *,
    total: float,
    least: int,
    best: FloatArray,
) -> None:
    """As `best_of_lanes` over all blocks, without a compiler."""
    for centre in range(len(starts) - 1):
        near = others[starts[centre] : starts[centre + 1]]
        if len(near):
            seen = np.cumsum(lanes[near], axis=0, dtype=np.float64)
            usual = np.broadcast_to(np.cumsum(expected[near], axis=0)[:, :, None], seen.shape)
            found = ratios(seen, usual, total=total, least=least)
            np.maximum(best, found.max(axis=(0, 1)), out=best)


def steps_of(expected: FloatArray) -> tuple[FloatArray, int]:
    """Lower edges of the steps that sums of these expectations fall in, and the first's number."""
    positive = expected[expected > 0]
    ends = np.array([positive.min(), 2.0 * expected[:, -1].sum() + 1.0])
    first, last = (ends.view(np.int64) >> FRACTION).tolist()
    numbers = np.arange(first, last + 1, dtype=np.int64)
    return (numbers << FRACTION).view(np.float64), first
