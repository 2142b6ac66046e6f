"""How homes are divided over blocks, and how a block keeps its code."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil

SMALLEST_BLOCK = 10
LARGEST_BLOCK = 150
"""Dwellings per block: fewer would point at people, more hide the place."""


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
    homes: Iterable[Home],
    *,
    before: Mapping[str, str] | None = None,
    retired: Iterable[str] = (),
    past: Mapping[str, Collection[str]] | None = None,
) -> tuple[PlannedBlock, ...]:
    """Divides homes over blocks of 10 to 150, within each neighbourhood.

    The homes of one postcode stay together; a postcode below ten joins the nearest one, and what
    is above 150 is divided in order of house number. A neighbourhood below ten is one small block.

    Args:
        homes: All dwellings, in any order.
        before: The block code that each dwelling (BAG id) had until now. A code is kept while
            more than half of its dwellings stay together.
        retired: Codes that were given out in the past and must not come to mean another place.
        past: For past blocks the dwellings that they held last (BAG ids). When more than half of
            them are together again, the block gets its code back.

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
    codes = _codes(groups, before=before or {}, retired=retired, past=past or {})
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
    groups: Sequence[Sequence[Home]],
    *,
    before: Mapping[str, str],
    retired: Iterable[str],
    past: Mapping[str, Collection[str]],
) -> list[str]:
    sizes = {**{code: len(homes) for code, homes in past.items()}, **Counter(before.values())}
    lived: defaultdict[str, list[str]] = defaultdict(list)
    for home, code in before.items():
        lived[home].append(code)
    for code in past.keys() - set(before.values()):
        for home in past[code]:
            lived[home].append(code)
    in_force = frozenset(before.values())
    kept = [_kept_code(group, lived=lived, sizes=sizes, in_force=in_force) for group in groups]
    taken = {*sizes, *retired}
    codes = []
    for group, old in zip(groups, kept, strict=True):
        codes.append(old or _new_code(group, taken))
        taken.add(codes[-1])
    return codes


def _kept_code(
    group: Sequence[Home],
    *,
    lived: Mapping[str, Sequence[str]],
    sizes: Mapping[str, int],
    in_force: Collection[str],
) -> str | None:
    """The old code of which more than half of the dwellings are here.

    Of two, the one with more dwellings here; of equals, the one that is in force.
    """
    here = Counter(code for home in group for code in lived.get(home.id, ()))
    prefix = f"{group[0].neighbourhood}-"
    heirs = [
        (-count, code not in in_force, code)
        for code, count in here.items()
        if 2 * count > sizes[code] and code.startswith(prefix)
    ]
    return min(heirs)[2] if heirs else None


def _new_code(group: Sequence[Home], taken: set[str]) -> str:
    """`<buurtcode>-<lowest postcode>`, with -2, -3, ... when that is given out already."""
    lowest = min((home.postcode for home in group if home.postcode), default="0000")
    plain = f"{group[0].neighbourhood}-{lowest}"
    code, n = plain, 1
    while code in taken:
        n += 1
        code = f"{plain}-{n}"
    return code
