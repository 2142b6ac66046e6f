"""Joining by invitation: a link valid for a week and once, which sets password and app code."""

from datetime import datetime, timedelta
from uuid import UUID

from signaal.access.actions import hashing
from signaal.access.actions.audit import record
from signaal.access.actions.second_factor import is_totp_secret, sealed_secret, step_of
from signaal.access.actions.tokens import code_hash_of, hash_of, new_code, new_secret
from signaal.access.model.audit import Act
from signaal.access.model.people import AccountFault, fault_in_password, password_bytes
from signaal.access.model.roles import Purpose
from signaal.access.store import people as store
from signaal.access.store import sessions as sessions_store
from signaal.db import Session
from signaal.errors import UnknownLink, UnusableAccount, WrongSignIn
from signaal.services import Services
from signaal.visitor import Visitor

LINK_LASTS = timedelta(days=7)
RECOVERY_CODES = 10


def make_link(session: Session, person: UUID, *, now: datetime) -> str:
    """A new link for somebody; the earlier ones are void. Returns its secret, told once."""
    secret = new_secret()
    store.add_invitation(
        session, token_hash=hash_of(secret) or "", person_id=person, expires_at=now + LINK_LASTS
    )
    return secret


def invited(services: Services, secret: str) -> str | None:
    """For which address this link is; None when it is unknown, used or too old."""
    with services.database.reading() as reading:
        row = store.invited(reading, hash_of(secret) or "", now=services.clock.now())
    return (row.email or "") if row else None


def accept(
    services: Services, *, secret: str, password: str, totp_secret: str, totp_code: str
) -> list[str]:
    """Joins: sets password and second factor, and uses the link up.

    Args:
        services: The tools of the house.
        secret: Of the link.
        password: As it was typed; 12 to 200 signs.
        totp_secret: What the page made for the app (`totp_secret_for`).
        totp_code: What the app shows now: proof that it took the secret over.

    Returns:
        Ten recovery codes, shown once.

    Raises:
        UnknownLink: The link is unknown, used or too old.
        UnusableAccount: The password can't be used.
        WrongSignIn: The code isn't the app's; the link can be used again.
        TooBusy: Too many others are signing in now.
    """
    now, token_hash = services.clock.now(), hash_of(secret) or ""
    with services.database.reading() as reading:
        row = store.invited(reading, token_hash, now=now)
    if row is None:
        raise UnknownLink("link")
    step = _checked(row, password=password, totp_secret=totp_secret, code=totp_code, now=now)
    kept = hashing.hashed(password_bytes(password), services.hash_cost)
    codes = [new_code() for _ in range(RECOVERY_CODES)]
    with services.database.session() as session, session.begin():
        sealed = sealed_secret(session, services, totp_secret, row.id)
        joined = store.use_invitation(session, token_hash, now=now) and store.update_person(
            session,
            row.id,
            {
                "password_hash": kept,
                "totp_sealed": sealed,
                "totp_counter": step,
                "joined_at": row.joined_at or now,
            },
        )
        if not joined:
            raise UnknownLink("link")
        sessions_store.end_all(session, row.id)
        store.replace_codes(session, row.id, [code_hash_of(code) for code in codes])
        _record_joining(session, row, now=now)
    return codes


def _checked(
    row: store.PersonRow, *, password: str, totp_secret: str, code: str, now: datetime
) -> int:
    """The step of the code that was given, when everything can be used."""
    if fault := fault_in_password(password, login=row.email or ""):
        raise UnusableAccount(fault)
    if not is_totp_secret(totp_secret):
        raise UnusableAccount(AccountFault.TOTP_SECRET_UNREADABLE)
    step = step_of(totp_secret, code, now=now)
    if step is None:
        raise WrongSignIn("code")
    return step


def _record_joining(session: Session, row: store.PersonRow, *, now: datetime) -> None:
    record(
        session,
        visitor=Visitor(person=row.id, organisation=row.organisation_id),
        act=Act.INVITATION_ACCEPTED,
        purpose=Purpose.SIGN_IN,
        subject=str(row.id),
        now=now,
    )
