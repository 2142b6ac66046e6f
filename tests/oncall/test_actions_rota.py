import os
from dataclasses import replace
from datetime import date

from pytest import fixture, raises

from signaal.errors import BrokenRota
from signaal.oncall.actions import duty_now, read_rota, rota_of
from signaal.oncall.actions.rota import DEMO_ROTA
from signaal.services import Services
from signaal.settings import Settings

LINE = "+3197010200300"


@fixture
def own_rota(tmp_path, clock):
    path = tmp_path / "rota.toml"
    path.write_bytes(DEMO_ROTA.read_bytes())
    services = Services(
        settings=Settings(rota_file=path),
        database=None,
        clock=clock,
        line_clock=clock,
        policies=None,
        carrier=None,
        signatures=None,
    )
    return services, path


def rewrite(path, old, new) -> None:
    later = path.stat().st_mtime_ns + 10**9
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    os.utime(path, ns=(later, later))


def test_a_changed_rota_counts_from_the_next_call_on(own_rota) -> None:
    services, path = own_rota
    assert duty_now(services)[0].name == "Wijkteam Lindestad"
    rewrite(path, "Wijkteam Lindestad", "Wijkteam Zuid")
    assert duty_now(services)[0].name == "Wijkteam Zuid"


def test_a_rota_that_is_broken_meanwhile_leaves_the_last_good_one_in_force(own_rota) -> None:
    services, path = own_rota
    good = rota_of(services)
    rewrite(path, 'office_opens = "08:00"', "office_opens = = 8")
    assert rota_of(services) == good
    path.unlink()
    assert rota_of(services) == good


def test_a_rota_that_was_never_good_lets_nothing_start(own_rota) -> None:
    services, path = own_rota
    rewrite(path, "+3197010200310", LINE)
    with raises(BrokenRota, match=r"rota\.toml: day\.number: "):
        rota_of(services)


def test_a_missing_rota_and_one_that_is_no_toml_are_named(own_rota, tmp_path) -> None:
    services, path = own_rota
    missing = replace(services, settings=Settings(rota_file=tmp_path / "elsewhere.toml"))
    with raises(BrokenRota, match=r"elsewhere\.toml"):
        rota_of(missing)
    rewrite(path, "[night]", "[night")
    with raises(BrokenRota, match=r"rota\.toml"):
        rota_of(services)


def test_liberation_day_is_a_holiday_in_each_lustrum_only() -> None:
    free = read_rota(DEMO_ROTA, line_number=LINE).free_days
    assert date(2025, 5, 5) in free
    assert date(2026, 5, 5) not in free
    assert date(2026, 4, 27) in free
    assert date(2027, 5, 17) in free  # Whit Monday
