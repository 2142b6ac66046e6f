"""`signaal places load`, as somebody gives it at a screen."""

import shapely
from pytest import fixture, mark, raises

from signaal import cli, wiring
from signaal.places.actions import block_layer
from signaal.settings import read_settings
from tests.places.towns import address, buurt, write_addresses, write_areas

HERE = shapely.box(200_000, 500_000, 200_100, 500_100)
THERE = shapely.box(200_100, 500_000, 200_200, 500_100)


@fixture
def files(tmp_path):
    """Two municipalities, with twelve dwellings in each."""
    towns = [buurt("BU01930101", HERE), buurt("BU03630101", THERE)]
    write_areas(tmp_path / "n.gpkg", towns)
    rows = [address(n, 200_005 + 8 * n, 500_050) for n in range(24)]
    write_addresses(tmp_path / "a.csv", rows)
    write_addresses(tmp_path / "few.csv", rows[:3])
    return tmp_path


@fixture
def house(tmp_path, monkeypatch):
    """An empty house with all tables; the command finds it by its environment."""
    monkeypatch.setenv("SIGNAAL_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("SIGNAAL_DATABASE_URL", f"sqlite:///{tmp_path / 'signaal.db'}")
    made = wiring.build(read_settings())
    wiring.upgrade_database(made.services)
    yield made
    made.services.database.close()


@fixture
def load(monkeypatch, capsys):
    """Gives the command; returns its exit code, what it said and what it complained about."""

    def given(*words):
        monkeypatch.setattr("sys.argv", ["signaal", "places", "load", *map(str, words)])
        with raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        return ended.value.code or 0, said.out, said.err

    return given


def test_a_load_says_in_two_languages_what_was_taken_in(house, files, load):
    code, said, _ = load("--neighbourhoods", files / "n.gpkg", "--dwellings", files / "a.csv")

    assert code == 0
    assert "24 woningen / 24 dwellings" in said.splitlines()
    assert "2 buurten / 2 neighbourhoods" in said.splitlines()
    assert "LoadReport" not in said


@mark.parametrize("name", ["GM0363", "363"])
def test_one_municipality_is_taken_by_its_code(house, files, load, name):
    taken = ("--neighbourhoods", files / "n.gpkg", "--municipality", name)
    code, said, _ = load(*taken, "--dwellings", files / "a.csv")

    assert code == 0
    assert "12 woningen / 12 dwellings" in said
    with house.services.database.reading() as session:
        assert [block.neighbourhood_code for block in block_layer(session)] == ["BU03630101"]


def test_a_file_with_a_few_dwellings_needs_a_word_more(house, files, load):
    load("--neighbourhoods", files / "n.gpkg", "--dwellings", files / "a.csv")

    code, _, complaint = load("--dwellings", files / "few.csv")
    assert code == 2
    assert "21 van de 24 woningen" in complaint
    assert "--replace" in complaint

    code, said, _ = load("--dwellings", files / "few.csv", "--replace")
    assert code == 0
    assert "3 woningen / 3 dwellings" in said


@mark.parametrize("words", [(), ("--replace",), ("--municipality", "GM0193")])
def test_without_a_file_it_says_what_to_give(house, load, words):
    code, said, complaint = load(*words)

    assert (code, said) == (2, "")
    assert "--neighbourhoods" in complaint
    assert " / " in complaint


@mark.usefixtures("house")
@mark.parametrize("option", ["--neighbourhoods", "--dwellings", "--blocks"])
@mark.parametrize(
    ("name", "why"),
    [("nergens.csv", ("bestaat niet", "no such file")), ("", ("is een map", "is a folder"))],
)
def test_a_file_that_is_not_there_or_a_folder_is_refused_before_anything_is_loaded(
    files, load, option, name, why
):
    code, said, complaint = load("--neighbourhoods", files / "n.gpkg", option, files / name)

    assert (code, said) == (2, "")
    assert all(word in part for word, part in zip(why, complaint.split(" / "), strict=True))


def test_tables_that_are_not_there_are_refused_with_the_command(tmp_path, files, load, monkeypatch):
    monkeypatch.setenv("SIGNAAL_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("SIGNAAL_DATABASE_URL", f"sqlite:///{tmp_path / 'empty.db'}")

    code, _, complaint = load("--neighbourhoods", files / "n.gpkg")

    assert code == 2
    assert "signaal db upgrade" in complaint
