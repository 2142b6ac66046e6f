"""Commands for the figures of the map."""

from pathlib import Path

import click

from signaal import app as web_app
from signaal import wiring
from signaal.access.model import Purpose, Role
from signaal.cli.base import A_FILE, commands, with_house
from signaal.errors import NoSnapshot, UnusableFile
from signaal.hotspots import actions
from signaal.hotspots.model import WINDOWS, FileKind
from signaal.hotspots.web.package import as_package
from signaal.intake.model import Kind
from signaal.visitor import Visitor

KINDS = [kind.value for kind in Kind if kind is not Kind.ARREARS]


@commands.group("hotspots")
def hotspots_group() -> None:
    """Where help is asked for."""


@hotspots_group.command("export")
@click.argument("file", type=A_FILE)
@click.option("--kind", type=click.Choice(KINDS), default=KINDS[0], show_default=True)
@click.option(
    "--period",
    type=click.IntRange(0, WINDOWS - 1),
    default=0,
    show_default=True,
    help="0 for the latest whole four weeks, 1 for the four before, and so on",
)
@with_house
def hotspots_export(house: wiring.House, *, file: Path, kind: str, period: int) -> None:
    """Writes the blocks of the map into FILE, a GeoPackage for QGIS, and writes that down.

    The figures are what a policy officer sees: whole periods of four weeks, in classes, with
    small counts hidden. They are never exact, as a coordinator sees them: a file has no owner who
    signed in, it travels further than its maker knows, and exact figures are for people who are
    at work in their own district.
    """
    if file.suffix.lower() != ".gpkg":
        raise UnusableFile(
            f"{file}: geef een naam die op .gpkg eindigt. / {file}: give a name that ends in .gpkg."
        )
    services = house.services
    wiring.require_ready(services)
    try:
        figures = actions.take_away(
            services,
            period=period,
            kind=Kind(kind),
            visitor=Visitor(role=Role.POLICY_OFFICER, districts=None),
            purpose=Purpose.EARLY_WARNING,
            file=FileKind.GPKG,
        )
    except NoSnapshot:
        raise UnusableFile(
            "Er zijn nog geen cijfers; geef eerst: signaal refresh /"
            " There are no figures yet; run: signaal refresh"
        ) from None
    with web_app.create_app(services, house.network).test_request_context():
        content = as_package(services, figures)
    try:
        file.write_bytes(content)
    except OSError as error:
        raise UnusableFile(
            f"{file}: niet te schrijven ({error.strerror}). Kies een andere map. /"
            f" {file}: can't be written ({error.strerror}). Choose another folder."
        ) from None
    click.echo(f"{file}: {len(figures.rows)} blokken / {len(figures.rows)} blocks")
