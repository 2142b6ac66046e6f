import tomllib
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from hypothesis import given
from hypothesis import strategies as st
from pytest import fixture, mark, raises

from signaal.clock import AMSTERDAM
from signaal.errors import BrokenRota
from signaal.oncall.actions import read_rota
from signaal.oncall.actions.rota import DEMO_ROTA
from signaal.oncall.model import (
    CaseState,
    DialEnd,
    EscalationPolicy,
    MenuChoice,
    Reply,
    ReplyKind,
    Service,
    Spoken,
    Voice,
    caller_of,
    is_talk,
    menu_choice,
    read_reply,
    rota_from,
    who_answers,
    without,
)
from signaal.oncall.model.cases import OWING, TRANSITIONS
from signaal.policies import read_policies
from signaal.resources import ALERTS

LINE = "+3197010200300"


@fixture(scope="module")
def rota():
    return read_rota(DEMO_ROTA, line_number=LINE)


def at(*moment) -> datetime:
    return datetime(*moment, tzinfo=AMSTERDAM)


def services_at(rota, moment) -> list[Service]:
    return [target.service for target in who_answers(rota, moment)]


DAY = [Service.DAY, Service.FALLBACK]
NIGHT = [Service.NIGHT, Service.NIGHT, Service.NIGHT, Service.FALLBACK]


@mark.parametrize(
    ("moment", "expected"),
    [
        (at(2026, 11, 20, 17, 59, 59), DAY),  # Friday, the last second
        (at(2026, 11, 20, 18, 0, 0), NIGHT),
        (at(2026, 11, 23, 7, 59, 59), NIGHT),  # Monday morning
        (at(2026, 11, 23, 8, 0, 0), DAY),
        (at(2026, 11, 21, 12, 0), NIGHT),  # Saturday noon
        (at(2026, 4, 27, 12, 0), NIGHT),  # King's Day, a Monday
        (at(2025, 4, 26, 12, 0), NIGHT),  # King's Day moved to Saturday: Sunday the 27th
        (at(2025, 4, 28, 12, 0), DAY),
        (at(2026, 12, 25, 12, 0), NIGHT),  # Christmas, a Friday
        (at(2026, 4, 6, 12, 0), NIGHT),  # Easter Monday
        (at(2025, 5, 5, 12, 0), NIGHT),  # Liberation Day in a lustrum
        (at(2026, 5, 5, 12, 0), DAY),  # ... and in another year
    ],
)
def test_the_right_service_answers_on_both_sides_of_every_border(rota, moment, expected) -> None:
    assert services_at(rota, moment) == expected


def test_no_hour_of_four_years_is_without_a_person_and_each_ends_with_the_last_resort(rota) -> None:
    moment, end = datetime(2025, 1, 1, tzinfo=UTC), datetime(2029, 1, 1, tzinfo=UTC)
    while moment < end:
        answering = who_answers(rota, moment)
        local = moment.astimezone(AMSTERDAM)
        is_day = answering[0].service is Service.DAY
        assert is_day is (
            local.weekday() < 5 and 8 <= local.hour < 18 and local.date() not in rota.free_days
        )
        assert answering[-1] == rota.fallback
        assert [target for target in answering if target == rota.fallback] == [rota.fallback]
        moment += timedelta(hours=1)


@given(st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2040, 1, 1)))
def test_every_instant_has_somebody(rota, moment) -> None:
    assert len(who_answers(rota, moment.replace(tzinfo=UTC))) >= 2


def test_the_duty_changes_on_monday_at_nine_by_the_wall_clock_also_when_the_clocks_change(
    rota,
) -> None:
    closed = replace(rota, free_days=AlwaysFree())
    for monday in (date(2026, 3, 30), date(2026, 10, 26), date(2026, 11, 23)):
        before = datetime.combine(monday, time(8, 59, 59), tzinfo=AMSTERDAM)
        after = datetime.combine(monday, time(9), tzinfo=AMSTERDAM)
        assert who_answers(closed, before) != who_answers(closed, after)
    for night in (at(2026, 3, 29, 1, 59), at(2026, 10, 25, 1, 59)):
        lists = {
            who_answers(closed, night.astimezone(UTC) + timedelta(minutes=m)) for m in range(180)
        }
        assert len(lists) == 1


class AlwaysFree:
    def __contains__(self, day: object) -> bool:
        return True


def test_the_weeks_repeat_for_ever_and_also_ran_before_the_first_monday(rota) -> None:
    night = at(2026, 11, 21, 2, 0)
    for weeks in (-60, -3, 3, 60):
        assert who_answers(rota, night + timedelta(weeks=weeks)) == who_answers(rota, night)
    assert who_answers(rota, night + timedelta(weeks=1)) != who_answers(rota, night)


def test_the_callers_own_telephone_is_never_rung_back_at_them(rota) -> None:
    targets = who_answers(rota, at(2026, 11, 21, 2, 0))
    others = without(targets, targets[0].number)
    assert others == targets[1:]
    assert without(targets[-1:], targets[-1].number) == targets[-1:]


# -- the file -------------------------------------------------------------------------------


@fixture
def table():
    return deepcopy(tomllib.loads(DEMO_ROTA.read_text(encoding="utf-8")))


def faults(table) -> str:
    with raises(BrokenRota) as caught:
        rota_from(table, file="rota.toml", line_number=LINE, holidays=frozenset())
    return str(caught.value)


@mark.parametrize(
    ("key", "spoil"),
    [
        ("office_opens", lambda t: t.pop("office_opens")),
        ("office_opens", lambda t: t.update(office_opens="8 uur")),
        ("office_closes", lambda t: t.update(office_closes="07:00")),
        ("timezone", lambda t: t.update(timezone="Europe/Paris")),
        ("surprise", lambda t: t.update(surprise=1)),
        ("fallback", lambda t: t.pop("fallback")),
        ("fallback.number", lambda t: t["fallback"].update(number=LINE)),
        ("day.number", lambda t: t["day"].update(number="0612345678")),
        ("day.name", lambda t: t["day"].update(name=" ")),
        ("day", lambda t: t.update(day="Wijkteam")),
        ("people.0.id", lambda t: t["people"][0].pop("id")),
        ("people.1.id", lambda t: t["people"][1].update(id="dienst-a")),
        ("night.weeks.1", lambda t: t["night"]["weeks"][1].clear()),
        ("night.weeks.0", lambda t: t["night"]["weeks"][0].append("niemand")),
        ("night.weeks.2", lambda t: t["night"]["weeks"][2].append("dienst-c")),
        ("night.weeks", lambda t: t["night"].update(weeks=[])),
        ("night.first_monday", lambda t: t["night"].update(first_monday="2026-01-06")),
        ("night.first_monday", lambda t: t["night"].update(first_monday="gauw")),
        ("night.handover", lambda t: t["night"].pop("handover")),
        ("closed_days", lambda t: t.update(closed_days="morgen")),
    ],
)
def test_a_rota_with_a_hole_or_a_wrong_number_is_refused_with_file_and_key(
    table, key, spoil
) -> None:
    spoil(table)
    assert f"rota.toml: {key}: " in faults(table)


def test_all_faults_of_a_rota_come_at_once(table) -> None:
    table["day"]["number"] = "12"
    table["night"]["weeks"] = [[]]
    del table["office_closes"]
    assert faults(table).count("\n") == 2


def test_the_offices_own_closing_days_count_as_holidays(table) -> None:
    table["closed_days"] = ["2026-11-20"]
    rota = rota_from(table, file="rota.toml", line_number=LINE, holidays=frozenset())
    assert services_at(rota, at(2026, 11, 20, 12, 0)) == NIGHT


# -- states, keys, replies ------------------------------------------------------------------


def test_every_state_can_reach_an_ending_and_nothing_leaves_closed() -> None:
    ends = {CaseState.CLOSED}
    for _ in TRANSITIONS:
        ends |= {state for state, after in TRANSITIONS.items() if after & ends}
    assert ends == set(CaseState)
    assert not TRANSITIONS[CaseState.CLOSED]


def test_nobody_is_talked_with_except_after_accepting() -> None:
    before = {state for state, after in TRANSITIONS.items() if CaseState.TALKED in after}
    assert before == {CaseState.TALKING}
    assert {s for s, after in TRANSITIONS.items() if CaseState.TALKING in after} == {
        CaseState.ACCEPTED
    }


def test_what_is_owed_never_ends_without_an_owner() -> None:
    for state in OWING:
        assert CaseState.CLOSED not in TRANSITIONS[state]


@mark.parametrize(
    ("keys", "turn", "expected"),
    [
        ("1", 0, MenuChoice.CONNECT),
        ("", 0, MenuChoice.CONNECT),
        ("2", 0, MenuChoice.CALL_BACK),
        ("2", 1, MenuChoice.CALL_BACK),
        ("3", 0, MenuChoice.ENGLISH),
        ("*", 0, MenuChoice.REPEAT),
        ("*", 3, MenuChoice.REPEAT),
        ("*", 9, MenuChoice.CONNECT),
        ("7", 0, MenuChoice.REPEAT),
        ("7", 1, MenuChoice.CONNECT),
    ],
)
def test_a_key_in_the_menu_means_what_the_menu_says(keys, turn, expected) -> None:
    assert menu_choice(keys, turn=turn, repeats=1) is expected


@given(st.text(alphabet="0123456789*#", max_size=2), st.integers(0, 50))
def test_every_caller_is_connected_or_promised_in_the_end(keys, turn) -> None:
    final = menu_choice(keys, turn=turn + 10, repeats=1)
    assert final in {MenuChoice.CONNECT, MenuChoice.CALL_BACK}


@mark.parametrize(
    ("end", "accepted", "thinking", "talked"),
    [
        (DialEnd("completed", bridged=True, seconds=60), True, 5, True),
        (DialEnd("completed", bridged=True, seconds=15), True, 5, True),
        (DialEnd("completed", bridged=True, seconds=14), True, 5, False),  # mostly whisper
        (DialEnd("completed", bridged=True, seconds=60), False, 0, False),  # voicemail
        (DialEnd("completed", bridged=False, seconds=60), True, 5, False),
        (DialEnd("busy", bridged=False, seconds=0), False, 0, False),
    ],
)
def test_only_a_key_a_bridge_and_time_together_are_a_conversation(
    end, accepted, thinking, talked
) -> None:
    assert is_talk(end, accepted=accepted, thinking_seconds=thinking, shortest=10) is talked


@mark.parametrize("said", ["anonymous", "", "Restricted", "+266696687", "+2562533", "0612345678"])
def test_a_hidden_number_is_nobodys_number(said) -> None:
    assert caller_of(said) is None


@mark.parametrize(
    "said",
    [
        "ja 482",
        " JA 482",
        "jaa 482",
        "1 482",
        "482 ja",
        "'ja 482'",
        "Ja, 482!",
        "ok 482",
        "ja482",
        "ja 4 8 2",
        "JA 48 2",
        "'482'",
        "ja ik doe het 482",
        "Ja 482.\n\nVerstuurd vanaf mijn iPhone",
        "Ja 482\n> Signaal: niet opgepakt",
        "\U0001f44d 482",
        "\U0001f44d\U0001f3fd 482",
    ],
)
def test_a_reply_with_a_code_is_read_forgivingly(said) -> None:
    assert read_reply(said) == Reply(ReplyKind.TAKE, ("482",))


@mark.parametrize("said", ["ja", " JA ", "'1'", "Ok."])
def test_a_bare_yes_has_no_code(said) -> None:
    assert read_reply(said) == Reply(ReplyKind.TAKE, ())


@mark.parametrize("said", ["Klaar 482", "ja, klaar 482", "482 klaar", "Gedaan 4 8 2, groet"])
def test_finished_is_another_reply(said) -> None:
    assert read_reply(said) == Reply(ReplyKind.DONE, ("482",))


@mark.parametrize(
    "said",
    [
        "nee",
        "nee 482",
        "ja maar 482 kan ik niet doen",
        "ja 482 is al klaar",
        "hoi, ja 482",
        "klaar met 482? nog niet",
        "yes but I can't do 482",
        "\U0001f44d",
    ],
)
def test_a_yes_that_takes_something_back_is_unclear(said) -> None:
    assert read_reply(said).kind is ReplyKind.UNCLEAR


def test_all_that_may_be_a_code_is_read() -> None:
    assert read_reply("ja 482 2").codes == ("4822", "482")
    assert read_reply("ja 482 en 517").codes == ("482", "517")


@mark.parametrize(
    "said", ["", "8021 AC 14 herrie", "ja ik hoor al weken herrie", "jaren 482", "14", "helpt 482"]
)
def test_what_a_neighbour_writes_is_no_reply(said) -> None:
    assert read_reply(said) is None


@given(st.text(max_size=200))
def test_any_text_can_be_read(text) -> None:
    read_reply(text)


# -- the policy and the words ---------------------------------------------------------------


@mark.parametrize(
    "wrong",
    [
        {"ring_seconds": 40},
        {"page_delay_seconds": 0},
        {"callback_minutes": 5},
        {"owner": " "},
    ],
)
def test_a_policy_that_breaks_a_promise_is_refused(wrong) -> None:
    policy = read_policies(ALERTS, [EscalationPolicy])[EscalationPolicy]
    with raises(ValueError, match=next(iter(wrong))):
        replace(policy, **wrong)


def test_what_is_said_is_escaped() -> None:
    twiml = Spoken(Voice("v", "nl-NL")).say("<Hangup/> & zo").twiml()
    assert "<Hangup/>" not in twiml
    assert "&lt;Hangup/&gt; &amp; zo" in twiml
