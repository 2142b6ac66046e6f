"""Secrets that are told once, of which only hashes are kept."""

import hmac
import secrets
from hashlib import sha256

from signaal.services import Services

SECRET_BYTES = 32
"""256 bits: nobody can guess one, so a bare hash of it is enough."""
SECRET_SIGNS = 43
"""So long is one in base64 without padding."""
CODE_SIGNS = 16
"""Of a recovery code, five bits each: 80 bits."""
CODE_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base32: no I, L, O, U."""
_READ_AS = str.maketrans("ILO", "110", " -")


def new_secret() -> str:
    """A secret for a cookie or a link."""
    return secrets.token_urlsafe(SECRET_BYTES)


def hash_of(secret: str) -> str | None:
    """What is kept of such a secret; None for what can't be one."""
    if len(secret) != SECRET_SIGNS or not secret.isascii():
        return None
    return sha256(secret.encode()).hexdigest()


def new_code() -> str:
    """A recovery code, as it is shown: four groups of four signs."""
    signs = "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_SIGNS))
    return "-".join(signs[start : start + 4] for start in range(0, CODE_SIGNS, 4))


def code_hash_of(code: str) -> str:
    """What is kept of a recovery code, however it was typed."""
    signs = code.upper().translate(_READ_AS)
    return sha256(signs.encode("utf-8", "replace")).hexdigest()


def key_of_tries(services: Services, *parts: object) -> str:
    """A keyed hash under which tries are counted: it tells nobody what was tried."""
    secret = services.settings.secret_key.get_secret_value().encode()
    whole = "\x1f".join(str(part) for part in parts).encode("utf-8", "replace")
    return hmac.digest(b"signaal tries:" + secret, whole, "sha256").hex()
