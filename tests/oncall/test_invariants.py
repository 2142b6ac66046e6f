"""The promises of the night line, under any order of calls, keys, endings, replies and ticks."""

import shutil
import tempfile
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from pytest import fixture

from signaal.db import Database
from signaal.oncall import actions, store
from signaal.oncall.actions import RepliesReader
from signaal.oncall.model import OWING, CaseResult, CaseState, DialEnd
from signaal.policies import read_policies
from signaal.ports import InboundText
from signaal.resources import ALERTS
from signaal.services import Services
from signaal.settings import Settings
from signaal.wiring import POLICY_TYPES
from tests.fakes import RecordingPhone, SetClock, TrustingCheck
from tests.oncall.exchange import (
    ACHTERWACHT,
    DIENST_A,
    DIENST_B,
    NEIGHBOUR,
    SATURDAY_NIGHT,
    STAFF,
    row_of,
    the_cases,
)

TEMPLATE: list[Path] = []
MOST_CLOSED_SHOWN = 20


@fixture(autouse=True)
def empty_database(sqlite_template):
    TEMPLATE[:] = [sqlite_template]


class Nights(RuleBasedStateMachine):
    """A model that remembers only who pressed which key and what the carrier said of it."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="signaal-nights-"))
        path = self.folder / "signaal.db"
        shutil.copy(TEMPLATE[0], path)
        self.clock = SetClock(SATURDAY_NIGHT)
        self.services = Services(
            settings=Settings(data_dir=self.folder),
            database=Database(f"sqlite:///{path}"),
            clock=self.clock,
            line_clock=self.clock,
            policies=read_policies(ALERTS, POLICY_TYPES),
            carrier=RecordingPhone(),
            signatures=TrustingCheck(),
        )
        self.contacts = 0
        self.sid = ""
        self.pressed: set = set()
        self.bridged: set = set()

    def teardown(self) -> None:
        self.services.database.close()
        shutil.rmtree(self.folder)

    def twice(self, action, **arguments) -> None:
        """Every webhook comes twice: the same answer, and nothing changed in between."""
        first = action(self.services, **arguments)
        before = the_cases(self.services.database)
        assert action(self.services, **arguments) == first
        assert the_cases(self.services.database) == before

    def rows(self) -> list[store.NightCaseRow]:
        database = self.services.database
        return [row_of(database, case.id) for case in the_cases(database)]

    def live(self) -> list[store.NightCaseRow]:
        return [row for row in self.rows() if row.live_attempt]

    @rule(number=st.sampled_from([NEIGHBOUR, "+31687654321", None]))
    def calls(self, number) -> None:
        sid = f"CA{self.contacts}"
        self.contacts += 1
        self.twice(actions.answer_call, sid=sid, number=number)
        self.sid = sid

    @precondition(lambda self: self.sid)
    @rule(keys=st.sampled_from(["", "1", "2", "*", "7"]), turn=st.integers(0, 2))
    def chooses(self, keys, turn) -> None:
        case = self.of_last_call()
        self.twice(actions.choose, case_id=case, sid=self.sid, turn=turn, keys=keys)
        self.twice(actions.give_postcode, case_id=case, sid=self.sid, keys="")

    def of_last_call(self):
        with self.services.database.reading() as session:
            key = actions.calls.call_key(self.services, self.sid)
            return store.find_contact(session, key).case_id

    @precondition(lambda self: self.live())
    @rule(keys=st.sampled_from(["", "1", "1", "5"]), times=st.integers(1, 2))
    def picks_up(self, keys, times) -> None:
        row = self.live()[0]
        for _ in range(times):
            ids = {"case_id": row.id, "attempt_id": row.live_attempt, "sid": uuid4().hex}
            self.twice(actions.whisper, **ids)
            self.twice(actions.press, **ids, keys=keys)
        if keys == "1":
            self.pressed.add(row.live_attempt)

    @precondition(lambda self: self.live())
    @rule(
        status=st.sampled_from(["completed", "busy", "no-answer", "failed", "canceled"]),
        bridged=st.booleans(),
        seconds=st.sampled_from([0, 3, 9, 10, 600]),
        left=st.booleans(),
    )
    def leg_ends(self, *, status, bridged, seconds, left) -> None:
        row = self.live()[0]
        if bridged and seconds >= 10:
            self.bridged.add(row.live_attempt)
        self.twice(
            actions.after_dial,
            case_id=row.id,
            attempt_id=row.live_attempt,
            sid=self.sid,
            end=DialEnd(status, bridged=bridged, seconds=seconds),
            left=left,
        )

    @precondition(lambda self: self.sid)
    @rule()
    def hangs_up(self) -> None:
        self.twice(actions.call_ended, sid=self.sid)

    @rule(minutes=st.integers(1, 6))
    def time_passes(self, minutes) -> None:
        for _ in range(minutes):
            self.clock.turn(minutes=1)
            actions.tick(self.services)

    @rule(
        number=st.sampled_from([DIENST_A, DIENST_B, ACHTERWACHT, "+31699999999"]),
        word=st.sampled_from(["ja", "klaar"]),
    )
    def replies(self, number, word) -> None:
        text = InboundText(uuid4().hex, number, "+3197010200300", word, self.clock.now())
        with self.services.database.session() as session, session.begin():
            RepliesReader(self.services).read(session, text)

    @rule(urgency=st.sampled_from(["acute", "urgent"]))
    def reports(self, urgency) -> None:
        with self.services.database.session() as session, session.begin():
            for _ in range(2):
                actions.open_case_for_report(
                    session,
                    self.services,
                    report_reference=f"R{self.contacts}",
                    neighbourhood=None,
                    urgency=urgency,
                    number=NEIGHBOUR,
                )
        self.contacts += 1

    @precondition(lambda self: self.rows())
    @rule(result=st.sampled_from(list(CaseResult)))
    def closes(self, result) -> None:
        row = self.rows()[0]
        if row.state in {CaseState.OWNED, CaseState.TALKED}:
            actions.close(self.services, row.id, visitor=STAFF, by="Wijkteam", result=result)

    @invariant()
    def the_promises_hold(self) -> None:
        cases = the_cases(self.services.database)
        self.every_contact_has_a_case(cases)
        for case in cases:
            self.has_an_owner_or_is_acted_on_in_time(case)
            self.is_accepted_once_at_a_time(case)
            self.alarms_while_nobody_took_it(case)
        self.talked_means_key_and_bridge(cases)

    def every_contact_has_a_case(self, cases) -> None:
        if sum(case.state is CaseState.CLOSED for case in cases) < MOST_CLOSED_SHOWN:
            assert sum(case.contacts for case in cases) == self.contacts

    def has_an_owner_or_is_acted_on_in_time(self, case) -> None:
        if case.state is CaseState.CLOSED or case.owner:
            return
        due = row_of(self.services.database, case.id).next_action_at
        assert due is not None
        assert self.clock.now() - due <= timedelta(seconds=60)

    def is_accepted_once_at_a_time(self, case) -> None:
        ringing = False
        for event in case.history:
            assert event.why != "accepts" or ringing
            ringing = event.state is CaseState.RINGING

    def alarms_while_nobody_took_it(self, case) -> None:
        assert case.state not in OWING or case.alarm_since

    def talked_means_key_and_bridge(self, cases) -> None:
        with self.services.database.reading() as session:
            for attempt in store.attempts_of(session, [case.id for case in cases]):
                if attempt.outcome == "talked":
                    assert attempt.id in self.pressed & self.bridged


TestNights = Nights.TestCase
TestNights.settings = settings(
    max_examples=15,
    stateful_step_count=20,
    deadline=None,
    phases=[Phase.generate],  # shrinking writes thousands of databases
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)
