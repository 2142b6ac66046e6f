"""A message in small plain signs, whatever keyboard it came from."""

import unicodedata
from functools import lru_cache

LONGEST = 10_000
"""Signs that are looked at; of a longer message the beginning and the end."""

_QUOTES_AND_DASHES = {ord(sign): "'" for sign in "‘’‛`´′ʼ"} | {ord(sign): "-" for sign in "‐‑‒–—−"}
_INVISIBLE = {"Mn", "Me", "Cf"}
_BLANK = {"Cc", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"}


def clean(text: str) -> str:
    """Small plain letters and plain digits: no accents, no full width, no invisible signs."""
    if len(text) > LONGEST:
        text = f"{text[: LONGEST // 2]}\n{text[-LONGEST // 2 :]}"
    text = text.translate(_QUOTES_AND_DASHES).casefold()
    if text.isascii():
        return text.replace("\0", " ")
    folded = unicodedata.normalize("NFKD", text)
    return "".join(map(_plain, folded))[: 2 * LONGEST].casefold()


@lru_cache(maxsize=4096)
def _plain(sign: str) -> str:
    group = unicodedata.category(sign)
    if group in _INVISIBLE:
        return ""
    if group in _BLANK and sign != "\n":
        return " "
    return str(unicodedata.decimal(sign)) if group == "Nd" else sign


def word_set(words: str) -> frozenset[str]:
    """A table of words, written as a line of them."""
    return frozenset(words.split())
