"""A filled town with two districts, and visitors of every role, district and organisation."""

import sqlite3
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from uuid import UUID

import shapely
from flask import Flask
from flask.testing import FlaskClient
from sqlmodel import SQLModel, func, select, update
from uuid_utils.compat import uuid7

from signaal import wiring
from signaal.access import actions as access
from signaal.access.model import Purpose, Role
from signaal.access.model.people import Organisation, OrganisationKind
from signaal.access.store import people as accounts
from signaal.access.store.people import PersonRow
from signaal.access.web.door import SESSION_SECRET
from signaal.alerting import actions as alerting
from signaal.alerting.store import WeekPlaceRow
from signaal.app import create_app
from signaal.hotspots import actions as hotspots
from signaal.intake import actions as intake
from signaal.intake.model import FormReport, HouseholdRequest, Kind, Language, Since
from signaal.intake.store import ReportRow
from signaal.oncall import actions as oncall
from signaal.oncall.store import AttemptRow, NightCaseRow
from signaal.places.model import AddressWords, street_key, suffix_of
from signaal.places.store import (
    BlockRow,
    DistrictRow,
    DwellingRow,
    MunicipalityRow,
    NeighbourhoodRow,
    PlacesLoadRow,
)
from signaal.services import Services
from signaal.settings import Settings
from signaal.simulator.network import FakeNetwork
from signaal.visitor import Visitor
from signaal.web import Field
from tests.fakes import SetClock

NORTH, SOUTH = "WK019301", "WK019302"
NOWHERE = "018f0000-0000-7000-8000-000000000000"
"""An id of nothing."""
REPORTERS_PER_BLOCK = 6
KEPT_BY_ITSELF = frozenset(
    {
        "audit_checkpoint",
        "audit_entry",
        "audit_head",
        "device",
        "receipt_try",
        "staff_session",
        "try_count",
    }
)
"""Tables in which a refusal may well leave a row: tries, sessions, the log."""


@dataclass(frozen=True)
class Corner:
    """What lies in one district, and the words in it that nobody else may read.

    Attributes:
        district: Its code.
        postcode: Of its only block.
        word: Stands in every text that was written there.
        contact: Belongs to somebody who reported there.
        reference: Of the report with these words; empty until it came in.
        arguments: What a path with an argument of this name holds, to lead to this corner; under
            `endpoint.name` where one name means something else on one route.
    """

    district: str
    postcode: str
    word: str
    contact: str
    reference: str = ""
    arguments: Mapping[str, object] = field(default_factory=dict)

    def leads_to(self, endpoint: str, names: Collection[str]) -> dict[str, object]:
        """The arguments of a path of this route."""
        return {
            name: self.arguments.get(f"{endpoint}.{name}", self.arguments.get(name))
            for name in names
        }


CORNERS = (
    Corner(NORTH, "8021AC", "noorderkanarie", "noord@voorbeeld.example"),
    Corner(SOUTH, "8022BX", "zuiderkanarie", "zuid@voorbeeld.example"),
)


@dataclass
class Filled:
    """Signaal around a filled database.

    Attributes:
        app: The application; forms need no token.
        services: Its tools.
        corners: What lies in each district, by its code.
        elsewhere: An organisation for which nobody works but the visitors from there.
        home: The organisation of everybody else.
    """

    app: Flask
    services: Services
    corners: dict[str, Corner]
    elsewhere: UUID
    kept: Path | None = None

    def enter(self, role: str, *, district: str = NORTH, elsewhere: bool = False) -> "Entered":
        """Somebody signs in; a resident doesn't."""
        if not role:
            return Entered(self.app)
        secret = access.start_demo_session(
            self.services, role=Role(role), districts=frozenset({district})
        )
        if elsewhere:
            self._move(secret)
        return Entered(self.app, secret, role)

    def _move(self, secret: str) -> None:
        """This person works for another organisation from now on."""
        somebody = access.visitor_of(self.services, secret)
        assert somebody
        with self.services.database.session() as session, session.begin():
            session.execute(
                update(PersonRow)
                .where(PersonRow.id == somebody.person)
                .values(organisation_id=self.elsewhere)
            )

    # -- keeping it as it was -------------------------------------------------------------

    def keep(self, path: Path) -> None:
        """Remembers the database as it is now."""
        self.kept = path
        with closing(sqlite3.connect(self._file)) as now, closing(sqlite3.connect(path)) as kept:
            now.backup(kept)

    def restore(self) -> None:
        """Makes the database as it was when it was kept."""
        with (
            closing(sqlite3.connect(str(self.kept))) as kept,
            closing(sqlite3.connect(self._file, timeout=30)) as now,
        ):
            kept.backup(now)

    @property
    def _file(self) -> str:
        return self.services.database.url.removeprefix("sqlite:///")

    def books(self) -> dict[str, int]:
        """How many rows each table has that a refusal must leave alone."""
        with self.services.database.reading() as session:
            return {
                name: session.scalar(select(func.count()).select_from(table)) or 0
                for name, table in SQLModel.metadata.tables.items()
                if name not in KEPT_BY_ITSELF
            }


@dataclass(frozen=True)
class Entered:
    """Somebody whose session stays as it was, whatever a page did to it."""

    app: Flask
    secret: str = ""
    role: str = ""

    def browser(self) -> FlaskClient:
        """A browser with nothing but this session."""
        client = self.app.test_client()
        if self.secret:
            with client.session_transaction() as kept:
                kept[SESSION_SECRET] = self.secret
        return client


# -- forms ----------------------------------------------------------------------------------

EXAMPLES = {
    "kind": "nuisance",
    "category": "noise",
    "since": "today",
    "postcode": "8021 AC",
    "number": "14",
    "street": "",
    "contact": "",
    "unsure": "",
    "form_id": "an-example-of-a-form",
    "code": "7KQ2MX-ABCD-EFGH-JKMN",
    "role": "team_member",
    "district": NORTH,
    "duty_name": "",
    "password": "an invented password",
    "reference": "7KQ2MX",
    "status": "being_looked_at",
    "do": "clock:ordinary",
    "phone": "buurtbewoner",
    "week": "2967",
    "wijk": NORTH,
}
"""What is filled in where a field declares no choices."""


def fill_in(fields: tuple[Field, ...], *, role: str = "") -> dict[str, str]:
    """A form in which every field holds something that may stand there, for one's own role."""
    own = {"role": role} if role and "role" in {each.name for each in fields} else {}
    filled_in = {
        each.name: each.choices[0] if each.choices else EXAMPLES.get(each.name, "x")[: each.longest]
        for each in fields
    }
    return filled_in | own


# -- filling it -----------------------------------------------------------------------------


@contextmanager
def filled(*, database_url: str, folder: Path, clock: SetClock) -> Iterator[Filled]:
    """Signaal as the demo starts it, on tables that are there, with a town and what happened."""
    settings = Settings(data_dir=folder, database_url=database_url, reports_per_hour=1_000_000)
    house = wiring.build(settings)
    services = replace(house.services, clock=clock, line_clock=clock)
    services = replace(services, inbound_readers=(oncall.RepliesReader(services),))
    try:
        yield _fill(services, house.network)
    finally:
        services.database.close()


def _fill(services: Services, network: FakeNetwork | None) -> Filled:
    _build_town(services)
    for corner in CORNERS:
        _report_from(services, corner)
    alerting.consider(services, limit=1_000)
    oncall.tick(services)
    hotspots.refresh(services)
    alerting.consider_figures(services)
    elsewhere = _found_elsewhere(services)
    at_home = _people_at_home(services)
    colleague = _somebody(services, Role.TEAM_MEMBER)
    assert network
    app = create_app(services, network)
    app.config["WTF_CSRF_ENABLED"] = False
    corners = {
        corner.district: _with_arguments(services, corner, at_home=at_home, looks=colleague)
        for corner in CORNERS
    }
    return Filled(app, services, corners, elsewhere)


def _found_elsewhere(services: Services) -> UUID:
    organisation = Organisation(uuid7(), "Elders", OrganisationKind.CORPORATION)
    with services.database.session() as session, session.begin():
        accounts.add_organisation(session, organisation, now=services.clock.now())
    return organisation.id


def _people_at_home(services: Services) -> dict[str, object]:
    """Somebody of the municipality, and a question that an auditor asked there."""
    colleague = _somebody(services, Role.COORDINATOR)
    auditor = _somebody(services, Role.AUDITOR)
    inquiry = access.ask_inquiry(
        services, visitor=auditor, reference="7KQ2MX", reason="Een controle van deze test."
    )
    return {
        "request_id": _household_asks(services),
        "person_id": colleague.person,
        "organisation": colleague.organisation,
        "inquiry": inquiry,
    }


def _household_asks(services: Services) -> UUID:
    intake.ask(
        services,
        HouseholdRequest(
            AddressWords(postcode="8021AC", number=14), "bewoner@voorbeeld.example", ""
        ),
        purpose=Purpose.ANSWER_HOUSEHOLD,
    )
    (listed,) = intake.household_requests(services)
    return listed.id


def _somebody(services: Services, role: Role) -> Visitor:
    """Somebody in this role for the whole town, whom no visitor of the tests is."""
    found = access.visitor_of(services, access.start_demo_session(services, role=role))
    assert found
    return found


def _build_town(services: Services) -> None:
    with services.database.session() as session, session.begin():
        session.add(MunicipalityRow(code="GM0193", name="Lindestad"))
        session.flush()
        session.add(PlacesLoadRow(token=uuid7(), what="dwellings", loaded_at=services.clock.now()))
        for at, corner in enumerate(CORNERS):
            session.add(
                DistrictRow(code=corner.district, name=f"Wijk {at}", municipality_code="GM0193")
            )
            session.flush()
            _build_corner(session, corner, at=at)


def _build_corner(session, corner: Corner, *, at: int) -> None:
    neighbourhood = _neighbourhood(corner)
    square = shapely.box(203_000 + 200 * at, 502_000, 203_100 + 200 * at, 502_100).wkb
    session.add(
        NeighbourhoodRow(
            code=neighbourhood, name=f"Buurt {at}", district_code=corner.district, wkb=square
        )
    )
    session.flush()
    block = BlockRow(
        code=f"{neighbourhood}-{corner.postcode}",
        neighbourhood_code=neighbourhood,
        dwellings=40,
        small=False,
        wkb=square,
    )
    session.add(block)
    session.flush()
    session.add_all(
        DwellingRow(
            bag_id=f"{corner.postcode}{number:010}",
            postcode=corner.postcode,
            number=number,
            letter="",
            addition="",
            suffix=suffix_of("", ""),
            street=f"Straat {at}",
            street_key=street_key(f"Straat {at}"),
            x=203_050.0 + 200 * at,
            y=502_050.0,
            neighbourhood_code=neighbourhood,
            block_id=block.id,
        )
        for number in range(2, 42)
    )


def _neighbourhood(corner: Corner) -> str:
    return corner.district.replace("WK", "BU") + "01"


def _report_from(services: Services, corner: Corner) -> None:
    """A report about danger, which rings the duty, and some quiet ones."""
    texts = [f"hij heeft een mes, {corner.word}"]
    texts += [f"al weken herrie, {corner.word}"] * REPORTERS_PER_BLOCK
    for number, text in enumerate(texts):
        intake.take_in_form(
            services,
            FormReport(
                form_id=f"{corner.district}-{number}",
                kind=Kind.NUISANCE,
                category="noise",
                words=AddressWords(postcode=corner.postcode, number=14),
                place_unsure=False,
                since=Since.TODAY,
                text=text,
                contact=f"{number}{corner.contact}",
                language=Language.NL,
            ),
        )


def _with_arguments(
    services: Services, corner: Corner, *, at_home: Mapping[str, object], looks: Visitor
) -> Corner:
    """What a path with an argument of this name, or of this route, leads to."""
    block_code = f"{_neighbourhood(corner)}-{corner.postcode}"
    with services.database.reading() as session:
        report, looked_at, *_ = session.exec(
            select(ReportRow)
            .join(BlockRow, BlockRow.id == ReportRow.block_id)
            .where(BlockRow.code == block_code)
            .order_by(ReportRow.id)
        ).all()
        case = session.exec(
            select(NightCaseRow).where(NightCaseRow.neighbourhood == f"Buurt {_at(corner)}")
        ).all()[0]
        listed = session.exec(
            select(WeekPlaceRow)
            .where(WeekPlaceRow.district_code == corner.district)
            .order_by(WeekPlaceRow.position)
        ).all()[0]
        attempt = session.exec(select(AttemptRow).where(AttemptRow.case_id == case.id)).first()
        corner = replace(
            corner,
            reference=report.reference,
            arguments={
                "report_id": report.id,
                "intake.close.report_id": looked_at.id,
                "intake.show_contact.report_id": looked_at.id,
                "case_id": case.id,
                "attempt_id": attempt.id if attempt else NOWHERE,
                "code": block_code,
                "district": corner.district,
                "place": listed.id,
                "turn": 0,
                "name": "leaflet.js",
                "secret": "an-example-of-a-link-that-nobody-was-given",
                "hotspots.show_neighbourhood.code": _neighbourhood(corner),
                **at_home,
            },
        )
        looked_at_id = looked_at.id
    intake.look_at(services, looked_at_id, visitor=looks, purpose=Purpose.OFFER_HELP)
    return corner


def _at(corner: Corner) -> int:
    return [each.district for each in CORNERS].index(corner.district)
