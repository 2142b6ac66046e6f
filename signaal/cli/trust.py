"""Commands for accounts, deletion, the log of acts and the keys."""

import sys
from pathlib import Path

import click
from pydantic import SecretStr

from signaal import wiring
from signaal.access import actions as access
from signaal.access.model import AccountFault
from signaal.cli.base import A_FILE, commands, progress, require_files, with_house
from signaal.errors import UnknownAccount, UnusableAccount, UnusableFile

ALTERED_LOG = 5
"""The exit code by which monitoring knows that the log of acts was altered."""
SENTENCES = {
    AccountFault.NAME_UNREADABLE: (
        "De naam van de organisatie is niet bruikbaar. / The organisation's name can't be used."
    ),
    AccountFault.NAME_TAKEN: (
        "Een andere organisatie heet al zo. / Another organisation has this name."
    ),
    AccountFault.EMAIL_UNREADABLE: "Dit is geen e-mailadres. / This is no e-mail address.",
    AccountFault.EMAIL_TAKEN: (
        "Dit adres hoort al bij iemand anders. / This address belongs to somebody else."
    ),
    AccountFault.ADMINISTRATOR_EXISTS: (
        "Er is al een beheerder; die nodigt anderen uit op /beheer. /"
        " There is an administrator already, who invites others at /beheer."
    ),
}
"""What can be wrong with the first account."""


@commands.group()
def people() -> None:
    """Accounts; the browser does the rest (/beheer)."""


@people.command("first")
@click.option("--organisation", required=True, help='the municipality, for example "Gemeente …"')
@click.option("--email", required=True, help="the login of its first administrator")
@with_house
def people_first(house: wiring.House, *, organisation: str, email: str) -> None:
    """Lets the first administrator in: prints a link that works once."""
    wiring.require_ready(house.services)
    try:
        secret = access.invite_first(house.services, organisation_name=organisation, email=email)
    except UnusableAccount as error:
        raise UnusableAccount(*(SENTENCES[AccountFault(each)] for each in error.faults)) from None
    click.echo("Geef deze link door; hij werkt één keer, zeven dagen lang. / Hand over this link;")
    click.echo("it works once, for seven days:")
    click.echo(f"{house.services.settings.public_url}/uitnodiging/{secret}")


@people.command("revoke")
@click.option("--email", required=True, help="whose sessions end, at once")
@with_house
def people_revoke(house: wiring.House, *, email: str) -> None:
    """Ends all sessions of one person at once, for example after a stolen telephone."""
    wiring.require_ready(house.services)
    try:
        ended = access.revoke(house.services, email=email)
    except UnknownAccount:
        raise UnknownAccount("Niemand heeft dit adres. / Nobody has this address.") from None
    click.echo(f"{ended} sessies beëindigd. / {ended} sessions ended.")


@commands.command()
@click.option("--dry-run", is_flag=True, help="only count what would go")
@with_house
def purge(house: wiring.House, *, dry_run: bool) -> None:
    """Lets go, now, of all that has had its time (see docs/privacy/retention.md)."""
    wiring.require_ready(house.services)
    gone = wiring.purge(house.services, dry_run=dry_run)
    for what, rows in sorted(gone.items()):
        click.echo(f"{rows:>9,}  {what}")
    click.echo(
        "Dit is alleen geteld. / This was only counted."
        if dry_run
        else "Dit is vernietigd. / This has been destroyed."
    )


@commands.group("log")
def log_group() -> None:
    """The log of acts."""


@log_group.command("verify")
@with_house
def log_verify(house: wiring.House) -> None:
    """Checks the whole chain of the log, and says where it was altered."""
    wiring.require_ready(house.services)
    outcome = access.verify(house.services)
    click.echo(outcome.report())
    if not outcome.is_whole:
        sys.exit(ALTERED_LOG)


@commands.group()
def keys() -> None:
    """The master key and the groups of keys."""


@keys.command("change-master")
@click.option("--new-key-file", type=A_FILE, required=True, help="holds the new master key")
@with_house
def keys_change_master(house: wiring.House, *, new_key_file: Path) -> None:
    """Wraps all key groups with a new master key: stop Signaal first, start with that one after."""
    wiring.require_ready(house.services)
    require_files(new_key_file)
    try:
        new = SecretStr(new_key_file.read_text(encoding="utf-8").strip())
    except (OSError, UnicodeError):
        raise UnusableFile(
            f"{new_key_file}: dit bestand is niet te lezen als tekst. Zet er alleen de nieuwe"
            f" hoofdsleutel in. / {new_key_file}: this file can't be read as text. Put only the"
            " new master key into it."
        ) from None
    wiring.change_master_key(house.services, new)
    click.echo(
        "Alles hangt nu aan de nieuwe hoofdsleutel. Start Signaal daarmee. /"
        " Everything hangs on the new master key. Start Signaal with it."
    )


@keys.command("renew")
@with_house
def keys_renew(house: wiring.House) -> None:
    """Gives every purpose a new key group and wraps all data keys anew."""
    wiring.require_ready(house.services)
    with progress() as show:
        done = wiring.renew_keys(
            house.services, lambda some, of: show("sleutels / keys", some / max(1, of))
        )
    click.echo(
        f"{done.rewrapped} sleutels zijn opnieuw verpakt; {done.broken} waren er stuk. /"
        f" {done.rewrapped} keys have been wrapped anew; {done.broken} were broken."
    )
