"""Which figures, which weeks, which block."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from signaal.intake.model import Kind


@dataclass(frozen=True)
class SnapshotInfo:
    """Which frozen figures these are.

    Attributes:
        fingerprint: SHA-256 of everything that went in, in hexadecimal.
        week: The last week in it, counted from Monday 1970-01-05.
        made_at: When it was last found to be up to date, aware, UTC.
        reports: How many placed reports went in.
        blocks: How many blocks it covers.
        past: SHA-256 of everything before the running week: with the same past, all that depends
            on the past alone is the same.
    """

    fingerprint: str
    week: int
    made_at: datetime
    reports: int
    blocks: int
    past: str = ""


@dataclass(frozen=True)
class Window:
    """Four weeks: 0 for the latest that somebody may see, 1 for the four before, and so on."""

    number: int
    first_day: date
    last_day: date


class WarnedWeeks(NamedTuple):
    """Blocks and weeks of a warning: what came in then says less about what is ordinary.

    Attributes:
        kind: Of which kind the warning was.
        codes: Its blocks.
        first_week: The week in which the rise began, counted from Monday 1970-01-05.
        last_week: The last week in which it was seen.
    """

    kind: Kind
    codes: tuple[str, ...]
    first_week: int
    last_week: int


@dataclass(frozen=True)
class BlockName:
    """Which block, and where."""

    code: str
    dwellings: int
    neighbourhood: str
    neighbourhood_code: str
    district: str
    district_code: str


def short_name(code: str) -> str:
    """A block as people call it: by its postcode, where its code holds one."""
    parts = re.fullmatch(r"BU[0-9A-Z]{8}-(\d{4})([A-Z]{2})(?:-(\d+))?", code)
    if not parts:
        return code
    name = f"{parts[1]} {parts[2]}"
    return f"{name} ({parts[3]})" if parts[3] else name
