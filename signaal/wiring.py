"""Puts the services together: which carrier, which clock, which policies, which ticks."""

import importlib
import logging
import pkgutil
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

import structlog
from alembic import command as alembic
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from pydantic import SecretStr
from sqlalchemy.exc import SQLAlchemyError
from structlog.typing import EventDict

import signaal
from signaal.access import actions as access
from signaal.access.model import Act, Purpose
from signaal.alerting import actions as alerting
from signaal.alerting.model import AlertPolicy, EarlyWarningPolicy, unknown_categories
from signaal.clock import AMSTERDAM, PretendClock, SystemClock
from signaal.db import Database
from signaal.errors import BrokenPolicies, OutdatedTables, PolicyFault, UnsafeSetting
from signaal.hotspots import actions as hotspots
from signaal.hotspots.model import FiguresPolicy, SnapshotInfo, unknown_points
from signaal.intake import actions as intake
from signaal.intake.model import Categories, PromptWords
from signaal.messages import actions as messages
from signaal.oncall import actions as oncall
from signaal.oncall.model import EscalationPolicy
from signaal.outside.console import ConsoleCarrier, ConsoleSignatureCheck, webhook_token
from signaal.outside.openid import OpenIdProvider
from signaal.outside.smtp import SmtpMailer
from signaal.outside.twilio import TwilioCarrier, TwilioSignatureCheck
from signaal.places import actions as places
from signaal.policies import Across, Policies, Policy, read_policies
from signaal.privacy import actions as privacy
from signaal.resources import ALERTS, MIGRATIONS
from signaal.services import Services
from signaal.settings import CarrierName, Settings
from signaal.simulator.network import FakeNetwork
from signaal.simulator.phones import NEIGHBOURS
from signaal.visitor import HOUSE

POLICY_TYPES: tuple[type[Policy], ...] = (
    Categories,
    PromptWords,
    AlertPolicy,
    EscalationPolicy,
    FiguresPolicy,
    EarlyWarningPolicy,
)

_CATEGORIES_OF_RULES = Across(
    (AlertPolicy, "rules"),
    (Categories, "categories"),
    lambda rules, categories: unknown_categories(
        rules, {category.code for category in categories}, file=Categories.FILE
    ),
)


@dataclass(frozen=True)
class House:
    """The services, and in the demo the fake telephone network that carries for them."""

    services: Services
    network: FakeNetwork | None = None


@dataclass(frozen=True)
class Tick:
    """One piece of work that comes back every so many seconds."""

    name: str
    seconds: float
    run: Callable[[], object]


def build(settings: Settings) -> House:
    """Builds the house, and refuses what is broken: a policy, a rota.

    Raises:
        BrokenPolicies: With every fault in every file.
        BrokenRota: With every fault in the rota.
        UnsafeSetting: The data folder can't be written in.
    """
    _make_data_dir(settings)
    clock = SystemClock()
    network = _network(settings, clock)
    services = Services(
        settings=settings,
        database=Database(settings.database),
        clock=clock,
        line_clock=PretendClock(clock) if settings.is_demo else clock,
        policies=read_all_policies(settings),
        carrier=ConsoleCarrier(network) if network else TwilioCarrier(settings),
        mailer=SmtpMailer(settings) if settings.smtp_host else None,
        signatures=(ConsoleSignatureCheck if network else TwilioSignatureCheck)(settings),
        identity_provider=OpenIdProvider(settings, clock) if settings.oidc_issuer else None,
    )
    rota = oncall.rota_of(services)
    if network:
        on_rota = (rota.day, rota.fallback, *chain.from_iterable(rota.weeks))
        for number in (*NEIGHBOURS, *(target.number for target in on_rota)):
            network.add_phone(number)
    readers = (oncall.RepliesReader(services),)
    return House(replace(services, inbound_readers=readers), network)


def _make_data_dir(settings: Settings) -> None:
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=settings.data_dir):
            pass
    except OSError as error:
        raise UnsafeSetting(
            f"In SIGNAAL_DATA_DIR ({settings.data_dir}) kan Signaal niet schrijven"
            f" ({error.strerror}); kies een andere map. / Signaal can't write in SIGNAAL_DATA_DIR;"
            " choose another folder."
        ) from None


def _network(settings: Settings, clock: SystemClock) -> FakeNetwork | None:
    if settings.carrier is not CarrierName.CONSOLE:
        return None
    return FakeNetwork(
        clock,
        token=webhook_token(settings),
        base_url=settings.public_url,
        lines=(settings.line_number,),
        voice_status_path="/haak/gesprek/einde",
    )


def read_all_policies(settings: Settings) -> Policies:
    """Reads every policy of the municipality, or the shipped ones.

    Raises:
        BrokenPolicies: Every fault in every file, and what doesn't fit between two files.
    """
    folder = settings.policies_dir or ALERTS
    return read_policies(folder, POLICY_TYPES, across=(_CATEGORIES_OF_RULES,))


def compare_points(settings: Settings, policies: Policies) -> bool:
    """Looks whether the default points are blocks; without blocks there is nothing to look at.

    Args:
        settings: Which database.
        policies: The policies in force.

    Returns:
        Whether there was something to compare with, or nothing to compare.

    Raises:
        BrokenPolicies: Each code that no block has.
    """
    rules = policies[FiguresPolicy]
    if not rules.default_points:
        return True
    codes = _codes_of_blocks(settings)
    unknown = unknown_points(rules, codes) if codes else ()
    if unknown:
        raise BrokenPolicies(
            tuple(
                PolicyFault(
                    FiguresPolicy.FILE,
                    "default_points",
                    f"geen blok met woningen heeft de code {code!r}; verbeter hem of haal hem weg"
                    f" / no block with dwellings has the code {code!r}; mend or remove it",
                )
                for code in unknown
            )
        )
    return bool(codes)


def _codes_of_blocks(settings: Settings) -> frozenset[str]:
    """The codes of all blocks; none while there is no database, or none that can be read."""
    database = Database(settings.database)
    file = database.engine.url.database
    try:
        if database.is_sqlite and not (file and Path(file).is_file()):
            return frozenset()
        with database.reading() as session:
            return frozenset(block.code for block in places.block_layer(session))
    except SQLAlchemyError:
        return frozenset()
    finally:
        database.close()


def ticks(house: House) -> tuple[Tick, ...]:
    """Everything that happens by itself."""
    services = house.services
    refresh_seconds = 60 if services.settings.is_demo else 600
    work = [
        Tick("consider reports", 1, lambda: alerting.consider(services)),
        Tick("night cases", 1, lambda: oncall.tick(services)),
        Tick("outbox", 0.5, lambda: messages.deliver_due(services)),
        Tick("figures", refresh_seconds, lambda: see(services)),
        Tick("digests", 60, lambda: alerting.send_mails(services)),
        Tick("better than chance", 3600, lambda: alerting.shout_no_better(services)),
        Tick("copies at the provider", 60, lambda: messages.forget_copies(services)),
        Tick("purge", 3600, lambda: purge_at_night(services)),
        Tick("late requests", 3600, lambda: intake.shout_late_requests(services)),
        Tick("seal of the log", 3600, lambda: access.seal_checkpoint(services)),
    ]
    if house.network:
        work.append(Tick("telephones", 0.25, house.network.catch_up))
    return tuple(work)


def see(
    services: Services, *, on_progress: Callable[[str, float], None] | None = None
) -> SnapshotInfo:
    """Makes the figures anew, and considers at once what they say."""
    warned = alerting.warned_weeks(services)
    made = hotspots.refresh(services, warned=warned, on_progress=on_progress)
    alerting.consider_figures(services)
    return made


# -- letting go -----------------------------------------------------------------------------

PURGE_HOURS = range(3, 6)
"""In Amsterdam: three chances a night, after the clock's hour of change, before people start."""


def purge(services: Services, *, dry_run: bool = False) -> Mapping[str, int]:
    """Lets go of all that has had its time, in small slices, and takes it out of the files.

    Args:
        services: The tools of the house.
        dry_run: Only count what would go.

    Returns:
        How many rows of what went, or would go, by the keys of the table of periods.
    """
    gone: Counter[str] = Counter()
    for let_go in (
        intake.purge,
        alerting.purge,
        oncall.purge,
        messages.purge,
        access.purge,
        access.purge_log,
    ):
        gone.update(let_go(services, dry_run=dry_run))
    if not dry_run:
        _write_down(services, Act.PURGED, {what: rows for what, rows in gone.items() if rows})
        services.database.tidy()
    return dict(gone)


def _write_down(services: Services, act: Act, details: Mapping[str, int]) -> None:
    """What Signaal itself did, in the log of acts."""
    if details:
        with services.database.session() as session, session.begin():
            access.record(
                session,
                visitor=HOUSE,
                act=act,
                purpose=Purpose.RUN,
                now=services.clock.now(),
                details=details,
            )


def change_master_key(services: Services, new: SecretStr) -> None:
    """Hangs all keys on another master key, and writes that down; Signaal must be stopped first.

    Whatever ran on with the old key could seal and open nothing any more. It leads meanwhile, so
    that no worker begins before all is done.

    Raises:
        UnsafeSetting: A worker is at work, or the new key is too short.
        BrokenMasterKey: The present key opens not all groups; nothing was changed.
    """
    lead = services.database.leader_lock(services.settings.data_dir)
    if not lead.acquire():
        raise UnsafeSetting(
            "Signaal draait nog. Stop eerst Signaal (alle processen), verander dan de hoofdsleutel"
            " en start met de nieuwe. / Signaal is still running. First stop Signaal (all of its"
            " processes), then change the master key and start with the new one."
        )
    try:
        changed = privacy.rotate_master_key(services, new_master_key=new)
        _write_down(services, Act.KEYS_ROTATED, {"rewrapped": changed.rewrapped, "master": 1})
    finally:
        lead.release()


def renew_keys(services: Services, on_progress: Callable[[int, int], None]) -> privacy.Rotation:
    """Gives every purpose a new key group, and writes that down."""
    renewed = privacy.rotate_groups(services, on_progress)
    _write_down(services, Act.KEYS_ROTATED, {"rewrapped": renewed.rewrapped, "master": 0})
    return renewed


def purge_at_night(services: Services) -> None:
    """The nightly purge; by day nothing happens."""
    if services.clock.now().astimezone(AMSTERDAM).hour in PURGE_HOURS:
        purge(services)


# -- tables ---------------------------------------------------------------------------------


def import_stores() -> None:
    """Makes every row known to the metadata."""
    for module in pkgutil.walk_packages(signaal.__path__, "signaal."):
        if module.name.endswith(".store"):
            importlib.import_module(module.name)


def upgrade_database(services: Services, revision: str = "head") -> None:
    """Brings the tables to a revision, in one transaction: all of it or nothing."""
    with services.database.migrating() as connection:
        config = alembic_config()
        config.attributes["connection"] = connection
        alembic.upgrade(config, revision)


def require_ready(services: Services) -> None:
    """Refuses to work on tables that aren't up to date, or with a wrong master key.

    Raises:
        OutdatedTables: Says which command mends it.
        BrokenMasterKey: Says where to look.
    """
    head = ScriptDirectory.from_config(alembic_config()).get_current_head()
    with services.database.reading() as session:
        current = MigrationContext.configure(session.connection()).get_current_revision()
    if current != head:
        raise OutdatedTables(
            "De tabellen zijn niet bij; geef eerst: signaal db upgrade"
            f" / The tables aren't up to date ({current}, not {head}); run: signaal db upgrade"
        )
    privacy.check_master_key(services)


def alembic_config() -> Config:
    """Where the migrations stand."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


# -- logs -----------------------------------------------------------------------------------


def configure_logging() -> None:
    """One JSON line per event on standard error, with ids only."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(message)s")
    # That a tick is still busy when the next one is due is no news; a failing tick is, by us.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _where_it_went_wrong,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        # Looked up for each line: whoever closes or turns standard error must not stop the work.
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
    )


def _where_it_went_wrong(_logger: object, _method: str, event: EventDict) -> EventDict:
    """The trace without the error's own words: a database's words may quote a whole row."""
    told = event.pop("exc_info", None)
    error = told if isinstance(told, BaseException) else sys.exc_info()[1] if told else None
    if error is not None:
        event["error"] = type(error).__name__
        event["trace"] = [
            f"{frame.filename}:{frame.lineno} {frame.name}"
            for frame in traceback.extract_tb(error.__traceback__)
        ]
    return event
