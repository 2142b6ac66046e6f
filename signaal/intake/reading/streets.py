"""The street in a message: as written, abbreviated or misspelt, within one municipality."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from rapidfuzz import process
from rapidfuzz.distance import OSA

from signaal.intake.reading.numbers import House, Token, number_behind
from signaal.intake.reading.signs import clean, word_set

_TYPES = tuple(
    word_set(
        "straat laan weg plein singel hof pad kade dijk park markt dreef steeg allee gracht ring "
        "veld "
        "erf kamp hoek baan boulevard oever brink wal poort akker kwartier plantsoen passage"
    )
)
_SHORT_TYPES = {
    "str": "straat",
    "straad": "straat",
    "straa": "straat",
    "straot": "straat",
    "ln": "laan",
    "lan": "laan",
    "wg": "weg",
    "pl": "plein",
    "sngl": "singel",
    "kd": "kade",
    "dk": "dijk",
    "plnts": "plantsoen",
}
_TITLES = {
    "burgemeester": "burg",
    "professor": "prof",
    "dokter": "dr",
    "doctor": "dr",
    "sint": "st",
    "meester": "mr",
    "ingenieur": "ir",
    "dominee": "ds",
    "koningin": "kon",
    "prinses": "prs",
    "generaal": "gen",
    "admiraal": "adm",
    "president": "pres",
    "minister": "min",
    "pastoor": "past",
    "wethouder": "weth",
    "jonkheer": "jhr",
    "van": "v",
    "vd": "vd",
    "der": "d",
    "den": "d",
    "de": "d",
    "eerste": "1e",
    "tweede": "2e",
    "derde": "3e",
}
"""Long forms in names of streets, by the short form to which both are brought."""
_SOUNDS = (
    ("ij", "y"),
    ("ei", "y"),
    ("ey", "y"),
    ("ou", "au"),
    ("ck", "k"),
    ("th", "t"),
)
_DOUBLED = re.compile(r"(.)\1+")
_NO_STREETS = word_set(
    "straat laan weg plein hof pad kade dijk park markt onderweg snelweg halverwege fietspad "
    "voetpad zandpad tuinpad schoolplein speelplein speelveld trapveld kerkhof gerechtshof slaan "
    "verslaan ontslaan overslaan aanslaan autoweg hoofdweg zijstraat dwarsstraat winkelstraat "
    "supermarkt rommelmarkt speelpark parkeerplein rijbaan omhoek achterhoek binnenhof "
    "vluchtheuvel parking zwembad hartslag spoorbaan"
)
_NO_BEGINNINGS = word_set(
    "op in bij aan voor door naar uit over langs achter hoek of en om te er is nr nummer thv t h "
    "hoogte ter ik woon wij wonen onze ons mijn deze die dat het adres straat at on near my the "
    "live"
)
_BARE = [[word] for word in _NO_STREETS]
MOST_WORDS = 6
SHORTEST_NAME = 4
SHORTEST_BARE_NAME = 6
"""Letters of a name like "Brink" below which it is a street only with a number."""
_SLIPS = ((3, 0), (6, 1), (11, 2), (99, 3))
"""Letters of a name without its type, and the slips of the pen that may be in it."""
MOST_SLIPS = 3


class _Table(NamedTuple):
    """The streets by the key of how they are written; None where a key fits several."""

    exact: dict[str, str | None]
    full: dict[str, str]
    last_words: frozenset[str]


class _Match(NamedTuple):
    rank: tuple[int, int]
    street: str
    house: House | None


def find_street(
    tokens: list[Token], houses: dict[int, House], *, streets: Sequence[str], alone: bool
) -> tuple[str | None, House | None]:
    """The street that a message names and its number; as written when the town hasn't got it.

    Args:
        tokens: The message.
        houses: Its possible house numbers, by place.
        streets: Names of the streets of the municipality.
        alone: Whether the message is only an address.
    """
    table = _table(tuple(streets))
    matches = list(_matches(tokens, houses, table=table))
    matches = matches or list(_unknown(tokens, houses, alone=alone))
    if not matches:
        return None, None
    best = min(matches, key=lambda match: match.rank)
    return best.street, best.house


def is_typed(word: str) -> bool:
    """Whether a word looks like the name of a street: Palmenstraat, Palmenstr."""
    return word.endswith(_ENDINGS) and word not in _NO_STREETS and len(word) > SHORTEST_BARE_NAME


_ENDINGS = tuple(_TYPES) + tuple(short for short in _SHORT_TYPES if len(short) > len("ln"))


# -- keys -------------------------------------------------------------------------------------


def _key(words: Sequence[str]) -> str:
    """One writing for all ways to write a name: abbreviations, ij and y, doubled letters."""
    short = [_TITLES.get(word, word) for word in words[:-1]]
    return _sounding("".join([*short, _with_type(words[-1])]))


_SHORT_ENDINGS = tuple(_SHORT_TYPES)


def _with_type(word: str) -> str:
    if not word.endswith(_SHORT_ENDINGS):
        return word
    for short, whole in _SHORT_TYPES.items():
        if word.endswith(short):
            return word.removesuffix(short) + whole
    return word


def _sounding(name: str) -> str:
    for heard, written in _SOUNDS:
        name = name.replace(heard, written)
    return _DOUBLED.sub(r"\1", name)


_TYPE_KEYS = tuple(_sounding(each) for each in _TYPES)


def _split(key: str) -> tuple[str, str]:
    """A key as its name and its type: ("linde", "lan")."""
    for kind in _TYPE_KEYS:
        if key.endswith(kind) and key != kind:
            return key.removesuffix(kind), kind
    return key, ""


@lru_cache(maxsize=8)
def _table(streets: tuple[str, ...]) -> _Table:
    exact: dict[str, str | None] = {}
    full: dict[str, str] = {}
    names = [(street, re.findall(r"[^\W_]+", clean(street))) for street in streets]
    for street, words in names:
        for key in {_key(words), *_other_keys(words)} if words else ():
            exact[key] = street if exact.get(key, street) == street else None
    for street, words in names:
        if words:
            full[_key(words)] = exact[_key(words)] = street
    return _Table(exact, full, frozenset(words[-1] for _, words in names if words))


def _other_keys(words: list[str]) -> Iterator[str]:
    """How people shorten a name: by the initial of the first word, by the last word alone."""
    if len(words) > 1 and is_typed(words[-1]):
        yield _key(words[-1:])
        yield _key([words[0][0], *words[1:]])


# -- in the message ---------------------------------------------------------------------------


def _matches(tokens: list[Token], houses: dict[int, House], *, table: _Table) -> Iterator[_Match]:
    """Every street of the town that the message may mean; a smaller rank is more certain."""
    for end, token in enumerate(tokens):
        house = number_behind(tokens, end + 1, houses) if token.text.isalpha() else None
        typed = is_typed(token.text) or token.text in _SHORT_TYPES or token.text in _TYPES
        if not (house or typed or _with_type(token.text) in table.last_words):
            continue
        runs = list(_runs(tokens, end))
        street = _exact(runs, table, numbered=bool(house))
        near = _near(runs, table) if not street and _is_name(token.text) else None
        if street or near:
            house = house or _number_before(tokens, end, houses)
            rank = (2 * (house is None) + (street is None), end)
            yield _Match(rank, street or near or "", house)


def _runs(tokens: list[Token], end: int) -> Iterator[list[str]]:
    """The words that end here, from many to one."""
    words: list[list[str]] = []
    run: list[str] = []
    for place in range(end, max(end - 2 * MOST_WORDS, -1), -1):
        text = tokens[place].text
        if text.isalnum():
            run = [text, *run]
            words.append(run)
        elif text not in {".", "'", "-"} or len(run) >= MOST_WORDS:
            break
    return reversed(words[:MOST_WORDS])


def _is_name(word: str) -> bool:
    """Whether a misspelt name may end in this word: not in "al" or "van"."""
    return len(word) >= SHORTEST_NAME or word in _SHORT_TYPES


def _exact(runs: list[list[str]], table: _Table, *, numbered: bool) -> str | None:
    for run in runs:
        key = _key(run)
        street = table.exact.get(key)
        if street and (numbered or len(key) >= SHORTEST_BARE_NAME):
            return street
    return None


def _near(runs: list[list[str]], table: _Table) -> str | None:
    """The one street that is nearest to what is written, if it is near enough."""
    found: dict[str, int] = {}
    for run in runs:
        if run[0] in _NO_BEGINNINGS or run in _BARE:
            continue
        for key, slips in _slips(_key(run), table):
            street = table.full[key]
            found[street] = min(slips, found.get(street, slips))
    least = [street for street, slips in found.items() if slips == min(found.values())]
    return least[0] if len(least) == 1 else None


def _slips(written: str, table: _Table) -> Iterator[tuple[str, int]]:
    name, kind = _split(written)
    if len(name) <= _SLIPS[0][0]:
        return
    found = process.extract(
        written, table.full.keys(), scorer=OSA.distance, score_cutoff=MOST_SLIPS, limit=5
    )
    for key, slips, _ in found:
        other, other_kind = _split(key)
        allowed = next(slip for letters, slip in _SLIPS if len(other) <= letters)
        if slips <= allowed and (kind == other_kind or not kind):
            yield key, int(slips)


def _number_before(tokens: list[Token], end: int, houses: dict[int, House]) -> House | None:
    """The 14 of "op 14 in de Rozenstraat"."""
    for place in range(end - 1, max(end - 2 * MOST_WORDS, -1), -1):
        if place in houses and number_behind(tokens, place, houses):
            return houses[place]
    return None


def _unknown(tokens: list[Token], houses: dict[int, House], *, alone: bool) -> Iterator[_Match]:
    """A street that the town hasn't got, as it was written: a person will look."""
    for end, token in enumerate(tokens):
        house = number_behind(tokens, end + 1, houses)
        if house and is_typed(token.text):
            yield _Match((0, end), _capitals([token.text]), house)
        elif house and alone and token.text.isalpha() and token.text not in _NO_BEGINNINGS:
            run = [word for word in next(_runs(tokens, end)) if word not in _NO_BEGINNINGS]
            yield _Match((1, end), _capitals(run), house)


def _capitals(words: list[str]) -> str:
    return " ".join(words).title()[:80]
