"""Locks and keys themselves: AES-256-GCM, and keys derived for one use each. No database."""

import hmac
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import SecretStr

from signaal.errors import BrokenSeal

NONCE_BYTES = 12
"""Drawn at random for each seal (NIST SP 800-38D, section 8.2.2)."""
KEY_BYTES = 32
ID_BYTES = 16


def derive(secret: bytes, use: str) -> bytes:
    """A key for one use, from which neither the secret nor another use's key can be told.

    Args:
        secret: What the key is made from.
        use: What it is for; another use gives another key.

    Returns:
        32 bytes of HKDF-SHA256, without salt: extracted, then expanded once.

    Source: Krawczyk and Eronen (2010), RFC 5869, sections 2.2 and 2.3.
    """
    extracted = hmac.digest(bytes(KEY_BYTES), secret, "sha256")
    return hmac.digest(extracted, b"signaal " + use.encode() + b"\x01", "sha256")


def master_wrapping(master_key: SecretStr, purpose: str) -> bytes:
    """With which the master key wraps the key groups of this purpose."""
    return derive(master_key.get_secret_value().encode(), f"key group {purpose}")


def first_wrapping(master_key: SecretStr) -> bytes:
    """With which version 0.1.0 wrapped data keys, before there were key groups."""
    return sha256(b"signaal data keys:" + master_key.get_secret_value().encode()).digest()


def new_secret() -> bytes:
    """A key that nobody has had before."""
    return AESGCM.generate_key(bit_length=8 * KEY_BYTES)


def encrypt(key: bytes, plain: bytes, *, bound_to: bytes | None = None) -> bytes:
    """The bytes, readable only with this key, and only where they belong.

    Args:
        key: 32 bytes.
        plain: What to seal.
        bound_to: Where it belongs; elsewhere it doesn't open.
    """
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, bound_to)


def decrypt(key: bytes, sealed: bytes, *, bound_to: bytes | None = None) -> bytes:
    """The bytes again.

    Raises:
        BrokenSeal: They were damaged, moved, or sealed with another key.
    """
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound_to)
    except (InvalidTag, ValueError) as broken:  # ValueError: cut off within the nonce
        raise BrokenSeal from broken


@dataclass(frozen=True)
class DataKey:
    """A key that seals the fields of one report, night case or message."""

    id: UUID
    secret: bytes = field(repr=False)

    def seal(self, text: str, *, about: str = "") -> bytes:
        """The text, readable only with this key.

        Args:
            text: What to seal.
            about: Which field it is; sealed as one field it can't be passed off as another.
        """
        return encrypt(self.secret, text.encode(), bound_to=about.encode() or None)

    def open(self, sealed: bytes, *, about: str = "") -> str:
        """The text again; what version 0.1.0 sealed opens as any field.

        Raises:
            BrokenSeal: It was damaged, belongs to another field, or another key sealed it.
        """
        if about:
            try:
                return decrypt(self.secret, sealed, bound_to=about.encode()).decode()
            except BrokenSeal:
                pass  # sealed before fields were told apart, or broken
        return decrypt(self.secret, sealed).decode()


@dataclass(frozen=True)
class GroupKey:
    """The keys of one purpose: the newest seals and signs, older ones still open and verify.

    Attributes:
        purpose: What they are for.
        id: The newest.
        secrets: All of them, by id.
    """

    purpose: str
    id: UUID
    secrets: Mapping[UUID, bytes] = field(repr=False)

    def seal(self, text: str, *, about: str = "") -> bytes:
        """The text, readable only with this key.

        Args:
            text: What to seal.
            about: Where it belongs, such as the id of its row with the name of its field;
                elsewhere it doesn't open.
        """
        key = derive(self.secrets[self.id], "sealing")
        return self.id.bytes + encrypt(key, text.encode(), bound_to=about.encode())

    def open(self, sealed: bytes, *, about: str = "") -> str:
        """The text again.

        Raises:
            BrokenSeal: It was damaged, belongs elsewhere, or its key is gone.
        """
        key = derive(self._secret_named_by(sealed), "sealing")
        return decrypt(key, sealed[ID_BYTES:], bound_to=about.encode()).decode()

    def sign(self, message: bytes) -> bytes:
        """A signature that only this installation can make, and check."""
        return self.id.bytes + self._signature(self.secrets[self.id], message)

    def verify(self, message: bytes, signature: bytes) -> bool:
        """Whether this is our signature under exactly these bytes."""
        try:
            expected = self._signature(self._secret_named_by(signature), message)
        except BrokenSeal:
            return False
        return hmac.compare_digest(expected, signature[ID_BYTES:])

    def _secret_named_by(self, sealed: bytes) -> bytes:
        named = sealed[:ID_BYTES]
        secret = self.secrets.get(UUID(bytes=named)) if len(named) == ID_BYTES else None
        if secret is None:
            raise BrokenSeal
        return secret

    @staticmethod
    def _signature(secret: bytes, message: bytes) -> bytes:
        return hmac.digest(derive(secret, "signing"), message, "sha256")
