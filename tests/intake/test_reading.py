import tomllib
from pathlib import Path

import pytest

from signaal.intake.model import Categories, Kind, Language, Urgency
from signaal.intake.reading import read_message
from signaal.places.model import AddressWords
from signaal.policies import read_policies
from signaal.resources import ALERTS

CORPUS = tomllib.loads((Path(__file__).parent / "corpus.toml").read_text(encoding="utf-8"))
STREETS = tuple(CORPUS["streets"])
CATEGORIES = read_policies(ALERTS, [Categories])[Categories]
ADDRESS = ("postcode", "number", "letter", "addition", "street")


def read(text):
    return read_message(text, categories=CATEGORIES, streets=STREETS)


@pytest.mark.parametrize("message", CORPUS["messages"], ids=lambda message: message["id"])
def test_a_message_is_read_as_a_careful_person_reads_it(message) -> None:
    kind, category = message["what"].split("/")
    reading = read(message["text"])
    assert reading.words == AddressWords(**{part: message.get(part) for part in ADDRESS})
    assert (reading.kind, reading.category) == (Kind(kind), category)
    assert reading.urgency is Urgency(message.get("urgency", "normal"))
    assert reading.language is Language(message.get("language", "nl"))
    assert reading.said_what is message.get("said_what", True)
