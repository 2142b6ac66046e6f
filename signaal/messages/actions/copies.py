"""Has the telephone provider forget what it keeps of us."""

from datetime import datetime

import structlog

from signaal.db import Session
from signaal.errors import CarrierError
from signaal.messages import store
from signaal.messages.model import TRIES_BEFORE_SHOUTING, copy_wait
from signaal.ports import CopyKind, ProviderCopy
from signaal.privacy.periods import Kept, period
from signaal.services import Services

log = structlog.get_logger()


def note_copy(session: Session, *, sid: str, kind: str, now: datetime) -> None:
    """Remembers, in the caller's transaction, that the provider keeps a message or call.

    Args:
        session: The caller's session, in its transaction.
        sid: The provider's id; noted once, however often it is given.
        kind: "sms" or "call"; see `CopyKind`.
        now: The present instant.
    """
    row = store.ProviderCopyRow(
        sid=sid,
        kind=CopyKind(kind),
        made_at=now,
        next_try_at=now + period(Kept.PROVIDER_COPY).live,
    )
    store.add_copy_once(session, row)


def forget_copies(services: Services, *, limit: int = 50) -> int:
    """Has the provider forget what has had its time; returns how many copies it forgot.

    Each try is written down, with the instant of the next one, before the provider is asked: a
    slow provider holds up no transaction, and a crash loses nothing. A provider that says no is
    asked again after an hour, then two, and so on; after about a fortnight the log cries out.

    Args:
        services: The tools of the house.
        limit: How many copies to try at most in this run.
    """
    forgotten = 0
    for _ in range(limit):
        due = _begin_try(services)
        if due is None:
            break
        copy, tries = due
        try:
            services.carrier.forget(copy)
        except CarrierError as error:
            _tell(copy, tries, error)
            if error.operator:
                break  # the account is refused: the rest would be too
            continue
        with services.database.session() as session, session.begin():
            store.remove_copy(session, copy.sid)
        forgotten += 1
    return forgotten


def _begin_try(services: Services) -> tuple[ProviderCopy, int] | None:
    now = services.clock.now()
    with services.database.session() as session, session.begin():
        row = store.next_copy(session, now=now)
        if row is None:
            return None
        row.tries += 1
        row.next_try_at = now + copy_wait(row.tries)
        return ProviderCopy(row.sid, row.kind), row.tries


def _tell(copy: ProviderCopy, tries: int, error: CarrierError) -> None:
    shout = error.operator or tries >= TRIES_BEFORE_SHOUTING
    say = log.error if shout else log.warning
    say("provider keeps a copy", sid=copy.sid, tries=tries, error=str(error))
