"""`signaal hotspots export`, as somebody gives it at a screen."""

import pyogrio
from pytest import fixture, raises
from sqlalchemy import text

from signaal import cli, wiring
from signaal.hotspots import actions
from signaal.settings import read_settings
from tests.hotspots.towns import build, report


@fixture
def house(tmp_path, monkeypatch):
    """A house with one block of 12 reporters and one of 4, some weeks ago."""
    monkeypatch.setenv("SIGNAAL_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("SIGNAAL_DATABASE_URL", f"sqlite:///{tmp_path / 'signaal.db'}")
    made = wiring.build(read_settings())
    wiring.upgrade_database(made.services)
    blocks = build(made.services, blocks=4)
    for block, times in zip(blocks, (12, 4), strict=False):
        report(made.services, block, times=times, weeks_ago=8)
    actions.refresh(made.services)
    yield made
    made.services.database.close()


@fixture
def export(monkeypatch, capsys):
    """Gives the command; returns its exit code and what it said."""

    def given(*words):
        monkeypatch.setattr("sys.argv", ["signaal", "hotspots", "export", *map(str, words)])
        with raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        return ended.value.code or 0, said.out + said.err

    return given


def test_the_file_holds_classes_and_hides_small_counts_and_is_on_record(
    house, export, tmp_path
) -> None:
    words: set[str] = set()
    for period in (1, 2):
        path = tmp_path / f"{period}.gpkg"
        code, said = export(path, "--period", period)
        assert code == 0
        assert "4 blokken / 4 blocks" in said
        words |= set(pyogrio.read_dataframe(path, layer="blokken").melders)
    assert words == {"10–19", "minder dan 5"}
    with house.services.database.reading() as session:
        lines = session.execute(
            text("SELECT role FROM audit_entry WHERE act = 'figures_exported'")
        ).scalars()
        assert set(lines) == {"policy_officer"}


def test_arrears_and_other_kinds_of_files_are_refused(house, export, tmp_path) -> None:
    assert export(tmp_path / "x.gpkg", "--kind", "arrears")[0] == 2
    code, said = export(tmp_path / "x.shp")
    assert code == 2
    assert ".gpkg" in said
    assert export(tmp_path / "nowhere" / "x.gpkg")[0] == 2


def test_before_the_first_refresh_the_command_says_so(house, export, tmp_path) -> None:
    (tmp_path / "data" / "snapshots" / "latest.json").unlink()
    code, said = export(tmp_path / "x.gpkg")
    assert code == 2
    assert "signaal refresh" in said
