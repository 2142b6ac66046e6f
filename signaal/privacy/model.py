"""Borders of count classes, masks for free text, and the epochs of reporter tokens."""

import hmac
from enum import StrEnum
from hashlib import sha256

from signaal.clock import period_of
from signaal.privacy.masks import MASK, mask

__all__ = [
    "CLASS_BORDERS",
    "MASK",
    "PERIODS_PER_TOKEN",
    "KeyPurpose",
    "Precision",
    "mask",
    "reporter_token",
]

PERIODS_PER_TOKEN = 3
"""A reporter's token changes every 12 weeks, at the border of a four-week period."""

CLASS_BORDERS = (5, 10, 20, 40)
"""Lower ends of the classes of count above the hidden one (distinct reporters)."""


class Precision(StrEnum):
    """How exactly figures may be seen."""

    EXACT = "exact"
    """Numbers from three up."""
    CLASSES = "classes"
    """Classes of count and of rate, small counts hidden."""


class KeyPurpose(StrEnum):
    """What a key group is for: whoever gets hold of one group's key has no other's."""

    REPORTS = "reports"
    MESSAGES = "messages"
    NIGHT = "night"
    STAFF = "staff"
    LOG = "log"

    @property
    def seals_directly(self) -> bool:
        """Whether its key seals and signs by itself, so that its retired groups must be kept."""
        return self in {KeyPurpose.NIGHT, KeyPurpose.STAFF, KeyPurpose.LOG}


def reporter_token(number: str, *, week: int, pepper: str) -> str:
    """Stands for one reporter during twelve weeks, and can't be turned back into a number.

    Args:
        number: Telephone number in E.164, or another lasting sign of one reporter.
        week: The week of the report, counted from Monday 1970-01-05.
        pepper: The installation's secret.

    Returns:
        32 hexadecimal digits of an HMAC-SHA256.
    """
    epoch = period_of(week) // PERIODS_PER_TOKEN
    message = f"{epoch}:{number}".encode()
    return hmac.new(pepper.encode(), message, sha256).hexdigest()[:32]
