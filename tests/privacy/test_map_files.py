"""Each file of the map says of every block what its page says to that role, and nothing else."""

import json
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from sqlite3 import connect

from flask import Flask
from pytest import fixture, mark

from signaal.db import Database
from signaal.hotspots import actions
from signaal.hotspots.actions import MapFigures
from signaal.hotspots.model import LOOKERS, WINDOWS, FiguresPolicy, kinds_for
from signaal.hotspots.web.colours import COLOURS
from signaal.hotspots.web.signs import reached_lately, sign_name, sign_of
from signaal.hotspots.web.words import block_name, level_name, level_short, per_thousand, reporters
from signaal.intake.model import Kind
from signaal.policies import Policies
from signaal.services import Services
from signaal.settings import Settings
from tests.conftest import MONDAY_MORNING
from tests.fakes import RecordingPhone, SetClock, TrustingCheck
from tests.hotspots.towns import RULES, looking, pages
from tests.privacy.hostile import PER_YEAR, cells_of, hostile, refresh_at, settle
from tests.privacy.taken import in_columns, in_lines, in_package

YEAR = 56
WEEK = (YEAR + 1) * PER_YEAR * 4
"""The first week after a fixed year."""
SEED = 13
"""A town of two districts with counts of every class."""
PAIRS = [(role, kind) for role in LOOKERS for kind in kinds_for(role)]


@dataclass(frozen=True)
class Seen:
    """A town as one role sees it, on the page and in every file."""

    app: Flask
    services: Services

    def figures(self, role: str, kind: Kind, number: int, reach: frozenset[str] | None):
        visitor = looking(role, districts=reach)
        return actions.map_figures(self.services, period=number, kind=kind, visitor=visitor)

    def get(self, name: str, role: str, reach: frozenset[str] | None) -> bytes:
        headers = {"X-Role": role, "Accept-Encoding": "identity"}
        headers |= {} if reach is None else {"X-Districts": " ".join(sorted(reach))}
        answer = self.app.test_client().get(f"/kaart{name}", headers=headers)
        assert answer.status_code == 200, (name, role)
        return answer.data

    def order(self, role: str, reach: frozenset[str] | None) -> dict[str, list[str]]:
        """The codes of the blocks of each district that this role sees, as they are drawn."""
        outlines = json.loads(self.get("/wijken.json", role, reach))["features"]
        codes = [each["properties"]["code"] for each in outlines]
        drawn = {c: json.loads(self.get(f"/vormen.json?wijk={c}", role, reach)) for c in codes}
        return {c: [f["properties"]["code"] for f in drawn[c]["features"]] for c in codes}


@fixture(scope="module")
def seen(tmp_path_factory, sqlite_template) -> Iterator[Seen]:
    folder = tmp_path_factory.mktemp("town")
    shutil.copy(sqlite_template, folder / "signaal.db")
    settings, clock = Settings(data_dir=folder), SetClock(MONDAY_MORNING)
    services = Services(
        settings=settings,
        database=Database(settings.database),
        clock=clock,
        line_clock=clock,
        policies=Policies({FiguresPolicy: RULES}),
        carrier=RecordingPhone(),
        signatures=TrustingCheck(),
    )
    settle(services, hostile(SEED, first=(YEAR - 1) * PER_YEAR, periods=2 * PER_YEAR + 1))
    refresh_at(services, clock, week=WEEK)
    yield Seen(pages(services), services)
    services.database.close()


def said(figures: MapFigures) -> dict[str, dict[str, object]]:
    """All that may be said of each block: what its row of the map says, in words."""
    reached = reached_lately(figures)
    return {
        row.block.code: {
            "name": block_name(row.block.code),
            "area": (row.block.district, row.block.neighbourhood),
            "home": (row.block.district_code, row.block.neighbourhood_code),
            "dwellings": row.block.dwellings,
            "count": reporters(row.reporters),
            "ends": (row.reporters.low, row.reporters.high),
            "rate": per_thousand(row.rate),
            "least": round(row.rate.low, 1) if row.rate else 0.0,
            "level": row.level,
            "sign": sign_of(row, reached=reached),
        }
        for row in figures.rows
    }


Told = Mapping[str, Mapping[str, object]]


def check_columns(told: bytes, may: Told, order: dict[str, list[str]]) -> None:
    whole = json.loads(told)
    assert whole.keys() == {"layer", "levels", "signs", "counts", "rates", "districts"}
    assert whole["districts"].keys() == order.keys()
    for each in whole["districts"].values():
        assert each.keys() == {"out", "said", "level", "sign", "count", "rate"}
    rows = in_columns(told, order)
    assert [row["code"] for row in rows] == [code for codes in order.values() for code in codes]
    assert {row["code"] for row in rows} == may.keys()
    for row in rows:
        own = may[str(row["code"])]
        assert row["count"] == f"{own['count']} melders"
        rate = "" if own["rate"] == "–" else f"{own['rate']} per 1.000 woningen"
        assert row["rate"] == rate
        words, colour = level_name(own["level"]), COLOURS[own["level"]]
        assert row["level"] == {"words": words, "colour": colour, "out": own["level"].stands_out}
        assert row["sign"] == sign_name(own["sign"])
    assert {row["count"] for row in rows} == set(whole["counts"]) - {""}
    assert {row["rate"] for row in rows} | {""} == set(whole["rates"])
    for district, each in whole["districts"].items():
        assert each["out"] == sum(may[code]["level"].stands_out for code in order[district])
        assert re.findall(r"\d+", each["said"]) == [str(each["out"])]


def check_drawn(told: bytes, may: Told) -> None:
    found = {f["properties"]["code"]: f["properties"] for f in json.loads(told)["features"]}
    assert found == {
        code: {
            "code": code,
            "name": own["name"],
            "colour": COLOURS[own["level"]],
            "out": own["level"].stands_out,
            "sign": own["sign"].value,
            "lines": [
                ", ".join(own["area"]),
                f"{own['dwellings']} woningen",
                f"{own['count']} melders",
                level_name(own["level"]),
            ],
        }
        for code, own in may.items()
    }


def check_lines(told: bytes, may: Told) -> None:
    lines = in_lines(told)
    assert {line["Blokcode"] for line in lines} == may.keys()
    for line in lines:
        own = may[line.pop("Blokcode")]
        del line["Soort melding"], line["Periode"]
        assert line == {
            "Blok": own["name"],
            "Buurt": own["area"][1],
            "Buurtcode": own["home"][1],
            "Wijk": own["area"][0],
            "Wijkcode": own["home"][0],
            "Woningen": str(own["dwellings"]),
            "Melders": own["count"],
            "Melders, minstens": str(own["ends"][0]),
            "Melders, hoogstens": "" if own["ends"][1] is None else str(own["ends"][1]),
            "Per 1.000 woningen": own["rate"],
            "Vergeleken met de stad": level_name(own["level"]),
            "Verloop": sign_name(own["sign"]),
        }


def check_package(told: bytes, may: Told) -> None:
    rows = in_package(told)
    assert {row["blokcode"] for row in rows} == may.keys()
    for row in rows:
        own = may[str(row.pop("blokcode"))]
        del row["fid"], row["soort"], row["periode"]
        assert row == {
            "blok": own["name"],
            "buurt": own["area"][1],
            "buurtcode": own["home"][1],
            "wijk": own["area"][0],
            "wijkcode": own["home"][0],
            "woningen": own["dwellings"],
            "melders": own["count"],
            "minstens": own["ends"][0],
            "hoogstens": own["ends"][1],
            "per_1000": own["rate"],
            "stand": own["level"].value,
            "vergeleken": level_name(own["level"]),
            "verloop": sign_name(own["sign"]),
        }


def check_page(told: bytes, may: Told) -> None:
    html = told.decode()
    found = re.findall(r'<tr data-block="([^"]+)">(.*?)</tr>', html, re.DOTALL)
    assert {code for code, _ in found} == may.keys()
    for code, row in found:
        own = may[code]
        name, area, homes, count, rate, level, *_ = cells_of(row)
        assert (name, area) == (own["name"], ", ".join(own["area"]))
        assert (homes, count) == (str(own["dwellings"]), own["count"])
        assert rate == own["rate"]
        assert level.startswith(level_short(own["level"]))
        assert re.findall(r'data-value="([^"]*)"', row) == [
            str(own["ends"][0]),
            str(own["least"]),
            str(own["level"].rank),
        ]


@mark.parametrize("role", LOOKERS)
def test_every_file_says_what_the_map_says_to_this_role(seen, role) -> None:
    """All blocks, all thirteen windows, all kinds; of what takes long, two windows of each kind."""
    order = seen.order(role, None)
    for kind in kinds_for(role):
        turn = PAIRS.index((role, kind)) % WINDOWS
        for number in range(WINDOWS):
            asked = f"?soort={kind.value}&periode={number}"
            with seen.app.test_request_context():
                may = said(seen.figures(role, kind, number, None))
                check_columns(seen.get(f"/cijfers.json{asked}", role, None), may, order)
                check_drawn(seen.get(f"/blokken.json{asked}", role, None), may)
                check_lines(seen.get(f"/tabel.csv{asked}", role, None), may)
                if number in {0, turn}:
                    check_package(seen.get(f"/blokken.gpkg{asked}", role, None), may)
                    check_page(seen.get(asked, role, None), may)


@mark.parametrize("role", LOOKERS)
def test_within_one_district_no_file_names_another(seen, role) -> None:
    (own, *others) = seen.order(role, None)
    reach = frozenset({own})
    order, kind = seen.order(role, reach), kinds_for(role)[0]
    assert list(order) == [own]
    with seen.app.test_request_context():
        may = said(seen.figures(role, kind, 0, reach))
        assert {each["home"][0] for each in may.values()} == {own}
        check_columns(seen.get("/cijfers.json", role, reach), may, order)
        check_drawn(seen.get("/blokken.json", role, reach), may)
        check_drawn(seen.get(f"/blokken.json?wijk={own}", role, reach), may)
        check_lines(seen.get("/tabel.csv", role, reach), may)
        check_package(seen.get("/blokken.gpkg", role, reach), may)
    assert others
    for other in others:
        for name in ("", "/cijfers.json", "/wijken.json", "/blokken.json", "/tabel.csv"):
            assert other.encode() not in seen.get(name, role, reach)
        assert other.encode() not in seen.get("/blokken.gpkg", role, reach)


def test_the_package_holds_no_table_beside_the_blocks_and_their_colours(seen, tmp_path) -> None:
    """Not in a table, and not in pages of the file that a table has left behind."""
    path = tmp_path / "blokken.gpkg"
    path.write_bytes(seen.get("/blokken.gpkg", PAIRS[0][0], None))
    with closing(connect(path)) as file:
        names = {row[0] for row in file.execute("SELECT name FROM sqlite_master")}
        assert file.execute("PRAGMA freelist_count").fetchone() == (0,)
    own = {
        name for name in names if not name.startswith(("gpkg_", "rtree_", "sqlite_", "trigger_"))
    }
    assert own == {"blokken", "layer_styles"}


def test_the_town_holds_counts_of_every_class(seen) -> None:
    """Or the tests above would prove nothing."""
    found = set()
    for role, kind in PAIRS:
        for number in range(WINDOWS):
            figures = seen.figures(role, kind, number, None)
            found |= {(r.reporters.low, r.reporters.hidden, r.rate is None) for r in figures.rows}
    assert {low for low, hidden, _ in found if not hidden} >= {3, 4, 5, 10, 20, 40}
    assert (0, True, True) in found


def test_who_comes_next_at_the_same_screen_gets_other_outlines(seen) -> None:
    """A browser keeps outlines for a week under their address, whoever sits before it."""
    addresses = {}
    for reach in (None, *(frozenset({code}) for code in seen.order("team_member", None))):
        html = seen.get("", "team_member", reach).decode()
        addresses[re.search(r'data-districts="([^"]+)"', html)[1]] = reach
    assert len(addresses) == 3
