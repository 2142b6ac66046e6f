"""The receipt code: what a reporter holds, and how forgiving it is to type."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import timedelta

RECEIPT_SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""32 signs without look-alikes: 5 bits each.

Source: Crockford (2002), Base32, www.crockford.com/base32.html.
"""
_PUBLIC, _SECRET = 6, 12
_GROUPS = ((0, 6), (6, 10), (10, 14), (14, 18))
RECEIPT_BYTES = 12
"""Randomness that a receipt is made of: 90 of these 96 bits."""
TRIES = 5
TRIES_WINDOW = timedelta(minutes=15)


@dataclass(frozen=True)
class Receipt:
    """The code with which a reporter follows a report.

    Attributes:
        public: Says which report; 30 bits, random.
        secret: Proves that it is one's own; 60 bits, of which only a keyed hash is kept.
        acute: The numbers that help at once must stand beside it.
    """

    public: str
    secret: str
    acute: bool = False

    @property
    def code(self) -> str:
        """The whole code, in groups, as people read it."""
        whole = self.public + self.secret
        return "-".join(whole[start:end] for start, end in _GROUPS)


def receipt_from(randomness: bytes) -> Receipt:
    """A receipt out of at least `RECEIPT_BYTES` random bytes."""
    number = int.from_bytes(randomness[:RECEIPT_BYTES], "big")
    signs = [RECEIPT_SIGNS[(number >> 5 * place) & 31] for place in range(_PUBLIC + _SECRET)]
    return Receipt("".join(signs[:_PUBLIC]), "".join(signs[_PUBLIC:]))


def typed_receipt(typed: str) -> Receipt | None:
    """The receipt that somebody means: spaces, dashes, case, O for 0 and I or L for 1 don't matter.

    Returns:
        None when it can't be a receipt code.
    """
    signs = _signs(typed)
    if len(signs) != _PUBLIC + _SECRET or not set(signs) <= set(RECEIPT_SIGNS):
        return None
    return Receipt(signs[:_PUBLIC], signs[_PUBLIC:])


def typed_reference(typed: str) -> str:
    """The public part of a receipt that somebody means, as carelessly as a whole one."""
    return _signs(typed)[:_PUBLIC]


def _signs(typed: str) -> str:
    plain = unicodedata.normalize("NFKC", typed).upper()
    return re.sub(r"[\s.\-_–—·]", "", plain).translate(str.maketrans("OIL", "011"))
