"""A reporter follows a report with the receipt code."""

from hmac import compare_digest
from uuid import UUID

from signaal.db import Session
from signaal.errors import TooManyTries, UnknownReceipt
from signaal.intake import store
from signaal.intake.actions import keeping
from signaal.intake.model import (
    TRIES,
    TRIES_WINDOW,
    PublicStatus,
    Receipt,
    keyed,
    typed_receipt,
)
from signaal.places import actions as places
from signaal.services import Services

_NOBODY = UUID(int=0)
_NOBODYS_HASH = "-" * 64


def follow(services: Services, code: str) -> PublicStatus:
    """How a report stands, for whoever holds its receipt code.

    Each try is counted in the database before it is answered, for codes that exist and codes
    that don't alike; the right code clears the count.

    Raises:
        TooManyTries: Five tries were made; the next may come after 15 minutes.
        UnknownReceipt: There is no report with this code.
    """
    receipt = typed_receipt(code)
    if receipt is None:
        raise UnknownReceipt
    now = services.clock.now()
    public_key = keyed(keeping.pepper_of(services), "try", receipt.public)
    with services.database.session() as session, session.begin():
        tries = store.count_try(
            session, public_key=public_key, now=now, silence_before=now - TRIES_WINDOW
        )
        row = _matching(services, session, receipt)
        if row and tries <= TRIES:
            store.forgive_tries(session, public_key)
            return PublicStatus(
                kind=row.kind,
                status=row.status,
                received_at=row.received_at,
                neighbourhood=_neighbourhood(session, row),
            )
    raise TooManyTries if tries > TRIES else UnknownReceipt


def _matching(services: Services, session: Session, receipt: Receipt) -> store.ReportRow | None:
    """The report with this receipt; an unknown code takes the same steps as a wrong one."""
    row = store.by_reference(session, receipt.public)
    kept = row.receipt_hash if row and row.receipt_hash else _NOBODYS_HASH
    given = keeping.receipt_hash(services, row.id if row else _NOBODY, receipt.secret)
    return row if compare_digest(kept, given) else None


def _neighbourhood(session: Session, row: store.ReportRow) -> str | None:
    return places.neighbourhood_name(session, row.block_id) if row.block_id is not None else None
