"""Forms come in once and are followed by their receipt, on both databases."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import select

from signaal.access.store.tries import TryCountRow
from signaal.errors import TooManyTries, UnknownPlace, UnknownReceipt
from signaal.intake import actions
from signaal.intake.model import (
    Channel,
    FormReport,
    Kind,
    Language,
    ReportStatus,
    Since,
    Urgency,
)
from signaal.places.model import AddressWords
from tests.intake.conftest import NEIGHBOUR

NUISANCE = "8021 AC 14 al weken herrie 's nachts"


# -- the form -------------------------------------------------------------------------------

FORM = FormReport(
    form_id="form-1",
    kind=Kind.NUISANCE,
    category=None,
    words=AddressWords(postcode="8021AC", number=14),
    place_unsure=False,
    since=Since.WEEKS,
    text="harde muziek",
    contact=None,
    language=Language.EN,
)


def test_a_form_is_a_report_that_can_be_followed_with_its_receipt(services, reports, town):
    receipt = actions.take_in_form(services, FORM)

    (report,) = reports()
    assert (report.channel, report.category, report.since) == (Channel.WEB, "noise", Since.WEEKS)
    assert report.language is Language.EN
    assert report.block_id == town["8021AC"]
    assert not report.identified
    assert not receipt.acute
    status = actions.follow(services, receipt.code)
    assert (status.kind, status.status) == (Kind.NUISANCE, ReportStatus.RECEIVED)
    assert status.neighbourhood == "Rozenbuurt"


def test_a_form_sent_twice_is_one_report_with_the_same_receipt(services, reports, town):
    first = actions.take_in_form(services, FORM)
    second = actions.take_in_form(services, FORM)

    assert first == second
    assert len(reports()) == 1


def test_parallel_twins_of_one_form_get_the_same_receipt(services, reports, town):
    with ThreadPoolExecutor(6) as pool:
        codes = set(pool.map(lambda _: actions.take_in_form(services, FORM).code, range(6)))

    assert len(codes) == 1
    assert len(reports()) == 1


def test_a_form_changed_before_it_is_sent_again_is_another_report(services, reports, town):
    first = actions.take_in_form(services, FORM)
    second = actions.take_in_form(services, replace(FORM, text="en ook stank"))

    assert first.code != second.code
    assert len(reports()) == 2
    assert len({report.reporter_token for report in reports()}) == 1


def test_a_form_whose_place_cant_be_found_is_not_kept_until_that_is_said(services, reports, town):
    lost = replace(FORM, words=AddressWords(postcode="9999ZZ", number=1))

    with pytest.raises(UnknownPlace):
        actions.take_in_form(services, lost)
    assert reports() == []

    receipt = actions.take_in_form(services, replace(lost, place_unsure=True))
    assert actions.follow(services, receipt.code).neighbourhood is None


def test_a_form_without_a_place_takes_the_one_in_its_text(services, reports, town):
    actions.take_in_form(
        services,
        replace(FORM, words=AddressWords(), place_unsure=True, text="herrie op 8022 BX 3"),
    )

    assert reports()[0].block_id == town["8022BX"]


def test_a_form_counts_the_same_reporter_as_a_text_message_from_that_number(
    services, texts_in, reports, town
):
    texts_in(NUISANCE)
    actions.take_in_form(services, replace(FORM, contact=NEIGHBOUR))

    by_text, by_form = reports()
    assert by_text.reporter_token == by_form.reporter_token
    assert by_text.identified
    assert not by_form.identified, "anybody can type a number that isn't theirs"


def test_own_money_worries_are_of_the_kind_arrears_and_brought(services, reports, town):
    actions.take_in_form(services, replace(FORM, kind=Kind.ARREARS, text=""))

    (report,) = reports()
    assert (report.kind, report.category, report.brought) == (Kind.ARREARS, "money_worries", True)


def test_danger_in_a_form_is_seen_whatever_was_chosen(services, reports, town):
    receipt = actions.take_in_form(
        services, replace(FORM, category="noise", text="hij heeft een mes")
    )

    assert receipt.acute
    assert reports()[0].urgency is Urgency.ACUTE
    assert actions.take_in_form(
        services, replace(FORM, category="noise", text="hij heeft een mes")
    ).acute


def test_today_is_the_day_in_amsterdam(services, reports, town, clock):
    clock.turn(hours=14, minutes=30)  # 23:30 UTC, half past midnight in Amsterdam
    actions.take_in_form(services, replace(FORM, since=Since.TODAY))

    assert reports()[0].occurred_on == (clock.now() + timedelta(hours=1)).date()


# -- following ------------------------------------------------------------------------------


def test_a_receipt_may_be_typed_carelessly(services, town):
    code = actions.take_in_form(services, FORM).code

    assert actions.follow(services, f"  {code.lower().replace('-', ' ').replace('0', 'o')} ")


def test_a_wrong_code_and_an_unknown_one_look_alike(services, town):
    code = actions.take_in_form(services, FORM).code
    wrong = code[:-1] + ("0" if code[-1] != "0" else "1")

    answers = []
    for guess in (wrong, "000000-0000-0000-0000"):
        for _ in range(6):
            with pytest.raises(UnknownReceipt) as refused:
                actions.follow(services, guess)
            answers.append((type(refused.value), str(refused.value)))

    assert answers[:6] == answers[6:]
    assert answers[5][0] is TooManyTries


def test_five_tries_in_fifteen_minutes_and_then_the_right_code_must_wait_too(services, town, clock):
    code = actions.take_in_form(services, FORM).code
    wrong = code[:-1] + ("0" if code[-1] != "0" else "1")
    for _ in range(5):
        with pytest.raises(UnknownReceipt):
            actions.follow(services, wrong)

    with pytest.raises(TooManyTries):
        actions.follow(services, code)
    clock.turn(minutes=14, seconds=59)
    with pytest.raises(TooManyTries):
        actions.follow(services, code)
    clock.turn(seconds=1)
    assert actions.follow(services, code)


def test_parallel_tries_are_all_counted(services, town):
    code = actions.take_in_form(services, FORM).code
    wrong = code[:-1] + ("0" if code[-1] != "0" else "1")

    def guess(_):
        try:
            actions.follow(services, wrong)
        except UnknownReceipt as refused:
            return type(refused)

    with ThreadPoolExecutor(10) as pool:
        refusals = list(pool.map(guess, range(20)))

    assert refusals.count(UnknownReceipt) == 5
    assert refusals.count(TooManyTries) == 15


def test_whoever_holds_the_code_may_look_as_often_as_they_like(services, town):
    code = actions.take_in_form(services, FORM).code

    for _ in range(12):
        assert actions.follow(services, code)


@pytest.mark.parametrize("typed", ["", "abc", "x" * 5_000, "\x00", "UUUUUU-UUUU-UUUU-UUUU"])
def test_what_is_no_code_is_refused_without_a_write(services, town, typed):
    with pytest.raises(UnknownReceipt):
        actions.follow(services, typed)

    with services.database.reading() as session:
        assert session.exec(select(TryCountRow)).all() == []
