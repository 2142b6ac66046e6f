"""How long everything is kept: the table itself, and day after day for thirteen months."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from pytest import fixture, mark
from sqlmodel import select

from signaal import wiring
from signaal.access.model import Purpose
from signaal.alerting import actions as alerting
from signaal.intake import actions as intake
from signaal.intake import store as intake_store
from signaal.intake.model import FormReport, Judgement, Kind, Language
from signaal.messages import actions as messages
from signaal.messages.model import MessageChannel
from signaal.messages.store import OutboxRow
from signaal.oncall import actions as oncall
from signaal.oncall import store as night
from signaal.oncall.actions.overview import case_lines
from signaal.oncall.model import CaseResult
from signaal.places.model import AddressWords
from signaal.privacy.periods import RETENTION, Kept, Period, Since, period
from signaal.privacy.store import DataKeyRow
from tests.intake.town import build_town
from tests.oncall.exchange import STAFF

DAY_0 = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
DAYS = 400
CLOSED_AFTER = timedelta(days=3, hours=5)
instants = st.datetimes(
    min_value=datetime(2026, 1, 1), max_value=datetime(2030, 1, 1), timezones=st.just(UTC)
)


# -- the table ------------------------------------------------------------------------------


def test_everything_that_is_kept_has_exactly_one_period() -> None:
    assert sorted(each.key for each in RETENTION) == sorted(Kept)


@mark.parametrize(
    ("key", "days", "at_most"),
    [
        (Kept.UNFOUNDED_REPORT, 0, None),
        (Kept.REPORTER_CONTACT, 0, 90),
        (Kept.REPORT_TEXT, 90, 365),
        (Kept.DWELLING, 0, 365),
        (Kept.ARREARS_SIGNAL, 182, None),
        (Kept.CALL_DATA, 7, 90),
        (Kept.BLOCK_FIGURES, 3 * 365, None),
        (Kept.DEVICE, 90, None),
        (Kept.HOME, 0, None),
        (Kept.BACKUP, 30, None),
    ],
)
def test_the_periods_are_those_that_were_promised(key, days, at_most) -> None:
    promised = period(key)
    assert promised.live == timedelta(days=days)
    assert promised.at_most == (timedelta(days=at_most) if at_most else None)


@given(came_in=instants, after=st.timedeltas(timedelta(0), timedelta(days=800)))
def test_nothing_is_due_before_it_came_in_nor_later_than_its_end(came_in, after) -> None:
    for each in RETENTION:
        due = each.due(came_in=came_in, since=came_in + after)
        assert due is not None
        assert due >= came_in
        if each.at_most is not None:
            assert due <= came_in + each.at_most


@given(came_in=instants)
def test_what_has_not_ended_is_due_at_its_end_or_not_at_all(came_in) -> None:
    for each in RETENTION:
        due = each.due(came_in=came_in, since=None)
        if each.since is Since.CAME_IN:
            assert due == came_in + each.live
        else:
            assert due == (came_in + each.at_most if each.at_most else None)


def test_whatever_a_purge_counts_stands_in_the_table(town) -> None:
    counted = wiring.purge(town, dry_run=True)

    assert set(counted) <= set(Kept)
    assert {Kept.DEVICE, Kept.HOME} <= set(counted)


# -- day after day --------------------------------------------------------------------------


@dataclass(frozen=True)
class Watched:
    """One thing that is looked for every day.

    Attributes:
        name: What it is, for who reads a failure.
        period: By which it goes.
        came_in: When it came in.
        since: When that happened from which its period is counted.
        is_there: Whether it is there still.
    """

    name: str
    period: Period
    came_in: datetime
    since: datetime | None
    is_there: Callable[[], bool]

    @property
    def due(self) -> datetime:
        due = self.period.due(came_in=self.came_in, since=self.since)
        return due or datetime.max.replace(tzinfo=UTC)


@fixture
def town(services, clock):
    clock.set(DAY_0)
    build_town(services)
    return services


def fire_at(services, number: int):
    """A report about danger with a number to ring back, which opens a night case."""
    intake.take_in_form(
        services,
        FormReport(
            form_id=f"form-{number}",
            kind=Kind.CONCERN,
            category=None,
            words=AddressWords(postcode="8021AC", number=number),
            place_unsure=False,
            since=None,
            text="Er is brand bij de buren",
            contact=f"+3161234560{number % 10}",
            language=Language.NL,
        ),
    )
    before = open_cases(services)
    alerting.consider(services)
    (new,) = open_cases(services) - before
    return new


def open_cases(services) -> set[UUID]:
    """Sets have no order: of cases that came in at one instant, none is the last."""
    with services.database.reading() as session:
        return {case.id for case in case_lines(session)}


def watch(services, *, closed: UUID, left_open: UUID) -> list[Watched]:
    """The parts of two night cases, of a message and of two reports that nobody closes."""
    end = DAY_0 + CLOSED_AFTER

    def case(case_id):
        with services.database.reading() as session:
            return night.find(session, case_id)

    def numbers_of(case_id):
        with services.database.reading() as session:
            key = session.get(DataKeyRow, case_id)
            row = night.find(session, case_id)
            return bool(key and row and row.caller_sealed and row.targets_sealed)

    def outbox():
        with services.database.reading() as session:
            wanted = select(OutboxRow.id).where(OutboxRow.channel == MessageChannel.SMS)
            return list(session.exec(wanted))

    def words_of_messages():
        with services.database.reading() as session:
            return any(session.get(DataKeyRow, row_id) for row_id in outbox())

    def sealed(part):
        with services.database.reading() as session:
            rows = list(session.exec(select(intake_store.SealedReportRow)))
            return any(getattr(row, part) and session.get(DataKeyRow, row.key_id) for row in rows)

    def watched(name, key, since, is_there):
        return Watched(name, period(key), DAY_0, since, is_there)

    return [
        watched("numbers, closed", Kept.CALL_DATA, end, lambda: numbers_of(closed)),
        watched("numbers, open", Kept.CALL_DATA, None, lambda: numbers_of(left_open)),
        watched("case, closed", Kept.NIGHT_CASE, end, lambda: case(closed) is not None),
        watched("case, open", Kept.NIGHT_CASE, None, lambda: case(left_open) is not None),
        watched("words of pages", Kept.OUTBOX_WORDS, DAY_0, words_of_messages),
        watched("shells of pages", Kept.OUTBOX_SHELL, DAY_0, lambda: bool(outbox())),
        watched("contact", Kept.REPORTER_CONTACT, None, lambda: sealed("contact")),
        watched("text", Kept.REPORT_TEXT, None, lambda: sealed("text")),
        watched("dwelling", Kept.DWELLING, None, lambda: sealed("dwelling")),
    ]


def herrie(services, form_id: str) -> UUID:
    """A report that rings nobody, and that a colleague is looking at."""
    intake.take_in_form(
        services,
        FormReport(
            form_id=form_id,
            kind=Kind.NUISANCE,
            category="noise",
            words=AddressWords(postcode="8021AC", number=14),
            place_unsure=False,
            since=None,
            text="al weken herrie",
            contact="+31612345699",
            language=Language.NL,
        ),
    )
    with services.database.reading() as session:
        newest = select(intake_store.ReportRow.id).order_by(intake_store.ReportRow.id)
        report_id = list(session.exec(newest))[-1]
    intake.look_at(services, report_id, visitor=STAFF, purpose=Purpose.OFFER_HELP)
    return report_id


def watch_ending(services, judgement: Judgement) -> tuple[list[Watched], UUID]:
    """The parts of a report that somebody closes with this judgement."""
    report_id, end = herrie(services, judgement), DAY_0 + CLOSED_AFTER

    def sealed(part):
        with services.database.reading() as session:
            row = session.get(intake_store.SealedReportRow, report_id)
            return bool(row and getattr(row, part) and session.get(DataKeyRow, row.key_id))

    def row():
        with services.database.reading() as session:
            return session.get(intake_store.ReportRow, report_id) is not None

    at_once = judgement is Judgement.UNFOUNDED
    whole = Kept.UNFOUNDED_REPORT if at_once else Kept.BLOCK_FIGURES
    parts = {
        "contact": (Kept.REPORTER_CONTACT, lambda: sealed("contact")),
        "text": (Kept.UNFOUNDED_REPORT if at_once else Kept.REPORT_TEXT, lambda: sealed("text")),
        "dwelling": (Kept.DWELLING, lambda: sealed("dwelling")),
        "row": (whole, row),
    }
    return [
        Watched(f"{name}, {judgement}", period(key), DAY_0, end, is_there)
        for name, (key, is_there) in parts.items()
    ], report_id


def purge_all(services) -> None:
    for purge in (messages.purge, intake.purge, oncall.purge):
        purge(services)


def days_to_look_at(things: list[Watched]) -> list[int]:
    """Each week, and every day around the end of anything."""
    ends = {(each.due - DAY_0).days for each in things}
    return [day for day in range(DAYS) if day % 7 == 0 or any(abs(day - end) <= 2 for end in ends)]


@mark.parametrize("judgement", Judgement)
def test_after_each_ending_of_a_report_its_parts_go_when_they_are_due(
    town, clock, judgement
) -> None:
    things, report_id = watch_ending(town, judgement)
    for day in (0, 3):
        clock.set(DAY_0 + timedelta(days=day))
        purge_all(town)
        assert {each.name for each in things if not each.is_there()} == set(), day
    clock.set(DAY_0 + CLOSED_AFTER)
    intake.close(town, report_id, judgement, visitor=STAFF, purpose=Purpose.OFFER_HELP)
    look_each_day(town, clock, things)


def test_day_after_day_everything_goes_when_it_is_due_and_not_before(town, clock) -> None:
    closed, left_open = fire_at(town, 14), fire_at(town, 16)
    messages.deliver_due(town)
    finish_messages(town)
    clock.turn(seconds=CLOSED_AFTER.total_seconds())
    oncall.close(town, closed, visitor=STAFF, by="Wijkteam", result=CaseResult.VISITED)
    things = watch(town, closed=closed, left_open=left_open)
    assert {each.name for each in things if not each.is_there()} == set()

    look_each_day(town, clock, things)


def look_each_day(services, clock, things: list[Watched]) -> None:
    """Purges as every night, and looks what is left."""
    for day in days_to_look_at(things):
        today = DAY_0 + timedelta(days=day, hours=6)
        clock.set(max(today, DAY_0 + CLOSED_AFTER))
        purge_all(services)
        now = clock.now()
        gone = {each.name for each in things if not each.is_there()}
        too_early = {each.name for each in things if each.name in gone and each.due > now}
        too_late = {each.name for each in things if each.name not in gone and each.due <= now}
        assert (day, too_early, too_late) == (day, set(), set())


def test_a_clock_that_jumps_back_lets_go_of_nothing(town, clock) -> None:
    closed, left_open = fire_at(town, 14), fire_at(town, 16)
    clock.turn(seconds=CLOSED_AFTER.total_seconds())
    oncall.close(town, closed, visitor=STAFF, by="Wijkteam", result=CaseResult.VISITED)
    things = watch(town, closed=closed, left_open=left_open)
    for back in (timedelta(hours=1), timedelta(days=30), timedelta(days=9_000)):
        clock.set(DAY_0 - back)
        purge_all(town)
        assert {each.name for each in things if not each.is_there()} == set()


def test_a_dry_run_counts_and_leaves_everything(town, clock) -> None:
    closed, left_open = fire_at(town, 14), fire_at(town, 16)
    oncall.close(town, closed, visitor=STAFF, by="Wijkteam", result=CaseResult.VISITED)
    clock.turn(days=DAYS)
    things = watch(town, closed=closed, left_open=left_open)
    counted = oncall.purge(town, dry_run=True)
    assert counted == {"call_data": 2, "night_case": 1, "replay_marks": 0}
    assert {each.name for each in things if not each.is_there()} == set()
    assert oncall.purge(town) == counted
    assert oncall.purge(town) == dict.fromkeys(counted, 0)


def finish_messages(services) -> None:
    """The carrier tells that every message has arrived."""
    with services.database.reading() as session:
        rows = [(row.id, row.provider_sid, row.channel) for row in session.exec(select(OutboxRow))]
    for outbox_id, sid, channel in rows:
        status = "delivered" if channel is MessageChannel.SMS else "completed"
        messages.note_status(
            services, outbox_id=outbox_id, sid=sid or "", status=status, at=services.clock.now()
        )
