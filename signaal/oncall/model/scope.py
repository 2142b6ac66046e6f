"""Which night cases somebody may see, and what of them."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from signaal.access.model import CaseText, Contact, DwellingSight, sight_of
from signaal.privacy.model import MASK
from signaal.visitor import Visitor

READABLE_ON_DUTY = timedelta(hours=12)
"""So long after a case began a duty contact may read its report: about one shift."""
SHOWN_DIGITS = 2
BY_DISTRICT = frozenset({CaseText.OWN_DISTRICT, CaseText.UNTRIAGED})
"""Who sees the night cases of their own districts."""


@dataclass(frozen=True)
class Duty:
    """Whether somebody stands in the rota.

    Attributes:
        now: At this moment.
        then: At the moment when the case began.
    """

    now: bool
    then: bool


@dataclass(frozen=True)
class NightReading:
    """One case as it is opened.

    Attributes:
        texts: What its reports say, oldest first; None where a text was destroyed.
        additions: What was added since to each of those reports, in the same order.
        number: The neighbour's number, but for its end masked; None where it isn't shown.
        addresses: Where it is, in words; only for who gave their PIN.
        asks_pin: Whether the address is shown once the PIN has been given.
    """

    texts: tuple[str | None, ...]
    additions: tuple[tuple[str, ...], ...] = ()
    number: str | None = None
    addresses: tuple[str, ...] = ()
    asks_pin: bool = False


def sees_night(visitor: Visitor) -> bool:
    """Whether this role sees night cases at all."""
    return sight_of(visitor.role).case_text in {*BY_DISTRICT, CaseText.ON_DUTY}


def may_see(
    visitor: Visitor, *, district: str | None, opened_at: datetime, now: datetime, duty: Duty
) -> bool:
    """Whether this case is within somebody's reach.

    A duty contact sees the cases of every district while on duty, and those that began during
    their duty for twelve hours; colleagues see those of their own districts, and those of which
    nobody knows yet where they are.
    """
    sight = sight_of(visitor.role).case_text
    if sight is CaseText.ON_DUTY:
        return duty.now or (duty.then and now - opened_at <= READABLE_ON_DUTY)
    return sight in BY_DISTRICT and (district is None or visitor.covers(district))


def may_read_still(visitor: Visitor, *, opened_at: datetime, now: datetime) -> bool:
    """Whether the time in which this role may read what was reported hasn't gone by."""
    on_duty = sight_of(visitor.role).case_text is CaseText.ON_DUTY
    return not on_duty or now - opened_at <= READABLE_ON_DUTY


def sees_masked_number(visitor: Visitor) -> bool:
    """Whether this role sees the end of the neighbour's number."""
    return sight_of(visitor.role).contact is Contact.MASKED_ON_DUTY


def sees_address(visitor: Visitor) -> bool:
    """Whether this role sees the address, once the PIN has been given."""
    return sight_of(visitor.role).dwelling is DwellingSight.ON_DUTY_WITH_PIN


def masked_number(number: str) -> str:
    """The end of a number: enough to know it again on the telephone, too little to ring it."""
    return f"{MASK}{number[-SHOWN_DIGITS:]}"
