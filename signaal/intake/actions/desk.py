"""A person reads a report, and finds the place that words alone could not."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

import structlog

from signaal.db import Session
from signaal.errors import UnknownPlace, UnusableReport
from signaal.intake import store
from signaal.intake.actions import keeping
from signaal.intake.model import MOST_READ, OpenReport, ReportStatus, UnplacedReport, Urgency
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
    """Reports that wait for a place, with their text; each opening is written in the log."""
    with services.database.reading() as session:
        listed = unplaced(session)
        sealed = store.sealed(session, [report.id for report in listed])
        opened = [_open(services, session, report, sealed.get(report.id)) for report in listed]
    for report in opened:
        if report.text is not None:
            log.info("report opened", report=str(report.id), role=role, purpose=purpose)
    return opened


def open_reports(services: Services, *, role: str, purpose: str) -> list[OpenReport]:
    """The newest reports to read or to finish, with their text; the opening is written in the log.

    Returns:
        At most `MOST_READ` of each status: those that came in, then those being looked at.
    """
    with services.database.reading() as session:
        rows = [
            row
            for status in STEPS.values()
            for row in store.with_status(session, status, limit=MOST_READ)
        ]
        texts = _texts(services, session, [row.id for row in rows])
        blocks = {row.block_id for row in rows if row.block_id is not None}
        names = places.block_names(session, blocks)
        reports = [_opened(row, names=names, text=texts.get(row.id)) for row in rows]
    if texts:
        opened = [str(report_id) for report_id in texts]
        log.info("reports opened", reports=opened, role=role, purpose=purpose)
    return reports


def _texts(services: Services, session: Session, report_ids: Sequence[UUID]) -> dict[UUID, str]:
    sealed = store.sealed(session, report_ids)
    key_ids = [row.key_id for row in sealed.values()]
    keys = sealing.find_keys(session, key_ids, master_key=services.settings.master_key)
    return {
        report_id: keys[row.key_id].open(row.text)
        for report_id, row in sealed.items()
        if row.key_id in keys
    }


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
        None when there is no such report, it never had a text, or its text was destroyed.
    """
    with services.database.reading() as session:
        row = store.by_reference(session, reference)
        sealed = store.sealed(session, [row.id]).get(row.id) if row else None
        key = keeping.key_of(services, session, sealed) if sealed else None
        if row is None or sealed is None or key is None:
            return None
        text, report_id = key.open(sealed.text), str(row.id)
    log.info("report opened", report=report_id, role=role, purpose=purpose)
    return text


def place_by_hand(services: Services, report_id: UUID, words: AddressWords) -> PlaceFound:
    """Gives a report the place that a person found.

    Raises:
        UnusableReport: There is no such report.
        UnknownPlace: These words lead to no place; the reason is a `PlaceReason`.
    """
    with services.database.session() as session, session.begin():
        place = places.find_place(session, words)
        if isinstance(place, PlaceUnclear):
            raise UnknownPlace(place.reason)
        row = store.report(session, report_id)
        if row is None:
            raise UnusableReport(str(report_id))
        row.block_id, row.changed_at = place.block_id, services.clock.now()
        if row.urgency is Urgency.ACUTE:
            row.considered_at = None  # whoever was warned hears in which neighbourhood it is
        _seal_place(services, session, report_id, words=words, dwelling_id=place.dwelling_id)
    log.info("report placed by hand", report=str(report_id))
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


def _open(
    services: Services,
    session: Session,
    report: UnplacedReport,
    sealed: store.SealedReportRow | None,
) -> UnplacedReport:
    key = keeping.key_of(services, session, sealed) if sealed else None
    if sealed is None or key is None:
        return report
    return replace(report, text=key.open(sealed.text))


def _seal_place(
    services: Services,
    session: Session,
    report_id: UUID,
    *,
    words: AddressWords,
    dwelling_id: int | None,
) -> None:
    sealed = store.sealed(session, [report_id]).get(report_id)
    key = keeping.key_of(services, session, sealed) if sealed else None
    if sealed and key:
        kept = replace(keeping.place_in(key, sealed), words=words, dwelling_id=dwelling_id)
        sealed.dwelling = key.seal(kept.to_json())
