"""Counting tries: whoever guesses is stopped, whoever knows is not."""

from datetime import datetime, timedelta

from signaal.access.store import tries as store
from signaal.db import Session


def count_try(session: Session, *, key: str, limit: int, silence: timedelta, now: datetime) -> bool:
    """Counts one try in the caller's transaction; parallel ones count together.

    Counting begins anew after a silence without a counted try. A refused try isn't counted and
    doesn't make the wait longer: nobody keeps anybody out by trying on and on.

    Args:
        session: The caller's transaction, which must be committed before the answer is told.
        key: What is tried, as a keyed hash (`key_of_tries`).
        limit: How many tries are allowed between two silences.
        silence: After so long it is forgotten.
        now: The present instant.

    Returns:
        Whether this try is allowed.
    """
    return store.count(session, key=key, limit=limit, forget_at=now + silence, now=now)


def forgive_tries(session: Session, key: str) -> None:
    """Forgets the tries of somebody who knew the right answer."""
    store.forgive(session, key)
