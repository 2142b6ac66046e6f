"""Figures in words, the same in every page, file and language."""

from datetime import date

from flask_babel import format_date, format_decimal
from flask_babel import gettext as _

from signaal.hotspots.model import Level, PeriodFigure, Rate, Shown, Window, short_name
from signaal.hotspots.web.door import blueprint
from signaal.intake.model import Kind

SMALL_RATE = 10
"""Per 1,000 dwellings: rates below this are said with one decimal."""


@blueprint.app_template_filter()
def kind_name(kind: Kind) -> str:
    """A kind of evidence in words."""
    names = {
        Kind.NUISANCE: _("Overlast"),
        Kind.CONCERN: _("Zorgen"),
        Kind.ARREARS: _("Huurachterstand"),
    }
    return str(names[kind])


@blueprint.app_template_filter()
def level_name(level: Level) -> str:
    """A comparison with the town in words."""
    names = {
        Level.TOO_FEW: _("te weinig meldingen om iets over te zeggen"),
        Level.NO_DIFFERENCE: _("geen betrouwbaar verschil met de stad"),
        Level.MORE: _("minstens 1,5 keer de stad"),
        Level.THREEFOLD: _("minstens 3 keer de stad"),
        Level.SIXFOLD: _("minstens 6 keer de stad"),
        Level.TWELVEFOLD: _("minstens 12 keer de stad"),
    }
    return str(names[level])


@blueprint.app_template_filter()
def level_short(level: Level) -> str:
    """A comparison with the town in a few words, for a narrow column."""
    names = {
        Level.TOO_FEW: _("te weinig meldingen"),
        Level.NO_DIFFERENCE: _("geen betrouwbaar verschil"),
        Level.MORE: _("minstens 1,5 keer"),
        Level.THREEFOLD: _("minstens 3 keer"),
        Level.SIXFOLD: _("minstens 6 keer"),
        Level.TWELVEFOLD: _("minstens 12 keer"),
    }
    return str(names[level])


@blueprint.app_template_filter()
def block_name(code: str) -> str:
    """A block as people call it: by its postcode, where its code holds one."""
    return short_name(code)


@blueprint.app_template_filter()
def reporters(count: Shown) -> str:
    """A count of reporters as it may be seen."""
    if count.hidden and count.high is None:
        return str(_("niet getoond"))
    if count.hidden:
        return str(_("minder dan %(number)s", number=(count.high or 0) + 1))
    if count.is_exact:
        return str(count.low)
    if count.high is None:
        return str(_("%(number)s of meer", number=count.low))
    return f"{count.low}–{count.high}"


@blueprint.app_template_filter()
def voices_in_words(count: Shown) -> str:
    """A count of voices as a part of a sentence, as it may be seen."""
    if count.is_exact:
        return str(_("%(number)s stemmen", number=count.low))
    if count.hidden and count.high is None:
        return str(_("een aantal stemmen dat we niet tonen"))
    if count.hidden:
        return str(_("minder dan %(number)s stemmen", number=(count.high or 0) + 1))
    if count.high is None:
        return str(_("%(number)s of meer stemmen", number=count.low))
    return str(_("%(low)s tot en met %(high)s stemmen", low=count.low, high=count.high))


@blueprint.app_template_filter()
def top(count: Shown) -> int:
    """How high a bar may reach: to the upper end, or to the lower where there is no other."""
    return count.low if count.high is None else count.high


@blueprint.app_template_filter()
def per_thousand(rate: Rate | None) -> str:
    """A rate per 1,000 dwellings as it may be seen."""
    if rate is None:
        return "–"
    if rate.high is None:
        return str(_("%(number)s of meer", number=decimal(rate.low)))
    low, high = decimal(rate.low), decimal(rate.high)
    return low if low == high else f"{low}–{high}"


@blueprint.app_template_filter()
def decimal(number: float) -> str:
    """A number as people write it, with one decimal where it is small."""
    return str(format_decimal(round(number, 1 if number < SMALL_RATE else 0)))


@blueprint.app_template_filter()
def days(stretch: Window | PeriodFigure) -> str:
    """From when to when."""
    first, last = stretch.first_day, stretch.last_day
    same_year = first.year == last.year
    start = format_date(first, "d MMM" if same_year else "d MMM y")
    return str(_("%(first)s t/m %(last)s", first=start, last=format_date(last, "d MMM y")))


@blueprint.app_template_filter()
def day(moment: date) -> str:
    """One day, short."""
    return str(format_date(moment, "d MMM y"))


@blueprint.app_template_filter()
def town_words(rate: float) -> str:
    """The town's rate per 1,000 dwellings."""
    return decimal(rate) if rate > 0 else str(_("minder dan 1"))
