"""What was found, in sentences that people can read aloud."""

from collections.abc import Sequence

from flask_babel import format_decimal, ngettext
from flask_babel import gettext as _

from signaal.alerting.web.door import blueprint
from signaal.hotspots.model import MovementFigure, Pattern, Reached
from signaal.hotspots.web.words import block_name, day

COMPASS_POINTS = 8
FULL_CIRCLE = 360
STOOD_STILL = 20.0
"""Metres per four weeks below which a centre hasn't moved: about a house front."""


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
