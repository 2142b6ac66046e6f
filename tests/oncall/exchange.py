"""A telephone exchange in miniature: posts signed webhooks and reads the answers."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

from sqlmodel import col, select

from signaal.access import actions as access
from signaal.access.model import Role
from signaal.access.store.audit import AuditEntryRow
from signaal.access.web.door import SESSION_SECRET
from signaal.db import Database
from signaal.oncall import actions, store
from signaal.oncall.actions.overview import case_lines
from signaal.simulator.twiml import DocumentKind, read_twiml
from signaal.visitor import Visitor

SATURDAY_NIGHT = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)
NEIGHBOUR = "+31612345678"
DIENST_A, DIENST_B = "+3197010200301", "+3197010200302"
ACHTERWACHT, MELDKAMER = "+3197010200304", "+3197010200390"
WIJKTEAM = "+3197010200310"
STAFF = Visitor(role=Role.TEAM_MEMBER, districts=None)
"""A colleague who works in the whole municipality."""


@dataclass
class Answer:
    text: str
    verbs: list[ET.Element]

    @property
    def heard(self) -> str:
        return " ".join(say.text for verb in self.verbs for say in verb.iter("Say"))

    def one(self, tag: str) -> ET.Element:
        (found,) = [found for verb in self.verbs for found in verb.iter(tag)]
        return found

    def has(self, tag: str) -> bool:
        return any(True for verb in self.verbs for _ in verb.iter(tag))

    @property
    def rings(self) -> str:
        return self.one("Number").text if self.has("Number") else ""


@dataclass
class Exchange:
    """Plays the carrier; every answer is checked against the table of allowed instructions."""

    client: object
    posts: list = field(default_factory=list)

    def post(self, path, *, kind=DocumentKind.VOICE, **form) -> Answer:
        response = self.client.post(path, data=form, headers={"X-Twilio-Signature": "genuine"})
        self.posts.append((path, form))
        assert response.status_code == 200, response.status_code
        assert response.mimetype == "text/xml"
        return Answer(response.text, read_twiml(response.text, kind))

    def again(self, *, kind=DocumentKind.VOICE) -> Answer:
        path, form = self.posts[-1]
        return self.post(path, kind=kind, **form)

    def call(self, number=NEIGHBOUR, *, sid="CA1") -> Answer:
        return self.post("/haak/gesprek", CallSid=sid, From=number, CallStatus="ringing")

    def gather(self, answer, keys="", *, sid="CA1", kind=DocumentKind.VOICE) -> Answer:
        return self.post(answer.one("Gather").get("action"), kind=kind, CallSid=sid, Digits=keys)

    def connect(self, number=NEIGHBOUR, *, sid="CA1") -> Answer:
        """Calls, and waits through menu and postcode until somebody is rung."""
        asked = self.gather(self.call(number, sid=sid), sid=sid)
        return asked if asked.has("Dial") else self.gather(asked, sid=sid)

    def pick_up(self, dialling, *, leg="CA-leg") -> Answer:
        path = dialling.one("Number").get("url")
        return self.post(path, kind=DocumentKind.WHISPER, CallSid=leg)

    def press(self, whisper, keys="1", *, leg="CA-leg") -> Answer:
        return self.gather(whisper, keys, sid=leg, kind=DocumentKind.WHISPER)

    def accept(self, dialling, *, leg="CA-leg") -> Answer:
        return self.press(self.pick_up(dialling, leg=leg), leg=leg)

    def leg_ends(
        self, dialling, status="no-answer", *, seconds=0, sid="CA1", caller="in-progress"
    ) -> Answer:
        bridged = "true" if seconds else "false"
        return self.post(
            dialling.one("Dial").get("action"),
            CallSid=sid,
            DialCallStatus=status,
            DialCallDuration=str(seconds),
            DialBridged=bridged,
            CallStatus=caller,
        )

    def hang_up(self, sid="CA1") -> None:
        response = self.client.post(
            "/haak/gesprek/einde",
            data={"CallSid": sid, "CallStatus": "completed"},
            headers={"X-Twilio-Signature": "genuine"},
        )
        assert response.status_code == 204


def the_cases(database: Database) -> list:
    with database.reading() as session:
        return case_lines(session)


def the_case(database: Database):
    (found,) = the_cases(database)
    return found


def alarms(database: Database) -> list:
    with database.reading() as session:
        return actions.standing_alarms(session)


def row_of(database: Database, case_id) -> store.NightCaseRow:
    with database.reading() as session:
        row = store.find(session, case_id)
        session.expunge_all()
    return row


def acts(services) -> list[tuple[str, str, str]]:
    """The log of acts: role, purpose and what was done, oldest first."""
    with services.database.reading() as session:
        rows = session.exec(select(AuditEntryRow).order_by(col(AuditEntryRow.seq)))
        return [(row.role, row.purpose, row.act) for row in rows]


def signed_in(app, services, role):
    """A browser in which a colleague of the demo works."""
    client = app.test_client()
    secret = access.start_demo_session(services, role=Role(role))
    with client.session_transaction() as session:
        session[SESSION_SECRET] = secret
    return client
