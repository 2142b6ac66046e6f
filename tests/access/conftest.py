"""A municipality in production: made once, copied for each test."""

import shutil
from copy import deepcopy
from dataclasses import replace

from pytest import fixture

from signaal import wiring
from signaal.access.model import Role
from signaal.access.model.people import OrganisationKind
from signaal.db import Database
from signaal.services import Services
from signaal.settings import Settings
from tests.access.staff import Browser, Office, app_of, in_production
from tests.conftest import MONDAY_MORNING
from tests.fakes import QUICK_HASH, RecordingPhone, SetClock, TrustingCheck

LATER = MONDAY_MORNING.replace(hour=12)


@fixture(scope="session")
def office_template(sqlite_template, tmp_path_factory):
    """A database with an administrator, somebody with two roles, and somebody of a corporation."""
    folder = tmp_path_factory.mktemp("office")
    shutil.copy(sqlite_template, folder / "signaal.db")
    database = Database(f"sqlite:///{folder / 'signaal.db'}")
    clock = SetClock(MONDAY_MORNING)
    made = Office(
        in_production(
            Services(
                settings=Settings(data_dir=folder, database_url=database.url),
                database=database,
                clock=clock,
                line_clock=clock,
                policies=wiring.read_all_policies(Settings()),
                carrier=RecordingPhone(),
                signatures=TrustingCheck(),
                hash_cost=QUICK_HASH,
            )
        )
    )
    made.ann = made.colleague(Role.TEAM_MEMBER, Role.COORDINATOR)
    made.dirk = made.colleague(
        Role.DUTY_CONTACT, email="dirk@zorg.example", kind=OrganisationKind.CARE_PROVIDER
    )
    made.corry = made.colleague(
        Role.ADMINISTRATOR, email="corry@corporatie.example", kind=OrganisationKind.CORPORATION
    )
    database.close()
    return folder / "signaal.db", made


@fixture
def office(office_template, tmp_path):
    """The office at noon, in a database of its own."""
    path, made = office_template
    shutil.copy(path, tmp_path / "office.db")
    database = Database(f"sqlite:///{tmp_path / 'office.db'}")
    clock = SetClock(LATER)
    services = replace(made.services, database=database, clock=clock, line_clock=clock)
    here = deepcopy_of(made, services)
    yield here
    database.close()


def deepcopy_of(made, services):
    here = object.__new__(Office)
    here.services = services
    here.visitor = made.visitor
    here.organisations = dict(made.organisations)
    for name in ("administrator", "ann", "dirk", "corry"):
        account = replace(getattr(made, name), services=services)
        account.recovery_codes = deepcopy(account.recovery_codes)
        setattr(here, name, account)
    return here


@fixture
def app(office):
    return app_of(office.services)


@fixture
def browser(app):
    return Browser(app)
