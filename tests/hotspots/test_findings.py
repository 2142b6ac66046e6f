"""What lies behind a colour, as each role may see it; and what warnings and lists get."""

from dataclasses import replace

from pytest import approx, fixture, mark, raises
from sqlmodel import select

from signaal.access.model import Role
from signaal.errors import NotAllowed
from signaal.hotspots import actions
from signaal.hotspots import snapshot as frozen
from signaal.hotspots.model import FiguresPolicy, Level, Pattern, Shown, SingleMethod, Stretches
from signaal.intake.model import Kind
from signaal.places.store import BlockRow
from signaal.policies import Policies
from tests.hotspots.towns import RULES, build, looking, report


@fixture
def quick(services):
    return replace(services, policies=Policies({FiguresPolicy: RULES}))


def loud(services, *, weeks_ago=0) -> list[str]:
    """Forty blocks in two rows: each had one reporter; one has twelve, beside it two and one."""
    blocks = build(services, blocks=40)
    for block in blocks:
        report(services, block, times=1, weeks_ago=20, who="long ago")
    report(services, blocks[39], weeks_ago=40, who="the first")
    for place, times in ((20, 12), (21, 2), (22, 1)):
        report(services, blocks[place], times=times, weeks_ago=weeks_ago, who="loud")
    actions.refresh(services)
    figures = frozen.read(services.settings.snapshots_dir)
    return sorted(block.code for block in figures.blocks)


def story(services, code, role=Role.COORDINATOR, **more):
    return actions.block_story(
        services, code=code, kind=Kind.NUISANCE, visitor=looking(role, **more)
    ).chosen


def busiest(services, role=Role.COORDINATOR):
    figures = actions.map_figures(services, period=0, kind=Kind.NUISANCE, visitor=looking(role))
    return min(figures.rows, key=lambda row: row.attention), figures


def test_a_block_with_many_more_than_the_town_and_its_past_has_a_colour(quick) -> None:
    loud(quick)
    row, figures = busiest(quick)
    assert row.level.stands_out
    assert [each.level.stands_out for each in figures.rows].count(True) == 1
    assert figures.tested == 40


def test_what_is_pooled_is_told_as_the_sum_of_what_is_shown(quick) -> None:
    """The block has 12; its neighbours have 2 and 1 or none, which are all hidden (0 to 2)."""
    loud(quick)
    row, _ = busiest(quick)
    around = story(quick, row.block.code).around
    beside = len(around.neighbours)
    assert beside >= 2
    assert around.reporters == Shown(12, 12 + 2 * beside, hidden=False)
    assert all(each.reporters == Shown(0, 2, hidden=True) for each in around.neighbours)
    assert around.dwellings == 50 * (beside + 1)
    assert around.expected == approx(around.dwellings * 15 / 2000)
    member = story(quick, row.block.code, Role.TEAM_MEMBER).around
    assert member.reporters == Shown(10, 19 + 4 * beside, hidden=False)


def test_how_often_by_chance_is_told_in_steps_and_of_hidden_counts_not_at_all(quick) -> None:
    codes = loud(quick)
    row, _ = busiest(quick)
    assert story(quick, row.block.code).around.once_in in {10_000, 100_000, 1_000_000}
    others = [code for code in codes if code != row.block.code]
    assert {story(quick, code).around.once_in for code in others} == {None}


def test_so_many_fewer_take_the_colour_away(quick, services) -> None:
    """12 reporters and at most so many fewer: with so many fewer it is grey indeed."""
    loud(quick)
    row, _ = busiest(quick)
    change = story(quick, row.block.code).change
    assert change.more is None
    assert 1 <= change.fewer <= 8
    for file in quick.settings.snapshots_dir.glob("*"):
        file.unlink()


def test_so_many_more_give_a_colour_and_a_few_on_top_as_they_raise_the_town_too(quick) -> None:
    codes = loud(quick)
    row, _ = busiest(quick)
    code = next(code for code in codes if code != row.block.code)
    grey = story(quick, code)
    assert grey.figure.level is Level.TOO_FEW
    assert grey.change.fewer is None
    with quick.database.reading() as session:
        block = session.scalars(select(BlockRow.id).where(BlockRow.code == code)).one()
    report(quick, block, times=grey.change.more + 3, who="more")
    actions.refresh(quick)
    assert story(quick, code).figure.level.stands_out


def test_neighbours_elsewhere_are_counted_and_not_named(quick) -> None:
    loud(quick)
    row, _ = busiest(quick)
    here = story(quick, row.block.code, districts=frozenset({"WK019301"})).around
    assert here.outside == 0
    with raises(NotAllowed):
        story(quick, row.block.code, districts=frozenset({"WK019302"}))


def test_bands_come_with_weeks_for_numbers_and_with_four_weeks_for_classes(quick) -> None:
    codes = loud(quick)
    own, member = story(quick, codes[0]), story(quick, codes[0], Role.TEAM_MEMBER)
    assert all(week.expected is not None for week in own.weeks)
    assert member.weeks == ()
    assert member.fours[-1].expected is not None
    assert member.fours[0].expected is None  # of this one only two weeks are among the 26
    policy = story(quick, codes[0], Role.POLICY_OFFICER)
    assert (policy.dispersion, policy.short_history) == (1.0, False)


def test_what_all_see_follows_from_classes_alone(quick) -> None:
    """Four of a hidden class beside the loud block change nothing in the FIXED view."""
    blocks = build(quick, blocks=30)
    report(quick, blocks[10], times=12, weeks_ago=4)
    views = []
    for _ in range(2):
        actions.refresh(quick)
        view = frozen.read(quick.settings.snapshots_dir).view(Stretches.FIXED)
        views.append([getattr(view, name).tobytes() for name in ("pooled", "chance", "found")])
        report(quick, blocks[11], times=4, weeks_ago=4, who="hidden")
    assert views[0] == views[1]


def test_a_pattern_is_told_only_of_what_stood_out_reliably(quick) -> None:
    loud(quick)
    _, figures = busiest(quick)
    assert {row.pattern for row in figures.rows if not row.level.stands_out} == {Pattern.NONE}


def test_the_list_of_the_week_gets_true_figures_in_order_of_code(quick) -> None:
    codes = loud(quick)
    rows = actions.week_figures(quick, kind=Kind.NUISANCE)
    assert [row.block.code for row in rows] == codes
    busy = max(rows, key=lambda row: row.reporters)
    assert (busy.reporters, busy.found, len(busy.weekly)) == (12, True, 26)
    assert busy.expected == approx(50 * 15 / 2000)
    assert actions.week_figures(quick, kind=Kind.NUISANCE, codes=[codes[3], "nowhere"]) == (
        rows[3],
    )


def test_groups_name_their_blocks_weeks_and_chance(quick) -> None:
    loud(quick)
    found = actions.clusters(quick)
    row, _ = busiest(quick)
    group = next(each for each in found if row.block.code in each.codes)
    assert group.kind is Kind.NUISANCE
    assert group.districts == ("WK019301",)
    assert group.observed >= 12 > group.expected
    assert group.chance <= 0.05
    assert group.recurrence_weeks >= 20
    assert group.since_week <= group.last_week


@mark.parametrize("role", [Role.TEAM_MEMBER, Role.POLICY_OFFICER, ""])
def test_evenness_is_for_who_sees_numbers(quick, role) -> None:
    loud(quick)
    with raises(NotAllowed):
        actions.evenness(quick, visitor=looking(role))


def test_evenness_of_a_town_where_one_block_has_nearly_all(quick) -> None:
    loud(quick)
    nuisance, concern, _ = actions.evenness(quick, visitor=looking(Role.COORDINATOR))
    assert nuisance.kind is Kind.NUISANCE
    latest = nuisance.periods[0]
    assert latest.window.number == 0
    assert latest.gini.low <= latest.gini.value <= latest.gini.high
    assert latest.gini.value > 0.9
    assert concern.periods == ()


# -- one block by itself ------------------------------------------------------------------------


def with_a_past(services, *, now: int) -> str:
    """Twenty blocks; the first had one or two reporters in every other week, and now so many."""
    block, other, *_ = build(services)
    for weeks_ago in range(6, 60, 2):
        report(services, block, times=1 + weeks_ago % 4 // 2, weeks_ago=weeks_ago, who="past")
    report(services, block, times=now, who="now")
    report(services, other, times=12, who="new here")
    actions.refresh(services)
    return "BU01930100-8021AA"


def test_a_sudden_week_is_unusual_for_the_block_by_every_method(quick) -> None:
    assert story(quick, with_a_past(quick, now=12)).by_itself == tuple(SingleMethod)


def test_a_usual_week_is_unusual_by_no_method(quick) -> None:
    code = with_a_past(quick, now=1)
    figures = frozen.read(quick.settings.snapshots_dir)
    place = next(at for at, block in enumerate(figures.blocks) if block.code == code)
    assert not figures.weeks.alarm[figures.place_of(Kind.NUISANCE), place].any()


@mark.parametrize("now", [1, 4])
def test_of_fewer_than_five_reporters_no_method_says_anything(quick, now) -> None:
    code = with_a_past(quick, now=now)
    for role in (Role.COORDINATOR, Role.TEAM_MEMBER):
        assert story(quick, code, role).by_itself is None


def test_only_who_sees_the_running_weeks_hears_of_a_block_by_itself(quick) -> None:
    code = with_a_past(quick, now=12)
    with quick.database.reading() as session:
        block = session.exec(select(BlockRow.id).where(BlockRow.code == code)).one()
    for weeks_ago in range(4, 8):  # one of these is in the last complete period
        report(quick, block, times=6, weeks_ago=weeks_ago, who=f"period {weeks_ago}")
    actions.refresh(quick)
    figures = frozen.read(quick.settings.snapshots_dir)
    place = next(at for at, each in enumerate(figures.blocks) if each.code == code)
    assert figures.weeks.alarm[figures.place_of(Kind.NUISANCE), place].any()
    assert story(quick, code, Role.TEAM_MEMBER).by_itself
    for role in (Role.POLICE_OFFICER, Role.POLICY_OFFICER):
        seen = story(quick, code, role)
        assert seen.figure.reporters.low >= 5
        assert seen.by_itself is None
