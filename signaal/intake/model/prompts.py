"""Words with which the form asks whether somebody's origin, faith or illness must be in it."""

from dataclasses import dataclass
from typing import ClassVar

from signaal.intake.model.reading import phrases_fit
from signaal.rules import Condition, refuse


@dataclass(frozen=True)
class PromptWords:
    """Words that seem to describe somebody's origin, faith or illness.

    The form asks once whether they are needed, and takes the report in all the same: it never
    blocks. The phrases are written as in `Categories`.

    Attributes:
        origin: Where somebody, or their family, comes from.
        faith: What somebody believes.
        illness: What somebody has, takes or is treated for.
        harmless: Phrases in which such a word means nothing of the sort.
    """

    FILE: ClassVar[str] = "words.toml"

    origin: tuple[str, ...]
    faith: tuple[str, ...]
    illness: tuple[str, ...]
    harmless: tuple[str, ...]

    CONDITIONS: ClassVar[tuple[Condition, ...]] = tuple(
        phrases_fit(key) for key in ("origin", "faith", "illness", "harmless")
    )

    def __post_init__(self) -> None:
        """Refuses phrases that can never be found."""
        refuse(self)
