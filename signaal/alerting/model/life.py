"""The life of a warning: raised, growing, fading, ended. Pure: figures in, steps out.

Warnings and groups of one kind that share a block belong together, directly or through others.
In each such family the oldest warning goes on with all blocks of all its groups:

- a group that moved or grew goes on as the same warning, and isn't raised twice;
- two warnings whose groups have grown together go on as the older; the younger ends in it;
- a group that has split goes on as one warning with the blocks of both parts;
- a family without a warning is raised, each group by itself, if the rules say so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from uuid import UUID

from signaal.alerting.model.early_warning import EarlyWarningPolicy, held_by, raised_by
from signaal.hotspots.model import ClusterFigure
from signaal.intake.model import Kind


class WarningState(StrEnum):
    """Where a warning is in its life."""

    RAISED = "raised"
    GROWING = "growing"
    FADING = "fading"
    ENDED = "ended"


class Cause(StrEnum):
    """What a step follows from."""

    NEW_GROUP = "new_group"
    """A group as the rules describe it, of which no block is in a warning yet."""
    MORE_BLOCKS = "more_blocks"
    """Blocks have come in."""
    MORE_REPORTERS = "more_reporters"
    """More reporters a week than ever since it was raised."""
    BACK = "back"
    """It faded, and the group is there again."""
    MOVED = "moved"
    """The blocks are others now, and not more of them."""
    NOT_SEEN = "not_seen"
    """The group hasn't been found for some weeks."""
    MERGED = "merged"
    """It goes on in an older warning."""
    BLOCKS_GONE = "blocks_gone"
    """None of its blocks is on the map any more."""
    NOT_WATCHED = "not_watched"
    """The rules don't watch this kind any more."""


@dataclass(frozen=True)
class Because:
    """The figures behind a step, as numbers; the page makes the words.

    Attributes:
        since_week: The first week of the group.
        observed: Reporters.
        expected: How many were expected.
        chance: The chance to find such a group anywhere in town in one look.
        recurrence_weeks: By chance once in so many weeks.
    """

    since_week: int
    observed: int
    expected: float
    chance: float
    recurrence_weeks: float

    def per_week(self, week: int) -> float:
        """Reporters a week, up to this week."""
        return self.observed / max(week - self.since_week + 1, 1)


@dataclass(frozen=True)
class EarlyWarning:
    """A warning as it stands.

    Attributes:
        id: Which one.
        kind: Which evidence.
        codes: Its blocks, in order of code.
        state: Where it is in its life.
        raised_week: When it was raised.
        seen_week: When the group was last found.
        step_week: When its latest step was.
        most_per_week: The most reporters a week, in any week.
        because: The latest figures with which the group was found.
    """

    id: UUID
    kind: Kind
    codes: tuple[str, ...]
    state: WarningState
    raised_week: int
    seen_week: int
    step_week: int
    most_per_week: float
    because: Because


@dataclass(frozen=True)
class Step:
    """What became of one warning in one look.

    Attributes:
        warning: As it stands now.
        cause: What it follows from; None when nothing was worth a line in its history.
        is_new: Whether it was raised by this look.
        into: The warning in which it goes on, where it was merged.
    """

    warning: EarlyWarning
    cause: Cause | None
    is_new: bool = False
    into: UUID | None = None


@dataclass(frozen=True)
class Look:
    """What there is to see in one week.

    Attributes:
        week: The running week.
        clusters: All groups that were found, with true figures.
        codes: The blocks on the map now.
        successors: For codes that are gone, the code that took most of the dwellings.
    """

    week: int
    clusters: tuple[ClusterFigure, ...]
    codes: frozenset[str]
    successors: Mapping[str, str]


def advance(
    alive: Sequence[EarlyWarning], look: Look, *, policy: EarlyWarningPolicy, fresh: Sequence[UUID]
) -> tuple[Step, ...]:
    """What becomes of all warnings that haven't ended, and which are raised.

    The same question gives the same answer, in whatever order warnings and groups stand.

    Args:
        alive: The warnings that haven't ended.
        look: What there is to see.
        policy: The rules.
        fresh: Ids for new warnings, at least as many as there are groups.

    Returns:
        One step for each warning, then one for each that is raised.
    """
    warnings = sorted((_on_the_map(each, look) for each in alive), key=_age)
    clusters = sorted(look.clusters, key=_rarity)
    steps: list[Step] = []
    ids = iter(fresh)
    for olds, groups in _families(warnings, clusters):
        steps += _family(olds, groups, look=look, policy=policy)
        if not olds:
            steps += [
                _raised(each, week=look.week, new_id=next(ids)) for each in _new(groups, policy)
            ]
    return tuple(sorted(steps, key=lambda step: (step.is_new, _age(step.warning))))


def _age(warning: EarlyWarning) -> tuple[int, UUID]:
    return warning.raised_week, warning.id


def _rarity(cluster: ClusterFigure) -> tuple[float, float, str, tuple[str, ...]]:
    return -cluster.recurrence_weeks, -cluster.ratio, cluster.kind, cluster.codes


def _on_the_map(warning: EarlyWarning, look: Look) -> EarlyWarning:
    """Its blocks as they are called now: gone ones go on in who took their dwellings."""
    now = {_code_now(code, look) for code in warning.codes} & look.codes
    return replace(warning, codes=tuple(sorted(now)))


def _code_now(code: str, look: Look) -> str:
    seen: set[str] = set()
    while code not in look.codes and code in look.successors and code not in seen:
        seen.add(code)
        code = look.successors[code]
    return code


def _families(
    warnings: Sequence[EarlyWarning], clusters: Sequence[ClusterFigure]
) -> list[tuple[list[EarlyWarning], list[ClusterFigure]]]:
    """Warnings and groups that hang together by shared blocks, within one kind."""
    families: list[tuple[set[tuple[Kind, str]], list[EarlyWarning], list[ClusterFigure]]] = []
    members: list[EarlyWarning | ClusterFigure] = [*warnings, *clusters]
    for member in members:
        blocks = {(member.kind, code) for code in member.codes}
        olds, groups = ([member], []) if isinstance(member, EarlyWarning) else ([], [member])
        apart = []
        for family in families:
            if family[0] & blocks:
                blocks |= family[0]
                olds, groups = [*family[1], *olds], [*family[2], *groups]
            else:
                apart.append(family)
        families = [*apart, (blocks, olds, groups)]
    return [(sorted(olds, key=_age), sorted(groups, key=_rarity)) for _, olds, groups in families]


def _family(
    olds: Sequence[EarlyWarning],
    groups: Sequence[ClusterFigure],
    *,
    look: Look,
    policy: EarlyWarningPolicy,
) -> list[Step]:
    held = [each for each in groups if held_by(policy, each)]
    if not held:
        return [_unseen(each, week=look.week, policy=policy) for each in olds]
    steps = []
    for place, warning in enumerate(olds):
        if place == 0:
            steps.append(_seen(warning, held, week=look.week))
        else:
            steps.append(_merged(warning, olds[0].id, week=look.week))
    return steps


def _new(groups: Sequence[ClusterFigure], policy: EarlyWarningPolicy) -> list[ClusterFigure]:
    """What raises a warning; of groups that share a block only the rarest."""
    raised: list[ClusterFigure] = []
    taken: set[str] = set()
    for group in groups:
        if raised_by(policy, group) and not taken.intersection(group.codes):
            raised.append(group)
            taken.update(group.codes)
    return raised


def _because(cluster: ClusterFigure) -> Because:
    return Because(
        since_week=cluster.since_week,
        observed=cluster.observed,
        expected=cluster.expected,
        chance=cluster.chance,
        recurrence_weeks=cluster.recurrence_weeks,
    )


def _raised(cluster: ClusterFigure, *, week: int, new_id: UUID) -> Step:
    because = _because(cluster)
    warning = EarlyWarning(
        id=new_id,
        kind=cluster.kind,
        codes=tuple(sorted(cluster.codes)),
        state=WarningState.RAISED,
        raised_week=week,
        seen_week=week,
        step_week=week,
        most_per_week=because.per_week(week),
        because=because,
    )
    return Step(warning, Cause.NEW_GROUP, is_new=True)


def _seen(warning: EarlyWarning, held: Sequence[ClusterFigure], *, week: int) -> Step:
    """It is there: with the blocks of all its groups and the figures of the rarest."""
    because = _because(held[0])
    codes = tuple(sorted({code for group in held for code in group.codes}))
    now = replace(
        warning,
        codes=codes,
        seen_week=week,
        most_per_week=max(warning.most_per_week, because.per_week(week)),
        because=because,
    )
    cause = _growth(warning, codes, because, week=week)
    if cause is None:
        return Step(now, None)
    grows = cause is not Cause.MOVED and week > warning.raised_week
    state = WarningState.GROWING if grows else warning.state
    return Step(replace(now, state=state, step_week=week), cause)


def _growth(
    before: EarlyWarning, codes: tuple[str, ...], because: Because, *, week: int
) -> Cause | None:
    if before.state is WarningState.FADING:
        return Cause.BACK
    if len(codes) > len(before.codes):
        return Cause.MORE_BLOCKS
    if codes != before.codes:
        return Cause.MOVED
    # The running week fills up from day to day: within one week that is one step, not seven.
    if week > before.step_week and because.per_week(week) > before.most_per_week:
        return Cause.MORE_REPORTERS
    return None


def _unseen(warning: EarlyWarning, *, week: int, policy: EarlyWarningPolicy) -> Step:
    away = week - warning.seen_week
    ended = replace(warning, state=WarningState.ENDED, step_week=week)
    if not warning.codes:
        return Step(ended, Cause.BLOCKS_GONE)
    if warning.kind not in policy.kinds:
        return Step(ended, Cause.NOT_WATCHED)
    if away >= policy.ended_after_weeks:
        return Step(ended, Cause.NOT_SEEN)
    if away >= policy.fading_after_weeks and warning.state is not WarningState.FADING:
        faded = replace(warning, state=WarningState.FADING, step_week=week)
        return Step(faded, Cause.NOT_SEEN)
    return Step(warning, None)


def _merged(warning: EarlyWarning, into: UUID, *, week: int) -> Step:
    ended = replace(warning, state=WarningState.ENDED, step_week=week)
    return Step(ended, Cause.MERGED, into=into)
