"""Keeping the log of acts trustworthy: checkpoints, verification, destruction after its time."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import structlog

from signaal.access.actions.audit import record
from signaal.access.model.audit import CARE_ACTS, Act
from signaal.access.model.chain import (
    Checkpoint,
    LogCheck,
    check,
    destroyed_words,
    sealed_words,
)
from signaal.access.model.review import LAPSES_AFTER
from signaal.access.model.roles import Purpose
from signaal.access.store import audit as store
from signaal.access.store import audit_review as review
from signaal.db import Session
from signaal.privacy import actions as privacy
from signaal.privacy.model import KeyPurpose
from signaal.privacy.periods import Kept, period
from signaal.services import Services
from signaal.visitor import HOUSE

log = structlog.get_logger()

SLICE = 500
"""Lines in one transaction or one read."""


def seal_checkpoint(services: Services) -> Checkpoint | None:
    """Signs the end of the log; None when nothing was written since the last time.

    The sign also goes to the program's own log lines: who collects those has a copy elsewhere.
    """
    with services.database.session() as session, session.begin():
        key = _key(session, services)
        head = store.lock_head(session)
        before = store.newest_checkpoint(session)
        last = before.seq if before else 0
        if head is None or head[0] <= last:
            return None
        bare = Checkpoint(first_seq=last + 1, seq=head[0], digest=head[1], at=services.clock.now())
        made = replace(bare, signature=key.sign(sealed_words(bare)))
        store.add_checkpoint(session, made)
    log.info("log of acts sealed", seq=made.seq, digest=made.digest.hex())
    return made


def verify(services: Services) -> LogCheck:
    """Recomputes the whole log, slice by slice, and names the first thing that is wrong."""
    with services.database.reading() as session:
        if not services.database.is_sqlite:
            # Writers go on meanwhile: one picture of the log, its head and its checkpoints.
            session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        checkpoints = store.checkpoints(session)
        return check(
            store.lines(session, slice_size=SLICE),
            checkpoints=checkpoints,
            head=store.head(session),
            is_genuine=_genuine(session, services) if checkpoints else _never,
        )


def purge_log(services: Services, *, dry_run: bool = False) -> Mapping[str, int]:
    """Destroys whole segments in which every line has had its time; their checkpoints stay.

    Dated questions go after their time too, and the addresses of staff who have left.

    Returns:
        How many rows went (or would go), by name of the retention table.
    """
    now = services.clock.now()
    with services.database.reading() as session:
        segments = store.outlived(
            session,
            care=CARE_ACTS,
            care_until=period(Kept.CARE_LOG).before(now),
            other_until=period(Kept.OTHER_LOG).before(now),
        )
        begun = store.half_destroyed(session)
        care, other = store.count_lines(session, [*begun, *segments], care=CARE_ACTS)
    if not dry_run:
        for segment in segments:
            _condemn(services, segment)
        for segment in (*begun, *segments):
            _empty(services, segment)
    inquiries, homes = _purge_questions_and_homes(services, dry_run=dry_run)
    return {
        Kept.CARE_LOG: care,
        Kept.OTHER_LOG: other,
        Kept.INQUIRY: inquiries,
        Kept.HOME: homes,
    }


def _purge_questions_and_homes(services: Services, *, dry_run: bool) -> tuple[int, int]:
    now = services.clock.now()
    asked, lapsed = period(Kept.INQUIRY).before(now), now - LAPSES_AFTER
    with services.database.session() as session, session.begin():
        inquiries = review.count_outlived_inquiries(
            session, asked_before=asked, lapsed_before=lapsed
        )
        homes = review.count_homes_of_leavers(session)
        if not dry_run:
            review.delete_outlived_inquiries(session, asked_before=asked, lapsed_before=lapsed)
            review.forget_homes_of_leavers(session)
    return inquiries, homes


def _condemn(services: Services, segment: Checkpoint) -> None:
    now = services.clock.now()
    with services.database.session() as session, session.begin():
        signature = _key(session, services).sign(destroyed_words(segment, now))
        if store.condemn(session, segment.seq, at=now, signature=signature):
            record(
                session,
                visitor=HOUSE,
                act=Act.PURGED,
                purpose=Purpose.RUN,
                subject="log",
                now=now,
                details={"first": segment.first_seq, "last": segment.seq},
            )


def _empty(services: Services, segment: Checkpoint) -> None:
    gone = SLICE
    while gone == SLICE:
        with services.database.session() as session, session.begin():
            gone = store.delete_lines(session, segment, slice_size=SLICE)


def _key(session: Session, services: Services) -> privacy.GroupKey:
    return privacy.group_key(
        session, purpose=KeyPurpose.LOG, master_key=services.settings.master_key
    )


def _genuine(session: Session, services: Services) -> Callable[[Checkpoint], bool]:
    key = _key(session, services)

    def is_genuine(each: Checkpoint) -> bool:
        if not key.verify(sealed_words(each), each.signature):
            return False
        if each.destroyed_at is None:
            return each.destroyed_signature is None
        words = destroyed_words(each, each.destroyed_at)
        return key.verify(words, each.destroyed_signature or b"")

    return is_genuine


def _never(_checkpoint: Checkpoint) -> bool:
    return False
