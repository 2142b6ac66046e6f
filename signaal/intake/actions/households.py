"""A household asks what is held about it, and a person answers; reporters stay shielded."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from uuid_utils.compat import uuid7

from signaal.access import actions as access
from signaal.access.model import Act
from signaal.clock import AMSTERDAM
from signaal.db import Session
from signaal.errors import TooManyReports, UnknownRequest
from signaal.intake import store
from signaal.intake.actions import keeping
from signaal.intake.actions.opened import address_keys
from signaal.intake.model import (
    ANSWER_WITHIN,
    REQUESTS_PER_ADDRESS,
    HeldReport,
    HouseholdRequest,
    Identity,
    ListedRequest,
    OpenedRequest,
    RequestState,
    days_left,
    keepable,
)
from signaal.places import actions as places
from signaal.places.model import AddressWords, PlaceFound
from signaal.privacy import actions as sealing
from signaal.services import Services
from signaal.visitor import RESIDENT, Visitor

LONGEST_LIST = 200
SHOUT_EVERY = timedelta(days=1)

log = structlog.get_logger()


def ask(services: Services, request: HouseholdRequest, *, purpose: str, address: str = "") -> str:
    """Takes in what a household asks.

    Args:
        services: The tools of the house.
        request: What was typed.
        purpose: What for.
        address: The visitor's internet address, where what comes from it is to be counted.

    Returns:
        The reference under which it is kept.

    Raises:
        TooManyReports: Too many came from this internet address within the hour.
    """
    now = services.clock.now()
    with services.database.session() as session, session.begin():
        limit = REQUESTS_PER_ADDRESS
        if not keeping.may_again(services, session, what="inzage", address=address, limit=limit):
            raise TooManyReports
        key = sealing.new_key(session, key_id=uuid7(), master_key=services.settings.master_key)
        row = store.HouseholdRequestRow(
            id=uuid7(),
            reference=keeping.random_receipt().public,
            key_id=key.id,
            asked=key.seal(_to_json(request)),
            asked_at=now,
            due_at=now + ANSWER_WITHIN,
            state=RequestState.OPEN,
        )
        while not store.add_request(session, row):
            row.reference = keeping.random_receipt().public
        access.record(
            session,
            visitor=RESIDENT,
            act=Act.HOUSEHOLD_REQUEST_MADE,
            purpose=purpose,
            subject=row.reference,
            now=now,
        )
    log.info("household request made", request=str(row.id))
    return row.reference


def _to_json(request: HouseholdRequest) -> str:
    return json.dumps(
        asdict(request) | {"text": keepable(request.text)}, ensure_ascii=False, sort_keys=True
    )


def _from_json(text: str) -> HouseholdRequest:
    kept = json.loads(text)
    return HouseholdRequest(AddressWords(**kept["address"]), kept["contact"], kept["text"])


# -- the answer -----------------------------------------------------------------------------


def household_requests(services: Services) -> list[ListedRequest]:
    """Household requests, unopened: what must be answered first stands first."""
    now = services.clock.now()
    with services.database.reading() as session:
        return [_listed(row, now=now) for row in store.requests(session, limit=LONGEST_LIST)]


def open_request(
    services: Services, request_id: UUID, *, visitor: Visitor, purpose: str
) -> OpenedRequest:
    """What was asked, and what is held about that dwelling; the opening is written down first.

    To know which reports are about the dwelling, the dwellings of all reports in the blocks
    around it are opened. Of those reports nothing is handed on that leads to a reporter: no text,
    contact, channel, day or token.

    Raises:
        UnknownRequest: There is no such request.
    """
    now = services.clock.now()
    with services.database.session() as session, session.begin():
        row = store.request(session, request_id)
        if row is None:
            raise UnknownRequest(str(request_id))
        asked, answer = _unsealed(services, session, row)
        seals, held = _held_about(services, session, asked.address) if asked else (0, None)
        access.record(
            session,
            visitor=visitor,
            act=Act.HOUSEHOLD_REQUEST_OPENED,
            purpose=purpose,
            subject=row.reference,
            now=now,
            details={"seals": seals, "reports": len(held or ())},
            places=address_keys(services, asked.address) if asked else (),
        )
    return OpenedRequest(
        listed=_listed(row, now=now),
        asked=asked,
        held=held,
        identity=row.identity,
        answered_at=row.answered_at,
        answer=answer,
    )


def answer_request(
    services: Services,
    request_id: UUID,
    *,
    visitor: Visitor,
    purpose: str,
    identity: Identity,
    answer: str,
) -> None:
    """Writes down how a household request was answered; twice is as once.

    Raises:
        UnknownRequest: There is no such request, or its seal was destroyed.
    """
    now = services.clock.now()
    with services.database.session() as session, session.begin():
        row = store.request(session, request_id)
        key = (
            sealing.find_key(session, key_id=row.key_id, master_key=services.settings.master_key)
            if row
            else None
        )
        if row is None or key is None:
            raise UnknownRequest(str(request_id))
        if row.state is RequestState.ANSWERED:
            return
        row.state, row.answered_at, row.identity = RequestState.ANSWERED, now, identity
        row.answer = key.seal(keepable(answer))
        access.record(
            session,
            visitor=visitor,
            act=Act.HOUSEHOLD_REQUEST_ANSWERED,
            purpose=purpose,
            subject=row.reference,
            now=now,
            details={"identity": identity.value},
        )
    log.info("household request answered", request=str(request_id))


def shout_late_requests(services: Services) -> int:
    """Says in the log, once a day, which household requests are late.

    Returns:
        How many.
    """
    now = services.clock.now()
    with services.database.session() as session, session.begin():
        late = store.claim_late(session, now=now, shouted_before=now - SHOUT_EVERY)
    if late:
        log.error("household requests are late", requests=[str(each) for each in late])
    return len(late)


def _listed(row: store.HouseholdRequestRow, *, now: datetime) -> ListedRequest:
    return ListedRequest(
        id=row.id,
        reference=row.reference,
        asked_at=row.asked_at,
        due_at=row.due_at,
        state=row.state,
        days_left=days_left(row.due_at, now=now),
    )


def _unsealed(
    services: Services, session: Session, row: store.HouseholdRequestRow
) -> tuple[HouseholdRequest | None, str]:
    with keeping.despite_a_broken_seal(row.id):
        key = sealing.find_key(session, key_id=row.key_id, master_key=services.settings.master_key)
        if key and row.asked is not None:
            answer = key.open(row.answer) if row.answer is not None else ""
            return _from_json(key.open(row.asked)), answer
    return None, ""


def _held_about(
    services: Services, session: Session, address: AddressWords
) -> tuple[int, Sequence[HeldReport] | None]:
    """How many seals were opened, and the reports about this one dwelling."""
    home = places.find_place(session, address)
    if not isinstance(home, PlaceFound) or home.dwelling_id is None:
        return 0, None
    around = places.blocks_around(session, home.dwelling_id)
    rows = store.in_blocks(session, around)
    sealed = store.sealed(session, [row.id for row in rows])
    key_ids = [each.key_id for each in sealed.values()]
    keys = sealing.find_keys(session, key_ids, master_key=services.settings.master_key)
    held = []
    for row in rows:
        with keeping.despite_a_broken_seal(row.id):
            key = keys.get(sealed[row.id].key_id)
            if key and keeping.place_in(key, sealed[row.id]).dwelling_id == home.dwelling_id:
                held.append(_shielded(row))
    return len(rows), tuple(held)


def _shielded(row: store.ReportRow) -> HeldReport:
    day = row.received_at.astimezone(AMSTERDAM)
    return HeldReport(row.kind, row.category, (day.year, day.month), row.status)
