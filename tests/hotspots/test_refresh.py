"""The worker's round: what is made anew, what is taken over, and that it makes no difference."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
from pytest import fixture, mark

from signaal.clock import monday_of, week_of
from signaal.hotspots import actions
from signaal.hotspots import snapshot as frozen
from signaal.hotspots.model import FiguresPolicy, Gap, Stretches, WarnedWeeks
from signaal.hotspots.snapshot.working import make
from signaal.intake.model import Kind
from signaal.policies import Policies
from signaal.services import Services
from tests.hotspots.towns import RULES, build, report


@fixture
def quick(services) -> Services:
    """The same house, with few simulations."""
    return replace(services, policies=Policies({FiguresPolicy: RULES}))


def file_of(services) -> bytes:
    (file,) = services.settings.snapshots_dir.glob("figures-*.npz")
    return file.read_bytes()


def busy(services) -> list[int]:
    blocks = build(services, blocks=12)
    for place, block in enumerate(blocks):
        for weeks_ago in range(0, 60, 3):
            report(services, block, times=1 + (place + weeks_ago) % 3, weeks_ago=weeks_ago)
    report(services, blocks[4], times=9, who="all at once")
    report(services, blocks[5], times=8, weeks_ago=1, who="all at once")
    return blocks


SEEN: dict[str, bytes] = {}


def test_the_same_reports_give_the_same_bytes_on_both_databases(quick) -> None:
    busy(quick)
    actions.refresh(quick)
    whole = file_of(quick)
    first = SEEN.setdefault("bytes", whole)
    assert whole == first


def test_news_in_the_running_week_alone_gives_what_all_anew_would_give(quick) -> None:
    blocks = busy(quick)
    actions.refresh(quick)
    before = frozen.read(quick.settings.snapshots_dir)
    report(quick, blocks[7], times=7, who="news")
    actions.refresh(quick)
    after = frozen.read(quick.settings.snapshots_dir)
    assert after.info.past == before.info.past
    assert after.info.fingerprint != before.info.fingerprint
    assert (after.rolling.pooled[0, 0] != before.rolling.pooled[0, 0]).any()
    partly = frozen.encode(after)
    for file in quick.settings.snapshots_dir.glob("*"):
        file.unlink()
    actions.refresh(quick)
    assert file_of(quick) == partly


def test_a_block_that_swallows_from_today_gives_what_all_anew_would_give(quick) -> None:
    blocks = busy(quick)
    report(quick, blocks[0], times=45, weeks_ago=1, who="lost")
    actions.refresh(quick)
    before = frozen.read(quick.settings.snapshots_dir)
    report(quick, blocks[0], times=20, who="late")
    actions.refresh(quick)
    after = frozen.read(quick.settings.snapshots_dir)
    assert after.info.past == before.info.past
    assert np.isfinite(before.weeks.expected[0, 0]).all()
    assert np.isnan(after.weeks.expected[0, 0]).all()
    partly = frozen.encode(after)
    for file in quick.settings.snapshots_dir.glob("*"):
        file.unlink()
    actions.refresh(quick)
    assert file_of(quick) == partly


def test_weeks_in_which_there_was_a_warning_say_less_about_what_is_usual(quick, clock) -> None:
    blocks = busy(quick)
    now = week_of(clock.now())
    report(quick, blocks[3], times=40, weeks_ago=20, who="at the party")
    actions.refresh(quick)
    plain = frozen.read(quick.settings.snapshots_dir)
    place = int(plain.weekly(Kind.NUISANCE)[:, -21].argmax())
    party = WarnedWeeks(Kind.NUISANCE, (plain.blocks[place].code, "gone"), now - 21, now - 18)
    running = WarnedWeeks(Kind.NUISANCE, (plain.blocks[0].code,), now - 1, now)

    actions.refresh(quick, warned=[running, party])
    wiser = frozen.read(quick.settings.snapshots_dir)

    assert wiser.weeks.expected[0, place, -1] < plain.weeks.expected[0, place, -1]
    assert wiser.info.fingerprint != plain.info.fingerprint
    again = actions.refresh(quick, warned=[party])
    assert again.fingerprint == wiser.info.fingerprint, "a warning of now says nothing yet"


def test_weeks_in_which_the_line_was_down_are_no_silence_that_makes_the_next_week_loud(
    quick, clock
) -> None:
    (block, *others) = build(quick, blocks=3)
    for weeks_ago in range(30):
        if weeks_ago not in range(3, 10):
            for each in (block, *others):
                report(quick, each, times=4, weeks_ago=weeks_ago, who=f"{weeks_ago}")
    gaps = tuple(
        Gap(monday_of(week_of(clock.now()) - ago), monday_of(week_of(clock.now()) - ago), "storing")
        for ago in range(3, 10)
    )

    actions.refresh(quick)
    assert frozen.read(quick.settings.snapshots_dir).weeks.alarm[0, :, 1].any(), "without knowing"

    known = replace(quick, policies=Policies({FiguresPolicy: replace(RULES, gaps=gaps)}))
    actions.refresh(known)
    assert not frozen.read(quick.settings.snapshots_dir).weeks.alarm.any()


def test_news_of_before_has_another_past(quick) -> None:
    blocks = busy(quick)
    actions.refresh(quick)
    before = frozen.read(quick.settings.snapshots_dir).info
    report(quick, blocks[7], weeks_ago=1, who="late news")
    actions.refresh(quick)
    assert frozen.read(quick.settings.snapshots_dir).info.past != before.past


def test_without_news_nothing_is_worked_out_and_no_file_is_made(quick, clock, monkeypatch) -> None:
    busy(quick)
    actions.refresh(quick)
    monkeypatch.setitem(sys.modules, "signaal.hotspots.snapshot.working", None)
    clock.turn(hours=1)
    info = actions.refresh(quick)
    assert info.made_at == clock.now()
    assert len(list(quick.settings.snapshots_dir.glob("figures-*"))) == 1


def test_other_rules_make_other_figures(quick) -> None:
    busy(quick)
    first = actions.refresh(quick)
    other = replace(RULES, longest_weeks=4)
    second = actions.refresh(replace(quick, policies=Policies({FiguresPolicy: other})))
    assert first.fingerprint != second.fingerprint


def test_it_tells_how_far_it_is(quick) -> None:
    build(quick, blocks=4)
    told: list[tuple[str, float]] = []
    actions.refresh(quick, on_progress=lambda step, share: told.append((step, share)))
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)
    assert all(" / " in step for step, _ in told)


def test_a_block_where_lost_addresses_go_is_looked_at_by_nobody(quick) -> None:
    blocks = build(quick, blocks=6)
    report(quick, blocks[0], times=50)
    report(quick, blocks[1], times=2)
    actions.refresh(quick)
    code = frozen.read(quick.settings.snapshots_dir).blocks[0].code
    rules = replace(RULES, default_points=(code,))
    actions.refresh(replace(quick, policies=Policies({FiguresPolicy: rules})))
    seen = frozen.read(quick.settings.snapshots_dir)
    place = seen.index[code]
    assert not seen.known[place]
    assert seen.weekly(Kind.NUISANCE).sum() == 2
    assert seen.rolling.tested[0, 0] == 5
    assert not np.isfinite(seen.rolling.chance[0, 0, place])


def test_nothing_is_expected_of_weeks_in_which_the_line_was_down(quick, clock) -> None:
    busy(quick)
    day = (clock.now()).date()
    rules = replace(RULES, gaps=(Gap(day, day, "storing"),))
    actions.refresh(replace(quick, policies=Policies({FiguresPolicy: rules})))
    seen = frozen.read(quick.settings.snapshots_dir)
    assert (seen.weeks.hundredths[0, :, -1] == frozen.NO_BAND).all()
    assert (seen.weeks.hundredths[0, :, -2] != frozen.NO_BAND).all()


@mark.parametrize("blocks", [1, 2])
def test_a_town_of_one_or_two_blocks_has_figures(quick, blocks) -> None:
    (first, *_) = build(quick, blocks=blocks)
    report(quick, first, times=12)
    assert actions.refresh(quick).blocks == blocks
    seen = frozen.read(quick.settings.snapshots_dir)
    assert seen.view(Stretches.ROLLING).tested[0, 0] == blocks


ELSEWHERE = """
import sys
from tests.hotspots.test_refresh import alone
sys.stdout.write(alone())
"""


def alone() -> str:
    """The hash of one town's file."""
    from hashlib import sha256

    from tests.hotspots.test_snapshot import NOW, WEEK, given

    rows = [(place % 3, WEEK - ago, 0, f"{ago}", 1.0) for place in range(5) for ago in range(40)]
    made = make(given(rows), last_week=WEEK, made_at=NOW, rules=RULES)
    return sha256(frozen.encode(made)).hexdigest()


def test_another_process_makes_the_same_bytes() -> None:
    answer = subprocess.run(
        [sys.executable, "-c", ELSEWHERE],
        capture_output=True,
        check=True,
        text=True,
        env={"PYTHONPATH": ":".join(sys.path), "PYTHONHASHSEED": "7"},
    )
    assert answer.stdout == alone()
