"""What is put together, and what is refused before anything starts."""

import shutil

import structlog
from pytest import fixture, mark, raises

from signaal import wiring
from signaal.errors import BrokenPolicies, BrokenRota, UnsafeSetting
from signaal.resources import ALERTS, GEODATA
from signaal.settings import Settings


@fixture
def alerts(tmp_path):
    folder = tmp_path / "alerts"
    shutil.copytree(ALERTS, folder)
    return folder


def test_the_shipped_policies_are_in_order() -> None:
    wiring.read_all_policies(Settings())


def test_a_rule_about_a_category_that_does_not_exist_is_refused(alerts) -> None:
    path = alerts / "warnings.toml"
    text = path.read_text(encoding="utf-8")
    first, last = text.rsplit("[[rules]]", 1)
    misspelt = last.replace("categories = []", 'categories = ["nois"]').replace("gewone", "andere")
    path.write_text(f"{first}[[rules]]{misspelt}[[rules]]{last}", encoding="utf-8")
    with raises(BrokenPolicies, match=r"warnings\.toml.*nois"):
        wiring.read_all_policies(Settings(policies_dir=alerts))


@mark.parametrize("name", ["categories.toml", "oncall.toml", "warnings.toml"])
def test_signaal_does_not_start_with_a_broken_policy(alerts, tmp_path, name) -> None:
    (alerts / name).write_text("this is = = no policy", encoding="utf-8")
    with raises(BrokenPolicies, match=name):
        wiring.build(Settings(data_dir=tmp_path, policies_dir=alerts))


def test_signaal_does_not_start_with_a_broken_rota(tmp_path) -> None:
    shipped = (GEODATA / "demo" / "rota.toml").read_text(encoding="utf-8")
    broken = tmp_path / "rota.toml"
    broken.write_text(shipped.replace("dienst-b", "nobody", 1), encoding="utf-8")
    with raises(BrokenRota, match=r"rota\.toml"):
        wiring.build(Settings(data_dir=tmp_path, rota_file=broken))


def test_everybody_on_the_rota_has_a_telephone_in_the_demo(tmp_path) -> None:
    house = wiring.build(Settings(data_dir=tmp_path))
    assert house.network is not None
    assert "+3197010200301" in house.network.phones
    house.services.database.close()


def test_every_tick_has_its_own_name(tmp_path) -> None:
    house = wiring.build(Settings(data_dir=tmp_path))
    names = [tick.name for tick in wiring.ticks(house)]
    assert len(names) == len(set(names))
    house.services.database.close()


def test_a_data_folder_that_cannot_be_is_refused(tmp_path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    with raises(UnsafeSetting, match="SIGNAAL_DATA_DIR"):
        wiring.build(Settings(data_dir=tmp_path / "file"))


def test_a_log_line_says_where_it_went_wrong_and_repeats_no_words(capsys) -> None:
    wiring.configure_logging()
    error = ValueError("Failing row contains (+31612345678, hij schreeuwt)")
    structlog.get_logger().error("tick failed", exc_info=error)
    structlog.reset_defaults()
    said = capsys.readouterr().err
    assert "ValueError" in said
    assert "schreeuwt" not in said
    assert "+316" not in said
