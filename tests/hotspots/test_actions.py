from datetime import date

from pytest import approx, mark, raises

from signaal.access.model import Role
from signaal.clock import week_of
from signaal.errors import NoSnapshot, NotAllowed, UnknownPlace
from signaal.hotspots import actions
from signaal.hotspots.model import WITHHELD, Level, Shown
from signaal.intake.model import Kind
from signaal.places.store import BlockRow
from tests.hotspots.towns import anonymously, build, looking, report

HIDDEN_3 = Shown(0, 2, hidden=True)
HIDDEN_5 = Shown(0, 4, hidden=True)


def exactly(count) -> Shown:
    return Shown(count, count, hidden=False)


def figure(services, block, *, role=Role.COORDINATOR, kind=Kind.NUISANCE, period=0):
    with services.database.reading() as session:
        code = session.get(BlockRow, block).code
    figures = actions.map_figures(services, period=period, kind=kind, visitor=looking(role))
    return next(each for each in figures.rows if each.block.code == code)


def refreshed(services, **town):
    """A town in which the first block has 8, the second 4 and the third 2 reporters."""
    blocks = build(services, **town)
    for block, times in zip(blocks, (8, 4, 2), strict=False):
        report(services, block, times=times)
    return blocks, actions.refresh(services)


def test_a_coordinator_sees_numbers_from_three_up(services) -> None:
    (first, second, third, *_), info = refreshed(services)
    assert (info.reports, info.blocks) == (14, 20)
    assert figure(services, first).reporters == exactly(8)
    assert figure(services, second).reporters == exactly(4)
    assert figure(services, third).reporters == HIDDEN_3
    assert figure(services, third).rate is None


def test_a_team_member_sees_classes(services) -> None:
    (first, second, third, *_), _ = refreshed(services)
    assert figure(services, first, role=Role.TEAM_MEMBER).reporters == Shown(5, 9, hidden=False)
    hidden = [figure(services, each, role=Role.TEAM_MEMBER) for each in (second, third)]
    assert [each.reporters for each in hidden] == [HIDDEN_5, HIDDEN_5]
    assert [each.rate for each in hidden] == [None, None]


def test_only_five_reporters_or_more_give_a_colour(services) -> None:
    (first, second, third, *_), _ = refreshed(services)
    assert figure(services, first).level.stands_out
    assert figure(services, second).level is Level.TOO_FEW
    assert figure(services, third).level is Level.TOO_FEW


def test_the_rate_is_marshalls_where_nothing_is_hidden(services) -> None:
    # 20 blocks of 50 dwellings, one with 30 reporters and 19 with 3: the town 87 / 1000 = 0.087.
    # Variance of the rates: ((0.6 - 0.087)^2 + 19 (0.06 - 0.087)^2) / 20 = 0.013851; by chance
    # 0.087 / 50 = 0.00174; between 0.012111; own share 0.012111 / 0.013851.
    first, *others = build(services)
    report(services, first, times=30)
    for block in others:
        report(services, block, times=3)
    actions.refresh(services)
    share = 0.012111 / 0.013851
    expected = 1000 * (0.087 + share * (0.6 - 0.087))
    rate = figure(services, first).rate
    assert (rate.low, rate.high) == (approx(expected), approx(expected))
    figures = actions.map_figures(
        services, period=0, kind=Kind.NUISANCE, visitor=looking(Role.COORDINATOR)
    )
    assert figures.town_rate == approx(87)


@mark.parametrize("role", [Role.POLICY_OFFICER, Role.POLICE_OFFICER, Role.AUDITOR])
def test_everything_that_is_shown_follows_from_what_is_shown(services, role) -> None:
    """Hidden counts may be anything: the town's rate, rates and levels are the same.

    Nobody here reads reports; who does is compared with the town as it is.
    """
    seen = []
    blocks = build(services)
    report(services, blocks[0], times=9, weeks_ago=4, who="seen")
    for hidden in range(3):
        for place, block in enumerate(blocks[1:]):
            if place % 3 < hidden:
                report(services, block, times=1, weeks_ago=4, who=f"hidden {hidden}")
        actions.refresh(services)
        whole = [
            actions.map_figures(services, period=n, kind=Kind.NUISANCE, visitor=looking(role))
            for n in range(13)
        ]
        seen.append([(each.town_rate, list(each.rows)) for each in whole])
    assert seen[0] == seen[1] == seen[2]
    assert any(town for town, _ in seen[0])


@mark.parametrize("role", [Role.TEAM_MEMBER, Role.POLICY_OFFICER, Role.POLICE_OFFICER])
def test_whoever_sees_classes_learns_nothing_within_a_class(services, role) -> None:
    blocks = build(services)
    for block, times in zip(blocks, (5, 9, 4, 0, 12), strict=False):
        report(services, block, times=times)
        report(services, block, times=times, weeks_ago=4)
    actions.refresh(services)
    five, nine, four, none, _ = (figure(services, each, role=role) for each in blocks[:5])
    assert (five.reporters, five.rate, five.level) == (nine.reporters, nine.rate, nine.level)
    assert (four.reporters, four.rate, four.level) == (none.reporters, none.rate, none.level)


def test_a_message_just_sent_is_in_the_next_refresh(services) -> None:
    (first, *_), before = refreshed(services)
    report(services, first, who="another")
    after = actions.refresh(services)
    assert figure(services, first).reporters == exactly(9)
    assert after.fingerprint != before.fingerprint


def test_a_refresh_without_news_changes_nothing_but_the_moment(services, clock) -> None:
    _, before = refreshed(services)
    clock.turn(minutes=1)
    after = actions.refresh(services)
    assert after.fingerprint == before.fingerprint
    assert after.made_at > before.made_at


def test_the_window_is_the_last_four_weeks_up_to_today(services) -> None:
    refreshed(services)
    figures = actions.map_figures(
        services, period=None, kind=Kind.NUISANCE, visitor=looking(Role.COORDINATOR)
    )
    assert (figures.window.first_day, figures.window.last_day) == (
        date(2026, 10, 26),
        date(2026, 11, 16),
    )
    before = figures.windows[1]
    assert (before.first_day, before.last_day) == (date(2026, 9, 28), date(2026, 10, 25))
    assert len(figures.windows) == 13


def test_who_reports_again_within_the_window_is_one_voice_and_in_two_windows_two(services) -> None:
    (first, *_) = build(services)
    for weeks_ago in (0, 1, 3, 4):
        report(services, first, times=5, weeks_ago=weeks_ago)
    actions.refresh(services)
    assert figure(services, first).reporters == exactly(5)
    assert figure(services, first, period=1).reporters == exactly(5)
    assert figure(services, first, period=2).reporters == HIDDEN_3


def test_anonymous_reports_count_half_until_a_second_source(services) -> None:
    first, second, *_ = build(services)
    report(services, first, times=9, **anonymously())
    report(services, second, times=9, **anonymously())
    report(services, second, who="somebody")
    actions.refresh(services)
    assert figure(services, first).reporters == exactly(4)
    assert figure(services, second).reporters == exactly(10)


def test_what_a_team_found_on_a_visit_gives_no_colour(services) -> None:
    first, *_ = build(services)
    report(services, first, times=30, brought=False)
    actions.refresh(services)
    assert figure(services, first).level is Level.TOO_FEW


def test_kinds_are_never_added_up(services) -> None:
    first, *_ = build(services)
    report(services, first, times=4)
    report(services, first, times=4, kind=Kind.CONCERN)
    actions.refresh(services)
    assert figure(services, first).level is Level.TOO_FEW
    assert figure(services, first, kind=Kind.CONCERN).reporters == exactly(4)


def test_a_block_of_a_few_dwellings_shows_nothing_to_anybody(services) -> None:
    *_, last = build(services, small=1)
    report(services, last, times=5)
    actions.refresh(services)
    assert figure(services, last).reporters == HIDDEN_3
    assert figure(services, last, role=Role.TEAM_MEMBER).reporters == HIDDEN_5
    assert figure(services, last).level is Level.TOO_FEW


def test_a_quiet_town_has_no_colours(services) -> None:
    build(services)
    actions.refresh(services)
    figures = actions.map_figures(
        services, period=0, kind=Kind.NUISANCE, visitor=looking(Role.COORDINATOR)
    )
    assert {row.level for row in figures.rows} == {Level.TOO_FEW}
    assert figures.town_rate == 0


def test_a_town_that_is_busy_all_over_has_no_block_that_stands_out(services) -> None:
    for block in build(services):
        report(services, block, times=6)
    actions.refresh(services)
    for role in (Role.COORDINATOR, Role.TEAM_MEMBER):
        figures = actions.map_figures(services, period=0, kind=Kind.NUISANCE, visitor=looking(role))
        assert {row.level for row in figures.rows} == {Level.NO_DIFFERENCE}


def test_an_empty_town_has_no_figures_yet(services) -> None:
    assert actions.refresh(services).blocks == 0
    with raises(NoSnapshot):
        actions.map_figures(
            services, period=0, kind=Kind.NUISANCE, visitor=looking(Role.COORDINATOR)
        )
    with raises(NoSnapshot):
        actions.shapes(services)


def test_a_report_in_a_past_block_goes_to_the_block_that_took_its_dwellings(services) -> None:
    first, second, *_ = build(services)
    report(services, first, times=6)
    with services.database.session() as session, session.begin():
        past = session.get(BlockRow, first)
        past.current, past.successor_id = False, second
    actions.refresh(services)
    assert figure(services, second).reporters == exactly(6)


def test_before_the_first_refresh_there_are_no_figures(services) -> None:
    with raises(NoSnapshot):
        actions.map_figures(
            services, period=0, kind=Kind.NUISANCE, visitor=looking(Role.COORDINATOR)
        )
    with raises(NoSnapshot):
        actions.shapes(services)


@mark.parametrize("period", [-1, 13])
def test_there_are_thirteen_windows_and_no_other(services, period) -> None:
    refreshed(services)
    with raises(NoSnapshot):
        actions.map_figures(
            services, period=period, kind=Kind.NUISANCE, visitor=looking(Role.COORDINATOR)
        )


def test_who_reads_no_reports_sees_complete_fixed_periods_only(services) -> None:
    # Monday 16 November 2026 lies in week 2967, the last of period 741, which still runs.
    first, *_ = build(services)
    report(services, first, times=12, who="this period's")
    report(services, first, times=6, weeks_ago=4, who="last period's")
    actions.refresh(services)
    seen = figure(services, first, role=Role.POLICY_OFFICER)
    assert seen.reporters == Shown(5, 9, hidden=False)
    figures = actions.map_figures(
        services, period=0, kind=Kind.NUISANCE, visitor=looking(Role.POLICY_OFFICER)
    )
    assert (figures.window.first_day, figures.window.last_day) == (
        date(2026, 9, 28),
        date(2026, 10, 25),
    )
    assert len(figures.windows) == 13
    rolling = figure(services, first, role=Role.TEAM_MEMBER)
    assert rolling.reporters == Shown(10, 19, hidden=False)


def test_a_complete_period_looks_the_same_whenever_it_is_looked_at(services, clock) -> None:
    blocks = build(services)
    for place, block in enumerate(blocks):
        report(services, block, times=place, weeks_ago=4 + place % 5)
    policy = looking(Role.POLICY_OFFICER)
    seen: dict[date, set] = {}
    for _ in range(9):
        actions.refresh(services)
        for number in range(13):
            figures = actions.map_figures(
                services, period=number, kind=Kind.NUISANCE, visitor=policy
            )
            shown = tuple((row.block.code, row.reporters) for row in figures.rows)
            seen.setdefault(figures.window.first_day, set()).add(shown)
        clock.turn(weeks=1)
        report(services, blocks[0], who=f"news of {clock.now():%d %B}")
    assert all(len(figures) == 1 for figures in seen.values())
    assert len(seen) == 15  # two periods ended meanwhile


def test_nobody_sees_a_block_outside_the_own_districts(services) -> None:
    first, *_ = build(services)
    report(services, first, times=12)
    actions.refresh(services)
    code = figure(services, first).block.code
    elsewhere = looking(Role.TEAM_MEMBER, districts=frozenset({"WK019302"}))
    inside = looking(Role.TEAM_MEMBER, districts=frozenset({"WK019301"}))
    figures = actions.map_figures(services, period=0, kind=Kind.NUISANCE, visitor=elsewhere)
    assert (list(figures.rows), figures.all_districts) == ([], False)
    with raises(NotAllowed, match="district"):
        actions.block_story(services, code=code, kind=None, visitor=elsewhere)
    with raises(UnknownPlace):
        actions.block_story(services, code="BU1-1", kind=None, visitor=elsewhere)
    figures = actions.map_figures(services, period=0, kind=Kind.NUISANCE, visitor=inside)
    assert (len(figures.rows), figures.all_districts) == (20, True)


def weeks_of(services, block) -> list[Shown]:
    code = figure(services, block).block.code
    story = actions.block_story(services, code=code, kind=None, visitor=looking(Role.COORDINATOR))
    return [week.reporters for week in story.chosen.weeks]


def test_no_single_week_follows_from_the_sum_of_four(services) -> None:
    first, *_ = build(services)
    for weeks_ago, times in enumerate((9, 1, 8, 7, 3, 4, 5, 6)):
        report(services, first, times=times, weeks_ago=weeks_ago, who=f"week {weeks_ago}")
    actions.refresh(services)
    assert figure(services, first).reporters == exactly(25)
    weeks = weeks_of(services, first)
    assert weeks[-4:] == [WITHHELD] * 4
    assert weeks[-8:-4] == [exactly(6), exactly(5), exactly(4), exactly(3)]


def test_the_weeks_before_the_first_on_the_page_are_hidden_with_theirs(services) -> None:
    first, *_ = build(services)
    for weeks_ago, times in ((24, 5), (25, 6), (26, 7), (27, 1)):
        report(services, first, times=times, weeks_ago=weeks_ago, who=f"week {weeks_ago}")
    actions.refresh(services)
    assert weeks_of(services, first)[:2] == [WITHHELD] * 2


def test_a_block_tells_what_lies_behind_its_colour(services) -> None:
    (first, *_), _ = refreshed(services)
    report(services, first, times=3, weeks_ago=5, who="earlier")
    actions.refresh(services)
    code = figure(services, first).block.code
    story = actions.block_story(services, code=code, kind=None, visitor=looking(Role.COORDINATOR))
    assert story.block.code == code
    assert [each.kind for each in story.kinds] == list(Kind)
    chosen = story.chosen
    assert chosen.kind is Kind.NUISANCE
    assert (chosen.figure.reporters, chosen.before) == (exactly(8), exactly(3))
    assert (chosen.crude.low, chosen.crude.high) == (approx(160), approx(160))
    assert chosen.town_rate == approx(14)
    assert chosen.own_share == 81
    assert [each.reporters for each in chosen.fours] == [HIDDEN_3] * 5 + [exactly(3), exactly(8)]
    assert len(chosen.weeks) == 26
    assert {week.reporters for week in chosen.weeks} == {WITHHELD}
    assert chosen.weeks[-1].first_day == date(2026, 11, 16)


def test_who_sees_classes_gets_four_week_classes_and_no_single_weeks(services) -> None:
    (first, *_), _ = refreshed(services)
    code = figure(services, first).block.code
    story = actions.block_story(
        services, code=code, kind=Kind.NUISANCE, visitor=looking(Role.TEAM_MEMBER)
    )
    assert story.chosen.weeks == ()
    assert story.chosen.fours[-1].reporters == Shown(5, 9, hidden=False)
    assert story.chosen.crude.low == approx(100)
    assert story.chosen.crude.high == approx(180)
    assert 0 < story.chosen.own_share < 100
    assert story.chosen.town_rate > 0


def test_arrears_of_a_block_are_classes_even_for_a_coordinator(services) -> None:
    first, *_ = build(services)
    report(services, first, times=7, kind=Kind.ARREARS)
    actions.refresh(services)
    assert figure(services, first, kind=Kind.ARREARS).reporters == Shown(5, 9, hidden=False)


def test_a_police_officer_sees_nuisance_only(services) -> None:
    (first, *_), _ = refreshed(services)
    with raises(NotAllowed):
        actions.map_figures(
            services, period=0, kind=Kind.CONCERN, visitor=looking(Role.POLICE_OFFICER)
        )
    code = figure(services, first).block.code
    story = actions.block_story(
        services, code=code, kind=None, visitor=looking(Role.POLICE_OFFICER)
    )
    assert [each.kind for each in story.kinds] == [Kind.NUISANCE]
    for kind in (Kind.CONCERN, Kind.ARREARS):
        with raises(NotAllowed):
            actions.block_story(
                services, code=code, kind=kind, visitor=looking(Role.POLICE_OFFICER)
            )
    with raises(NotAllowed):
        actions.block_story(services, code=code, kind=None, visitor=looking(Role.ALLOCATOR))


def test_a_block_that_is_not_there_is_unknown(services) -> None:
    refreshed(services)
    with raises(UnknownPlace):
        actions.block_story(services, code="BU1-1", kind=None, visitor=looking(Role.COORDINATOR))


def test_the_snapshot_ends_in_the_present_week(services, clock) -> None:
    _, info = refreshed(services)
    assert info.week == week_of(clock.now())
