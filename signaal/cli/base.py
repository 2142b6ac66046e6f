"""What all commands share: the group, the house, files that must be there, a bar."""

import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path

import click
from sqlalchemy.exc import OperationalError

from signaal import wiring
from signaal.errors import SignaalError, UnusableFile
from signaal.settings import read_settings


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


A_FILE = click.Path(path_type=Path)
"""Checked by us: what click says about a missing file is in English only."""


def require_files(*paths: Path | None) -> None:
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


class progress:  # noqa: N801 - reads as a word: `with progress() as show`
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
