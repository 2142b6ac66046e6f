"""Sealing what only a case may open: one data key per report (AES-256-GCM)."""

import os
from collections.abc import Collection
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import SecretStr

from signaal.db import Session
from signaal.errors import BrokenSeal
from signaal.privacy import store

NONCE_BYTES = 12
KEY_BITS = 256


@dataclass(frozen=True)
class DataKey:
    """A key that seals the fields of one report."""

    id: UUID
    secret: bytes

    def seal(self, text: str) -> bytes:
        """The text, readable only with this key."""
        return _encrypt(self.secret, text.encode())

    def open(self, sealed: bytes) -> str:
        """The text again.

        Raises:
            BrokenSeal: It was damaged, or sealed with another key.
        """
        return _decrypt(self.secret, sealed).decode()


def new_key(session: Session, *, key_id: UUID, master_key: SecretStr) -> DataKey:
    """Makes a data key and keeps it, wrapped, in the caller's transaction."""
    secret = AESGCM.generate_key(bit_length=KEY_BITS)
    store.add(session, key_id=key_id, wrapped=_encrypt(_wrapping(master_key), secret))
    return DataKey(key_id, secret)


def find_key(session: Session, *, key_id: UUID, master_key: SecretStr) -> DataKey | None:
    """The data key, or None when it has been destroyed.

    Raises:
        BrokenSeal: The key itself can't be opened.
    """
    wrapped = store.wrapped_key(session, key_id)
    return DataKey(key_id, _decrypt(_wrapping(master_key), wrapped)) if wrapped else None


def find_keys(
    session: Session, key_ids: Collection[UUID], *, master_key: SecretStr
) -> dict[UUID, DataKey | None]:
    """Those of these data keys that have not been destroyed, found at once.

    Returns:
        None in the place of a key that can't be opened: it keeps no other from being found.
    """
    wrapping = _wrapping(master_key)
    return {
        key_id: _unwrapped(key_id, wrapping, wrapped)
        for key_id, wrapped in store.wrapped_keys(session, key_ids).items()
    }


def _unwrapped(key_id: UUID, wrapping: bytes, wrapped: bytes) -> DataKey | None:
    try:
        return DataKey(key_id, _decrypt(wrapping, wrapped))
    except BrokenSeal:
        return None


def destroy_key(session: Session, key_id: UUID) -> None:
    """Destroys the key, and with it everything that it sealed, in backups too."""
    store.destroy(session, key_id)


def _wrapping(master_key: SecretStr) -> bytes:
    return sha256(b"signaal data keys:" + master_key.get_secret_value().encode()).digest()


def _encrypt(key: bytes, plain: bytes) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, None)


def _decrypt(key: bytes, sealed: bytes) -> bytes:
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], None)
    except (InvalidTag, ValueError) as broken:  # ValueError: cut off within the nonce
        raise BrokenSeal from broken
