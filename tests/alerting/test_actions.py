from datetime import UTC, datetime

from pytest import fixture, mark, raises
from sqlmodel import select
from structlog.testing import capture_logs

from signaal.access.model import Role
from signaal.alerting.actions import consider
from signaal.alerting.model import AlertPolicy
from signaal.alerting.store import DecisionRow
from signaal.intake import actions as intake
from signaal.intake.store import SealedReportRow
from signaal.messages import actions as outbox
from signaal.oncall import actions as oncall
from signaal.oncall import store as night_store
from signaal.oncall.model import CaseState
from signaal.places.model import AddressWords
from signaal.ports import InboundText
from signaal.privacy.store import DataKeyRow
from signaal.visitor import Visitor
from tests.intake.town import build_town
from tests.oncall.exchange import acts

SATURDAY_NIGHT = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)
TEAM = Visitor(Role.TEAM_MEMBER, districts=None)
NEIGHBOUR = "+31612345678"
DIENST_A = "+3197010200301"
DANGER = "8021 AC 14 mijn buurman gaat zichzelf iets aandoen"
NOISE = "8021 AC 14 al weken herrie 's nachts"


@fixture(autouse=True)
def night(services, clock):
    clock.set(SATURDAY_NIGHT)
    build_town(services)
    return services


def text_in(services, body, *, sid="SM1", number=NEIGHBOUR) -> None:
    intake.take_in_sms(
        services,
        InboundText(
            provider_sid=sid,
            from_number=number,
            to_number=services.settings.line_number,
            body=body,
            received_at=services.clock.now(),
        ),
    )


def decisions(services) -> list[DecisionRow]:
    with services.database.reading() as session:
        rows = list(session.exec(select(DecisionRow)).all())
        session.expunge_all()
    return rows


def cases(services) -> list:
    return oncall.cases(services, visitor=TEAM)


def pages(phone) -> list[str]:
    return [text.body for text in phone.texts if text.to_number == DIENST_A]


def test_words_of_danger_ring_and_text_the_duty_phone_at_once(services, phone) -> None:
    text_in(services, DANGER)
    assert consider(services) == 1
    outbox.deliver_due(services)
    (page,) = pages(phone)
    assert "ACUUT" in page
    assert "Rozenbuurt" in page
    assert "buurman" not in page
    assert [call.to_number for call in phone.calls] == [DIENST_A]
    (decision,) = decisions(services)
    assert decision.rule == "direct-gevaar"
    assert decision.policy == services.policies[AlertPolicy].fingerprint


def test_an_ordinary_report_wakes_nobody_and_its_reason_is_written_down(services, phone) -> None:
    text_in(services, NOISE)
    assert consider(services) == 1
    outbox.deliver_due(services)
    assert not phone.calls
    assert not pages(phone)
    (decision,) = decisions(services)
    assert (decision.action, decision.rule) == ("list", "gewone-melding")
    assert "lijst" in decision.because
    assert cases(services) == []


def test_each_report_is_considered_once(services, phone) -> None:
    text_in(services, DANGER)
    assert consider(services) == 1
    assert consider(services) == 0
    assert len(cases(services)) == 1


def test_nothing_is_considered_on_a_quiet_night(services) -> None:
    assert consider(services) == 0


def test_no_more_are_considered_than_asked_and_the_rest_waits_for_the_next_time(services) -> None:
    for number in range(3):
        text_in(services, NOISE, sid=f"SM{number}", number=f"+3161234567{number}")
    assert consider(services, limit=2) == 2
    assert consider(services, limit=2) == 1


def test_the_neighbours_number_is_kept_for_calling_back_and_never_in_plain(services) -> None:
    text_in(services, DANGER)
    consider(services)
    (case,) = cases(services)
    with services.database.reading() as session:
        row = night_store.find(session, case.id)
        assert row.caller_sealed
        assert NEIGHBOUR.removeprefix("+").encode() not in row.caller_sealed


def test_the_number_that_is_opened_for_paging_stands_in_the_log_of_acts(services) -> None:
    text_in(services, DANGER)
    text_in(services, NOISE, sid="SM2", number="+31612345679")
    while consider(services):
        pass
    opened = [act for act in acts(services) if act[2] == "contact_opened"]
    assert opened == [("signaal", "tonight", "contact_opened")]


def test_danger_whose_place_becomes_known_later_is_paged_once_and_gets_its_neighbourhood(
    services, phone, clock
) -> None:
    text_in(services, "ik ga mezelf iets aandoen")
    consider(services)
    clock.turn(seconds=30)
    text_in(services, "8021 AC 14", sid="SM2")
    consider(services)
    outbox.deliver_due(services)
    (case,) = cases(services)
    assert case.neighbourhood == "Rozenbuurt"
    assert len(pages(phone)) == 1


def test_a_report_placed_by_hand_is_considered_again_and_pages_nobody_twice(
    services, phone, clock
) -> None:
    text_in(services, "ik ga mezelf iets aandoen")
    consider(services)
    with services.database.reading() as session:
        (unplaced,) = intake.unplaced(session)
    clock.turn(minutes=1)
    words = AddressWords(postcode="8021AC", number=14)
    intake.place_by_hand(services, unplaced.id, words, visitor=TEAM, purpose="offer_help")
    assert consider(services) == 1
    assert len(cases(services)) == 1
    assert len(decisions(services)) == 1


def close_the_case(services) -> None:
    (case,) = cases(services)
    oncall.acknowledge(services, case.id, visitor=TEAM, by="team_member")
    with services.database.session() as session, session.begin():
        row = night_store.find(session, case.id)
        row.state, row.closed_at = CaseState.CLOSED, services.clock.now()


@mark.parametrize("again", ["hij doet het nu echt, hij gaat zichzelf iets aandoen", DANGER])
def test_danger_told_again_after_the_night_case_was_closed_rings_again(
    services, phone, clock, again
) -> None:
    text_in(services, DANGER)
    consider(services)
    outbox.deliver_due(services)
    close_the_case(services)
    rung, paged = len(phone.calls), len(pages(phone))

    clock.turn(minutes=30)
    text_in(services, again, sid="SM2")
    assert consider(services) == 1
    outbox.deliver_due(services)

    first, second = sorted(cases(services), key=lambda case: case.id)
    assert (first.state, second.state) == (CaseState.CLOSED, CaseState.PAGING)
    assert second.neighbourhood == "Rozenbuurt"
    assert len(phone.calls) == rung + 1
    assert len(pages(phone)) == paged + 1
    assert [text.to_number for text in phone.texts].count(NEIGHBOUR) == 2


def test_danger_told_again_soon_belongs_to_the_same_report(services, phone, clock) -> None:
    text_in(services, DANGER)
    consider(services)
    clock.turn(minutes=29)
    text_in(services, DANGER, sid="SM2")
    assert consider(services) == 0
    assert len(cases(services)) == 1


def test_danger_told_again_that_never_had_a_place_is_placed_by_what_was_said_before(
    services, clock
) -> None:
    text_in(services, "8021 AC mijn buurman gaat zichzelf iets aandoen")
    consider(services)
    clock.turn(minutes=31)
    text_in(services, "nummer 14, hij gaat zichzelf iets aandoen", sid="SM2")
    assert consider(services) == 1
    with services.database.reading() as session:
        assert intake.count_reports(session) == 2
    assert "Rozenbuurt" in {case.neighbourhood for case in cases(services)}


@mark.parametrize("part", ["contact", "key"])
def test_danger_under_a_broken_seal_still_pages_and_so_does_the_next(services, phone, part) -> None:
    text_in(services, DANGER)
    with services.database.session() as session, session.begin():
        (sealed,) = session.exec(select(SealedReportRow)).all()
        if part == "contact":
            sealed.contact = b"not what this key has sealed"
        else:
            session.get(DataKeyRow, sealed.key_id).wrapped = b"not a wrapped key"
        broken = str(sealed.report_id)
    text_in(services, "8022 BX 3 hij heeft een mes", sid="SM2", number="+31612345679")

    with capture_logs() as lines:
        assert consider(services) == 2
    outbox.deliver_due(services)

    assert len(cases(services)) == 2
    assert len(pages(phone)) == 2
    assert [line["report"] for line in lines if line["event"] == "seal broken"] == [broken]


class Crash(RuntimeError):
    """The power goes."""


class CrashingPolicies:
    """Breaks off in the middle of the transaction, at the moment that paging would begin."""

    def __init__(self, real) -> None:
        self.real = real
        self.left = 1

    def __getitem__(self, kind):
        if kind is not AlertPolicy and self.left:
            self.left -= 1
            raise Crash
        return self.real[kind]


def test_a_crash_between_deciding_and_paging_loses_nothing_and_doubles_nothing(
    services, phone
) -> None:
    text_in(services, DANGER)
    broken = services.__class__(
        **{**vars(services), "policies": CrashingPolicies(services.policies)}
    )
    with raises(Crash):
        consider(broken)
    assert decisions(services) == []
    assert cases(services) == []
    assert consider(services) == 1
    outbox.deliver_due(services)
    assert len(pages(phone)) == 1


@mark.parametrize(("hour", "who"), [(1, "Dienst A"), (11, "Wijkteam Lindestad")])
def test_danger_reaches_a_person_day_and_night(services, clock, hour, who) -> None:
    clock.set(datetime(2026, 11, 20, hour, tzinfo=UTC))
    text_in(services, DANGER)
    consider(services)
    (case,) = cases(services)
    assert case.state is CaseState.PAGING
    assert case.attempts[0].name == who
