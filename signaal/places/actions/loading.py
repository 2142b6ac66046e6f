"""Takes in files, gives each dwelling its block and each block its polygon, keeps it at once."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace as changed
from pathlib import Path

from uuid_utils.compat import uuid7

from signaal.db import Session
from signaal.errors import UnusableFile
from signaal.places import files, geometry, store
from signaal.places.files import Reader, read_in_child
from signaal.places.model import (
    SMALLEST_BLOCK,
    Area,
    Home,
    LoadReport,
    PlannedBlock,
    ShapedBlock,
    Town,
    plan_blocks,
    suffix_of,
)
from signaal.services import Services

Progress = Callable[[str, float], None]
MOST_THAT_GO = 0.25
"""Part of the dwellings that a file may leave out: more looks like half a file, not demolition."""


def load_neighbourhoods(
    services: Services,
    path: Path,
    *,
    municipality: str | None = None,
    replace: bool = False,
    read: Reader = read_in_child,
) -> LoadReport:
    """Takes in a CBS file of neighbourhoods; with `municipality` (GM...) only those within it.

    Dwellings that are there already are placed anew; those outside become past ones. When that
    is more than a quarter of them, the file is refused unless `replace` says that it is meant.

    Raises:
        UnusableFile: What is wrong, where, and how to mend it; the database is as it was.
    """
    areas = _areas(path, municipality, read=read)
    known = _known(services)
    town = changed(known, neighbourhoods=areas.neighbourhoods)
    return _load(
        services,
        town,
        areas=areas,
        what="neighbourhoods",
        tallies=[areas.tallies],
        whole=None if replace else path.name,
    )


def load_dwellings(
    services: Services,
    path: Path,
    *,
    replace: bool = False,
    read: Reader = read_in_child,
    on_progress: Progress = lambda _stage, _part: None,
) -> LoadReport:
    """Takes in a BAG file of addresses, and makes blocks unless the municipality drew its own.

    Args:
        services: The tools of the house.
        path: PDOK's bag-light GeoPackage, or the address CSV of NLExtract (also packed, .gz).
        replace: Also a file without more than a quarter of the present dwellings is meant so.
        read: What reads the file.
        on_progress: Hears the stage ("read", "blocks", "keep") and which part of it is done.

    Raises:
        UnusableFile: What is wrong, where, and how to mend it; the database is as it was.
    """
    known = _known(services)
    on_progress("read", 0.0)
    file = _dwellings(path, known.neighbourhoods, read=read)
    on_progress("read", 1.0)
    return _load(
        services,
        changed(known, dwellings=file.dwellings),
        what="dwellings",
        tallies=[file.tallies],
        whole=None if replace else path.name,
        on_progress=on_progress,
    )


def load_blocks(services: Services, path: Path, *, read: Reader = read_in_child) -> LoadReport:
    """Takes in the municipality's own blocks instead of those made from addresses.

    Raises:
        UnusableFile: What is wrong, where, and how to mend it; the database is as it was.
    """
    file = files.read_blocks(path, read=read)
    town = changed(_known(services), drawn=file.blocks)
    return _load(services, town, what="blocks", tallies=[file.tallies])


def load_town(
    services: Services,
    folder: Path,
    *,
    replace: bool = False,
    read: Reader = read_in_child,
    on_progress: Progress = lambda _stage, _part: None,
) -> LoadReport:
    """Takes in a folder with neighbourhoods.gpkg and addresses.csv.gz in one go.

    Raises:
        UnusableFile: What is wrong, where, and how to mend it; the database is as it was.
    """
    areas = _areas(folder / "neighbourhoods.gpkg", None, read=read)
    on_progress("read", 0.5)
    homes = _dwellings(folder / "addresses.csv.gz", areas.neighbourhoods, read=read)
    on_progress("read", 1.0)
    town = changed(_known(services), neighbourhoods=areas.neighbourhoods, dwellings=homes.dwellings)
    return _load(
        services,
        town,
        areas=areas,
        what="town",
        tallies=[areas.tallies, homes.tallies],
        whole=None if replace else folder.name,
        on_progress=on_progress,
    )


def _known(services: Services) -> Town:
    with services.database.reading() as session:
        return store.town(session)


def _areas(path: Path, municipality: str | None, *, read: Reader) -> files.AreaFile:
    areas = files.read_areas(path, read=read)
    if municipality is None:
        return areas
    digits = municipality.strip().upper().removeprefix("GM").zfill(4)
    inside = tuple(area for area in areas.neighbourhoods if area.code[2:6] == digits)
    if not inside:
        raise UnusableFile(
            f"{path.name}: gemeente {municipality} komt hier niet in voor. Kijk naar de code. /"
            f" {path.name}: municipality {municipality} isn't in here. Check the code."
        )
    return changed(
        areas,
        municipalities=tuple(area for area in areas.municipalities if area.code[2:] == digits),
        districts=tuple(area for area in areas.districts if area.code[2:6] == digits),
        neighbourhoods=inside,
    )


def _dwellings(path: Path, areas: Sequence[Area], *, read: Reader) -> files.DwellingFile:
    if not areas:
        raise UnusableFile(
            f"{path.name}: laad eerst de wijken en buurten van het CBS. /"
            f" {path.name}: load the districts and neighbourhoods of CBS first."
        )
    bounds = geometry.bounds_of([area.wkb for area in areas])
    return files.read_dwellings(path, bounds=bounds, read=read)


def _load(
    services: Services,
    town: Town,
    *,
    what: str,
    tallies: Sequence[files.FileTallies],
    areas: files.AreaFile | None = None,
    whole: str | None = None,
    on_progress: Progress = lambda _stage, _part: None,
) -> LoadReport:
    """Settles everything first, and only then opens the one short transaction that keeps it.

    `whole` names a file that has to hold the whole town; None where that doesn't matter.
    """
    homes, blocks, report = _settle(town, on_progress=on_progress)
    if whole is not None:
        _refuse_half_a_town(town, homes=homes, blocks=blocks, name=whole)
    for tally in tallies:
        report += LoadReport({}, tally.left_out, tally.mended)
    area_of = {home.id: home.neighbourhood for home in homes}
    kept = [(home, area_of[home.bag_id]) for home in town.dwellings if home.bag_id in area_of]
    rows = store.dwelling_rows(kept)
    on_progress("keep", 0.0)
    with services.database.session() as session, session.begin():
        if store.latest_load(session) != town.token:
            raise UnusableFile(
                "Intussen is er iets anders geladen. Begin opnieuw. /"
                " Something else was loaded meanwhile. Start again."
            )
        if areas:
            store.keep_areas(
                session,
                municipalities=areas.municipalities,
                districts=areas.districts,
                neighbourhoods=areas.neighbourhoods,
            )
        _keep_homes(session, town, rows=rows, blocks=blocks)
        store.keep_load(session, token=uuid7(), what=what, now=services.clock.now())
    on_progress("keep", 1.0)
    return report


def _refuse_half_a_town(
    town: Town, *, homes: Sequence[Home], blocks: Sequence[ShapedBlock], name: str
) -> None:
    known, past_blocks = len(town.before), set(town.before.values())
    gone = len(town.before.keys() - {home.id for home in homes})
    if gone <= MOST_THAT_GO * known:
        return
    going = len(past_blocks - {block.code for block in blocks})
    raise UnusableFile(
        f"{name}: {gone} van de {known} woningen die er nu zijn, zouden vervallen, en {going} van"
        f" de {len(past_blocks)} blokken. Kijk of het bestand compleet is. Is dit toch de"
        f" bedoeling? Laad het dan met --replace. / {name}: {gone} of the {known} dwellings that"
        f" are there now would go, and {going} of the {len(past_blocks)} blocks. Check that the"
        " file is complete. Is this what you mean? Then load it with --replace."
    )


def _keep_homes(
    session: Session,
    town: Town,
    *,
    rows: Mapping[str, Mapping[str, object]],
    blocks: Sequence[ShapedBlock],
) -> None:
    ids = store.keep_blocks(session, blocks)
    block_of = {home: block.code for block in blocks for home in block.homes}
    block_ids = {home: ids[code] for home, code in block_of.items()}
    store.keep_dwellings(session, rows, blocks=block_ids)
    moved: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for home, code in town.before.items():
        if code not in ids and home in block_of:
            moved[code][block_of[home]] += 1
    store.keep_successors(
        session,
        {code: ids[min(to, key=lambda new: (-to[new], new))] for code, to in moved.items()},
    )


def _settle(
    town: Town, *, on_progress: Progress
) -> tuple[list[Home], list[ShapedBlock], LoadReport]:
    """Gives each dwelling its neighbourhood and its block, and each block its polygon."""
    areas = [area.wkb for area in town.neighbourhoods]
    at = geometry.places_of([(home.x, home.y) for home in town.dwellings], polygons=areas)
    homes = [
        Home(
            id=home.bag_id,
            neighbourhood=town.neighbourhoods[place].code,
            postcode=home.postcode,
            number=home.number,
            suffix=suffix_of(home.letter, home.addition),
            x=home.x,
            y=home.y,
        )
        for home, place in zip(town.dwellings, at, strict=True)
        if place >= 0
    ]
    if town.dwellings and not homes:
        raise UnusableFile(
            "Geen enkele woning ligt in een van de buurten. Kijk of de bestanden bij elkaar horen."
            " / Not one dwelling lies in a neighbourhood. Check that the files belong together."
        )
    settle = _made if town.drawn is None else _drawn
    blocks, report = settle(town, homes, on_progress=on_progress)
    kept = {
        "neighbourhoods": len(areas),
        "dwellings": len(homes),
        "blocks": sum(bool(block.homes) for block in blocks),
    }
    left = {"outside_every_neighbourhood": len(town.dwellings) - len(homes)}
    return homes, blocks, LoadReport(kept, left) + report


def _made(
    town: Town, homes: Sequence[Home], *, on_progress: Progress
) -> tuple[list[ShapedBlock], LoadReport]:
    """Blocks from addresses, drawn neighbourhood by neighbourhood."""
    planned = plan_blocks(homes, before=town.before, retired=town.codes, past=town.past)
    shapes = {area.code: area.wkb for area in town.neighbourhoods}
    spots = {home.id: (home.x, home.y) for home in homes}
    by_area: defaultdict[str, list[PlannedBlock]] = defaultdict(list)
    for block in planned:
        by_area[block.neighbourhood].append(block)
    blocks = []
    for done, (area, members) in enumerate(sorted(by_area.items()), start=1):
        ids = [(home, block.code) for block in members for home in block.homes]
        drawn = geometry.tile(
            shapes[area],
            points=[spots[home] for home, _ in ids],
            labels=[code for _, code in ids],
        )
        blocks += [
            ShapedBlock(
                code=block.code,
                neighbourhood=area,
                homes=block.homes,
                small=block.small,
                supplied=False,
                wkb=drawn[block.code],
            )
            for block in members
        ]
        on_progress("blocks", done / len(by_area))
    return blocks, LoadReport({})


def _drawn(
    town: Town, homes: Sequence[Home], *, on_progress: Progress
) -> tuple[list[ShapedBlock], LoadReport]:
    """The municipality's own blocks; a dwelling between them belongs to the nearest."""
    drawn = town.drawn or {}
    areas = [area.wkb for area in town.neighbourhoods]
    lies_in = geometry.places_of(geometry.inner_points(list(drawn.values())), polygons=areas)
    inside = [(code, place) for code, place in zip(drawn, lies_in, strict=True) if place >= 0]
    if not inside:
        raise UnusableFile(
            "Geen enkel blok ligt in een van de buurten. Kijk of de bestanden bij elkaar horen. /"
            " Not one block lies in a neighbourhood. Check that the files belong together."
        )
    polygons = [drawn[code] for code, _ in inside]
    spots = [(home.x, home.y) for home in homes]
    at = geometry.places_of(spots, polygons=polygons)
    between = [n for n, place in enumerate(at) if place < 0]
    nearest = geometry.nearest_to([spots[n] for n in between], polygons=polygons)
    for n, place in zip(between, nearest, strict=True):
        at[n] = place
    members: defaultdict[int, list[str]] = defaultdict(list)
    for home, place in zip(homes, at, strict=True):
        members[place].append(home.id)
    on_progress("blocks", 1.0)
    blocks = [
        ShapedBlock(
            code=code,
            neighbourhood=town.neighbourhoods[area].code,
            homes=tuple(members[n]),
            small=len(members[n]) < SMALLEST_BLOCK,
            supplied=True,
            wkb=drawn[code],
        )
        for n, (code, area) in enumerate(inside)
    ]
    left = {"block_outside_every_neighbourhood": len(drawn) - len(inside)}
    return blocks, LoadReport({}, left, {"nearest_block": len(between)})
