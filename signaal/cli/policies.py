"""Commands for the policies in alerts/: are they in order, and what would they have done?"""

from collections.abc import Sequence
from pathlib import Path

import click

from signaal import wiring
from signaal.alerting import actions as alerting
from signaal.alerting.actions import Fired
from signaal.alerting.model import AlertPolicy, EarlyWarningPolicy
from signaal.cli.base import A_FILE, commands, progress, require_files, with_house
from signaal.clock import AMSTERDAM, SystemClock, monday_of
from signaal.errors import UnusableFile
from signaal.hotspots.model import FiguresPolicy, Shown
from signaal.policies import read_policy
from signaal.rules import overdue
from signaal.settings import read_settings

WEEKS_PER_QUARTER = 13
MOST_WEEKS = 104


@commands.group()
def policies() -> None:
    """The policies in alerts/."""


@policies.command("check")
def policies_check() -> None:
    """Says all that is wrong with the policies, with file, key and mend."""
    settings = read_settings()
    in_force = wiring.read_all_policies(settings)
    if not wiring.compare_points(settings, in_force):
        click.echo(
            f"{FiguresPolicy.FILE}: default_points: er zijn nog geen blokken om ze mee te"
            " vergelijken / there are no blocks yet to compare them with"
        )
    for file, day in overdue(in_force, SystemClock().now().astimezone(AMSTERDAM).date()):
        click.echo(
            f"{file}: review_by: deze regels hadden op {day} herzien moeten zijn; lees ze na en zet"
            f" een nieuwe dag / these rules should have been reviewed on {day}; read them again"
            " and set a new day"
        )
    click.echo("Alle beleidsregels zijn in orde. / All policies are in order.")


@policies.command("try")
@click.argument("file", type=A_FILE)
@click.option(
    "--weeks",
    type=click.IntRange(1, MOST_WEEKS),
    default=52,
    show_default=True,
    help="how far back",
)
@with_house
def policies_try(house: wiring.House, *, file: Path, weeks: int) -> None:
    """Replays past weeks by the rules in FILE, and says what would have fired.

    FILE is a changed copy of warnings.toml, early_warning.toml or figures.toml, under any name. It
    changes nothing. Of warnings it says what a policy officer may know: the neighbourhood, and how
    many reporters as a class.
    """
    require_files(file)
    wiring.require_ready(house.services)
    tried = read_policy(file, wiring.POLICY_TYPES)
    in_force = house.services.policies
    if isinstance(tried, AlertPolicy):
        _say_rules(alerting.try_rules(house.services, policy=tried, weeks=weeks), weeks=weeks)
        return
    if not isinstance(tried, EarlyWarningPolicy | FiguresPolicy):
        raise UnusableFile(
            f"{file}: deze regels zijn niet te proberen, alleen {AlertPolicy.FILE},"
            f" {EarlyWarningPolicy.FILE} en {FiguresPolicy.FILE}. / {file}: these rules can't be"
            f" tried, only {AlertPolicy.FILE}, {EarlyWarningPolicy.FILE} and {FiguresPolicy.FILE}."
        )
    with progress() as show:
        fired = alerting.try_warnings(
            house.services,
            policy=tried if isinstance(tried, EarlyWarningPolicy) else in_force[EarlyWarningPolicy],
            rules=tried if isinstance(tried, FiguresPolicy) else in_force[FiguresPolicy],
            weeks=weeks,
            on_progress=show,
        )
    _say_warnings(fired, weeks=weeks)


def _say_rules(counts: dict[str, int], *, weeks: int) -> None:
    click.echo(
        f"Zo zouden de meldingen van de laatste {weeks} weken beslist zijn: / This is how the"
        f" reports of the last {weeks} weeks would have been decided about:"
    )
    for name, count in counts.items():
        click.echo(f"  {name}: {count}")


def _say_warnings(fired: Sequence[Fired], *, weeks: int) -> None:
    per_quarter = len(fired) * WEEKS_PER_QUARTER / weeks
    dutch, english = (
        ("waarschuwing", "warning") if len(fired) == 1 else ("waarschuwingen", "warnings")
    )
    click.echo(
        f"In {weeks} weken {len(fired)} {dutch}, dat is {per_quarter:.1f} per kwartaal. /"
        f" {len(fired)} {english} in {weeks} weeks, that is {per_quarter:.1f} a quarter."
    )
    for each in fired:
        until = f"{monday_of(each.ended_week):%Y-%m-%d}" if each.ended_week else "…"
        click.echo(
            f"  {monday_of(each.raised_week):%Y-%m-%d} – {until}"
            f"  {each.kind.value}: {', '.join(each.neighbourhoods) or '?'};"
            f" {_class(each.reporters)} melders / reporters; {_often(each.recurrence_weeks)}"
        )


def _class(count: Shown) -> str:
    """A class as signs, which are the same in both languages."""
    if count.high is None:
        return f"≥ {count.low}"
    return f"< {count.high + 1}" if count.hidden else f"{count.low}–{count.high}"


def _often(weeks: float) -> str:
    if not weeks:
        return "door toeval vaker dan eens per maand / by chance more than once a month"
    return (
        f"door toeval hoogstens eens in {weeks:.0f} weken /"
        f" by chance at most once in {weeks:.0f} weeks"
    )
