"""Organisations, people and their roles: which go together, and what makes an account usable."""

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import pairwise
from types import MappingProxyType
from uuid import UUID

from signaal.access.model.roles import Role
from signaal.access.model.sight import MATRIX, READS_CASES, CaseText

LONGEST_EMAIL = 254
"""Signs of an e-mail address (RFC 5321, section 4.5.3.1.3, without the angle brackets)."""
LONGEST_NAME = 100
SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 200
FEWEST_DIFFERENT_SIGNS = 5
PIN_DIGITS = 6


class OrganisationKind(StrEnum):
    """What sort of organisation people work for."""

    MUNICIPALITY = "municipality"
    CORPORATION = "corporation"
    POLICE = "police"
    CARE_PROVIDER = "care_provider"


ROLES_OF: Mapping[OrganisationKind, frozenset[Role]] = MappingProxyType(
    {
        OrganisationKind.MUNICIPALITY: frozenset(
            {
                Role.TEAM_MEMBER,
                Role.DEBT_HELPER,
                Role.DUTY_CONTACT,
                Role.COORDINATOR,
                Role.PLANNER,
                Role.POLICY_OFFICER,
                Role.ADMINISTRATOR,
                Role.AUDITOR,
                Role.DATA_PROTECTION_OFFICER,
            }
        ),
        OrganisationKind.CORPORATION: frozenset(
            {Role.HOUSING_CONSULTANT, Role.ALLOCATOR, Role.BACK_OFFICE, Role.ADMINISTRATOR}
        ),
        OrganisationKind.POLICE: frozenset({Role.POLICE_OFFICER, Role.ADMINISTRATOR}),
        OrganisationKind.CARE_PROVIDER: frozenset(
            {
                Role.TEAM_MEMBER,
                Role.CARE_WORKER,
                Role.DEBT_HELPER,
                Role.DUTY_CONTACT,
                Role.PLANNER,
                Role.ADMINISTRATOR,
            }
        ),
    }
)
"""Which roles somebody of such an organisation may have."""

GIVEN_BY_MUNICIPALITY = frozenset(
    role
    for role, sight in MATRIX.items()
    if role in READS_CASES and sight.case_text not in {CaseText.OWN_CASES, CaseText.ON_DUTY}
)
"""Roles that read what others took in, and not their own cases alone: whichever organisation has
them, an administrator of the municipality gives them and says for which districts."""

WATCHES = frozenset({Role.AUDITOR, Role.DATA_PROTECTION_OFFICER})
"""Roles that look over the shoulder of those who read cases, and so don't work on cases."""


class AccountFault(StrEnum):
    """Why an account can't be like this; the page has the words."""

    NO_ROLE = "no_role"
    ROLE_TWICE = "role_twice"
    ROLE_OF_OTHER_KIND = "role_of_other_kind"
    ADMINISTRATOR_READS_CASES = "administrator_reads_cases"
    WATCHER_WORKS_ON_CASES = "watcher_works_on_cases"
    NO_DISTRICT = "no_district"
    DISTRICT_UNREADABLE = "district_unreadable"
    NAME_UNREADABLE = "name_unreadable"
    NAME_TAKEN = "name_taken"
    EMAIL_UNREADABLE = "email_unreadable"
    EMAIL_TAKEN = "email_taken"
    GIVEN_BY_MUNICIPALITY = "given_by_municipality"
    MUNICIPALITY_EXISTS = "municipality_exists"
    LAST_ADMINISTRATOR = "last_administrator"
    ADMINISTRATOR_EXISTS = "administrator_exists"
    PASSWORD_TOO_SHORT = "password_too_short"  # noqa: S105 - the name of a fault
    PASSWORD_TOO_LONG = "password_too_long"  # noqa: S105
    PASSWORD_UNREADABLE = "password_unreadable"  # noqa: S105
    PASSWORD_IS_EMAIL = "password_is_email"  # noqa: S105
    PASSWORD_COMMON = "password_common"  # noqa: S105
    TOTP_SECRET_UNREADABLE = "totp_secret_unreadable"  # noqa: S105
    PIN_UNREADABLE = "pin_unreadable"
    PIN_COMMON = "pin_common"


@dataclass(frozen=True)
class Organisation:
    """Somebody's employer."""

    id: UUID
    name: str
    kind: OrganisationKind


@dataclass(frozen=True)
class Assignment:
    """One role of one person.

    Attributes:
        role: In which capacity.
        districts: Codes of the districts in which; None for the whole municipality.
    """

    role: Role
    districts: frozenset[str] | None = None


@dataclass(frozen=True)
class Person:
    """One account; no name is stored.

    Attributes:
        id: Under which they stand in the log.
        organisation: For whom they work.
        email: With which they sign in; empty when it was forgotten after they left.
        duty_name: Under which name they stand in the rota.
        assignments: Their roles.
        joined_at: When they accepted the invitation; None: not yet.
        ended_at: When they left.
    """

    id: UUID
    organisation: Organisation
    email: str
    duty_name: str
    assignments: tuple[Assignment, ...]
    joined_at: datetime | None
    ended_at: datetime | None


def faults_in(roles: Collection[Role]) -> tuple[AccountFault, ...]:
    """Why nobody may hold these roles together; empty when somebody may."""
    held = frozenset(roles)
    checks = (
        (AccountFault.NO_ROLE, not held),
        (
            AccountFault.ADMINISTRATOR_READS_CASES,
            Role.ADMINISTRATOR in held and bool(held & READS_CASES),
        ),
        (
            AccountFault.WATCHER_WORKS_ON_CASES,
            bool(held & WATCHES and held & READS_CASES - WATCHES),
        ),
    )
    return tuple(fault for fault, is_so in checks if is_so)


def faults_in_assignments(
    assignments: Collection[Assignment], kind: OrganisationKind
) -> tuple[AccountFault, ...]:
    """Why nobody of such an organisation may be assigned this; empty when somebody may."""
    roles = [assignment.role for assignment in assignments]
    places = [assignment.districts for assignment in assignments]
    checks = (
        (AccountFault.ROLE_TWICE, len(set(roles)) < len(roles)),
        (AccountFault.ROLE_OF_OTHER_KIND, not ROLES_OF[kind].issuperset(roles)),
        (AccountFault.NO_DISTRICT, any(codes is not None and not codes for codes in places)),
        (
            AccountFault.DISTRICT_UNREADABLE,
            any(not _DISTRICT.fullmatch(code) for codes in places for code in codes or ()),
        ),
    )
    return faults_in(roles) + tuple(fault for fault, is_so in checks if is_so)


def fault_in_giving(
    assignments: Collection[Assignment], held: Collection[Assignment], *, by_municipality: bool
) -> tuple[AccountFault, ...]:
    """Why this administrator may not give these roles to somebody who holds those; else empty."""
    given = [one for one in assignments if one not in held]
    if by_municipality or not any(one.role in GIVEN_BY_MUNICIPALITY for one in given):
        return ()
    return (AccountFault.GIVEN_BY_MUNICIPALITY,)


_DISTRICT = re.compile(r"[A-Za-z0-9_-]{1,20}")
_EMAIL = re.compile(r"[^\s@<>,;:\"\x00-\x1f\x7f]{1,64}@[^\s@<>,;:\"\x00-\x1f\x7f]+")


def login_of(email: str) -> str | None:
    """The e-mail address as it is compared and kept; None when it can't be one."""
    login = _nfc(_nfc(email.strip()).casefold())
    readable = len(login) <= LONGEST_EMAIL and _is_plain(login) and _EMAIL.fullmatch(login)
    return login if readable else None


def name_of(text: str) -> str | None:
    """A name as it is kept; None when it is empty, too long or unreadable."""
    name = " ".join(_nfc(text).split())
    return name if 0 < len(name) <= LONGEST_NAME and _is_plain(name) else None


def fault_in_password(password: str, *, login: str) -> AccountFault | None:
    """Why this can't be the password of this account; None when it can.

    Source: NIST SP 800-63B-4 (2025), section 3.1.1.2: length counts, no rules of composition,
    refuse what is common or follows from the account.
    """
    plain = _nfc(password)
    folded = plain.casefold()
    if len(plain) < SHORTEST_PASSWORD:
        return AccountFault.PASSWORD_TOO_SHORT
    if len(plain) > LONGEST_PASSWORD:
        return AccountFault.PASSWORD_TOO_LONG
    if not _is_whole(plain):
        return AccountFault.PASSWORD_UNREADABLE
    if folded.strip() in {login, login.partition("@")[0]}:
        return AccountFault.PASSWORD_IS_EMAIL
    if folded in COMMON_PASSWORDS or len(set(folded)) < FEWEST_DIFFERENT_SIGNS:
        return AccountFault.PASSWORD_COMMON
    return None


def password_bytes(password: str) -> bytes:
    """What is hashed of a password: NFC, so that every keyboard's accents come out alike."""
    return _nfc(password).encode("utf-8", "replace")


def fault_in_pin(pin: str) -> AccountFault | None:
    """Why this can't be a PIN; None when it can."""
    if not is_pin(pin):
        return AccountFault.PIN_UNREADABLE
    steps = {(int(b) - int(a)) % 10 for a, b in pairwise(pin)}
    half = PIN_DIGITS // 2
    if len(steps) == 1 or len(set(pin)) < 3 or pin[:half] == pin[half:]:  # noqa: PLR2004
        return AccountFault.PIN_COMMON
    return None


def is_pin(text: str) -> bool:
    """Whether this looks like a PIN: six digits."""
    return len(text) == PIN_DIGITS and text.isascii() and text.isdigit()


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _is_plain(text: str) -> bool:
    """Whether the text has nothing in it that can't be seen: two names that look alike are one."""
    return _is_whole(text) and not any(unicodedata.category(sign) == "Cf" for sign in text)


def _is_whole(text: str) -> bool:
    """Whether the text has no control signs and no half characters."""
    return not any(unicodedata.category(sign) in {"Cc", "Cs"} for sign in text)


_COMMON = """
    123456789012 1234567890123 12345678901234 123456789123 0123456789012 987654321098
    012345678910 123123123123 1q2w3e4r5t6y 1qaz2wsx3edc 1qaz2wsx3edc4rfv qwertyuiop12
    qwertyuiop123 qwertyuiop1234 qwertyuiop[] qwertyuiopasdf asdfghjkl123 zxcvbnm12345
    abcdefghijkl abcdefgh1234 abcd12345678 a1b2c3d4e5f6 password1234 password12345 password123!
    password123456 passwordpassword password2025 password2026 p@ssw0rd1234 p@ssword1234
    wachtwoord12 wachtwoord123 wachtwoord1234 wachtwoord01 wachtwoord2025 wachtwoord2026
    wachtwoord123! welkom123456 welkom1234567 welkom012345 welkomwelkom welkom01welkom01
    welkom2025!! welkom2026!! geheim123456 geheimgeheim ikhouvanjou1 hoihoihoihoi
    amsterdam123 amsterdam1234 nederland123 nederland1234 feyenoord123 feyenoord1908 ajaxamsterdam
    zomer2025zomer zomer2026zomer voorjaar2026 najaar2026!! december2025 december2026
    november2026 september2026 februari2026 iloveyou1234 iloveyouiloveyou letmein12345
    administrator administrator1 beheerder123 beheerder1234 gemeente1234 gemeente2026
    signaal12345 signaal123456 signaalsignaal correcthorsebatterystaple
"""
COMMON_PASSWORDS = frozenset(_COMMON.split())
"""Passwords of twelve signs and more that are tried first (short by intent: length counts)."""
