"""When Signaal answers by text message and when it is silent, on both databases."""

import re
from itertools import cycle, islice

import pytest
from sqlmodel import func, select

from signaal.intake import store
from signaal.intake.model import BOUNDS
from tests.intake.conftest import LINE

NUISANCE = "8021 AC 14 al weken herrie 's nachts"
CODE = re.compile(r"[0-9A-Z]{6}(?:-[0-9A-Z]{4}){3}")
MOST_AT_ONCE = sum(bounds[0][0] for bounds in BOUNDS.values())
MOST_IN_A_DAY = sum(bounds[1][0] for bounds in BOUNDS.values())


def codes_in(texts) -> list[str]:
    return [code for text in texts for code in CODE.findall(text)]


# -- what a report is owed ------------------------------------------------------------------


def test_the_story_of_the_demo_tells_every_report_its_receipt(texts_in, replies, reports):
    for body in (NUISANCE, "wat een herrie hier", "en nu weer", "en nog steeds"):
        texts_in(body)
    assert "bij uw melding gezet" in replies()[1]

    texts_in("8022 BX 3 afval op straat")
    texts_in("8021 AB 3 stank")

    assert len(reports()) == len(codes_in(replies())) == 3
    assert "uw melding is binnen" in replies()[-1]


def test_earlier_additions_silence_neither_the_question_nor_the_receipt_of_a_new_report(
    texts_in, replies, reports
):
    for body in (NUISANCE, "een", "twee", "drie", "vier"):
        texts_in(body)
    assert len(replies()) == 4

    texts_in("9999 ZZ 3 afval")
    assert "Stuur postcode en huisnummer" in replies()[-1]
    texts_in("8021ac 14")

    assert codes_in(replies()[-1:])
    assert len(replies()) == 6
    assert len(codes_in(replies())) == 2
    assert {code[:6] for code in codes_in(replies())} == {row.reference for row in reports()}


def test_where_no_question_may_be_asked_any_more_the_receipt_is_told(texts_in, replies):
    for body in (NUISANCE, "een", "twee", "drie", "9999 ZZ 3 afval", "bij de brug"):
        texts_in(body)

    assert "Een medewerker zoekt uit waar het is" in replies()[-1]
    assert len(codes_in(replies())) == 2


def test_at_most_three_additions_in_a_quarter_are_thanked_for_and_all_are_kept(
    texts_in, replies, opened, reports, clock
):
    for number in range(8):
        texts_in(f"herrie bij de buren, bericht {'abcdefgh'[number]}")
        clock.turn(minutes=1)
    assert len(opened(reports()[0])[0].splitlines()) == 8
    assert [kind_of(text) for text in replies()] == ["ask", "ask", "code", "added", "added"]

    clock.turn(minutes=15)
    texts_in("8021 AC 14")

    assert len(replies()) == 6
    assert len(codes_in(replies())) == 1


def kind_of(text) -> str:
    if "bij uw melding gezet" in text:
        return "added"
    return "code" if codes_in([text]) else "ask"


def test_a_seventh_new_report_within_an_hour_is_kept_and_not_answered(
    texts_in, replies, reports, clock
):
    for number in range(2, 18, 2):
        texts_in(f"8021 AC {number} harde muziek op {number}")
        clock.turn(minutes=1)
    assert len(reports()) == 8
    assert len(codes_in(replies())) == 6

    clock.turn(hours=1)
    texts_in("8021 AC 20 harde muziek")
    assert len(codes_in(replies())) == 7


# -- danger ---------------------------------------------------------------------------------


def test_the_answer_to_danger_is_sent_however_much_was_said_before(texts_in, replies):
    for body in (NUISANCE, "nog iets", "en nog iets", "en weer", "en weer"):
        texts_in(body)
    assert len(replies()) == 4

    texts_in("hij heeft een mes")

    assert len(replies()) == 5
    assert "0800-0113" in replies()[-1]


def test_danger_that_is_told_again_gets_the_numbers_again_within_the_bounds(
    texts_in, replies, clock
):
    texts_in("8021 AC 14 hij heeft een mes")
    for number in range(10):
        texts_in(f"hij heeft nog steeds een mes {'abcdefghij'[number]}")
    assert len(replies()) == 4
    assert all("0800-0113" in text for text in replies())

    clock.turn(minutes=15)
    texts_in("hij heeft nog steeds een mes")
    assert len(replies()) == 5


def test_danger_at_ever_new_addresses_is_answered_within_the_bounds(texts_in, replies, reports):
    for number in range(2, 30, 2):
        texts_in(f"8021 AC {number} hij heeft een mes op {number}")

    assert len(reports()) == 14
    assert len(replies()) <= MOST_AT_ONCE
    assert all("112" in text for text in replies())


# -- machines -------------------------------------------------------------------------------

MACHINES = {
    "away": ["Ik ben met vakantie en lees uw bericht later."],
    "danger": ["Ik ben er niet. Is iemand in gevaar, heeft hij een mes? Ik wil niet meer leven."],
    "address": ["8021 AC 14 is ons adres", "8022 BX 3 is ons adres"],
    "addresses": [f"8021 AC {number} hij heeft een mes" for number in range(2, 30, 2)],
    "long": ["Wij zijn gesloten. " + "Meer weten over ons? " * 40],
    "lost": ["9999 ZZ 1 is ons adres", "9998 ZZ 3 is ons adres"],
}


def test_two_hundred_answers_of_a_machine_get_few_of_ours(texts_in, replies):
    texts_in(NUISANCE)
    for body in islice(cycle(MACHINES["away"] + MACHINES["addresses"]), 200):
        texts_in(body)

    assert len(replies()) <= MOST_AT_ONCE


@pytest.mark.parametrize("minutes", [0, 20])
@pytest.mark.parametrize("machine", ["echo", *MACHINES])
def test_a_machine_that_only_answers_is_left_the_last_word(
    texts_in, replies, clock, machine, minutes
):
    texts_in(NUISANCE)
    says = cycle(MACHINES.get(machine, [""]))
    for heard in range(1, 200):
        if len(replies()) < heard:
            break
        texts_in(replies()[-1] if machine == "echo" else next(says))
        clock.turn(minutes=minutes)

    assert len(replies()) < heard <= (MOST_IN_A_DAY if minutes else MOST_AT_ONCE) + 1


# -- who isn't answered ---------------------------------------------------------------------


def test_a_stop_word_is_kept_on_record_and_not_answered(texts_in, replies, reports, services):
    texts_in(NUISANCE)
    texts_in(" Stop. ")

    assert len(replies()) == 1
    assert len(reports()) == 1
    with services.database.reading() as session:
        counted = select(func.count()).select_from(store.InboundTextRow)
        assert session.exec(counted).one() == 2


def test_after_a_stop_word_a_new_complaint_is_a_new_report_with_an_answer(
    texts_in, replies, reports
):
    for body in (NUISANCE, "STOP", "herrie bij de buren"):
        texts_in(body)

    assert len(reports()) == 2
    assert len(replies()) == 2


@pytest.mark.parametrize("sender", ["MijnBank", "1234", "anonymous", LINE, "whatsapp:+31612345001"])
def test_who_cant_be_texted_back_is_kept_and_not_answered(texts_in, reports, replies, sender):
    texts_in(NUISANCE, sender=sender)

    assert len(reports()) == 1
    assert replies(sender) == []
