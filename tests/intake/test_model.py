"""The rules of intake: receipts, masks, the dialogue, and what is typed in a form."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signaal.intake.model import (
    BOUNDS,
    RECEIPT_BYTES,
    RECEIPT_SIGNS,
    TEXT_LIMIT,
    Answer,
    Bound,
    Channel,
    SealedPlace,
    Urgency,
    answer_to,
    bound_of,
    contact_of,
    fits,
    has_room,
    house_number,
    is_stop_word,
    is_telephone,
    is_wordless,
    joins_open_report,
    keepable,
    keyed,
    merged,
    more_urgent,
    receipt_from,
    recent,
    typed_receipt,
    voice_weight,
)
from signaal.places.model import AddressWords
from signaal.privacy.model import MASK

NOW = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)


# -- receipts -------------------------------------------------------------------------------


def test_a_receipt_is_shown_in_groups_without_look_alikes():
    receipt = receipt_from(bytes(RECEIPT_BYTES))

    assert receipt.code == "000000-0000-0000-0000"
    assert not set("ILOU") & set(RECEIPT_SIGNS)
    assert len(RECEIPT_SIGNS) == len(set(RECEIPT_SIGNS)) == 32


def test_the_secret_holds_sixty_bits():
    all_ones = receipt_from(b"\xff" * RECEIPT_BYTES)

    assert (len(all_ones.public), len(all_ones.secret)) == (6, 12)
    assert set(all_ones.secret) == {"Z"}


@given(st.binary(min_size=RECEIPT_BYTES, max_size=RECEIPT_BYTES), st.data())
def test_a_receipt_is_known_however_carelessly_it_is_typed(randomness, data):
    receipt = receipt_from(randomness)
    typed = ""
    for sign in receipt.code.replace("-", ""):
        looks_like = {"0": "0Oo", "1": "1IiLl"}.get(sign, sign + sign.lower())
        typed += data.draw(st.sampled_from(looks_like))
        typed += data.draw(st.sampled_from(["", "", " ", "-", "–", ". ", "\t"]))

    assert typed_receipt(f" {typed}\n") == receipt


@given(st.binary(min_size=RECEIPT_BYTES), st.binary(min_size=RECEIPT_BYTES))
def test_two_receipts_are_only_the_same_when_their_randomness_is(one, other):
    same = int.from_bytes(one[:12], "big") % 2**90 == int.from_bytes(other[:12], "big") % 2**90

    assert (receipt_from(one) == receipt_from(other)) is same


@given(st.text(max_size=80))
def test_any_text_is_a_receipt_or_none(typed):
    receipt = typed_receipt(typed)

    assert receipt is None or typed_receipt(receipt.code) == receipt


# -- what is kept ---------------------------------------------------------------------------


@given(st.text(alphabet=st.characters(), max_size=1_500))
def test_any_text_can_be_kept(text):
    kept = keepable(text)

    assert len(kept) <= TEXT_LIMIT
    assert "\x00" not in kept
    kept.encode()


def test_a_number_is_masked_before_the_text_is_cut():
    assert keepable("a" * (TEXT_LIMIT - 6) + " 0612345678") == "a" * (TEXT_LIMIT - 6) + f" {MASK}"


def test_kept_text_is_composed():
    assert keepable("cafe\u0301") == "café"


def test_a_keyed_hash_tells_its_parts_apart():
    assert keyed("pepper", "a", "bc") != keyed("pepper", "ab", "c")
    assert keyed("pepper", "a") != keyed("other", "a")


def test_a_sealed_place_comes_back_from_the_seal_as_it_went_in():
    place = SealedPlace(AddressWords("8021AC", 14, "A", None, "Rozenstraat"), 7, "naast de brug")

    assert SealedPlace.from_json(place.to_json()) == place


@pytest.mark.parametrize(
    ("channel", "identified", "brought", "weight"),
    [
        (Channel.SMS, True, True, 1.0),
        (Channel.WEB, True, True, 1.0),
        (Channel.WEB, False, True, 0.5),
        (Channel.STAFF, False, True, 1.0),
        (Channel.STAFF, True, False, 0.0),
        (Channel.WEB, False, False, 0.0),
    ],
)
def test_a_voice_weighs_by_who_brought_it(channel, identified, brought, weight):
    assert voice_weight(channel=channel, identified=identified, brought=brought) == weight


def test_the_more_urgent_of_two_counts():
    assert more_urgent(Urgency.NORMAL, Urgency.ACUTE) is Urgency.ACUTE
    assert more_urgent(Urgency.URGENT, Urgency.NORMAL) is Urgency.URGENT


# -- the dialogue ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("waits", "placed", "own", "same", "fitting", "joins"),
    [
        (True, True, True, False, True, True),  # the answer to "where is it?"
        (True, True, True, False, False, True),  # also when the text is full
        (True, False, False, False, True, True),  # an answer that doesn't help yet
        (True, False, False, False, False, False),
        (False, False, False, False, True, True),  # "and the dog barks too"
        (False, False, False, False, False, False),
        (False, True, True, True, True, True),  # the same place again
        (False, True, True, False, True, False),  # another place: another report
        (False, False, True, False, True, False),  # another place that isn't known yet
    ],
)
def test_a_message_belongs_to_the_open_report_or_begins_one(
    *, waits, placed, own, same, fitting, joins
):
    assert (
        joins_open_report(
            waits_for_place=waits, placed=placed, own_place=own, same_place=same, fits=fitting
        )
        is joins
    )


@pytest.mark.parametrize(
    ("acute", "placed", "asks", "has_receipt", "wordless", "answer"),
    [
        (True, False, 9, True, False, Answer.ACUTE),
        (False, False, 0, False, True, Answer.NO_WORDS),
        (False, False, 0, False, False, Answer.ASK_PLACE),
        (False, False, 1, False, False, Answer.ASK_AGAIN),
        (False, False, 2, False, False, Answer.LISTED),
        (False, False, 2, True, False, Answer.ADDED),
        (False, True, 0, False, False, Answer.RECEIPT),
        (False, True, 2, False, True, Answer.RECEIPT),
        (False, True, 0, True, False, Answer.ADDED),
    ],
)
def test_every_stand_of_the_dialogue_has_its_answer(
    *, acute, placed, asks, has_receipt, wordless, answer
):
    assert (
        answer_to(acute=acute, placed=placed, asks=asks, has_receipt=has_receipt, wordless=wordless)
        is answer
    )


@pytest.mark.parametrize(
    ("answer", "asks", "first", "bound"),
    [
        (Answer.ACUTE, 0, True, Bound.DANGER),
        (Answer.ACUTE, 1, False, Bound.TALK),
        (Answer.ACUTE, 0, False, Bound.TALK),
        (Answer.RECEIPT, 2, True, Bound.RECEIPT),
        (Answer.LISTED, 2, False, Bound.RECEIPT),
        (Answer.ASK_PLACE, 0, True, Bound.QUESTION),
        (Answer.NO_WORDS, 0, False, Bound.QUESTION),
        (Answer.NO_WORDS, 1, True, Bound.TALK),
        (Answer.ASK_AGAIN, 1, True, Bound.TALK),
        (Answer.ADDED, 0, True, Bound.TALK),
    ],
)
def test_every_answer_counts_as_what_it_is(*, answer, asks, first, bound):
    assert bound_of(answer, asks=asks, first_danger=first) is bound


def test_a_reply_counts_until_its_time_is_over():
    at = NOW.timestamp()
    said = [(at - 900, Bound.TALK), (at - 899, Bound.TALK), (at, Bound.TALK), (at, Bound.RECEIPT)]

    assert has_room(said, Bound.TALK, now=NOW)
    assert not has_room([*said, (at, Bound.TALK)], Bound.TALK, now=NOW)
    assert recent([(at - 86_400, Bound.TALK), (at - 86_399, Bound.TALK)], now=NOW) == [
        (at - 86_399, Bound.TALK)
    ]


@given(st.lists(st.tuples(st.sampled_from(Bound), st.integers(0, 40)), min_size=200, max_size=200))
def test_no_sequence_of_two_hundred_messages_gets_more_answers_than_the_bounds(messages):
    said, kept, now = [], [], NOW
    for bound, minutes in messages:
        now += timedelta(minutes=minutes)
        kept = recent(kept, now=now)
        if has_room(kept, bound, now=now):
            said.append((now.timestamp(), bound))
            kept.append(said[-1])

    for bound, bounds in BOUNDS.items():
        moments = [at for at, counted_as in said if counted_as is bound]
        for most, window in bounds:
            for first in moments:
                in_window = [at for at in moments if first <= at < first + window.total_seconds()]
                assert len(in_window) <= most


@pytest.mark.parametrize("text", ["STOP", " stop. ", "'Stop'", "Afmelden!", "unsubscribe"])
def test_a_stop_word_alone_asks_to_be_left_alone(text):
    assert is_stop_word(text)


@pytest.mark.parametrize("text", ["stop met die herrie", "help", "", "het moet stoppen"])
def test_a_sentence_with_a_stop_word_is_a_message(text):
    assert not is_stop_word(text)


@pytest.mark.parametrize("text", ["", " ", "😀", "...", "\u200b"])
def test_a_message_without_letters_or_digits_is_wordless(text):
    assert is_wordless(text)
    assert not is_wordless(text + "a")


def test_text_fits_up_to_the_limit_with_its_line_break():
    assert fits("a" * 900, "b" * 99)
    assert not fits("a" * 900, "b" * 100)


@pytest.mark.parametrize(
    ("earlier", "later", "together"),
    [
        (AddressWords("8021AC"), AddressWords(number=14), AddressWords("8021AC", 14)),
        (AddressWords(number=14), AddressWords("8021AC"), AddressWords("8021AC", 14)),
        (AddressWords("9999ZZ", 1), AddressWords("8021AC", 14), AddressWords("8021AC", 14)),
        (AddressWords("8021AC", 14), AddressWords(number=16), AddressWords("8021AC", 16)),
        (AddressWords("8021AC", 14, "A"), AddressWords(number=16), AddressWords("8021AC", 16)),
        (
            AddressWords(street="Rozenstraat"),
            AddressWords(number=2),
            AddressWords(number=2, street="Rozenstraat"),
        ),
        (AddressWords("8021AC", 14), AddressWords(), AddressWords("8021AC", 14)),
        (
            AddressWords(number=2, street="Rozenstraat"),
            AddressWords("8021AC"),
            AddressWords("8021AC", 2),
        ),
    ],
)
def test_two_messages_about_one_place_are_read_together(earlier, later, together):
    assert merged(earlier, later) == together


# -- what is typed in a form ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("14", AddressWords(number=14)),
        (" 14a ", AddressWords(number=14, letter="A")),
        ("14-A", AddressWords(number=14, letter="A")),
        ("14 II", AddressWords(number=14, addition="II")),
        ("14-2", AddressWords(number=14, addition="2")),
        ("14 2 hoog", AddressWords(number=14, addition="2 hoog")),
        ("veertien", None),
        ("", None),
        ("123456", None),
        ("١٤", None),
    ],
)
def test_a_house_number_is_read_in_the_ways_people_write_it(typed, words):
    assert house_number(typed) == words


@pytest.mark.parametrize(
    ("typed", "contact"),
    [
        ("06-12 34 50 01", "+31612345001"),
        ("0031 6 12345001", "+31612345001"),
        ("+31 (0)6 12345001", "+31612345001"),
        ("(038) 123 45 67", "+31381234567"),
        ("+32 470 12 34 56", "+32470123456"),
        (" An@Example.NL ", "an@example.nl"),
        ("an@nergens", None),
        ("12", None),
        ("bel maar", None),
        ("", None),
        ("a@" + "b" * 300 + ".nl", None),
    ],
)
def test_a_contact_is_a_telephone_number_or_an_email_address(typed, contact):
    assert contact_of(typed) == contact


@given(st.text(max_size=300))
def test_any_text_is_a_contact_or_none(typed):
    contact = contact_of(typed)

    assert contact is None or contact_of(contact) == contact


@given(st.text(max_size=40))
def test_any_text_is_a_house_number_or_none(typed):
    words = house_number(typed)

    assert words is None or 0 <= words.number <= 99_999


@pytest.mark.parametrize("number", ["+31612345001", "+3197010200300"])
def test_a_number_in_full_can_be_texted_back(number):
    assert is_telephone(number)


@pytest.mark.parametrize("number", ["Bank", "1234", "0612345001", "+0612345001", "+31 6", ""])
def test_a_name_or_a_short_code_cant_be_texted_back(number):
    assert not is_telephone(number)
