"""Who has duty at a given instant: never nobody."""

import re
from collections.abc import Container, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any

from signaal.clock import AMSTERDAM
from signaal.errors import BrokenRota, PolicyFault

SATURDAY = 5
WEEK = timedelta(weeks=1)
E164 = re.compile(r"\+[1-9]\d{7,14}")


class Service(StrEnum):
    """Which service is responsible."""

    DAY = "day"
    NIGHT = "night"
    FALLBACK = "fallback"


@dataclass(frozen=True)
class DutyTarget:
    """One person or office to ring.

    Attributes:
        name: How colleagues call them.
        number: E.164.
        service: Why they are on the list: the day, the night, or the last resort.
        reason: One short phrase for the history, in Dutch.
    """

    name: str
    number: str
    service: Service
    reason: str


@dataclass(frozen=True)
class Rota:
    """Who has duty, week by week.

    Attributes:
        opens: When the office opens on a working day, on the wall clock in Amsterdam.
        closes: When it closes; at that very second the night service has duty.
        free_days: Days on which the office stays closed (public holidays, own closing days).
        day: Who answers in office hours (the wijkteam).
        fallback: The last resort, at the end of every list.
        handover: The wall-clock time on Monday at which the next of `weeks` takes over.
        first_monday: The Monday on which the first of `weeks` begins.
        weeks: The night service per week, in the order of ringing; repeats for ever.
    """

    opens: time
    closes: time
    free_days: Container[date]
    day: DutyTarget
    fallback: DutyTarget
    handover: time
    first_monday: date
    weeks: tuple[tuple[DutyTarget, ...], ...]


def who_answers(rota: Rota, instant: datetime) -> tuple[DutyTarget, ...]:
    """Who is rung at this instant, in this order; the last resort always ends the list.

    Args:
        rota: The duty rota.
        instant: An aware instant.

    Returns:
        At least one target.
    """
    if is_office_time(rota, instant):
        return (rota.day, rota.fallback)
    return (*_night(rota, instant), rota.fallback)


def is_office_time(rota: Rota, instant: datetime) -> bool:
    """Whether the office is open, by the wall clock in Amsterdam."""
    local = instant.astimezone(AMSTERDAM)
    working_day = local.weekday() < SATURDAY and local.date() not in rota.free_days
    return working_day and rota.opens <= local.time() < rota.closes


def without(targets: Sequence[DutyTarget], number: str | None) -> tuple[DutyTarget, ...]:
    """The targets other than the caller's own telephone; the last one stays if it is the only."""
    others = tuple(target for target in targets if target.number != number)
    return others or tuple(targets[-1:])


def _night(rota: Rota, instant: datetime) -> tuple[DutyTarget, ...]:
    if not rota.weeks:
        return ()
    # On the wall clock: a week in which the clocks change ends at the same hour as any other.
    local = instant.astimezone(AMSTERDAM).replace(tzinfo=None)
    passed = local - datetime.combine(rota.first_monday, rota.handover)
    return rota.weeks[passed // WEEK % len(rota.weeks)]


# -- reading the file -----------------------------------------------------------------------

_KEYS = {
    "timezone": str,
    "office_opens": str,
    "office_closes": str,
    "fallback": dict,
    "day": dict,
    "people": list,
    "night": dict,
}


def rota_from(
    table: dict[str, Any], *, file: str, line_number: str, holidays: Container[date]
) -> Rota:
    """The rota that a file describes.

    Args:
        table: The file's TOML.
        file: Its name, for the faults.
        line_number: The line's own number, which nobody on the rota may have.
        holidays: Public holidays, to which the file's own `closed_days` are added.

    Raises:
        BrokenRota: All faults at once, each with file, key and mend.
    """
    reading = _Reading(file, line_number)
    rota = reading.rota(table, holidays)
    if reading.faults or rota is None:
        raise BrokenRota("\n".join(str(fault) for fault in reading.faults))
    return rota


@dataclass(frozen=True)
class _FreeDays:
    """Public holidays and the office's own closing days, as one."""

    holidays: Container[date]
    own: frozenset[date]

    def __contains__(self, day: object) -> bool:
        return day in self.own or day in self.holidays


class _Reading:
    """Reads one file and writes down everything that is wrong with it."""

    def __init__(self, file: str, line_number: str) -> None:
        self.faults: list[PolicyFault] = []
        self._file = file
        self._line_number = line_number

    def rota(self, table: dict[str, Any], holidays: Container[date]) -> Rota | None:
        self._known(table, {*_KEYS, "closed_days"}, "")
        parts = {key: self._get(table, key, kind) for key, kind in _KEYS.items()}
        if parts["timezone"] not in {None, str(AMSTERDAM)}:
            self._wrong("timezone", f"moet {AMSTERDAM} zijn / must be {AMSTERDAM}")
        opens = self._time("office_opens", parts["office_opens"])
        closes = self._time("office_closes", parts["office_closes"])
        if opens and closes and opens >= closes:
            self._wrong("office_closes", "moet na office_opens liggen / must be after office_opens")
        day = self._target("day", parts["day"], Service.DAY, "kantooruren")
        fallback = self._target("fallback", parts["fallback"], Service.FALLBACK, "laatste nummer")
        weeks = self._weeks(parts["night"], self._people(parts["people"]))
        handover, first = self._start(parts["night"] or {})
        free = _FreeDays(holidays, self._closed_days(table.get("closed_days", [])))
        if not (opens and closes and day and fallback and handover and first):
            return None
        return Rota(opens, closes, free, day, fallback, handover, first, weeks)

    def _closed_days(self, values: Any) -> frozenset[date]:  # noqa: ANN401 - TOML
        if not isinstance(values, list):
            self._wrong("closed_days", "moet een lijst zijn / must be a list")
            return frozenset()
        days = [self._date("closed_days", value) for value in values]
        return frozenset(day for day in days if day)

    def _start(self, night: dict[str, Any]) -> tuple[time | None, date | None]:
        """When the first week of the night service begins."""
        if not night:
            return None, None
        first = self._date("night.first_monday", night.get("first_monday"))
        if first and first.weekday():
            self._wrong("night.first_monday", "is geen maandag / is not a Monday")
        return self._time("night.handover", self._get(night, "handover", str, "night.")), first

    def _people(self, entries: list[Any] | None) -> dict[str, DutyTarget]:
        people: dict[str, DutyTarget] = {}
        for index, entry in enumerate(entries or []):
            key = f"people.{index}"
            target = self._target(key, entry, Service.NIGHT, "nachtdienst", more={"id"})
            name = self._get(entry, "id", str, f"{key}.") if isinstance(entry, dict) else None
            if name in people:
                self._wrong(f"{key}.id", "staat er twee keer / is there twice")
            elif name and target:
                people[name] = target
        return people

    def _weeks(
        self, night: dict[str, Any] | None, people: dict[str, DutyTarget]
    ) -> tuple[tuple[DutyTarget, ...], ...]:
        if night is None:
            return ()
        self._known(night, {"handover", "first_monday", "weeks"}, "night.")
        weeks = self._get(night, "weeks", list, "night.") or []
        if "weeks" in night and not weeks:
            self._wrong("night.weeks", "noem minstens één week / name at least one week")
        return tuple(
            self._week(f"night.weeks.{index}", order, people) for index, order in enumerate(weeks)
        )

    def _week(
        self,
        key: str,
        order: Any,  # noqa: ANN401 - TOML
        people: dict[str, DutyTarget],
    ) -> tuple[DutyTarget, ...]:
        if not isinstance(order, list) or not order:
            self._wrong(key, "in deze week heeft niemand dienst / nobody has duty in this week")
            return ()
        names = [str(name) for name in order]
        for name in names:
            if name not in people:
                self._wrong(key, f"{name} staat niet goed bij people / {name} is not in people")
        if len(set(names)) < len(names):
            self._wrong(key, "noemt iemand twee keer / names somebody twice")
        return tuple(people[name] for name in names if name in people)

    def _target(
        self,
        key: str,
        entry: Any,  # noqa: ANN401 - TOML
        service: Service,
        reason: str,
        *,
        more: frozenset[str] | set[str] = frozenset(),
    ) -> DutyTarget | None:
        if entry is None:
            return None
        if not isinstance(entry, dict):
            self._wrong(key, "moet een tabel zijn / must be a table")
            return None
        self._known(entry, {"name", "number", *more}, f"{key}.")
        name = self._get(entry, "name", str, f"{key}.")
        number = self._get(entry, "number", str, f"{key}.")
        if name is not None and not name.strip():
            self._wrong(f"{key}.name", "is leeg / is empty")
        if number is not None:
            self._number(f"{key}.number", number)
        return DutyTarget(name, number, service, reason) if name and number else None

    def _number(self, key: str, number: str) -> None:
        if not E164.fullmatch(number):
            self._wrong(key, "schrijf het als +31612345678 / write it like +31612345678")
        elif number == self._line_number:
            self._wrong(key, "is het nummer van de lijn zelf / is the line's own number")

    def _time(self, key: str, value: str | None) -> time | None:
        if value is None:
            return None
        try:
            return datetime.strptime(value, "%H:%M").time()  # noqa: DTZ007 - a wall clock
        except ValueError:
            self._wrong(key, "schrijf het als 08:00 / write it like 08:00")
            return None

    def _date(self, key: str, value: Any) -> date | None:  # noqa: ANN401 - TOML
        try:
            return date.fromisoformat(str(value))
        except ValueError:
            self._wrong(key, "schrijf het als 2026-01-05 / write it like 2026-01-05")
            return None

    def _get(self, table: dict[str, Any], key: str, kind: type, prefix: str = "") -> Any:  # noqa: ANN401 - TOML
        value = table.get(key)
        if key not in table:
            self._wrong(prefix + key, "ontbreekt; vul het in / is missing; fill it in")
        elif not isinstance(value, kind):
            self._wrong(prefix + key, "heeft de verkeerde vorm / has the wrong shape")
            value = None
        return value

    def _known(self, table: dict[str, Any], keys: set[str], prefix: str) -> None:
        for key in sorted(table.keys() - keys):
            self._wrong(prefix + key, "is onbekend; haal het weg / is unknown; remove it")

    def _wrong(self, key: str, mend: str) -> None:
        self.faults.append(PolicyFault(self._file, key, mend))
