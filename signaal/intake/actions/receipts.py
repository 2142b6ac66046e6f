"""Whoever holds the receipt code follows a report, adds to it, corrects it or withdraws it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from hmac import compare_digest
from uuid import UUID

import structlog
from uuid_utils.compat import uuid7

from signaal.access import actions as access
from signaal.access.model import Act, Purpose
from signaal.clock import period_of, week_of
from signaal.db import Session
from signaal.errors import (
    BrokenSeal,
    SettledPlace,
    TooManyTries,
    UnknownPlace,
    UnknownReceipt,
    UnusableReport,
)
from signaal.intake import store
from signaal.intake.actions import ending, keeping
from signaal.intake.model import (
    CODES_PER_ADDRESS,
    ENDED,
    MOST_ADDITIONS,
    TRIES,
    TRIES_WINDOW,
    Correction,
    Ending,
    PublicStatus,
    Receipt,
    SealedPlace,
    Urgency,
    keepable,
    keyed,
    more_urgent,
    typed_receipt,
)
from signaal.places import actions as places
from signaal.places.model import AddressWords, PlaceUnclear
from signaal.services import Services
from signaal.visitor import RESIDENT

_NOBODY = UUID(int=0)
_NOBODYS_HASH = "-" * 64

log = structlog.get_logger()


def follow(services: Services, code: str, *, address: str = "") -> PublicStatus:
    """How a report stands, for whoever holds its receipt code.

    Each try is counted in the database before it is answered, for codes that exist and codes
    that don't alike; the right code clears the count.

    Args:
        services: The tools of the house.
        code: As it was typed.
        address: The visitor's internet address, where tries from it are to be counted.

    Raises:
        TooManyTries: Five tries were made; the next may come after 15 minutes. Or too many came
            from this internet address within the hour.
        UnknownReceipt: There is no report with this code.
    """
    with _held(services, code, address=address) as (session, row):
        return _status(session, row)


def add_to(services: Services, code: str, text: str, *, address: str = "") -> PublicStatus:
    """Adds to a report what its reporter heard or saw since; sent twice it is added once.

    Raises:
        UnknownReceipt: As with `follow`.
        UnusableReport: Nothing was said, the report is closed, or it was added to too often.
    """
    with _held(services, code, address=address) as (session, row):
        kept = keepable(text)
        opened = _changeable(services, session, row)
        if not kept or len(opened.additions) >= MOST_ADDITIONS:
            raise UnusableReport(row.reference)
        if kept not in {said for _row, said in opened.additions}:
            addition = store.ReportAdditionRow(
                id=uuid7(), report_id=row.id, added_at=services.clock.now(), text=b""
            )
            store.add_addition(session, addition)
            more = replace(opened, additions=(*opened.additions, (addition, kept)))
            keeping.seal_anew(services, session, row.id, more)
            _say_sooner(services, session, row, kept)
            _record(services, session, row, act=Act.REPORT_ADDED_TO)
        return _status(session, row)


def correct(
    services: Services, code: str, correction: Correction, *, address: str = ""
) -> PublicStatus:
    """Puts another place or text in a report; what stood there can't be opened any more.

    Raises:
        UnknownReceipt: As with `follow`.
        UnknownPlace: The place can't be found; the reason is a `PlaceReason`. Nothing changed.
        UnusableReport: There is nothing to correct, or the report is closed; `SettledPlace` when
            the figures of the period in which it came in stand already. Nothing changed.
    """
    with _held(services, code, address=address) as (session, row):
        opened = _changeable(services, session, row)
        text = keepable(correction.text) if correction.text is not None else ""
        if not text and correction.words is None:
            raise UnusableReport(row.reference)
        if correction.words is not None:
            opened = _moved(services, session, row, words=correction.words, opened=opened)
        if text:
            opened = opened.with_text(text)
            _say_sooner(services, session, row, text)
        keeping.seal_anew(services, session, row.id, opened)
        row.changed_at = services.clock.now()
        _record(services, session, row, act=Act.REPORT_CORRECTED)
        return _status(session, row)


def withdraw(services: Services, code: str, *, address: str = "") -> None:
    """Takes a report away at once, for whoever holds its code; the code is unknown afterwards.

    Raises:
        UnknownReceipt: As with `follow`.
    """
    with _held(services, code, address=address, to_end=True) as (session, row):
        ending.take_away(services, session, row, ending=Ending.WITHDRAWN)
        _record(services, session, row, act=Act.REPORT_WITHDRAWN)


# -- the code -------------------------------------------------------------------------------


@contextmanager
def _held(
    services: Services, code: str, *, address: str, to_end: bool = False
) -> Iterator[tuple[Session, store.ReportRow]]:
    """The report of whoever holds this code, in a transaction that ends with the block.

    A wrong try is committed before it is answered. What goes wrong in the block takes the
    block's own changes back. With `to_end` its conversation is held too, before the report.
    """
    receipt = typed_receipt(code)
    if receipt is None:
        raise UnknownReceipt
    with services.database.session() as session, session.begin():
        allowed = _may_try(services, session, receipt, address=address)
        if allowed and to_end:
            store.hold_talk_of(session, receipt.public)
        row = _matching(services, session, receipt) if allowed else None
        if row:
            access.forgive_tries(session, _key_of(services, receipt))
            yield session, row
            return
    raise UnknownReceipt if allowed else TooManyTries


def _may_try(services: Services, session: Session, receipt: Receipt, *, address: str) -> bool:
    """Counts a try; one that its internet address may not make keeps no reporter waiting."""
    return keeping.may_again(
        services, session, what="code", address=address, limit=CODES_PER_ADDRESS
    ) and access.count_try(
        session,
        key=_key_of(services, receipt),
        limit=TRIES,
        silence=TRIES_WINDOW,
        now=services.clock.now(),
    )


def _key_of(services: Services, receipt: Receipt) -> str:
    return keyed(keeping.pepper_of(services), "try", receipt.public)


def _matching(services: Services, session: Session, receipt: Receipt) -> store.ReportRow | None:
    """The report with this receipt; an unknown code takes the same steps as a wrong one."""
    row = store.by_reference(session, receipt.public, held=True)
    kept = row.receipt_hash if row and row.receipt_hash else _NOBODYS_HASH
    given = keeping.receipt_hash(services, row.id if row else _NOBODY, receipt.secret)
    return row if compare_digest(kept, given) else None


# -- what is changed ------------------------------------------------------------------------


def _changeable(services: Services, session: Session, row: store.ReportRow) -> keeping.Opened:
    """All that is sealed of a report that is still open."""
    try:
        opened = keeping.open_all(services, session, row.id)
    except BrokenSeal:
        log.exception("seal broken", report=str(row.id))
        opened = None
    if row.status in ENDED or opened is None:
        raise UnusableReport(row.reference)
    return opened


def _moved(
    services: Services,
    session: Session,
    row: store.ReportRow,
    *,
    words: AddressWords,
    opened: keeping.Opened,
) -> keeping.Opened:
    place = places.find_place(session, words)
    if isinstance(place, PlaceUnclear):
        raise UnknownPlace(place.reason)
    if row.block_id != place.block_id:
        running = period_of(week_of(services.clock.now()))
        if period_of(row.week) != running:  # or one report would ask every block how many it has
            raise SettledPlace(row.reference)
        if row.urgency is Urgency.ACUTE:
            row.considered_at = None  # the night case, and pages yet to come, name the new place
    row.block_id = place.block_id
    row.changed_at = services.clock.now()
    return replace(opened, place=SealedPlace(words, place.dwelling_id))


def _say_sooner(services: Services, session: Session, row: store.ReportRow, text: str) -> None:
    """A person looks sooner where the new words say so, and never later."""
    reading = keeping.read(services, session, text)
    urgency = more_urgent(row.urgency, reading.urgency)
    if urgency is not row.urgency:
        row.urgency, row.considered_at = urgency, None
    row.changed_at = services.clock.now()


def _record(services: Services, session: Session, row: store.ReportRow, *, act: Act) -> None:
    access.record(
        session,
        visitor=RESIDENT,
        act=act,
        purpose=Purpose.FOLLOW,
        subject=row.reference,
        now=services.clock.now(),
    )


def _status(session: Session, row: store.ReportRow) -> PublicStatus:
    return PublicStatus(
        kind=row.kind,
        status=row.status,
        received_at=row.received_at,
        neighbourhood=_neighbourhood(session, row),
        additions=len(store.additions(session, [row.id])),
        can_change=row.status not in ENDED,
        acute=row.urgency is Urgency.ACUTE,
    )


def _neighbourhood(session: Session, row: store.ReportRow) -> str | None:
    return places.neighbourhood_name(session, row.block_id) if row.block_id is not None else None
