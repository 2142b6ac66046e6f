"""Places and their names: what an address is, how it is written, and how homes make a block."""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from math import ceil

SMALLEST_BLOCK = 10
LARGEST_BLOCK = 150
"""Dwellings per block (`mission.md`, Words): fewer would point at people, more hide the place."""

# -- nouns ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class AddressWords:
    """What somebody said about a place; every part may be missing.

    Attributes:
        postcode: Four digits and two letters, with or without a space.
        number: House number, at most five digits.
        letter: House letter as written.
        addition: What follows: "II", "hs", "2 hoog".
        street: Name of the street as written.
    """

    postcode: str | None = None
    number: int | None = None
    letter: str | None = None
    addition: str | None = None
    street: str | None = None


class PlaceReason(StrEnum):
    """Why words did not lead to one block."""

    NOTHING_SAID = "nothing_said"
    UNKNOWN_POSTCODE = "unknown_postcode"
    UNKNOWN_NUMBER = "unknown_number"
    UNKNOWN_STREET = "unknown_street"
    SEVERAL_STREETS = "several_streets"
    NUMBER_MISSING = "number_missing"
    ADDITION_MISSING = "addition_missing"


@dataclass(frozen=True)
class PlaceFound:
    """The block that the words mean, and the one dwelling where they say which."""

    block_id: int
    block_code: str
    dwelling_id: int | None
    neighbourhood_code: str
    neighbourhood_name: str
    district_code: str


@dataclass(frozen=True)
class PlaceUnclear:
    """The words fit no block, or more than one."""

    reason: PlaceReason


@dataclass(frozen=True)
class Block:
    """One housing block in force.

    Attributes:
        id: Lasting key of its row.
        code: `<buurtcode>-<lowest postcode>[-n]`, or the municipality's own.
        dwellings: How many it holds.
        small: Fewer than ten, because its neighbourhood holds no more.
        wkb: Its polygons in EPSG:28992 (metres), as well-known binary.
    """

    id: int
    code: str
    dwellings: int
    small: bool
    neighbourhood_code: str
    neighbourhood_name: str
    district_code: str
    district_name: str
    wkb: bytes


@dataclass(frozen=True, slots=True)
class Area:
    """A municipality, district or neighbourhood as its file has it.

    Attributes:
        parent: Code of the area that it is part of; "" for a municipality.
        inhabitants: None where secret or not known.
        wkb: Its polygons in EPSG:28992; empty for all but neighbourhoods.
    """

    code: str
    name: str
    parent: str = ""
    inhabitants: int | None = None
    year: int | None = None
    wkb: bytes = b""


@dataclass(frozen=True, slots=True)
class Dwelling:
    """One address as its file has it; x and y in metres, EPSG:28992."""

    bag_id: str
    postcode: str
    number: int
    letter: str
    addition: str
    street: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Candidate:
    """A dwelling that may be the one that is meant."""

    dwelling_id: int
    street: str
    suffix: str
    place: PlaceFound


@dataclass(frozen=True)
class LoadReport:
    """What became of one file.

    Attributes:
        kept: What was taken in, by name ("neighbourhoods", "dwellings", "blocks", ...).
        left_out: What was not, by reason.
        mended: What was put right on the way, by what was wrong.
    """

    kept: Mapping[str, int]
    left_out: Mapping[str, int] = field(default_factory=dict)
    mended: Mapping[str, int] = field(default_factory=dict)

    def __add__(self, other: "LoadReport") -> "LoadReport":
        """Both reports in one; of what stands in both, the later figure of what was kept."""
        return LoadReport(
            kept={**self.kept, **other.kept},
            left_out=_sum(self.left_out, other.left_out),
            mended=_sum(self.mended, other.mended),
        )


def _sum(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    return dict(Counter(one) + Counter(other))


# -- how addresses are written --------------------------------------------------------------

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


# -- homes make blocks ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Home:
    """One dwelling, as far as making blocks is concerned.

    Attributes:
        id: Its BAG id.
        neighbourhood: Code of the neighbourhood in which it lies.
        postcode: As in the register; "" where it has none.
        x: Metres east, EPSG:28992.
        y: Metres north, EPSG:28992.
    """

    id: str
    neighbourhood: str
    postcode: str
    number: int
    suffix: str
    x: float
    y: float


@dataclass(frozen=True)
class PlannedBlock:
    """Homes that will be one block."""

    code: str
    neighbourhood: str
    homes: tuple[str, ...]
    small: bool


def plan_blocks(
    homes: Iterable[Home], *, before: Mapping[str, str] | None = None, retired: Iterable[str] = ()
) -> tuple[PlannedBlock, ...]:
    """Divides homes over blocks of 10 to 150, within each neighbourhood.

    The homes of one postcode stay together; a postcode below ten joins the nearest one, and what
    is above 150 is divided in order of house number. A neighbourhood below ten is one small block.

    Args:
        homes: All dwellings, in any order.
        before: The block code that each dwelling (BAG id) had until now. A code is kept while
            more than half of its dwellings stay together.
        retired: Codes that were given out in the past and must not come to mean another place.

    Returns:
        Blocks in order of code; every home is in exactly one.
    """
    by_area: defaultdict[str, list[Home]] = defaultdict(list)
    for home in homes:
        by_area[home.neighbourhood].append(home)
    groups = [
        group
        for area in sorted(by_area)
        for group in _groups(sorted(by_area[area], key=_house_order))
    ]
    codes = _codes(groups, before=before or {}, retired=retired)
    planned = [
        PlannedBlock(
            code=code,
            neighbourhood=group[0].neighbourhood,
            homes=tuple(home.id for home in group),
            small=len(group) < SMALLEST_BLOCK,
        )
        for code, group in zip(codes, groups, strict=True)
    ]
    return tuple(sorted(planned, key=lambda block: block.code))


def _house_order(home: Home) -> tuple[str, int, str, str]:
    return (home.postcode, home.number, home.suffix, home.id)


def _groups(homes: Sequence[Home]) -> Iterator[list[Home]]:
    """The homes of one neighbourhood, in house order, divided over blocks."""
    by_postcode: defaultdict[str, list[Home]] = defaultdict(list)
    for home in homes:
        by_postcode[home.postcode].append(home)
    for joined in _join_small(list(by_postcode.values())):
        yield from _divide(sorted(joined, key=_house_order))


def _join_small(groups: list[list[Home]]) -> list[list[Home]]:
    """Joins each group below ten to the nearest, smallest first, as long as there are two."""
    centres = [_centre(group) for group in groups]
    while len(groups) > 1:
        small = min(range(len(groups)), key=lambda i: (len(groups[i]), groups[i][0].postcode))
        if len(groups[small]) >= SMALLEST_BLOCK:
            break
        group, centre = groups.pop(small), centres.pop(small)
        near = min(
            range(len(groups)),
            key=lambda i: (
                len(groups[i]) + len(group) > LARGEST_BLOCK,
                _squared(centres[i], centre),
                groups[i][0].postcode,
            ),
        )
        groups[near] = sorted(groups[near] + group, key=_house_order)
        centres[near] = _centre(groups[near])
    return groups


def _centre(homes: Sequence[Home]) -> tuple[float, float]:
    return (
        sum(home.x for home in homes) / len(homes),
        sum(home.y for home in homes) / len(homes),
    )


def _squared(one: tuple[float, float], other: tuple[float, float]) -> float:
    return (one[0] - other[0]) ** 2 + (one[1] - other[1]) ** 2


def _divide(homes: list[Home]) -> Iterator[list[Home]]:
    """Parts of at most 150, equal as far as one house number can be kept together."""
    parts = ceil(len(homes) / LARGEST_BLOCK)
    play = (LARGEST_BLOCK - ceil(len(homes) / parts)) // 2
    start = 0
    for part in range(1, parts):
        end = _kindest_cut(homes, round(part * len(homes) / parts), play=play)
        yield homes[start:end]
        start = end
    yield homes[start:]


def _kindest_cut(homes: Sequence[Home], ideal: int, *, play: int) -> int:
    """The nearest place to cut where the house number changes, within the play there is."""
    for shift in range(play + 1):
        for cut in (ideal - shift, ideal + shift):
            if (homes[cut - 1].postcode, homes[cut - 1].number) != (
                homes[cut].postcode,
                homes[cut].number,
            ):
                return cut
    return ideal


def _codes(
    groups: Sequence[Sequence[Home]], *, before: Mapping[str, str], retired: Iterable[str]
) -> list[str]:
    sizes = Counter(before.values())
    kept = [_kept_code(group, before=before, sizes=sizes) for group in groups]
    taken = {*sizes, *retired}
    codes = []
    for group, code in zip(groups, kept, strict=True):
        codes.append(code or _new_code(group, taken))
        taken.add(codes[-1])
    return codes


def _kept_code(
    group: Sequence[Home], *, before: Mapping[str, str], sizes: Mapping[str, int]
) -> str | None:
    """The old code of which more than half of the dwellings are here; of two, the larger one."""
    stayed = Counter(before[home.id] for home in group if home.id in before)
    prefix = f"{group[0].neighbourhood}-"
    heirs = [
        (-count, code)
        for code, count in stayed.items()
        if 2 * count > sizes[code] and code.startswith(prefix)
    ]
    return min(heirs)[1] if heirs else None


def _new_code(group: Sequence[Home], taken: set[str]) -> str:
    """`<buurtcode>-<lowest postcode>`, with -2, -3, ... when that is given out already."""
    lowest = min((home.postcode for home in group if home.postcode), default="0000")
    plain = f"{group[0].neighbourhood}-{lowest}"
    code, n = plain, 1
    while code in taken:
        n += 1
        code = f"{plain}-{n}"
    return code
