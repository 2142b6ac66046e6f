"""The invented town of the demo: its places, and a year of invented reports up to this moment."""

import csv
import gzip
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

from signaal.clock import DAYS_PER_WEEK, start_of, week_of
from signaal.db import Session
from signaal.errors import UnusableFile
from signaal.intake import actions as intake
from signaal.intake.model import Channel, HistoricReport, Kind, Urgency
from signaal.places import actions as places
from signaal.places.model import AddressWords, PlaceFound
from signaal.privacy.model import reporter_token
from signaal.resources import GEODATA
from signaal.services import Services

DEMO_TOWN = GEODATA / "demo"
MINUTES_PER_WEEK = DAYS_PER_WEEK * 24 * 60
MINUTES_PER_DAY = 24 * 60

Row = dict[str, str]


def load_town(services: Services, *, on_progress: Callable[[str, float], None]) -> bool:
    """Loads the invented town and its history, each unless it is there already.

    Returns:
        Whether anything was loaded.
    """
    with services.database.reading() as session:
        no_town, no_reports = places.is_empty(session), intake.count_reports(session) == 0
        no_ground = not places.background(session)
    if no_town:
        on_progress("stad / town", 0.0)
        places.load_town(services, DEMO_TOWN)
    if no_ground:
        places.load_background(services, DEMO_TOWN / "background.gpkg")
    if no_reports:
        on_progress("meldingen / reports", 0.7)
        with services.database.session() as session, session.begin():
            intake.take_in_history(session, list(history(session, services)))
    on_progress("klaar / ready", 1.0)
    return no_town or no_reports or no_ground


def history(session: Session, services: Services) -> Iterator[HistoricReport]:
    """The invented reports, so that the last of them came in just now."""
    now = services.clock.now()
    pepper = services.settings.reporter_pepper.get_secret_value()
    blocks: dict[AddressWords, int] = {}
    for row in _rows(DEMO_TOWN / "reports.csv.gz"):
        address = AddressWords(
            postcode=row["postcode"],
            number=int(row["number"]),
            addition=row["letter_or_addition"] or None,
        )
        if address not in blocks:
            blocks[address] = _block_of(session, address)
        received_at = _moment(row, now)
        yield HistoricReport(
            received_at=received_at,
            kind=Kind(row["kind"]),
            category=row["category"],
            block_id=blocks[address],
            reporter_token=reporter_token(
                f"demo:{row['reporter']}", week=week_of(received_at), pepper=pepper
            ),
            channel=Channel(row["channel"]),
            urgency=Urgency(row["urgency"]),
            identified=row["identified"] == "1",
        )


def _rows(path: Path) -> Iterator[Row]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines, delimiter=";")


def _block_of(session: Session, address: AddressWords) -> int:
    found = places.find_place(session, address)
    if not isinstance(found, PlaceFound):
        raise UnusableFile(f"reports.csv.gz: {address} is not in the town ({found.reason})")
    return found.block_id


def _moment(row: Row, now: datetime) -> datetime:
    """The instant of a report, counted back from the current week.

    The running week is not over yet: its reports are pressed into the part that has passed.
    """
    week = week_of(now) - int(row["week_back"])
    minutes = int(row["day"]) * MINUTES_PER_DAY + int(row["minute"])
    lasts = min(start_of(week + 1), now) - start_of(week)
    return start_of(week) + timedelta(seconds=lasts.total_seconds() * minutes / MINUTES_PER_WEEK)
