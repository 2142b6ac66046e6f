"""People of invented organisations, made quickly: their hashes are quick to compare with."""

import dataclasses
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from uuid import UUID

import pyotp
from argon2 import PasswordHasher
from sqlmodel import col, select
from uuid_utils.compat import uuid7

from signaal.access import actions
from signaal.access.actions import hashing
from signaal.access.actions.second_factor import sealed_secret
from signaal.access.actions.sessions import begin
from signaal.access.actions.tokens import new_secret
from signaal.access.model import Assignment, Organisation, OrganisationKind, Role, SignInStep
from signaal.access.model.people import password_bytes
from signaal.access.store import people as store
from signaal.access.store.audit import AuditEntryRow
from signaal.errors import SignaalError
from signaal.services import HashCost, Services
from signaal.settings import Mode
from signaal.visitor import Visitor

PASSWORD = "vier rustige straten en een plein"
KEY = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@dataclass(frozen=True)
class Colleague:
    id: UUID
    email: str
    organisation: UUID


@cache
def slow_hash(secret: str) -> str:
    return hashing.hashed(password_bytes(secret), HashCost())


@cache
def quick_hash(secret: str) -> str:
    """A hash whose own parameters make it quick to compare with."""
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(password_bytes(secret))


def for_real(services: Services) -> Services:
    """The same services, where sessions end and nobody enters without a password."""
    settings = services.settings.model_copy(
        update={"mode": Mode.PRODUCTION, "oidc_organisation": "Gemeente"}
    )
    return dataclasses.replace(services, settings=settings)


def found(services: Services, name: str, kind: OrganisationKind) -> UUID:
    made = Organisation(uuid7(), name, kind)
    with services.database.session() as session, session.begin():
        store.add_organisation(session, made, now=services.clock.now())
        return store.organisation_named(session, name).id


def hire(
    services: Services,
    email: str,
    *roles: Role,
    organisation: UUID | None = None,
    districts: frozenset[str] | None = None,
    pin: str = "",
) -> Colleague:
    """Somebody who has joined, with the password and the app's key of everybody here."""
    now = services.clock.now()
    at = organisation or found(services, "Gemeente", OrganisationKind.MUNICIPALITY)
    row = store.PersonRow(
        id=uuid7(),
        organisation_id=at,
        email=email,
        duty_name="Dienst" if Role.DUTY_CONTACT in roles else "",
        password_hash=quick_hash(PASSWORD),
        pin_hash=quick_hash(pin) if pin else None,
        invited_at=now,
        joined_at=now,
    )
    with services.database.session() as session, session.begin():
        row.totp_sealed = sealed_secret(session, services, KEY, row.id)
        assert store.add_person(session, row)
        store.assign(session, row.id, [Assignment(role, districts) for role in roles])
    return Colleague(row.id, email, at)


def administrator(colleague: Colleague) -> Visitor:
    return Visitor(Role.ADMINISTRATOR, colleague.id, colleague.organisation, None)


def code_now(services: Services, key: str = KEY) -> str:
    return pyotp.TOTP(key).at(services.clock.now())


def waiting_for_code(services: Services, colleague: Colleague) -> str:
    """The secret of a session past the slow password."""
    secret, now = new_secret(), services.clock.now()
    with services.database.session() as session, session.begin():
        begin(session, secret, person=colleague.id, step=SignInStep.SECOND_FACTOR, now=now)
    return secret


def signed_in(services: Services, colleague: Colleague) -> str:
    """The secret of a session past the second factor."""
    secret, code = waiting_for_code(services, colleague), code_now(services)
    return actions.give_code(services, session_secret=secret, code=code).secret


def all_at_once(verbs: Sequence[Callable[[], object]], *, hands: int = 16) -> list[object]:
    """What each verb came to when all were begun together: a result, or how it was refused."""

    def outcome(verb: Callable[[], object]) -> object:
        try:
            return verb()
        except SignaalError as error:
            return type(error)

    with ThreadPoolExecutor(hands) as pool:
        return [each.result() for each in [pool.submit(outcome, verb) for verb in verbs]]


def acts(services: Services) -> list[str]:
    """What stands in the log, oldest first."""
    with services.database.reading() as reading:
        rows = reading.exec(select(AuditEntryRow).order_by(col(AuditEntryRow.seq)))
        return [row.act for row in rows]
