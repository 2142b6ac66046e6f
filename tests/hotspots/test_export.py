import csv
import io

from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from pytest import mark

from signaal.hotspots.export import STARTS_A_FORMULA, Table, as_csv, as_xlsx, harmless

HOSTILE = [
    '=HYPERLINK("http://example.org","klik")',
    "+31612345678",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)",
    "\tingesprongen",
    "\rregel",
    "\nregel",
    "  =1+1",
    "\uff1d1+1",
    "\x00=1+1",
    "\x0b=1+1",
]


def table(*names) -> Table:
    return Table("Overlast", ("Buurt", "Melders"), [(name, 5) for name in names])


def read_csv(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=";"))


@mark.parametrize("name", HOSTILE)
def test_words_that_look_like_a_formula_become_words(name) -> None:
    (_, [in_csv, _]) = read_csv(as_csv(table(name)))
    sheet = load_workbook(io.BytesIO(as_xlsx(table(name)))).active
    assert in_csv.startswith("'")
    assert sheet["A2"].data_type == "s"
    assert sheet["A2"].value.startswith("'")
    assert sheet["B2"].value == 5


@given(st.text(max_size=40))
@settings(max_examples=40)
def test_no_cell_begins_like_a_formula(name) -> None:
    made = harmless(name)
    assert not made or made[0] not in STARTS_A_FORMULA
    assert not made.lstrip() or made.lstrip()[0] not in STARTS_A_FORMULA
    for data, read in ((as_csv(table(name)), read_csv), (as_xlsx(table(name)), load_cells)):
        assert len(read(data)) == 2


def load_cells(data: bytes) -> list:
    return list(load_workbook(io.BytesIO(data), read_only=True).active.values)


def test_quiet_names_stay_as_they_are() -> None:
    names = ["Rozenbuurt", "5–9", "minder dan 5", "–", "'t Zand", "Buurt; met punt", 'De "Hof"', ""]
    assert [row[0] for row in read_csv(as_csv(table(*names)))[1:]] == names
    assert [row[0] or "" for row in load_cells(as_xlsx(table(*names)))[1:]] == names


def test_an_empty_cell_is_empty_and_a_table_without_rows_has_its_headings() -> None:
    half = Table("T", ("A", "B"), [("x", None)])
    assert read_csv(as_csv(half)) == [["A", "B"], ["x", ""]]
    assert load_cells(as_xlsx(half))[1] == ("x", None)
    assert read_csv(as_csv(table())) == [["Buurt", "Melders"]]
    assert load_cells(as_xlsx(table())) == [("Buurt", "Melders")]
