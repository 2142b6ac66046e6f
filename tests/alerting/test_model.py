from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st
from pytest import fixture, mark, raises

from signaal.alerting.model import Action, AlertPolicy, decide
from signaal.errors import BrokenPolicies
from signaal.intake.model import Channel, Kind, ReportForDecision, Urgency
from signaal.policies import read_policies
from signaal.resources import ALERTS

NOW = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)


def report(urgency=Urgency.NORMAL, *, kind=Kind.NUISANCE, category="noise") -> ReportForDecision:
    return ReportForDecision(
        id=uuid4(),
        reference="R-1",
        kind=kind,
        category=category,
        urgency=urgency,
        block_id=None,
        neighbourhood_name=None,
        received_at=NOW - timedelta(minutes=2),
        channel=Channel.SMS,
        reporter_number=None,
    )


@fixture
def policy() -> AlertPolicy:
    return read_policies(ALERTS, [AlertPolicy])[AlertPolicy]


@mark.parametrize(
    ("urgency", "action", "rule"),
    [
        (Urgency.ACUTE, Action.PAGE_DUTY, "direct-gevaar"),
        (Urgency.URGENT, Action.LIST, "gewone-melding"),
        (Urgency.NORMAL, Action.LIST, "gewone-melding"),
    ],
)
def test_danger_pages_a_person_and_the_rest_goes_on_the_list(policy, urgency, action, rule) -> None:
    decision = decide(policy, report(urgency), NOW)
    assert (decision.action, decision.rule) == (action, rule)
    assert decision.because
    assert decision.because_en
    assert decision.minutes_waited == 2


@given(st.sampled_from(Kind), st.text(max_size=20))
def test_words_of_danger_page_a_person_whatever_they_are_about(kind, category) -> None:
    policy = read_policies(ALERTS, [AlertPolicy])[AlertPolicy]
    danger = report(Urgency.ACUTE, kind=kind, category=category)
    assert decide(policy, danger, NOW).action is Action.PAGE_DUTY


def test_the_first_rule_that_fits_counts(policy) -> None:
    acute, rest = policy.rules
    fires = replace(rest, name="brand", categories=("fire",), action=Action.PAGE_DUTY)
    stricter = replace(policy, rules=(acute, fires, rest))
    assert decide(stricter, report(category="fire"), NOW).rule == "brand"
    assert decide(stricter, report(category="noise"), NOW).rule == "gewone-melding"


def test_a_clock_that_was_set_back_gives_no_negative_waiting(policy) -> None:
    assert decide(policy, report(), NOW - timedelta(hours=1)).minutes_waited == 0


def test_changed_rules_have_another_fingerprint(policy) -> None:
    assert policy.fingerprint != replace(policy, owner="iemand anders").fingerprint
    assert policy.fingerprint == replace(policy).fingerprint


@mark.parametrize(
    ("spoil", "mend"),
    [
        (lambda rules: rules[1:], "begin met een regel die elke acute melding"),
        (lambda rules: rules[:1], "eindig met een regel die altijd past"),
        (lambda rules: (), "eindig met een regel die altijd past"),
        (lambda rules: (rules[1], rules[0], rules[1]), "eigen naam"),
        (
            lambda rules: (rules[0], replace(rules[1], name="b"), rules[1]),
            "hoort onderaan",
        ),
        (
            lambda rules: (replace(rules[0], action=Action.LIST), rules[1]),
            "begin met een regel die elke acute melding",
        ),
        (
            lambda rules: (replace(rules[0], kinds=(Kind.CONCERN,)), rules[1]),
            "begin met een regel die elke acute melding",
        ),
    ],
)
def test_rules_that_would_leave_danger_without_a_person_are_refused(policy, spoil, mend) -> None:
    with raises(ValueError, match=mend):
        replace(policy, rules=tuple(spoil(policy.rules)))


@mark.parametrize(
    ("old", "new", "key"),
    [
        ('urgencies = ["acute"]', 'urgencies = ["accute"]', "rules.0.urgencies.0"),
        ('action = "page_duty"', 'action = "page"', "rules.0.action"),
        ('owner = "Coördinator wijkteams"', 'owner = " "', "owner"),
        ('review_by = "2027-06-01"', 'review_by = "ooit"', "review_by"),
    ],
)
def test_a_broken_policy_file_is_refused_with_its_key(tmp_path, old, new, key) -> None:
    text = (ALERTS / "warnings.toml").read_text(encoding="utf-8")
    (tmp_path / "warnings.toml").write_text(text.replace(old, new, 1), encoding="utf-8")
    with raises(BrokenPolicies) as caught:
        read_policies(tmp_path, [AlertPolicy])
    assert [fault.key for fault in caught.value.faults] == [key]
