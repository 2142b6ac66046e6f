"""What people make of a place on the list, and how often the list proved right. Pure."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import comb
from statistics import median
from uuid import UUID

from signaal.alerting.model.early_warning import WEEKS_PER_QUARTER
from signaal.alerting.model.week import Origin
from signaal.intake.model import Kind

LONGEST_REASON = 500
ENOUGH_JUDGED = 20
"""Judged warnings, and judged draws, below which nothing is said about chance: with 20 of each, a
true 60 % against 20 % shows in 7 of 10 times."""
QUARTERS_TOGETHER = 4
"""Over how many quarters warnings are held against chance: a year."""
QUARTERS_SHOWN = 8
"""How far back the page goes: this year beside the one before."""
SURE = 0.05
CONFIDENCE = 0.95
_STEPS = 60
"""Halvings: an interval is as exact as a number can be."""


class Verdict(StrEnum):
    """What somebody makes of a place on the list, after looking."""

    WORTH_IT = "worth_it"
    NOT_WORTH_IT = "not_worth_it"
    UNCLEAR = "unclear"


@dataclass(frozen=True)
class Judged:
    """A place on a list, with the judgement of each person who looked.

    Attributes:
        week: Of which week the list is.
        kind: Which evidence.
        origin: Why it was on the list.
        verdicts: The latest judgement of each person.
        about: What it was about: the same warning, or else the same block, is one thing however
            many weeks it stood on lists.
    """

    week: int
    kind: Kind
    origin: Origin
    verdicts: tuple[Verdict, ...]
    about: UUID | str

    @property
    def verdict(self) -> Verdict:
        """What most people who were clear about it say; unclear when as many say the other."""
        votes = Counter(self.verdicts)
        more = votes[Verdict.WORTH_IT] - votes[Verdict.NOT_WORTH_IT]
        if more == 0:
            return Verdict.UNCLEAR
        return Verdict.WORTH_IT if more > 0 else Verdict.NOT_WORTH_IT


@dataclass(frozen=True)
class Score:
    """How often looking was worth it.

    Attributes:
        right: Warnings, or blocks, where it was.
        judged: Those about which people were clear.
        unclear: Those about which they were not.
        listed: All of them, looked at or not.
        low: Lower end of the share that is worth it.
        high: Upper end.
    """

    right: int
    judged: int
    unclear: int
    listed: int
    low: float
    high: float

    @property
    def share(self) -> float | None:
        """The share that was worth it; None before anything was judged."""
        return self.right / self.judged if self.judged else None


@dataclass(frozen=True)
class QuarterScore:
    """One kind in one quarter: warnings, other hotspots, and the random draw beside them.

    Attributes:
        first_week: The first week of 13.
        kind: Which evidence.
        scores: How often it was worth it, by why a place was on the list.
        chance: How often the warnings would do so much better than the draw, or more, by chance.
    """

    first_week: int
    kind: Kind
    scores: Mapping[Origin, Score]
    chance: float


@dataclass(frozen=True)
class KindScore:
    """One kind in the last year.

    Attributes:
        kind: Which evidence.
        scores: How often it was worth it, by why a place was on the list.
        chance: How often the warnings would do so much better than the draw, or more, by chance.
        told_no_better: Enough was judged, and warnings do no better than chance.
        lead_weeks: Half of the warnings came at least so many weeks before the first colour in
            one of their blocks; None when none was coloured.
        coloured: How many warnings had a colour in one of their blocks, then or later.
        raised: How many warnings were raised.
    """

    kind: Kind
    scores: Mapping[Origin, Score]
    chance: float
    told_no_better: bool
    lead_weeks: float | None
    coloured: int
    raised: int


@dataclass(frozen=True)
class Lead:
    """When a warning was raised, and when one of its blocks first had a colour."""

    kind: Kind
    raised_week: int
    coloured_week: int | None


@dataclass(frozen=True)
class Evaluation:
    """How often warnings proved right.

    Attributes:
        quarters: The latest quarter first, kinds in their fixed order.
        year: Each kind over the last four quarters.
    """

    quarters: tuple[QuarterScore, ...]
    year: tuple[KindScore, ...]

    @property
    def told_no_better(self) -> tuple[Kind, ...]:
        """The kinds of which the warnings do no better than chance."""
        return tuple(each.kind for each in self.year if each.told_no_better)


def quarter_of(week: int) -> int:
    """The number of the stretch of 13 weeks that holds this week."""
    return week // WEEKS_PER_QUARTER


def first_week_of(quarter: int) -> int:
    """The first week of a stretch of 13."""
    return quarter * WEEKS_PER_QUARTER


def evaluate(
    items: Sequence[Judged], leads: Sequence[Lead], *, week: int, kinds: Sequence[Kind]
) -> Evaluation:
    """How often warnings proved right, with the random draw beside them.

    Args:
        items: All places on the lists.
        leads: All warnings.
        week: The running week.
        kinds: The kinds to tell about, in their order.
    """
    parts: dict[tuple[int, Kind], list[Judged]] = defaultdict(list)
    for item in items:
        parts[quarter_of(item.week), item.kind].append(item)
    quarters = sorted({quarter for quarter, _ in parts}, reverse=True)
    first = quarter_of(week) - QUARTERS_TOGETHER + 1
    return Evaluation(
        quarters=tuple(
            _quarter(quarter, kind, parts[quarter, kind])
            for quarter in quarters
            for kind in kinds
            if (quarter, kind) in parts
        ),
        year=tuple(
            _year(
                kind,
                [item for item in items if item.kind is kind and quarter_of(item.week) >= first],
                [
                    each
                    for each in leads
                    if each.kind is kind and quarter_of(each.raised_week) >= first
                ],
            )
            for kind in kinds
        ),
    )


def _quarter(quarter: int, kind: Kind, items: Sequence[Judged]) -> QuarterScore:
    scores = _scores(items)
    return QuarterScore(first_week_of(quarter), kind, scores, _better(scores))


def _year(kind: Kind, items: Sequence[Judged], leads: Sequence[Lead]) -> KindScore:
    scores = _scores(items)
    chance = _better(scores)
    enough = all(scores[each].judged >= ENOUGH_JUDGED for each in (Origin.WARNING, Origin.DRAWN))
    weeks = [each.coloured_week - each.raised_week for each in leads if each.coloured_week]
    return KindScore(
        kind=kind,
        scores=scores,
        chance=chance,
        told_no_better=enough and chance > SURE,
        lead_weeks=float(median(weeks)) if weeks else None,
        coloured=len(weeks),
        raised=len(leads),
    )


def _scores(items: Sequence[Judged]) -> dict[Origin, Score]:
    return {origin: score([item for item in items if item.origin is origin]) for origin in Origin}


def _better(scores: Mapping[Origin, Score]) -> float:
    warnings, draws = scores[Origin.WARNING], scores[Origin.DRAWN]
    return fisher_more(warnings.right, warnings.judged, draws.right, draws.judged)


def score(items: Sequence[Judged]) -> Score:
    """How often looking was worth it; what stood on the list for weeks is counted once.

    Of each warning, and of each block, the last judgement counts: twenty looks at one long warning
    are one trial, or chance would seem smaller than it is.
    """
    last: dict[UUID | str, Judged] = {}
    for item in sorted(items, key=lambda item: (bool(item.verdicts), item.week)):
        last[item.about] = item
    clear = [item.verdict for item in last.values() if item.verdict is not Verdict.UNCLEAR]
    right = clear.count(Verdict.WORTH_IT)
    low, high = exact_interval(right, len(clear))
    looked = sum(bool(item.verdicts) for item in last.values())
    return Score(right, len(clear), looked - len(clear), len(last), low, high)


def exact_interval(right: int, of: int, *, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Between which shares the true one lies, with at least this confidence.

    Args:
        right: How many.
        of: Of how many; 0 says nothing, and gives 0 to 1.
        confidence: 0.95 leaves 2.5 % on either side.

    Source: Clopper and Pearson (1934), Biometrika 26(4), 404-413.
    """
    rest = (1 - confidence) / 2
    low = 0.0 if right == 0 else _where(lambda share: at_least(right, of, share) >= rest)
    high = 1.0 if right == of else _where(lambda share: at_least(right + 1, of, share) >= 1 - rest)
    return low, high


def _where(is_reached: Callable[[float], bool]) -> float:
    low, high = 0.0, 1.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (low, middle) if is_reached(middle) else (middle, high)
    return (low + high) / 2


def at_least(right: int, of: int, share: float) -> float:
    """The chance of at least so many of so many, where each is right with this share."""
    return sum(comb(of, k) * share**k * (1 - share) ** (of - k) for k in range(right, of + 1))


def fisher_more(right: int, of: int, other_right: int, other_of: int) -> float:
    """How often the first would be right at least so much more often than the other by chance.

    Args:
        right: How often the first was right.
        of: Of how many.
        other_right: How often the other was.
        other_of: Of how many.

    Returns:
        The one-sided chance; 1 where there is nothing to compare.

    Source: Fisher (1935), The Logic of Inductive Inference, JRSS 98(1), 39-82.
    """
    rights, total = right + other_right, of + other_of
    most = min(of, rights)
    ways = sum(comb(of, k) * comb(other_of, rights - k) for k in range(right, most + 1))
    return ways / comb(total, rights)


@dataclass(frozen=True)
class LookMade:
    """A judgement that somebody gave.

    Attributes:
        verdict: What they make of it.
        reason: Why, for or against; empty once its time has passed.
        role: In which role.
        is_mine: Whether the visitor gave it.
    """

    verdict: Verdict
    reason: str
    role: str
    is_mine: bool


@dataclass(frozen=True)
class LookOnBlock:
    """A judgement that somebody gave while a block was on a list of the week.

    Attributes:
        week: Of which week the list was.
        kind: Which evidence.
        look: What they made of it.
    """

    week: int
    kind: Kind
    look: LookMade


Looks = Mapping[UUID, Sequence[LookMade]]
