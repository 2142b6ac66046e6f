"""What intake no longer needs is let go, by the periods in `privacy`, in small slices."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol
from uuid import UUID

import structlog

from signaal.clock import WEEKS_PER_PERIOD, monday_of, period_of, week_of
from signaal.db import Session
from signaal.errors import BrokenSeal
from signaal.intake import store
from signaal.intake.actions import keeping
from signaal.intake.model import REPLIES_WINDOW, Kind, ReportStatus, voice_weight
from signaal.places import actions as places
from signaal.privacy import actions as sealing
from signaal.privacy.periods import Kept, period
from signaal.services import Services

SLICE = 200
"""Rows of one transaction: nobody who reports waits long for a purge."""

log = structlog.get_logger()


class Find(Protocol):
    """Finds what has had its time."""

    def __call__(self, session: Session, over: store.Over, *, limit: int | None) -> Sequence[UUID]:
        """The ids of so many at most; None: of all."""
        ...


def purge(services: Services, *, dry_run: bool = False) -> Mapping[str, int]:
    """Lets go of what has had its time: contact, texts, dwellings, old reports and requests.

    Args:
        services: The tools of the house.
        dry_run: Only counts what would go.

    Returns:
        How many rows went, by what they are in the table of periods.
    """
    now = services.clock.now()
    gone = {part.kept.value: _each(services, part, dry_run=dry_run) for part in _PARTS}
    gone[Kept.BLOCK_FIGURES.value] = _fold(services, dry_run=dry_run)
    gone |= _hashes(services, now, dry_run=dry_run)
    if not dry_run and any(gone.values()):
        log.info("intake purged", **gone)
    return gone


def _end(kept: Kept, now: datetime) -> datetime:
    """What came in, was closed or was answered before this instant has had its time."""
    return period(kept).before(now)


def _each(services: Services, part: "_Part", *, dry_run: bool) -> int:
    """Lets go slice by slice; or counts."""
    now = services.clock.now()
    ended = _end(part.kept, now)
    over = store.Over(ended=ended, came_in=period(part.kept).came_before(now) or ended)
    if dry_run:
        with services.database.reading() as session:
            return len(part.find(session, over, limit=None))
    gone = 0
    while True:
        with services.database.session() as session, session.begin():
            some = part.find(session, over, limit=SLICE)
            for each in some:
                part.let_go(services, session, each)
        gone += len(some)
        if len(some) < SLICE:
            return gone


def _hashes(services: Services, now: datetime, *, dry_run: bool) -> dict[str, int]:
    """Forgets keyed hashes of messages and conversations, slice by slice; or counts.

    Those of messages are kept as long as a replay must have no effect, the message itself isn't
    kept at all.
    """
    messages_before, talks_before = _end(Kept.REPLAY_MARKS, now), now - REPLIES_WINDOW
    if dry_run:
        with services.database.reading() as session:
            return {
                Kept.REPLAY_MARKS.value: store.count_inbound(session, before=messages_before),
                Kept.CONVERSATION.value: store.count_conversations(session, before=talks_before),
            }
    return {
        Kept.REPLAY_MARKS.value: _forget(services, store.forget_inbound_keys, messages_before),
        Kept.CONVERSATION.value: _forget(services, store.forget_conversations, talks_before),
    }


def _forget(services: Services, forget: Callable[..., int], before: datetime) -> int:
    gone, some = 0, SLICE
    while some == SLICE:
        with services.database.session() as session, session.begin():
            some = forget(session, before=before, limit=SLICE)
        gone += some
    return gone


# -- part by part ---------------------------------------------------------------------------


def _without_contact(services: Services, session: Session, report_id: UUID) -> None:
    _left(services, session, report_id, lambda opened: replace(opened, contact=None))


def _without_text(services: Services, session: Session, report_id: UUID) -> None:
    for row in store.additions(session, [report_id]):
        store.drop_addition(session, row)
    _left(
        services,
        session,
        report_id,
        lambda opened: replace(opened.with_text(None), additions=()),
    )


def _without_dwelling(services: Services, session: Session, report_id: UUID) -> None:
    _left(services, session, report_id, lambda opened: replace(opened, place=None))


def _left(
    services: Services,
    session: Session,
    report_id: UUID,
    change: Callable[[keeping.Opened], keeping.Opened],
) -> None:
    """Seals anew what is left; what can't be opened any more goes whole."""
    store.report(session, report_id)  # held: a reporter may be adding to it right now
    try:
        opened = keeping.open_all(services, session, report_id)
    except BrokenSeal:
        log.exception("seal broken", report=str(report_id))
        opened = None
    if opened is None:
        keeping.unseal(session, report_id)
        return
    keeping.seal_anew(services, session, report_id, change(opened))


def _without_anything(services: Services, session: Session, report_id: UUID) -> None:
    """Of money worries with which nobody helped only the figure stays: the code dies too."""
    row = store.report(session, report_id)
    keeping.unseal(session, report_id)
    if row:
        row.status, row.receipt_hash = ReportStatus.CLOSED, None
        row.closed_at = row.closed_at or services.clock.now()


def _without_request(_services: Services, session: Session, request_id: UUID) -> None:
    row = store.request(session, request_id)
    if row and row.answered_at:
        sealing.destroy_key(session, row.key_id)
        late = row.answered_at > row.due_at
        store.count_answered(session, year=row.answered_at.year, late=late)
        store.drop_request(session, request_id)


@dataclass(frozen=True)
class _Part:
    """What is let go one by one: what it is, how those that have had their time are found."""

    kept: Kept
    find: Find
    let_go: Callable[[Services, Session, UUID], None]


_PARTS = (
    _Part(Kept.REPORTER_CONTACT, store.with_contact_over, _without_contact),
    _Part(Kept.REPORT_TEXT, store.with_text_over, _without_text),
    _Part(Kept.DWELLING, store.with_dwelling_over, _without_dwelling),
    _Part(Kept.ARREARS_SIGNAL, store.arrears_over, _without_anything),
    _Part(Kept.HOUSEHOLD_REQUEST, store.answered_over, _without_request),
)


# -- figures of a year ----------------------------------------------------------------------


def _fold(services: Services, *, dry_run: bool) -> int:
    """Folds whole periods that have had their time into figures of a neighbourhood and a year."""
    over = period_of(week_of(_end(Kept.BLOCK_FIGURES, services.clock.now())))
    gone = 0
    while True:
        with services.database.session() as session, session.begin():
            groups = store.oldest_blocks(
                session,
                before_week=over * WEEKS_PER_PERIOD,
                weeks=WEEKS_PER_PERIOD,
                limit=None if dry_run else SLICE,
            )
            if dry_run:
                return sum(count for _block, _period, count in groups)
            folded = 0
            for block_id, number, count in groups:
                if folded and folded + count > SLICE:
                    break
                _fold_block(session, block_id=block_id, number=number)
                folded += count
        gone += folded
        if not groups:
            return gone


def _fold_block(session: Session, *, block_id: int | None, number: int) -> None:
    """Folds one block in one period: each reporter once, with the heaviest voice."""
    first = number * WEEKS_PER_PERIOD
    voices = store.voices_of(
        session, block_id=block_id, first_week=first, until_week=first + WEEKS_PER_PERIOD
    )
    heaviest: defaultdict[tuple[Kind, str], dict[str, float]] = defaultdict(dict)
    for voice in voices:
        weight = voice_weight(
            channel=voice.channel, identified=voice.identified, brought=voice.brought
        )
        reporters = heaviest[voice.kind, voice.category]
        reporters[voice.token] = max(weight, reporters.get(voice.token, 0.0))
    if block_id is not None:
        neighbourhood, _district = places.areas_of_blocks(session, [block_id])[block_id]
        for (kind, category), reporters in sorted(heaviest.items()):
            store.add_to_year(
                session,
                neighbourhood_code=neighbourhood,
                kind=kind,
                category=category,
                year=monday_of(first).year,
                voices=sum(reporters.values()),
            )
    report_ids = [voice.id for voice in voices]
    for key_id in store.key_ids_of(session, report_ids):
        sealing.destroy_key(session, key_id)
    store.drop_reports(session, report_ids)
