"""Reports come in by text message: kept, placed, answered and followed, on both databases."""

import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event
from sqlmodel import SQLModel, func, select
from structlog.testing import capture_logs

from signaal.clock import week_of
from signaal.errors import TooManyTries, UnknownPlace, UnknownReceipt, UnusableReport
from signaal.intake import actions, store
from signaal.intake.model import (
    Channel,
    FormReport,
    HistoricReport,
    Kind,
    Language,
    Outcome,
    ReportStatus,
    Since,
    Urgency,
    is_stop_word,
    keepable,
)
from signaal.places.model import AddressWords
from signaal.ports import InboundText
from signaal.privacy.model import MASK, reporter_token
from tests.intake.conftest import LINE, NEIGHBOUR

NUISANCE = "8021 AC 14 al weken herrie 's nachts"
CODE = re.compile(r"[0-9A-Z]{6}(?:-[0-9A-Z]{4}){3}")
OTHER = "+31612345002"


def code_in(text) -> str:
    return CODE.search(text).group()


# -- a placed message -----------------------------------------------------------------------


def test_a_placed_text_message_is_one_report_with_its_receipt_on_the_way(
    texts_in, reports, replies, town
):
    texts_in(NUISANCE)

    (report,) = reports()
    assert report.block_id == town["8021AC"]
    assert (report.channel, report.kind, report.category) == (Channel.SMS, Kind.NUISANCE, "noise")
    assert report.urgency is not Urgency.ACUTE
    assert report.status is ReportStatus.RECEIVED
    (reply,) = replies()
    assert code_in(reply).startswith(report.reference)
    assert "112" in reply


def test_nothing_personal_stands_in_the_report_row(texts_in, reports, services, clock):
    texts_in(NUISANCE)

    (report,) = reports()
    pepper = services.settings.reporter_pepper.get_secret_value()
    assert report.reporter_token == reporter_token(
        NEIGHBOUR, week=week_of(clock.now()), pepper=pepper
    )
    row = repr(report.model_dump())
    for personal in (NEIGHBOUR, NEIGHBOUR[3:], "herrie", "8021", "SM1"):
        assert personal not in row


def test_text_contact_and_dwelling_lie_under_the_seal(texts_in, reports, opened, services):
    texts_in(NUISANCE)

    (report,) = reports()
    text, contact, dwelling = opened(report)
    assert text == NUISANCE
    assert contact == NEIGHBOUR
    assert '"8021AC"' in dwelling
    assert '"dwelling_id"' in dwelling
    with services.database.reading() as session:
        sealed = store.sealed(session, [report.id])[report.id]
        assert b"herrie" not in sealed.text
        assert NEIGHBOUR.encode() not in sealed.contact


def test_the_secret_of_a_receipt_is_kept_nowhere_but_in_the_message(
    texts_in, reports, replies, services
):
    texts_in(NUISANCE)

    secret = code_in(replies()[0]).replace("-", "")[6:]
    with services.database.reading() as session:
        for table in SQLModel.metadata.sorted_tables:
            if table.name != "outbox":
                assert secret not in repr(session.execute(select(table)).all())


def test_numbers_of_people_and_accounts_are_masked_before_the_first_write(
    texts_in, reports, opened
):
    texts_in("8021 AC 14 herrie, bel 06-12345678 of BSN 123456782")

    text, _, _ = opened(reports()[0])
    assert text == f"8021 AC 14 herrie, bel {MASK} of BSN {MASK}"


def test_a_placed_message_costs_at_most_twelve_statements(texts_in, services):
    texts_in(NUISANCE, sender=OTHER)

    with statements(services) as counted:
        texts_in(NUISANCE)

    assert len(counted) <= 12, "\n".join(counted)


@contextmanager
def statements(services):
    seen = []

    def note(_connection, _cursor, statement, *_rest):
        if not statement.startswith(("BEGIN", "COMMIT", "ROLLBACK")):
            seen.append(statement)

    event.listen(services.database.engine, "before_cursor_execute", note)
    yield seen
    event.remove(services.database.engine, "before_cursor_execute", note)


def test_an_english_message_gets_an_english_answer(texts_in, replies):
    texts_in("8021 AC 14 loud music every night, please help")

    assert replies()[0].startswith("Thank you")


# -- once and only once ---------------------------------------------------------------------


def test_the_same_message_twice_is_one_report_and_one_answer(texts_in, reports, replies):
    texts_in(NUISANCE, sid="SM-same")
    texts_in(NUISANCE, sid="SM-same")

    assert len(reports()) == 1
    assert len(replies()) == 1


def test_a_replay_a_year_later_has_no_effect(texts_in, reports, replies, clock, services):
    texts_in(NUISANCE, sid="SM-same")
    clock.turn(days=365)
    actions.purge(services)

    texts_in(NUISANCE, sid="SM-same")

    assert len(reports()) == 1
    assert len(replies()) == 1


def test_parallel_twins_of_one_message_are_one_report(texts_in, reports, replies):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: texts_in(NUISANCE, sid="SM-same"), range(8)))

    assert len(reports()) == 1
    assert len(replies()) == 1


def test_parallel_messages_of_one_number_are_all_kept_and_join_in_turn(texts_in, reports, opened):
    bodies = [f"herrie nummer {name}" for name in ("een", "twee", "drie", "vier", "vijf")]

    with ThreadPoolExecutor(5) as pool:
        list(pool.map(texts_in, bodies))

    (report,) = reports()
    assert sorted(opened(report)[0].splitlines()) == sorted(bodies)


def test_what_another_reader_takes_is_no_report_and_a_repeat_isnt_read_again(
    services, clock, town, reports
):
    reader = Reader("ja 482")
    listening = replace(services, inbound_readers=(reader,))
    text = InboundText("SM1", NEIGHBOUR, LINE, "ja 482", clock.now())

    actions.take_in_sms(listening, text)
    actions.take_in_sms(listening, text)

    assert reader.read_texts == ["ja 482"]
    assert reports() == []


@dataclass
class Reader:
    takes: str
    read_texts: list[str] = field(default_factory=list)

    def read(self, session, text):
        self.read_texts.append(text.body)
        return text.body == self.takes


def test_what_no_reader_takes_becomes_a_report(services, clock, town, reports):
    listening = replace(services, inbound_readers=(Reader("ja 482"),))

    actions.take_in_sms(listening, InboundText("SM1", NEIGHBOUR, LINE, NUISANCE, clock.now()))

    assert len(reports()) == 1


# -- where is it? ---------------------------------------------------------------------------


def test_an_unclear_place_is_asked_for_and_the_answer_completes_the_same_report(
    texts_in, reports, replies, opened, town
):
    texts_in("al weken herrie bij de buren")
    (waiting,) = reports()
    assert waiting.block_id is None
    assert "postcode en huisnummer" in replies()[-1]

    texts_in("8021 AC 14")

    (report,) = reports()
    assert report.id == waiting.id
    assert report.block_id == town["8021AC"]
    assert report.category == "noise"
    assert opened(report)[0] == "al weken herrie bij de buren\n8021 AC 14"
    assert code_in(replies()[-1]).startswith(report.reference)


def test_a_bare_house_number_completes_the_postcode_of_the_message_before(
    texts_in, reports, replies, town
):
    texts_in("herrie in 8022 BX")
    texts_in("3")

    (report,) = reports()
    assert report.block_id == town["8022BX"]


def test_an_unknown_address_is_asked_for_in_those_words(texts_in, replies):
    texts_in("9999 ZZ 12 herrie")

    assert "Dat adres kennen we niet" in replies()[0]


def test_after_two_questions_the_report_waits_for_a_person_and_the_reporter_has_a_code(
    texts_in, reports, replies, services
):
    for body in ("herrie", "bij de buren", "naast de winkel"):
        texts_in(body)

    (report,) = reports()
    assert report.block_id is None
    assert code_in(replies()[-1]).startswith(report.reference)
    with services.database.reading() as session:
        (listed,) = actions.unplaced(session)
    assert listed.id == report.id
    assert listed.text is None


def test_a_place_that_comes_after_the_questions_still_completes_the_report(
    texts_in, reports, clock, town
):
    for body in ("herrie", "bij de buren", "naast de winkel", "8021 AB 3"):
        texts_in(body)
        clock.turn(minutes=16)

    (report,) = reports()
    assert report.block_id == town["8021AB"]


def test_an_answer_a_day_later_begins_a_report_of_its_own(texts_in, reports, clock):
    texts_in("herrie bij de buren")
    clock.turn(hours=24)
    texts_in("8021 AC 14")

    assert len(reports()) == 2


def test_a_new_complaint_with_its_own_place_is_a_new_report(texts_in, reports, town):
    texts_in(NUISANCE)
    texts_in("8022 BX 3 afval op straat")

    first, second = reports()
    assert (first.block_id, first.category) == (town["8021AC"], "noise")
    assert (second.block_id, second.category) == (town["8022BX"], "waste")


def test_more_about_the_same_place_is_added_to_the_same_report(texts_in, reports, opened, replies):
    texts_in(NUISANCE)
    texts_in("8021 AC 14 nu weer")
    texts_in("en de hond blaft ook")

    (report,) = reports()
    assert opened(report)[0].splitlines() == [
        NUISANCE,
        "8021 AC 14 nu weer",
        "en de hond blaft ook",
    ]
    assert not CODE.search(replies()[-1])


def test_what_a_first_message_did_not_say_the_next_one_does(texts_in, reports):
    texts_in("hallo")
    texts_in("8021 AC 14 harde muziek")

    (report,) = reports()
    assert (report.kind, report.category) == (Kind.NUISANCE, "noise")


def test_what_no_longer_fits_flows_over_into_a_report_about_the_same_place(
    texts_in, reports, opened, town
):
    texts_in("8021 AC 14 herrie " + "a" * 900)
    texts_in("en ook " + "b" * 200)

    first, second = reports()
    assert second.block_id == first.block_id == town["8021AC"]
    assert opened(second)[0] == "en ook " + "b" * 200
    assert first.reporter_token == second.reporter_token


def test_the_place_of_a_full_report_is_still_completed(texts_in, reports, opened, town):
    texts_in("herrie " + "a" * 2_000)
    texts_in("8021 AC 14")

    (report,) = reports()
    text, _, dwelling = opened(report)
    assert report.block_id == town["8021AC"]
    assert len(text) == 1_000
    assert '"said": "8021 AC 14"' in dwelling


# -- danger ---------------------------------------------------------------------------------


def test_words_of_danger_get_the_numbers_that_help_at_once(texts_in, reports, replies, services):
    texts_in("8021 AC 14 hij heeft een mes en bedreigt zijn vrouw")

    (report,) = reports()
    assert report.urgency is Urgency.ACUTE
    (reply,) = replies()
    for number in ("112", "113", "0800-0113", "0900-8844"):
        assert number in reply
    assert code_in(reply).startswith(report.reference)
    with services.database.reading() as session:
        (urgent,) = session.exec(text_of_outbox()).all()
    assert urgent is True


def text_of_outbox():
    return select(SQLModel.metadata.tables["outbox"].c.urgent)


def test_danger_without_a_place_asks_where_in_the_same_answer(texts_in, replies, reports, town):
    texts_in("ik wil niet meer leven")
    assert "Waar is het" in replies()[0]

    texts_in("8021 AC 14")

    (report,) = reports()
    assert report.block_id == town["8021AC"]
    assert report.urgency is Urgency.ACUTE
    assert code_in(replies()[-1])


def test_later_danger_raises_the_same_report_and_puts_it_before_the_deciders_again(
    texts_in, reports, replies, services, clock
):
    texts_in(NUISANCE)
    (report,) = reports()
    with services.database.session() as session, session.begin():
        actions.mark_considered(session, report.id, now=clock.now())
    clock.turn(minutes=1)

    texts_in("hij heeft nu een mes")

    (raised,) = reports()
    assert raised.id == report.id
    assert raised.urgency is Urgency.ACUTE
    assert raised.considered_at is None
    assert "0800-0113" in replies()[-1]


def test_danger_that_gets_its_place_is_put_before_the_deciders_again(
    texts_in, reports, services, clock
):
    texts_in("ik wil niet meer leven")
    with services.database.session() as session, session.begin():
        actions.mark_considered(session, reports()[0].id, now=clock.now())

    texts_in("8021 AC 14")
    assert reports()[0].considered_at is None

    with services.database.session() as session, session.begin():
        actions.mark_considered(session, reports()[0].id, now=clock.now())
    texts_in("ik wacht")
    assert reports()[0].considered_at == clock.now()


def test_the_answer_to_danger_is_sent_however_much_was_said_before(texts_in, replies):
    for body in (NUISANCE, "nog iets", "en nog iets"):
        texts_in(body)
    assert len(replies()) == 3

    texts_in("hij heeft een mes")

    assert len(replies()) == 4
    assert "112" in replies()[-1]


# -- when to be silent ----------------------------------------------------------------------


def test_at_most_three_answers_in_a_quarter_and_every_message_is_kept(
    texts_in, replies, reports, opened, clock
):
    for number in range(6):
        texts_in(f"herrie bij de buren, bericht {'abcdef'[number]}")
        clock.turn(minutes=1)
    assert len(replies()) == 3
    assert len(opened(reports()[0])[0].splitlines()) == 6

    clock.turn(minutes=15)
    texts_in("8021 AC 14")

    assert len(replies()) == 4
    assert code_in(replies()[2])


def test_two_answering_machines_do_not_talk_for_ever(texts_in, replies):
    texts_in("hij heeft een mes")
    for _ in range(40):
        texts_in(replies()[-1])

    assert len(replies()) == 3


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


# -- odd messages ---------------------------------------------------------------------------


@pytest.mark.parametrize("body", ["", "   ", "😀😀", "?!", "\u200b"])
def test_a_message_without_words_is_kept_and_asked_about(texts_in, reports, replies, body):
    texts_in(body)

    (report,) = reports()
    assert report.block_id is None
    assert "alleen tekst" in replies()[0]


def test_a_message_of_ten_thousand_signs_is_kept_up_to_the_limit(texts_in, reports, opened):
    texts_in("8021 AC 14 herrie " + "🎉é" * 5_000)

    assert len(opened(reports()[0])[0]) == 1_000


@pytest.mark.parametrize(
    "body", ["\x00 8021 AC 14 herrie", "8021 AC 14 herrie \ud83d", "e\u0301" * 9]
)
def test_nul_lone_surrogates_and_loose_accents_are_mended(texts_in, reports, opened, body):
    texts_in(body)

    text, _, _ = opened(reports()[0])
    assert text == keepable(body)
    text.encode()
    assert "\x00" not in text


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    bodies=st.lists(
        st.one_of(
            st.text(max_size=60),
            st.text(min_size=300, max_size=1_500),
            st.sampled_from(
                [
                    "8021 AC 14",
                    "8022BX 3 afval",
                    "herrie",
                    "14",
                    "hij heeft een mes",
                    "",
                    "😀",
                    "8021 AC",
                ]
            ),
        ),
        max_size=12,
    ),
    pauses=st.lists(st.sampled_from([0, 1, 20, 2_000]), min_size=12, max_size=12),
)
def test_no_sequence_of_messages_from_one_number_loses_one(  # noqa: PLR0917
    texts_in, reports, opened, clock, services, bodies, pauses
):
    empty(services)
    for number, (body, pause) in enumerate(zip(bodies, pauses, strict=False)):
        texts_in(body, sid=f"SM{number}")
        clock.turn(minutes=pause)

    kept = "\n".join(
        f"{text}\n{dwelling.encode().decode('unicode_escape')}\n{said(dwelling)}"
        for text, _, dwelling in map(opened, reports())
    )
    for body in bodies:
        assert keepable(body) in kept or is_stop_word(body)


def said(dwelling) -> str:
    import json

    return json.loads(dwelling)["said"]


def empty(services) -> None:
    with services.database.session() as session, session.begin():
        for name in ("inbound_text", "conversation", "sealed_report", "report", "outbox"):
            session.execute(SQLModel.metadata.tables[name].delete())


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
    assert by_form.identified


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
        assert session.exec(select(store.ReceiptTryRow)).all() == []


# -- placing by hand ------------------------------------------------------------------------


def test_a_person_places_what_words_could_not(services, texts_in, reports, town, opened):
    texts_in("herrie bij de buren")
    (report,) = reports()

    found = actions.place_by_hand(services, report.id, AddressWords("8021AC", 14))

    assert found.neighbourhood_name == "Rozenbuurt"
    (placed,) = reports()
    assert placed.block_id == town["8021AC"]
    assert '"8021AC"' in opened(placed)[2]
    with services.database.reading() as session:
        assert actions.unplaced(session) == []


def test_a_place_that_isnt_there_changes_nothing(services, texts_in, reports):
    texts_in("herrie bij de buren")
    (report,) = reports()

    with pytest.raises(UnknownPlace):
        actions.place_by_hand(services, report.id, AddressWords("9999ZZ", 14))
    with pytest.raises(UnusableReport):
        actions.place_by_hand(services, town_of_nobody(), AddressWords("8021AC", 14))

    assert reports()[0].block_id is None


def town_of_nobody():
    from uuid import UUID

    return UUID(int=7)


def test_reading_what_waits_for_a_place_leaves_a_line_without_words(services, texts_in, reports):
    texts_in("herrie bij de buren")
    texts_in("ik wil niet meer leven", sender=OTHER)

    with capture_logs() as lines:
        acute, other = actions.open_unplaced(services, role="team_member", purpose="offer_help")

    assert acute.text == "ik wil niet meer leven"
    assert other.text == "herrie bij de buren"
    assert [line["event"] for line in lines] == ["report opened", "report opened"]
    assert {line["report"] for line in lines} == {str(report.id) for report in reports()}
    assert "herrie" not in repr(lines)


# -- for the floors above -------------------------------------------------------------------


def history(block_id, clock, **more):
    values = {
        "received_at": clock.now(),
        "kind": Kind.NUISANCE,
        "category": "noise",
        "block_id": block_id,
        "reporter_token": "0" * 32,
    }
    return HistoricReport(**(values | more))


def test_voices_are_placed_reports_with_their_weight(services, town, clock, texts_in):
    block = town["8021AC"]
    past = [
        history(block, clock),
        history(block, clock, channel=Channel.WEB, identified=False),
        history(block, clock, channel=Channel.STAFF, identified=False),
        history(block, clock, brought=False),
    ]
    with services.database.session() as session, session.begin():
        assert actions.take_in_history(session, past) == 4
    texts_in("herrie bij de buren")  # not placed: no voice

    with services.database.reading() as session:
        until = clock.now() + timedelta(seconds=1)
        voices = actions.voices(session, since=clock.now() - timedelta(days=1), until=until)
        assert actions.count_reports(session) == 5

    assert sorted(voices.weight) == [0.0, 0.5, 1.0, 1.0]
    assert voices.block_id == [block] * 4
    assert voices.week == [week_of(clock.now())] * 4
    assert voices.kind == [Kind.NUISANCE] * 4
    assert voices.reporter_token == ["0" * 32] * 4


def test_what_was_unfounded_or_lies_outside_the_time_is_no_voice(
    services, town, clock, texts_in, reports
):
    texts_in(NUISANCE)
    clock.turn(hours=1)
    texts_in("8022 BX 3 afval")
    first, second = reports()
    with services.database.session() as session, session.begin():
        store.report(session, first.id).outcome = Outcome.UNFOUNDED

    with services.database.reading() as session:
        start = first.received_at
        both = actions.voices(session, since=start, until=start + timedelta(hours=2))
        none = actions.voices(session, since=start, until=start + timedelta(hours=1))

    assert both.block_id == [second.block_id]
    assert none.block_id == []


def test_the_demos_history_is_decided_about_and_can_not_be_followed(services, town, clock, reports):
    with services.database.session() as session, session.begin():
        actions.take_in_history(session, [history(town["8021AC"], clock)] * 1_200)
        assert actions.take_in_history(session, []) == 0

    with services.database.session() as session, session.begin():
        key = services.settings.master_key
        assert actions.unconsidered(session, limit=10, master_key=key) == []
    report = reports()[0]
    assert len({each.reference for each in reports()}) == 1_200
    with pytest.raises(UnknownReceipt):
        actions.follow(services, report.reference + "0" * 12)


def test_the_number_is_opened_only_where_a_report_is_acute(services, texts_in, clock):
    texts_in(NUISANCE)
    texts_in("8022 BX 3 hij heeft een mes", sender=OTHER)

    with services.database.session() as session, session.begin(), capture_logs() as lines:
        acute, normal = actions.unconsidered(
            session, limit=10, master_key=services.settings.master_key
        )

    assert acute.reporter_number == OTHER
    assert acute.neighbourhood_name == "Lindebuurt"
    assert normal.reporter_number is None
    assert [line["report"] for line in lines] == [str(acute.id)]


def test_what_was_decided_about_does_not_come_back(services, texts_in, clock):
    texts_in(NUISANCE)

    with services.database.session() as session, session.begin():
        (report,) = actions.unconsidered(session, limit=10, master_key=services.settings.master_key)
        actions.mark_considered(session, report.id, now=clock.now())
    with services.database.session() as session, session.begin():
        key = services.settings.master_key
        assert actions.unconsidered(session, limit=10, master_key=key) == []


def test_a_report_that_changed_after_it_was_read_is_considered_again(
    services, texts_in, clock, reports
):
    texts_in(NUISANCE)
    read_at = clock.now()
    clock.turn(seconds=1)
    texts_in("hij heeft een mes")

    with services.database.session() as session, session.begin():
        actions.mark_considered(session, reports()[0].id, now=read_at)

    assert reports()[0].considered_at is None


def test_the_latest_neighbourhood_of_a_number_is_known_for_twelve_weeks(services, texts_in, clock):
    pepper = services.settings.reporter_pepper.get_secret_value()

    def ask(number=NEIGHBOUR):
        with services.database.reading() as session:
            return actions.latest_neighbourhood(
                session, number=number, now=clock.now(), pepper=pepper
            )

    assert ask() is None
    texts_in(NUISANCE)
    texts_in("8022 BX 3 afval")
    assert ask() == "Lindebuurt"
    assert ask(OTHER) is None
    clock.turn(days=80)
    assert ask() == "Lindebuurt"
    clock.turn(days=10)
    assert ask() is None
