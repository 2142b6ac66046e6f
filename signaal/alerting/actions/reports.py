"""Decides about every report that nobody considered yet; the table is the queue."""

from datetime import datetime

import structlog

from signaal.alerting.model import Action, AlertPolicy, decide
from signaal.alerting.store import decisions as store
from signaal.db import Session
from signaal.intake import actions as intake
from signaal.intake.model import ReportForDecision
from signaal.oncall import actions as oncall
from signaal.services import Services

log = structlog.get_logger()


def consider(services: Services, *, limit: int = 100) -> int:
    """Decides about reports that wait for it, acute first, then the oldest.

    Each report has a transaction of its own that holds the decision, what follows from it and the
    mark that it was considered: a crash in between loses nothing and doubles nothing.

    Args:
        services: The tools of the house.
        limit: How many reports at most in this run.

    Returns:
        How many were considered.
    """
    for count in range(limit):
        if not _consider_one(services):
            return count
    return limit


def _consider_one(services: Services) -> bool:
    master_key = services.settings.master_key
    with services.database.session() as session, session.begin():
        waiting = intake.unconsidered(session, limit=1, master_key=master_key)
        now = services.clock.now()
        for report in waiting:
            _consider(session, services, report, now=now)
            intake.mark_considered(session, report.id, now=now)
            intake.note_number_opened(session, report, now=now)
    return bool(waiting)


def _consider(
    session: Session, services: Services, report: ReportForDecision, *, now: datetime
) -> None:
    policy = services.policies[AlertPolicy]
    decision = decide(policy, report, now)
    store.keep(session, report.id, decision, policy=policy.fingerprint, at=now)
    if decision.action is Action.PAGE_DUTY:
        oncall.open_case_for_report(
            session,
            services,
            report_reference=report.reference,
            neighbourhood=report.neighbourhood_name,
            block_id=report.block_id,
            urgency=report.urgency,
            number=report.reporter_number,
        )
        log.warning(
            "duty paged",
            report=str(report.id),
            rule=decision.rule,
            minutes_waited=round(decision.minutes_waited, 1),
        )
