"""Slow hashes of passwords and PINs (Argon2id), never many at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import BoundedSemaphore
from typing import TYPE_CHECKING

from signaal.errors import TooBusy

if TYPE_CHECKING:
    from argon2 import PasswordHasher

AT_ONCE = 2
"""So many hashes are made at once in one process; each takes 64 MiB and all cores it can get."""
WAIT_SECONDS = 1.5
"""Who waits longer for a turn hears that it is too busy: the night line answers meanwhile."""

TIME_COST, MEMORY_KIB, LANES, HASH_BYTES, SALT_BYTES = 3, 64 * 1024, 4, 32, 16
"""RFC 9106 (2021), section 4, the second recommended option (for memory-constrained places)."""

_turns = BoundedSemaphore(AT_ONCE)


@cache
def _hasher() -> "PasswordHasher":
    from argon2 import PasswordHasher

    return PasswordHasher(
        time_cost=TIME_COST,
        memory_cost=MEMORY_KIB,
        parallelism=LANES,
        hash_len=HASH_BYTES,
        salt_len=SALT_BYTES,
    )


@cache
def _nobodys_hash() -> str:
    """Of what nobody knows: an unknown account costs as much as a known one."""
    import secrets

    return _hasher().hash(secrets.token_bytes(SALT_BYTES))


def hashed(secret: bytes) -> str:
    """What is kept of a password or PIN.

    Raises:
        TooBusy: Too many others are signing in now.
    """
    with _turn():
        return _hasher().hash(secret)


def fits(kept: str | None, secret: bytes) -> bool:
    """Whether this is the secret of which a hash was kept; takes as long where none was.

    Raises:
        TooBusy: Too many others are signing in now.
    """
    from argon2.exceptions import InvalidHashError, VerificationError

    nobodys = _nobodys_hash()  # made in both cases: the first to come is like all others
    with _turn():
        try:
            return _hasher().verify(kept or nobodys, secret) and kept is not None
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
