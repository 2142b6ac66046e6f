"""What a message says: where, what and how urgent; pure, by tables, in linear time."""

from collections.abc import Sequence

from signaal.intake.model import Categories, Kind, Reading
from signaal.intake.reading.addresses import address
from signaal.intake.reading.meaning import meaning
from signaal.intake.reading.prompts import describes_somebody
from signaal.intake.reading.signs import clean
from signaal.places.model import AddressWords

__all__ = ["describes_somebody", "read_followup", "read_message"]


def read_message(
    text: str, *, categories: Categories, streets: Sequence[str], kind: Kind | None = None
) -> Reading:
    """What somebody says, where, and how soon a person must look; any text gives a reading.

    Args:
        text: The message as it came in.
        categories: The closed list and the words by which it is known.
        streets: Names of the streets of the municipality.
        kind: The kind that the reporter already chose, where there was a choice.
    """
    plain = clean(text)
    said = meaning(plain, categories=categories, kind=kind)
    category = categories.of(said.category)
    return Reading(
        words=address(plain, streets=streets, alone=False),
        kind=category.kind,
        category=category.code,
        urgency=said.urgency,
        language=said.language,
        said_what=said.clear,
    )


def read_followup(text: str, *, streets: Sequence[str] = ()) -> AddressWords:
    """The address in an answer to the question where it is: a bare number will do.

    Args:
        text: The answer as it came in.
        streets: Names of the streets of the municipality; without them a street stays as written.
    """
    return address(clean(text), streets=streets, alone=True)
