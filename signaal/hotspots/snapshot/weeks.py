"""What was expected of each week, which groups of blocks stand out now, and single alarms."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from signaal.clock import monday_of
from signaal.hotspots.model import TREND_WEEKS, FiguresPolicy, WarnedWeeks
from signaal.hotspots.numbers.bayes_scan import recent_rise
from signaal.hotspots.numbers.counts import FloatArray
from signaal.hotspots.numbers.default_point import swallows
from signaal.hotspots.numbers.expected import Expected, expected_weeks
from signaal.hotspots.numbers.scan import Cluster, Scan, Windows, windows_of
from signaal.hotspots.snapshot.bands import bands, hundredths
from signaal.hotspots.snapshot.nouns import BoolArray, Counted, Group, Weeks
from signaal.hotspots.snapshot.singles import alarms, unusual_weeks

LEAST_WEEKS = 8
"""So many weeks are the least that tell what is usual, besides the last ones."""
SEED_DIGITS = 8
HEXADECIMAL = 16

Ints = NDArray[np.int64]


def weeks_of(
    counted: Counted,
    *,
    centres: FloatArray,
    rules: FiguresPolicy,
    warned: Sequence[WarnedWeeks] = (),
    previous: Weeks | None = None,
) -> Weeks:
    """Expectations, groups and alarms of all kinds, from true counts.

    Args:
        counted: What was counted.
        centres: Where the blocks lie, metres, shape (blocks, 2).
        rules: By which rules.
        warned: Blocks and weeks of earlier warnings: they say less about what is usual.
        previous: Of the same past: what is usual in a week is taken from it.
    """
    homes = np.where(counted.known, counted.dwellings, 0.0)
    windows = windows_of(centres, homes, radius=rules.radius_metres, share=rules.share_of_dwellings)
    history = [np.where(counted.known[:, None], counted.weekly(k), 0) for k in counted.kinds]
    weeks = range(counted.info.week - history[0].shape[1] + 1, counted.info.week + 1)
    gaps = _gaps(weeks, rules) | _before_all(counted, rules)
    usual = [
        _expected(counted, weekly, rules, weeks=weeks, gaps=gaps, flagged=flagged)
        for weekly, flagged in zip(history, _flagged(counted, warned, weeks), strict=True)
    ]
    scans = [
        _scan(
            counted,
            weekly,
            expected,
            windows=windows,
            rules=rules,
            place=place,
        )
        for place, (weekly, expected) in enumerate(zip(history, usual, strict=True))
    ]
    return _weeks(counted, usual, scans, history=history, gaps=gaps, previous=previous)


def _weeks(
    counted: Counted,
    usual: Sequence[Expected],
    scans: Sequence[Scan],
    *,
    history: Sequence[Ints],
    gaps: BoolArray,
    previous: Weeks | None,
) -> Weeks:
    whole = np.array([hundredths(_last(each.mu)) for each in usual])
    dispersion = np.array([each.dispersion for each in usual])
    ends = (
        list(zip(previous.band_low, previous.band_high, strict=True))
        if previous and previous.is_usual_in(whole, dispersion)
        else [bands(h, dispersion=each.dispersion) for h, each in zip(whole, usual, strict=True)]
    )
    seen = [np.where(gaps, np.nan, weekly) for weekly in history]
    both = list(zip(seen, usual, strict=True))
    return Weeks(
        hundredths=whole,
        dispersion=dispersion,
        short=np.array([each.short for each in usual]),
        band_low=np.array([low for low, _ in ends]),
        band_high=np.array([high for _, high in ends]),
        alarm=np.array([alarms(weekly, expected) for weekly, expected in both]),
        groups=tuple(tuple(_group(each) for each in scan.clusters) for scan in scans),
        maxima=np.array([scan.maxima for scan in scans]),
        unusual=tuple(unusual_weeks(weekly, last_week=counted.info.week) for weekly in seen),
    )


def _last(expected: FloatArray) -> FloatArray:
    return expected[:, -TREND_WEEKS:]


def _expected(
    counted: Counted,
    weekly: Ints,
    rules: FiguresPolicy,
    *,
    weeks: range,
    gaps: BoolArray,
    flagged: BoolArray | None,
) -> Expected:
    """What is usual; of a block that swallows reports whose place was not found, nothing."""
    homes = np.where(counted.known, counted.dwellings, 0.0)
    voices = weekly.astype(np.float64)
    return expected_weeks(
        voices,
        np.where(swallows(voices, homes), 0.0, homes),
        adjacency=counted.adjacency,
        weeks_of_year=np.array([monday_of(week).isocalendar().week for week in weeks]),
        gaps=gaps,
        flagged=flagged,
        leave_out=rules.longest_weeks,
    )


def _gaps(weeks: range, rules: FiguresPolicy) -> BoolArray:
    """Weeks of which the line was down for at least a day."""
    return np.array(
        [
            any(
                gap.first < monday_of(week + 1) and gap.last >= monday_of(week)
                for gap in rules.gaps
            )
            for week in weeks
        ]
    )


def _flagged(
    counted: Counted, warned: Sequence[WarnedWeeks], weeks: range
) -> list[BoolArray | None]:
    """For each kind the blocks and weeks in which there was a warning; None without any."""
    place_of = {block.code: place for place, block in enumerate(counted.blocks)}
    flags: dict[str, BoolArray] = {}
    for each in warned:
        flag = flags.setdefault(each.kind.value, np.zeros((len(place_of), len(weeks)), np.bool_))
        places = [place_of[code] for code in each.codes if code in place_of]
        first, last = (max(week - weeks.start, 0) for week in (each.first_week, each.last_week + 1))
        flag[places, first:last] = True
    return [flags.get(kind) for kind in counted.kinds]


def _before_all(counted: Counted, rules: FiguresPolicy) -> BoolArray:
    """Weeks before anything at all was heard: nobody could report yet, which is no silence.

    Of a line so young that hardly a week is left to tell what is usual, no week tells it.
    """
    heard = np.array([counted.weekly(kind).sum(axis=0) for kind in counted.kinds]).any(axis=0)
    before = ~np.maximum.accumulate(heard) & heard.any()
    young = heard.any() and (~before).sum() < rules.longest_weeks + LEAST_WEEKS
    return np.asarray(before | young)


def _scan(
    counted: Counted,
    weekly: Ints,
    expected: Expected,
    *,
    windows: Windows,
    rules: FiguresPolicy,
    place: int,
) -> Scan:
    """Groups that stand out now; what isn't known counts for nothing on both sides.

    The seed follows from the past, so that the same figures are drawn again for the same past.
    """
    mu = expected.mu[:, -rules.longest_weeks :]
    seen = np.isfinite(mu)
    return recent_rise(
        np.where(seen, weekly[:, -mu.shape[1] :], 0),
        np.where(seen, mu, 0.0),
        windows=windows,
        longest=rules.longest_weeks,
        dispersion=expected.dispersion,
        certainty=expected.certainty,
        simulations=rules.simulations,
        seed=int(counted.info.past[:SEED_DIGITS], HEXADECIMAL) + place,
    )


def _group(cluster: Cluster) -> Group:
    return Group(
        blocks=tuple(int(place) for place in cluster.blocks),
        weeks=int(cluster.weeks),
        observed=int(cluster.observed),
        expected=float(cluster.expected),
        ratio=float(cluster.llr),
        chance=float(cluster.chance),
        recurrence=float(cluster.recurrence),
    )
