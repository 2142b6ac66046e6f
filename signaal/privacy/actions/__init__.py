"""Seals what only a case may open, and keeps, changes and destroys the keys for it."""

from signaal.privacy.actions.keys import (
    check_master_key,
    destroy_key,
    destroy_keys,
    find_key,
    find_keys,
    group_key,
    new_key,
)
from signaal.privacy.actions.rotation import Rotation, rotate_groups, rotate_master_key
from signaal.privacy.actions.sealing import DataKey, GroupKey

__all__ = [
    "DataKey",
    "GroupKey",
    "Rotation",
    "check_master_key",
    "destroy_key",
    "destroy_keys",
    "find_key",
    "find_keys",
    "group_key",
    "new_key",
    "rotate_groups",
    "rotate_master_key",
]
