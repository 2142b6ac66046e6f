"""What a colleague places by hand, and what the floors above are given, on both databases."""

import json
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from signaal.access.model import Act
from signaal.clock import week_of
from signaal.errors import UnknownPlace, UnknownReceipt, UnusableReport
from signaal.intake import actions, store
from signaal.intake.model import (
    Channel,
    HistoricReport,
    Kind,
    Outcome,
)
from signaal.places.model import AddressWords
from signaal.visitor import Visitor
from tests.intake.conftest import NEIGHBOUR, acts

NUISANCE = "8021 AC 14 al weken herrie 's nachts"
OTHER = "+31612345002"
TEAM = Visitor(role="team_member", districts=None)


# -- placing by hand ------------------------------------------------------------------------


def test_a_person_places_what_words_could_not(services, texts_in, reports, town, opened):
    texts_in("herrie bij de buren")
    (report,) = reports()

    found = actions.place_by_hand(
        services, report.id, AddressWords("8021AC", 14), visitor=TEAM, purpose="offer_help"
    )

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
        actions.place_by_hand(
            services, report.id, AddressWords("9999ZZ", 14), visitor=TEAM, purpose="offer_help"
        )
    with pytest.raises(UnusableReport):
        actions.place_by_hand(
            services, town_of_nobody(), AddressWords("8021AC", 14), visitor=TEAM, purpose="p"
        )

    assert reports()[0].block_id is None


def test_a_place_that_a_report_has_already_is_never_overwritten(
    services, texts_in, reports, town, opened
):
    texts_in("herrie bij de buren")
    (report,) = reports()
    with capture_logs() as lines:
        actions.place_by_hand(
            services, report.id, AddressWords("8021AC", 14), visitor=TEAM, purpose="offer_help"
        )
    with pytest.raises(UnusableReport):
        actions.place_by_hand(
            services, report.id, AddressWords("8022BX", 3), visitor=TEAM, purpose="offer_help"
        )

    assert reports()[0].block_id == town["8021AC"]
    assert '"8021AC"' in opened(report)[2]
    (line,) = [line for line in lines if line["event"] == "report placed by hand"]
    assert line["role"] == "team_member"


def town_of_nobody():
    from uuid import UUID

    return UUID(int=7)


def test_reading_what_waits_for_a_place_leaves_a_line_without_words(services, texts_in, reports):
    texts_in("herrie bij de buren")
    texts_in("ik wil niet meer leven", sender=OTHER)

    with capture_logs() as lines:
        acute, other = actions.open_unplaced(services, visitor=TEAM, purpose="offer_help")

    assert acute.text == "ik wil niet meer leven"
    assert other.text == "herrie bij de buren"
    (entry,) = acts(services, Act.TEXT_OPENED)
    references = json.loads(entry.details)["references_1"]
    assert set(references.split(",")) == {report.reference for report in reports()}
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
    assert list(voices.block_id) == [block] * 4
    assert list(voices.week) == [week_of(clock.now())] * 4
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

    assert list(both.block_id) == [second.block_id]
    assert list(none.block_id) == []


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

    with services.database.session() as session, session.begin():
        acute, normal = actions.unconsidered(
            session, limit=10, master_key=services.settings.master_key
        )
        for report in (acute, normal):
            actions.note_number_opened(session, report, now=clock.now())

    assert acute.reporter_number == OTHER
    assert acute.neighbourhood_name == "Lindebuurt"
    assert normal.reporter_number is None
    (entry,) = acts(services, Act.CONTACT_OPENED)
    assert (entry.subject, entry.purpose) == (acute.reference, "tonight")


def test_what_was_decided_about_does_not_come_back(services, texts_in, clock):
    texts_in(NUISANCE)

    with services.database.session() as session, session.begin():
        (report,) = actions.unconsidered(session, limit=10, master_key=services.settings.master_key)
        actions.mark_considered(session, report.id, now=clock.now())
    with services.database.session() as session, session.begin():
        key = services.settings.master_key
        assert actions.unconsidered(session, limit=10, master_key=key) == []


def test_a_report_is_decided_about_once_also_where_another_clock_runs_ahead(
    services, texts_in, clock, reports
):
    clock.turn(seconds=1)
    texts_in(NUISANCE)
    slower = clock.now() - timedelta(seconds=1)

    with services.database.session() as session, session.begin():
        actions.mark_considered(session, reports()[0].id, now=slower)

    assert reports()[0].considered_at == slower


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
