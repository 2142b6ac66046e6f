from dataclasses import asdict, replace
from datetime import date

from pytest import mark, raises

from signaal.alerting.model import TOLD_ROLES, EarlyWarningPolicy, held_by, raised_by
from signaal.errors import BrokenPolicies
from signaal.intake.model import Kind
from signaal.policies import read_policies
from signaal.resources import ALERTS
from tests.alerting.warnings import POLICY, group


def test_three_kinds_share_one_false_alarm_in_a_quarter() -> None:
    assert POLICY.false_alarms_per_quarter == 1
    assert POLICY.recurrence_weeks == 39
    assert replace(POLICY, kinds=(Kind.CONCERN,)).recurrence_weeks == 13


def test_a_group_raises_a_warning_when_chance_brings_it_seldom_enough() -> None:
    assert raised_by(POLICY, group("A", recurrence_weeks=39.0))
    assert not raised_by(POLICY, group("A", recurrence_weeks=38.9))
    assert held_by(POLICY, group("A", recurrence_weeks=19.5))
    assert not held_by(POLICY, group("A", recurrence_weeks=19.4))


def test_a_group_of_too_few_people_of_another_kind_or_of_less_than_expected_raises_none() -> None:
    assert not raised_by(POLICY, group("A", observed=2, expected=0.01))
    assert not raised_by(POLICY, group("A", observed=3, expected=3.0))
    assert not raised_by(replace(POLICY, kinds=(Kind.CONCERN,)), group("A"))


def test_only_roles_that_see_weekly_figures_are_told() -> None:
    assert set(TOLD_ROLES) == {"team_member", "coordinator"}
    with raises(ValueError, match="told: kies uit"):
        replace(POLICY, told=("team_member", "police_officer"))


@mark.parametrize(
    ("key", "value"),
    [
        ("owner", " "),
        ("kinds", ()),
        ("kinds", (Kind.CONCERN, Kind.CONCERN)),
        ("false_alarms_per_quarter", 0.0),
        ("false_alarms_per_quarter", float("nan")),
        ("least_reporters", 1),
        ("fading_after_weeks", 0),
        ("ended_after_weeks", 2),
        ("ended_after_weeks", 27),
        ("list_length", 4),
        ("random_share", 0.19),
        ("random_share", 0.6),
        ("told", ()),
        ("digest_weekday", 0),
        ("digest_weekday", 8),
        ("digest_hour", 2),
        ("digest_hour", 24),
    ],
)
def test_a_rule_that_cannot_be_kept_is_refused_in_both_languages(key, value) -> None:
    with raises(ValueError, match=f"{key}.* / "):
        replace(POLICY, **{key: value})


def test_all_that_is_wrong_is_said_at_once(tmp_path) -> None:
    text = (ALERTS / EarlyWarningPolicy.FILE).read_text()
    text = text.replace("random_share = 0.2", "random_share = 0.1")
    text = text.replace("digest_hour = 8", "digest_hour = 2")
    (tmp_path / EarlyWarningPolicy.FILE).write_text(text)
    with raises(BrokenPolicies) as broken:
        read_policies(tmp_path, (EarlyWarningPolicy,))
    told = {fault.key: fault.mend for fault in broken.value.faults}
    assert told.keys() == {"random_share", "digest_hour"}
    assert "een op de vijf" in told["random_share"]
    assert "the clock is changed" in told["digest_hour"]


def test_a_misspelt_key_is_named(tmp_path) -> None:
    text = (ALERTS / EarlyWarningPolicy.FILE).read_text()
    (tmp_path / EarlyWarningPolicy.FILE).write_text(text.replace("list_length", "list_lenght"))
    with raises(BrokenPolicies) as broken:
        read_policies(tmp_path, (EarlyWarningPolicy,))
    assert {fault.key for fault in broken.value.faults} == {"list_length", "list_lenght"}


@mark.parametrize("name", sorted(asdict(POLICY)))
def test_any_change_of_the_rules_changes_their_fingerprint(name) -> None:
    others = {
        "owner": "Iemand",
        "review_by": date(2028, 1, 1),
        "kinds": (Kind.CONCERN,),
        "told": ("coordinator",),
        "random_share": 0.3,
        "false_alarms_per_quarter": 2.0,
    }
    value = others.get(name) or getattr(POLICY, name) + 1
    assert replace(POLICY, **{name: value}).fingerprint != POLICY.fingerprint
