"""What the night line opens of a report, inside the transaction that writes the opening down."""

from dataclasses import dataclass

from signaal.db import Session
from signaal.intake import store
from signaal.intake.actions import keeping
from signaal.places.model import AddressWords
from signaal.services import Services


@dataclass(frozen=True)
class ReportAtNight:
    """One report, opened.

    Attributes:
        text: What was said; None when it was destroyed or can't be opened.
        place: The address as it was said; None when it wasn't asked for or can't be opened.
    """

    text: str | None
    place: AddressWords | None = None


def report_at_night(
    session: Session, services: Services, reference: str, *, with_place: bool
) -> ReportAtNight:
    """Opens a report for the night line; the caller writes the opening down.

    Args:
        session: The caller's session, in its transaction.
        services: The tools of the house.
        reference: The public reference of the report.
        with_place: Whether the address is opened too.
    """
    row = store.by_reference(session, reference)
    sealed = store.sealed(session, [row.id]).get(row.id) if row else None
    opened = ReportAtNight(None)
    if row is None or sealed is None:
        return opened
    with keeping.despite_a_broken_seal(row.id):
        key = keeping.key_of(services, session, sealed)
        if key:
            place = keeping.place_in(key, sealed).words if with_place else None
            text = key.open(sealed.text) if sealed.text is not None else None
            opened = ReportAtNight(text, place)
    return opened
