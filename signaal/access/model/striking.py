"""What stands out in a month of the log: a short list for a person to look into, no judgement."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from statistics import median
from types import MappingProxyType
from uuid import UUID

from signaal.access.model.audit import OPENINGS, Act
from signaal.access.model.roles import Role
from signaal.clock import AMSTERDAM

NIGHT_BEGINS, NIGHT_ENDS = 22, 6
"""Hours in Amsterdam between which only who is on duty is expected to look."""
WITHOUT_TASK_FROM = 10
"""Reports that somebody opened in one month and did nothing with; fewer is everyday work."""
TIMES_THE_MEDIAN = 3
FEWEST_PEERS = 3
"""A median of fewer people says nothing about what is usual."""
FEWEST_OPENINGS = 10
FAILED_FROM = 5
"""Failed sign-ins of one account in one month."""

WORK = frozenset(
    {
        Act.REPORT_MOVED_ON,
        Act.REPORT_CLOSED,
        Act.REPORT_PLACED,
        Act.REPORT_ADDED_TO,
        Act.REPORT_CORRECTED,
        Act.NIGHT_CASE_MOVED_ON,
        Act.ALARM_ACKNOWLEDGED,
        Act.HOUSEHOLD_REQUEST_ANSWERED,
        Act.INQUIRY_AGREED,
    }
)
"""Acts that show what somebody opened a report for."""


class Rule(StrEnum):
    """Why something stands out."""

    OWN_ADDRESS = "own_address"
    WITHOUT_TASK = "without_task"
    AT_NIGHT = "at_night"
    MANY_OPENINGS = "many_openings"
    FAILED_SIGN_INS = "failed_sign_ins"
    ACCOUNTS_MADE = "accounts_made"
    ROLES_CHANGED = "roles_changed"
    FACTORS_RESET = "factors_reset"


ALWAYS: Mapping[Rule, Act] = MappingProxyType(
    {
        Rule.ACCOUNTS_MADE: Act.PERSON_INVITED,
        Rule.ROLES_CHANGED: Act.ROLES_CHANGED,
        Rule.FACTORS_RESET: Act.SECOND_FACTOR_RESET,
    }
)
"""What stands on the list however seldom it is done: who does it decides who may look."""

RELEVANT = OPENINGS | WORK | {Act.SIGN_IN_FAILED, *ALWAYS.values()}
"""The acts by which the rules go."""


@dataclass(frozen=True)
class Seen:
    """What the rules need of one line.

    Attributes:
        at: When.
        person: Whose account; None when nobody had signed in.
        role: In which role.
        act: What was done.
        subject: To what.
        own_address: Whether it was about the reader's own address.
    """

    at: datetime
    person: UUID | None
    role: str
    act: str
    subject: str = ""
    own_address: bool = False


@dataclass(frozen=True)
class Striking:
    """One row of the list.

    Attributes:
        rule: Why it stands out; the page has the sentence.
        person: Whose account.
        role: In which role; empty when it is about the whole account.
        count: How often.
        usual: The median of the role, where the rule compares with it; else 0.
    """

    rule: Rule
    person: UUID | None
    role: str
    count: int
    usual: float = 0.0


@dataclass(frozen=True)
class MonthlyList:
    """What stands out in one month.

    Attributes:
        year: Of our era.
        month: 1 to 12.
        rows: What stands out, in the order of the rules.
        emails: With what those people sign in; who has left for long has none.
    """

    year: int
    month: int
    rows: tuple[Striking, ...]
    emails: Mapping[UUID, str]

    def as_data(self) -> list[dict[str, str | int | float]]:
        """The list as plain values, without anybody's address."""
        return [
            {
                "month": f"{self.year:04}-{self.month:02}",
                "rule": row.rule.value,
                "person": str(row.person or ""),
                "role": row.role,
                "count": row.count,
                "usual": row.usual,
            }
            for row in self.rows
        ]


def month_bounds(year: int, month: int) -> tuple[datetime, datetime]:
    """The instants, in UTC, at which a month begins and the next one does, in Amsterdam."""
    following = (year + month // 12, month % 12 + 1)
    begin, end = (datetime(y, m, 1, tzinfo=AMSTERDAM) for y, m in ((year, month), following))
    return begin.astimezone(UTC), end.astimezone(UTC)


def is_night(at: datetime) -> bool:
    """Whether it is between ten in the evening and six in the morning in Amsterdam."""
    hour = at.astimezone(AMSTERDAM).hour
    return hour >= NIGHT_BEGINS or hour < NIGHT_ENDS


def striking(month: Iterable[Seen]) -> list[Striking]:
    """Everything in a month that stands out, in the order of the rules and most first.

    Args:
        month: The lines of one month.
    """
    lines = list(month)
    openings = [line for line in lines if line.act in OPENINGS and line.person]
    found = [
        *_counted(Rule.OWN_ADDRESS, (line for line in openings if line.own_address)),
        *_without_task(lines, openings),
        *_counted(Rule.AT_NIGHT, (line for line in openings if _out_of_hours(line))),
        *_many_openings(openings),
        *_failed_sign_ins(lines),
        *(
            row
            for rule, act in ALWAYS.items()
            for row in _counted(rule, (line for line in lines if line.act == act and line.person))
        ),
    ]
    order = list(Rule)
    return sorted(found, key=lambda row: (order.index(row.rule), -row.count, str(row.person)))


def _out_of_hours(line: Seen) -> bool:
    return line.role != Role.DUTY_CONTACT and is_night(line.at)


def _counted(rule: Rule, lines: Iterable[Seen]) -> list[Striking]:
    counts = Counter((line.person, line.role) for line in lines)
    return [Striking(rule, person, role, count) for (person, role), count in counts.items()]


def _without_task(lines: Sequence[Seen], openings: Sequence[Seen]) -> list[Striking]:
    worked_on = {(line.person, line.subject) for line in lines if line.act in WORK}
    opened: Mapping[tuple[UUID | None, str], set[str]] = defaultdict(set)
    for line in openings:
        # Who looks through a list (no subject) has not chosen these reports.
        if line.subject and (line.person, line.subject) not in worked_on:
            opened[line.person, line.role].add(line.subject)
    return [
        Striking(Rule.WITHOUT_TASK, person, role, len(subjects))
        for (person, role), subjects in opened.items()
        if len(subjects) >= WITHOUT_TASK_FROM
    ]


def _many_openings(openings: Sequence[Seen]) -> list[Striking]:
    by_role: Mapping[str, Counter[UUID | None]] = defaultdict(Counter)
    for line in openings:
        by_role[line.role][line.person] += 1
    found = []
    for role, counts in by_role.items():
        usual = float(median(counts.values()))
        border = max(TIMES_THE_MEDIAN * usual, FEWEST_OPENINGS - 1)
        found += [
            Striking(Rule.MANY_OPENINGS, person, role, count, usual=usual)
            for person, count in counts.items()
            if len(counts) >= FEWEST_PEERS and count > border
        ]
    return found


def _failed_sign_ins(lines: Sequence[Seen]) -> list[Striking]:
    # Whose account it was isn't known of all: those can't be counted together.
    counts = Counter(
        line.person for line in lines if line.act == Act.SIGN_IN_FAILED and line.person
    )
    return [
        Striking(Rule.FAILED_SIGN_INS, person, "", count)
        for person, count in counts.items()
        if count >= FAILED_FROM
    ]
