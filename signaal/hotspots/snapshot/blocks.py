"""Which blocks stand out, how they went, and where it moves: for both sorts of four weeks."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from signaal.clock import WEEKS_PER_PERIOD
from signaal.hotspots.model import (
    PERIODS_PER_YEAR,
    TREND_WINDOWS,
    WINDOWS,
    FiguresPolicy,
    Stretches,
)
from signaal.hotspots.numbers.concentration import (
    StandOut,
    excess_chance,
    quiet_dispersion,
    stand_out,
)
from signaal.hotspots.numbers.counts import FloatArray
from signaal.hotspots.numbers.emerging import emerging
from signaal.hotspots.numbers.local import getis_ord_star
from signaal.hotspots.numbers.rates import Town, town_of
from signaal.hotspots.numbers.reach import Movement, ReachedBlock, follow
from signaal.hotspots.snapshot.bands import Ends, bands, hundredths
from signaal.hotspots.snapshot.nouns import NO_BAND, BoolArray, Counted, Track, View, Weeks
from signaal.hotspots.snapshot.published import published

PATTERN_PERIODS = 12
STAYED = -1.0
"""Stands for the bearing of what did not move."""

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class _Kind:
    """One kind as it is looked at: four weeks, the latest first, and the town in each.

    Attributes:
        counts: Voices, shape (blocks, stretches).
        periods: Voices in complete fixed periods, shape (blocks, periods).
        towns: For each of the thirteen windows.
        dispersion: Variance over mean, at least 1.
    """

    counts: Ints
    periods: Ints
    towns: Sequence[Town]
    dispersion: float


@dataclass(frozen=True, eq=False)
class _Looked:
    """The outcome for one kind; windows the latest first, shape (windows, blocks)."""

    pooled: NDArray[np.uint16]
    chance: NDArray[np.float32]
    found: BoolArray
    tested: Ints
    needed: NDArray[np.uint16]


def view_of(
    counted: Counted,
    *,
    centres: FloatArray,
    rules: FiguresPolicy,
    weeks: Weeks | None,
    previous: View | None = None,
    same_bands: bool = False,
) -> View:
    """All statistics of one sort of four weeks.

    Args:
        counted: What was counted.
        centres: Where the blocks lie, metres, shape (blocks, 2).
        rules: By which rules.
        weeks: What was expected of each week: then the view is ROLLING, from true counts; None:
            FIXED, from what is published and nothing else.
        previous: The ROLLING view of the same past: only the latest window is worked out.
        same_bands: Whether just the same was expected then.
    """
    stretches = Stretches.FIXED if weeks is None else Stretches.ROLLING
    kinds = [_kind(counted, kind, stretches) for kind in counted.kinds]
    looked = [
        _look(counted, kind, rules=rules, before=None if previous is None else (previous, place))
        for place, kind in enumerate(kinds)
    ]
    low, high = (
        (previous.band_low, previous.band_high)
        if previous and same_bands
        else _all_bands(counted, kinds, weeks)
    )
    return View(
        rate=np.array([[town.rate for town in kind.towns] for kind in kinds]),
        variance=np.array([[town.variance for town in kind.towns] for kind in kinds]),
        dispersion=np.array([kind.dispersion for kind in kinds]),
        pooled=np.array([each.pooled for each in looked]),
        chance=np.array([each.chance for each in looked]),
        found=np.array([each.found for each in looked]),
        tested=np.array([each.tested for each in looked]),
        needed=np.array([each.needed for each in looked]),
        pattern=(
            np.array([_pattern(counted, kind.periods) for kind in kinds])
            if previous is None
            else previous.pattern
        ),
        band_low=low,
        band_high=high,
        movements=tuple(_movements(counted, each.found, centres=centres) for each in looked),
    )


def _kind(counted: Counted, kind: str, stretches: Stretches) -> _Kind:
    if stretches is Stretches.FIXED:
        low, towns = published(counted, kind)
        low = np.where(counted.known[:, None], low, 0)
        # Lower ends jump from class to class, which says nothing about how counts vary; and they
        # are too low, which makes the test a careful one.
        return _Kind(low, low, towns[:WINDOWS], dispersion=1.0)
    counts = np.where(counted.known[:, None], counted.windows(kind), 0)
    homes = counted.dwellings[counted.known]
    towns = tuple(town_of(counts[counted.known, each], homes) for each in range(WINDOWS))
    past = counts[counted.known, 1:]
    return _Kind(counts, counted.periods(kind), towns, dispersion=quiet_dispersion(past, homes))


def _look(
    counted: Counted, kind: _Kind, *, rules: FiguresPolicy, before: tuple[View, int] | None
) -> _Looked:
    number = WINDOWS if before is None else 1
    new = [_stand_out(counted, kind, each, rules=rules) for each in range(number)]
    looked = _Looked(
        pooled=np.array([each.pooled for each in new]).astype(np.uint16),
        chance=np.array([each.chance for each in new]).astype(np.float32),
        found=np.array([each.found for each in new], dtype=np.bool_),
        tested=np.array([each.tested for each in new], dtype=np.int64),
        needed=_needed(counted, new[0], kind=kind, rules=rules),
    )
    if before is None:
        return looked
    view, place = before
    return replace(
        looked,
        pooled=np.concatenate([looked.pooled, view.pooled[place, 1:]]),
        chance=np.concatenate([looked.chance, view.chance[place, 1:]]),
        found=np.concatenate([looked.found, view.found[place, 1:]]),
        tested=np.concatenate([looked.tested, view.tested[place, 1:]]),
    )


def _stand_out(counted: Counted, kind: _Kind, window: int, *, rules: FiguresPolicy) -> StandOut:
    homes = np.where(counted.known, counted.dwellings, np.nan)
    return stand_out(
        kind.counts[:, window].astype(np.float64),
        homes * kind.towns[window].rate,
        adjacency=counted.adjacency,
        own_past=own_past(kind.counts, window),
        dispersion=kind.dispersion,
        least=rules.least_reporters,
        rate=rules.false_discovery_rate,
    )


def own_past(counts: Ints, window: int) -> FloatArray:
    """What each block had in four weeks, mean of the 52 weeks before the window.

    Four weeks in which the whole town was silent don't count: Signaal wasn't there yet.

    Args:
        counts: Voices per block and four weeks, the latest first, shape (blocks, stretches).
        window: Which four weeks.
    """
    before = counts[:, window + 1 : window + 1 + PERIODS_PER_YEAR]
    heard = before.sum(axis=0) > 0
    return np.asarray(before.sum(axis=1) / max(int(heard.sum()), 1), dtype=np.float64)


def _needed(
    counted: Counted, latest: StandOut, *, kind: _Kind, rules: FiguresPolicy
) -> NDArray[np.uint16]:
    """How many pooled voices would be found, with the other blocks as they are."""
    passing = int((latest.adjusted <= rules.false_discovery_rate).sum())
    cut = rules.false_discovery_rate * max(passing, 1) / max(latest.tested, 1)
    expected = np.where(counted.known, latest.pooled_expected, np.nan)
    tested = np.isfinite(expected) & (expected > 0)
    different, which = np.unique(expected[tested], return_inverse=True)
    needed = np.full(expected.shape, NO_BAND, dtype=np.uint16)
    if different.size:
        counts = np.arange(_far(float(different.max()), kind.dispersion))
        for start in range(0, different.size, 500):
            some = different[start : start + 500]
            chance = excess_chance(
                np.broadcast_to(counts, (some.size, counts.size)).astype(np.float64),
                np.repeat(some[:, None], counts.size, axis=1),
                dispersion=kind.dispersion,
            )
            different[start : start + 500] = (chance > cut).sum(axis=1)
        needed[tested] = np.minimum(different, NO_BAND - 1).astype(np.uint16)[which]
    return needed


def _far(expected: float, dispersion: float) -> int:
    """A count that no chance of interest reaches: a power-of-ten tail far below any threshold."""
    return int(expected + 30.0 * np.sqrt(dispersion * (expected + 1.0)) + 30.0 * dispersion)


def _pattern(counted: Counted, periods: Ints) -> NDArray[np.int8]:
    homes = np.where(counted.known, counted.dwellings, np.nan)
    rates = periods[:, :PATTERN_PERIODS][:, ::-1] / homes[:, None]
    z = getis_ord_star(rates, adjacency=counted.adjacency)
    return np.where(counted.known, emerging(np.asarray(z)), 0).astype(np.int8)


def _expected_fours(counted: Counted, kind: _Kind) -> FloatArray:
    """What is expected when all dwellings in town are alike, shape (windows, blocks)."""
    rates = np.array([town.rate for town in kind.towns[:TREND_WINDOWS]])[:, None]
    homes = np.where(counted.known, counted.dwellings, np.nan)
    return np.where(rates > 0, rates * homes, np.nan)


def _sums(weeks: Weeks, place: int) -> FloatArray:
    """The weeks' own expectations in sums of four, the latest first, shape (windows, blocks)."""
    expected = weeks.expected[place]
    sums = np.full((TREND_WINDOWS, len(expected)), np.nan)
    for window in range(min(TREND_WINDOWS, expected.shape[1] // WEEKS_PER_PERIOD)):
        end = expected.shape[1] - window * WEEKS_PER_PERIOD
        sums[window] = expected[:, end - WEEKS_PER_PERIOD : end].sum(axis=1)
    return sums


def _all_bands(counted: Counted, kinds: Sequence[_Kind], weeks: Weeks | None) -> Ends:
    ends = [
        bands(hundredths(_expected_fours(counted, kind)), dispersion=kind.dispersion)
        if weeks is None
        else bands(hundredths(_sums(weeks, place)), dispersion=float(weeks.dispersion[place]))
        for place, kind in enumerate(kinds)
    ]
    return np.array([low for low, _ in ends]), np.array([high for _, high in ends])


def _movements(counted: Counted, found: BoolArray, *, centres: FloatArray) -> tuple[Track, ...]:
    """What stands out in the latest window, followed back to where it began."""
    hot = np.ascontiguousarray(found[::-1].T)
    if not hot.any():
        return ()
    followed = follow(
        hot, adjacency=counted.adjacency, centres=centres, dwellings=counted.dwellings
    )
    return tuple(_track(each, hot) for each in followed)


def _track(movement: Movement, hot: BoolArray) -> Track:
    return Track(
        blocks=tuple(int(place) for place in movement.blocks),
        first=int(movement.first),
        reached=tuple(
            (int(each.origin), int(each.block), int(each.period), _weeks(hot, each))
            for each in movement.reached
        ),
        more_blocks=int(movement.more_blocks),
        more_dwellings=int(movement.more_dwellings),
        bearing=STAYED if movement.bearing is None else float(movement.bearing),
        speed=float(movement.speed),
    )


def _weeks(hot: BoolArray, reached: ReachedBlock) -> int:
    """For how many weeks the origin stood out without a break before it reached the block."""
    before = hot[reached.origin, : reached.period][::-1]
    run = before.size if before.all() else int(np.argmin(before))
    return run * WEEKS_PER_PERIOD
