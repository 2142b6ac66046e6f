"""Commands for the tables, the places, the demo town, the figures and the policies."""

from pathlib import Path

import click

from signaal import wiring
from signaal.cli.base import A_FILE, commands, progress, require_files, with_house
from signaal.errors import UnusableFile
from signaal.places import actions as places
from signaal.places.model import LoadReport
from signaal.simulator import town


@commands.group()
def db() -> None:
    """The database."""


@db.command("upgrade")
@with_house
def db_upgrade(house: wiring.House) -> None:
    """Brings the tables up to date."""
    wiring.upgrade_database(house.services)
    click.echo("De database is bij. / The database is up to date.")


@commands.group("places")
def places_group() -> None:
    """Municipality, neighbourhoods, dwellings and blocks."""


@places_group.command("load")
@click.option("--neighbourhoods", type=A_FILE, help="CBS wijken en buurten (GeoPackage)")
@click.option("--municipality", help="only the neighbourhoods of this one, for example GM0193")
@click.option("--blocks", type=A_FILE, help="your own block polygons (GeoPackage)")
@click.option("--dwellings", type=A_FILE, help="BAG (bag-light.gpkg or NLExtract address CSV)")
@click.option(
    "--background",
    type=A_FILE,
    help="water, streets and surroundings for the map (GeoPackage); or the CBS file, for its water",
)
@click.option(
    "--replace", is_flag=True, help="also when more than a quarter of the present dwellings goes"
)
@with_house
def places_load(
    house: wiring.House,
    *,
    neighbourhoods: Path | None,
    municipality: str | None,
    blocks: Path | None,
    dwellings: Path | None,
    background: Path | None,
    replace: bool,
) -> None:
    """Loads official files; makes blocks from the addresses unless you bring your own."""
    require_files(neighbourhoods, blocks, dwellings, background)
    if municipality and not neighbourhoods:
        raise UnusableFile(
            "--municipality hoort bij --neighbourhoods: geef ook het bestand met buurten. /"
            " --municipality goes with --neighbourhoods: give the file of neighbourhoods too."
        )
    wiring.require_ready(house.services)
    if neighbourhoods:
        report = places.load_neighbourhoods(
            house.services, neighbourhoods, municipality=municipality, replace=replace
        )
        _say(neighbourhoods, report)
    if blocks:
        _say(blocks, places.load_blocks(house.services, blocks))
    if dwellings:
        with progress() as show:
            report = places.load_dwellings(
                house.services, dwellings, replace=replace, on_progress=show
            )
        _say(dwellings, report)
    if background:
        _say(background, places.load_background(house.services, background))


def _say(path: Path, report: LoadReport) -> None:
    click.echo(f"{path.name}:")
    for line in report.lines():
        click.echo(line)


@commands.command()
@with_house
def demo(house: wiring.House) -> None:
    """Makes the database and the invented town, unless they are there already."""
    wiring.upgrade_database(house.services)
    with progress() as show:
        made = town.load_town(house.services, on_progress=show)
    if made:
        wiring.see(house.services)
    click.echo(
        "De verzonnen stad staat klaar. / The invented town is ready."
        if made
        else "De verzonnen stad was er al. / The invented town was there already."
    )


@commands.command()
@with_house
def refresh(house: wiring.House) -> None:
    """Makes the figures of the map anew, now."""
    with progress() as show:
        made = wiring.see(house.services, on_progress=show)
    click.echo(
        f"De cijfers zijn ververst: {made.reports} meldingen, {made.blocks} blokken."
        f" / The figures are fresh: {made.reports} reports, {made.blocks} blocks."
    )
