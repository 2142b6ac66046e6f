"""Tries rules on the past: what would have fired last year by these rules, before they hold."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from signaal.alerting.model import (
    AlertPolicy,
    EarlyWarning,
    EarlyWarningPolicy,
    Look,
    WarningState,
    advance,
    weeks_at_least,
)
from signaal.clock import start_of, week_of
from signaal.hotspots import actions as hotspots
from signaal.hotspots.model import FiguresPolicy, Shown, shown
from signaal.intake import actions as intake
from signaal.intake.model import Kind
from signaal.places import actions as places
from signaal.privacy.model import Precision
from signaal.services import Services

Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class Fired:
    """A warning that would have been raised, as who writes the rules may know it.

    Neither blocks nor numbers: rules can be tried as often as one likes, and from groups of single
    blocks with their true counts one would know what no page shows.

    Attributes:
        kind: Which evidence.
        raised_week: When it would have been raised.
        ended_week: When it would have ended; None when it would still be there.
        neighbourhoods: Names of where its blocks lay then, in order.
        reporters: The class of how many reporters there were.
        recurrence_weeks: By chance once in at least so many weeks.
    """

    kind: Kind
    raised_week: int
    ended_week: int | None
    neighbourhoods: tuple[str, ...]
    reporters: Shown
    recurrence_weeks: float


def try_warnings(
    services: Services,
    *,
    policy: EarlyWarningPolicy,
    rules: FiguresPolicy,
    weeks: int,
    on_progress: Progress,
) -> tuple[Fired, ...]:
    """Which warnings there would have been, had each of the past weeks been looked at as it ended.

    Reports are counted as they are known today: one that came late or was withdrawn since is where
    it is now. Arrears are left out where the municipality has that layer switched off.

    Args:
        services: The tools of the house.
        policy: By which rules warnings are raised.
        rules: By which rules the figures are made.
        weeks: How many complete weeks back.
        on_progress: Called with what is being done and the share that is done.

    Returns:
        Each in the order in which it would have been raised.
    """
    alive: list[EarlyWarning] = []
    fired: dict[UUID, Fired] = {}
    names = _neighbourhoods(services)
    for done, seen in enumerate(hotspots.replay(services, weeks=weeks, rules=rules), start=1):
        watched = tuple(each for each in seen.clusters if _is_watched(services, each.kind))
        look = Look(seen.week, watched, seen.codes, {})
        fresh = [UUID(int=len(fired) + number) for number in range(len(watched))]
        steps = advance(alive, look, policy=policy, fresh=fresh)
        for step in steps:
            warning = step.warning
            if step.is_new:
                fired[warning.id] = _fired(warning, names)
            if warning.state is WarningState.ENDED:
                fired[warning.id] = replace(fired[warning.id], ended_week=seen.week)
        alive = [each.warning for each in steps if each.warning.state is not WarningState.ENDED]
        on_progress(f"week {seen.week}", done / weeks)
    return tuple(fired.values())


def _is_watched(services: Services, kind: Kind) -> bool:
    return kind is not Kind.ARREARS or services.settings.arrears_layer


def _neighbourhoods(services: Services) -> dict[str, str]:
    """The name of the neighbourhood of each block in force, by its code."""
    with services.database.reading() as session:
        return {block.code: block.neighbourhood_name for block in places.block_layer(session)}


def _fired(warning: EarlyWarning, names: Mapping[str, str]) -> Fired:
    return Fired(
        kind=warning.kind,
        raised_week=warning.raised_week,
        ended_week=None,
        neighbourhoods=tuple(sorted({names[code] for code in warning.codes if code in names})),
        reporters=shown(warning.because.observed, precision=Precision.CLASSES),
        recurrence_weeks=weeks_at_least(warning.because.recurrence_weeks),
    )


def try_rules(services: Services, *, policy: AlertPolicy, weeks: int) -> dict[str, int]:
    """How many reports of the past weeks each rule would have decided about, in their order.

    Args:
        services: The tools of the house.
        policy: The rules.
        weeks: How many weeks back, the running one included.
    """
    since = start_of(week_of(services.clock.now()) - weeks + 1)
    with services.database.reading() as session:
        reports = intake.classified(session, since=since)
    fits: Counter[str] = Counter()
    for report, times in reports.items():
        fits[next(rule.name for rule in policy.rules if rule.fits(report))] += times
    return {rule.name: fits[rule.name] for rule in policy.rules}
