"""Changes keys: the master key in one transaction, key groups in slices while work goes on."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from uuid import UUID

from pydantic import SecretStr

from signaal.db import Session
from signaal.errors import BrokenMasterKey, BrokenSeal, UnsafeSetting
from signaal.privacy import store
from signaal.privacy.actions.keys import (
    active_group,
    check_master_key,
    new_group,
    unwrap,
    unwrap_group,
    wrap,
    wrap_group,
)
from signaal.privacy.model import KeyPurpose
from signaal.services import Services
from signaal.settings import SHORTEST_SECRET

SLICE = 500
"""How many data keys are wrapped anew in one transaction: no writer waits long for it."""


@dataclass(frozen=True)
class Rotation:
    """What a change of keys has done.

    Attributes:
        rewrapped: Data keys that were wrapped anew.
        broken: Data keys that can't be opened, and so were left as they are.
        destroyed: Retired key groups that nothing uses any more.
    """

    rewrapped: int
    broken: int
    destroyed: int = 0


def rotate_master_key(services: Services, *, new_master_key: SecretStr) -> Rotation:
    """Wraps all key groups with a new master key, in one transaction: all of them or none.

    The present key works until that is committed, and afterwards only the new one: whatever still
    runs with the old one must be started anew with it. Data keys that version 0.1.0 wrapped with
    the master key itself get a group.

    Args:
        services: The tools of the house, with the present master key in the settings.
        new_master_key: The one from now on.

    Raises:
        BrokenMasterKey: The present key opens not all groups; nothing was changed.
        UnsafeSetting: The new key is too short.
    """
    if len(new_master_key.get_secret_value()) < SHORTEST_SECRET:
        raise UnsafeSetting(
            f"De nieuwe hoofdsleutel moet minstens {SHORTEST_SECRET} tekens lang zijn. /"
            f" The new master key must be at least {SHORTEST_SECRET} characters long."
        )
    old = services.settings.master_key
    with services.database.session() as session, session.begin():
        store.hold_groups(session)
        for purpose in KeyPurpose:  # none is made with the old key while or after this goes on
            active_group(session, purpose=purpose, master_key=old)
        rewrapped = broken = 0
        after: UUID | None = None
        while found := store.wrapped_by_master(session, limit=SLICE, after=after):
            done = _wrap_anew(session, found, master_key=old)
            rewrapped, broken = rewrapped + done, broken + len(found) - done
            after = found[-1].id
        for group in store.all_groups(session):
            store.rewrap_group(session, group.id, _under(group, old=old, new=new_master_key))
    return Rotation(rewrapped, broken)


def _under(group: store.WrappedGroup, *, old: SecretStr, new: SecretStr) -> bytes:
    secret = _opened(group, old)
    return wrap_group(group.id, group.purpose, secret=secret, master_key=new)


def _opened(group: store.WrappedGroup, master_key: SecretStr) -> bytes:
    try:
        return unwrap_group(group, master_key)
    except BrokenSeal:
        raise BrokenMasterKey from None


def rotate_groups(
    services: Services,
    on_progress: Callable[[int, int], None] = lambda _done, _total: None,
    *,
    slice_size: int = SLICE,
) -> Rotation:
    """Gives every purpose a new key group, while work goes on; can be broken off and begun again.

    1. One transaction retires the groups in use and makes new ones.
    2. Slice by slice the data keys of retired groups, and those of version 0.1.0, are wrapped by
       the group that is now in use.
    3. A retired group that nothing uses is destroyed. Those of purposes that seal and sign by
       themselves are kept: without them their old seals and signatures would be lost.

    Args:
        services: The tools of the house.
        on_progress: Hears after each slice how many data keys are done, of how many.
        slice_size: So many data keys in one transaction.

    Raises:
        BrokenMasterKey: The master key opens not all groups; nothing was changed.
    """
    check_master_key(services)
    now = services.clock.now()
    with services.database.session() as session, session.begin():
        store.hold_groups(session)
        store.retire_groups(session, now=now)
        for purpose in KeyPurpose:
            made = new_group(purpose, services.settings.master_key)
            store.add_group_once(session, made, now=now)
        total = store.count_outdated(session)
    rewrapped, broken = _rewrap_outdated(
        services, lambda done: on_progress(done, total), slice_size=slice_size
    )
    return Rotation(rewrapped, broken, _destroy_unused(services))


def _rewrap_outdated(
    services: Services, on_progress: Callable[[int], None], *, slice_size: int
) -> tuple[int, int]:
    rewrapped = broken = 0
    after: UUID | None = None
    while True:
        with services.database.session() as session, session.begin():
            found = store.outdated_keys(session, limit=slice_size, after=after)
            done = _wrap_anew(session, found, master_key=services.settings.master_key)
        if not found:
            return rewrapped, broken
        rewrapped, broken = rewrapped + done, broken + len(found) - done
        after = found[-1].id
        on_progress(rewrapped + broken)


def _wrap_anew(session: Session, keys: Iterable[store.WrappedKey], *, master_key: SecretStr) -> int:
    """Wraps data keys by the groups in use; returns how many could be opened for it."""
    groups = {group.id: group for group in store.all_groups(session)}
    secrets = {group.id: _opened(group, master_key) for group in groups.values()}
    in_use = {group.purpose: group.id for group in groups.values() if group.is_in_use}
    renewed = []
    for key in keys:
        purpose = groups[key.group_id].purpose if key.group_id else KeyPurpose.REPORTS
        group_id = in_use[purpose]
        try:
            wrapped = wrap(unwrap(key, secrets, master_key), secrets[group_id])
        except BrokenSeal:
            continue
        renewed.append(store.WrappedKey(key.id, wrapped, group_id))
    store.rewrap(session, renewed)
    return len(renewed)


def _destroy_unused(services: Services) -> int:
    destroyed = 0
    kept = [purpose for purpose in KeyPurpose if purpose.seals_directly]
    with services.database.session() as session, session.begin():
        for group_id in store.hold_retired(session, besides=kept):
            destroyed += store.destroy_group_unless_used(session, group_id)
    return destroyed
