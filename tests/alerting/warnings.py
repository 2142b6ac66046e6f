"""Invented groups, warnings and figures for tests."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from signaal.alerting.actions.figures import Found
from signaal.alerting.model import Because, EarlyWarning, EarlyWarningPolicy, WarningState
from signaal.hotspots.model import BlockName, ClusterFigure, SnapshotInfo, WeekFigure
from signaal.intake.model import Kind
from signaal.policies import read_policies
from signaal.resources import ALERTS
from signaal.wiring import POLICY_TYPES

WEEK = 2968
DISTRICTS = ("WK1", "WK2")
POLICY = read_policies(ALERTS, (EarlyWarningPolicy,))[EarlyWarningPolicy]


def uid(number: int) -> UUID:
    return UUID(int=number)


def group(
    *codes: str, week: int = WEEK, weeks: int = 2, observed: int = 9, **other
) -> ClusterFigure:
    given = ClusterFigure(
        kind=Kind.NUISANCE,
        codes=tuple(sorted(codes)),
        districts=("WK1",),
        since_week=week - weeks + 1,
        last_week=week,
        observed=observed,
        expected=2.5,
        ratio=7.0,
        chance=0.002,
        recurrence_weeks=500.0,
    )
    return replace(given, **other)


def warning(number: int, *codes: str, **other) -> EarlyWarning:
    given = EarlyWarning(
        id=uid(number),
        kind=Kind.NUISANCE,
        codes=tuple(sorted(codes)),
        state=WarningState.RAISED,
        raised_week=WEEK - 3,
        seen_week=WEEK - 1,
        step_week=WEEK - 3,
        most_per_week=4.5,
        because=Because(WEEK - 4, 9, 2.5, 0.002, 500.0),
    )
    return replace(given, **other)


def block(code: str, *, district: str = "WK1", dwellings: int = 40) -> BlockName:
    return BlockName(code, dwellings, "Rozenbuurt", "BU1", "Noord", district)


def figure(code: str, *, weekly=(), found: bool = False, **place) -> WeekFigure:
    weeks = (*(0,) * (26 - len(weekly)), *weekly)
    return WeekFigure(
        block=block(code, **place),
        reporters=sum(weeks[-4:]),
        expected=2.0,
        pooled=sum(weeks[-4:]) + 3,
        pooled_expected=8.0,
        chance=0.004 if found else 0.6,
        found=found,
        weekly=weeks,
    )


def town(size: int = 30) -> list[WeekFigure]:
    """Blocks B00 to B29; the last ten lie in the second district."""
    return [
        figure(f"B{number:02}", district=DISTRICTS[number >= size * 2 // 3])
        for number in range(size)
    ]


def found(*clusters: ClusterFigure, week: int = WEEK, figures=None, sign: str = "a") -> Found:
    info = SnapshotInfo(sign * 64, week, datetime.now(UTC), 100, 30)
    rows = list(figures if figures is not None else town())
    for each in clusters:
        rows = [heard(row, each) for row in rows]
    return Found(info, clusters, dict.fromkeys(POLICY.kinds, rows))


def heard(row: WeekFigure, group: ClusterFigure) -> WeekFigure:
    """The block with its part of a group's reporters in the last week, unless it has some."""
    if row.block.code not in group.codes or any(row.weekly):
        return row
    many, left = divmod(group.observed, len(group.codes))
    last = many + (group.codes.index(row.block.code) < left)
    return replace(row, weekly=(*row.weekly[:-1], last))


def with_policy(services, policy=POLICY):
    """The services with these rules; for warnings, unless they are of another kind."""
    known = {kind: services.policies[kind] for kind in POLICY_TYPES if kind is not type(policy)}
    rules = type(services.policies)({**known, type(policy): policy})
    return replace(services, policies=rules)
