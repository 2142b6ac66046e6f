"""A person reads a report, and finds the place that words alone could not."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

import structlog

from signaal.db import Session
from signaal.errors import AlreadyPlaced, BrokenSeal, UnknownPlace, UnusableReport
from signaal.intake import store
from signaal.intake.actions import keeping
from signaal.intake.model import (
    MOST_READ,
    OpenReport,
    OpenReports,
    ReportStatus,
    UnplacedReport,
    Urgency,
)
from signaal.places import actions as places
from signaal.places.model import AddressWords, PlaceFound, PlaceUnclear
from signaal.privacy import actions as sealing
from signaal.services import Services

LONGEST_LIST = 200
STEPS = {
    ReportStatus.BEING_LOOKED_AT: ReportStatus.RECEIVED,
    ReportStatus.DONE: ReportStatus.BEING_LOOKED_AT,
}
"""The status that a colleague can give a report, and the one that it must have for that."""

log = structlog.get_logger()


def unplaced(session: Session, *, limit: int = LONGEST_LIST) -> list[UnplacedReport]:
    """Reports that wait for a place, without their text: acute first, then the oldest."""
    return [_listed(row) for row in store.unplaced(session, limit=limit)]


def open_unplaced(services: Services, *, role: str, purpose: str) -> list[UnplacedReport]:
    """Reports that wait for a place, with their text; the opening is written in the log."""
    with services.database.reading() as session:
        listed = unplaced(session)
        texts = _texts(services, session, [report.id for report in listed])
    _note_opening(texts, role=role, purpose=purpose)
    return [replace(report, text=texts.get(report.id)) for report in listed]


def open_reports(services: Services, *, role: str, purpose: str) -> dict[ReportStatus, OpenReports]:
    """Reports to read or to finish, with their text; the opening is written in the log.

    Returns:
        Of each status in which a report waits for a colleague at most `MOST_READ`: acute first,
        then the oldest.
    """
    with services.database.reading() as session:
        found = {
            status: store.with_status(session, status, limit=MOST_READ) for status in STEPS.values()
        }
        rows = [row for listed, _count in found.values() for row in listed]
        texts = _texts(services, session, [row.id for row in rows])
        blocks = {row.block_id for row in rows if row.block_id is not None}
        names = places.block_names(session, blocks)
        reports = {
            status: OpenReports(
                [_opened(row, names=names, text=texts.get(row.id)) for row in listed],
                more=count - len(listed),
            )
            for status, (listed, count) in found.items()
        }
    _note_opening(texts, role=role, purpose=purpose)
    return reports


def _note_opening(texts: Mapping[UUID, str], *, role: str, purpose: str) -> None:
    if texts:
        opened = [str(report_id) for report_id in texts]
        log.info("reports opened", reports=opened, role=role, purpose=purpose)


def _texts(services: Services, session: Session, report_ids: Sequence[UUID]) -> dict[UUID, str]:
    """The texts that can be opened: without those destroyed, and those whose seal is broken."""
    sealed = store.sealed(session, report_ids)
    key_ids = [row.key_id for row in sealed.values()]
    keys = sealing.find_keys(session, key_ids, master_key=services.settings.master_key)
    texts = {}
    for report_id, row in sealed.items():
        if row.key_id in keys:
            with keeping.despite_a_broken_seal(report_id):
                texts[report_id] = _text_in(keys[row.key_id], row)
    return texts


def _text_in(key: sealing.DataKey | None, row: store.SealedReportRow) -> str:
    if key is None:
        raise BrokenSeal
    return key.open(row.text)


def _opened(
    row: store.ReportRow, *, names: Mapping[int, tuple[str, str]], text: str | None
) -> OpenReport:
    code, neighbourhood = names.get(row.block_id or 0, (None, None))
    return OpenReport(
        id=row.id,
        reference=row.reference,
        kind=row.kind,
        category=row.category,
        urgency=row.urgency,
        channel=row.channel,
        status=row.status,
        received_at=row.received_at,
        block_code=code,
        neighbourhood_name=neighbourhood,
        text=text,
    )


def move_on(services: Services, report_id: UUID, status: ReportStatus, *, role: str) -> None:
    """Gives a report its next status, which its reporter can follow; twice is as once.

    Raises:
        UnusableReport: There is no such report, or no colleague gives this status.
    """
    with services.database.session() as session, session.begin():
        row = store.report(session, report_id)
        if row is None or status not in STEPS:
            raise UnusableReport(str(report_id))
        if row.status is not STEPS[status]:
            return
        row.status = status
    log.info("report moved on", report=str(report_id), status=status.value, role=role)


def report_text(services: Services, reference: str, *, role: str, purpose: str) -> str | None:
    """What the reporter said, opened from the seal; the opening is written in the log.

    Args:
        services: The tools of the house.
        reference: The public reference of the report.
        role: In which role somebody opens it.
        purpose: What it is opened for.

    Returns:
        None when there is no such report, it never had a text, or it can't be opened any more.
    """
    with services.database.reading() as session:
        row = store.by_reference(session, reference)
        texts = _texts(services, session, [row.id]) if row else {}
    for report_id in texts:
        log.info("report opened", report=str(report_id), role=role, purpose=purpose)
    return next(iter(texts.values()), None)


def place_by_hand(
    services: Services, report_id: UUID, words: AddressWords, *, role: str
) -> PlaceFound:
    """Gives a report the place that a person found.

    Raises:
        UnusableReport: There is no such report; `AlreadyPlaced` when somebody was first.
        UnknownPlace: These words lead to no place; the reason is a `PlaceReason`.
    """
    with services.database.session() as session, session.begin():
        row = store.report(session, report_id)
        if row is None:
            raise UnusableReport(str(report_id))
        if row.block_id is not None:
            raise AlreadyPlaced(str(report_id))
        place = places.find_place(session, words)
        if isinstance(place, PlaceUnclear):
            raise UnknownPlace(place.reason)
        row.block_id, row.changed_at = place.block_id, services.clock.now()
        if row.urgency is Urgency.ACUTE:
            row.considered_at = None  # whoever was warned hears in which neighbourhood it is
        _seal_place(services, session, report_id, words=words, dwelling_id=place.dwelling_id)
    log.info("report placed by hand", report=str(report_id), role=role)
    return place


def _listed(row: store.ReportRow) -> UnplacedReport:
    return UnplacedReport(
        id=row.id,
        reference=row.reference,
        kind=row.kind,
        category=row.category,
        urgency=row.urgency,
        channel=row.channel,
        received_at=row.received_at,
    )


def _seal_place(
    services: Services,
    session: Session,
    report_id: UUID,
    *,
    words: AddressWords,
    dwelling_id: int | None,
) -> None:
    sealed = store.sealed(session, [report_id]).get(report_id)
    if sealed is None:
        return
    with keeping.despite_a_broken_seal(report_id):
        key = keeping.key_of(services, session, sealed)
        if key:
            kept = replace(keeping.place_in(key, sealed), words=words, dwelling_id=dwelling_id)
            sealed.dwelling = key.seal(kept.to_json())
