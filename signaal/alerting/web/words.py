"""What was found, in sentences that people can read aloud."""

from collections.abc import Sequence

from flask_babel import format_decimal, format_percent, ngettext
from flask_babel import gettext as _

from signaal.alerting.model import (
    Cause,
    KindScore,
    Score,
    Span,
    Verdict,
    WarningShown,
    WarningState,
    WarningStep,
    WeekRow,
    once_per,
)
from signaal.alerting.web.door import blueprint
from signaal.clock import monday_of
from signaal.hotspots.model import Interval, MovementFigure, Pattern, Reached, SingleMethod
from signaal.hotspots.web.words import block_name, day, decimal, reporters

COMPASS_POINTS = 8
FULL_CIRCLE = 360
STOOD_STILL = 20.0
"""Metres per four weeks below which a centre hasn't moved: about a house front."""
RARE = 0.2
"""A chance above which nothing is called a rarity."""
SURE = 0.05
"""A chance at which warnings do better than the draw."""
RAREST = 1_000_000
"""One in so many blocks, and nobody can tell rarer things apart."""


@blueprint.app_template_filter()
def pattern_sentence(pattern: Pattern) -> str:
    """How a block went over the last twelve periods of four weeks, in one sentence."""
    sentences = {
        Pattern.NEW: _("Dit is nieuw: voor het eerst in een jaar."),
        Pattern.CONSECUTIVE: _("Dit houdt een paar periodes achter elkaar aan."),
        Pattern.INTENSIFYING: _("Dit duurt al lang en wordt meer."),
        Pattern.PERSISTENT: _("Dit duurt al lang en blijft gelijk."),
        Pattern.DIMINISHING: _("Dit duurt al lang en wordt minder."),
        Pattern.SPORADIC: _("Dit komt en gaat."),
        Pattern.OSCILLATING: _("Nu is het meer dan gewoon. Eerder was het juist minder."),
        Pattern.HISTORICAL: _("Het grootste deel van het jaar was dit meer dan gewoon. Nu niet."),
    }
    return str(sentences.get(pattern, ""))


@blueprint.app_template_filter()
def movement_sentence(movement: MovementFigure) -> str:
    """Since when a group of blocks stands out, how it grew and where it went."""
    parts = [
        ngettext(
            "Dit blok valt op sinds %(since)s.",
            "Een groep van %(num)s blokken valt samen op sinds %(since)s.",
            len(movement.blocks),
            since=day(movement.since),
        )
    ]
    if movement.more_blocks > 0:
        parts.append(
            ngettext(
                "Er kwam één blok bij (%(dwellings)s woningen).",
                "Er kwamen %(num)s blokken bij (%(dwellings)s woningen).",
                movement.more_blocks,
                dwellings=movement.more_dwellings,
            )
        )
    elif movement.more_blocks < 0:
        parts.append(
            ngettext("Er viel één blok af.", "Er vielen %(num)s blokken af.", -movement.more_blocks)
        )
    if movement.bearing is not None and movement.speed >= STOOD_STILL:
        parts.append(
            _(
                "Het midden schoof op naar het %(where)s, %(metres)s meter in vier weken.",
                where=compass(movement.bearing),
                metres=whole_number(movement.speed),
            )
        )
    return " ".join(str(part) for part in parts)


@blueprint.app_template_filter()
def reached_sentence(reached: Reached) -> str:
    """From which block it came to which, and in how many weeks."""
    return str(
        ngettext(
            "Het bereikte %(to)s vanuit %(origin)s, in één week.",
            "Het bereikte %(to)s vanuit %(origin)s, in %(num)s weken.",
            reached.weeks,
            to=block_name(reached.block.code),
            origin=block_name(reached.origin.code),
        )
    )


@blueprint.app_template_filter()
def singles_sentences(found: tuple[SingleMethod, ...] | None) -> str:
    """What methods for a single block make of the running week, each with its name."""
    if found is None:
        return str(
            _(
                "Daar is nu niets over te zeggen: er zijn minder dan 5 melders in vier weken, of te"
                " weinig weken om mee te vergelijken."
            )
        )
    if not found:
        return str(_("Nee, niet ongewoon (EARS C2, EARS C3 en Poisson-CUSUM)."))
    sentences = {
        SingleMethod.C2: _("Deze week zijn er veel meer melders dan in de weken ervoor (EARS C2)."),
        SingleMethod.C3: _(
            "In de laatste drie weken samen zijn er veel meer melders dan in de weken ervoor"
            " (EARS C3)."
        ),
        SingleMethod.CUSUM: _("Week na week zijn er meer melders dan gewoon (Poisson-CUSUM)."),
    }
    return " ".join(str(sentences[method]) for method in found)


def compass(bearing: float) -> str:
    """A bearing in degrees as one of eight points of the compass."""
    points: Sequence[str] = (
        _("noorden"),
        _("noordoosten"),
        _("oosten"),
        _("zuidoosten"),
        _("zuiden"),
        _("zuidwesten"),
        _("westen"),
        _("noordwesten"),
    )
    return str(points[round(bearing / FULL_CIRCLE * COMPASS_POINTS) % COMPASS_POINTS])


@blueprint.app_template_filter()
def whole_number(number: float) -> str:
    """A whole number as people write it."""
    return str(format_decimal(round(number)))


@blueprint.app_template_filter()
def decimal2(number: float) -> str:
    """A number with two decimals as people write it."""
    return str(format_decimal(number, format="0.00"))


# -- warnings and the list ------------------------------------------------------------------


@blueprint.app_template_filter()
def week_day(week: int) -> str:
    """The Monday of a week."""
    return day(monday_of(week))


@blueprint.app_template_filter()
def chance_sentence(row: WeekRow) -> str:
    """How often chance alone brings as many reporters as here and beside it, or more."""
    if row.chance is None:
        return str(_("Hoe vaak dat door toeval voorkomt, is hier niet te zeggen."))
    if row.chance > RARE:
        return str(_("Zo veel hier en in de blokken ernaast komt ook door toeval vaak voor."))
    number = whole_number(_two_digits(round(min(1 / max(row.chance, 1 / RAREST), RAREST))))
    return str(
        _(
            "Zo veel hier en in de blokken ernaast komt door toeval hoogstens bij één op de"
            " %(number)s blokken voor.",
            number=number,
        )
    )


def _two_digits(number: int) -> int:
    """Down to two digits and zeros: "at most one in" stays true, and nobody reads more of them."""
    step = int(10 ** max(len(str(number)) - 2, 0))
    return number // step * step


@blueprint.app_template_filter()
def recurrence_sentence(weeks: float) -> str:
    """How often chance alone brings such a group, somewhere in town."""
    often = once_per(weeks)
    if often is None:
        return str(_("Door toeval komt zo'n groep vaker dan eens per maand voor."))
    if often.span is Span.MONTH:
        return str(
            ngettext(
                "Door toeval komt zo'n groep ergens in de stad hoogstens eens per maand voor.",
                "Door toeval komt zo'n groep ergens in de stad hoogstens eens in de %(num)s"
                " maanden voor.",
                often.number,
            )
        )
    return str(
        _(
            "Door toeval komt zo'n groep ergens in de stad hoogstens eens in de %(years)s jaar"
            " voor.",
            years=often.number,
        )
    )


@blueprint.app_template_filter()
def since_sentence(found: WarningShown | WarningStep) -> str:
    """Since when, and how many against how many, as far as one may see them."""
    if found.reporters.hidden and found.reporters.high is None:
        return str(
            _(
                "Sinds %(since)s waren er meer melders dan gewoon. Hoeveel, tonen we hier niet.",
                since=week_day(found.since_week),
            )
        )
    return str(
        _(
            "Sinds %(since)s waren er %(count)s melders. Gewoon zijn er ongeveer %(expected)s.",
            since=week_day(found.since_week),
            count=reporters(found.reporters),
            expected=decimal(found.expected),
        )
    )


@blueprint.app_template_filter()
def warning_sentence(warning: WarningShown) -> str:
    """Since when, how many against how many, and how often by chance."""
    return " ".join(
        (
            since_sentence(warning),
            recurrence_sentence(warning.recurrence_weeks),
        )
    )


@blueprint.app_template_filter()
def warning_line(warning: WarningShown) -> str:
    """How many since when, against how many, on one line of paper."""
    since = week_day(warning.since_week)
    if warning.reporters.hidden and warning.reporters.high is None:
        return str(_("meer melders dan gewoon sinds %(since)s.", since=since))
    return str(
        _(
            "%(count)s melders sinds %(since)s, gewoon ongeveer %(expected)s.",
            count=reporters(warning.reporters),
            since=since,
            expected=decimal(warning.expected),
        )
    )


@blueprint.app_template_filter()
def state_name(state: WarningState) -> str:
    """Where a warning is in its life."""
    names = {
        WarningState.RAISED: _("nieuw"),
        WarningState.GROWING: _("groeit"),
        WarningState.FADING: _("zwakt af"),
        WarningState.ENDED: _("voorbij"),
    }
    return str(names[state])


@blueprint.app_template_filter()
def cause_sentence(cause: Cause) -> str:
    """What a step in the life of a warning follows from."""
    sentences = {
        Cause.NEW_GROUP: _("hier kwamen meer meldingen dan gewoon."),
        Cause.MORE_BLOCKS: _("er kwamen blokken bij."),
        Cause.MORE_REPORTERS: _("er kwamen meer melders per week."),
        Cause.BACK: _("het was minder, en is terug."),
        Cause.MOVED: _("het verschoof naar andere blokken."),
        Cause.NOT_SEEN: _("er zijn weer gewoon veel meldingen."),
        Cause.MERGED: _("het ging op in een oudere waarschuwing."),
        Cause.BLOCKS_GONE: _("deze blokken staan niet meer op de kaart."),
        Cause.NOT_WATCHED: _("deze soort wordt niet meer gevolgd."),
    }
    return str(sentences[cause])


@blueprint.app_template_filter()
def verdict_name(verdict: Verdict) -> str:
    """What somebody makes of a place."""
    names = {
        Verdict.WORTH_IT: _("Ja, hier is aandacht nodig"),
        Verdict.NOT_WORTH_IT: _("Nee, hier is niets bijzonders"),
        Verdict.UNCLEAR: _("Nog niet duidelijk"),
    }
    return str(names[verdict])


# -- how good -------------------------------------------------------------------------------


@blueprint.app_template_filter()
def score_words(score: Score) -> str:
    """So many of so many, and between which shares the true one lies."""
    if score.share is None:
        return str(_("nog geen oordelen"))
    return str(
        _(
            "%(right)s van %(judged)s (%(low)s tot %(high)s)",
            right=score.right,
            judged=score.judged,
            low=format_percent(score.low),
            high=format_percent(score.high),
        )
    )


@blueprint.app_template_filter()
def better_words(score: KindScore) -> str:
    """Whether warnings do better than the draw."""
    if score.told_no_better:
        return str(_("nee"))
    return str(_("ja") if score.chance <= SURE else _("nog niet te zeggen"))


@blueprint.app_template_filter()
def lead_words(score: KindScore) -> str:
    """How many weeks before the first colour a warning came."""
    if score.lead_weeks is None:
        return str(_("nog niet te zeggen"))
    if score.lead_weeks < 1:
        return str(_("meestal niet vóór de eerste kleur"))
    return str(
        ngettext(
            "bij de helft van wat een kleur kreeg minstens één week vóór de eerste kleur",
            "bij de helft van wat een kleur kreeg minstens %(num)s weken vóór de eerste kleur",
            int(score.lead_weeks),
        )
    )


@blueprint.app_template_filter()
def coloured_words(score: KindScore) -> str:
    """How many of the warnings got a colour on the map."""
    if not score.raised:
        return str(_("er waren nog geen waarschuwingen"))
    return str(_("%(coloured)s van %(raised)s", coloured=score.coloured, raised=score.raised))


@blueprint.app_template_filter()
def interval_words(interval: Interval) -> str:
    """A value and the ends between which it lies."""
    return f"{decimal2(interval.value)} ({decimal2(interval.low)}–{decimal2(interval.high)})"


@blueprint.app_template_filter()
def times_words(ratio: float) -> str:
    """So many times."""
    return str(_("%(number)s keer", number=decimal2(ratio)))


@blueprint.app_template_filter()
def ring_name(ring: int) -> str:
    """How far from the first report the second one came."""
    return str((_("in hetzelfde blok"), _("in een blok ernaast"), _("een blok verder"))[ring])


@blueprint.app_template_filter()
def lag_name(lag: int) -> str:
    """How long after the first report the second one came."""
    return str((_("1 tot 4 weken"), _("5 tot 8 weken"))[lag])
