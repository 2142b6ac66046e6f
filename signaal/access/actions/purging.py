"""Letting go of what has had its time, in small slices so that nobody waits for it."""

from collections.abc import Mapping
from datetime import datetime

from signaal.access.model.sessions import LONGEST_ON_DUTY
from signaal.access.store import forgetting as store
from signaal.privacy.periods import Kept, period
from signaal.services import Services

SLICE = 300
"""Rows per transaction."""


def purge(services: Services, *, dry_run: bool = False) -> Mapping[str, int]:
    """Forgets ended sessions, old links, tries and browsers, and who left long ago.

    Args:
        services: The tools of the house.
        dry_run: Only counts.

    Returns:
        What (as the retention table calls it) and how many rows.
    """
    now = services.clock.now()
    gone, unused = period(Kept.ENDED_ACCOUNT).before(now), period(Kept.DEVICE).before(now)
    steps: tuple[tuple[str, store.Count, store.Forget, datetime], ...] = (
        (Kept.STAFF_SESSION, store.count_sessions, store.forget_sessions, now - LONGEST_ON_DUTY),
        (Kept.INVITATION, store.count_links, store.forget_links, now),
        (Kept.TRIES, store.count_tries, store.forget_tries, now),
        (Kept.DEVICE, store.count_devices, store.forget_devices, unused),
        (Kept.ENDED_ACCOUNT, store.count_left, store.forget_left, gone),
        (Kept.ENDED_ACCOUNT, store.count_strangers, store.forget_strangers, gone),
    )
    done: dict[str, int] = {}
    for name, count, forget, before in steps:
        rows = _counted(services, count, before) if dry_run else _slices(services, forget, before)
        done[str(name)] = done.get(str(name), 0) + rows
    return done


def _counted(services: Services, count: store.Count, before: datetime) -> int:
    with services.database.reading() as reading:
        return count(reading, before)


def _slices(services: Services, forget: store.Forget, before: datetime) -> int:
    total = 0
    while True:
        with services.database.session() as session, session.begin():
            rows = forget(session, before, SLICE)
        total += rows
        if rows < SLICE:
            return total
