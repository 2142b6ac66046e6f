"""What intake hands to other floors: voices, reports to decide about, the demo's history."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import product
from uuid import UUID

from pydantic import SecretStr
from uuid_utils.compat import uuid7

from signaal.access import actions as access
from signaal.access.model import Act, Purpose
from signaal.clock import week_of
from signaal.db import Session
from signaal.intake import store
from signaal.intake.actions import keeping
from signaal.intake.model import (
    Channel,
    Classified,
    ContactReason,
    HistoricReport,
    Kind,
    Language,
    ReportForDecision,
    ReportStatus,
    Urgency,
    VoiceColumns,
    is_telephone,
    voice_weight,
)
from signaal.places import actions as places
from signaal.privacy import actions as sealing
from signaal.privacy.model import reporter_token
from signaal.visitor import HOUSE

REFERENCES_AT_ONCE = 500
HOLD_OF_A_TOKEN = timedelta(weeks=12)


def count_reports(session: Session) -> int:
    """How many reports there are."""
    return store.count_reports(session)


def voices(session: Session, *, since: datetime, until: datetime) -> VoiceColumns:
    """Placed reports received in [since, until), in any order, without those found unfounded."""
    columns = VoiceColumns()
    tokens: dict[str, str] = {}
    for rows in store.voices(session, since=since, until=until):
        block, week, kind, token, channel, identified, brought = zip(*rows, strict=True)
        columns.block_id.extend(block)
        columns.week.extend(week)
        columns.kind.extend(map(_KINDS.__getitem__, kind))
        # Whoever reports often has one token in memory, not one for each report.
        columns.reporter_token.extend(map(tokens.setdefault, token, token))
        columns.weight.extend(
            map(_WEIGHTS.__getitem__, zip(channel, identified, brought, strict=True))
        )
    return columns


_KINDS = {kind.value: kind for kind in Kind}
_WEIGHTS = {
    (channel.value, identified, brought): voice_weight(
        channel=channel, identified=identified, brought=brought
    )
    for channel, identified, brought in product(Channel, (False, True), (False, True))
}
"""What each sort of report weighs; the database's 0 and 1 are false and true."""


def classified(session: Session, *, since: datetime) -> Mapping[Classified, int]:
    """How many reports of each kind, category and urgency came in since, for trying rules."""
    return {
        Classified(kind, category, urgency): times
        for kind, category, urgency, times in store.classified(session, since=since)
    }


def latest_neighbourhood(
    session: Session, *, number: str, now: datetime, pepper: str
) -> str | None:
    """The neighbourhood of the newest placed report from this number, of the last 12 weeks."""
    tokens = {
        reporter_token(number, week=week_of(moment), pepper=pepper)
        for moment in (now, now - HOLD_OF_A_TOKEN)
    }
    block_id = store.latest_block(session, tokens, since=now - HOLD_OF_A_TOKEN)
    return places.neighbourhood_name(session, block_id) if block_id is not None else None


def unconsidered(session: Session, *, limit: int, master_key: SecretStr) -> list[ReportForDecision]:
    """Reports about which nobody has decided yet: acute first, then the oldest.

    The reporter's number is opened from the seal only where the report is acute: somebody must
    be able to ring back at once. The caller writes the opening down (`note_number_opened`).
    """
    rows = store.unconsidered(session, limit=limit)
    names = {
        block: places.neighbourhood_name(session, block)
        for block in {row.block_id for row in rows}
        if block is not None
    }
    acute = [row.id for row in rows if row.urgency is Urgency.ACUTE]
    numbers = _open_numbers(session, acute, master_key=master_key)
    return [
        ReportForDecision(
            id=row.id,
            reference=row.reference,
            kind=row.kind,
            category=row.category,
            urgency=row.urgency,
            block_id=row.block_id,
            neighbourhood_name=names[row.block_id] if row.block_id is not None else None,
            received_at=row.received_at,
            channel=row.channel,
            reporter_number=numbers.get(row.id),
        )
        for row in rows
    ]


def mark_considered(session: Session, report_id: UUID, *, now: datetime) -> None:
    """Writes down that it was decided about this report, which the caller holds."""
    store.mark_considered(session, report_id, now=now)


def note_number_opened(session: Session, report: ReportForDecision, *, now: datetime) -> None:
    """Writes in the log of acts that a reporter's number was opened, where it was; comes last."""
    if report.reporter_number:
        access.record(
            session,
            visitor=HOUSE,
            act=Act.CONTACT_OPENED,
            purpose=Purpose.TONIGHT,
            subject=report.reference,
            now=now,
            details={"reason": ContactReason.DANGER.value},
        )


def take_in_history(session: Session, reports: Sequence[HistoricReport]) -> int:
    """Keeps invented reports of the past, in bulk: placed, decided about, and without a receipt.

    Returns:
        How many were kept.
    """
    references = _fresh_references(session, len(reports))
    rows = [_past(report, name) for report, name in zip(reports, references, strict=True)]
    store.add_history(session, rows)
    return len(rows)


def _open_numbers(
    session: Session, report_ids: Sequence[UUID], *, master_key: SecretStr
) -> dict[UUID, str]:
    """Without those whose seal is broken: danger is told to somebody all the same."""
    numbers = {}
    for report_id, sealed in store.sealed(session, report_ids).items() if report_ids else ():
        contact = ""
        with keeping.despite_a_broken_seal(report_id):
            key = sealing.find_key(session, key_id=sealed.key_id, master_key=master_key)
            contact = key.open(sealed.contact) if key and sealed.contact else ""
        if is_telephone(contact):
            numbers[report_id] = contact
    return numbers


def _fresh_references(session: Session, count: int) -> list[str]:
    fresh: set[str] = set()
    while len(fresh) < count:
        wanted = min(REFERENCES_AT_ONCE, count - len(fresh))
        drawn = {keeping.random_receipt().public for _ in range(wanted)}
        fresh |= drawn - store.taken_references(session, drawn)
    return list(fresh)


def _past(report: HistoricReport, reference: str) -> dict[str, object]:
    return {
        "id": uuid7(),
        "reference": reference,
        "channel": report.channel,
        "kind": report.kind,
        "category": report.category,
        "urgency": report.urgency,
        "received_at": report.received_at,
        "week": week_of(report.received_at),
        "block_id": report.block_id,
        "reporter_token": report.reporter_token,
        "identified": report.identified,
        "brought": report.brought,
        "status": ReportStatus.CLOSED,
        "closed_at": report.received_at,
        "language": Language.NL,
        "considered_at": report.received_at,
        "changed_at": report.received_at,
    }
