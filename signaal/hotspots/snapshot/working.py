"""Puts a snapshot together; for the worker only, because it draws in all of the arithmetic."""

from collections.abc import Callable
from datetime import datetime

from signaal.hotspots.model import FiguresPolicy
from signaal.hotspots.snapshot.blocks import view_of
from signaal.hotspots.snapshot.counting import count
from signaal.hotspots.snapshot.nouns import Counted, Input, Snapshot
from signaal.hotspots.snapshot.town import evenness_of, together_of
from signaal.hotspots.snapshot.weeks import weeks_of

Progress = Callable[[str, float], None]


def make(
    given: Input,
    *,
    last_week: int,
    made_at: datetime,
    rules: FiguresPolicy,
    previous: Snapshot | None = None,
) -> Snapshot:
    """Counts, and works everything out.

    Args:
        given: Blocks and reports.
        last_week: The last week that counts.
        made_at: Now; stands beside the figures, not in them.
        rules: By which rules.
        previous: Figures made before, of which whatever still holds is taken over.
    """
    points = rules.default_points
    counted = count(given, last_week=last_week, made_at=made_at, default_points=points)
    return work_out(counted, given, rules=rules, previous=previous)


def work_out(
    counted: Counted,
    given: Input,
    *,
    rules: FiguresPolicy,
    previous: Snapshot | None = None,
    on_progress: Progress | None = None,
) -> Snapshot:
    """Works everything out from what was counted.

    Where the figures made before have the same past, whatever depends on the past alone is taken
    from them; the outcome is the same to the last byte.

    Args:
        counted: What was counted.
        given: What was counted from: where the blocks lie.
        rules: By which rules.
        previous: Figures made before.
        on_progress: Called with what is being done and the share that is done.
    """
    tell = on_progress or _nobody
    same = previous if previous and previous.info.past == counted.info.past else None
    tell("verwacht per week / expected per week", 0.3)
    weeks = weeks_of(
        counted,
        centres=given.middles,
        rules=rules,
        warned=given.warned,
        previous=same.weeks if same else None,
    )
    usual = same and same.weeks.is_usual_in(weeks.hundredths, weeks.dispersion)
    tell("wat opvalt / what stands out", 0.6)
    rolling = view_of(
        counted,
        centres=given.middles,
        rules=rules,
        weeks=weeks,
        previous=same.rolling if same else None,
        same_bands=bool(usual),
    )
    tell("wat iedereen ziet / what all see", 0.7)
    fixed = same.fixed if same else view_of(counted, centres=given.middles, rules=rules, weeks=None)
    tell("verdeling / evenness", 0.8)
    evenness = evenness_of(counted, previous=same.evenness if same else None)
    tell("samenhang / together", 0.9)
    together = same.together if same else together_of(counted)
    return Snapshot(
        **{name: getattr(counted, name) for name in Counted.__dataclass_fields__},
        rolling=rolling,
        fixed=fixed,
        weeks=weeks,
        evenness=evenness,
        together=together,
    )


def _nobody(_step: str, _share: float) -> None:
    """Nobody wants to know how far it is."""
