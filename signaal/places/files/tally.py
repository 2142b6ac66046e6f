"""Counts of what a file had wrong, the sentence that refuses it, and the cleaning of values."""

import math
import unicodedata
from collections import Counter

from signaal.errors import UnusableFile

MISSING = {-99997, -99995}
"""CBS: secret or not available; not yet known."""
LONGEST_NAME = 120


class Tally:
    """Counts what is left out and mended, and says what is wrong with which file."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.left_out: Counter[str] = Counter()
        self.mended: Counter[str] = Counter()

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
