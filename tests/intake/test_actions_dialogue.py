"""Text messages come in: kept once, placed, answered, and never lost, on both databases."""

import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event
from sqlmodel import SQLModel, select

from signaal.clock import week_of
from signaal.intake import actions, store
from signaal.intake.model import (
    Channel,
    Kind,
    ReportStatus,
    Urgency,
    is_stop_word,
    keepable,
)
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


def test_a_placed_message_costs_at_most_sixteen_statements(texts_in, services):
    texts_in(NUISANCE, sender=OTHER)

    with statements(services) as counted:
        texts_in(NUISANCE)

    assert len(counted) <= 16, "\n".join(counted)


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


def test_a_bare_house_number_completes_the_street_of_the_message_before(
    texts_in, reports, replies, town
):
    texts_in("herrie op het Kerkplein")
    assert "Welk huisnummer" in replies()[0]

    texts_in("14")

    (report,) = reports()
    assert report.block_id == town["8022BZ"]


def test_a_postcode_within_one_block_needs_no_number(texts_in, reports, town):
    texts_in("herrie in 8022 BX")

    assert reports()[0].block_id == town["8022BX"]


def test_an_unknown_address_is_asked_for_in_those_words(texts_in, replies):
    texts_in("9999 ZZ 12 herrie")

    assert "Dat adres kennen we niet" in replies()[0]


def test_a_number_at_two_blocks_is_asked_for_with_its_letter(texts_in, replies, reports, town):
    texts_in("8021 AC 99 herrie")
    assert "Welke letter of toevoeging" in replies()[0]

    texts_in("99 B")

    assert reports()[0].block_id == town["8021AB"]


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
    max_examples=12,
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
        max_size=8,
    ),
    pauses=st.lists(st.sampled_from([0, 1, 20, 2_000]), min_size=8, max_size=8),
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
