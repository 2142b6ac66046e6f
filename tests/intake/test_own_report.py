"""Whoever holds the code adds to a report, corrects it and withdraws it; over HTTP too."""

import re
from datetime import timedelta
from html import unescape

import pytest
from sqlalchemy import event
from sqlmodel import SQLModel, select

from signaal.access.model import Act
from signaal.app import create_app
from signaal.clock import period_of, week_of
from signaal.errors import TooManyTries, UnknownPlace, UnknownReceipt, UnusableReport
from signaal.intake import actions, store
from signaal.intake.model import (
    CODES_PER_ADDRESS,
    MOST_ADDITIONS,
    Correction,
    Ending,
    Kind,
    ReportStatus,
    Urgency,
    network_of,
)
from signaal.places.model import AddressWords
from signaal.privacy.model import MASK
from signaal.privacy.store import DataKeyRow
from signaal.visitor import Visitor
from tests.intake.conftest import acts

NUISANCE = "8021 AC 14 al weken herrie 's nachts"
CODE = re.compile(r"[0-9A-Z]{6}(?:-[0-9A-Z]{4}){3}")
TEAM = Visitor(role="team_member", districts=None)
LOOKS = {"visitor": TEAM, "purpose": "offer_help"}


@pytest.fixture
def code(texts_in, replies) -> str:
    texts_in(NUISANCE)
    return CODE.search(replies()[0]).group()


@pytest.fixture
def browser(services, town):
    app = create_app(services)
    app.config["WTF_CSRF_ENABLED"] = False
    return app.test_client()


def post(browser, path, **data):
    return browser.post(path, data=data)


def words_of(answer) -> str:
    return unescape(answer.get_data(as_text=True))


def rows(services, kind):
    with services.database.reading() as session:
        found = session.exec(select(kind)).all()
        session.expunge_all()
        return found


def whole_database(services) -> str:
    with services.database.reading() as session:
        return repr(
            [session.execute(select(table)).all() for table in SQLModel.metadata.sorted_tables]
        )


# -- adding ---------------------------------------------------------------------------------


def test_what_is_added_stands_masked_under_the_reports_own_seal_and_is_read_with_it(
    services, code, reports
):
    status = actions.add_to(services, code, "  nu ook stank, bel 0612345678  ")

    assert status.additions == 1
    (addition,) = rows(services, store.ReportAdditionRow)
    assert b"stank" not in addition.text
    opened = actions.open_reports(services, **LOOKS)[ReportStatus.RECEIVED]
    assert opened.reports[0].additions == (f"nu ook stank, bel {MASK}",)
    assert opened.reports[0].text == NUISANCE
    assert [entry.subject for entry in acts(services, Act.REPORT_ADDED_TO)] == [
        reports()[0].reference
    ]


def test_the_same_words_sent_twice_are_added_once(services, code):
    for _ in range(3):
        status = actions.add_to(services, code, "nu ook stank")

    assert status.additions == 1
    assert len(acts(services, Act.REPORT_ADDED_TO)) == 1


def test_danger_in_what_is_added_is_looked_at_at_once(services, code, reports, clock):
    with services.database.session() as session, session.begin():
        actions.mark_considered(session, reports()[0].id, now=clock.now())

    assert actions.add_to(services, code, "hij heeft een mes").acute
    (report,) = reports()
    assert (report.urgency, report.considered_at) == (Urgency.ACUTE, None)


def test_a_report_is_not_added_to_without_end_nor_without_words(services, code):
    for number in range(MOST_ADDITIONS):
        actions.add_to(services, code, f"keer {number}")

    for text in ("nog eens", "", "\x00"):
        with pytest.raises(UnusableReport):
            actions.add_to(services, code, text)
    assert len(rows(services, store.ReportAdditionRow)) == MOST_ADDITIONS


def test_a_closed_report_is_followed_and_no_longer_changed(services, code, reports):
    actions.look_at(services, reports()[0].id, **LOOKS)
    actions.close(services, reports()[0].id, "founded", **LOOKS)

    assert not actions.follow(services, code).can_change
    with pytest.raises(UnusableReport):
        actions.add_to(services, code, "nog iets")
    with pytest.raises(UnusableReport):
        actions.correct(services, code, Correction(text="iets anders"))


# -- correcting -----------------------------------------------------------------------------


def test_a_corrected_text_is_the_only_one_that_any_key_opens(services, code, reports, opened):
    (before,) = rows(services, store.SealedReportRow)
    actions.add_to(services, code, "nu ook stank")

    actions.correct(services, code, Correction(text="alleen overdag herrie"))

    text, contact, place = opened(reports()[0])
    assert (text, contact) == ("alleen overdag herrie", "+31612345001")
    assert '"8021AC"' in place
    assert before.key_id not in {key.id for key in rows(services, DataKeyRow)}
    assert rows(services, store.SealedReportRow)[0].text != before.text
    read = actions.open_reports(services, **LOOKS)[ReportStatus.RECEIVED].reports[0]
    assert read.additions == ("nu ook stank",)
    assert len(acts(services, Act.REPORT_CORRECTED)) == 1


def test_a_corrected_place_moves_the_report_and_its_weight(services, code, reports, town, clock):
    words = AddressWords("8022BX", 3)

    assert actions.correct(services, code, Correction(words=words)).neighbourhood == "Lindebuurt"

    (report,) = reports()
    assert report.block_id == town["8022BX"]
    with services.database.reading() as session:
        day = timedelta(days=1)
        voices = actions.voices(session, since=clock.now() - day, until=clock.now() + day)
    assert list(voices.block_id) == [town["8022BX"]]


def test_a_place_that_isnt_there_leaves_all_as_it_was(services, code, reports, opened, town):
    with pytest.raises(UnknownPlace):
        actions.correct(
            services, code, Correction(words=AddressWords("9999ZZ", 1), text="iets anders")
        )

    assert reports()[0].block_id == town["8021AC"]
    assert opened(reports()[0])[0] == NUISANCE


def test_an_old_report_is_not_walked_through_the_blocks_whose_figures_stand(
    browser, code, reports, town, clock
):
    moved = {"code": code, "postcode": "8022 BX", "number": "3", "text": "alleen overdag"}
    clock.turn(weeks=4)

    for _ in range(2):
        answer = post(browser, "/volgen/verbeteren", **moved)
        assert answer.status_code == 422
        assert "Doe een nieuwe melding" in words_of(answer)
    assert reports()[0].block_id == town["8021AC"]
    same_block = post(
        browser, "/volgen/verbeteren", code=code, postcode="8021 AC", number="16", text=""
    )
    assert same_block.status_code == 200


def test_a_corrected_text_takes_along_what_was_said_about_the_place_before(
    services, texts_in, replies, reports, opened
):
    texts_in("herrie " * 142)
    texts_in("8021 AC 14, het is bij Jansen naast de bakker")
    code = CODE.search(" ".join(replies())).group()
    assert "Jansen" in opened(reports()[0])[2]

    actions.correct(services, code, Correction(text="alleen overdag herrie"))

    text, _contact, place = opened(reports()[0])
    assert (text, "Jansen" in place) == ("alleen overdag herrie", False)


# -- withdrawing ----------------------------------------------------------------------------


def test_what_is_withdrawn_is_gone_at_once_and_only_counted(services, code, reports, clock):
    actions.add_to(services, code, "nu ook stank")
    (report,) = reports()
    (sealed,) = rows(services, store.SealedReportRow)

    actions.withdraw(services, code)

    for kind in (
        *(store.ReportRow, store.SealedReportRow, store.ReportAdditionRow),
        store.ConversationRow,
    ):
        assert rows(services, kind) == []
    assert sealed.key_id not in {key.id for key in rows(services, DataKeyRow)}
    (message,) = rows(services, store.InboundTextRow)
    assert message.report_id is None
    (count,) = rows(services, store.EndedCountRow)
    period = period_of(week_of(clock.now()))
    assert (count.kind, count.ending, count.period, count.count) == (
        *(Kind.NUISANCE, Ending.WITHDRAWN, period, 1),
    )
    (entry,) = acts(services, Act.REPORT_WITHDRAWN)
    assert entry.subject == report.reference
    with pytest.raises(UnknownReceipt):
        actions.follow(services, code)
    with services.database.reading() as session:
        day = timedelta(days=1)
        voices = actions.voices(session, since=clock.now() - day, until=clock.now() + day)
        assert not voices.weight


def test_a_message_of_a_withdrawn_report_that_comes_again_has_no_effect(
    services, texts_in, replies, reports
):
    texts_in(NUISANCE, sid="SM-same")
    actions.withdraw(services, CODE.search(replies()[0]).group())

    texts_in(NUISANCE, sid="SM-same")

    assert reports() == []


@pytest.mark.parametrize("way", ["withdrawn", "unfounded"])
def test_who_ends_a_report_holds_the_conversation_before_the_report_as_a_message_does(
    services, code, reports, way
):
    report_id = reports()[0].id
    actions.look_at(services, report_id, **LOOKS)
    seen = []

    def listen(*heard):
        seen.append(" ".join(heard[2].split()))

    event.listen(services.database.engine, "before_cursor_execute", listen)
    if way == "withdrawn":
        actions.withdraw(services, code)
    else:
        actions.close(services, report_id, "unfounded", **LOOKS)
    event.remove(services.database.engine, "before_cursor_execute", listen)

    locks = " FOR UPDATE" if not services.database.is_sqlite else ""
    talk = [n for n, said in enumerate(seen) if "FROM conversation " in said and locks in said]
    report = [
        n for n, said in enumerate(seen) if said.startswith("SELECT report.") and locks in said
    ]
    assert talk[0] < report[0]
    assert reports() == []


def test_withdrawn_reports_are_counted_together(services, texts_in, replies):
    for number in range(3):
        sender = f"+3161234600{number}"
        texts_in(NUISANCE, sender=sender)
        actions.withdraw(services, CODE.search(replies(sender)[0]).group())

    (count,) = rows(services, store.EndedCountRow)
    assert count.count == 3


# -- guessing -------------------------------------------------------------------------------


def test_a_hundred_thousand_guesses_come_to_sixty_an_hour_and_hardly_a_row(services, code, reports):
    answers = []
    for number in range(CODES_PER_ADDRESS + 40):
        with pytest.raises(UnknownReceipt) as refused:
            actions.follow(services, f"{number:06}000000000000", address="192.0.2.7")
        answers.append(type(refused.value))

    assert answers.count(UnknownReceipt) == CODES_PER_ADDRESS
    assert set(answers[CODES_PER_ADDRESS:]) == {TooManyTries}
    with services.database.reading() as session:
        tries = SQLModel.metadata.tables["try_count"]
        assert len(session.execute(select(tries)).all()) == CODES_PER_ADDRESS + 1


def test_who_guesses_keeps_nobody_else_out_and_not_for_ever(services, code, clock):
    wrong = code[:-1] + ("0" if code[-1] != "0" else "1")
    for number in range(CODES_PER_ADDRESS):
        with pytest.raises(UnknownReceipt):
            actions.follow(services, f"{number:06}000000000000", address="192.0.2.7")
    for _ in range(20):
        with pytest.raises(TooManyTries):
            actions.follow(services, wrong, address="192.0.2.7")

    assert actions.follow(services, code, address="192.0.2.8")
    with pytest.raises(TooManyTries):
        actions.follow(services, code, address="192.0.2.7")
    clock.turn(hours=1)
    assert actions.follow(services, code, address="192.0.2.7")


def test_somebody_who_tries_on_and_on_from_everywhere_keeps_the_reporter_out_for_a_quarter_only(
    services, code, clock
):
    wrong = code[:-1] + ("0" if code[-1] != "0" else "1")
    for number in range(20):
        with pytest.raises(UnknownReceipt):
            actions.follow(services, wrong, address=f"192.0.2.{number}")
        if number >= 5:
            clock.turn(minutes=1)

    assert actions.follow(services, code, address="198.51.100.1")


def test_an_ipv6_subscriber_is_one_address_however_many_it_has():
    assert network_of("2001:db8:1:2::1") == network_of("2001:db8:1:2:ffff::9")
    assert network_of("2001:db8:1:2::1") != network_of("2001:db8:1:3::1")
    assert network_of("::ffff:192.0.2.7") == network_of("192.0.2.7") == "192.0.2.7"
    assert network_of("") == network_of("nonsense") == "unknown"


def test_no_internet_address_stands_in_the_tables(services, code):
    actions.follow(services, code, address="192.0.2.77")

    assert "192.0.2.77" not in whole_database(services)


# -- over HTTP ------------------------------------------------------------------------------


def test_the_page_adds_corrects_and_withdraws_and_the_code_stands_in_no_address(
    browser, code, services
):
    added = post(browser, "/volgen/aanvullen", code=code, text="nu ook stank")
    assert "staat nu bij uw melding" in words_of(added)
    corrected = post(
        browser, "/volgen/verbeteren", code=code, postcode="8022 bx", number="3", text=""
    )
    assert "Lindebuurt" in words_of(corrected)
    asked = post(browser, "/volgen/intrekken", code=code)
    assert "Weet u het zeker?" in words_of(asked)
    assert len(rows(services, store.ReportRow)) == 1
    gone = post(browser, "/volgen/intrekken", code=code, sure="1")
    assert "Uw melding is weg" in words_of(gone)
    assert rows(services, store.ReportRow) == []
    again = post(browser, "/volgen/intrekken", code=code, sure="1")
    assert again.status_code == 422

    for answer in (added, corrected, asked, gone, again):
        assert answer.headers["Cache-Control"] == "no-store"
        assert code not in repr(answer.headers)
        assert not re.search(rf'(?:href|action|src)="[^"]*{code}', words_of(answer))


@pytest.mark.parametrize(
    ("path", "data", "sentence"),
    [
        ("aanvullen", {"text": ""}, "Schrijf op wat u wilt toevoegen."),
        ("aanvullen", {"text": "x" * 1_001}, "Maak hem korter"),
        ("verbeteren", {}, "Vul in wat er anders moet"),
        ("verbeteren", {"postcode": "8021", "number": "14"}, "vier cijfers en twee letters"),
        ("verbeteren", {"postcode": "8021 AC", "number": ""}, "Een huisnummer begint"),
        ("verbeteren", {"postcode": "9999 ZZ", "number": "1"}, "Deze postcode kennen we niet"),
        ("verbeteren", {"text": "x" * 1_001}, "Maak hem korter"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(browser, code, path, data, sentence):
    answer = post(browser, f"/volgen/{path}", code=code, **data)

    page = words_of(answer)
    assert answer.status_code == 422
    assert sentence in page
    for typed in data.values():
        assert typed in page
    ids = set(re.findall(r' id="([^"]+)"', page))
    for target in re.findall(r' for="([^"]+)"|href="#([^"]+)"', page):
        assert "".join(target) in ids


@pytest.mark.parametrize(("step", "field"), [("aanvullen", "addition"), ("verbeteren", "text")])
def test_what_describes_somebody_is_asked_about_once_and_then_taken(
    browser, code, services, step, field
):
    path, text = f"/volgen/{step}", "die Marokkaanse buurman maakt herrie"

    asked = post(browser, path, code=code, text=text)

    page = words_of(asked)
    assert asked.status_code == 422
    assert "afkomst, geloof of ziekte" in page
    assert f'form="{field}-form"' in page
    assert f'id="{field}-form"' in page
    assert f'href="#{field}"' in page
    assert text in page
    assert not acts(services, Act.REPORT_ADDED_TO) + acts(services, Act.REPORT_CORRECTED)
    sent = post(browser, path, code=code, text=text, sure="1")
    assert sent.status_code == 200
    assert len(acts(services, Act.REPORT_ADDED_TO) + acts(services, Act.REPORT_CORRECTED)) == 1


def test_whose_internet_address_is_unknown_is_not_counted_with_all_who_are(browser):
    from signaal.intake.web.pages import visitor_address

    with browser.application.test_request_context(environ_base={"REMOTE_ADDR": ""}):
        assert visitor_address() == ""


@pytest.mark.parametrize("path", ["", "/aanvullen", "/verbeteren", "/intrekken"])
def test_a_wrong_code_opens_nothing_anywhere(browser, code, path, services):
    data = {"text": "iets", "postcode": "8021 AC", "number": "14", "sure": "1"}
    for _ in range(5):
        answer = post(browser, f"/volgen{path}", code="000000-0000-0000-0000", **data)
        assert (answer.status_code, "kennen we niet" in words_of(answer)) == (422, True)

    answer = post(browser, f"/volgen{path}", code="000000-0000-0000-0000", **data)
    assert (answer.status_code, "kwartier" in words_of(answer)) == (429, True)
    assert "+3197010200300" in words_of(answer)
    assert len(rows(services, store.ReportRow)) == 1


@pytest.mark.parametrize("step", ["aanvullen", "verbeteren", "intrekken"])
def test_a_reload_without_a_form_goes_back_to_the_code(browser, step):
    answer = browser.get(f"/volgen/{step}?taal=en")

    assert (answer.status_code, answer.headers["Location"]) == (303, "/volgen")


def test_a_closed_report_says_so_where_somebody_would_change_it(browser, code, services, reports):
    actions.look_at(services, reports()[0].id, **LOOKS)
    actions.close(services, reports()[0].id, "unclear", **LOOKS)

    answer = post(browser, "/volgen/aanvullen", code=code, text="nog iets")

    assert answer.status_code == 422
    assert "kunt u niet meer veranderen" in words_of(answer)
