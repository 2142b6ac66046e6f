"""Small hostile towns, and an attacker who reads every page of Signaal and does the sums."""

import gzip
import json
import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from html import unescape

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from signaal.access.model import MATRIX, CaseText
from signaal.clock import FIRST_MONDAY, period_of, start_of
from signaal.hotspots import actions as hotspots
from signaal.hotspots.model import kinds_for
from signaal.intake import actions as intake
from signaal.intake.model import HistoricReport, Kind
from signaal.places.store import BlockRow, DistrictRow, MunicipalityRow, NeighbourhoodRow
from tests.hotspots.towns import square
from tests.privacy.taken import FILES, SLOW, UNSTEADY, told_in

KINDS = (Kind.NUISANCE, Kind.CONCERN)
PER_YEAR = 13
NO_CASES = tuple(
    role
    for role, sight in MATRIX.items()
    if sight.case_text in {CaseText.NOTHING, CaseText.ON_QUESTION}
)
"""Everybody who reads no case text; a resident is ""."""
BORDERS = (0, 1, 4, 5, 9, 10, 19, 20, 38, 39, 40, 41, 43)
NO_END = 10**6
EVERY = 4
SHAPES = ("block", *FILES)
"""Besides the table on the page itself."""

# -- towns ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Town:
    """Blocks in neighbourhoods in districts, and the voices in them.

    Attributes:
        home: For each block the codes of its neighbourhood and district.
        dwellings: Of each block.
        first: The first fixed period that has voices.
        voices: Shape (kinds, blocks, periods).
    """

    home: tuple[tuple[str, str], ...]
    dwellings: tuple[int, ...]
    first: int
    voices: np.ndarray

    @property
    def codes(self) -> list[str]:
        return [f"{near}-80{place:02}AA" for place, (near, _) in enumerate(self.home)]

    def with_voices(self, voices: np.ndarray) -> "Town":
        return replace(self, voices=voices)


def hostile(seed: int, *, first: int, periods: int) -> Town:
    """One to three districts of one to three neighbourhoods of one to four blocks."""
    draw = random.Random(seed)  # noqa: S311 - towns, not secrets
    home, dwellings, voices = [], [], []
    for district in range(draw.randint(1, 3)):
        for near in range(draw.randint(1, 3)):
            blocks = draw.randint(1, 4)
            codes = (f"BU0193{district:02}{near:02}", f"WK0193{district:02}")
            home += [codes] * blocks
            dwellings += [draw.choice([6, 40, 50, 50, 60]) for _ in range(blocks)]
            voices.append(_around_a_border(draw, blocks=blocks, periods=periods))
    return Town(tuple(home), tuple(dwellings), first, np.concatenate(voices, axis=1))


def _around_a_border(draw: random.Random, *, blocks: int, periods: int) -> np.ndarray:
    """Voices of one neighbourhood: each year sums to a number beside a border, or is busy."""
    voices = np.zeros((len(KINDS), blocks, periods), dtype=np.int64)
    for kind in range(len(KINDS)):
        for start in range(0, periods, PER_YEAR):
            year = voices[kind, :, start : start + PER_YEAR]
            if draw.random() < 0.25:
                for place in np.ndindex(year.shape):
                    year[place] = draw.choice([0, 3, 4, 4, 5, 9, 10, 39, 41])
                continue
            left = draw.choice(BORDERS)
            while left:
                some = min(left, draw.choice([1, 1, 2, 4, 5, 12, 20]))
                year[draw.randrange(blocks), draw.randrange(year.shape[1])] += some
                left -= some
    return voices


def settle(services, town: Town) -> None:
    """Puts the town and all its reports in an empty database."""
    with services.database.session() as session, session.begin():
        session.add(MunicipalityRow(code="GM0193", name="Lindestad"))
        session.flush()
        for code in dict.fromkeys(district for _, district in town.home):
            session.add(DistrictRow(code=code, name=f"Wijk {code}", municipality_code="GM0193"))
        session.flush()
        for place, (near, district) in enumerate(dict.fromkeys(town.home)):
            wkb = square(0, place)
            session.add(
                NeighbourhoodRow(code=near, name=f"Buurt {near}", district_code=district, wkb=wkb)
            )
        session.flush()
        rows = [
            BlockRow(
                code=code,
                neighbourhood_code=near,
                dwellings=homes,
                small=homes < 10,
                wkb=square(place, 0),
            )
            for place, (code, (near, _), homes) in enumerate(
                zip(town.codes, town.home, town.dwellings, strict=True)
            )
        ]
        session.add_all(rows)
        session.flush()
        intake.take_in_history(session, list(_reports(town, [row.id for row in rows])))


def _reports(town: Town, ids: Sequence[int]) -> Iterator[HistoricReport]:
    for (kind, block, period), count in np.ndenumerate(town.voices):
        moment = start_of((town.first + period) * 4) + timedelta(days=1)
        for number in range(count):
            yield HistoricReport(
                received_at=moment + timedelta(weeks=number % 4),
                kind=KINDS[kind],
                category="noise" if kind == 0 else "neglect",
                block_id=ids[block],
                reporter_token=f"{kind}-{block}-{period}-{number}",
            )


# -- what an attacker reads -----------------------------------------------------------------

Ends = tuple[int, int]
Cell = tuple[str, str, int]
"""Kind, code of block or area, and fixed period or (for areas) fixed year."""


@dataclass
class Notes:
    """Everything that was told, the narrowest ends of each cell."""

    blocks: dict[Cell, Ends] = field(default_factory=dict)
    areas: dict[Cell, Ends] = field(default_factory=dict)
    pages: dict[str, bytes] = field(default_factory=dict)

    def write(self, cells: dict[Cell, Ends], cell: Cell, words: str) -> None:
        low, high = ends_of(words)
        known = cells.get(cell, (0, NO_END))
        cells[cell] = (max(known[0], low), min(known[1], high))
        assert cells[cell][0] <= cells[cell][1], f"two pages contradict each other: {cell}"


def ends_of(words: str) -> Ends:
    """A count in the words of the page, as the ends between which it lies."""
    if words == "niet getoond":
        return 0, NO_END
    numbers = [int(each) for each in re.findall(r"\d+", words)]
    if words.startswith("minder dan"):
        return 0, numbers[0] - 1
    if words.endswith("of meer"):
        return numbers[0], NO_END
    assert re.fullmatch(r"\d+(–\d+)?", words), words
    return numbers[0], numbers[-1]


MONTHS = ["jan", "feb", "mrt", "apr", "mei", "jun", "jul", "aug", "sep", "okt", "nov", "dec"]
DAYS = re.compile(r"(\d+) (\w{3})\w*\.?(?: (\d{4}))? t/m (\d+) (\w{3})\w*\.? (\d{4})")


def period_in(words: str) -> int:
    """The fixed period that begins on the first day in these words."""
    day, month, year, _, _, last_year = DAYS.search(words).groups()
    first = date(int(year or last_year), MONTHS.index(month) + 1, int(day))
    weeks, rest = divmod((first - FIRST_MONDAY).days, 7)
    assert (rest, weeks % 4) == (0, 0), words
    return period_of(weeks)


def text_of(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def cells_of(row: str) -> list[str]:
    return [text_of(cell) for cell in re.split(r"</t[dh]>", row)[:-1]]


class Attacker:
    """Somebody who reads all that the roles without case text may read, and adds it up."""

    def __init__(self, app, *, at: Callable[..., None]) -> None:
        app.config["WTF_CSRF_ENABLED"] = False  # it isn't what is attacked here
        self.app = app
        self.at = at
        self.week = self.turn = 0
        self.order: dict[str, list[str]] = {}
        self.notes = Notes()

    def sign_in(self, role: str, *, district: str = ""):
        client = self.app.test_client()
        if role:
            answer = client.post("/aanmelden", data={"role": role, "district": district})
            assert answer.status_code == 303, (role, answer.status_code)
        return client

    def read_all(self, roles: Sequence[str], *, weeks: Sequence[int], shapes=SHAPES) -> Notes:
        """Every question that these roles can ask in these weeks, in these shapes."""
        for week in weeks:
            self.at(week=week)
            self._read_now(roles, week=week, shapes=shapes)
        return self.notes

    def _read_now(self, roles: Sequence[str], *, week: int, shapes: Sequence[str]) -> None:
        self.week = week
        for role in roles:
            client = self.sign_in(role)
            self._read_areas(client, role)
            if kinds_for(role) and shapes:
                self._read_shapes(client, role)
            for kind in kinds_for(role):
                for number in range(13):
                    self._read_map(client, role, kind=kind, number=number, shapes=shapes)
                    self.turn += 1
                for code in self.codes if "block" in shapes else ():
                    self._read_block(client, role, kind=kind, code=code)

    @staticmethod
    def codes_in(page: str) -> list[str]:
        """The blocks in the table, in order of code."""
        return sorted(re.findall(r'<tr data-block="([^"]+)"', page))

    def _get(self, client, role: str, path: str) -> bytes:
        answer = client.get(path)
        assert answer.status_code == 200, (role, path, answer.status_code)
        packed = answer.content_encoding == "gzip"
        told = gzip.decompress(answer.data) if packed else answer.data
        if not path.startswith(tuple(f"/kaart/{name}" for name in UNSTEADY)):
            self.notes.pages[f"{self.week} {role} {path}"] = re.sub(rb'nonce="[^"]*"', b"", told)
        return told

    def _read_map(self, client, role, *, kind, number, shapes) -> None:
        asked = f"soort={kind.value}&periode={number}"
        page = self._get(client, role, f"/kaart?{asked}").decode()
        period = period_in(re.search(r"<caption>(.*?)</caption>", page, re.DOTALL)[1])
        self.codes = self.codes_in(page)
        for row in re.findall(r"<tr (data-block=.*?)</tr>", page, re.DOTALL):
            code = re.search(r'data-block="([^"]+)"', row)[1]
            self.notes.write(self.notes.blocks, (kind, code, period), cells_of(row)[3])
        for place, name in enumerate(FILES):
            # What takes long to write is read at every fourth question: test_map_files.py holds
            # each file against the page.
            if name in shapes and (name not in SLOW or (self.turn + place) % EVERY == 0):
                told = self._get(client, role, f"/kaart/{name}?{asked}")
                for code, words in told_in(name, told, order=self.order).items():
                    self.notes.write(self.notes.blocks, (kind, code, period), words)

    def _read_shapes(self, client, role) -> None:
        """The outlines of the districts, and in which order the blocks are drawn in each."""
        outlines = json.loads(self._get(client, role, "/kaart/wijken.json"))["features"]
        self.order = {}
        for code in (each["properties"]["code"] for each in outlines):
            drawn = json.loads(self._get(client, role, f"/kaart/vormen.json?wijk={code}"))
            self.order[code] = [each["properties"]["code"] for each in drawn["features"]]

    def _read_block(self, client, role, *, kind, code) -> None:
        page = self._get(client, role, f"/blok/{code}?soort={kind.value}").decode()
        story = page.split('id="trend"')[1]
        for row in re.findall(r"<tr>(<th scope=\"row\">.*?)</tr>", story, re.DOTALL):
            stretch, words, *_ = cells_of(row)
            if DAYS.search(stretch):  # else a neighbour, whose own page says the same
                self.notes.write(self.notes.blocks, (kind, code, period_in(stretch)), words)

    def read_areas(self, role: str, *, district: str = "") -> None:
        """The yearly figures as they are now, as this role in this district may see them."""
        self._read_areas(self.sign_in(role, district=district), role)

    def _read_areas(self, client, role) -> None:
        page = self._get(client, role, "/buurten").decode()
        year = period_in(re.search(r'<p class="big">(.*?)</p>', page)[1]) // PER_YEAR
        for section in page.split("<section")[1:]:
            rows = re.findall(r"<tr>(.*?)</tr>", section, re.DOTALL)
            link = re.compile(r'href="/buurten/(BU\w+)"')
            near = [link.search(row)[1] for row in rows if link.search(row)]
            for row in rows[1:]:
                found = link.search(row)
                whole = f"WK{near[0][2:8]}" if near else "town"
                code = found[1] if found else whole
                for kind, words in zip(KINDS, cells_of(row)[1:], strict=True):
                    self.notes.write(self.notes.areas, (kind, code, year), words)
            for code in near:
                self._get(client, role, f"/buurten/{code}")


# -- doing the sums -------------------------------------------------------------------------


class Sums:
    """All that was told of one kind, as one system of sums of whole numbers."""

    def __init__(self, notes: Notes, town: Town, kind: Kind) -> None:
        self.town, self.kind = town, kind
        years = {year for _, _, year in notes.areas}
        periods = {period for _, _, period in notes.blocks}
        periods |= {year * PER_YEAR + each for year in years for each in range(PER_YEAR)}
        self.cells = [(code, period) for code in town.codes for period in sorted(periods)]
        told = [notes.blocks.get((kind, *cell), (0, NO_END)) for cell in self.cells]
        self.low, self.high = (np.array(each) for each in zip(*told, strict=True))
        self.areas = {cell[1:]: e for cell, e in notes.areas.items() if cell[0] == kind}
        self.rows = {area: self._inside(*area) for area in self.areas}

    def _inside(self, area: str, year: int) -> np.ndarray:
        homes = dict(zip(self.town.codes, self.town.home, strict=True))
        return np.array(
            [
                (area == "town" or area in homes[code]) and period // PER_YEAR == year
                for code, period in self.cells
            ],
            dtype=float,
        )

    def hidden_cells(self) -> list[tuple[tuple[str, int], np.ndarray]]:
        """Cells of blocks and of areas of which only is said that they may be zero.

        Of cells of blocks that stand in the same sums and have the same ends, one: what follows
        for the one follows for the others.
        """
        single, matrix = np.eye(len(self.cells)), np.array(list(self.rows.values()))
        alike = {
            (matrix[:, i].tobytes(), self.high[i]): (self.cells[i], single[i])
            for i in np.flatnonzero(self.low == 0)
        }
        leaves = list(alike.values())
        known = {area: float(row @ self.low) for area, row in self.rows.items()}
        areas = [
            (area, self.rows[area])
            for area, ends in self.areas.items()
            if ends[0] == 0 and known[area] == 0
        ]
        return leaves + areas

    def least_and_most(
        self, wanted: np.ndarray, *, own: np.ndarray | None = None, most: int = NO_END
    ) -> tuple[tuple[int, np.ndarray], tuple[int, np.ndarray]]:
        """The least and the most of a sum, and towns in which it is so.

        Args:
            wanted: Which cells are added up.
            own: A cell in which the attacker's own voice is.
            most: The highest count that is thought of where there is no upper end.
        """
        matrix = np.array(list(self.rows.values()))
        ends = np.array(list(self.areas.values()))
        bounds = Bounds(self.low if own is None else np.maximum(self.low, own), self.highest(most))
        rule = LinearConstraint(matrix, ends[:, 0], ends[:, 1])
        whole = np.ones(len(self.cells))
        found = [
            milp(sign * wanted, constraints=rule, bounds=bounds, integrality=whole)
            for sign in (1, -1)
        ]
        assert all(each.success for each in found), [each.message for each in found]
        least, greatest = (np.round(each.x).astype(np.int64) for each in found)
        return (round(wanted @ least), least), (round(wanted @ greatest), greatest)

    def as_voices(self, counts: np.ndarray, true: np.ndarray) -> np.ndarray:
        """A whole solution as a town, shape (blocks, periods); the true counts elsewhere."""
        voices = true.copy()
        for (code, period), count in zip(self.cells, counts, strict=True):
            voices[self.town.codes.index(code), period - self.town.first] = count
        return voices

    def highest(self, most: int) -> np.ndarray:
        return np.where(self.high >= NO_END, np.maximum(self.low, most), self.high)


def refresh_at(services, clock, *, week: int) -> None:
    """The figures as they are on the Tuesday of this week."""
    clock.set(start_of(week) + timedelta(days=1, hours=9))
    hotspots.refresh(services)
