"""What is put together, and what is refused before anything starts."""

import shutil
from dataclasses import replace
from uuid import UUID

import structlog
from pydantic import SecretStr
from pytest import fixture, mark, raises

from signaal import wiring
from signaal.clock import SystemClock
from signaal.errors import BrokenPolicies, BrokenRota, UnsafeSetting
from signaal.policies import Policies
from signaal.privacy.actions import check_master_key, new_key
from signaal.resources import ALERTS, GEODATA
from signaal.services import Services
from signaal.settings import Settings
from tests.fakes import RecordingPhone, TrustingCheck

NEW_KEY = SecretStr("n" * 40)


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


def an_installation(database, tmp_path):
    clock = SystemClock()
    return Services(
        settings=Settings(data_dir=tmp_path, database_url=database.url),
        database=database,
        clock=clock,
        line_clock=clock,
        policies=Policies({}),
        carrier=RecordingPhone(),
        signatures=TrustingCheck(),
    )


def kept_key(services):
    with services.database.session() as session, session.begin():
        new_key(
            session, key_id=UUID(int=1), master_key=services.settings.master_key, purpose="reports"
        )


def with_new_key(services):
    settings = services.settings.model_copy(update={"master_key": NEW_KEY})
    return replace(services, settings=settings)


def test_the_master_key_is_not_changed_while_a_worker_works(database, tmp_path) -> None:
    services = an_installation(database, tmp_path)
    kept_key(services)
    worker = services.database.leader_lock(services.settings.data_dir)
    assert worker.acquire()
    with raises(UnsafeSetting, match=r"Stop eerst Signaal.* / .*stop Signaal"):
        wiring.change_master_key(services, NEW_KEY)
    check_master_key(services)

    worker.release()
    wiring.change_master_key(services, NEW_KEY)
    check_master_key(with_new_key(services))
    assert worker.acquire(), "the next worker may begin"
    worker.release()


def test_a_refused_change_of_master_key_lets_the_next_worker_begin(database, tmp_path) -> None:
    services = an_installation(database, tmp_path)
    with raises(UnsafeSetting, match="32"):
        wiring.change_master_key(services, SecretStr("short"))
    worker = services.database.leader_lock(services.settings.data_dir)
    assert worker.acquire()
    worker.release()


def test_a_log_line_says_where_it_went_wrong_and_repeats_no_words(capsys) -> None:
    wiring.configure_logging()
    error = ValueError("Failing row contains (+31612345678, hij schreeuwt)")
    structlog.get_logger().error("tick failed", exc_info=error)
    structlog.reset_defaults()
    said = capsys.readouterr().err
    assert "ValueError" in said
    assert "schreeuwt" not in said
    assert "+316" not in said
