"""The night line lets go of numbers after a week, and of whole cases after a year."""

from collections.abc import Callable, Mapping
from datetime import datetime

from signaal.db import Session
from signaal.oncall import store
from signaal.privacy.actions import destroy_key
from signaal.privacy.periods import Kept, period
from signaal.services import Services

SLICE = 200
"""So many cases at most go in one transaction: nobody on the line waits behind a purge."""


def purge(services: Services, *, dry_run: bool = False) -> Mapping[str, int]:
    """Lets go of everything that has had its time.

    A week after a case was closed, its numbers, the keys that were pressed and its data key go;
    a year after, the case itself. The keyed hashes of its calls stay for another year: an old
    request that is sent again still changes nothing.

    Args:
        services: The tools of the house.
        dry_run: Only count.

    Returns:
        How many of each there were, by the keys of the table of periods.
    """
    now = services.clock.now()
    if dry_run:
        with services.database.reading() as session:
            return _counted(session, now=now)
    return {
        Kept.CALL_DATA: _in_slices(services, lambda session: _blank(session, now=now)),
        Kept.NIGHT_CASE: _in_slices(services, lambda session: _remove(session, now=now)),
        Kept.REPLAY_MARKS: _in_slices(services, lambda session: _forget(session, now=now)),
    }


def _in_slices(services: Services, let_go: Callable[[Session], int]) -> int:
    total, some = 0, SLICE
    while some == SLICE:
        with services.database.session() as session, session.begin():
            some = let_go(session)
        total += some
    return total


def _blank(session: Session, *, now: datetime) -> int:
    numbers = period(Kept.CALL_DATA)
    ids = store.holding_numbers(
        session,
        closed_until=numbers.before(now),
        opened_until=numbers.came_before(now),
        limit=SLICE,
    )
    store.blank(session, ids)
    for case_id in ids:
        destroy_key(session, case_id)
    return len(ids)


def _remove(session: Session, *, now: datetime) -> int:
    until = period(Kept.NIGHT_CASE).before(now)
    ids = store.ended_cases(session, closed_until=until, limit=SLICE)
    store.delete_cases(session, ids)
    return len(ids)


def _forget(session: Session, *, now: datetime) -> int:
    until = period(Kept.REPLAY_MARKS).before(now)
    return store.delete_marks(session, until=until, limit=SLICE)


def _counted(session: Session, *, now: datetime) -> Mapping[str, int]:
    numbers = period(Kept.CALL_DATA)
    return {
        Kept.CALL_DATA: store.count_holding_numbers(
            session, closed_until=numbers.before(now), opened_until=numbers.came_before(now)
        ),
        Kept.NIGHT_CASE: store.count_ended_cases(
            session, closed_until=period(Kept.NIGHT_CASE).before(now)
        ),
        Kept.REPLAY_MARKS: store.count_marks(session, until=period(Kept.REPLAY_MARKS).before(now)),
    }
