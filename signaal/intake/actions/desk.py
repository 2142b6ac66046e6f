"""A person reads a report, finds its place, says how it stands, and closes it."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from uuid import UUID

import structlog

from signaal.access import actions as access
from signaal.access.model import Act, CaseText, sight_of
from signaal.db import Session
from signaal.errors import AlreadyPlaced, UnknownPlace, UnusableReport
from signaal.intake import store
from signaal.intake.actions import ending, keeping
from signaal.intake.actions.opened import Said, address_keys, note_texts, open_texts
from signaal.intake.model import (
    ENDED,
    MOST_READ,
    STANDS_AFTER,
    ContactReason,
    Ending,
    Judgement,
    OpenReport,
    OpenReports,
    ReportStatus,
    UnplacedReport,
    Urgency,
)
from signaal.places import actions as places
from signaal.places.model import AddressWords, PlaceFound, PlaceUnclear
from signaal.services import Services
from signaal.visitor import Visitor

LONGEST_LIST = 200
WAITING = (ReportStatus.RECEIVED, ReportStatus.BEING_LOOKED_AT)
"""In these a report waits for a colleague."""
UNTRIAGED = (ReportStatus.RECEIVED,)
"""In this nobody has looked at it yet."""
log = structlog.get_logger()


# -- reading --------------------------------------------------------------------------------


def unplaced(session: Session, *, limit: int = LONGEST_LIST) -> list[UnplacedReport]:
    """Reports that wait for a place, without their text: acute first, then the oldest."""
    return [_listed(row) for row in store.unplaced(session, statuses=WAITING, limit=limit)]


def _readable(visitor: Visitor) -> tuple[ReportStatus, ...]:
    """In which statuses this role reads a report."""
    only_new = sight_of(visitor.role).case_text is CaseText.UNTRIAGED
    return UNTRIAGED if only_new else WAITING


def open_unplaced(services: Services, *, visitor: Visitor, purpose: str) -> list[UnplacedReport]:
    """Reports that wait for a place, with their text; the opening is written down first."""
    with services.database.session() as session, session.begin():
        rows = store.unplaced(session, statuses=_readable(visitor), limit=LONGEST_LIST)
        listed = [_listed(row) for row in rows]
        said = open_texts(services, session, [report.id for report in listed])
        note_texts(services, session, listed, said=said, visitor=visitor, purpose=purpose)
    return [
        replace(report, text=said.texts.get(report.id), additions=said.additions.get(report.id, ()))
        for report in listed
    ]


def open_reports(
    services: Services, *, visitor: Visitor, purpose: str
) -> dict[ReportStatus, OpenReports]:
    """Reports to read or to finish, with their text; the opening is written down first.

    Returns:
        Of each status in which a report waits for a colleague, and which this role reads, at
        most `MOST_READ` in the visitor's districts, or without a place: acute first, then the
        oldest.
    """
    with services.database.session() as session, session.begin():
        within = _blocks_of(session, visitor)
        found = {
            status: store.with_status(session, status, limit=MOST_READ, within=within)
            for status in _readable(visitor)
        }
        rows = [row for listed, _count in found.values() for row in listed]
        said = open_texts(services, session, [row.id for row in rows])
        blocks = {row.block_id for row in rows if row.block_id is not None}
        names = places.block_names(session, blocks)
        note_texts(services, session, rows, said=said, visitor=visitor, purpose=purpose)
    return {
        status: OpenReports(
            [_opened(row, names=names, said=said) for row in listed], more=count - len(listed)
        )
        for status, (listed, count) in found.items()
    }


def open_on_question(
    services: Services, reference: str, *, visitor: Visitor, purpose: str
) -> OpenReport | None:
    """One report, for whom a second person agreed to the dated question about it.

    Returns:
        None when there is no such report, or no agreed question about it: these look alike.
    """
    with services.database.session() as session, session.begin():
        row = store.by_reference(session, reference)
        now = services.clock.now()
        if row is None or not access.may_open_on_question(
            session, visitor=visitor, reference=reference, now=now
        ):
            return None
        said = open_texts(services, session, [row.id])
        names = places.block_names(session, {row.block_id} if row.block_id else ())
        access.record(
            session,
            visitor=visitor,
            act=Act.INQUIRY_TEXT_OPENED,
            purpose=purpose,
            subject=row.reference,
            now=now,
            places=said.places,
        )
    return _opened(row, names=names, said=said)


def open_contact(
    services: Services, report_id: UUID, *, visitor: Visitor, reason: ContactReason, purpose: str
) -> str | None:
    """How to reach a reporter, for whoever looks at the report; the reason is written down first.

    Returns:
        None when the reporter left none, or it was destroyed.

    Raises:
        UnusableReport: There is no such report within the visitor's reach, or nobody looks at it.
    """
    with services.database.session() as session, session.begin():
        row = _in_reach(session, report_id, visitor)
        if row.status is not ReportStatus.BEING_LOOKED_AT:
            raise UnusableReport(str(report_id))
        contact, about = _contact(services, session, report_id)
        access.record(
            session,
            visitor=visitor,
            act=Act.CONTACT_OPENED,
            purpose=purpose,
            subject=row.reference,
            now=services.clock.now(),
            details={"reason": reason.value},
            places=about,
        )
    return contact


def _contact(
    services: Services, session: Session, report_id: UUID
) -> tuple[str | None, Collection[str]]:
    """The contact, and keyed hashes of the address that the report is about."""
    with keeping.despite_a_broken_seal(report_id):
        opened = keeping.open_all(services, session, report_id)
        if opened:
            words = opened.place.words if opened.place else AddressWords()
            return opened.contact, address_keys(services, words)
    return None, ()


# -- within one's reach ---------------------------------------------------------------------


def _blocks_of(session: Session, visitor: Visitor) -> list[int] | None:
    """The blocks in the visitor's districts; None for the whole municipality."""
    if visitor.districts is None:
        return None
    return places.blocks_within(session, visitor.districts)


def _in_reach(session: Session, report_id: UUID, visitor: Visitor) -> store.ReportRow:
    """The report, held; one in another district is as unknown as one that isn't there."""
    row = store.report(session, report_id)
    if row is None or not _covers(session, visitor, row.block_id):
        raise UnusableReport(str(report_id))
    return row


def _covers(session: Session, visitor: Visitor, block_id: int | None) -> bool:
    if block_id is None or visitor.districts is None:
        return True
    _neighbourhood, district = places.areas_of_blocks(session, [block_id])[block_id]
    return visitor.covers(district)


# -- how it stands --------------------------------------------------------------------------


def look_at(services: Services, report_id: UUID, *, visitor: Visitor, purpose: str) -> None:
    """Says that a colleague looks at a report, which its reporter can follow; twice is as once.

    Raises:
        UnusableReport: There is no such report within the visitor's reach.
    """
    with services.database.session() as session, session.begin():
        row = _in_reach(session, report_id, visitor)
        if row.status is not ReportStatus.RECEIVED:
            return
        row.status = ReportStatus.BEING_LOOKED_AT
        _note(services, session, row, act=Act.REPORT_MOVED_ON, visitor=visitor, purpose=purpose)
    log.info("report moved on", report=str(report_id), role=visitor.role)


def reference_of(session: Session, report_id: UUID, *, visitor: Visitor) -> str:
    """The public reference of a report that the visitor may close.

    Raises:
        UnusableReport: There is no such report within the visitor's reach.
    """
    row = _in_reach(session, report_id, visitor)
    if row.status is not ReportStatus.BEING_LOOKED_AT:
        raise UnusableReport(str(report_id))
    return row.reference


def close(
    services: Services, report_id: UUID, judgement: Judgement, *, visitor: Visitor, purpose: str
) -> bool:
    """Closes a report with what was found; what was unfounded or wrong is gone at once.

    Returns:
        Whether it was closed now; False when a colleague had closed it already.

    Raises:
        UnusableReport: There is no such report within the visitor's reach, or nobody looked at it.
    """
    with services.database.session() as session, session.begin():
        store.hold_talk_of(session, report_id)  # it may go with the report
        row = _in_reach(session, report_id, visitor)
        if row.status in ENDED:
            return False
        if row.status is not ReportStatus.BEING_LOOKED_AT:
            raise UnusableReport(str(report_id))
        if judgement in STANDS_AFTER:
            row.status, row.outcome = STANDS_AFTER[judgement]
            row.closed_at = services.clock.now()
        else:
            ending.take_away(services, session, row, ending=Ending.UNFOUNDED)
        _note(services, session, row, act=Act.REPORT_CLOSED, visitor=visitor, purpose=purpose)
    log.info("report closed", report=str(report_id), role=visitor.role)
    return True


def _note(
    services: Services,
    session: Session,
    row: store.ReportRow,
    *,
    act: Act,
    visitor: Visitor,
    purpose: str,
) -> None:
    access.record(
        session,
        visitor=visitor,
        act=act,
        purpose=purpose,
        subject=row.reference,
        now=services.clock.now(),
    )


# -- placing --------------------------------------------------------------------------------


def place_by_hand(
    services: Services, report_id: UUID, words: AddressWords, *, visitor: Visitor, purpose: str
) -> PlaceFound:
    """Gives a report the place that a person found, in whatever district that is.

    Raises:
        UnusableReport: There is no such report within the visitor's reach; `AlreadyPlaced` when
            somebody was first.
        UnknownPlace: These words lead to no place; the reason is a `PlaceReason`.
    """
    with services.database.session() as session, session.begin():
        row = _in_reach(session, report_id, visitor)
        if row.block_id is not None:
            raise AlreadyPlaced(str(report_id))
        place = places.find_place(session, words)
        if isinstance(place, PlaceUnclear):
            raise UnknownPlace(place.reason)
        row.block_id, row.changed_at = place.block_id, services.clock.now()
        if row.urgency is Urgency.ACUTE:
            row.considered_at = None  # the night case, and pages yet to come, name the place
        _seal_place(services, session, report_id, words=words, dwelling_id=place.dwelling_id)
        _note(services, session, row, act=Act.REPORT_PLACED, visitor=visitor, purpose=purpose)
    log.info("report placed by hand", report=str(report_id), role=visitor.role)
    return place


def _opened(
    row: store.ReportRow, *, names: Mapping[int, tuple[str, str]], said: Said
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
        text=said.texts.get(row.id),
        additions=said.additions.get(row.id, ()),
    )


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
