"""Borders of count classes, masks for free text, and the epochs of reporter tokens."""

import hmac
import re
from enum import StrEnum
from hashlib import sha256

from signaal.clock import period_of

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


MASK = "▇▇▇"


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


# Dutch telephone numbers (0612345678, +31 6 1234 5678, 038-1234567), IBAN, and nine-digit BSN.
_TELEPHONE = re.compile(r"(?<![\w+])(?:\+|00)?(?:31|0)[\s.-]?(?:\d[\s.-]?){8}\d(?!\w)")
_IBAN = re.compile(
    r"(?<!\w)[A-Z]{2}\d{2}(?:[ ]?[A-Z0-9]{4}){2,7}(?:[ ]?[A-Z0-9]{1,3})?(?!\w)", re.IGNORECASE
)
_NINE_DIGITS = re.compile(r"(?<!\w)(?:\d[ .-]?){8}\d(?!\w)")
_EMERGENCY = re.compile(r"0?800[ -]?0113|0900[ -]?8844")


def mask(text: str) -> str:
    """Free text without citizen service numbers (BSN), bank account and telephone numbers."""

    def hide(found: re.Match[str]) -> str:
        return found.group() if _EMERGENCY.fullmatch(found.group()) else MASK

    def hide_bsn(found: re.Match[str]) -> str:
        return MASK if _is_bsn(found.group()) else found.group()

    return _NINE_DIGITS.sub(hide_bsn, _TELEPHONE.sub(hide, _IBAN.sub(hide, text)))


def _is_bsn(text: str) -> bool:
    """The eleven-test of the citizen service number (Rijksdienst voor Identiteitsgegevens)."""
    digits = [int(sign) for sign in text if sign.isdigit()]
    weights = (9, 8, 7, 6, 5, 4, 3, 2, -1)
    return sum(w * d for w, d in zip(weights, digits, strict=True)) % 11 == 0
