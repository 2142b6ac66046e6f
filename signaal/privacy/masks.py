"""Takes numbers of persons out of free text: citizen service, bank account, telephone numbers.

The text is read as somebody reads it who wants to see numbers: without signs that nobody sees, with
any kind of digit as a digit, any kind of dash as a dash. What is found there is masked in the text.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from itertools import groupby

MASK = "▇▇▇"

FEWEST_DIGITS = 3
"""In less there is no number of a person: one sign of Unicode stands for three digits at most."""

_GAP = r"[ ./()_-]{0,3}"
"""What people put between the digits of one number."""


def mask(text: str) -> str:
    """Free text without citizen service numbers (BSN), bank account and telephone numbers.

    Each pass takes time in proportion to the text. There is another one only while numbers are
    found, so that masking twice is masking once.
    """
    if sum(map(str.isnumeric, text)) < FEWEST_DIGITS:
        return text
    while (masked := _mask_once(text)) != text:
        text = masked
    return text


def _mask_once(text: str) -> str:
    plain, places = _plain(text)
    parts, end = [], 0
    for first, last in _joined(_found(plain)):
        parts += [text[end : places[first]], MASK]
        end = places[last - 1] + 1
    return "".join([*parts, text[end:]])


def _plain(text: str) -> tuple[str, list[int]]:
    """The text in plain signs, and where in the text each of them stands."""
    signs, places = [], []
    for place, sign in enumerate(text):
        for seen in unicodedata.normalize("NFKC", sign) if sign > "\x7f" else sign:
            kind = unicodedata.category(seen)
            if kind in {"Cf", "Mn", "Me"} or seen == "\N{COMBINING GRAPHEME JOINER}":
                continue  # a sign that nobody sees, or that decorates the one before
            signs.append(_plain_sign(seen, kind))
            places.append(place)
    return "".join(signs), places


def _plain_sign(sign: str, kind: str) -> str:
    if kind == "Nd":
        return str(unicodedata.decimal(sign))
    if kind.startswith("Z") or sign in "\t\r\n\v\f":
        return " "
    if kind == "Pd" or sign == "\N{MINUS SIGN}":
        return "-"
    return "." if sign in "·•∙⋅" else sign


def _joined(spans: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Spans in order of place; those that overlap as one."""
    end, first = -1, -1
    for start, stop in sorted(spans):
        if start < end:
            end = max(end, stop)
            continue
        if first >= 0:
            yield first, end
        first, end = start, stop
    if first >= 0:
        yield first, end


def _found(plain: str) -> list[tuple[int, int]]:
    """Where the numbers of persons stand."""
    # No telephone number begins in a date, an hour or a service number; a BSN has no part in one.
    rest = _NOT_OF_PERSONS.sub(lambda found: "x" * len(found.group()), plain)
    return [
        *_accounts(plain),
        *_spans(_TELEPHONE, plain, lambda found: rest[found.start()] != "x"),
        *_spans(_NINE_DIGITS, rest, lambda found: _is_bsn(found.group())),
    ]


def _spans(
    pattern: re.Pattern[str], plain: str, is_meant: Callable[[re.Match[str]], bool]
) -> list[tuple[int, int]]:
    """What fits the pattern and is meant; what isn't may still hold another that is."""
    spans, at = [], 0
    while found := pattern.search(plain, at):
        if is_meant(found):
            spans.append(found.span())
            at = found.end()
        else:
            at = found.start() + 1
    return spans


# -- what is left alone ---------------------------------------------------------------------

_DAY, _MONTH, _YEAR = "(?:0?[1-9]|[12][0-9]|3[01])", "(?:0?[1-9]|1[0-2])", "(?:(?:19|20)[0-9]{2})"
_HOUR = r"(?:[01]?[0-9]|2[0-4])[.:][0-5][0-9]"
_NOT_OF_PERSONS = re.compile(
    rf"""
    (?<![0-9])(?<![0-9][./-]) {_DAY}(?P<sign>[./-]){_MONTH}(?P=sign)(?:{_YEAR}|[0-9]{{2}})
        (?![./-]?[0-9])
    | (?<![0-9])(?<![0-9][./-]) {_YEAR}-{_MONTH}-{_DAY} (?![./-]?[0-9])
    | (?<![0-9])(?<![0-9][.]) {_HOUR}\ ?-\ ?{_HOUR} (?![.:]?[0-9])
    | (?<![0-9])(?<![0-9][.]) {_HOUR}\ ?u(?:ur)?(?![a-z])
    | (?<![0-9+]) 0(?:800|900|906|909)[ .-]?(?:[0-9]{{4}}|[0-9]{{3}}[ .-]?[0-9]{{4}}) (?![0-9])
    """,
    re.VERBOSE | re.IGNORECASE,
)
"""Dates, hours, and numbers that belong to services (the 0800 and 0900 of the numbering plan)."""

# -- telephone numbers ----------------------------------------------------------------------

_TELEPHONE = re.compile(
    rf"""
    (?: \+{_GAP}31 | (?<![0-9+])00{_GAP}31 ) {_GAP} (?:0{_GAP})? [1-9] (?:{_GAP}[0-9]){{8}} [0-9]?
        (?![0-9])
    | (?<![0-9+]) \(?0\)?{_GAP}[1-9] (?:{_GAP}[0-9]){{8}} [0-9]? (?![0-9])
    | (?<![0-9+]) 31[ -]?6 (?:{_GAP}[0-9]){{8}} (?![0-9])
    | (?<![0-9+]) 31[0-9]{{9}} (?![0-9])
    | (?: \+ | (?<![0-9+])00 ) [1-9] (?:{_GAP}[0-9]){{7,13}} (?![0-9])
    """,
    re.VERBOSE,
)
"""Dutch numbers in every way in which they are written; others with their country's code."""

# -- citizen service numbers ----------------------------------------------------------------

_NINE_DIGITS = re.compile(rf"(?<![0-9])(?:[0-9]{_GAP}){{8}}[0-9](?![0-9])")
_GROUPS = frozenset(
    {(9,), (3, 3, 3), (4, 2, 3), (2, 3, 4), (4, 5), (5, 4), (3, 6), (6, 3), (2, 2, 2, 3), (1,) * 9}
)
"""Into what groups people write nine digits; house numbers in a row make others."""
_WEIGHTS = (9, 8, 7, 6, 5, 4, 3, 2, -1)


def _is_bsn(text: str) -> bool:
    """The eleven-test of the citizen service number (Rijksdienst voor Identiteitsgegevens)."""
    groups = tuple(len(list(run)) for is_digit, run in groupby(text, str.isdigit) if is_digit)
    digits = [int(sign) for sign in text if sign.isdigit()]
    total = sum(w * d for w, d in zip(_WEIGHTS, digits, strict=True))
    return groups in _GROUPS and total % 11 == 0


# -- bank accounts --------------------------------------------------------------------------

# Signs in an account number, by country (SWIFT, IBAN Registry).
_LENGTHS = {
    "AD": 24, "AT": 20, "BE": 16, "BG": 22, "CH": 21, "CY": 28, "CZ": 24, "DE": 22, "DK": 18,
    "EE": 20, "ES": 24, "FI": 18, "FR": 27, "GB": 22, "GR": 27, "HR": 21, "HU": 28, "IE": 22,
    "IS": 26, "IT": 27, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "MA": 28, "MC": 27, "MT": 31,
    "NO": 15, "PL": 28, "PT": 25, "RO": 24, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "TR": 26,
}  # fmt: skip
_CUT = "[ .-]{0,2}"
_ACCOUNT_HEAD = re.compile(f"[A-Z]{_CUT}[A-Z](?={_CUT}[0-9]{_CUT}[0-9])", re.IGNORECASE | re.ASCII)
_ACCOUNTS = {
    country: re.compile(
        f"[A-Z]{_CUT}[A-Z](?:{_CUT}[A-Z0-9]){{{length - 2}}}(?![0-9])", re.IGNORECASE | re.ASCII
    )
    for country, length in _LENGTHS.items()
}
_DUTCH_ACCOUNT = re.compile(
    f"N{_CUT}L(?:{_CUT}[0-9]){{2}}(?:{_CUT}[A-Z]){{4}}(?:{_CUT}[0-9]){{10}}(?![0-9])",
    re.IGNORECASE | re.ASCII,
)
"""A Dutch account number is known by its shape, even with a slip of the pen in it."""
_CHECKED = 97


def _accounts(plain: str) -> list[tuple[int, int]]:
    spans = []
    for head in _ACCOUNT_HEAD.finditer(plain):
        country = (head.group()[0] + head.group()[-1]).upper()
        shape = _ACCOUNTS.get(country, _DUTCH_ACCOUNT)
        found = shape.match(plain, head.start())
        if found and (shape is _DUTCH_ACCOUNT or _is_account(found.group())):
            spans.append(found.span())
    return spans


def _is_account(text: str) -> bool:
    """Whether the check digits are right (ISO 13616, by the MOD 97-10 of ISO 7064)."""
    signs = [sign for sign in text.upper() if sign.isalnum()]
    number = "".join(str(int(sign, 36)) for sign in signs[4:] + signs[:4])
    return int(number) % _CHECKED == 1
