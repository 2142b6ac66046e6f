"""What warnings, the list of the week and the coordinator's page get from the figures."""

from collections.abc import Collection

import numpy as np

from signaal.access.model import sight_of
from signaal.clock import monday_of
from signaal.errors import NotAllowed
from signaal.hotspots.actions.columns import counts_of
from signaal.hotspots.actions.showing import latest, window_of
from signaal.hotspots.model import (
    TREND_WEEKS,
    WINDOWS,
    ClusterFigure,
    EvennessFigure,
    EvennessFigures,
    Interval,
    RingFigure,
    SnapshotInfo,
    Stretches,
    WeekFigure,
    kinds_for,
)
from signaal.hotspots.snapshot import Counted, Group, Snapshot
from signaal.intake.model import Kind
from signaal.privacy.model import Precision
from signaal.services import Services
from signaal.visitor import Visitor


def clusters(services: Services) -> tuple[ClusterFigure, ...]:
    """All groups of blocks that stand out in the last weeks, of all kinds; for alerting only.

    They hold true counts of the whole town: alerting hides them by role and district.

    Raises:
        NoSnapshot: The figures have not been made yet.
    """
    figures = latest(services)
    return tuple(
        cluster_figure(figures, Kind(kind), group)
        for kind, groups in zip(figures.kinds, figures.weeks.groups, strict=True)
        for group in groups
    )


def cluster_figure(figures: Counted, kind: Kind, group: Group) -> ClusterFigure:
    """A group with its blocks by their codes."""
    blocks = [figures.blocks[place] for place in group.blocks]
    return ClusterFigure(
        kind=kind,
        codes=tuple(sorted(block.code for block in blocks)),
        districts=tuple(sorted({block.district_code for block in blocks})),
        since_week=figures.info.week - group.weeks + 1,
        last_week=figures.info.week,
        observed=group.observed,
        expected=group.expected,
        ratio=group.ratio,
        chance=group.chance,
        recurrence_weeks=group.recurrence,
    )


def week_figures(
    services: Services, *, kind: Kind, codes: Collection[str] | None = None
) -> tuple[WeekFigure, ...]:
    """True figures of blocks in the last four weeks, in order of code; for alerting's list only.

    Args:
        services: The tools of the house.
        kind: Which evidence.
        codes: Which blocks; None for all that are looked at. Unknown ones are left out.

    Raises:
        NoSnapshot: The figures have not been made yet.
    """
    figures = latest(services)
    if codes is None:
        places = np.flatnonzero(figures.known).tolist()
    else:
        places = sorted(figures.index[code] for code in set(codes) & figures.index.keys())
    wanted = sorted(places, key=lambda place: figures.blocks[place].code)
    counts = counts_of(figures, kind, Stretches.ROLLING)
    weekly = figures.weekly(kind)[:, -TREND_WEEKS:]
    row, statistics = figures.place_of(kind), figures.rolling
    rate = float(statistics.rate[row, 0])
    return tuple(
        WeekFigure(
            block=figures.blocks[place],
            reporters=int(counts[place, 0]),
            expected=float(figures.dwellings[place]) * rate,
            pooled=int(statistics.pooled[row, 0, place]),
            pooled_expected=float(figures.pooled_dwellings[place]) * rate,
            chance=float(statistics.chance[row, 0, place]),
            found=bool(statistics.found[row, 0, place]),
            weekly=tuple(weekly[place].tolist()),
        )
        for place in wanted
    )


def snapshot_info(services: Services) -> SnapshotInfo:
    """Which figures are the latest.

    Raises:
        NoSnapshot: They have not been made yet.
    """
    return latest(services).info


def evenness(services: Services, *, visitor: Visitor) -> tuple[EvennessFigures, ...]:
    """How evenly reports are spread over the town, of each kind; for who sees numbers.

    Args:
        services: The tools of the house.
        visitor: Who asks.

    Raises:
        NotAllowed: This role sees no numbers of the whole town.
        NoSnapshot: The figures have not been made yet.
    """
    if sight_of(visitor.role).areas is not Precision.EXACT:
        raise NotAllowed("evenness")
    figures = latest(services)
    arrears = services.settings.arrears_layer
    return tuple(_evenness(figures, kind) for kind in kinds_for(visitor.role, arrears=arrears))


def _evenness(figures: Snapshot, kind: Kind) -> EvennessFigures:
    row = figures.place_of(kind)
    periods = []
    for number in range(WINDOWS):
        gini, share = np.split(figures.evenness[row, number], 2)
        if np.isfinite(gini).all() and np.isfinite(share).all():
            window = window_of(figures, number, stretches=Stretches.ROLLING)
            ends = (Interval(*map(float, each)) for each in (gini, share))
            periods.append(EvennessFigure(window, *ends))
    rings = tuple(
        RingFigure(ring, lag, float(ratio), float(chance))
        for (ring, lag), ratio in np.ndenumerate(figures.together[row, :, :, 0])
        if np.isfinite(chance := figures.together[row, ring, lag, 1]) and np.isfinite(ratio)
    )
    unusual = tuple(monday_of(week) for week in figures.weeks.unusual[row])
    return EvennessFigures(kind, tuple(periods), rings, unusual, figures.info)
