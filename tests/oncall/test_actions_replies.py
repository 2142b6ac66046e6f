"""What duty contacts write back: obeyed when clear, asked again when not, never a guess."""

from dataclasses import replace

from pytest import fixture, mark
from sqlalchemy import select

from signaal.intake.actions import count_reports, take_in_sms
from signaal.messages import actions as outbox
from signaal.oncall import actions, store
from signaal.oncall.actions import RepliesReader
from signaal.oncall.model import CaseResult, CaseState
from signaal.ports import InboundText
from tests.oncall.exchange import (
    DIENST_A,
    DIENST_B,
    STAFF,
    WIJKTEAM,
    the_case,
    the_cases,
)

DIENST_C = "+3197010200303"
"""On the rota, but not this week."""
STRANGER = "+31699999999"


@fixture
def owed(night, exchange):
    """A neighbour who wants to be called back, at night."""
    exchange.gather(exchange.gather(exchange.call(), "2"))
    exchange.hang_up()
    return the_case(night.database)


@fixture
def house(night, town):
    """The whole way of a text message: first the reader of replies, then intake."""
    return replace(night, inbound_readers=(RepliesReader(night),))


class Mail:
    """Sends texts as duty contacts do, and reads what comes back."""

    def __init__(self, house, phone) -> None:
        self.house, self.phone, self.count = house, phone, 0

    def send(self, body, *, number=DIENST_A) -> list[str]:
        self.count += 1
        before = len(self.phone.texts)
        take_in_sms(
            self.house,
            InboundText(
                provider_sid=f"SM{self.count}",
                from_number=number,
                to_number=self.house.settings.line_number,
                body=body,
                received_at=self.house.clock.now(),
            ),
        )
        outbox.deliver_due(self.house)
        texts = self.phone.texts[before:]
        return [text.body for text in texts if text.to_number == number]

    @property
    def reports(self) -> int:
        with self.house.database.reading() as session:
            return count_reports(session)


@fixture
def mail(house, phone):
    return Mail(house, phone)


# -- finished, but not yours ----------------------------------------------------------------


def test_finished_with_what_nobody_took_is_told_to_take_it_first(mail, owed) -> None:
    (answer,) = mail.send(f"KLAAR {owed.code}")
    assert answer == (
        f"Signaal: {owed.code} is nog niet opgepakt. Neemt u dit op u? "
        f"Antwoord eerst JA {owed.code}."
    )
    assert the_case(mail.house.database).state is CaseState.OWED


def test_finished_with_what_a_colleague_has_hears_who_has_it(mail, owed) -> None:
    mail.send(f"ja {owed.code}")
    (answer,) = mail.send(f"klaar {owed.code}", number=DIENST_B)
    assert "al opgepakt door Dienst A" in answer


def test_a_reply_to_an_old_code_hears_who_dealt_with_it(mail, owed) -> None:
    mail.send(f"ja {owed.code}")
    actions.close(mail.house, owed.id, visitor=STAFF, by="Wijkteam", result=CaseResult.CALLED_BACK)
    for word in ("ja", "klaar"):
        (answer,) = mail.send(f"{word} {owed.code}")
        assert f"{owed.code} is al afgehandeld door Wijkteam" in answer


def test_yes_to_what_is_yours_already_is_told_once_more_how_to_call_back(mail, owed) -> None:
    mail.send(f"ja {owed.code}")
    due = the_case(mail.house.database).due_at
    mail.house.clock.turn(minutes=5)
    (answer,) = mail.send(f"ja {owed.code}")
    assert mail.house.settings.line_number in answer
    assert the_case(mail.house.database).due_at == due


@mark.parametrize("word", ["ja", "klaar"])
def test_who_replies_while_the_caller_is_on_the_line_hears_so(mail, exchange, word) -> None:
    exchange.connect()
    case = the_case(mail.house.database)
    (answer,) = mail.send(f"{word} {case.code}")
    assert "nu zelf aan de lijn" in answer
    assert the_case(mail.house.database).state is CaseState.RINGING


# -- clearly yes ----------------------------------------------------------------------------


@mark.parametrize(
    "said",
    [
        "jaa {code}",
        "ja {a} {b} {c}",
        "JA {a}{b} {c}",
        "'{code}'",
        "ja ik doe het {code}",
        "Ja {code}.\n\nVerstuurd vanaf mijn iPhone",
        "\U0001f44d {code}",
        "ja {code} 3",
    ],
)
def test_what_clearly_means_yes_takes_the_case(mail, owed, said) -> None:
    a, b, c = owed.code
    (answer,) = mail.send(said.format(code=owed.code, a=a, b=b, c=c))
    assert f"u hebt {owed.code} op u genomen" in answer
    assert the_case(mail.house.database).owner == "Dienst A"
    assert mail.reports == 0


@mark.parametrize("said", ["jaa {code}", "\U0001f44d {code}", "'{code}'", "nee {code}"])
def test_a_stranger_with_a_valid_code_writes_as_a_neighbour(mail, owed, said) -> None:
    (answer,) = mail.send(said.format(code=owed.code), number=STRANGER)
    assert owed.code not in answer
    assert the_case(mail.house.database).owner is None
    assert mail.reports == 1


# -- not understood -------------------------------------------------------------------------


def wrong(code: str) -> str:
    return "998" if code == "999" else "999"


@mark.parametrize(
    "said", ["JA {wrong}", "nee", "nee {code}", "ja maar niet {code}", "\U0001f44d", "wat?"]
)
def test_a_duty_contact_who_is_not_understood_is_told_which_words_are(mail, owed, said) -> None:
    (answer,) = mail.send(said.format(code=owed.code, wrong=wrong(owed.code)))
    assert "dat begrijpen wij niet" in answer
    assert f"JA {owed.code}" in answer
    assert len(answer) <= 160
    assert the_case(mail.house.database).owner is None
    assert mail.reports == 0


def test_an_owner_who_is_not_understood_is_told_how_to_finish(mail, owed) -> None:
    mail.send(f"ja {owed.code}")
    (answer,) = mail.send("bedankt hoor")
    assert f"KLAAR {owed.code}" in answer


def test_whoever_is_on_the_rota_but_has_no_duty_is_asked_about_a_reply_only(mail, owed) -> None:
    (answer,) = mail.send("ja 999", number=DIENST_C)
    assert "JA met de code" in answer
    assert mail.reports == 0
    mail.send("alweer die herrie hiernaast", number=DIENST_C)
    assert mail.reports == 1


def test_in_office_hours_the_neighbourhood_team_is_asked(services, town, phone) -> None:
    mail = Mail(replace(services, inbound_readers=(RepliesReader(services),)), phone)
    (answer,) = mail.send("nee", number=WIJKTEAM)
    assert "dat begrijpen wij niet" in answer


def test_a_machine_that_answers_is_asked_three_times_in_a_quarter_of_an_hour(mail, owed) -> None:
    answers = [mail.send("Ik ben er even niet.") for _ in range(6)]
    assert [len(answer) for answer in answers] == [1, 1, 1, 0, 0, 0]
    assert mail.reports == 0
    assert mail.send(f"ja {owed.code}")  # whoever is clear is always heard
    mail.house.clock.turn(minutes=15)
    assert mail.send("Ik ben er even niet.")


def test_two_codes_in_one_reply_are_asked_which(mail, owed, exchange) -> None:
    exchange.gather(exchange.gather(exchange.call(STRANGER, sid="CA2"), "2", sid="CA2"), sid="CA2")
    codes = [case.code for case in the_cases(mail.house.database)]
    (answer,) = mail.send(f"ja {codes[0]} en {codes[1]}")
    assert all(code in answer for code in codes)
    assert "JA" in answer
    assert all(case.owner is None for case in the_cases(mail.house.database))
    for code in codes:
        mail.send(f"ja {code}")
    (answer,) = mail.send("klaar")
    assert "KLAAR met één code" in answer


@mark.parametrize(
    "said",
    ["8021 AC 14 herrie", "Herrie in de Rozenstraat", "Ja 8021 AC 14 alweer", "help er is brand"],
)
def test_a_duty_contact_who_clearly_reports_something_makes_a_report(mail, owed, said) -> None:
    mail.send(said)
    assert mail.reports == 1


def test_a_code_beside_a_street_is_a_reply(mail, owed) -> None:
    (answer,) = mail.send(f"ja {wrong(owed.code)}, ben bij de Rozenstraat")
    assert "dat begrijpen wij niet" in answer
    assert mail.reports == 0


def test_a_duty_contact_may_ask_to_be_left_alone(mail, owed) -> None:
    assert mail.send("STOP") == []


def test_that_somebody_was_asked_is_kept_without_a_number(mail, owed) -> None:
    mail.send("wat?")
    with mail.house.database.reading() as session:
        steps = session.scalars(select(store.CallStepRow)).all()
        assert any(step.case_id is None for step in steps)
        assert DIENST_A.removeprefix("+") not in "".join(step.call + step.step for step in steps)
