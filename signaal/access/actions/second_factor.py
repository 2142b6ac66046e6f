"""The second factor: the codes of an app and recovery codes; each works once."""

import binascii
import hmac
from base64 import b32encode
from datetime import datetime
from uuid import UUID

import pyotp

from signaal.access.actions.tokens import code_hash_of
from signaal.access.store import people as store
from signaal.db import Session
from signaal.privacy import actions as privacy
from signaal.privacy.model import KeyPurpose
from signaal.services import Services

STEP_SECONDS = 30
DRIFT = (-1, 0, 1)
"""In steps: a telephone's clock may be a little behind or ahead (RFC 6238, section 5.2)."""
CODE_DIGITS = 6
SECRET_BYTES = 20
SHORTEST_SECRET, LONGEST_SECRET = 32, 64
"""Signs of base32: 160 bits at least (RFC 4226, section 4, R6)."""
ISSUER = "Signaal"


def totp_secret_for(services: Services, *, link: str, mark: str) -> str:
    """The secret of the app of who joins by this link, in base32; kept nowhere until `accept`.

    Args:
        services: Hold the house's secret, without which nobody makes it.
        link: By which somebody joins.
        mark: Of this one time that the link was followed: whoever looked earlier saw another one.
    """
    house = services.settings.secret_key.get_secret_value().encode()
    made = hmac.digest(b"signaal app:" + house, f"{link}\x1f{mark}".encode(), "sha256")
    return b32encode(made[:SECRET_BYTES]).decode()


def totp_address(totp_secret: str, *, email: str) -> str:
    """The address that an app reads from the square code."""
    return pyotp.TOTP(totp_secret).provisioning_uri(name=email, issuer_name=ISSUER)


def is_totp_secret(text: str) -> bool:
    """Whether this can be the secret of an app."""
    if not SHORTEST_SECRET <= len(text) <= LONGEST_SECRET or not text.isascii():
        return False
    try:
        return bool(pyotp.TOTP(text).byte_secret())
    except binascii.Error:
        return False


def step_of(totp_secret: str, code: str, *, now: datetime) -> int | None:
    """The step of 30 seconds that has this code; None when it is no code of this moment."""
    signs = code.replace(" ", "")
    if len(signs) != CODE_DIGITS or not (signs.isascii() and signs.isdigit()):
        return None
    current = int(now.timestamp()) // STEP_SECONDS
    totp = pyotp.TOTP(totp_secret)
    for step in (current + drift for drift in DRIFT):
        if hmac.compare_digest(totp.generate_otp(step), signs):
            return step
    return None


def sealed_secret(session: Session, services: Services, totp_secret: str, person: UUID) -> bytes:
    """The secret as it is kept, readable only for this person's row."""
    return _key(session, services).seal(totp_secret, about=_about(person))


def use_any_code(session: Session, services: Services, *, person: UUID, code: str) -> bool:
    """Uses up a code of the app or a recovery code, in the caller's transaction."""
    return use_app_code(session, services, person=person, code=code) or store.use_code(
        session, person, code_hash_of(code)
    )


def use_app_code(session: Session, services: Services, *, person: UUID, code: str) -> bool:
    """Uses up a code of the app; False when it is wrong, or was used."""
    row = store.person_row(session, person)
    if row is None or row.totp_sealed is None:
        return False
    secret = _key(session, services).open(row.totp_sealed, about=_about(person))
    step = step_of(secret, code, now=services.clock.now())
    return step is not None and store.use_counter(
        session, person, counter=step, sealed=row.totp_sealed
    )


def _key(session: Session, services: Services) -> privacy.GroupKey:
    return privacy.group_key(
        session, purpose=KeyPurpose.STAFF, master_key=services.settings.master_key
    )


def _about(person: UUID) -> str:
    return f"{person}:totp"
