"""The truths that were hidden in the invented town: does the map find them?"""

import shutil
import tomllib

from pytest import fixture, mark

from signaal.access.model import Role
from signaal.db import Database
from signaal.hotspots import actions
from signaal.hotspots.snapshot import read
from signaal.intake.model import Kind
from signaal.resources import GEODATA
from signaal.services import Services
from signaal.settings import Settings
from signaal.simulator import town
from signaal.wiring import read_all_policies
from tests.conftest import MONDAY_MORNING
from tests.fakes import RecordingPhone, SetClock, TrustingCheck
from tests.hotspots.towns import looking

TRUTHS = {
    truth["name"]: truth
    for truth in tomllib.loads((GEODATA / "demo" / "truths.toml").read_text(encoding="utf-8"))[
        "truths"
    ]
}


@fixture(scope="module")
def lindestad(tmp_path_factory, sqlite_template):
    """The demo town as `signaal demo` loads it, with its figures; loaded once, only read here."""
    folder = tmp_path_factory.mktemp("lindestad")
    shutil.copy(sqlite_template, folder / "signaal.db")
    settings = Settings(data_dir=folder)
    clock = SetClock(MONDAY_MORNING)
    services = Services(
        settings=settings,
        database=Database(settings.database),
        clock=clock,
        line_clock=clock,
        policies=read_all_policies(settings),
        carrier=RecordingPhone(),
        signatures=TrustingCheck(),
    )
    town.load_town(services, on_progress=lambda _stage, _part: None)
    actions.refresh(services)
    yield services
    services.database.close()


def coloured(services, kind, *, period=0, role=Role.COORDINATOR) -> set[str]:
    """Postcodes of the blocks that stand out."""
    figures = actions.map_figures(services, period=period, kind=Kind(kind), visitor=looking(role))
    return {row.block.code.split("-")[1] for row in figures.rows if row.level.stands_out}


def places_of(name, *, period=0) -> set[str]:
    """Where the truth is hot during the whole of these four weeks."""
    first, last = 4 * period + 3, 4 * period
    return {
        place["postcode"]
        for place in TRUTHS[name]["places"]
        if place["from_week_back"] >= first and place["to_week_back"] <= last
    }


@mark.parametrize("role", [Role.COORDINATOR, Role.TEAM_MEMBER])
@mark.parametrize("name", ["nachtlawaai", "zorgen-galerij", "jongeren-trekken-op"])
def test_what_lasts_and_what_spreads_is_coloured_for_every_role(lindestad, name, role) -> None:
    expected = places_of(name)
    assert expected
    assert expected <= coloured(lindestad, TRUTHS[name]["kind"], role=role)


def test_nothing_else_is_coloured(lindestad) -> None:
    expected = {"nuisance": set(), "concern": set(), "arrears": set()}
    for name, truth in TRUTHS.items():
        if truth["shape"] != "false_alarm":
            expected[truth["kind"]] |= places_of(name)
    for kind, postcodes in expected.items():
        assert coloured(lindestad, kind) == postcodes


def test_one_angry_reporter_colours_no_block(lindestad) -> None:
    (angry,) = TRUTHS["boze-melder"]["places"]
    for period in (0, 1):
        assert angry["postcode"] not in coloured(lindestad, "nuisance", period=period)


def test_the_spread_can_be_followed_back_through_the_periods(lindestad) -> None:
    reached = [
        len(coloured(lindestad, "nuisance", period=period) & places_of("jongeren-trekken-op"))
        for period in range(5)
    ]
    assert reached[0] == 4
    assert reached == sorted(reached, reverse=True)
    assert reached[-1] < reached[0]


def test_what_faded_was_coloured_and_is_no_longer(lindestad) -> None:
    (faded,) = TRUTHS["afval-opgelost"]["places"]
    coloured_in = [
        period
        for period in range(13)
        if faded["postcode"] in coloured(lindestad, "nuisance", period=period)
    ]
    assert coloured_in
    assert min(coloured_in) >= faded["to_week_back"] // 4


@mark.parametrize("role", [Role.TEAM_MEMBER, Role.COORDINATOR, Role.POLICY_OFFICER])
@mark.parametrize("kind", [Kind.NUISANCE, Kind.CONCERN])
def test_the_towns_rate_from_what_is_shown_is_near_the_true_one(lindestad, kind, role) -> None:
    """Hidden counts hold half of all voices here: the estimate is low, by less than 2.5 times."""
    figures = actions.map_figures(lindestad, period=0, kind=kind, visitor=looking(role))
    frozen = read(lindestad.settings.snapshots_dir)
    counts = (frozen.periods if role is Role.POLICY_OFFICER else frozen.windows)(kind)[:, 0]
    true = 1000 * counts.sum() / frozen.dwellings.sum()
    print(f"{kind} {role}: {figures.town_rate:.1f} shown, {true:.1f} true")
    assert true / 2.5 < figures.town_rate < true * 1.5
