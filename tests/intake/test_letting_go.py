"""What has had its time is let go, part by part; a dry run only counts."""

import pytest
from sqlmodel import select

from signaal.errors import UnknownReceipt
from signaal.intake import actions, store
from signaal.intake.actions import letting_go
from signaal.intake.model import Channel, HistoricReport, HouseholdRequest, Identity, Kind
from signaal.places.model import AddressWords
from signaal.visitor import Visitor
from tests.intake.test_own_report import CODE, code

__all__ = ["code"]

NUISANCE = "8021 AC 14 al weken herrie 's nachts"
TEAM = {"visitor": Visitor(role="team_member", districts=None), "purpose": "p"}


def rows(services, kind):
    with services.database.reading() as session:
        found = session.exec(select(kind)).all()
        session.expunge_all()
        return found


def parts(services) -> set[str]:
    sealed = rows(services, store.SealedReportRow)
    return {
        name for row in sealed for name in ("text", "contact", "dwelling") if getattr(row, name)
    }


def close(services, report_id) -> None:
    actions.look_at(services, report_id, **TEAM)
    actions.close(services, report_id, "founded", **TEAM)


def test_contact_and_dwelling_go_when_the_answer_is_given_and_the_text_ninety_days_later(
    services, code, reports, clock, opened
):
    actions.add_to(services, code, "nu ook stank")
    actions.purge(services)
    assert parts(services) == {"text", "contact", "dwelling"}
    (before,) = rows(services, store.SealedReportRow)

    close(services, reports()[0].id)
    gone = actions.purge(services)

    assert (gone["reporter_contact"], gone["dwelling"], gone["report_text"]) == (1, 1, 0)
    assert opened(reports()[0]) == (NUISANCE, None, None)
    assert rows(services, store.SealedReportRow)[0].key_id != before.key_id
    clock.turn(days=90, seconds=1)
    assert actions.purge(services)["report_text"] == 1
    assert rows(services, store.SealedReportRow) == rows(services, store.ReportAdditionRow) == []
    assert len(reports()) == 1


def test_of_an_open_report_contact_goes_after_ninety_days_and_the_rest_after_a_year(
    services, texts_in, reports, clock
):
    texts_in(NUISANCE)
    clock.turn(days=90, seconds=1)
    actions.purge(services)
    assert parts(services) == {"text", "dwelling"}

    clock.turn(days=275)
    actions.purge(services)

    assert parts(services) == set()
    assert rows(services, store.SealedReportRow) == []
    assert reports()[0].block_id is not None


def test_with_the_text_go_the_words_about_the_place_that_no_longer_fitted_in_it(
    services, texts_in, reports, clock, opened
):
    texts_in("herrie " * 142)
    texts_in("8021 AC 14, het is bij Jansen naast de bakker")
    report = reports()[0]
    assert "Jansen" in opened(report)[2]

    with services.database.session() as session, session.begin():
        letting_go._without_text(services, session, report.id)

    text, _contact, place = opened(report)
    assert (text, "Jansen" in place) == (None, False)


def test_a_dry_run_counts_the_same_and_touches_nothing(services, texts_in, reports, clock):
    for number in range(3):
        texts_in(NUISANCE, sender=f"+3161234500{number}")
    close(services, reports()[0].id)
    clock.turn(days=400)

    counted = actions.purge(services, dry_run=True)

    assert counted["reporter_contact"] == counted["dwelling"] == counted["report_text"] == 3
    assert counted["conversation"] == 3
    assert parts(services) == {"text", "contact", "dwelling"}
    gone = actions.purge(services)
    assert {name: gone[name] for name in ("reporter_contact", "conversation")} == {
        "reporter_contact": 3,
        "conversation": 3,
    }
    assert not any(actions.purge(services, dry_run=True).values())


def test_money_worries_with_which_nobody_helped_leave_only_a_figure_after_half_a_year(
    services, texts_in, replies, reports, clock
):
    texts_in("8021 AC 14 ik kan de huur niet betalen")
    code = CODE.search(replies()[0]).group()
    assert reports()[0].kind is Kind.ARREARS
    clock.turn(days=182, seconds=1)

    assert actions.purge(services)["arrears_signal"] == 1

    assert rows(services, store.SealedReportRow) == []
    assert len(reports()) == 1
    with pytest.raises(UnknownReceipt):
        actions.follow(services, code)


def test_the_hash_of_a_message_is_kept_for_two_years_against_replays(services, texts_in, clock):
    texts_in(NUISANCE)
    clock.turn(days=729)
    assert actions.purge(services)["replay_marks"] == 0
    clock.turn(days=2)
    assert actions.purge(services)["replay_marks"] == 1


def test_after_three_years_only_a_number_for_each_neighbourhood_and_year_is_left(
    services, town, clock, reports
):
    def past(block, token, **more):
        values = {"received_at": clock.now(), "kind": Kind.NUISANCE, "category": "noise"}
        return HistoricReport(**(values | more), block_id=town[block], reporter_token=token * 32)

    web = {"channel": Channel.WEB, "identified": False}
    with services.database.session() as session, session.begin():
        listed = [
            *[past("8021AC", "1") for _ in range(5)],
            *[past("8021AC", "2"), past("8021AC", "3", **web)],
            *[past("8021AB", "1"), past("8022BX", "4", category="waste")],
            past("8022BX", "5", brought=False),
        ]
        actions.take_in_history(session, listed)
    clock.turn(days=3 * 365)
    assert actions.purge(services)["block_figures"] == 0
    clock.turn(days=29)

    assert actions.purge(services, dry_run=True)["block_figures"] == len(listed)
    assert actions.purge(services)["block_figures"] == len(listed)

    assert reports() == []
    years = {
        (row.neighbourhood_code, row.category, row.year): row.voices
        for row in rows(services, store.NeighbourhoodYearRow)
    }
    assert years == {
        ("BU01930101", "noise", 2026): 3.5,
        ("BU01930102", "waste", 2026): 1.0,
        ("BU01930102", "noise", 2026): 0.0,
    }


def test_many_rows_go_in_slices(services, town, clock, reports):
    past = HistoricReport(clock.now(), Kind.NUISANCE, "noise", town["8021AC"], "0" * 32)
    with services.database.session() as session, session.begin():
        actions.take_in_history(session, [past] * (2 * letting_go.SLICE + 7))
    clock.turn(days=3 * 365 + 29)

    assert actions.purge(services)["block_figures"] == 2 * letting_go.SLICE + 7
    assert reports() == []


def test_a_broken_seal_keeps_nothing_from_being_let_go(services, texts_in, clock):
    texts_in(NUISANCE)
    with services.database.session() as session, session.begin():
        session.exec(select(store.SealedReportRow)).one().text = b"spoilt"
    clock.turn(days=91)

    assert actions.purge(services)["reporter_contact"] == 1
    assert rows(services, store.SealedReportRow) == []


def test_an_answered_household_request_is_only_counted_after_a_year(services, town, clock):
    asked = HouseholdRequest(AddressWords("8021AC", 14), "an@example.nl", "")
    for _ in range(2):
        actions.ask(services, asked, purpose="p")
    clock.turn(days=31)
    (first, _second) = actions.household_requests(services)
    actions.answer_request(services, first.id, identity=Identity.AT_HOME, answer="Niets.", **TEAM)
    clock.turn(days=364)
    assert actions.purge(services)["household_request"] == 0
    clock.turn(days=2)

    assert actions.purge(services)["household_request"] == 1

    (left,) = actions.household_requests(services)
    assert left.id != first.id
    (count,) = rows(services, store.AnsweredCountRow)
    assert (count.year, count.late, count.count) == (2026, True, 1)
