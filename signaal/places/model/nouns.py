"""The nouns of places: areas, blocks, dwellings, and what somebody said about one."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID


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

    def lines(self) -> tuple[str, ...]:
        """The report for a person at a screen, a line for each figure, Dutch and English."""
        return (
            *(_line("", "", counted) for counted in self.kept.items()),
            *(_line("Weggelaten: ", "Left out: ", c) for c in self.left_out.items() if c[1]),
            *(_line("Hersteld: ", "Mended: ", c) for c in self.mended.items() if c[1]),
        )


_WORDS = {
    "neighbourhoods": ("buurten", "neighbourhoods"),
    "dwellings": ("woningen", "dwellings"),
    "blocks": ("blokken", "blocks"),
    "water": ("vlakken water", "areas of water"),
    "background_water": ("kaartvlak met water", "layer of water"),
    "background_streets": ("kaartlaag met straten", "layer of streets"),
    "background_surroundings": ("gebieden eromheen", "areas around"),
    "not_a_line": ("geen lijn", "not a line"),
    "buurt_without_code": ("buurten zonder buurtcode", "neighbourhoods without a code"),
    "wijk_without_code": ("wijken zonder wijkcode", "districts without a code"),
    "gemeente_without_code": ("gemeenten zonder gemeentecode", "municipalities without a code"),
    "empty_geometry": ("buurten zonder vlak", "neighbourhoods without a polygon"),
    "not_in_use": ("niet in gebruik", "not in use"),
    "not_a_dwelling": ("geen woning", "not a dwelling"),
    "secondary_address": ("nevenadressen", "secondary addresses"),
    "unusable_id": ("zonder bruikbaar BAG-nummer", "without a usable BAG id"),
    "unusable_address": ("zonder bruikbaar adres", "without a usable address"),
    "unreadable_row": ("onleesbare regels", "unreadable rows"),
    "no_location": ("zonder coördinaten", "without coordinates"),
    "outside_the_netherlands": ("buiten Nederland", "outside the Netherlands"),
    "elsewhere": ("in een andere gemeente", "in another municipality"),
    "outside_every_neighbourhood": ("buiten alle buurten", "outside every neighbourhood"),
    "block_outside_every_neighbourhood": (
        "blokken buiten alle buurten",
        "blocks outside every neighbourhood",
    ),
    "double": ("dubbele adressen", "double addresses"),
    "invalid_geometry": ("ongeldige vlakken", "invalid polygons"),
    "joined_rows": ("delen van één buurt samengevoegd", "parts of one neighbourhood joined"),
    "missing_values": ("geheime of onbekende cijfers", "secret or unknown figures"),
    "reprojected": ("omgezet naar EPSG:28992", "converted to EPSG:28992"),
    "id_without_leading_zero": ("BAG-nummers zonder voorloopnul", "BAG ids without leading zero"),
    "unusable_postcode": ("onbruikbare postcodes", "unusable postcodes"),
    "nearest_block": ("woningen bij het dichtstbijzijnde blok", "dwellings to the nearest block"),
}


def _line(dutch: str, english: str, counted: tuple[str, int]) -> str:
    reason, count = counted
    in_dutch, in_english = _WORDS.get(reason, (reason, reason))
    return f"{dutch}{count} {in_dutch} / {english}{count} {in_english}"


def _sum(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    return dict(Counter(one) + Counter(other))


@dataclass(frozen=True, slots=True)
class ShapedBlock:
    """A block with its polygon, ready to be kept.

    Attributes:
        homes: BAG ids of its dwellings.
        supplied: Drawn by the municipality, not made from addresses.
        wkb: Its polygons in EPSG:28992.
    """

    code: str
    neighbourhood: str
    homes: tuple[str, ...]
    small: bool
    supplied: bool
    wkb: bytes


@dataclass(frozen=True)
class Town:
    """All that is known of a town's places.

    Attributes:
        neighbourhoods: Those in force.
        dwellings: Those in use.
        drawn: The municipality's own blocks by code (WKB); None where blocks are made.
        before: The block code of each dwelling (BAG id) until now.
        codes: All block codes ever given out.
        past: For past blocks that were made, the dwellings that they held last (BAG ids) by code.
        token: Of the load that this comes from.
    """

    neighbourhoods: tuple[Area, ...] = ()
    dwellings: tuple[Dwelling, ...] = ()
    drawn: Mapping[str, bytes] | None = None
    before: Mapping[str, str] = field(default_factory=dict)
    codes: frozenset[str] = frozenset()
    past: Mapping[str, Collection[str]] = field(default_factory=dict)
    token: UUID | None = None
