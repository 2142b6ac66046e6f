"""The command line: `signaal --help` lists what there is."""

import os
import signal
import sys
import threading
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING

import click
from flask import Flask
from pydantic import SecretStr
from sqlalchemy.exc import OperationalError

from signaal import app as web_app
from signaal import wiring
from signaal.access import actions as access
from signaal.errors import SignaalError, UnsafeSetting, UnusableFile
from signaal.hotspots import actions as hotspots
from signaal.places import actions as places
from signaal.places.model import LoadReport
from signaal.scheduler import Worker
from signaal.settings import Settings, read_settings
from signaal.simulator import town

if TYPE_CHECKING:
    from waitress.server import BaseWSGIServer

SHUTDOWN_SECONDS = 10
SLOW_VISITOR_SECONDS = 60
"""After so long without a word from a visitor the connection is closed."""
MOST_VISITORS = 1000
WORKER_FELL = 4
"""The exit code by which a supervisor knows that it must start Signaal again."""
ALTERED_LOG = 5
"""The exit code by which monitoring knows that the log of acts was altered."""


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def commands() -> None:
    """Signaal hears, shows and answers what residents and professionals see."""
    wiring.configure_logging()


def main() -> None:
    """Runs a command; what Signaal refuses is said in one sentence, without a trace."""
    try:
        commands()
    except SignaalError as error:
        click.echo(str(error), err=True)
        sys.exit(2)
    except OperationalError as error:
        click.echo(
            f"De database antwoordt niet. / The database doesn't answer. ({error.orig})", err=True
        )
        sys.exit(3)


def with_house(command: Callable[..., None]) -> Callable[..., None]:
    """Gives a command the house, and closes its database afterwards."""

    @wraps(command)
    def run(**options: object) -> None:
        house = wiring.build(read_settings())
        try:
            command(house, **options)
        finally:
            house.services.database.close()

    return run


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


A_FILE = click.Path(path_type=Path)
"""Checked by us: what click says about a missing file is in English only."""


@places_group.command("load")
@click.option("--neighbourhoods", type=A_FILE, help="CBS wijken en buurten (GeoPackage)")
@click.option("--municipality", help="only the neighbourhoods of this one, for example GM0193")
@click.option("--blocks", type=A_FILE, help="your own block polygons (GeoPackage)")
@click.option("--dwellings", type=A_FILE, help="BAG (bag-light.gpkg or NLExtract address CSV)")
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
    replace: bool,
) -> None:
    """Loads official files; makes blocks from the addresses unless you bring your own."""
    _require_files(neighbourhoods, blocks, dwellings)
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
        with _progress() as show:
            report = places.load_dwellings(
                house.services, dwellings, replace=replace, on_progress=show
            )
        _say(dwellings, report)


def _require_files(*paths: Path | None) -> None:
    """Looks before anything is loaded whether there is a file, and each is one."""
    given = [path for path in paths if path is not None]
    if not given:
        raise UnusableFile(
            "Geef minstens één bestand: --neighbourhoods (CBS), --dwellings (BAG) of --blocks"
            " (eigen blokken). Begin met --neighbourhoods. / Give at least one file:"
            " --neighbourhoods (CBS), --dwellings (BAG) or --blocks (your own). Start with"
            " --neighbourhoods."
        )
    for path in given:
        if path.is_dir():
            raise UnusableFile(
                f"{path}: dit is een map. Geef het bestand zelf. /"
                f" {path}: this is a folder. Give the file itself."
            )
        if not path.is_file():
            raise UnusableFile(
                f"{path}: dit bestand bestaat niet. Kijk naar de map en de naam. /"
                f" {path}: there is no such file. Check folder and name."
            )


def _say(path: Path, report: LoadReport) -> None:
    click.echo(f"{path.name}:")
    for line in report.lines():
        click.echo(line)


@commands.command()
@with_house
def demo(house: wiring.House) -> None:
    """Makes the database and the invented town, unless they are there already."""
    wiring.upgrade_database(house.services)
    with _progress() as show:
        made = town.load_town(house.services, on_progress=show)
    if made:
        hotspots.refresh(house.services)
    click.echo(
        "De verzonnen stad staat klaar. / The invented town is ready."
        if made
        else "De verzonnen stad was er al. / The invented town was there already."
    )


@commands.command()
@with_house
def serve(house: wiring.House) -> None:
    """Serves the pages (and, unless told otherwise, works through the ticks)."""
    settings = house.services.settings
    wiring.require_ready(house.services)
    server = _server(web_app.create_app(house.services, house.network), settings)
    stop = threading.Event()
    fallen = threading.Event()
    worker = threading.Thread(target=_work, args=(house, stop, fallen), name="worker")
    # Not server.close(): its loop may be waiting on the very sockets that this would close.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    click.echo(f"Signaal: {settings.public_url}  (Ctrl-C: stop)")
    try:
        if settings.embedded_worker:
            worker.start()
        server.run()
    finally:
        server.close()
        stop.set()
        if worker.is_alive():
            worker.join(SHUTDOWN_SECONDS)
        if fallen.is_set():
            sys.exit(WORKER_FELL)


def _work(house: wiring.House, stop: threading.Event, fallen: threading.Event) -> None:
    """Works through the ticks; a line whose worker has fallen must not look healthy."""
    try:
        Worker(house).run(stop)
    finally:
        if not stop.is_set():
            fallen.set()
            os.kill(os.getpid(), signal.SIGTERM)


def _server(app: Flask, settings: Settings) -> "BaseWSGIServer":
    """The server, listening; before anything else starts to work.

    Raises:
        UnsafeSetting: Another program listens there already.
    """
    import waitress

    try:
        return waitress.create_server(
            app,
            host=settings.host,
            port=settings.port,
            threads=settings.threads,
            channel_timeout=SLOW_VISITOR_SECONDS,
            connection_limit=MOST_VISITORS,
            max_request_body_size=web_app.LARGEST_BODY * 2,
            ident=None,
            # Whom to believe is decided in one place: by the trusted proxies of the settings.
            clear_untrusted_proxy_headers=not settings.trusted_proxies,
        )
    except OSError as error:
        raise UnsafeSetting(
            f"Op {settings.host}:{settings.port} kan Signaal niet luisteren ({error.strerror}):"
            " stop het andere programma of kies een andere SIGNAAL_PORT. / Signaal can't listen"
            f" on {settings.host}:{settings.port}: stop the other program or choose another"
            " SIGNAAL_PORT."
        ) from None


@commands.command()
@with_house
def worker(house: wiring.House) -> None:
    """Works through the ticks; a second worker stands by."""
    wiring.require_ready(house.services)
    if house.network:
        raise UnsafeSetting(
            "De telefoons van de demo staan in `signaal serve`; gebruik dat, zonder `signaal"
            " worker`. / The demo's telephones live in `signaal serve`; use that, without"
            " `signaal worker`."
        )
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    Worker(house).run(stop)


@commands.command()
@with_house
def refresh(house: wiring.House) -> None:
    """Makes the figures of the map anew, now."""
    made = hotspots.refresh(house.services)
    click.echo(
        f"De cijfers zijn ververst: {made.reports} meldingen, {made.blocks} blokken."
        f" / The figures are fresh: {made.reports} reports, {made.blocks} blocks."
    )


@commands.group()
def policies() -> None:
    """The policies in alerts/."""


@policies.command("check")
def policies_check() -> None:
    """Says all that is wrong with the policies, with file, key and mend."""
    wiring.read_all_policies(read_settings())
    click.echo("Alle beleidsregels zijn in orde. / All policies are in order.")


@commands.group()
def people() -> None:
    """Accounts; the browser does the rest (/beheer)."""


@people.command("first")
@click.option("--organisation", required=True, help='the municipality, for example "Gemeente …"')
@click.option("--email", required=True, help="the login of its first administrator")
@with_house
def people_first(house: wiring.House, *, organisation: str, email: str) -> None:
    """Lets the first administrator in: prints a link that works once."""
    wiring.require_ready(house.services)
    secret = access.invite_first(house.services, organisation_name=organisation, email=email)
    click.echo("Geef deze link door; hij werkt één keer, zeven dagen lang. / Hand over this link;")
    click.echo("it works once, for seven days:")
    click.echo(f"{house.services.settings.public_url}/uitnodiging/{secret}")


@commands.command()
@click.option("--dry-run", is_flag=True, help="only count what would go")
@with_house
def purge(house: wiring.House, *, dry_run: bool) -> None:
    """Lets go, now, of all that has had its time (see docs/privacy/retention.md)."""
    wiring.require_ready(house.services)
    gone = wiring.purge(house.services, dry_run=dry_run)
    for what, rows in sorted(gone.items()):
        click.echo(f"{rows:>9,}  {what}")
    click.echo(
        "Dit is alleen geteld. / This was only counted."
        if dry_run
        else "Dit is vernietigd. / This has been destroyed."
    )


@commands.group("log")
def log_group() -> None:
    """The log of acts."""


@log_group.command("verify")
@with_house
def log_verify(house: wiring.House) -> None:
    """Checks the whole chain of the log, and says where it was altered."""
    wiring.require_ready(house.services)
    outcome = access.verify(house.services)
    click.echo(outcome.report())
    if not outcome.is_whole:
        sys.exit(ALTERED_LOG)


@commands.group()
def keys() -> None:
    """The master key and the groups of keys."""


@keys.command("change-master")
@click.option("--new-key-file", type=A_FILE, required=True, help="holds the new master key")
@with_house
def keys_change_master(house: wiring.House, *, new_key_file: Path) -> None:
    """Wraps all key groups with a new master key; start Signaal with that one afterwards."""
    wiring.require_ready(house.services)
    _require_files(new_key_file)
    new = SecretStr(new_key_file.read_text(encoding="utf-8").strip())
    wiring.change_master_key(house.services, new)
    click.echo(
        "Alles hangt nu aan de nieuwe hoofdsleutel. Start Signaal daarmee. /"
        " Everything hangs on the new master key. Start Signaal with it."
    )


@keys.command("renew")
@with_house
def keys_renew(house: wiring.House) -> None:
    """Gives every purpose a new key group and wraps all data keys anew."""
    wiring.require_ready(house.services)
    with _progress() as show:
        done = wiring.renew_keys(
            house.services, lambda some, of: show("sleutels / keys", some / max(1, of))
        )
    click.echo(
        f"{done.rewrapped} sleutels zijn opnieuw verpakt; {done.broken} waren er stuk. /"
        f" {done.rewrapped} keys have been wrapped anew; {done.broken} were broken."
    )


class _progress:  # noqa: N801 - reads as a word: `with _progress() as show`
    """A bar that shows how far a long job is, with the name of the step it is at."""

    def __enter__(self) -> Callable[[str, float], None]:
        self._bar = click.progressbar(length=1000, label="…", file=sys.stderr)
        self._bar.__enter__()
        return self._show

    def _show(self, step: str, fraction: float) -> None:
        self._bar.label = step
        self._bar.update(max(0, int(fraction * 1000) - self._bar.pos))

    def __exit__(self, *_: object) -> None:
        self._bar.render_finish()


if __name__ == "__main__":
    main()
