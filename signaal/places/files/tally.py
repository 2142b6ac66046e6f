"""Counts of what a file had wrong, the sentence that refuses it, and the cleaning of values."""

import math
import unicodedata
from collections import Counter

from signaal.errors import UnusableFile

MISSING = {-99997, -99995}
"""CBS: secret or not available; not yet known."""
LONGEST_NAME = 120


class Faults:
    """Counts rows that can't be used, by the column at fault, and keeps the first row of each."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.first: dict[str, object] = {}

    def note(self, column: str, *, row: object) -> None:
        """Counts one row."""
        self.counts[column] += 1
        self.first.setdefault(column, row)


class Tally:
    """Counts what is left out and mended, and says what is wrong with which file.

    Attributes:
        rows: Rows that were read, wherever they lie.
        homes: Rows among them that are a home in our neighbourhoods, or would be if they could
            be used.
        broken_rows: Rows without the right cells or a place.
        broken_homes: Homes without something else that we need.
        titles: What our words for the columns are called in this file.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.left_out: Counter[str] = Counter()
        self.mended: Counter[str] = Counter()
        self.rows = self.homes = 0
        self.broken_rows, self.broken_homes = Faults(), Faults()
        self.titles: dict[str, str] = {}

    def wrong(self, dutch: str, english: str) -> UnusableFile:
        """The error that refuses this file."""
        return UnusableFile(f"{self.name}: {dutch} / {self.name}: {english}")

    def broken(self, how: str) -> UnusableFile:
        """The error for a file that can't be read to its end."""
        return self.wrong(
            f"het bestand is beschadigd of heeft een andere vorm ({how}). Haal het opnieuw op.",
            f"the file is damaged or of another kind ({how}). Fetch it again.",
        )

    def nothing(self, dutch: str, english: str) -> UnusableFile:
        """The error for a file in which nothing is usable, with the reasons that were counted."""
        reasons = ", ".join(f"{reason}: {count}" for reason, count in self.left_out.items()) or "0"
        return self.wrong(
            f"geen enkele bruikbare {dutch} ({reasons}). Kijk of dit het goede bestand is.",
            f"not one usable {english} ({reasons}). Check that this is the right file.",
        )

    def refuse_junk(self) -> None:
        """Refuses a file of which more than half of the rows can't be used.

        Raises:
            UnusableFile: Which column is to blame, and the first row in which it is.
        """
        for faults, total in ((self.broken_rows, self.rows), (self.broken_homes, self.homes)):
            broken = faults.counts.total()
            if 2 * broken > total:
                column = faults.counts.most_common(1)[0][0]
                row = faults.first[column]
                raise self.wrong(
                    f"{broken} van de {total} rijen zijn niet te gebruiken. Kijk naar kolom"
                    f' "{column}" (rij {row}), of haal het bestand opnieuw op.',
                    f"{broken} of the {total} rows can't be used. Look at column"
                    f' "{column}" (row {row}), or fetch the file again.',
                )

    def count_of(self, value: object) -> int | None:
        """A CBS figure, or None (counted) where CBS left it out."""
        number = as_number(value)
        if number is None or not 0 <= number < 1e9:  # noqa: PLR2004 - more than all people
            self.mended["missing_values"] += number in MISSING
            return None
        return int(number)


def as_number(value: object) -> float | None:
    """A finite number, from a number or its text."""
    if isinstance(value, str) and len(value) > LONGEST_NAME:
        return None
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def as_text(value: object) -> str:
    """Text in one form (NFC), without control characters, on one line."""
    if value is None or isinstance(value, bytes):
        return ""
    plain = unicodedata.normalize("NFC", str(value)[: 10 * LONGEST_NAME])
    if not plain.isprintable():
        plain = "".join(sign if sign.isprintable() else " " for sign in plain)
    return " ".join(plain.split())[:LONGEST_NAME]
