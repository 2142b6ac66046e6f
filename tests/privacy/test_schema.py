"""What may not exist: columns about who somebody is, and counts by person or dwelling."""

import inspect as reading
import re
from dataclasses import fields

from pytest import mark
from sqlalchemy import Column, Float, Integer, MetaData, Numeric, Table
from sqlmodel import SQLModel

from signaal.hotspots.numbers import censored, counts, rates
from signaal.hotspots.snapshot import Input
from signaal.intake.model import HistoricReport, VoiceColumns

FORBIDDEN = re.compile(
    r"(^|_)(bsn|birth|born|dob|age|nationality|origin|ethnicity|race|religion|faith|belief|"
    r"diagnosis|diagnoses|medication|medicine|treatment|therapy|illness|disease|disability|"
    r"criminal|crime|offence|conviction|record|income|salary|wage|benefit|debts?|wealth|"
    r"gender|sex|sexuality|politics|union|score|risk|rating|profile|label|flagged|blacklist|"
    r"suspect|known|candidate|photo|portrait|surname|lastname|first_name|last_name|"
    r"geboortedatum|nationaliteit|inkomen|diagnose|godsdienst)(_|$)"
)
"""Trust.md, section 1: never, in any table."""
ABOUT_SOMEBODY = re.compile(r"(^|_)(person|people|tenant|resident|dwelling|home|address|bag)(_|$)")
ABOUT_THE_TOWN = {"dwelling", "past_home"}
"""The register of addresses itself, and where past blocks went: they hold nothing of anybody."""
ABOUT_ACCOUNTS = {
    "person",
    "assignment",
    "audit_entry",
    "device",
    "invitation",
    "person_home",
    "recovery_code",
    "staff_session",
}
"""`person` is a colleague with an account, never a resident."""
SOCIO_ECONOMIC = re.compile(
    r"(^|_)(income|wealth|welfare|benefit|unemploy|education|poverty|ses|woz|rent_level|origin|migra|"
    r"nationality|inhabitants|household|age|gender|religion|inkomen|uitkering|opleiding|herkomst)"
)


def forbidden(tables) -> list[str]:
    return [
        f"{table.name}.{column.name}"
        for table in tables
        for column in table.columns
        if FORBIDDEN.search(column.name)
    ]


def counted_by_somebody(tables) -> list[str]:
    """Tables with the key of a person or a dwelling, and a number that could be a count."""
    return [
        f"{table.name}.{column.name}"
        for table in tables
        if table.name not in ABOUT_THE_TOWN | ABOUT_ACCOUNTS
        and any(ABOUT_SOMEBODY.search(key.name) and not _is_sealed(key) for key in table.columns)
        for column in table.columns
        if isinstance(column.type, Integer | Numeric | Float)
        and not column.primary_key
        and not column.foreign_keys
        and not ABOUT_SOMEBODY.search(column.name)
    ]


def _is_sealed(column: Column) -> bool:
    return column.type.python_type is bytes


def table(name, **columns) -> Table:
    return Table(name, MetaData(), *[Column(each, kind) for each, kind in columns.items()])


def test_no_table_says_who_somebody_is() -> None:
    assert len(SQLModel.metadata.sorted_tables) > 20
    assert forbidden(SQLModel.metadata.sorted_tables) == []


def test_no_table_counts_by_person_or_dwelling() -> None:
    assert counted_by_somebody(SQLModel.metadata.sorted_tables) == []


def test_no_table_of_staff_counts_what_residents_did() -> None:
    allowed = {"seq", "totp_counter", "pin_tries"}
    for name in ABOUT_ACCOUNTS & set(SQLModel.metadata.tables):
        numbers = {
            column.name
            for column in SQLModel.metadata.tables[name].columns
            if isinstance(column.type, Integer | Numeric | Float)
        }
        assert numbers <= allowed, name


@mark.parametrize(
    "column",
    ["bsn", "birth_date", "nationality", "diagnosis", "income", "score", "risk_class", "religion"],
)
def test_such_a_column_would_be_found(column) -> None:
    assert forbidden([table("tenancy", id=Integer, **{column: Integer})])


@mark.parametrize(
    ("columns", "found"),
    [
        ({"dwelling_id": Integer, "reports": Integer}, True),
        ({"person_key": Integer, "weight": Float}, True),
        ({"block_id": Integer, "reports": Integer}, False),
        ({"dwelling_id": Integer}, False),
    ],
)
def test_a_count_by_dwelling_or_person_would_be_found(columns, found) -> None:
    assert bool(counted_by_somebody([table("tally", **columns)])) is found


def test_no_socio_economic_figure_goes_into_the_hotspots() -> None:
    """Trust.md, section 4, rule 8: only what people bring, and how many dwellings there are."""
    names = {each.name for kind in (Input, VoiceColumns, HistoricReport) for each in fields(kind)}
    names |= {
        name
        for room in (counts, rates, censored)
        for _, made in reading.getmembers(room, reading.isfunction)
        for name in reading.signature(made).parameters
    }
    assert {"dwellings", "kind", "week"} <= names
    assert [name for name in names if SOCIO_ECONOMIC.search(name)] == []
