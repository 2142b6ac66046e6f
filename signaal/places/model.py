"""What a place is: an address in words, a block, and what was found."""

from dataclasses import dataclass


@dataclass(frozen=True)
class AddressWords:
    """An address as somebody wrote it.

    Attributes:
        postcode: Four digits and two capitals, without a space: "8021AC".
        number: The house number.
        letter: The house letter, a capital.
        addition: What else belongs to the number: "II", "HS", "2".
        street: The name of the street.
    """

    postcode: str | None = None
    number: int | None = None
    letter: str | None = None
    addition: str | None = None
    street: str | None = None
