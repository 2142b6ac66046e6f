"""The address in a message: postcode and number, or street and number."""

from collections.abc import Sequence

from signaal.intake.reading.numbers import (
    MOST_BETWEEN,
    House,
    Postcode,
    Token,
    cued_number,
    houses_in,
    is_between,
    number_behind,
    postcodes_in,
    tokens_of,
)
from signaal.intake.reading.streets import find_street, is_typed
from signaal.places.model import AddressWords


def address(plain: str, *, streets: Sequence[str], alone: bool) -> AddressWords:
    """The first complete address in a message, else the parts that there are.

    Args:
        plain: The message in plain signs.
        streets: Names of the streets of the municipality.
        alone: Whether the message answers a question, so that a bare number is a house number.
    """
    tokens = tokens_of(plain)
    postcodes = postcodes_in(tokens)
    houses = houses_in(tokens, postcodes)
    for postcode in postcodes:
        house = _beside(tokens, postcode, houses)
        if house:
            return _worded(house, postcode=postcode.text)
    cued = cued_number(tokens, houses)
    bare = next(iter(houses.values()), None) if alone else None
    if postcodes:
        return _worded(cued or _along(tokens, houses) or bare, postcode=postcodes[0].text)
    street, house = find_street(tokens, houses, streets=streets, alone=alone)
    return _worded(house or cued or bare, street=street)


def _worded(
    house: House | None, *, postcode: str | None = None, street: str | None = None
) -> AddressWords:
    if house is None:
        return AddressWords(postcode=postcode, street=street)
    return AddressWords(
        postcode=postcode,
        number=house.number,
        letter=house.letter,
        addition=house.addition,
        street=street,
    )


def _beside(tokens: list[Token], postcode: Postcode, houses: dict[int, House]) -> House | None:
    """The number behind the postcode, or else the one before it."""
    behind = number_behind(tokens, postcode.end, houses)
    if behind:
        return behind
    for place in range(postcode.start - 1, postcode.start - MOST_BETWEEN - 3, -1):
        house = houses.get(place)
        if house:
            gap = tokens[house.end : postcode.start]
            return house if all(map(is_between, gap)) else None
    return None


def _along(tokens: list[Token], houses: dict[int, House]) -> House | None:
    """The first number behind a word that looks like a street."""
    for place, token in enumerate(tokens):
        house = number_behind(tokens, place + 1, houses) if is_typed(token.text) else None
        if house:
            return house
    return None
