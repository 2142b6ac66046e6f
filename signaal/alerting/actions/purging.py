"""Lets go of reasons after three months, and of lists and warnings after three years."""

from collections.abc import Callable, Mapping
from datetime import datetime

from signaal.alerting.store import lists, warnings
from signaal.db import Session
from signaal.privacy.periods import Kept, period
from signaal.services import Services

SLICE = 200
"""So many rows at most go in one transaction: nobody waits behind a purge."""


def purge(services: Services, *, dry_run: bool = False) -> Mapping[str, int]:
    """Lets go of everything that has had its time.

    Args:
        services: The tools of the house.
        dry_run: Only count.

    Returns:
        How many of each there were, by the keys of the table of periods.
    """
    now = services.clock.now()
    if dry_run:
        with services.database.reading() as session:
            return {
                Kept.LOOK_REASON: lists.count_wordy(session, until=_until(Kept.LOOK_REASON, now)),
                Kept.WEEK_LIST: lists.count_old_lists(session, until=_until(Kept.WEEK_LIST, now)),
                Kept.EARLY_WARNING: warnings.count_ended(
                    session, until=_until(Kept.EARLY_WARNING, now)
                ),
            }
    return {
        Kept.LOOK_REASON: _in_slices(services, lambda session: _blank(session, now)),
        Kept.WEEK_LIST: _in_slices(services, lambda session: _forget_lists(session, now)),
        Kept.EARLY_WARNING: _in_slices(services, lambda session: _forget_warnings(session, now)),
    }


def _until(key: Kept, now: datetime) -> datetime:
    return period(key).before(now)


def _in_slices(services: Services, let_go: Callable[[Session], int]) -> int:
    total, some = 0, SLICE
    while some == SLICE:
        with services.database.session() as session, session.begin():
            some = let_go(session)
        total += some
    return total


def _blank(session: Session, now: datetime) -> int:
    found = lists.wordy(session, until=_until(Kept.LOOK_REASON, now), limit=SLICE)
    lists.blank(session, found)
    return len(found)


def _forget_lists(session: Session, now: datetime) -> int:
    found = lists.old_lists(session, until=_until(Kept.WEEK_LIST, now), limit=SLICE)
    for week, district in found:
        lists.delete_list(session, week=week, district=district)
    return len(found)


def _forget_warnings(session: Session, now: datetime) -> int:
    found = warnings.ended(session, until=_until(Kept.EARLY_WARNING, now), limit=SLICE)
    warnings.delete_warnings(session, found)
    return len(found)
