"""How addresses and codes are written, and when two spellings mean the same."""

import re
import unicodedata

_POSTCODE = re.compile(r"[1-9][0-9]{3}[A-Z]{2}")
_CODES = {
    "BU": re.compile(r"BU[0-9]{4}[0-9A-Z]{4}"),
    "WK": re.compile(r"WK[0-9]{4}[0-9A-Z]{2}"),
    "GM": re.compile(r"GM[0-9]{4}"),
}
HIGHEST_NUMBER = 99_999
"""A Dutch house number has at most five digits."""
BAG_ID = re.compile(r"[0-9]{16}")
_FLOORS = {
    "HUIS": "HS", "BEGANEGROND": "HS", "BG": "HS", "BEG": "HS", "H": "HS", "BEN": "HS",
    "BENEDEN": "HS", "PARTERRE": "HS", "HS": "HS",
    "I": "1", "II": "2", "III": "3", "IV": "4", "V": "5", "VI": "6",
    "1HG": "1", "2HG": "2", "3HG": "3", "4HG": "4", "EENHOOG": "1", "TWEEHOOG": "2",
    "DRIEHOOG": "3", "VIERHOOG": "4", "1HOOG": "1", "2HOOG": "2", "3HOOG": "3", "4HOOG": "4",
}  # fmt: skip
_STREET_ENDS = (
    (re.compile(r"str$"), "straat"),
    (re.compile(r"ln$"), "laan"),
    (re.compile(r"pln$"), "plein"),
    (re.compile(r"wg$"), "weg"),
)


def postcode_of(text: str | None) -> str | None:
    """The postcode as registers write it ("8021AC"), or None when it can't be one."""
    bare = re.sub(r"[\s.-]", "", text or "").upper()
    return bare if _POSTCODE.fullmatch(bare) else None


def area_code(text: object, kind: str) -> str | None:
    """An official area code ("BU0363AD03"), or None when it is not of this kind."""
    code = str(text or "").strip().upper()
    return code if _CODES[kind].fullmatch(code) else None


def suffix_of(letter: str | None, addition: str | None) -> str:
    """Letter and addition as one sign, however they were divided: "A" + "2" is "A2"."""
    parts = [_letters_and_digits(part or "").upper() for part in (letter, addition)]
    return "".join(parts)


def floor_of(suffix: str) -> str:
    """The same floor under one name: "II" and "2 hoog" are "2", "huis" is "HS"."""
    return _FLOORS.get(suffix, suffix)


def street_key(name: str) -> str:
    """A street's name without capitals, accents, spaces and dots, abbreviations written out."""
    bare = _letters_and_digits(name).lower()
    for end, whole in _STREET_ENDS:
        if end.search(bare):
            return end.sub(whole, bare)
    return bare


def _letters_and_digits(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text)
    return "".join(sign for sign in plain if sign.isalnum() and sign.isascii())
