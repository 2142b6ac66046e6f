"""Slow hashes of passwords and PINs (Argon2id), never many at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import BoundedSemaphore
from typing import TYPE_CHECKING

from signaal.errors import TooBusy
from signaal.services import HashCost

if TYPE_CHECKING:
    from argon2 import PasswordHasher

AT_ONCE = 2
"""So many hashes are made at once in one process; each takes 64 MiB and all cores it can get."""
WAIT_SECONDS = 1.5
"""Who waits longer for a turn hears that it is too busy: the night line answers meanwhile."""

HASH_BYTES, SALT_BYTES = 32, 16
"""RFC 9106 (2021), section 4."""

_turns = BoundedSemaphore(AT_ONCE)


@cache
def _hasher(cost: HashCost) -> "PasswordHasher":
    from argon2 import PasswordHasher

    return PasswordHasher(
        time_cost=cost.passes,
        memory_cost=cost.memory_kib,
        parallelism=cost.lanes,
        hash_len=HASH_BYTES,
        salt_len=SALT_BYTES,
    )


@cache
def _nobodys_hash(cost: HashCost) -> str:
    """Of what nobody knows: an unknown account costs as much as a known one."""
    import secrets

    return _hasher(cost).hash(secrets.token_bytes(SALT_BYTES))


def hashed(secret: bytes, cost: HashCost) -> str:
    """What is kept of a password or PIN.

    Raises:
        TooBusy: Too many others are signing in now.
    """
    with _turn():
        return _hasher(cost).hash(secret)


def fits(kept: str | None, secret: bytes, cost: HashCost) -> bool:
    """Whether this is the secret of which a hash was kept; takes as long where none was.

    Raises:
        TooBusy: Too many others are signing in now.
    """
    from argon2.exceptions import InvalidHashError, VerificationError

    nobodys = _nobodys_hash(cost)  # made in both cases: the first to come is like all others
    with _turn():
        try:
            return _hasher(cost).verify(kept or nobodys, secret) and kept is not None
        except (VerificationError, InvalidHashError):
            return False


@contextmanager
def _turn() -> Iterator[None]:
    if not _turns.acquire(timeout=WAIT_SECONDS):
        raise TooBusy("hashing")
    try:
        yield
    finally:
        _turns.release()
