"""Considers the latest figures: what becomes of warnings, and which places are on the lists."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from uuid_utils.compat import uuid7

from signaal.alerting.model import (
    EarlyWarning,
    EarlyWarningPolicy,
    Look,
    Room,
    WarningState,
    added,
    advance,
    list_of_week,
)
from signaal.alerting.store import WeekListRow
from signaal.alerting.store import lists as list_store
from signaal.alerting.store import warnings as warning_store
from signaal.clock import week_of
from signaal.db import Session
from signaal.errors import NoSnapshot
from signaal.hotspots import actions as hotspots
from signaal.hotspots.model import ClusterFigure, SnapshotInfo, WeekFigure
from signaal.intake.model import Kind
from signaal.places import actions as places
from signaal.services import Services

log = structlog.get_logger()


@dataclass(frozen=True)
class Found:
    """What the latest figures say, as alerting needs it.

    Attributes:
        info: Which figures.
        clusters: Groups of blocks that stand out in the last weeks.
        figures: The last four weeks of each block, for each kind that is watched.
    """

    info: SnapshotInfo
    clusters: tuple[ClusterFigure, ...]
    figures: Mapping[Kind, Sequence[WeekFigure]]

    @property
    def districts(self) -> dict[str, str]:
        """The district of each block on the map, by code."""
        return {
            figure.block.code: figure.block.district_code
            for rows in self.figures.values()
            for figure in rows
        }

    def of_district(self, district: str) -> dict[Kind, list[WeekFigure]]:
        """The figures of one district's blocks."""
        return {
            kind: [each for each in rows if each.block.district_code == district]
            for kind, rows in self.figures.items()
        }


def consider_figures(services: Services) -> int:
    """Considers the latest figures, if nobody did before.

    In one transaction: what becomes of each warning, with its because; the list of each district
    that has none yet this week, and what comes at the end of those that are frozen. The same
    figures and rules are considered once, also by two processes at the same time.

    Args:
        services: The tools of the house.

    Returns:
        How many steps warnings took, and how many places came on lists.
    """
    try:
        info = hotspots.snapshot_info(services)
        found = None if _considered(services, info) else _found(services, info)
    except NoSnapshot:
        return 0
    return take_in(services, found) if found else 0


def _considered(services: Services, info: SnapshotInfo) -> bool:
    """Spares the reading of all figures, most of the time; `take_in` asks again, holding on."""
    rules = services.policies[EarlyWarningPolicy].fingerprint
    with services.database.reading() as session:
        return warning_store.latest(session) == (info.fingerprint, rules)


def take_in(services: Services, found: Found) -> int:
    """Considers these figures, if nobody did before; see `consider_figures`."""
    policy = services.policies[EarlyWarningPolicy]
    now, week = services.clock.now(), found.info.week
    with services.database.session() as session, session.begin():
        head = warning_store.hold_head(session)
        if head.week > week_of(now):
            log.error("warnings were considered in a week that is yet to come", week=head.week)
            head.week = week
        if head.week > week or (head.snapshot, head.policy) == (
            found.info.fingerprint,
            policy.fingerprint,
        ):
            return 0
        head.week, head.snapshot, head.policy = week, found.info.fingerprint, policy.fingerprint
        steps = _live(session, found, policy=policy, now=now)
        return steps + _list(session, found, policy=policy, now=now)


def _found(services: Services, info: SnapshotInfo) -> Found | None:
    """What the latest figures say; None where they were replaced while they were read."""
    policy = services.policies[EarlyWarningPolicy]
    watched = [
        kind for kind in policy.kinds if kind is not Kind.ARREARS or services.settings.arrears_layer
    ]
    found = Found(
        info=info,
        clusters=hotspots.clusters(services),
        figures={kind: hotspots.week_figures(services, kind=kind) for kind in watched},
    )
    same = hotspots.snapshot_info(services).fingerprint == info.fingerprint
    return found if same else None


def _live(session: Session, found: Found, *, policy: EarlyWarningPolicy, now: datetime) -> int:
    alive = warning_store.alive(session)
    districts = found.districts
    codes = frozenset(districts) | {code for each in found.clusters for code in each.codes}
    gone = any(code not in codes for each in alive for code in each.codes)
    watched = tuple(each for each in found.clusters if each.kind in found.figures)
    look = Look(
        week=found.info.week,
        clusters=watched,
        codes=codes,
        successors=_successors(session) if gone else {},
    )
    fresh = [uuid7() for _ in watched]
    steps = advance(alive, look, policy=policy, fresh=fresh)
    counted = _weekly(found, watched)
    for step in steps:
        warning_store.keep_step(
            session,
            step,
            districts=districts,
            reporters=_members(step.warning, watched, counted),
            at=now,
            policy=policy.fingerprint,
            snapshot=found.info.fingerprint,
        )
        if step.cause:
            log.info("warning", warning=str(step.warning.id), state=step.warning.state.value)
    there = [step.warning for step in steps if step.warning.state is not WarningState.ENDED]
    _mark_coloured(session, there, found)
    return sum(step.cause is not None for step in steps)


def _weekly(
    found: Found, groups: Sequence[ClusterFigure]
) -> dict[tuple[Kind, str], tuple[int, ...]]:
    """The reporters per week of each block that is in a group, up to the running week."""
    codes = {code for each in groups for code in each.codes}
    return {
        (kind, figure.block.code): figure.weekly
        for kind, rows in found.figures.items()
        for figure in rows
        if figure.block.code in codes
    }


def _members(
    warning: EarlyWarning,
    groups: Sequence[ClusterFigure],
    counted: Mapping[tuple[Kind, str], Sequence[int]],
) -> dict[str, int]:
    """How many reporters each block brought in of the group whose figures the warning has.

    Empty where that group wasn't found this time. Pages add up what a visitor may see of these,
    for from the sum of all one would know the blocks that are hidden.
    """
    because = warning.because
    figures = (because.since_week, because.observed, because.recurrence_weeks)
    for group in groups:
        same = (group.since_week, group.observed, group.recurrence_weeks) == figures
        if same and group.kind == warning.kind and set(group.codes) <= set(warning.codes):
            weeks = group.last_week - group.since_week + 1
            known = [code for code in group.codes if (group.kind, code) in counted]
            return {code: sum(counted[group.kind, code][-weeks:]) for code in known}
    return {}


def _mark_coloured(session: Session, warnings: Sequence[EarlyWarning], found: Found) -> None:
    coloured = {
        kind: {each.block.code for each in rows if each.found}
        for kind, rows in found.figures.items()
    }
    ids = [each.id for each in warnings if coloured.get(each.kind, set()) & set(each.codes)]
    warning_store.mark_coloured(session, ids, week=found.info.week)


def _successors(session: Session) -> dict[str, str]:
    """For the code of each past block the code of the block that took most of its dwellings."""
    successors = places.block_successors(session)
    names = places.block_names(session, {*successors, *successors.values()})
    return {
        names[past][0]: names[block][0]
        for past, block in successors.items()
        if past in names and block in names
    }


def _list(session: Session, found: Found, *, policy: EarlyWarningPolicy, now: datetime) -> int:
    week = found.info.week
    alive = warning_store.alive(session)
    frozen = list_store.frozen(session, week=week)
    places_listed = 0
    for district in sorted(set(found.districts.values())):
        row = WeekListRow(
            week=week,
            district_code=district,
            made_at=now,
            snapshot=found.info.fingerprint,
            policy=policy.fingerprint,
            random_share=policy.random_share,
        )
        if district in frozen:
            places_listed += _add(session, found, row, alive)
        else:
            chosen = list_of_week(
                found.of_district(district),
                alive,
                room=Room(policy.list_length, policy.random_share),
                seed=f"{week}:{district}:{found.info.fingerprint}",
            )
            list_store.freeze(session, row, chosen)
            places_listed += len(chosen)
    return places_listed


def _add(session: Session, found: Found, row: WeekListRow, alive: Sequence[EarlyWarning]) -> int:
    """Warnings that were raised since the list was frozen come at its end."""
    new = [each for each in alive if each.raised_week == row.week]
    if not new:
        return 0
    there = list_store.listed(session, week=row.week, district=row.district_code)
    known = {each.warning_id for each in there}
    listed = frozenset((each.block_code, each.kind) for each in there)
    rest = [each for each in new if each.id not in known]
    more = added(found.of_district(row.district_code), rest, listed=listed)
    list_store.append(session, row, more)
    return len(more)
