"""Goes through past weeks again, each as if it had just ended: for trying rules."""

from collections.abc import Iterator
from dataclasses import dataclass

from signaal.clock import start_of, week_of
from signaal.hotspots import snapshot as frozen
from signaal.hotspots.actions.making import read_input
from signaal.hotspots.actions.warning import cluster_figure
from signaal.hotspots.model import ClusterFigure, FiguresPolicy
from signaal.intake.model import Kind
from signaal.services import Services


@dataclass(frozen=True)
class PastWeek:
    """What there was to see at the end of a week.

    Attributes:
        week: Which week, counted from Monday 1970-01-05.
        clusters: All groups of blocks that stood out.
        codes: The blocks on the map.
    """

    week: int
    clusters: tuple[ClusterFigure, ...]
    codes: frozenset[str]


def replay(services: Services, *, weeks: int, rules: FiguresPolicy) -> Iterator[PastWeek]:
    """The groups that stood out at the end of each of the past weeks, the oldest first.

    Reports are counted as they are known today.

    Args:
        services: The tools of the house.
        weeks: How many complete weeks back.
        rules: By which rules figures are made.
    """
    from signaal.hotspots.snapshot.weeks import weeks_of

    running = week_of(services.clock.now())
    first = frozen.first_week(running - weeks)
    given = read_input(services, first=first, last=running - 1, rules=rules)
    codes = frozenset(block.code for block in given.blocks)
    for week in range(running - weeks, running):
        counted = frozen.count(
            given, last_week=week, made_at=start_of(week + 1), default_points=rules.default_points
        )
        found = weeks_of(counted, centres=given.middles, rules=rules)
        clusters = tuple(
            cluster_figure(counted, Kind(kind), group)
            for kind, groups in zip(counted.kinds, found.groups, strict=True)
            for group in groups
        )
        yield PastWeek(week, clusters, codes)
