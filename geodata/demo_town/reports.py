"""Two years of invented reports: what neighbours send anyway, and the planted truths on top."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count

import numpy as np

from demo_town.doors import Address
from demo_town.plan import SEED, rng_for
from demo_town.truths import LEAST, WEEKS, HotPlace, Truth
from signaal.hotspots.numbers.neighbours import Adjacency
from signaal.hotspots.simulate import BlockMap, Habits, invent

REPORT_COLUMNS = (
    "week_back", "day", "minute", "postcode", "number", "letter_or_addition", "kind", "category",
    "urgency", "channel", "reporter", "identified",
)  # fmt: skip

VOICES_PER_PLACE = 0.3
"""Background: voices per postcode of usual size and four weeks, all kinds together."""
USUAL = Habits(rate=VOICES_PER_PLACE / 4, season=0.2, levels=0.5, dispersion=1.1)
"""How the town reports where nothing is going on."""
FULLEST = 30 + round(56 * 365.2425 / 7)
"""The number of a week at the height of the season; the demo is always loaded in one."""
BACKGROUND_MOST = 3
"""Background reporters at one postcode in any four weeks."""
KINDS = {"nuisance": 0.62, "concern": 0.28, "arrears": 0.10}
CATEGORIES = {
    "nuisance": {
        "noise": 0.36, "waste": 0.17, "neighbour_dispute": 0.12, "youth_group": 0.11,
        "stench": 0.07, "drugs_alcohol": 0.08, "vandalism": 0.06, "intimidation": 0.03,
    },
    "concern": {
        "loneliness": 0.34, "neglect": 0.22, "confusion": 0.22, "squalor": 0.14,
        "crisis_threat": 0.08,
    },
    "arrears": {"money_worries": 1.0},
}  # fmt: skip
CHANNELS = {"sms": 0.48, "web": 0.36, "voice": 0.08, "staff": 0.08}
STAFF = 12
"""Reporters 1 to 12 are professionals; they report in many places."""
COMES_BACK = 0.15
NAMED_ON_WEB = 0.4
TEXTS = 0.8
"""Share of neighbours with a known number who text rather than use the form."""
KEEN = 0.3
"""Chance that a neighbour at a hot place reports in a week."""
BAD_NIGHT = 0.3
"""Chance per week of a night on which many neighbours report."""
NAMELESS_EVERY = 5
"""One in so many neighbours at a hot place stays anonymous."""
FADES_OVER = 6
"""Weeks."""
URGENT = {"concern": 0.15, "nuisance": 0.05, "arrears": 0.0}
URGENT_CRISIS, ACUTE_CRISIS = 0.7, 0.1
ANGRY_REPORTS = 50
DAY = 24 * 60
MISSING_HOUR = (120, 180)
"""Minutes that the clock skips or repeats when it changes."""


@dataclass(frozen=True, order=True)
class Report:
    """One invented report; time counts back from the week in which the demo is loaded."""

    weeks_ago: int
    day: int
    """0 is Monday."""
    minute: int
    """Of the day, on the clock of Amsterdam."""
    home: int
    """Index into the dwellings."""
    kind: str
    category: str
    urgency: str
    channel: str
    reporter: int
    identified: bool


class Writer:
    """Hands out reporters and remembers who reported where and when."""

    def __init__(self, homes: Sequence[Address]) -> None:
        self.homes = homes
        self.at: dict[str, list[int]] = defaultdict(list)
        for index, home in enumerate(homes):
            self.at[home.postcode].append(index)
        self.reporters = count(STAFF + 1)
        self.reports: list[Report] = []
        self.heard: dict[str, dict[int, set[int]]] = defaultdict(lambda: defaultdict(set))

    def add(self, report: Report) -> None:
        """Keeps a report."""
        self.reports.append(report)
        self.heard[self.homes[report.home].postcode][report.weeks_ago].add(report.reporter)

    def is_quiet(self, postcode: str, week: int, reporter: int) -> bool:
        """Whether one more reporter leaves every four weeks around this one unremarkable."""
        weeks = self.heard[postcode]
        return all(
            len(set().union({reporter}, *(weeks.get(start + i, ()) for i in range(4))))
            <= BACKGROUND_MOST
            for start in range(week - 3, week + 1)
        )


def invent_reports(addresses: Sequence[Address], truths: Sequence[Truth]) -> list[Report]:
    """All reports, oldest first."""
    writer = Writer([address for address in addresses if address.is_dwelling])
    _background(writer)
    for truth in truths:
        for place in truth.places:
            trouble = Trouble(writer, truth, place)
            if truth.shape == "false_alarm":
                trouble.run_angry()
            else:
                trouble.run()
    return sorted(writer.reports, key=lambda report: (-report.weeks_ago, report))


def as_rows(reports: Sequence[Report], addresses: Sequence[Address]) -> Iterator[dict[str, object]]:
    """The reports as rows of `reports.csv.gz`."""
    homes = [address for address in addresses if address.is_dwelling]
    for report in reports:
        home = homes[report.home]
        yield {
            "week_back": report.weeks_ago,
            "day": report.day,
            "minute": report.minute,
            "postcode": home.postcode,
            "number": home.number,
            "letter_or_addition": home.letter or home.addition,
            "kind": report.kind,
            "category": report.category,
            "urgency": report.urgency,
            "channel": report.channel,
            "reporter": report.reporter,
            "identified": int(report.identified),
        }


def _background(writer: Writer) -> None:
    voices = _usual_voices([len(homes) for homes in writer.at.values()])
    for postcode, weekly in zip(writer.at, voices, strict=True):
        chance = rng_for("background", postcode)
        for week in range(WEEKS):
            for _ in range(weekly[WEEKS - 1 - week]):
                _background_report(writer, postcode, week, chance)


def _usual_voices(sizes: Sequence[int]) -> np.ndarray:
    """Voices per postcode and week, oldest first, by the generator that `signaal simulate` uses."""
    nobody = np.array([], dtype=np.int64)
    town = BlockMap(
        dwellings=np.array(sizes),
        centres=np.zeros((len(sizes), 2)),
        adjacency=Adjacency.of_pairs(nobody, nobody, blocks=len(sizes)),
        neighbourhood=np.zeros(len(sizes), dtype=np.int64),
    )
    first_week = FULLEST - WEEKS + 1
    return invent(town, habits=USUAL, weeks=WEEKS, seed=SEED, first_week=first_week).counts


def _background_report(
    writer: Writer, postcode: str, week: int, chance: np.random.Generator
) -> None:
    kind = _draw(KINDS, chance)
    channel = _draw(CHANNELS, chance)
    is_staff = channel == "staff"
    reporter = int(chance.integers(1, STAFF + 1)) if is_staff else next(writer.reporters)
    known = channel != "web" or chance.random() < NAMED_ON_WEB
    home = int(chance.choice(writer.at[postcode]))
    again = week - int(chance.integers(1, 4)) if chance.random() < COMES_BACK else -1
    category = _draw(CATEGORIES[kind], chance)
    for moment in (week, again):
        if moment >= 0 and writer.is_quiet(postcode, moment, reporter):
            day, minute = _moment(kind, chance)
            urgency = _urgency(kind, category, moment, chance)
            writer.add(
                Report(moment, day, minute, home, kind, category, urgency, channel, reporter, known)
            )


@dataclass(frozen=True)
class Neighbour:
    """Somebody who reports from one home."""

    reporter: int
    home: int
    identified: bool


class Trouble:
    """One place where a truth plays out, week by week."""

    def __init__(self, writer: Writer, truth: Truth, place: HotPlace) -> None:
        self.writer = writer
        self.truth = truth
        self.place = place
        self.chance = rng_for("truth", truth.name, place.postcode)
        homes = self.chance.choice(writer.at[place.postcode], truth.reporters, replace=False)
        self.neighbours = [
            Neighbour(next(writer.reporters), int(home), nth % NAMELESS_EVERY > 0)
            for nth, home in enumerate(homes, start=1)
        ]
        self.named = [one for one in self.neighbours if one.identified]

    def run(self) -> None:
        """Neighbours who report each in their own rhythm, and nights on which many do."""
        for week in range(self.place.since, self.place.until - 1, -1):
            keen = self._keenness(week)
            for neighbour in self.neighbours:
                if self.chance.random() < keen:
                    self._say(week, neighbour, self._moment())
            if keen == KEEN:
                self._bad_night(week)
                self._fill_up(week)

    def run_angry(self) -> None:
        """One neighbour who reports again and again."""
        start, end = self.place.since + 0.49, self.place.until - 0.49
        for week in np.linspace(start, end, ANGRY_REPORTS).round().astype(int):
            self._say(int(week), self.neighbours[0], self._moment())

    def _keenness(self, week: int) -> float:
        """A fading place grows quiet."""
        left = (week - self.place.until) / FADES_OVER
        return KEEN * min(1.0, left) if self.truth.shape == "fading" else KEEN

    def _bad_night(self, week: int) -> None:
        """The present week has one before anybody is awake, whatever day the demo is loaded."""
        if week > 0 and self.chance.random() > BAD_NIGHT:
            return
        day = 0 if week == 0 else int(self.chance.integers(0, 7))
        for index in self.chance.permutation(len(self.named))[: LEAST + 1]:
            moment = (day, int(self.chance.integers(5, 105)))
            self._say(week, self.named[index], moment)

    def _fill_up(self, week: int) -> None:
        """No four weeks in a row with fewer voices than a hot place has."""
        if week + 3 > self.place.since:
            return
        weeks = self.writer.heard[self.place.postcode]
        heard = set().union(*(weeks[week + back] for back in range(4)))
        silent = [one for one in self.named if one.reporter not in heard]
        for neighbour in silent[: max(0, LEAST - len(self.named) + len(silent))]:
            self._say(week, neighbour, self._moment())

    def _moment(self) -> tuple[int, int]:
        return _moment(self.truth.kind, self.chance)

    def _say(self, week: int, neighbour: Neighbour, moment: tuple[int, int]) -> None:
        category = str(self.chance.choice(self.truth.categories))
        texts = neighbour.identified and self.chance.random() < TEXTS
        self.writer.add(
            Report(
                week,
                *moment,
                neighbour.home,
                self.truth.kind,
                category,
                _urgency(self.truth.kind, category, week, self.chance),
                "sms" if texts else "web",
                neighbour.reporter,
                neighbour.identified,
            )
        )


def _moment(kind: str, chance: np.random.Generator) -> tuple[int, int]:
    """Nuisance is reported in the evening and at night, worries mostly by day."""
    day = int(chance.integers(0, 7))
    middle, width = (22.5 * 60, 150) if kind == "nuisance" else (14 * 60, 170)
    minute = int(chance.normal(middle, width)) % DAY
    if MISSING_HOUR[0] <= minute < MISSING_HOUR[1]:
        minute -= MISSING_HOUR[1] - MISSING_HOUR[0]
    return day, minute


def _urgency(kind: str, category: str, week: int, chance: np.random.Generator) -> str:
    """The present week holds nothing urgent, so that a fresh demo doesn't ring anybody's phone."""
    crisis = category == "crisis_threat"
    draw = chance.random()
    if week == 0 or draw > (URGENT_CRISIS if crisis else URGENT[kind]):
        return "normal"
    return "acute" if crisis and draw < ACUTE_CRISIS else "urgent"


def _draw(shares: dict[str, float], chance: np.random.Generator) -> str:
    return str(chance.choice(list(shares), p=list(shares.values())))
