"""The log of acts: who did or read what, for which purpose, each line chained to the one before."""

import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from types import MappingProxyType
from uuid import UUID

from signaal.errors import UnusableAct

GENESIS = bytes(32)
"""What stands before the first line."""


class Act(StrEnum):
    """What somebody did, or read."""

    REPORT_TAKEN_IN = "report_taken_in"
    TEXT_OPENED = "text_opened"
    CONTACT_OPENED = "contact_opened"
    REPORT_MOVED_ON = "report_moved_on"
    REPORT_CLOSED = "report_closed"
    REPORT_PLACED = "report_placed"
    REPORT_ADDED_TO = "report_added_to"
    REPORT_CORRECTED = "report_corrected"
    REPORT_WITHDRAWN = "report_withdrawn"

    NIGHT_TEXT_OPENED = "night_text_opened"
    NIGHT_CONTACT_OPENED = "night_contact_opened"
    NIGHT_DWELLING_OPENED = "night_dwelling_opened"
    NIGHT_CASE_MOVED_ON = "night_case_moved_on"
    ALARM_ACKNOWLEDGED = "alarm_acknowledged"

    FIGURES_EXPORTED = "figures_exported"
    PLACE_LOOKED_AT = "place_looked_at"

    SIGNED_IN = "signed_in"
    SIGN_IN_FAILED = "sign_in_failed"
    SIGNED_OUT = "signed_out"
    ROLE_CHOSEN = "role_chosen"
    PIN_SET = "pin_set"
    PIN_GIVEN = "pin_given"
    PIN_FAILED = "pin_failed"

    ORGANISATION_MADE = "organisation_made"
    PERSON_INVITED = "person_invited"
    INVITATION_ACCEPTED = "invitation_accepted"
    ROLES_CHANGED = "roles_changed"
    PERSON_ENDED = "person_ended"
    SECOND_FACTOR_RESET = "second_factor_reset"
    SESSIONS_REVOKED = "sessions_revoked"
    HOME_REGISTERED = "home_registered"
    HOME_FORGOTTEN = "home_forgotten"

    HOUSEHOLD_REQUEST_MADE = "household_request_made"
    HOUSEHOLD_REQUEST_OPENED = "household_request_opened"
    HOUSEHOLD_REQUEST_ANSWERED = "household_request_answered"

    INQUIRY_ASKED = "inquiry_asked"
    INQUIRY_AGREED = "inquiry_agreed"
    INQUIRY_TEXT_OPENED = "inquiry_text_opened"
    LOG_READ = "log_read"

    PURGED = "purged"
    KEYS_ROTATED = "keys_rotated"


OPENINGS = frozenset(
    {
        Act.TEXT_OPENED,
        Act.CONTACT_OPENED,
        Act.NIGHT_TEXT_OPENED,
        Act.NIGHT_CONTACT_OPENED,
        Act.NIGHT_DWELLING_OPENED,
        Act.HOUSEHOLD_REQUEST_OPENED,
        Act.INQUIRY_TEXT_OPENED,
    }
)
"""Acts by which somebody saw what is about a person."""

CARE_ACTS = (
    OPENINGS
    | frozenset(
        act for act in Act if act.value.startswith(("report_", "night_", "household_", "inquiry_"))
    )
    | {Act.ALARM_ACKNOWLEDGED}
)
"""Acts with data about the health or care of people: their lines are kept longest."""

NO_DETAILS: Mapping[str, str | int] = MappingProxyType({})

OWN_ADDRESS = "own_address"
"""The detail of a look at the reader's own address; the address itself is never kept."""

_SUBJECT = re.compile(r"[A-Za-z0-9][A-Za-z0-9:._,/-]{0,119}")
_DETAIL = re.compile(r"[A-Za-z0-9:._,/-]{0,120}")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


@dataclass(frozen=True)
class Entry:
    """One line of the log.

    Attributes:
        seq: Its number; counts up by one, without holes.
        at: When, aware, UTC.
        person: Whose account; None for a resident and for Signaal itself.
        role: In which role; empty for a resident.
        organisation: For which organisation; None for a resident.
        purpose: What for.
        act: What was done or read.
        subject: The id or reference of what it was done to.
        details: JSON with sorted keys; ids, codes and counts only.
    """

    seq: int
    at: datetime
    person: UUID | None
    role: str
    organisation: UUID | None
    purpose: str
    act: str
    subject: str = ""
    details: str = "{}"

    @property
    def told(self) -> Mapping[str, str | int]:
        """The details, by name."""
        return read_details(self.details)


def digest(previous: bytes, entry: Entry) -> bytes:
    """The sign of one line and, through the previous sign, of all lines before it.

    Args:
        previous: The sign of the line before; `GENESIS` for the first.
        entry: The line.

    Returns:
        32 bytes: the SHA-256 of the previous sign and the line as a JSON list.

    Source: Schneier and Kelsey (1999), Secure Audit Logs to Support Computer Forensics, ACM
    TISSEC 2(2), 159-176, hash chain.
    """
    line = [
        entry.seq,
        entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        entry.person.hex if entry.person else None,
        entry.role,
        entry.organisation.hex if entry.organisation else None,
        entry.purpose,
        entry.act,
        entry.subject,
        entry.details,
    ]
    return sha256(previous + json.dumps(line, separators=(",", ":")).encode("ascii")).digest()


def canonical_details(details: Mapping[str, str | int]) -> str:
    """Details as they are kept: JSON, keys in order.

    Raises:
        UnusableAct: They hold more than ids, codes and counts.
    """
    for name, value in details.items():
        if not _NAME.fullmatch(name) or (isinstance(value, str) and not _DETAIL.fullmatch(value)):
            raise UnusableAct(f"detail {name!r} of an act holds more than an id or a code")
    return json.dumps(dict(details), sort_keys=True, separators=(",", ":"))


def read_details(details: str) -> Mapping[str, str | int]:
    """Details as they were kept; none when somebody altered them into something else."""
    try:
        found = json.loads(details)
    except ValueError:
        return NO_DETAILS
    return found if isinstance(found, dict) else NO_DETAILS


def check_subject(subject: str) -> str:
    """The same subject.

    Raises:
        UnusableAct: It is something else than an id or reference.
    """
    if subject and not _SUBJECT.fullmatch(subject):
        raise UnusableAct("the subject of an act is no id or reference")
    return subject


def place_key(*, postcode: str, number: str, pepper: str) -> str:
    """Stands for one address, so that two can be compared without knowing either.

    Args:
        postcode: Dutch postcode, with or without the space.
        number: House number, with its letter and addition.
        pepper: The installation's secret.

    Returns:
        32 hexadecimal digits of an HMAC-SHA256.
    """
    place = "".join(sign for sign in (postcode + ":" + number).upper() if sign not in " -")
    return hmac.new(pepper.encode(), b"address:" + place.encode(), sha256).hexdigest()[:32]
