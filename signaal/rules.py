"""What a policy may not say: each rule knows its keys, so that all that is wrong is said at once.

A rule is judged as soon as the keys that it looks at can be read, also beside faults of others.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from types import SimpleNamespace
from typing import Any, ClassVar, Protocol


@dataclass(frozen=True)
class Condition:
    """Something that the values of some keys must keep to.

    Attributes:
        keys: The keys that it looks at.
        faults: Of a policy that has those keys: each fault as a key (or more) and its mend.
    """

    keys: tuple[str, ...]
    faults: Callable[[Any], Iterable[tuple[str, str]]]


class Ruled(Protocol):
    """A policy with rules that its type alone doesn't tell."""

    CONDITIONS: ClassVar[tuple[Condition, ...]]


def holds(keys: str, good: Callable[[Any], bool], mend: str) -> Condition:
    """A condition that is kept or not.

    Args:
        keys: The keys that it looks at, with commas between them.
        good: Whether a policy with those keys keeps it.
        mend: What to do otherwise, in Dutch and English.
    """
    return Condition(
        tuple(keys.split(", ")), lambda policy: () if good(policy) else ((keys, mend),)
    )


def between(key: str, least: float, most: float, *, of: str = "", why: str = "") -> Condition:
    """A number from `least` to `most`; what is no number is neither.

    Args:
        key: The number's key.
        least: The least that is possible.
        most: The most that is possible.
        of: What is counted, Dutch and English alike, or both with " / " between them.
        why: Why more or less is impossible: Dutch and English with " / " between them.
    """
    dutch, _, english = of.partition(" / ")
    reason, _, in_english = why.partition(" / ")
    mend = (
        f"kies {least:g} tot {most:g}{_word(dutch)}{_because(reason)}"
        f" / choose {least:g} to {most:g}{_word(english or dutch)}{_because(in_english)}"
    )
    return holds(key, lambda policy: least <= getattr(policy, key) <= most, mend)


def filled(key: str, mend: str = "vul dit in / fill this in") -> Condition:
    """A text that is not empty."""
    return holds(key, lambda policy: bool(getattr(policy, key).strip()), mend)


OWNER = filled("owner", "noem wie hiervoor staat / name who answers for this")


def faults_of(
    conditions: Iterable[Condition], values: Mapping[str, object]
) -> Iterator[tuple[str, str]]:
    """All faults in what could be read.

    Args:
        conditions: The rules.
        values: The keys that could be read, with their values.

    Returns:
        Each fault as a key (or more, with commas) and its mend.
    """
    read = SimpleNamespace(**values)
    for condition in conditions:
        if values.keys() >= set(condition.keys):
            yield from condition.faults(read)


def refuse(policy: Ruled) -> None:
    """Refuses a policy that breaks its own rules.

    Raises:
        ValueError: All faults, as "key: mend".
    """
    faults = [f"{key}: {mend}" for key, mend in faults_of(policy.CONDITIONS, vars(policy))]
    if faults:
        raise ValueError("; ".join(faults))


def overdue(policies: Iterable[object], today: date) -> tuple[tuple[str, date], ...]:
    """The policies that should have been looked at again before today.

    Args:
        policies: Policies; those without a day of review are never late.
        today: The present day.

    Returns:
        The file and the day of each, the longest ago first.
    """
    days = ((getattr(each, "review_by", date.max), getattr(each, "FILE", "")) for each in policies)
    return tuple((file, day) for day, file in sorted(days) if day < today)


def _word(word: str) -> str:
    return f" {word}" if word else ""


def _because(reason: str) -> str:
    return f"; {reason}" if reason else ""
