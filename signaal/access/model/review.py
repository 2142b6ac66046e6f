"""Reading the log: who may, what they ask for, and dated questions that two people agree on."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from signaal.access.model.audit import Entry
from signaal.access.model.roles import Role
from signaal.errors import UnknownPlace, UnusableInquiry

READS_LOG = frozenset({Role.AUDITOR, Role.DATA_PROTECTION_OFFICER})
"""Who reads the log, asks dated questions and agrees to those of others."""

PAGE = 50
"""Lines on one page."""

SHORTEST_REASON, LONGEST_REASON = 10, 500
OPEN_FOR = timedelta(days=7)
"""How long both may read the text once the second person has agreed."""
LAPSES_AFTER = timedelta(days=30)
"""A question to which nobody has agreed by then is forgotten."""

_REFERENCE = re.compile(r"[0-9A-Z]{4,12}")
_POSTCODE = re.compile(r"[1-9][0-9]{3}[A-Z]{2}")
_NUMBER = re.compile(r"[1-9][0-9]{0,4}[A-Z0-9 -]{0,8}")


@dataclass(frozen=True)
class Wanted:
    """Which lines somebody asks for; empty means all.

    Attributes:
        month: Any day of the month, in Amsterdam.
        act: What was done.
        role: In which role.
        person: By whose account.
        subject: To what.
    """

    month: date | None = None
    act: str = ""
    role: str = ""
    person: UUID | None = None
    subject: str = ""


@dataclass(frozen=True)
class LogPage:
    """One page of the log, the newest line first.

    Attributes:
        lines: At most `PAGE` of them.
        older: Where the next page begins; None on the last one.
        emails: With what those people sign in; who has left for long has none.
    """

    lines: tuple[Entry, ...]
    older: int | None
    emails: dict[UUID, str]


@dataclass(frozen=True)
class Inquiry:
    """A dated question about one report.

    Attributes:
        id: Its key.
        reference: Of the report.
        asked_at: When it was asked.
        asked_by: By whose account.
        reason: Why, in the asker's words; empty when it can't be read any more.
        agreed_at: When a second person agreed; None: not yet.
        agreed_by: Whose account that was.
    """

    id: UUID
    reference: str
    asked_at: datetime
    asked_by: UUID
    reason: str
    agreed_at: datetime | None = None
    agreed_by: UUID | None = None

    def is_open(self, now: datetime) -> bool:
        """Whether the text may be read now."""
        return self.agreed_at is not None and self.agreed_at <= now < self.agreed_at + OPEN_FOR

    def may_agree(self, person: UUID | None, now: datetime) -> bool:
        """Whether this person may still agree."""
        waits = self.agreed_at is None and now < self.asked_at + LAPSES_AFTER
        return waits and person is not None and person != self.asked_by


def usable_reference(typed: str) -> str:
    """The reference as it is kept.

    Raises:
        UnusableInquiry: It can't be the reference of a report.
    """
    reference = "".join(typed.split()).replace("-", "").upper()
    if not _REFERENCE.fullmatch(reference):
        raise UnusableInquiry("reference")
    return reference


def usable_reason(typed: str) -> str:
    """The reason as it is kept.

    Raises:
        UnusableInquiry: It is too short to be a reason, or too long.
    """
    reason = " ".join(typed.split())
    if not SHORTEST_REASON <= len(reason) <= LONGEST_REASON:
        raise UnusableInquiry("reason")
    return reason


def usable_home(postcode: str, number: str) -> tuple[str, str]:
    """Postcode and house number of an address, as they are compared.

    Raises:
        UnknownPlace: They can't be an address in the Netherlands.
    """
    code, house = "".join(postcode.split()).upper(), " ".join(number.split()).upper()
    if not (_POSTCODE.fullmatch(code) and _NUMBER.fullmatch(house)):
        raise UnknownPlace("home")
    return code, house
