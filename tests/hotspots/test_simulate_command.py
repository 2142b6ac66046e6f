"""`signaal simulate`: what a researcher types, and what lies in the files."""

import csv

from click.testing import CliRunner
from pytest import mark, raises

from signaal.cli import commands
from signaal.errors import ImpossibleSimulation, UnusableFile


def simulate(out, *words):
    command = ["simulate", "--blocks", "30", "--weeks", "12", "--out", str(out), *words]
    return CliRunner().invoke(commands, command, catch_exceptions=False, standalone_mode=False)


def table(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


def test_reports_and_truths_stand_beside_each_other(tmp_path) -> None:
    out = tmp_path / "stream.csv"
    done = simulate(out, "--rate", "1", "--outbreak", "doubling:8:4:2", "--angry", "1")
    reports, truths = table(out), table(tmp_path / "stream.csv.truths.csv")

    assert f"{len(reports)} invented reports" in done.output
    assert {int(row["block"]) for row in reports} <= set(range(30))
    assert {int(row["week"]) for row in reports} == set(range(2860, 2872))
    assert {int(row["day"]) for row in reports} <= set(range(7))
    assert [row["shape"] for row in truths] == ["doubling"] * 4 + ["angry_reporter"]
    assert {(row["first_week"], row["last_week"], row["times"]) for row in truths[:4]} == {
        ("2868", "2871", "2")
    }


def test_the_same_seed_writes_the_same_bytes(tmp_path) -> None:
    for name, seed in (("a.csv", "5"), ("b.csv", "5"), ("c.csv", "6")):
        simulate(tmp_path / name, "--seed", seed, "--swallowed", "0.1")
    first, again, other = ((tmp_path / name).read_bytes() for name in ("a.csv", "b.csv", "c.csv"))

    assert first == again
    assert first != other


def test_a_silent_town_has_a_file_with_nothing_but_its_head(tmp_path) -> None:
    simulate(tmp_path / "quiet.csv", "--rate", "0")

    assert (tmp_path / "quiet.csv").read_text() == "block;week;day;reporter\n"


@mark.parametrize("text", ["doubling", "storm:3", "doubling:x", "doubling:3:4:2:9"])
def test_an_outbreak_that_can_not_be_read_is_refused_with_an_example(tmp_path, text) -> None:
    with raises(UnusableFile, match="doubling:104:4:2"):
        simulate(tmp_path / "x.csv", "--outbreak", text)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_not_there_is_refused_before_anything_is_made(tmp_path) -> None:
    with raises(UnusableFile, match="give a file"):
        simulate(tmp_path / "nowhere" / "x.csv")


def test_a_town_that_can_not_be_is_refused(tmp_path) -> None:
    with raises(ImpossibleSimulation):
        simulate(tmp_path / "x.csv", "--dispersion", "0.2")


@mark.parametrize(
    ("words", "said"),
    [
        (("--angry", "-1"), "kies 0 tot 30"),
        (("--angry", "31"), "one in each block at most"),
        (("--outbreak", "doubling:10:9999"), "kies 1 tot 30 blokken"),
        (("--outbreak", "doubling:10:0"), "kies 1 tot 30 blokken"),
        (("--outbreak", "doubling:10:4:inf"), "1 to 1000 times"),
        (("--outbreak", "doubling:12"), "week 0 tot 11"),
        (("--weeks", "0"), "weken"),
        (("--weeks", "1000000000"), "weken"),
        (("--blocks", "1000000000"), "blokken"),
        (("--dwellings", "-1"), "woningen"),
        (("--blocks", "100000", "--weeks", "5200"), "minder weken"),
        (("--rate", "nan"), "rate"),
        (("--rate", "inf"), "rate"),
        (("--season", "2"), "season"),
        (("--levels", "inf"), "levels"),
        (("--dispersion", "inf"), "dispersion"),
        (("--swallowed", "1"), "swallowed"),
        (("--gap", "12"), "0 tot 11"),
        (("--seed", "-1"), "--seed -1"),
    ],
    ids=lambda words: " ".join(words) if isinstance(words, tuple) else "",
)
def test_what_no_town_can_have_is_refused_in_both_languages(tmp_path, words, said) -> None:
    with raises(ImpossibleSimulation, match=said) as refused:
        simulate(tmp_path / "x.csv", *words)
    assert " / " in str(refused.value)
    assert not list(tmp_path.iterdir())


def test_all_that_no_town_can_have_is_said_at_once(tmp_path) -> None:
    with raises(ImpossibleSimulation, match=r"rate.*angry.* / .*Rate.*Angry"):
        simulate(tmp_path / "x.csv", "--rate", "-1", "--angry", "-1")


def test_a_whole_neighbourhood_has_its_own_size(tmp_path) -> None:
    simulate(tmp_path / "x.csv", "--outbreak", "neighbourhood:3:9999")
    assert len(table(tmp_path / "x.csv.truths.csv")) > 1
