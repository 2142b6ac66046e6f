from dataclasses import dataclass
from typing import ClassVar

from pytest import raises

from signaal.errors import BrokenPolicies
from signaal.policies import read_policies
from signaal.rules import Condition, between, holds


@dataclass(frozen=True)
class Step:
    ring_seconds: int


@dataclass(frozen=True)
class Ringing:
    FILE: ClassVar[str] = "ringing.toml"

    steps: tuple[Step, ...]
    loop_minutes: int

    CONDITIONS: ClassVar[tuple[Condition, ...]] = (
        holds("steps", lambda each: each.steps, "noem minstens één stap / name at least one step"),
        between("loop_minutes", 1, 60, of="minuten / minutes"),
    )


@dataclass(frozen=True)
class Other:
    FILE: ClassVar[str] = "other.toml"

    owner: str


def write(folder, name, text) -> None:
    (folder / name).write_text(text, encoding="utf-8")


def test_a_policy_is_read_into_its_type(tmp_path) -> None:
    write(tmp_path, "ringing.toml", "loop_minutes = 5\n[[steps]]\nring_seconds = 20\n")
    policies = read_policies(tmp_path, [Ringing])
    assert policies[Ringing] == Ringing(steps=(Step(20),), loop_minutes=5)


def test_all_faults_of_all_files_come_at_once_with_file_and_key(tmp_path) -> None:
    write(tmp_path, "ringing.toml", 'loop_minutes = "5"\nlop = 1\n[[steps]]\nring_seconds = true\n')
    with raises(BrokenPolicies) as caught:
        read_policies(tmp_path, [Ringing, Other])
    places = {(fault.file, fault.key) for fault in caught.value.faults}
    assert places == {
        ("ringing.toml", "loop_minutes"),
        ("ringing.toml", "lop"),
        ("ringing.toml", "steps.0.ring_seconds"),
        ("other.toml", "-"),
    }


def test_a_rule_between_fields_speaks_in_its_own_words(tmp_path) -> None:
    write(tmp_path, "ringing.toml", "loop_minutes = 5\nsteps = []\n")
    with raises(BrokenPolicies, match="noem minstens één stap"):
        read_policies(tmp_path, [Ringing])


def test_a_file_that_is_no_toml_is_named(tmp_path) -> None:
    write(tmp_path, "ringing.toml", "loop_minutes = = 5")
    with raises(BrokenPolicies, match=r"ringing\.toml"):
        read_policies(tmp_path, [Ringing])
