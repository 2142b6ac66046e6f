"""Whatever stands in a policy file: every fault is said, with its key, and nothing falls over."""

import math
import tomllib
from dataclasses import fields
from datetime import date

from hypothesis import given
from hypothesis import strategies as st
from pytest import fixture, mark, raises

from signaal.alerting.model import AlertPolicy, EarlyWarningPolicy
from signaal.errors import BrokenPolicies
from signaal.hotspots.model import FiguresPolicy
from signaal.hotspots.numbers import bayes_scan
from signaal.intake.model import Categories
from signaal.policies import read_policies, read_policy
from signaal.resources import ALERTS
from signaal.rules import overdue
from signaal.settings import Settings
from signaal.wiring import POLICY_TYPES, read_all_policies

NUMBERS = [
    (kind, field.name)
    for kind in POLICY_TYPES
    for field in fields(kind)
    if field.type in {"int", "float", int, float}
]


@fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("alerts")


def toml_of(value) -> str:
    """A value as TOML, with nothing but what every TOML has."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return "nan" if math.isnan(value) else repr(value)
    if isinstance(value, str):
        special = {'"', "\\"}
        return (
            '"'
            + "".join(
                f"\\U{ord(sign):08x}"
                if ord(sign) < ord(" ") or sign in special or sign == "\x7f"
                else sign
                for sign in value
            )
            + '"'
        )
    if isinstance(value, list):
        return "[" + ", ".join(map(toml_of, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{toml_of(k)} = {toml_of(v)}" for k, v in value.items()) + "}"
    return str(value)


def told(folder, kind, **changed) -> dict[str, str]:
    """What is said of a file with some keys changed; a key that is None is left out."""
    table = tomllib.loads((ALERTS / kind.FILE).read_text(encoding="utf-8")) | changed
    lines = [f"{key} = {toml_of(value)}" for key, value in table.items() if value is not None]
    (folder / kind.FILE).write_text("\n".join(lines), encoding="utf-8")
    try:
        read_policies(folder, [kind])
    except BrokenPolicies as broken:
        return {fault.key: fault.mend for fault in broken.faults}
    return {}


VALUES = st.recursive(
    st.one_of(
        st.booleans(),
        st.integers(-(10**30), 10**30),
        st.floats(),
        st.text(max_size=20).filter(lambda text: text.encode("utf-8", "ignore").decode() == text),
        st.dates(),
        st.datetimes(),
        st.times(),
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.just("name"), inner),
    max_leaves=6,
)
KEYS = [(kind, field.name) for kind in POLICY_TYPES for field in fields(kind)]


@given(st.sampled_from(KEYS), VALUES)
def test_any_value_of_any_key_is_taken_or_named_by_its_key(folder, where, value) -> None:
    kind, key = where
    faults = told(folder, kind, **{key: value})
    # What depends on the key may break too: its own name stands in the fault, or its neighbour's.
    beside = {name for each in kind.CONDITIONS if key in each.keys for name in each.keys}
    for said, mend in faults.items():
        assert set(said.replace(",", "").split(".")[0].split()) <= beside | {key}
        assert " / " in mend
        assert "\n" not in mend
        assert "Input should" not in mend


@given(VALUES)
def test_any_value_of_a_key_that_is_not_there_names_the_key(folder, value) -> None:
    assert told(folder, FiguresPolicy, zomaar=value).keys() == {"zomaar"}


@mark.parametrize(("kind", "key"), NUMBERS, ids=lambda part: getattr(part, "FILE", part))
@mark.parametrize("value", [-1, 10**9, math.inf, -math.inf, math.nan])
def test_no_number_goes_beyond_what_is_possible(folder, kind, key, value) -> None:
    whole = int(value) if math.isfinite(value) else value
    assert key in " ".join(told(folder, kind, **{key: whole}))


def test_what_is_impossible_is_said_beside_what_can_not_be_read(folder) -> None:
    faults = told(
        folder,
        EarlyWarningPolicy,
        owner="",
        list_length=900,
        digest_hour=24,
        least_reporters="drie",
        kinds=["herrie"],
        review_by=None,
        lijst=1,
    )
    assert faults.keys() == {
        "owner",
        "list_length",
        "digest_hour",
        "least_reporters",
        "kinds.0",
        "review_by",
        "lijst",
    }
    assert "heel getal" in faults["least_reporters"]
    assert "kies uit nuisance, concern, arrears" in faults["kinds.0"]


def test_every_rule_is_told_beside_the_others(folder) -> None:
    rule = {
        "name": "a",
        "urgencies": [],
        "kinds": [],
        "categories": [],
        "action": "list",
        "because_nl": "",
        "because_en": "x",
    }
    faults = told(folder, AlertPolicy, owner="", rules=[rule, rule | {"kinds": ["concern"]}])
    assert faults.keys() == {
        "owner",
        "rules.0",
        "rules.0.because_nl",
        "rules.1.because_nl",
        "rules.1.name",
        "rules",
    }


def test_categories_are_compared_while_the_files_are_wrong_in_other_ways(tmp_path) -> None:
    for file in ALERTS.glob("*.toml"):
        words = file.read_text(encoding="utf-8")
        if file.name == "warnings.toml":
            words = words.replace('owner = "Coördinator wijkteams"', "owner = 3")
            words = words.replace("categories = []", 'categories = ["brnad"]', 1)
        if file.name == Categories.FILE:
            words = f"zomaar = 1\n{words}"
        (tmp_path / file.name).write_text(words, encoding="utf-8")
    with raises(BrokenPolicies) as broken:
        read_all_policies(Settings(policies_dir=tmp_path, data_dir=tmp_path))
    keys = {(fault.file, fault.key) for fault in broken.value.faults}
    assert {("warnings.toml", "owner"), ("warnings.toml", "rules.0.categories")} <= keys


def test_every_list_of_words_is_checked(folder) -> None:
    faults = told(folder, Categories, unclear="niets", urgent=["Spoed"], softeners=["erg", "erg"])
    assert faults.keys() == {"unclear", "urgent", "softeners"}


def test_a_warning_needs_as_many_reporters_as_the_scan_knows(folder) -> None:
    assert "least_reporters" in told(
        folder, EarlyWarningPolicy, least_reporters=bayes_scan.LEAST - 1
    )
    assert not told(folder, EarlyWarningPolicy, least_reporters=bayes_scan.LEAST)


@mark.parametrize(
    ("words", "said"),
    [
        ("a = " + "[" * 5000, "te veel lijsten"),
        ("a = " + "9" * 5000, "geen geldige TOML"),
        ("a = 1\na = 2", "geen geldige TOML"),
        ("", "ontbreekt"),
    ],
    ids=["nested", "number", "twice", "empty"],
)
def test_a_file_that_holds_no_table_is_refused_in_words(tmp_path, words, said) -> None:
    (tmp_path / "mine.toml").write_text(words, encoding="utf-8")
    with raises(BrokenPolicies, match=said):
        read_policy(tmp_path / "mine.toml", POLICY_TYPES)


def test_a_file_that_can_not_be_read_is_named(tmp_path) -> None:
    (tmp_path / "loop.toml").symlink_to("loop.toml")
    with raises(BrokenPolicies, match=r"loop\.toml: -: dit bestand is niet te lezen"):
        read_policy(tmp_path / "loop.toml", POLICY_TYPES)


def test_a_policy_is_overdue_from_the_day_after_its_review() -> None:
    policies = read_policies(ALERTS, [FiguresPolicy, EarlyWarningPolicy])
    day = policies[FiguresPolicy].review_by
    assert overdue(policies, day) == ()
    late = overdue(policies, date(day.year + 1, 1, 1))
    assert late == (("early_warning.toml", day), ("figures.toml", day))
