"""Tries rules on the past: what would have fired last year by these rules, before they hold."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from signaal.alerting.model import (
    AlertPolicy,
    EarlyWarning,
    EarlyWarningPolicy,
    Look,
    WarningState,
    advance,
)
from signaal.clock import start_of, week_of
from signaal.hotspots import actions as hotspots
from signaal.hotspots.model import FiguresPolicy
from signaal.intake import actions as intake
from signaal.services import Services

Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class Fired:
    """A warning that would have been raised.

    Attributes:
        raised: As it was when it was raised.
        ended_week: When it would have ended; None when it would still be there.
        most_blocks: How many blocks it held at most.
    """

    raised: EarlyWarning
    ended_week: int | None
    most_blocks: int


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
    it is now.

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
    for done, seen in enumerate(hotspots.replay(services, weeks=weeks, rules=rules), start=1):
        look = Look(seen.week, seen.clusters, seen.codes, {})
        fresh = [UUID(int=len(fired) + number) for number in range(len(seen.clusters))]
        steps = advance(alive, look, policy=policy, fresh=fresh)
        for step in steps:
            warning = step.warning
            if step.is_new:
                fired[warning.id] = Fired(warning, None, len(warning.codes))
            before = fired[warning.id]
            fired[warning.id] = Fired(
                raised=before.raised,
                ended_week=seen.week if warning.state is WarningState.ENDED else None,
                most_blocks=max(before.most_blocks, len(warning.codes)),
            )
        alive = [each.warning for each in steps if each.warning.state is not WarningState.ENDED]
        on_progress(f"week {seen.week}", done / weeks)
    return tuple(fired.values())


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
