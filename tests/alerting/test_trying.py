"""`signaal policies try`: what would have fired by other rules, before they hold."""

import shutil
from dataclasses import replace

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from click.testing import CliRunner
from pytest import fixture, mark, raises

from signaal.alerting import actions
from signaal.alerting.model import AlertPolicy
from signaal.alerting.model.pages import WEEK_STEPS
from signaal.alerting.store import EarlyWarningRow
from signaal.cli import commands
from signaal.clock import week_of
from signaal.errors import BrokenPolicies, UnusableFile
from signaal.intake.model import Kind
from signaal.policies import read_policy
from signaal.resources import ALERTS
from signaal.settings import Settings
from signaal.wiring import POLICY_TYPES, alembic_config, build
from tests.alerting.test_figures import rows_of
from tests.alerting.warnings import POLICY
from tests.hotspots import towns

ENDED = 10
"""So many weeks ago the first block had much more than usual, for the third week and the last."""


def fill(services, *, ended=ENDED, **told) -> None:
    """A town with a quiet year, and one block that had 8 reporters a week for three weeks."""
    blocks = towns.build(services, blocks=12)
    for week in range(1, 64, 4):
        for block in blocks:
            towns.report(services, block, weeks_ago=week, **told)
    for weeks_ago in range(ended, ended + 3):
        towns.report(
            services, blocks[0], times=8, weeks_ago=weeks_ago, who=f"week {weeks_ago}", **told
        )


def tried(services, *, policy=POLICY, rules=towns.RULES, weeks=14):
    said: list[tuple[str, float]] = []
    fired = actions.try_warnings(
        services,
        policy=policy,
        rules=rules,
        weeks=weeks,
        on_progress=lambda what, share: said.append((what, share)),
    )
    return fired, said


def test_a_group_of_the_past_would_have_been_a_warning_and_trying_writes_nothing(services) -> None:
    fill(services)
    fired, said = tried(services, rules=replace(towns.RULES, longest_weeks=2))
    now = week_of(services.clock.now())
    (first, *_) = fired
    assert now - ENDED - 2 <= first.raised_week <= now - ENDED
    assert first.ended_week is not None
    assert first.ended_week > first.raised_week
    assert said[-1][1] == 1.0
    assert len(said) == 14
    assert tried(services, policy=replace(POLICY, least_reporters=500))[0] == ()
    assert rows_of(services, EarlyWarningRow) == []


def test_who_tries_rules_learns_neighbourhoods_and_classes_and_no_block_or_number(services) -> None:
    fill(services)
    (first, *_) = tried(services)[0]
    assert first.neighbourhoods == ("Rozenbuurt",)
    assert not first.reporters.is_exact
    assert first.recurrence_weeks in WEEK_STEPS
    assert "8021" not in repr(first)


def test_arrears_would_raise_no_warning_where_that_layer_is_off(services) -> None:
    fill(services, ended=2, kind=Kind.ARREARS)
    assert {each.kind for each in tried(services, weeks=3)[0]} == {Kind.ARREARS}
    without = services.settings.model_copy(update={"arrears_layer": False})
    assert tried(replace(services, settings=without), weeks=3)[0] == ()


def test_a_town_without_reports_fires_nothing(services) -> None:
    towns.build(services)
    assert tried(services, weeks=3)[0] == ()


def test_each_rule_counts_the_reports_that_it_would_have_decided_about(services) -> None:
    fill(services)
    rules = services.policies[AlertPolicy]
    counts = actions.try_rules(services, policy=rules, weeks=4)
    assert list(counts) == [rule.name for rule in rules.rules]
    assert sum(counts.values()) == 12, "in the last four weeks one from each block"
    assert counts["direct-gevaar"] == 0


# -- as somebody types it -------------------------------------------------------------------------


@fixture
def say(sqlite_template, tmp_path):
    """Types a command against an empty database of today."""
    data = tmp_path / "data"
    data.mkdir()
    shutil.copy(sqlite_template, data / "signaal.db")
    services = build(Settings(data_dir=data)).services
    with services.database.engine.begin() as connection:
        head = ScriptDirectory.from_config(alembic_config()).get_current_head()
        MigrationContext.configure(connection).stamp(
            ScriptDirectory.from_config(alembic_config()), head
        )

    def typed(*words: object, weeks: int = 4):
        command = ["policies", "try", *map(str, words), "--weeks", str(weeks)]
        return CliRunner(env={"SIGNAAL_DATA_DIR": str(data)}).invoke(
            commands, command, catch_exceptions=False, standalone_mode=False
        )

    typed.services = services
    yield typed
    services.database.close()


def changed(tmp_path, name, *changes):
    """A copy of a policy file, under another name."""
    words = (ALERTS / name).read_text(encoding="utf-8")
    for before, after in changes:
        assert before in words
        words = words.replace(before, after)
    copy = tmp_path / f"my-{name}"
    copy.write_text(words, encoding="utf-8")
    return copy


def test_each_of_the_three_files_can_be_tried_under_any_name(say, tmp_path) -> None:
    fill(say.services, ended=2)
    warnings = changed(
        tmp_path, "early_warning.toml", ("least_reporters = 3", "least_reporters = 4")
    )
    said = say(warnings).output
    assert "In 4 weken 1 waarschuwing, dat is 3.2 per kwartaal." in said
    assert "1 warning in 4 weeks" in said
    assert "nuisance: Rozenbuurt; " in said
    for hidden in ("8021", "16 /", "24 /", "blok"):
        assert hidden not in said
    figures = changed(tmp_path, "figures.toml", ("simulations = 999", "simulations = 99"))
    assert "nuisance: Rozenbuurt; " in say(figures).output
    rules = changed(tmp_path, "warnings.toml", ('"direct-gevaar"', '"gevaar-nu"'))
    said = say(rules).output
    assert "gevaar-nu: 0" in said
    assert "gewone-melding: 28" in said


def test_a_broken_file_is_said_to_be_broken_with_each_key_and_how_to_mend_it(say, tmp_path) -> None:
    broken = changed(
        tmp_path,
        "early_warning.toml",
        ('kinds = ["nuisance", "concern", "arrears"]', 'kinds = ["rust"]'),
        ("list_length = 10", 'list_length = "ten"'),
        ("digest_hour = 8", "digest_minute = 8"),
    )
    with raises(BrokenPolicies) as told:
        say(broken)
    faults = {(fault.file, fault.key) for fault in told.value.faults}
    assert faults == {
        ("my-early_warning.toml", key)
        for key in ("kinds.0", "list_length", "digest_hour", "digest_minute")
    }
    with raises(BrokenPolicies, match="TOML"):
        say(changed(tmp_path, "figures.toml", ("simulations = 999", "simulations = = 999")))


@mark.parametrize(
    ("name", "before", "after", "sentence"),
    [
        (
            "early_warning.toml",
            "false_alarms_per_quarter = 1.0",
            "false_alarms_per_quarter = 0.0",
            "wie nooit vals alarm wil, wordt nooit gewaarschuwd",
        ),
        ("early_warning.toml", "random_share = 0.2", "random_share = 0.1", "een op de vijf"),
        ("figures.toml", "least_reporters = 5", "least_reporters = 1", "least_reporters"),
    ],
)
def test_what_is_impossible_is_refused_with_the_reason(
    tmp_path, name, before, after, sentence
) -> None:
    with raises(BrokenPolicies, match=sentence):
        read_policy(changed(tmp_path, name, (before, after)), POLICY_TYPES)


def test_other_files_are_refused_in_both_languages(say, tmp_path) -> None:
    for file in (ALERTS / "oncall.toml", tmp_path / "nowhere.toml", tmp_path):
        with raises(UnusableFile, match=" / "):
            say(file)
