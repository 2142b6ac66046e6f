import re
from dataclasses import replace

from pytest import fixture, mark
from sqlalchemy import create_engine, event, text
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from signaal.alerting import actions as alerting
from signaal.app import create_app
from signaal.clock import PretendClock
from signaal.intake.actions import take_in_form
from signaal.intake.model import FormReport, Kind, Language
from signaal.oncall import actions
from signaal.oncall.model import CaseResult, CaseState
from signaal.places.model import AddressWords
from tests.oncall.exchange import (
    MELDKAMER,
    SATURDAY_NIGHT,
    STAFF,
    Exchange,
    acts,
    alarms,
    signed_in,
    the_case,
    the_cases,
)


@fixture
def staff(app, services):
    return lambda role: signed_in(app, services, role)


@fixture
def owed(night, exchange):
    exchange.gather(exchange.gather(exchange.call(), "2"))
    exchange.hang_up()
    return the_case(night.database)


WEBHOOKS = [
    "/haak/gesprek",
    "/haak/gesprek/einde",
    "/haak/gesprek/storing",
    "/haak/gesprek/{id}/keuze/0",
    "/haak/gesprek/{id}/postcode",
    "/haak/gesprek/{id}/na/{id}",
    "/haak/fluister/{id}/{id}",
    "/haak/fluister/{id}/{id}/toets",
    "/haak/oproep/{id}/{id}",
    "/haak/oproep/{id}/{id}/toets",
    "/haak/verbind/{id}",
    "/haak/verbind/{id}/code/0",
    "/haak/verbind/{id}/na",
]
SOME_ID = "019aa000-0000-7000-8000-000000000001"


@mark.parametrize("path", WEBHOOKS)
@mark.parametrize("signature", ["", "forged"])
def test_a_forged_webhook_is_refused_and_writes_nothing(services, app, path, signature) -> None:
    headers = {"X-Twilio-Signature": signature} if signature else {}
    answer = app.test_client().post(
        path.format(id=SOME_ID), data={"CallSid": "CA1", "From": "+31612345678"}, headers=headers
    )
    assert answer.status_code == 403
    assert the_cases(services.database) == []


def test_a_call_without_an_id_is_refused(services, app) -> None:
    answer = app.test_client().post(
        "/haak/gesprek", data={"From": "+31612345678"}, headers={"X-Twilio-Signature": "genuine"}
    )
    assert answer.status_code == 400


def test_a_caller_of_an_unknown_case_is_still_put_through(services, exchange) -> None:
    answer = exchange.post(f"/haak/gesprek/{SOME_ID}/keuze/0", CallSid="CA1", Digits="1")
    assert answer.rings == MELDKAMER


def test_whoever_is_not_the_carrier_gets_no_instructions(exchange) -> None:
    answer = exchange.client.post("/haak/gesprek", data={"CallSid": "CA1"})
    assert answer.status_code == 403
    assert answer.text == ""


def test_a_contact_of_an_unknown_case_hears_nothing(services, exchange) -> None:
    answer = exchange.post(f"/haak/fluister/{SOME_ID}/{SOME_ID}", CallSid="CA1")
    assert [verb.tag for verb in answer.verbs] == ["Hangup"]


class AwayDatabase:
    """A database that has gone, or of which a row can't be read."""

    url = "sqlite://"

    def __init__(self, error: Exception) -> None:
        self.error = error

    def session(self):
        raise self.error

    reading = session


@fixture(
    params=[OperationalError("SELECT 1", {}, ConnectionError("away")), ValueError("unreadable")],
    ids=["away", "unreadable"],
)
def broken_line(services, request):
    away = services.__class__(**{**vars(services), "database": AwayDatabase(request.param)})
    return Exchange(create_app(away).test_client())


def test_whatever_is_broken_a_caller_hears_112_and_the_duty_office_rings(
    broken_line,
) -> None:
    answer = broken_line.call()
    assert "112" in answer.heard
    assert answer.rings == MELDKAMER
    after = broken_line.post(
        answer.one("Dial").get("action"), CallSid="CA1", DialCallStatus="no-answer"
    )
    assert "9 7 0 1 0 2 0 0 3 1 0" in after.heard
    assert "112" in after.heard


def test_whatever_is_broken_a_contact_is_not_connected_blindly(broken_line) -> None:
    answer = broken_line.post(f"/haak/fluister/{SOME_ID}/{SOME_ID}", CallSid="CA1")
    assert [verb.tag for verb in answer.verbs] == ["Hangup"]


@mark.parametrize("status", ["initiated", "ringing", "in-progress"])
def test_a_status_that_is_no_end_ends_nothing(night, exchange, status) -> None:
    exchange.connect()
    answer = exchange.client.post(
        "/haak/gesprek/einde",
        data={"CallSid": "CA1", "CallStatus": status},
        headers={"X-Twilio-Signature": "genuine"},
    )
    assert answer.status_code == 204
    assert the_case(night.database).state is CaseState.RINGING


# -- the page -------------------------------------------------------------------------------


@mark.parametrize("role", ["team_member", "coordinator", "duty_contact"])
def test_who_works_tonight_sees_alarm_case_and_duty(night, owed, staff, role) -> None:
    page = staff(role).get("/nachtlijn")
    assert page.status_code == 200
    assert f"Zaak {owed.code}" in page.text
    assert "Dienst A" in page.text
    assert "Ik neem dit over" in page.text
    assert "612345678" not in page.text


def test_the_planner_sees_who_has_duty_and_no_case(night, owed, staff) -> None:
    client = staff("planner")
    actions.close(night, owed.id, visitor=STAFF, by="Wijkteam", result=CaseResult.CALLED_BACK)
    page = client.get("/nachtlijn").text
    assert "Dienst A" in page
    for hidden in (owed.code, "Open zaken", "Laatst afgerond", "Er staat niets open"):
        assert hidden not in page
    assert client.post(f"/nachtlijn/{owed.id}/melding").status_code == 403


@mark.parametrize("role", ["police_officer", "housing_consultant", "administrator", "allocator"])
def test_others_see_nothing_of_the_night(night, owed, staff, role) -> None:
    assert staff(role).get("/nachtlijn").status_code == 403
    assert staff(role).post(f"/nachtlijn/{owed.id}/overnemen").status_code == 403


def test_a_visitor_without_a_role_sees_nothing_of_the_night(night, owed, app) -> None:
    assert app.test_client().get("/nachtlijn").status_code == 403


def test_a_quiet_night_says_so(night, staff) -> None:
    assert "Er staat niets open" in staff("team_member").get("/nachtlijn").text


@mark.parametrize("role", ["planner", "police_officer", "housing_consultant", "allocator"])
def test_who_does_not_act_at_night_sees_that_an_alarm_stands_but_not_where(
    night, owed, staff, role
) -> None:
    page = staff(role).get("/aanmelden").text
    banner = page.partition('class="alarms"')[2].partition("</div>")[0]
    assert "nog niemand heeft overgenomen" in banner
    assert the_case(night.database).code not in banner


def test_the_red_banner_stands_on_every_staff_page_until_somebody_takes_it(
    night, owed, staff
) -> None:
    client = staff("team_member")
    assert 'class="alarms"' in client.get("/aanmelden").text
    answer = client.post(f"/nachtlijn/{owed.id}/overnemen", follow_redirects=True)
    assert "U hebt dit overgenomen" in answer.text
    assert 'class="alarms"' not in client.get("/aanmelden").text
    assert the_case(night.database).owner == "Wijkteam"


def test_who_comes_second_hears_that_a_colleague_was_first(night, owed, staff) -> None:
    actions.acknowledge(night, owed.id, visitor=STAFF, by="Dienst A")
    answer = staff("coordinator").post(f"/nachtlijn/{owed.id}/overnemen", follow_redirects=True)
    assert "Een collega was u voor" in answer.text


def test_a_case_is_closed_with_one_of_the_results(night, owed, staff) -> None:
    client = staff("duty_contact")
    wrong = client.post(f"/nachtlijn/{owed.id}/sluiten", data={"result": "whatever"})
    assert wrong.status_code == 400
    page = client.post(
        f"/nachtlijn/{owed.id}/sluiten", data={"result": "called_back"}, follow_redirects=True
    )
    assert "Laatst afgerond" in page.text
    assert "Teruggebeld" in page.text
    assert the_case(night.database).state is CaseState.CLOSED
    assert not alarms(night.database)


def test_who_took_it_and_who_closed_it_stand_side_by_side(night, owed, staff) -> None:
    actions.acknowledge(night, owed.id, visitor=STAFF, by="Dienst A")
    actions.close(night, owed.id, visitor=STAFF, by="Wijkteam", result=CaseResult.CALLED_BACK)
    page = staff("coordinator").get("/nachtlijn").text
    assert re.search(r"Opgepakt door</th>\s*<th scope=\"col\">Afgerond door</th>", page)
    assert re.search(r"<td>Dienst A</td>\s*<td>Wijkteam</td>", page)


def acute_form(services, text="Er is brand bij de buren <b>") -> None:
    take_in_form(
        services,
        FormReport(
            form_id="form-1",
            kind=Kind.CONCERN,
            category=None,
            words=AddressWords(postcode="8021AC", number=14),
            place_unsure=False,
            since=None,
            text=text,
            contact=None,
            language=Language.NL,
        ),
    )
    alerting.consider(services)


def test_an_anonymous_form_is_not_called_a_hidden_number(night, town, staff) -> None:
    acute_form(night)
    page = staff("team_member").get("/nachtlijn").text
    assert "Formulier zonder nummer" in page
    assert "Verborgen nummer" not in page


def test_a_hidden_caller_is_called_one(night, exchange, staff) -> None:
    exchange.call("anonymous")
    exchange.hang_up()
    assert "Verborgen nummer" in staff("team_member").get("/nachtlijn").text


@mark.parametrize("role", ["team_member", "duty_contact"])
def test_a_report_is_read_by_an_act_of_its_own(night, town, staff, role) -> None:
    acute_form(night)
    client = staff(role)
    page = client.get("/nachtlijn").text
    assert "Toon de melding" in page
    assert "brand" not in page
    path = f"/nachtlijn/{the_case(night.database).id}/melding"
    assert client.get(path).status_code == 405
    with capture_logs() as logs:
        opened = client.post(path).text
    assert "Er is brand bij de buren &lt;b&gt;" in opened
    assert (role, "tonight", "night_text_opened") in acts(night)
    assert "brand" not in repr(logs)


@mark.parametrize("role", ["coordinator", "planner", "police_officer"])
def test_a_report_is_not_read_by_others(night, town, staff, role) -> None:
    acute_form(night)
    client = staff(role)
    assert "Toon de melding" not in client.get("/nachtlijn").text
    path = f"/nachtlijn/{the_case(night.database).id}/melding"
    assert client.post(path).status_code == 403


def test_a_report_is_read_while_the_case_is_open(night, town, staff) -> None:
    acute_form(night)
    case = the_case(night.database)
    actions.close(night, case.id, visitor=STAFF, by="Wijkteam", result=CaseResult.VISITED)
    client = staff("team_member")
    answer = client.post(f"/nachtlijn/{case.id}/melding", follow_redirects=True)
    assert "niet meer lezen" in answer.text
    assert "brand" not in answer.text
    assert client.post(f"/nachtlijn/{SOME_ID}/melding").status_code == 404


def test_a_duty_contact_reads_a_report_for_twelve_hours(night, town, staff, clock) -> None:
    acute_form(night)
    path = f"/nachtlijn/{the_case(night.database).id}/melding"
    clock.turn(hours=12)
    assert "brand" in staff("duty_contact").post(path).text
    clock.turn(seconds=1)
    answer = staff("duty_contact").post(path, follow_redirects=True)
    assert "niet meer lezen" in answer.text
    assert "brand" in staff("team_member").post(path).text


def test_a_case_of_calls_has_no_report_to_read(night, owed, staff) -> None:
    client = staff("team_member")
    assert "Toon de melding" not in client.get("/nachtlijn").text
    assert "geen melding" in client.post(f"/nachtlijn/{owed.id}/melding").text


def test_while_the_line_pretends_the_page_says_so(services) -> None:
    line_clock = PretendClock(services.clock)
    app = create_app(replace(services, line_clock=line_clock))

    def page():
        return signed_in(app, services, "team_member").get("/nachtlijn").text

    assert "doet alsof" not in page()
    line_clock.pretend(SATURDAY_NIGHT)
    assert "doet alsof" in page()
    assert "21-11-2026 02:00" in page()


def test_a_case_with_a_caller_on_the_line_stays_open(night, exchange, staff) -> None:
    exchange.connect()
    case = the_case(night.database)
    page = staff("team_member").post(
        f"/nachtlijn/{case.id}/sluiten", data={"result": "talked"}, follow_redirects=True
    )
    assert "iemand aan de lijn" in page.text


@mark.parametrize("verb", ["overnemen", "sluiten"])
def test_an_unknown_case_is_not_found(night, staff, verb) -> None:
    answer = staff("team_member").post(f"/nachtlijn/{SOME_ID}/{verb}", data={"result": "talked"})
    assert answer.status_code == 404


def test_taking_over_needs_the_forms_token(night, owed, services) -> None:
    client = signed_in(create_app(services), services, "team_member")
    assert client.post(f"/nachtlijn/{owed.id}/overnemen").status_code == 400
    assert the_case(night.database).owner is None


def test_the_page_speaks_english_too(night, owed, staff) -> None:
    assert staff("team_member").get("/nachtlijn?taal=en").status_code == 200


def test_the_banner_costs_every_page_one_small_query(night, owed) -> None:
    asked = []
    event.listen(
        night.database.engine,
        "before_cursor_execute",
        lambda _c, _cursor, statement, *_rest: asked.append(statement),
    )
    with night.database.reading() as session:
        assert len(actions.standing_alarms(session)) == 1
    assert len([statement for statement in asked if statement.startswith("SELECT")]) == 1
    if night.database.is_sqlite:
        with create_engine(night.database.url).connect() as connection:
            plan = connection.execute(
                text(
                    "EXPLAIN QUERY PLAN SELECT id FROM night_case WHERE alarm_since IS NOT NULL"
                    " AND acknowledged_at IS NULL ORDER BY alarm_since"
                )
            ).all()
        assert "ix_night_case_alarm" in str(plan)
