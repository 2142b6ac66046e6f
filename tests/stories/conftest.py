"""The invented town, loaded once for each kind of database and copied for each story."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
from pytest import fixture

from signaal import wiring
from signaal.hotspots import actions as hotspots
from signaal.services import Services
from signaal.settings import Settings
from signaal.simulator import town
from tests.conftest import MONDAY_MORNING
from tests.fakes import SetClock
from tests.stories.stage import Stage, put_up

TOWN, STORY = "town", "story"


def _load(folder: Path, database_url: str = "") -> None:
    """Tables by migration, the invented town, and the first figures."""
    house = wiring.build(Settings(data_dir=folder, database_url=database_url))
    clock = SetClock(MONDAY_MORNING)
    known = {**vars(house.services), "clock": clock, "line_clock": clock}
    services = Services(**known)
    wiring.upgrade_database(services)
    town.load_town(services, on_progress=lambda _step, _part: None)
    hotspots.refresh(services)
    services.database.close()


@fixture(scope="session")
def town_on_sqlite(tmp_path_factory) -> Path:
    """A data folder with the town."""
    folder = tmp_path_factory.mktemp("town-sqlite")
    _load(folder)
    return folder


@fixture(scope="session")
def town_on_postgresql(tmp_path_factory, cluster) -> Path:
    """A data folder that goes with the database named `town`."""
    folder = tmp_path_factory.mktemp("town-postgresql")
    _ask(cluster, f"CREATE DATABASE {TOWN}")
    _load(folder, cluster.url(TOWN))
    return folder


def _ask(cluster, *statements: str) -> None:
    with psycopg.connect(cluster.url(), autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


@fixture(params=["sqlite", "postgresql"])
def stage(request, clock, tmp_path) -> Iterator[Stage]:
    """A story's own town; at the end nothing may have happened that it didn't tell of."""
    folder = tmp_path / "data"
    shutil.copytree(request.getfixturevalue(f"town_on_{request.param}"), folder)
    url = ""
    if request.param == "postgresql":
        cluster = request.getfixturevalue("cluster")
        _ask(
            cluster,
            f"DROP DATABASE IF EXISTS {STORY} WITH (FORCE)",
            f"CREATE DATABASE {STORY} TEMPLATE {TOWN}",
        )
        url = cluster.url(STORY)
    with put_up(database_url=url, folder=folder, clock=clock) as stage:
        yield stage
    assert stage.network.unexpected == []
    assert stage.network.unread() == []
