"""A report is taken away before its time: withdrawn, or found unfounded."""

import structlog

from signaal.clock import period_of, week_of
from signaal.db import Session
from signaal.intake import store
from signaal.intake.actions import keeping
from signaal.intake.model import Ending
from signaal.services import Services

log = structlog.get_logger()


def take_away(
    services: Services, session: Session, row: store.ReportRow, *, ending: Ending
) -> None:
    """Takes a report away, with all that hangs on it, in the caller's transaction.

    Its key is destroyed, so that what was sealed can't be opened in a backup either; then its
    sealed parts, additions and conversation go, the link from the message that it came in with,
    and the report itself, with its code and its weight. A counter is all that is left.

    Args:
        services: The tools of the house.
        session: The transaction; the caller writes the act down in it.
        row: The report, held by the caller.
        ending: Why.
    """
    keeping.unseal(session, row.id)
    store.drop_report(session, row.id)
    period = period_of(week_of(services.clock.now()))
    store.count_ended(session, kind=row.kind, ending=ending, period=period)
    log.info("report taken away", report=str(row.id), ending=ending.value)
