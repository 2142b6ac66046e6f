"""How often warnings proved right, beside the random draw; and says so when it is no better."""

from collections.abc import Collection, Sequence
from datetime import date

import structlog

from signaal.access.model import sight_of
from signaal.alerting.model import (
    QUARTERS_SHOWN,
    EarlyWarningPolicy,
    Evaluation,
    Lead,
    evaluate,
    first_week_of,
    quarter_of,
)
from signaal.alerting.store import lists as list_store
from signaal.alerting.store import warnings as warning_store
from signaal.clock import AMSTERDAM, week_of
from signaal.db import Session
from signaal.errors import NotAllowed
from signaal.hotspots.model import kinds_for
from signaal.intake.model import Kind
from signaal.privacy.model import Precision
from signaal.rules import overdue
from signaal.services import Services
from signaal.visitor import Visitor

MONTHS_PER_YEAR = 12

log = structlog.get_logger()


def evaluation(services: Services, *, visitor: Visitor) -> Evaluation:
    """How often warnings proved right in the visitor's districts; for the coordinator.

    Args:
        services: The tools of the house.
        visitor: Who asks.

    Raises:
        NotAllowed: This role doesn't evaluate.
    """
    if sight_of(visitor.role).areas is not Precision.EXACT:
        raise NotAllowed("evaluation")
    kinds = kinds_for(visitor.role, arrears=services.settings.arrears_layer)
    with services.database.reading() as session:
        return _evaluation(session, services, districts=visitor.districts, kinds=kinds)


def overdue_rules(services: Services) -> tuple[tuple[str, date], ...]:
    """The policies that should have been looked at again by now: their files and days."""
    return overdue(services.policies, services.clock.now().astimezone(AMSTERDAM).date())


def shout_no_better(services: Services) -> bool:
    """Says once a month that warnings do no better than chance, where that is so.

    The page says it always; this tells whoever runs Signaal.

    Returns:
        Whether it was said now.
    """
    policy, now = services.policies[EarlyWarningPolicy], services.clock.now()
    with services.database.reading() as session:
        found = _evaluation(session, services, districts=None, kinds=policy.kinds).told_no_better
    if not found:
        return False
    local = now.astimezone(AMSTERDAM)
    month = local.year * MONTHS_PER_YEAR + local.month - 1
    with services.database.session() as session, session.begin():
        is_first = list_store.tell_once(session, month=month, at=now)
    if is_first:
        log.error(
            "warnings no better than chance",
            kinds=",".join(found),
            policy=policy.fingerprint,
        )
    return is_first


def _evaluation(
    session: Session,
    services: Services,
    *,
    districts: Collection[str] | None,
    kinds: Sequence[Kind],
) -> Evaluation:
    leads = [
        Lead(row.kind, row.raised_week, row.coloured_week)
        for row in warning_store.everything(session)
        if districts is None
        or any(each in districts for each in warning_store.districts_of(row.places).values())
    ]
    week = week_of(services.clock.now())
    since = first_week_of(quarter_of(week) - QUARTERS_SHOWN + 1)
    items = list_store.judged(session, districts=districts, since_week=since)
    return evaluate(items, leads, week=week, kinds=kinds)
