"""What the night line opens of a report, inside the transaction that writes the opening down."""

from dataclasses import dataclass

from signaal.db import Session
from signaal.intake import store
from signaal.intake.actions import keeping
from signaal.intake.actions.opened import address_keys
from signaal.places.model import AddressWords
from signaal.services import Services


@dataclass(frozen=True)
class ReportAtNight:
    """One report, opened.

    Attributes:
        text: What was said; None when it was destroyed or can't be opened.
        additions: What was added since, oldest first: these words may have rung the telephone.
        place: The address as it was said; None when it wasn't asked for or can't be opened.
        about: Keyed hashes of the address that it is about, for the log of acts.
    """

    text: str | None
    additions: tuple[str, ...] = ()
    place: AddressWords | None = None
    about: frozenset[str] = frozenset()


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
    shown = ReportAtNight(None)
    if row is None:
        return shown
    with keeping.despite_a_broken_seal(row.id):
        opened = keeping.open_all(services, session, row.id)
        if opened:
            words = opened.place.words if opened.place else AddressWords()
            shown = ReportAtNight(
                opened.text,
                additions=tuple(said for _row, said in opened.additions),
                place=words if with_place else None,
                about=frozenset(address_keys(services, words)),
            )
    return shown
