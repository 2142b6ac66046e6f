"""`signaal policies check`, and what the coordinator sees of rules that are past their review."""

from dataclasses import replace
from datetime import date

from click.testing import CliRunner
from pytest import fixture, raises
from structlog.testing import capture_logs

from signaal.access import actions as access
from signaal.access.model import Role
from signaal.access.web.door import SESSION_SECRET
from signaal.app import create_app
from signaal.cli import commands
from signaal.errors import BrokenPolicies
from signaal.hotspots import actions as hotspots
from signaal.places import actions as places
from signaal.resources import ALERTS
from tests.alerting.warnings import with_policy
from tests.hotspots import towns


@fixture
def check(tmp_path):
    """Types the command, with these words of a shipped file changed."""

    def typed(database, *changes: tuple[str, str, str]) -> str:
        for file in ALERTS.glob("*.toml"):
            words = file.read_text(encoding="utf-8")
            for name, before, after in changes:
                if name == file.name:
                    assert before in words
                    words = words.replace(before, after)
            (tmp_path / file.name).write_text(words, encoding="utf-8")
        environment = {
            "SIGNAAL_POLICIES_DIR": str(tmp_path),
            "SIGNAAL_DATA_DIR": str(tmp_path / "data"),
            "SIGNAAL_DATABASE_URL": database,
        }
        done = CliRunner(env=environment).invoke(
            commands, ["policies", "check"], catch_exceptions=False, standalone_mode=False
        )
        assert done.exit_code == 0
        assert not (tmp_path / "data").exists(), "looking makes nothing"
        return done.output

    return typed


def points(*codes: str) -> tuple[str, str, str]:
    return ("figures.toml", "default_points = []", f"default_points = {list(codes)}")


def test_a_default_point_that_no_block_is_is_named(services, check) -> None:
    towns.build(services, blocks=2)
    with services.database.reading() as session:
        known = places.block_layer(session)[0].code
    assert "in orde" in check(services.database.url, points(known))
    with raises(BrokenPolicies) as broken:
        check(services.database.url, points("bestaat-niet", known, "ook-niet"))
    assert [fault.key for fault in broken.value.faults] == ["default_points"] * 2
    assert "bestaat-niet" in str(broken.value)


def test_without_a_town_default_points_are_said_not_to_be_compared(services, check) -> None:
    assert "nog geen blokken" in check(services.database.url, points("bestaat-niet"))
    assert "nog geen blokken" in check("", points("bestaat-niet"))
    assert "blokken" not in check("")


def test_making_figures_logs_a_default_point_that_no_block_is(services) -> None:
    towns.build(services, blocks=2)
    with capture_logs() as calm:
        hotspots.refresh(with_policy(services, towns.RULES))
    rules = replace(towns.RULES, default_points=("bestaat-niet",))
    with capture_logs() as logs:
        hotspots.refresh(with_policy(services, rules))
    assert not [each for each in calm if "default points" in each["event"]]
    (said,) = (each for each in logs if "default points" in each["event"])
    assert (said["log_level"], said["codes"]) == ("warning", ["bestaat-niet"])


def test_rules_that_are_past_their_review_are_named_and_hold_all_the_same(check) -> None:
    said = check("", ("figures.toml", "2027-06-01", "2020-01-31"))
    assert "figures.toml: review_by: deze regels hadden op 2020-01-31 herzien" in said
    assert "in orde" in said


def test_the_coordinator_sees_which_rules_should_have_been_reviewed(services) -> None:
    towns.build(services, blocks=2)
    late = replace(towns.RULES, review_by=date(2020, 1, 31))
    for rules, expected in ((late, 1), (replace(late, review_by=date(2099, 1, 1)), 0)):
        house = with_policy(services, rules)
        hotspots.refresh(house)
        client = create_app(house).test_client()
        secret = access.start_demo_session(house, role=Role("coordinator"), districts=None)
        with client.session_transaction() as session:
            session[SESSION_SECRET] = secret
        page = client.get("/hoe-goed").text
        assert page.count("deze regels hadden op 31 jan 2020 herzien moeten zijn") == expected
