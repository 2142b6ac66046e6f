"""Odd towns and odd histories through a whole refresh: the map stays calm and can be read."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import shapely
from click.testing import CliRunner
from pytest import fixture, mark, raises
from sqlmodel import select

from signaal.alerting import actions as alerting
from signaal.alerting.model import EarlyWarningPolicy
from signaal.alerting.store import EarlyWarningRow
from signaal.cli import commands
from signaal.clock import monday_of, week_of
from signaal.errors import BrokenPolicies
from signaal.hotspots import actions
from signaal.hotspots import snapshot as frozen
from signaal.hotspots.model import FiguresPolicy, Gap, kinds_for
from signaal.intake import actions as intake
from signaal.intake.model import HistoricReport, Kind
from signaal.places.store import BlockRow
from signaal.policies import Policies
from signaal.resources import ALERTS
from signaal.services import Services
from tests.alerting.warnings import POLICY
from tests.hotspots.towns import RULES, build, looking, pages, report

ROLES = ("team_member", "policy_officer")
BOTH = mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)
ONE = mark.parametrize("database", ["sqlite"], indirect=True)
NO_NUMBER = re.compile(r"\bnan\b|\binf(inity)?\b|\bNone\b", re.IGNORECASE)


@fixture
def quick(services) -> Services:
    """The same house, with few simulations."""
    return with_rules(services, RULES)


def with_rules(services, rules: FiguresPolicy) -> Services:
    return replace(services, policies=Policies({FiguresPolicy: rules, EarlyWarningPolicy: POLICY}))


def refreshed(services) -> dict[str, int]:
    """Makes the figures, reads all there is on the map, and counts what follows from them.

    Returns:
        How many warnings were raised, and for each role how many blocks stand out.
    """
    actions.refresh(services)
    alerting.consider_figures(services)
    client = pages(services).test_client()
    out = {}
    for role in ROLES:
        seen = [
            row
            for kind in kinds_for(role)
            for number in (0, 1, 12)
            for row in figures_of(services, role, kind=kind, number=number).rows
        ]
        out[role] = sum(row.level.stands_out for row in seen)
        for kind in kinds_for(role):
            codes = {row.block.code for row in seen[:1]}
            paths = ["/kaart?", "/kaart/cijfers.json?", "/kaart/tabel.csv?"]
            for path in (*paths, *(f"/blok/{code}?" for code in codes)):
                headers = {"X-Role": role, "Accept-Encoding": "identity"}
                answer = client.get(f"{path}soort={kind.value}", headers=headers)
                assert answer.status_code == 200, path
                assert not NO_NUMBER.search(words_in(answer.text)), path
    with services.database.reading() as session:
        return out | {"warnings": len(session.exec(select(EarlyWarningRow)).all())}


CALM = {"team_member": 0, "policy_officer": 0, "warnings": 0}


def words_in(page: str) -> str:
    """What is read or drawn of a page: all but its scripts."""
    return re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)


def figures_of(services, role="team_member", *, kind=Kind.NUISANCE, number=0):
    return actions.map_figures(services, period=number, kind=kind, visitor=looking(role))


def counted(services) -> dict[str, int]:
    """The whole voices of each block over all weeks, but for blocks without any."""
    seen = frozen.read(services.settings.snapshots_dir)
    whole = seen.weekly(Kind.NUISANCE).sum(axis=1)
    return {seen.blocks[place].code: int(whole[place]) for place in np.flatnonzero(whole)}


def change(services, block_id: int, **to) -> str:
    """Changes a block's row; its code."""
    with services.database.session() as session, session.begin():
        row = session.get(BlockRow, block_id)
        for name, value in to.items():
            setattr(row, name, value)
        return row.code


def steady(services, blocks, *, weeks: int, without: range = range(0)) -> None:
    """In each week one voice from every other block, turn by turn."""
    now, heard = services.clock.now(), set(range(weeks)) - set(without)
    told = [
        HistoricReport(
            received_at=now - timedelta(weeks=weeks_ago),
            kind=Kind.NUISANCE,
            category="noise",
            block_id=block,
            reporter_token=f"{weeks_ago}-{block}",
        )
        for weeks_ago in sorted(heard)
        for block in blocks[weeks_ago % 2 :: 2]
    ]
    with services.database.session() as session, session.begin():
        intake.take_in_history(session, told)


# -- blocks -----------------------------------------------------------------------------------


@ONE
def test_a_block_without_dwellings_is_nowhere_and_what_is_said_of_it_counts_nowhere(quick) -> None:
    first, second, *_ = build(quick, blocks=6)
    report(quick, first, times=9)
    report(quick, second, times=2)
    empty = change(quick, first, dwellings=0)
    assert refreshed(quick) == CALM
    assert empty not in {row.block.code for row in figures_of(quick).rows}
    assert list(counted(quick).values()) == [2]
    client = pages(quick).test_client()
    assert client.get(f"/blok/{empty}", headers={"X-Role": "team_member"}).status_code == 404


@ONE
def test_a_town_without_any_dwelling_has_no_figures_yet(quick) -> None:
    for block in build(quick, blocks=3):
        change(quick, block, dwellings=0)
        report(quick, block, times=9)
    assert actions.refresh(quick).blocks == 0
    answer = pages(quick).test_client().get("/kaart", headers={"X-Role": "team_member"})
    assert answer.status_code == 503


@ONE
def test_islands_kilometres_apart_share_no_hotspot(quick) -> None:
    blocks = build(quick, blocks=8)
    for place, block in enumerate(blocks):
        x, y = 180_000 + 7_000 * place, 480_000 + 3_000 * place**2
        change(quick, block, wkb=shapely.box(x, y, x + 90, y + 90).wkb)
    report(quick, blocks[3], times=14)
    found = refreshed(quick)
    assert found["team_member"] == 1
    (loud,) = (row for row in figures_of(quick).rows if row.level.stands_out)
    assert (loud.reporters.low, loud.reporters.high) == (10, 19)
    assert all(len(group.codes) == 1 for group in actions.clusters(quick))


@ONE
@mark.parametrize("times", [0, 12, 70])
def test_a_block_alone_has_nothing_to_stand_out_from(quick, times) -> None:
    (only,) = build(quick, blocks=1)
    report(quick, only, times=times)
    assert refreshed(quick) | {"warnings": 0} == CALM
    assert len(figures_of(quick).rows) == 1


# -- reports ----------------------------------------------------------------------------------


@ONE
def test_a_town_of_which_nothing_is_heard_is_quiet_on_every_page(quick) -> None:
    build(quick, blocks=8)
    assert refreshed(quick) == CALM
    assert figures_of(quick).town_rate == 0


@ONE
def test_all_reports_in_one_block_colour_that_block_and_no_other(quick) -> None:
    blocks = build(quick, blocks=12)
    report(quick, blocks[5], times=30)
    found = refreshed(quick)
    assert found["team_member"] == 1
    assert found["policy_officer"] == 0, "the running four weeks are no whole period yet"
    out = [row.block.code for row in figures_of(quick).rows if row.level.stands_out]
    assert out == list(counted(quick))


@ONE
def test_all_reports_at_the_point_of_lost_addresses_raise_no_warning(quick) -> None:
    """More reporters in four weeks than the block has dwellings, and so for half a year."""
    blocks = build(quick, blocks=12)
    for weeks_ago in range(0, 26, 2):
        report(quick, blocks[2], times=60, weeks_ago=weeks_ago, who=f"{weeks_ago}")
    assert refreshed(quick)["warnings"] == 0
    assert list(counted(quick).values()) == [13 * 60]


@BOTH
def test_reports_of_the_future_neither_count_nor_upset(quick) -> None:
    blocks = build(quick, blocks=6)
    report(quick, blocks[0], times=2)
    for block in blocks[1:]:
        for ahead in (1, 2, 52, 5_000):
            report(quick, block, times=9, weeks_ago=-ahead, who=f"{ahead}")
    later = replace(quick, clock=At(quick.clock.now() + timedelta(hours=30)))
    report(later, blocks[1], times=9, who="tomorrow")
    assert refreshed(quick) == CALM
    assert list(counted(quick).values()) == [2]
    assert frozen.read(quick.settings.snapshots_dir).info.reports == 2


class At:
    """A clock that stands still."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment


# -- weeks ------------------------------------------------------------------------------------


@ONE
@mark.parametrize("weeks", [1, 25, 26, 27])
def test_a_short_steady_history_colours_nothing_and_warns_of_nothing(quick, weeks) -> None:
    """The time before the line began is no silence with which the first months are compared."""
    blocks = build(quick, blocks=10)
    steady(quick, blocks, weeks=weeks)
    assert refreshed(quick) == CALM
    seen = frozen.read(quick.settings.snapshots_dir)
    assert np.isfinite(seen.rolling.chance[0, 0]).all()
    assert (seen.weeks.short[0] == (weeks < 26)).all()
    if weeks > 1:
        assert 40 <= expected_now(quick) <= 60, "half a voice a week, in hundredths"
    assert sum(counted(quick).values()) == 5 * weeks


@ONE
@mark.parametrize("year", [2020, 2026])
def test_over_a_week_53_the_weeks_go_on_without_a_gap_or_a_double_one(quick, clock, year) -> None:
    clock.set(datetime(year + 1, 1, 19, 9, tzinfo=UTC))
    now = week_of(clock.now())
    names = [monday_of(week).isocalendar() for week in range(now - 51, now + 1)]
    assert (year, 53) in {(name.year, name.week) for name in names}
    blocks = build(quick, blocks=10)
    steady(quick, blocks, weeks=60)
    assert refreshed(quick) == CALM
    weekly = frozen.read(quick.settings.snapshots_dir).weekly(Kind.NUISANCE)
    assert (weekly.sum(axis=0)[-60:] == 5).all()
    windows = figures_of(quick).windows
    for later, earlier in pairwise(windows):
        assert later.first_day - earlier.first_day == timedelta(weeks=4)


@ONE
def test_weeks_in_which_the_line_was_down_are_not_taken_for_quiet_ones(services) -> None:
    """With the gap said, the silence of then makes nobody's usual week of now a rise."""
    blocks = build(services, blocks=10)
    down = range(6, 30)
    steady(services, blocks, weeks=60, without=down)
    days = [services.clock.now().date() - timedelta(weeks=ago) for ago in (down[-1], down[0])]
    named = with_rules(services, replace(RULES, gaps=(Gap(*days, "storing"),)))
    assert refreshed(named) == CALM
    usual = expected_now(named)
    actions.refresh(with_rules(services, RULES))
    assert expected_now(named) < 0.75 * usual, "without saying so, less is thought usual"
    assert 40 <= usual <= 60, "half a voice in each block and week, in hundredths"


def expected_now(services) -> float:
    return float(frozen.read(services.settings.snapshots_dir).weeks.hundredths[0, :, -1].mean())


# -- blocks that come and go ------------------------------------------------------------------


@BOTH
def test_reports_follow_their_block_through_every_change_or_count_nowhere(quick) -> None:
    """Merged twice over: counted in the last one. Gone, in a ring or emptied: nowhere."""
    blocks = build(quick, blocks=10)
    for place, block in enumerate(blocks[:7]):
        report(quick, block, times=place + 1, weeks_ago=9)
    change(quick, blocks[0], current=False, successor_id=blocks[1])
    change(quick, blocks[1], current=False, successor_id=blocks[8])
    change(quick, blocks[2], current=False)
    change(quick, blocks[3], current=False, successor_id=blocks[4])
    change(quick, blocks[4], current=False, successor_id=blocks[3])
    change(quick, blocks[5], current=False, successor_id=blocks[9])
    last = change(quick, blocks[8], dwellings=60)
    emptied = change(quick, blocks[9], dwellings=0)
    refreshed(quick)
    codes = {row.block.code for row in figures_of(quick).rows}
    assert len(codes) == 3
    assert emptied not in codes
    voices = counted(quick)
    assert voices.pop(last) == 1 + 2
    assert list(voices.values()) == [7]


@ONE
def test_a_block_that_was_split_off_is_no_rise_in_the_week_in_which_it_comes(quick) -> None:
    """Half of the reports of a year stay with the block that keeps the code."""
    blocks = build(quick, blocks=10)
    new = change(quick, blocks[9], current=False, successor_id=blocks[0])
    steady(quick, blocks[:9], weeks=60)
    assert refreshed(quick) == CALM
    change(quick, blocks[9], current=True, successor_id=None)
    change(quick, blocks[0], dwellings=25)
    change(quick, blocks[9], dwellings=25)
    report(quick, blocks[9], times=1)
    assert refreshed(quick) == CALM
    assert counted(quick)[new] == 1


# -- rules ------------------------------------------------------------------------------------


@ONE
def test_a_point_for_lost_addresses_that_no_block_is_changes_nothing(services) -> None:
    blocks = build(services, blocks=6)
    report(services, blocks[1], times=3)
    assert refreshed(with_rules(services, replace(RULES, default_points=("nergens",)))) == CALM
    assert list(counted(services).values()) == [3]


IMPOSSIBLE = {
    "figures.toml": {
        "false_discovery_rate = 0.05": "false_discovery_rate = 0.0",
        "radius_metres = 400.0": "radius_metres = nan",
        "simulations = 999": "simulations = 0",
    },
    "early_warning.toml": {
        "random_share = 0.2": "random_share = 1.5",
        "ended_after_weeks = 6": "ended_after_weeks = 1",
    },
    "warnings.toml": {'action = "page_duty"': 'action = "list"'},
}


def test_policies_that_ask_for_the_impossible_are_each_named_with_file_key_and_mend(
    tmp_path,
) -> None:
    for file in ALERTS.glob("*.toml"):
        words = file.read_text(encoding="utf-8")
        for before, after in IMPOSSIBLE.get(file.name, {}).items():
            assert before in words
            words = words.replace(before, after)
        (tmp_path / file.name).write_text(words, encoding="utf-8")
    environment = {"SIGNAAL_POLICIES_DIR": str(tmp_path), "SIGNAAL_DATA_DIR": str(tmp_path)}
    with raises(BrokenPolicies) as broken:
        CliRunner(env=environment).invoke(
            commands, ["policies", "check"], catch_exceptions=False, standalone_mode=False
        )
    told = {(fault.file, fault.key): fault.mend for fault in broken.value.faults}
    assert told.keys() >= {
        ("figures.toml", "false_discovery_rate"),
        ("figures.toml", "radius_metres"),
        ("figures.toml", "simulations"),
        ("early_warning.toml", "random_share"),
        ("early_warning.toml", "fading_after_weeks, ended_after_weeks"),
    }
    assert any(file == "warnings.toml" for file, _ in told)
    assert all(" / " in mend for mend in told.values())
