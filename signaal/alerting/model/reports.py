"""When is a report a warning, and who is told: decided by rules that a policy officer can read."""

import json
from collections.abc import Container, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from enum import StrEnum
from hashlib import sha256
from typing import ClassVar

from signaal.intake.model import Classified, Kind, ReportForDecision, Urgency
from signaal.rules import OWNER, Condition, refuse


class Action(StrEnum):
    """What follows from a decision."""

    PAGE_DUTY = "page_duty"
    """Ring and text whoever has duty, at once."""
    LIST = "list"
    """Put it on the list of the week."""


@dataclass(frozen=True)
class Rule:
    """One rule; an empty tuple means "any".

    Attributes:
        name: The lasting name, written down with each decision.
        urgencies: Urgencies that it is about.
        kinds: Kinds that it is about.
        categories: Codes of the closed list that it is about.
        action: What follows.
        because_nl: Why, in one Dutch sentence that a reporter may read.
        because_en: The same in English.
    """

    name: str
    urgencies: tuple[Urgency, ...]
    kinds: tuple[Kind, ...]
    categories: tuple[str, ...]
    action: Action
    because_nl: str
    because_en: str

    def fits(self, report: Classified | ReportForDecision) -> bool:
        """Whether this rule is about such a report."""
        return (
            (not self.urgencies or report.urgency in self.urgencies)
            and (not self.kinds or report.kind in self.kinds)
            and (not self.categories or report.category in self.categories)
        )

    @property
    def fits_all(self) -> bool:
        """Whether no report slips past this rule."""
        return not (self.urgencies or self.kinds or self.categories)


@dataclass(frozen=True)
class AlertPolicy:
    """The rules in force (alerts/warnings.toml).

    Attributes:
        owner: Who answers for these rules.
        review_by: When they are looked at again.
        rules: From top to bottom; the first that fits counts.
    """

    FILE: ClassVar[str] = "warnings.toml"

    owner: str
    review_by: date
    rules: tuple[Rule, ...]

    CONDITIONS: ClassVar[tuple[Condition, ...]] = (
        OWNER,
        Condition(("rules",), lambda policy: _faults_of_rules(policy.rules)),
    )

    def __post_init__(self) -> None:
        """Refuses rules that leave a report without an answer, or danger without a person."""
        refuse(self)

    @property
    def fingerprint(self) -> str:
        """Tells one version of the rules from another; written down with each decision."""
        return sha256(json.dumps(asdict(self), default=str, sort_keys=True).encode()).hexdigest()


def unknown_categories(
    rules: Sequence[Rule], codes: Container[str], *, file: str
) -> Iterator[tuple[str, str]]:
    """Categories in the rules that nothing can be about: each with its key and the mend.

    Args:
        rules: From top to bottom.
        codes: The closed list.
        file: Where the closed list stands.
    """
    for number, rule in enumerate(rules):
        for code in rule.categories:
            if code not in codes:
                yield (
                    f"rules.{number}.categories",
                    f"{code!r} staat niet in {file}; verbeter de spelling / is not in {file};"
                    " mend its spelling",
                )


def _faults_of_rules(rules: Sequence[Rule]) -> Iterator[tuple[str, str]]:
    """What is wrong with a list of rules, from the words of each to their order."""
    names = [rule.name for rule in rules]
    for number, rule in enumerate(rules):
        for key in ("name", "because_nl", "because_en"):
            if not getattr(rule, key).strip():
                yield f"rules.{number}.{key}", "vul dit in / fill this in"
        if rule.name in names[:number]:
            yield (
                f"rules.{number}.name",
                "geef elke regel een eigen naam / give each rule its own name",
            )
        if rule.fits_all and number < len(rules) - 1:
            yield (
                f"rules.{number}",
                "een regel die altijd past hoort onderaan / a rule that always fits belongs at the"
                " bottom",
            )
    if not rules or not rules[-1].fits_all:
        yield (
            "rules",
            "eindig met een regel die altijd past (lege lijsten) / end with a rule that always"
            " fits (empty lists)",
        )
    if not _pages_all_danger(rules):
        yield (
            "rules",
            'begin met een regel die elke acute melding bij een mens brengt (action "page_duty",'
            ' urgencies ["acute"], lege kinds en categories) / begin with a rule that takes every'
            " acute report to a person",
        )


def _pages_all_danger(rules: Sequence[Rule]) -> bool:
    """Whether words of acute danger reach a person whatever they are about."""
    for rule in rules:
        if not rule.urgencies or Urgency.ACUTE in rule.urgencies:
            if rule.action is not Action.PAGE_DUTY:
                return False
            if not (rule.kinds or rule.categories):
                return True
    return False


@dataclass(frozen=True)
class Decision:
    """What follows from one report, by which rule, and why.

    Attributes:
        action: What follows.
        rule: The name of the rule.
        because: Why, in Dutch.
        because_en: Why, in English.
        minutes_waited: How long the report had waited for this decision.
    """

    action: Action
    rule: str
    because: str
    because_en: str
    minutes_waited: float


SECONDS_PER_MINUTE = 60


def decide(policy: AlertPolicy, report: ReportForDecision, now: datetime) -> Decision:
    """What follows from this report by these rules; the same question, the same answer.

    Args:
        policy: The rules; the last one fits always.
        report: What is to be decided about.
        now: The present instant.
    """
    rule = next(rule for rule in policy.rules if rule.fits(report))
    waited = (now - report.received_at).total_seconds() / SECONDS_PER_MINUTE
    return Decision(
        action=rule.action,
        rule=rule.name,
        because=rule.because_nl,
        because_en=rule.because_en,
        minutes_waited=max(waited, 0.0),
    )
