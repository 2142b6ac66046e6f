from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

from pytest import fixture, raises
from sqlalchemy import update
from sqlmodel import select
from structlog.testing import capture_logs

from signaal.access.model import Role
from signaal.alerting import actions
from signaal.alerting.actions.figures import take_in
from signaal.alerting.model import (
    Cause,
    EarlyWarningPolicy,
    Origin,
    Verdict,
    WarningState,
    raised_by,
)
from signaal.alerting.store import (
    EarlyWarningRow,
    EarlyWarningStepRow,
    LookRow,
    WeekListRow,
    WeekPlaceRow,
)
from signaal.alerting.web.words import warning_sentence
from signaal.app import create_app
from signaal.clock import start_of
from signaal.errors import NotAllowed, UnknownWeekPlace, UnusableLook
from signaal.hotspots import actions as hotspots
from signaal.hotspots.model import FiguresPolicy, Shown
from signaal.policies import Policies
from signaal.privacy.masks import MASK
from signaal.privacy.periods import Kept, period
from signaal.visitor import Visitor
from tests.alerting.warnings import POLICY, WEEK, figure, found, group, town, uid, with_policy
from tests.hotspots import towns
from tests.oncall.exchange import acts

TEAM = Visitor(Role.TEAM_MEMBER, person=uid(1), districts=frozenset({"WK1"}))
OTHER = replace(TEAM, person=uid(2))
ELSEWHERE = replace(TEAM, person=uid(3), districts=frozenset({"WK2"}))
COORDINATOR = Visitor(Role.COORDINATOR, person=uid(4), districts=None)
OFFICER = Visitor(Role.POLICY_OFFICER, person=uid(5), districts=None)


@fixture
def house(services, clock):
    clock.set(start_of(WEEK) + timedelta(days=1))
    return with_policy(services)


def rows_of(house, kind) -> list:
    with house.database.reading() as session:
        rows = list(session.exec(select(kind)).all())
        session.expunge_all()
    return rows


def test_a_clock_that_ran_ahead_for_a_while_silences_no_warning_afterwards(house):
    ahead = replace(house, clock=type(house.clock)(house.clock.now() + timedelta(weeks=9)))
    take_in(ahead, found(week=WEEK + 9, sign="b"))

    with capture_logs() as logs:
        steps = take_in(house, found(group("B03", "B04")))

    assert steps
    assert [entry["log_level"] for entry in logs if "yet to come" in entry["event"]] == ["error"]


def busy(*codes) -> list:
    return [
        figure(each.block.code, weekly=(9,), found=True, district=each.block.district_code)
        if each.block.code in codes
        else each
        for each in town()
    ]


def test_the_same_figures_are_considered_once(house) -> None:
    seen = found(group("B00", "B01"))
    assert take_in(house, seen) > 0
    assert take_in(house, seen) == 0
    assert len(rows_of(house, EarlyWarningRow)) == 1
    assert len(rows_of(house, WeekListRow)) == 2


def test_new_rules_look_at_the_same_figures_again(house) -> None:
    seen = found(group("B00", recurrence_weeks=30.0))
    take_in(house, seen)
    assert rows_of(house, EarlyWarningRow) == []
    take_in(with_policy(house, replace(POLICY, false_alarms_per_quarter=2.0)), seen)
    assert len(rows_of(house, EarlyWarningRow)) == 1


def test_two_workers_at_once_raise_a_warning_once(house) -> None:
    seen = found(group("B00", "B01"))
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: take_in(house, seen), range(4)))
    assert sorted(map(bool, done)) == [False, False, False, True]
    assert len(rows_of(house, EarlyWarningRow)) == 1
    assert len(rows_of(house, WeekPlaceRow)) == sum(done) - 1


def test_figures_of_an_earlier_week_change_nothing(house) -> None:
    take_in(house, found(group("B00")))
    assert take_in(house, found(week=WEEK - 1, sign="b")) == 0


def test_a_quiet_town_without_figures_is_left_alone(house) -> None:
    assert actions.consider_figures(house) == 0


def test_each_step_is_on_record_with_its_rules_figures_and_numbers(house) -> None:
    take_in(house, found(group("B00")))
    take_in(house, found(group("B00", "B01", week=WEEK + 1), week=WEEK + 1, sign="b"))
    first, second = sorted(rows_of(house, EarlyWarningStepRow), key=lambda row: row.week)
    assert (first.cause, first.state) == (Cause.NEW_GROUP, WarningState.RAISED)
    assert (second.cause, second.state) == (Cause.MORE_BLOCKS, WarningState.GROWING)
    assert (second.policy, second.snapshot) == (POLICY.fingerprint, "b" * 64)
    assert (second.observed, second.expected, second.recurrence_weeks) == (9, 2.5, 500.0)


def test_a_warning_remembers_when_one_of_its_blocks_first_had_a_colour(house) -> None:
    take_in(house, found(group("B00")))
    take_in(house, found(group("B00", week=WEEK + 1), week=WEEK + 1, sign="b"))
    (row,) = rows_of(house, EarlyWarningRow)
    assert row.coloured_week is None
    for week, sign in ((WEEK + 2, "c"), (WEEK + 3, "d")):
        take_in(house, found(group("B00", week=week), week=week, sign=sign, figures=busy("B00")))
    (row,) = rows_of(house, EarlyWarningRow)
    assert row.coloured_week == WEEK + 2


def test_a_warning_is_shown_within_the_visitors_districts_and_as_the_role_may_see(house) -> None:
    take_in(house, found(group("B19", "B20", observed=9)))
    (mine,) = actions.warnings(house, visitor=TEAM)
    assert (mine.codes, mine.goes_beyond) == (("B19",), True)
    assert (mine.reporters.low, mine.reporters.high, mine.recurrence_weeks) == (5, None, 260.0)
    (whole,) = actions.warnings(house, visitor=COORDINATOR)
    assert (whole.codes, whole.goes_beyond) == (("B19", "B20"), False)
    assert (whole.reporters.low, whole.recurrence_weeks) == (9, 500.0)
    assert [step.cause for step in whole.history] == [Cause.NEW_GROUP]
    assert actions.warnings(house, visitor=TEAM, code="B20") == ()
    assert actions.warnings(house, visitor=replace(TEAM, districts=frozenset({"WK9"}))) == ()
    with raises(NotAllowed):
        actions.warnings(house, visitor=OFFICER)


def test_from_a_group_nobody_takes_off_the_own_blocks_to_know_another_district(house) -> None:
    groups = (group("B18", "B19", "B20", "B21", observed=16),)
    figures = [
        figure(f"B{at}", weekly=(count,), district="WK1" if at < 20 else "WK2")
        for at, count in ((18, 9), (19, 2), (20, 4), (21, 1))
    ]
    take_in(house, found(*groups, figures=figures))
    here = replace(COORDINATOR, districts=frozenset({"WK1"}))
    (part,) = actions.warnings(house, visitor=here)
    (step,) = part.history
    for told in (part, step):
        assert told.reporters == Shown(9, None, hidden=False)
        assert told.recurrence_weeks == 260.0, "an exact one tells an exact number"
    (whole,) = actions.warnings(house, visitor=COORDINATOR)
    assert whole.reporters == Shown(13, 17, hidden=False), "two blocks have less than three"
    (team,) = actions.warnings(house, visitor=replace(TEAM, districts=None))
    assert team.reporters == Shown(5, 21, hidden=False)


def test_what_a_group_had_stays_known_while_it_fades(house) -> None:
    take_in(house, found(group("B00", "B01", observed=13)))
    take_in(house, found(week=WEEK + 2, sign="b"))
    (there,) = actions.warnings(house, visitor=COORDINATOR)
    assert there.state is WarningState.FADING
    assert {step.reporters for step in there.history} == {there.reporters}
    assert there.reporters == Shown(13, 13, hidden=False)


def test_of_a_warning_without_counts_of_its_blocks_no_number_is_told(house) -> None:
    take_in(house, found(group("B00", observed=13)))
    with house.database.session() as session, session.begin():
        for kind in (EarlyWarningRow, EarlyWarningStepRow):
            session.exec(update(kind).values(places='{"B00": "WK1"}'))
    (there,) = actions.warnings(house, visitor=COORDINATOR)
    assert there.reporters == Shown(0, None, hidden=True)
    with create_app(house).test_request_context():
        words = warning_sentence(there)
    assert "waren er meer melders dan gewoon. Hoeveel, tonen we hier niet." in words


def test_an_ended_warning_is_shown_when_asked_for(house, clock) -> None:
    take_in(house, found(group("B00")))
    take_in(house, found(week=WEEK + 6, sign="b"))
    assert actions.warnings(house, visitor=TEAM) == ()
    clock.turn(days=6)
    (over,) = actions.warnings(house, visitor=TEAM, ended_within=timedelta(days=7))
    assert over.state is WarningState.ENDED
    assert actions.warnings(house, visitor=TEAM, ended_within=timedelta(days=5)) == ()


def test_the_list_is_frozen_for_the_week_and_a_new_warning_comes_at_its_end(house) -> None:
    take_in(house, found(figures=busy("B03")))
    first = actions.week_list(house, district="WK1", visitor=TEAM)
    again = found(group("B05"), figures=busy("B07"), sign="b")
    assert take_in(house, again) == 2
    second = actions.week_list(house, district="WK1", visitor=TEAM)
    assert [row.id for row in second.rows[:-1]] == [row.id for row in first.rows]
    assert [(row.block, row.is_new) for row in second.rows[-1:]] == [("B05", True)]
    assert take_in(house, replace(again, info=replace(again.info, fingerprint="c" * 64))) == 0
    take_in(house, found(week=WEEK + 1, sign="d"))
    assert actions.week_list(house, district="WK1", visitor=TEAM).week == WEEK + 1
    assert actions.week_list(house, district="WK1", visitor=TEAM, week=WEEK).rows == second.rows


def test_a_row_says_nothing_of_why_it_is_there_and_no_more_than_the_role_may_see(house) -> None:
    take_in(house, found(figures=busy("B03")))
    listed = actions.week_list(house, district="WK1", visitor=TEAM)
    assert not {"origin", "warning"} & set(vars(listed.rows[0]))
    (row,) = (row for row in listed.rows if row.block == "B03" and row.kind == "nuisance")
    assert (row.reporters.low, row.reporters.high, row.chance) == (5, 9, 0.01)
    exact = actions.week_list(house, district="WK1", visitor=COORDINATOR)
    (row,) = (row for row in exact.rows if row.block == "B03" and row.kind == "nuisance")
    assert (row.reporters.low, row.chance) == (9, 0.01)


def test_nothing_in_a_row_follows_from_the_true_count_of_the_blocks_beside_it(house) -> None:
    """Their pooled count and its exact chance would tell what is hidden, or another district."""
    rows = []
    for week, beside, chance in ((WEEK, 3, 0.009), (WEEK + 1, 4, 0.0051)):
        pooled = {"pooled": 9 + beside, "chance": chance}
        figures = [
            replace(figure("B03", weekly=(9,), found=True), **pooled),
            replace(figure("B04", weekly=(4,), found=True), **pooled),
        ]
        take_in(house, found(week=week, figures=figures, sign=str(beside)))
        listed = actions.week_list(house, district="WK1", visitor=COORDINATOR, week=week)
        rows.append({(row.block, row.kind): replace(row, id=uid(0)) for row in listed.rows})
    assert rows[0] == rows[1]
    told = {code: row.chance for (code, _), row in rows[0].items()}
    assert told == {"B03": 0.01, "B04": None}, "four reporters are too few to speak of chance"


def test_a_block_with_too_few_dwellings_shows_no_count(house) -> None:
    small = [figure("B00", weekly=(9,), found=True, dwellings=9)]
    take_in(house, found(figures=small))
    (row, *_) = actions.week_list(house, district="WK1", visitor=COORDINATOR).rows
    assert row.reporters.hidden
    assert row.chance is None


def test_who_sees_no_weekly_figures_or_another_district_gets_no_list(house) -> None:
    take_in(house, found())
    assert actions.list_districts(house, visitor=COORDINATOR) == ("WK1", "WK2")
    assert actions.list_districts(house, visitor=TEAM) == ("WK1",)
    for visitor in (OFFICER, ELSEWHERE):
        with raises(NotAllowed):
            actions.week_list(house, district="WK1", visitor=visitor)
    with raises(UnknownWeekPlace):
        actions.week_list(house, district="WK1", visitor=TEAM, week=WEEK - 1)


# -- judgements -----------------------------------------------------------------------------


def look(house, item, verdict=Verdict.WORTH_IT, reason="Het klopt, de deur staat open", *, by=TEAM):
    actions.look_at(house, visitor=by, item=item, verdict=verdict, reason=reason)


def first_row(house, *, visitor=TEAM):
    return actions.week_list(house, district="WK1", visitor=visitor).rows[0]


def test_somebody_ticks_a_place_and_a_correction_stands_beside_the_first_judgement(house) -> None:
    take_in(house, found())
    item = first_row(house).id
    look(house, item)
    look(house, item)
    assert len(rows_of(house, LookRow)) == 1
    look(house, item, Verdict.NOT_WORTH_IT, "Toch niet: 06 12345678 nam niet op")
    assert len(rows_of(house, LookRow)) == 2
    look(house, item, Verdict.UNCLEAR, "Ik zag niets", by=OTHER)
    row = first_row(house)
    assert row.mine.verdict is Verdict.NOT_WORTH_IT
    assert MASK in row.mine.reason
    assert "12345678" not in row.mine.reason
    assert [each.verdict for each in row.looks if not each.is_mine] == [Verdict.UNCLEAR]
    assert [act[2] for act in acts(house)] == ["place_looked_at"] * 3


def test_a_judgement_needs_a_reason_that_fits(house) -> None:
    take_in(house, found())
    item = first_row(house).id
    for reason in ("", "   ", "x" * 501):
        with raises(UnusableLook):
            look(house, item, reason=reason)
    assert rows_of(house, LookRow) == []


def test_nobody_judges_what_is_not_theirs_or_not_there(house) -> None:
    take_in(house, found())
    item = first_row(house).id
    for stranger in (ELSEWHERE, OFFICER, replace(TEAM, person=None)):
        with raises(NotAllowed):
            look(house, item, by=stranger)
    with raises(UnknownWeekPlace):
        look(house, uid(99))
    assert acts(house) == []


# -- how good it was, and letting go --------------------------------------------------------


def judge_much(house, *, warnings_right) -> None:
    with house.database.session() as session, session.begin():
        for number in range(50):
            origin = Origin.WARNING if number < 25 else Origin.DRAWN
            place = WeekPlaceRow(
                week=WEEK,
                district_code="WK1",
                position=number,
                block_code=f"B{number}",
                kind="nuisance",
                listed_as=origin,
                is_new=False,
                neighbourhood="Rozenbuurt",
                dwellings=40,
                reporters=5,
                expected=2.0,
            )
            session.add(place)
            session.flush()
            right = number < warnings_right or number % 25 < 5
            verdict = Verdict.WORTH_IT if right else Verdict.NOT_WORTH_IT
            session.add(
                LookRow(
                    place_id=place.id,
                    person_id=uid(1),
                    role="team_member",
                    verdict=verdict,
                    reason="zo",
                    at=house.clock.now(),
                )
            )


def test_it_is_shouted_once_a_month_that_warnings_do_no_better_than_chance(house, clock) -> None:
    judge_much(house, warnings_right=6)
    assert actions.evaluation(house, visitor=COORDINATOR).told_no_better == ("nuisance",)
    with capture_logs() as lines:
        assert actions.shout_no_better(house)
        assert not actions.shout_no_better(house)
        clock.turn(days=31)
        assert actions.shout_no_better(house)
    assert [line["kinds"] for line in lines] == ["nuisance", "nuisance"]


def test_nothing_is_shouted_while_warnings_beat_chance(house) -> None:
    judge_much(house, warnings_right=20)
    assert not actions.shout_no_better(house)
    (score, *_) = actions.evaluation(house, visitor=COORDINATOR).year
    assert (score.scores[Origin.WARNING].right, score.scores[Origin.DRAWN].right) == (20, 5)


def test_only_a_coordinator_evaluates_and_only_the_own_districts(house) -> None:
    judge_much(house, warnings_right=20)
    with raises(NotAllowed):
        actions.evaluation(house, visitor=TEAM)
    elsewhere = replace(COORDINATOR, districts=frozenset({"WK2"}))
    assert actions.evaluation(house, visitor=elsewhere).quarters == ()


def test_reasons_go_after_their_period_and_lists_and_warnings_after_theirs(house, clock) -> None:
    take_in(house, found(group("B00")))
    look(house, first_row(house).id)
    take_in(house, found(week=WEEK + 6, sign="b"))
    clock.turn(days=period(Kept.LOOK_REASON).live.days)
    assert actions.purge(house, dry_run=True)[Kept.LOOK_REASON] == 1
    assert actions.purge(house) == {
        Kept.LOOK_REASON: 1,
        Kept.WEEK_LIST: 0,
        Kept.EARLY_WARNING: 0,
    }
    (kept,) = rows_of(house, LookRow)
    assert (kept.verdict, kept.reason) == (Verdict.WORTH_IT, "")
    clock.turn(days=period(Kept.WEEK_LIST).live.days)
    expected = {Kept.LOOK_REASON: 0, Kept.WEEK_LIST: 4, Kept.EARLY_WARNING: 1}
    assert actions.purge(house, dry_run=True) == expected
    assert actions.purge(house) == expected
    for kind in (LookRow, WeekPlaceRow, WeekListRow, EarlyWarningRow, EarlyWarningStepRow):
        assert rows_of(house, kind) == []


def test_what_the_figures_found_in_a_town_becomes_warnings_and_a_list(house) -> None:
    blocks = towns.build(house, blocks=12)
    for week in range(8, 60, 2):
        for block in blocks:
            towns.report(house, block, weeks_ago=week)
    for weeks_ago in (0, 1):
        towns.report(house, blocks[0], times=9, weeks_ago=weeks_ago)
    made = replace(
        house,
        policies=Policies({FiguresPolicy: towns.RULES, EarlyWarningPolicy: POLICY}),
    )
    hotspots.refresh(made)
    assert actions.consider_figures(made) > 0
    assert actions.consider_figures(made) == 0
    noord = replace(TEAM, districts=frozenset({"WK019301"}))
    groups = [each.codes for each in hotspots.clusters(made) if raised_by(POLICY, each)]
    there = actions.warnings(made, visitor=noord)
    assert sorted(each.codes for each in there) == sorted(groups)
    listed = actions.week_list(made, district="WK019301", visitor=noord)
    assert listed.rows
    assert all(row.dwellings == 50 for row in listed.rows)
