import re
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest import raises

from signaal.intake.model import Categories, Kind, Language, Urgency
from signaal.intake.reading import read_followup, read_message
from signaal.places.model import AddressWords
from signaal.policies import read_policies
from signaal.resources import ALERTS

CORPUS = tomllib.loads((Path(__file__).parent / "corpus.toml").read_text(encoding="utf-8"))
STREETS = tuple(CORPUS["streets"])
CATEGORIES = read_policies(ALERTS, [Categories])[Categories]
ADDRESS = ("postcode", "number", "letter", "addition", "street")


def read(text, **choices):
    return read_message(text, categories=CATEGORIES, streets=STREETS, **choices)


@pytest.mark.parametrize("message", CORPUS["messages"], ids=lambda message: message["id"])
def test_a_message_is_read_as_a_careful_person_reads_it(message) -> None:
    kind, category = message["what"].split("/")
    reading = read(message["text"])
    assert reading.words == AddressWords(**{part: message.get(part) for part in ADDRESS})
    assert (reading.kind, reading.category) == (Kind(kind), category)
    assert reading.urgency is Urgency(message.get("urgency", "normal"))
    assert reading.language is Language(message.get("language", "nl"))
    assert reading.said_what is message.get("said_what", True)


@pytest.mark.parametrize("text", CORPUS["danger"] + CORPUS["one_too_many"])
def test_danger_is_heard(text) -> None:
    assert read(text).urgency is Urgency.ACUTE


@pytest.mark.parametrize("text", CORPUS["no_danger"])
def test_nobody_is_woken_for_a_manner_of_speaking(text) -> None:
    assert read(text).urgency is not Urgency.ACUTE


# -- for every text ---------------------------------------------------------------------------

surrogates = st.characters(categories=["Cs"])
any_text = st.text(st.one_of(st.characters(), surrogates, st.sampled_from("8021AC 14-€:'\0\n")))
# Words that are no number, no postcode, no street and no danger, and pictures.
CHATTER = (
    *("hallo", "wij", "zo", "vaak", "om", "de", "is", "elke", "niet", "het", "bij", "nr", "a", "I"),
    *("!", ",", ".", "(", ")", ":", "🎉", "😡", "👍🏽", "é"),
)
chatter = st.lists(
    st.sampled_from(CHATTER),
    max_size=8,
).map(" ".join)
letters = st.sampled_from("ABCDEFGHJKLMNPRTVWXZ")
postcodes = st.builds("{}{}{}".format, st.integers(1000, 9999), letters, letters).filter(
    lambda postcode: postcode[4:] not in {"SA", "SD", "SS"}
)
numbers = st.integers(1, 99999)


@given(any_text)
def test_no_text_is_too_odd_to_read(text) -> None:
    words = read(text).words
    assert words.postcode is None or re.fullmatch(r"[1-9]\d{3}(?!S[ADS])[A-Z]{2}", words.postcode)
    assert words.number is None or 1 <= words.number <= 99999
    assert words.letter is None or re.fullmatch(r"[A-Z]", words.letter)
    assert words.street is None or words.street


@given(any_text)
def test_no_answer_is_too_odd_to_read(text) -> None:
    assert isinstance(read_followup(text, streets=STREETS), AddressWords)


@given(chatter, postcodes, st.sampled_from(["", " ", "  ", "-", "."]), numbers, chatter)
def test_a_postcode_and_number_are_found_among_any_words(
    before, postcode, gap, number, after
) -> None:
    written = f"{postcode[:4]}{gap}{postcode[4:]} {number}"
    words = read(f"{before} {written} {after}").words
    assert (words.postcode, words.number) == (postcode, number)


@given(st.sampled_from(CORPUS["messages"]), st.sampled_from([str.upper, str.lower, str.title]))
def test_capitals_make_no_difference(message, written) -> None:
    text = message["text"].replace("'", "")  # "'S" begins a word for title()
    assert read(written(text)) == read(text)


@given(st.sampled_from(CORPUS["messages"]), st.sampled_from(["  ", "\t", " \r\n ", "\u00a0"]))
def test_wider_spaces_make_no_difference(message, wide) -> None:
    text = message["text"].replace("\n", " ")
    assert read(text.replace(" ", wide)).words == read(text).words


DANGEROUS = [
    phrase.replace(" * ", " ").replace("*", "")
    for danger in CATEGORIES.dangers
    for phrase in danger.words
    if not phrase.startswith("emoji")
]


def test_each_word_of_danger_is_acute() -> None:
    assert [phrase for phrase in DANGEROUS if read(phrase).urgency is not Urgency.ACUTE] == []


@given(
    chatter,
    st.sampled_from(["", "geen", "niet", "no", "helemaal geen"]),
    st.sampled_from(DANGEROUS),
    st.sampled_from([str.upper, str.lower]),
    chatter,
)
def test_words_of_danger_are_acute_whatever_stands_around_them(
    before, no, danger, written, after
) -> None:
    assert read(written(f"{before} {no} {danger} {after}")).urgency is Urgency.ACUTE


@pytest.mark.parametrize(
    "text",
    [
        "8" * 10_000,
        "8021 " * 2_000,
        "8021 AC 14-" * 900,
        "a" * 10_000,
        "lindelaan " * 1_000,
        "einde aan " * 1_000,
        "0 ( ) " * 1_700,
        "😡" * 10_000,
        "\u0301" * 10_000,
        "ﷺ" * 10_000,
        "\udc80\0" * 5_000,
        "geen niet " * 1_000,
    ],
    ids=lambda text: ascii(text[:8]),
)
def test_ten_thousand_signs_of_anything_are_read(text) -> None:
    assert read(text).language in Language


def test_danger_at_the_end_of_a_very_long_letter_is_seen() -> None:
    reading = read("wij wonen hier al jaren. " * 2_000 + "Hij heeft een mes! 8021 AC 14")
    assert reading.urgency is Urgency.ACUTE
    assert reading.words == AddressWords(postcode="8021AC", number=14)


# -- the reporter's own choice ----------------------------------------------------------------


def test_a_kind_that_was_chosen_on_the_form_stays() -> None:
    reading = read("er is altijd herrie, ik maak me zorgen", kind=Kind.CONCERN)
    assert (reading.kind, reading.category) == (Kind.CONCERN, "other_concern")


@pytest.mark.parametrize(
    ("kind", "category"),
    [
        (Kind.NUISANCE, "other_nuisance"),
        (Kind.CONCERN, "other_concern"),
        (Kind.ARREARS, "money_worries"),
    ],
)
def test_a_kind_without_words_gets_the_last_category_of_its_kind(kind, category) -> None:
    reading = read("", kind=kind)
    assert (reading.kind, reading.category, reading.said_what) == (kind, category, True)


# -- answers to "where is it?" ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("8021ac 14", AddressWords(postcode="8021AC", number=14)),
        ("8021AC", AddressWords(postcode="8021AC")),
        ("nr 14", AddressWords(number=14)),
        ("14", AddressWords(number=14)),
        ("14 b", AddressWords(number=14, letter="B")),
        ("op 14-II", AddressWords(number=14, addition="II")),
        ("Lindelaan 3", AddressWords(number=3, street="Lindelaan")),
        ("lindelan 3", AddressWords(number=3, street="Lindelaan")),
        ("het is de Brink 6", AddressWords(number=6, street="Brink")),
        ("Oudezijds 8", AddressWords(number=8, street="Oudezijds")),
        ("weet ik niet", AddressWords()),
        ("", AddressWords()),
    ],
)
def test_an_answer_may_be_short(answer, expected) -> None:
    assert read_followup(answer, streets=STREETS) == expected


def test_without_a_list_of_streets_a_street_stays_as_written() -> None:
    assert read_followup("Lindelaan 3") == AddressWords(number=3, street="Lindelaan")


@pytest.mark.parametrize("written", ["Hofstraat 4", "Hofstr. 4"])
def test_a_name_that_fits_two_streets_is_not_guessed(written) -> None:
    assert read_followup(written, streets=STREETS).street not in STREETS


@pytest.mark.parametrize(
    ("streets", "written"),
    [
        (["Eikenlaan"], "Bokkenlaan"),
        (["Korenbloempark"], "Korenbloempad"),
        (["Havikstraat", "Kavikstraat"], "Mavikstraat"),
    ],
    ids=["too far", "another type of street", "as near to two"],
)
def test_a_street_that_only_looks_alike_stays_as_written(streets, written) -> None:
    assert read_followup(f"{written} 3", streets=streets).street == written


# -- the list of words ------------------------------------------------------------------------


def test_each_kind_has_its_categories() -> None:
    kinds = [category.kind for category in CATEGORIES.categories]
    assert {kind: kinds.count(kind) for kind in Kind} == {
        Kind.NUISANCE: 9,
        Kind.CONCERN: 6,
        Kind.ARREARS: 1,
    }


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"categories": CATEGORIES.categories * 2}, "each code once"),
        ({"categories": CATEGORIES.categories[:-2]}, "not in the list: other_concern"),
        ({"unclear": "nothing"}, "not in the list: nothing"),
        ({"urgent": ("spoed", "Spoed")}, "small letters"),
        ({"urgent": ("spoed", "spoed")}, "each word once"),
        ({"urgent": ("",)}, "small letters"),
        ({"urgent": ("* spoed",)}, "small letters"),
        ({"urgent": ("sp*",)}, "at least 3 letters"),
        ({"harmless": ("één",)}, "small letters"),
        ({"dangers": (replace(CATEGORIES.dangers[0], words=()),)}, "name a word"),
        (
            {"categories": tuple(c for c in CATEGORIES.categories if c.kind is not Kind.ARREARS)},
            "each kind a category: arrears",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_list_with_a_mistake_is_refused_in_words(change, complaint) -> None:
    with raises(ValueError, match=re.escape(complaint)):
        replace(CATEGORIES, **change)
