"""Postcodes and house numbers in a message, told apart from times, dates, amounts and counts."""

import re
from typing import NamedTuple

from signaal.intake.reading.signs import word_set


class Token(NamedTuple):
    text: str
    glued: bool
    """Nothing stands between it and the token before."""


class House(NamedTuple):
    start: int
    end: int
    number: int
    letter: str | None
    addition: str | None
    counts: bool
    """Whether it may count what follows: "9 jongeren"."""


class Postcode(NamedTuple):
    start: int
    end: int
    text: str


_TOKEN = re.compile(r"[^\W\d_]+|\d+|\S")
_TELEPHONE = re.compile(r"(?<!\w)(?:\+|0)\d(?:[ ().-]{0,2}\d){7,13}(?!\d)")
_NOTHING = Token("", glued=False)

POSTCODE_DIGITS = 4
HIGHEST_DIGITS = 5
LONGEST_ADDITION = 5
_ENDS = frozenset(["", ",", ".", "!", "?", ";", ")"])
_MONEY = frozenset("€$£")
_POINTS = frozenset(":.,")
_ROMAN = frozenset("iv")
_WRITTEN = {"huis": "HS", "rood": "RD", "zwart": "ZW"}
"""Additions by the short form of the address register."""
_AFTER_A = word_set("lot party few group man woman guy very big terrible bad huge neighbour")
_MONTHS = word_set(
    "januari februari maart april mei juni juli augustus september oktober november december "
    "january february march may june july august october jan feb mrt apr jun jul aug sep sept okt "
    "oct nov dec"
)
_UNITS = _MONTHS | word_set(
    "x u uur uurtjes uren min minuten minuut sec dag dagen week weken weekje maand "
    "maanden jaar jaren kwartier nacht nachten avond avonden ochtend keer keren maal malen euro "
    "eu eur euros cent km meter kg liter graden procent % € hoog verdieping etage of or am pm "
    "oclock hour hours day days weeks month months year years time times minutes nights pound "
    "pounds stuks jarige"
)
_COUNTED = word_set(
    "man mannen vrouwen mensen personen jongens meiden meisjes kinderen kids jongeren gasten "
    "honden katten hond auto autos scooters scooter fietsen zakken vuilniszakken buren families "
    "people men women boys girls children dogs cats cars bikes bags guys persons anderen"
)
_LARGEST_COUNT = 9
_BEFORE_TIME = word_set("om sinds tot rond tussen kl kwart at since until circa ca standje")
_BEFORE_ORDINAL = word_set("de het al mijn een elke ieder iedere voor")
_ORDERED = word_set("keer maal x dag week maand jaar poging melding")
_SIDES = word_set("hs bis rd zw hg ii iii iv vi vii viii")
_GLUED_SIDES = _SIDES | {"huis", "rood", "zwart", "i", "v"}
_FLOORS = word_set("hoog hg verdieping verd etage")
_SHORT_WORDS = word_set("s t n u e x m k i")
"""Letters that by themselves are short for a word ('s nachts, 't, 'n, I)."""
_TWO_LETTERS = word_set(
    "al am as at be by da de do dr eh ek en er eu go ha he hi ie if ik im in is it ja je km "
    "kg la ma me mm mn mr mw my na ne no nr nu of oh ok om on op or ov pa pm so st te ti to "
    "tv uk up ur us uw vd we wc ze zn zo"
)
_NEVER_ISSUED = frozenset({"sa", "sd", "ss"})
_YEARS = range(1900, 2100)
_BEFORE_YEAR = _MONTHS | word_set(
    "sinds in vanaf uit van na eind begin zomer winter najaar voorjaar jaar al since from until"
)
_POSTCODE_CUES = word_set("postcode pc zip zipcode postcodes")
_CUES = word_set("nr nummer huisnummer huisnr hnr number nrs #")
_BETWEEN = (
    _CUES
    | _POSTCODE_CUES
    | word_set(
        "no num app appt appartement apartment flat house kamer unit en het is mijn op de "
        "the my in te aan van bij thv t h v ter hoogte hoek"
    )
)


def tokens_of(clean: str) -> list[Token]:
    clean = _TELEPHONE.sub(" | ", clean)
    tokens: list[Token] = []
    end = 0
    for found in _TOKEN.finditer(clean):
        tokens.append(Token(found.group(), glued=found.start() == end and bool(tokens)))
        end = found.end()
    return tokens


def at(tokens: list[Token], place: int) -> Token:
    return tokens[place] if 0 <= place < len(tokens) else _NOTHING


# -- postcodes --------------------------------------------------------------------------------


def postcodes_in(tokens: list[Token]) -> list[Postcode]:
    """All postcodes in a message; what follows one directly is its number: "8021AC 1402 hs"."""
    found: list[Postcode] = []
    for place in range(len(tokens)):
        postcode = _postcode(tokens, place)
        follows = bool(found) and place == found[-1].end
        if postcode and not (follows and _is_side(tokens, postcode)):
            found.append(postcode)
    return found


def _is_side(tokens: list[Token], postcode: Postcode) -> bool:
    letters = tokens[postcode.end - 1]
    return not letters.glued or letters.text in _SIDES


def _postcode(tokens: list[Token], place: int) -> Postcode | None:
    digits = tokens[place].text
    if len(digits) != POSTCODE_DIGITS or not _is_number(digits) or _is_money(tokens, place):
        return None
    after = place + 1
    if at(tokens, after).text in {"-", ".", ","} and at(tokens, after).glued:
        after += 1
    letters = at(tokens, after).text
    if not _are_two_letters(letters) or letters in _NEVER_ISSUED:
        return None
    meant = at(tokens, after).glued or _is_meant(tokens, place, after)
    return Postcode(place, after + 1, f"{digits}{letters.upper()}") if meant else None


def _are_two_letters(text: str) -> bool:
    return len(text) == len("AC") and text.isascii() and text.isalpha()


def _is_meant(tokens: list[Token], place: int, letters: int) -> bool:
    """Whether "2024 is" or "8021 en" is a postcode: with a word before or a number behind it."""
    if tokens[letters].text not in _TWO_LETTERS or tokens[place - 1].text in _POSTCODE_CUES:
        return True
    is_year = int(tokens[place].text) in _YEARS
    if is_year and at(tokens, place - 1).text in _BEFORE_YEAR:
        return False
    if at(tokens, letters + 1).text in _ENDS and not is_year:
        return True
    after = letters + 1 + (at(tokens, letters + 1).text in {",", "-"})
    return at(tokens, after).text.isdecimal() and _is_house(tokens, after)


def _is_money(tokens: list[Token], place: int) -> bool:
    return at(tokens, place - 1).text in _MONEY


# -- house numbers ----------------------------------------------------------------------------


def houses_in(tokens: list[Token], postcodes: list[Postcode]) -> dict[int, House]:
    """Every number that may be a house number, by its place."""
    taken = {place for each in postcodes for place in range(each.start, each.end)}
    houses, free = {}, 0
    for place, token in enumerate(tokens):
        if place < free or place in taken or not _is_number(token.text):
            continue
        if _is_date(tokens, place):
            free = place + len("d-m-y")
        elif _is_house(tokens, place, told=place - 1 in taken):
            houses[place] = _house(tokens, place, taken=taken)
            free = houses[place].end
    return houses


def _is_number(text: str) -> bool:
    return text.isdecimal() and text[0] != "0" and len(text) <= HIGHEST_DIGITS


def _is_date(tokens: list[Token], place: int) -> bool:
    marks = {at(tokens, place + 1).text, at(tokens, place + 3).text}
    parts = at(tokens, place + 2).text.isdecimal() and at(tokens, place + 4).text.isdecimal()
    return parts and marks in ({"-"}, {"/"})


def _is_house(tokens: list[Token], place: int, *, told: bool = False) -> bool:
    """Whether this isn't a time, an amount or an ordinal; `told` when a postcode stands before."""
    before, after = at(tokens, place - 1), at(tokens, place + 1)
    if not _is_number(tokens[place].text) or before.text in _MONEY or after.text in _UNITS:
        return False
    if (before.text in _BEFORE_TIME and not told) or _is_decimal(tokens, place):
        return False
    return not _is_ordinal(tokens, place)


def _is_decimal(tokens: list[Token], place: int) -> bool:
    """Whether this is part of 23:30, 02.15 or 14,50."""
    sign, behind = at(tokens, place + 1), at(tokens, place + 2)
    if sign.text in _POINTS and sign.glued and behind.glued and behind.text.isdecimal():
        return True
    sign = at(tokens, place - 1)
    ahead = at(tokens, place - 2).text.isdecimal()
    return sign.text in _POINTS and sign.glued and tokens[place].glued and ahead


def _is_ordinal(tokens: list[Token], place: int) -> bool:
    after = at(tokens, place + 1)
    if not after.glued or after.text not in {"e", "de", "ste", "st", "nd", "rd", "th"}:
        return False
    if after.text not in {"e", "rd"}:
        return True
    ordered = at(tokens, place + 2).text in _ORDERED | _FLOORS
    return ordered or at(tokens, place - 1).text in _BEFORE_ORDINAL


def _house(tokens: list[Token], place: int, *, taken: set[int]) -> House:
    """The number that stands here with the letter and the addition that belong to it."""
    letter, after = _letter(tokens, place + 1)
    addition, after = _addition(tokens, after, taken=taken)
    number = int(tokens[place].text)
    counts = number <= _LARGEST_COUNT and at(tokens, place + 1).text in _COUNTED
    return House(place, after, number, letter, addition, counts)


def _letter(tokens: list[Token], place: int) -> tuple[str | None, int]:
    sign = at(tokens, place).text in {"-", "/", ","} and at(tokens, place + 1).glued
    word = at(tokens, place + sign)
    if not (len(word.text) == 1 and word.text.isascii() and word.text.isalpha()):
        return None, place
    if word.text in _ROMAN and (sign or not word.glued):
        return None, place
    if not word.glued and not _is_letter(tokens, place):
        return None, place
    return word.text.upper(), place + sign + 1


def _is_letter(tokens: list[Token], place: int) -> bool:
    """Whether a letter by itself belongs to the number, and isn't short for a word."""
    letter, behind = tokens[place].text, at(tokens, place + 1)
    if not behind.text.isalnum():
        return behind.text not in {"'", "/"}
    return letter not in _SHORT_WORDS and not (letter == "a" and behind.text in _AFTER_A)


def _addition(tokens: list[Token], place: int, *, taken: set[int]) -> tuple[str | None, int]:
    joined = at(tokens, place).text in {"-", "/"}
    where = place + joined
    word = at(tokens, where)
    if where in taken or len(word.text) > LONGEST_ADDITION:
        return None, place
    if word.text.isdecimal():
        return _floor(tokens, where, joined=joined) or (None, place)
    known = _GLUED_SIDES if joined or word.glued else _SIDES
    if word.text not in known:
        return None, place
    return _WRITTEN.get(word.text, word.text.upper()), where + 1


def _floor(tokens: list[Token], place: int, *, joined: bool) -> tuple[str, int] | None:
    """The 2 of "14-2", "14 2 hoog", "14 2e verdieping"."""
    after = place + 1
    after += at(tokens, after).text in {"-", "e", "de", "ste"}
    if at(tokens, after).text in _FLOORS:
        return tokens[place].text, after + 1
    is_range = tokens[place].glued or not at(tokens, place + 1).text.isalnum()
    return (tokens[place].text, place + 1) if joined and is_range else None


# -- which number belongs to it? --------------------------------------------------------------


MOST_BETWEEN = 8


def number_behind(tokens: list[Token], place: int, houses: dict[int, House]) -> House | None:
    """The house number that follows here, with only words like "nummer" in between."""
    for where in range(place, min(place + MOST_BETWEEN, len(tokens))):
        if where in houses:
            return houses[where] if where == place or not houses[where].counts else None
        if not is_between(tokens[where]):
            return None
    return None


def is_between(token: Token) -> bool:
    return not token.text.isalnum() or token.text in _BETWEEN


def cued_number(tokens: list[Token], houses: dict[int, House]) -> House | None:
    """The first number that is called one: "nummer 14", and else "op 14"."""
    for cues in (_CUES, {"op"}):
        for place, token in enumerate(tokens):
            house = number_behind(tokens, place + 1, houses) if token.text in cues else None
            if house:
                return house
    return None
