"""Writing the log of acts down."""

from collections.abc import Collection, Mapping
from datetime import datetime

from signaal.access.model.audit import (
    NO_DETAILS,
    OWN_ADDRESS,
    Act,
    Entry,
    canonical_details,
    check_subject,
    digest,
)
from signaal.access.store import audit as store
from signaal.access.store import audit_review as review
from signaal.db import Session
from signaal.errors import BrokenLog
from signaal.visitor import Visitor


def record(
    session: Session,
    *,
    visitor: Visitor,
    act: Act,
    purpose: str,
    now: datetime,
    subject: str = "",
    details: Mapping[str, str | int] | None = None,
    places: Collection[str] = (),
) -> None:
    """Writes an act down, in the transaction of that act and as its last statement.

    It holds the log's head until the commit, so that no two lines follow on the same one.

    Args:
        session: The act's own writing session.
        visitor: Who acts.
        act: What was done or read.
        purpose: What for.
        now: When, aware, UTC.
        subject: Id or reference of what it was done to; never a text, name or number.
        details: Ids, codes and counts.
        places: The dwellings that it is about, each a `place_key`. They are compared with where
            the visitor lives and not kept: the line only says `own_address` if that is among them.

    Raises:
        UnusableAct: Subject or details hold more than ids, codes and counts.
        BrokenLog: The head of the log is gone.
    """
    check_subject(subject)
    session.flush()  # what the act itself has to say goes first
    told = dict(details or NO_DETAILS)
    if places and visitor.person and review.lives_at(session, visitor.person, places):
        told[OWN_ADDRESS] = 1
    kept = canonical_details(told)
    seq, previous = _locked_head(session)
    entry = Entry(
        seq=seq + 1,
        at=now,
        person=visitor.person,
        role=str(visitor.role),
        organisation=visitor.organisation,
        purpose=str(purpose),
        act=str(act),
        subject=subject,
        details=kept,
    )
    store.append(session, entry, previous=previous, sign=digest(previous, entry))


def _locked_head(session: Session) -> tuple[int, bytes]:
    head = store.lock_head(session)
    if head is None:
        store.make_head(session)
        head = store.lock_head(session)  # ours, or that of whoever was first
    if head is None:
        raise BrokenLog("the log of acts has lines but no head; run: signaal log verify")
    return head
