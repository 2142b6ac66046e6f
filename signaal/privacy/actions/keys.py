"""Data keys and key groups: made on first use, found again, destroyed.

A data key seals the fields of one report. It is wrapped by the key of its group (one per purpose),
and that by the master key, which is never in the database. A wrapped key opens only in its own row.
"""

from collections.abc import Collection, Iterable
from uuid import UUID

from pydantic import SecretStr
from uuid_utils.compat import uuid7

from signaal.clock import SystemClock
from signaal.db import Session
from signaal.errors import BrokenMasterKey, BrokenSeal
from signaal.privacy import store
from signaal.privacy.actions.sealing import (
    DataKey,
    GroupKey,
    decrypt,
    derive,
    encrypt,
    first_wrapping,
    master_wrapping,
    new_secret,
)
from signaal.privacy.model import KeyPurpose
from signaal.services import Services


def new_key(
    session: Session, *, key_id: UUID, master_key: SecretStr, purpose: str = KeyPurpose.REPORTS
) -> DataKey:
    """Makes a data key and keeps it, wrapped, in the caller's transaction.

    Args:
        session: The caller's session, in its transaction.
        key_id: Under which it is found again.
        master_key: The installation's.
        purpose: The key group that wraps it; see `KeyPurpose`.

    Raises:
        BrokenSeal: The key group can't be opened with this master key.
    """
    group = active_group(session, purpose=KeyPurpose(purpose), master_key=master_key)
    key = DataKey(key_id, new_secret())
    wrapped = wrap(key, unwrap_group(group, master_key))
    store.add(session, store.WrappedKey(key_id, wrapped, group.id))
    return key


def find_key(session: Session, *, key_id: UUID, master_key: SecretStr) -> DataKey | None:
    """The data key, or None when it has been destroyed.

    Raises:
        BrokenSeal: The key itself can't be opened.
    """
    found = find_keys(session, [key_id], master_key=master_key)
    if key_id in found and found[key_id] is None:
        raise BrokenSeal
    return found.get(key_id)


def find_keys(
    session: Session, key_ids: Collection[UUID], *, master_key: SecretStr
) -> dict[UUID, DataKey | None]:
    """Those of these data keys that have not been destroyed, found at once.

    Returns:
        None in the place of a key that can't be opened: it keeps no other from being found.
    """
    kept = store.wrapped_keys(session, key_ids)
    secrets = _opened({group.id: group for _, group in kept if group}.values(), master_key)
    return {key.id: _unwrapped(key, secrets, master_key) for key, _ in kept}


def destroy_key(session: Session, key_id: UUID) -> None:
    """Destroys the key, and with it everything that it sealed; see `destroy_keys`."""
    destroy_keys(session, [key_id])


def destroy_keys(session: Session, key_ids: Collection[UUID]) -> None:
    """Destroys these keys, and with them everything that they sealed.

    No backup made afterwards opens any more. One from before holds the wrapped keys of its day: it
    opens with the master key of that day, until either is destroyed.
    """
    store.destroy(session, key_ids)


def group_key(session: Session, *, purpose: str, master_key: SecretStr) -> GroupKey:
    """The key with which a purpose seals and signs by itself; made on first use.

    What it sealed or signed stays good when the key group is changed: retired groups of such a
    purpose are kept.

    Args:
        session: The caller's session; a writing one where the key may have to be made.
        purpose: One of `SEALS_DIRECTLY`.
        master_key: The installation's.

    Raises:
        BrokenSeal: The key group can't be opened with this master key.
        ValueError: This purpose has data keys only.
    """
    known = KeyPurpose(purpose)
    if not known.seals_directly:
        raise ValueError(f"{purpose}: seal with a data key, which can be destroyed")
    active = active_group(session, purpose=known, master_key=master_key)
    secrets = _opened(store.groups_of(session, known), master_key)
    if active.id not in secrets:
        raise BrokenSeal
    return GroupKey(known, active.id, secrets)


def check_master_key(services: Services) -> None:
    """Opens every key group, so that a wrong master key is noticed before anything is kept.

    Before there is any group, a data key of version 0.1.0 is opened instead. Once there are groups
    these prove the master key, and a single data key that is broken keeps nobody from starting.

    Raises:
        BrokenMasterKey: A group, or that first key, can't be opened.
    """
    master_key = services.settings.master_key
    with services.database.reading() as session:
        groups = store.all_groups(session)
        opened = _opened(groups, master_key)
        first = [] if groups else store.wrapped_by_master(session, limit=1)
    if len(opened) < len(groups) or any(_unwrapped(key, {}, master_key) is None for key in first):
        raise BrokenMasterKey


def active_group(
    session: Session, *, purpose: KeyPurpose, master_key: SecretStr
) -> store.WrappedGroup:
    """The group in use for this purpose; made if there is none, by one of many at once."""
    found = store.active_group(session, purpose)
    if found is None:
        made = new_group(purpose, master_key)
        store.add_group_once(session, made, now=SystemClock().now())
        found = store.active_group(session, purpose)
    if found is None:  # the insert and its rival both failed: no database does that
        raise AssertionError(purpose)
    return found


def new_group(purpose: KeyPurpose, master_key: SecretStr) -> store.WrappedGroup:
    """A new group key, wrapped."""
    group_id = uuid7()
    wrapped = wrap_group(group_id, purpose, secret=new_secret(), master_key=master_key)
    return store.WrappedGroup(group_id, purpose, wrapped, is_in_use=True)


def wrap_group(group_id: UUID, purpose: str, *, secret: bytes, master_key: SecretStr) -> bytes:
    """The group's key, wrapped by the master key for this one row."""
    return encrypt(master_wrapping(master_key, purpose), secret, bound_to=group_id.bytes)


def unwrap_group(group: store.WrappedGroup, master_key: SecretStr) -> bytes:
    """The group's key.

    Raises:
        BrokenSeal: It was damaged or moved, or the master key is another.
    """
    wrapping = master_wrapping(master_key, group.purpose)
    return decrypt(wrapping, group.wrapped, bound_to=group.id.bytes)


def wrap(key: DataKey, group_secret: bytes) -> bytes:
    """The data key, wrapped by its group for this one row."""
    return encrypt(derive(group_secret, "data keys"), key.secret, bound_to=key.id.bytes)


def _opened(groups: Iterable[store.WrappedGroup], master_key: SecretStr) -> dict[UUID, bytes]:
    """The keys of those of these groups that can be opened."""
    opened = {}
    for group in groups:
        try:
            opened[group.id] = unwrap_group(group, master_key)
        except BrokenSeal:
            continue
    return opened


def _unwrapped(
    key: store.WrappedKey, secrets: dict[UUID, bytes], master_key: SecretStr
) -> DataKey | None:
    try:
        return unwrap(key, secrets, master_key)
    except BrokenSeal:
        return None


def unwrap(key: store.WrappedKey, secrets: dict[UUID, bytes], master_key: SecretStr) -> DataKey:
    """The data key.

    Args:
        key: As it is kept.
        secrets: The opened groups' keys.
        master_key: For a key of version 0.1.0, which has no group.

    Raises:
        BrokenSeal: It was damaged or moved, or its group can't be opened.
    """
    if key.group_id is None:
        return DataKey(key.id, decrypt(first_wrapping(master_key), key.wrapped))
    if key.group_id not in secrets:
        raise BrokenSeal
    wrapping = derive(secrets[key.group_id], "data keys")
    return DataKey(key.id, decrypt(wrapping, key.wrapped, bound_to=key.id.bytes))
