"""Reads who has duty, and goes on with the last good rota when somebody breaks the file."""

import tomllib
from datetime import date
from functools import cache
from pathlib import Path

import structlog

from signaal.errors import BrokenRota
from signaal.oncall.model import Rota, rota_from
from signaal.resources import GEODATA
from signaal.services import Services

DEMO_ROTA = GEODATA / "demo" / "rota.toml"

log = structlog.get_logger()


class _DutchHolidays:
    """The public holidays of the Netherlands, of any year.

    Liberation Day (5 May) is one in each lustrum only (2025, 2030); an office that also closes
    in other years names that day under `closed_days`, as it does Good Friday.
    """

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and day in _holidays_of(day.year)


@cache
def _holidays_of(year: int) -> frozenset[date]:
    from holidays.countries.netherlands import NL

    return frozenset(NL(years=year))  # type: ignore[no-untyped-call]


def read_rota(path: Path, *, line_number: str) -> Rota:
    """The rota in this file.

    Args:
        path: A TOML file.
        line_number: The line's own number, which nobody on the rota may have.

    Raises:
        BrokenRota: All faults at once, each with file, key and mend.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError:
        raise BrokenRota(f"{path}: dit bestand ontbreekt / this file is missing") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BrokenRota(f"{path.name}: geen geldige TOML / not valid TOML: {error}") from None
    return rota_from(table, file=path.name, line_number=line_number, holidays=_DutchHolidays())


_last_good: dict[tuple[Path, str], tuple[int, Rota]] = {}


def rota_of(services: Services) -> Rota:
    """The rota in force: read anew when the file has changed.

    A file that is broken while Signaal runs is reported loudly; the last good rota stays in
    force, because a caller at night can't wait for somebody to mend a comma.

    Raises:
        BrokenRota: The file can't be used and never could; Signaal must not start.
    """
    settings = services.settings
    path = settings.rota_file or DEMO_ROTA
    key = (path, settings.line_number)
    changed = _changed(path)
    kept = _last_good.get(key)
    if kept and kept[0] == changed:
        return kept[1]
    try:
        rota = read_rota(path, line_number=settings.line_number)
    except BrokenRota as broken:
        if kept is None:
            raise
        log.exception("rota broken, the last good one stays in force", faults=str(broken))
        rota = kept[1]
    _last_good[key] = (changed, rota)
    return rota


def _changed(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
