import fcntl
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import numpy as np
from pytest import mark, raises

from signaal.errors import NoSnapshot
from signaal.hotspots import snapshot as frozen
from signaal.hotspots.model import BlockName
from signaal.hotspots.snapshot import Input, files
from signaal.hotspots.snapshot.working import make
from tests.hotspots.towns import RULES

NOW = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
WEEK = 2967


def given(rows=((0, WEEK, 0, "a", 1.0), (1, WEEK - 5, 1, "b", 0.5)), *, dwellings=40) -> Input:
    block, week, kind, token, weight = zip(*rows, strict=True) if rows else ((),) * 5
    return Input(
        kinds=("nuisance", "concern"),
        blocks=tuple(
            BlockName(f"B{place}", dwellings, "Buurt", "BU1", "Wijk", "WK1") for place in range(3)
        ),
        block=np.array(block, dtype=np.int64),
        week=np.array(week, dtype=np.int64),
        kind=np.array(kind, dtype=np.int64),
        token=token,
        weight=np.array(weight, dtype=float),
    )


def made(rows=None, *, last_week=WEEK, made_at=NOW, **more):
    whole = given(**more) if rows is None else given(rows, **more)
    return make(whole, last_week=last_week, made_at=made_at, rules=RULES)


def test_the_same_input_gives_the_same_bytes_whenever_it_is_made() -> None:
    later = made(made_at=NOW + timedelta(hours=1))
    assert frozen.encode(made()) == frozen.encode(later)


def test_the_order_of_reports_changes_no_byte() -> None:
    rows = [(0, WEEK, 0, f"r{i}", 1.0) for i in range(9)]
    assert frozen.encode(made(rows)) == frozen.encode(made(rows[::-1]))


@mark.parametrize(
    "other",
    [
        {"rows": [(0, WEEK, 0, "a", 1.0), (1, WEEK - 5, 1, "c", 0.5)]},
        {"rows": [(0, WEEK, 0, "a", 1.0), (1, WEEK - 5, 1, "b", 1.0)]},
        {"rows": [(0, WEEK, 0, "a", 1.0), (2, WEEK - 5, 1, "b", 0.5)]},
        {"rows": []},
        {"dwellings": 41},
        {"last_week": WEEK + 1},
    ],
)
def test_any_other_input_has_another_fingerprint(other) -> None:
    assert made(**other).info.fingerprint != made().info.fingerprint


def test_what_is_read_is_what_was_frozen(tmp_path) -> None:
    rows = [(0, WEEK, 0, f"r{i}", 1.0) for i in range(6)] + [(0, WEEK - 4, 0, "r1", 0.5)]
    info = frozen.freeze(tmp_path, made(rows))
    again = frozen.read(tmp_path)
    assert again.info == info
    assert again.windows("nuisance")[0, :3].tolist() == [6, 0, 0]
    assert again.weekly("nuisance").shape == (3, 104)
    assert again.weekly("nuisance")[0, -1] == 6
    assert again.periods("nuisance").shape == (3, 26)
    assert again.index["B2"] == 2


def test_it_is_read_from_the_file_once(tmp_path) -> None:
    frozen.freeze(tmp_path, made())
    assert frozen.read(tmp_path) is frozen.read(tmp_path)


def test_the_same_figures_made_again_are_only_said_to_be_newer(tmp_path) -> None:
    frozen.freeze(tmp_path, made())
    frozen.freeze(tmp_path, made(made_at=NOW + timedelta(minutes=1)))
    assert len(list(tmp_path.glob("figures-*"))) == 1
    assert frozen.read(tmp_path).info.made_at == NOW + timedelta(minutes=1)


def test_old_figures_go_but_never_the_latest(tmp_path) -> None:
    for number in range(12):
        rows = [(0, WEEK, 0, f"r{i}", 1.0) for i in range(number)]
        frozen.freeze(tmp_path, made(rows))
    assert len(list(tmp_path.glob("figures-*"))) == frozen.KEPT_FILES
    assert frozen.read(tmp_path).info.reports == 11
    assert not list(tmp_path.glob(".writing-*"))


def test_old_figures_that_somebody_else_removed_meanwhile_trouble_nobody(tmp_path) -> None:
    figures = [made([(0, WEEK, 0, f"r{i}", 1.0) for i in range(number)]) for number in range(24)]
    with ThreadPoolExecutor(2) as makers:
        list(makers.map(lambda one: frozen.freeze(tmp_path, one), figures * 4))
    assert frozen.read(tmp_path).info.reports in range(24)


def test_one_makes_figures_at_a_time_and_clears_what_was_left_half_written(tmp_path) -> None:
    folder = tmp_path / "new"
    with frozen.taking_turns(folder), (folder / ".making").open("w") as second:
        with raises(BlockingIOError):
            fcntl.flock(second, fcntl.LOCK_EX | fcntl.LOCK_NB)
        (folder / ".writing-x").write_text("the power went")
    with frozen.taking_turns(folder):
        assert not list(folder.glob(".writing-*"))


def test_before_the_first_time_there_are_no_figures(tmp_path) -> None:
    with raises(NoSnapshot):
        frozen.read(tmp_path)


def test_figures_of_another_version_are_refused(monkeypatch) -> None:
    bytes_ = frozen.encode(made())
    monkeypatch.setattr(files, "FORMAT", 99)
    with raises(NoSnapshot, match="format 3"):
        frozen.decode(bytes_, made_at=NOW)


def test_a_town_without_blocks_or_reports_can_be_frozen(tmp_path) -> None:
    none = np.zeros(0, dtype=np.int64)
    nothing = Input(("nuisance", "concern"), (), none, none, none, (), np.zeros(0))
    frozen.freeze(tmp_path, make(nothing, last_week=WEEK, made_at=NOW, rules=RULES))
    again = frozen.read(tmp_path)
    assert again.windows("nuisance").shape == (0, 26)
    assert again.periods("nuisance").shape == (0, 26)


def test_fixed_periods_stand_still_while_the_weeks_go_on() -> None:
    # 2967 is the last week of period 741 (week // 4), which still runs.
    rows = [(0, 2963, 0, "a", 1.0), (0, 2963, 0, "b", 1.0), (0, 2964, 0, "c", 1.0)]
    now, next_week = made(rows), made(rows, last_week=WEEK + 1)
    assert (now.running_period, next_week.running_period) == (741, 742)
    assert now.periods("nuisance")[0, :3].tolist() == [2, 0, 0]
    assert next_week.periods("nuisance")[0, :3].tolist() == [1, 2, 0]
    assert now.windows("nuisance")[0, :2].tolist() == [1, 2]
    assert next_week.windows("nuisance")[0, :2].tolist() == [0, 3]


def test_the_running_period_is_not_among_the_complete_ones() -> None:
    for last_week in range(2964, 2968):
        rows = [(0, last_week, 0, "a", 1.0)]
        assert made(rows, last_week=last_week).periods("nuisance").sum() == 0


def test_the_oldest_of_26_fixed_periods_is_counted() -> None:
    oldest = (741 - 26) * 4
    snapshot = made([(0, oldest, 0, "a", 1.0), (0, oldest - 1, 0, "b", 1.0)])
    assert snapshot.periods("nuisance")[0].tolist() == [0] * 25 + [1]
    assert frozen.fixed_span(WEEK).first_week == oldest


def test_a_file_of_before_the_fixed_periods_is_made_anew(tmp_path) -> None:
    (tmp_path / "latest.json").write_text('{"file": "old.npz", "made_at": "2026-11-16T09:00:00Z"}')
    about = np.frombuffer(b'{"format": 1}', dtype=np.uint8)
    np.savez(tmp_path / "old.npz", about=about)
    with raises(NoSnapshot, match="format 1"):
        frozen.read(tmp_path)
    frozen.freeze(tmp_path, made())
    assert frozen.read(tmp_path).info.reports == 2
