"""Forty secrets, told by every way there is: in no log, on no page, and in the end nowhere."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import structlog
from pytest import fixture
from sqlalchemy import text
from sqlmodel import select

from signaal import wiring
from signaal.access.model import Purpose, Role
from signaal.app import create_app
from signaal.intake import actions as intake
from signaal.intake.model import Identity
from signaal.messages import actions as messages
from signaal.oncall import actions as oncall
from signaal.oncall.actions.overview import case_lines
from signaal.oncall.model import CaseResult, CaseState
from signaal.outside.console import webhook_token
from signaal.ports import webhook_signature
from signaal.privacy.store import DataKeyRow
from signaal.scheduler import _guarded
from signaal.wiring import Tick
from tests.oncall.exchange import STAFF, signed_in
from tests.privacy.planted import CODE, LINE, ON_DUTY, World, open_world, unpacked

SATURDAY_NIGHT = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)
LONG_AFTER = timedelta(days=400)
FORM = {"kind": "nuisance", "postcode": "8021AC", "number": "14", "since": "today"}
BSN, ANOTHER_BSN = "123456782", "111222333"
IBAN = "NL91ABNA0417164300"


@fixture
def world(services, clock, tmp_path, request):
    clock.set(SATURDAY_NIGHT)
    on_sqlite = services.database.is_sqlite
    cluster = None if on_sqlite else request.getfixturevalue("cluster").folder
    opened = open_world(services, clock, tmp_path, cluster)
    if on_sqlite:
        yield opened
        return
    # By itself PostgreSQL uses old files of its write-ahead log again, with what was in them.
    opened.ask_server("ALTER SYSTEM SET wal_recycle = off", "SELECT pg_reload_conf()")
    yield opened
    opened.ask_server("ALTER SYSTEM RESET wal_recycle", "SELECT pg_reload_conf()")


@fixture
def told(capsys):
    """Everything that Signaal prints, as in production."""
    before = structlog.get_config()
    wiring.configure_logging()
    lines: list[str] = []

    def read() -> str:
        lines.extend(capsys.readouterr())
        return "".join(lines)

    yield read
    structlog.configure(**before)


# -- telling the secrets --------------------------------------------------------------------


def tell_by_text(world: World) -> None:
    """Name, street, number and account: in a text, and in the dialogue after it."""
    said = world.secrets
    said.exactly("bsn in a text", BSN, "1234 56 782")
    said.exactly("iban in a text", IBAN, "NL91 ABNA 0417 1643 00")
    neighbour = world.phone("number of a texter")
    world.text(
        neighbour,
        f"8021AC 14 {said.word('name in a text')} slaat; bel 0{said.number('number in a text')[3:]}"
        f" bsn {BSN} rekening {IBAN}",
    )
    second = world.phone("number of a dialogue")
    world.text(second, f"er is iets met {said.word('name in a dialogue')}")
    world.text(second, f"bij {said.word('street in a dialogue')} 77")
    world.text(second, f"Kerkplein 3, achter {said.word('second answer')}")
    world.text(second, "STOP")
    danger = world.phone("number in danger")
    world.text(danger, f"8021AC 16 hij heeft een mes, {said.word('name in danger')}")
    for who in (neighbour, second, danger):
        for place, code in enumerate(world.told_codes(who)):
            said.exactly(f"receipt {who} {place}", code, code.replace("-", ""))


def tell_by_form(world: World) -> None:
    """A form with a number, one with an address, and forms that are refused."""
    client, said = world.app.test_client(), world.secrets
    number = said.number("number on a form")
    form = FORM | {
        "form_id": "first",
        "text": f"{said.word('name on a form')} schreeuwt, bsn {ANOTHER_BSN}",
        "contact": f"0{number[3:]}",
    }
    said.exactly("bsn on a form", ANOTHER_BSN)
    answer = client.post("/melden/bedankt", data=form)
    assert answer.status_code == 200, answer.status_code
    mail = f"{said.word('mail on a form')}@voorbeeld.example"
    street = said.word("street on a form")
    form = FORM | {"form_id": "second", "contact": mail, "unsure": "on", "street": street}
    client.post("/melden/bedankt", data=form | {"postcode": "", "text": "brand bij de buren"})
    client.post("/volgen", data={"code": "7KQ2MX-" + said.exactly("guess", "KNRA-KNRB-KNRC")})
    wrong = (
        FORM | {"text": said.word("text of a wrong form"), "postcode": "??"},
        FORM | {"kind": said.word("kind of a wrong form")},
        FORM | {"text": said.word("far too much") * 100},
        FORM | {"contact": said.word("contact of a wrong form") * 90},
        {"text": said.word("text without a kind"), said.word("name of a field"): "x"},
    )
    for number_of, fields in enumerate(wrong):
        refused = client.post("/melden/bedankt", data={"form_id": f"wrong-{number_of}"} | fields)
        assert refused.status_code in {400, 413, 422}, (fields, refused.status_code)
    client.get("/" + said.word("path of nothing"), query_string={said.word("query"): "x"})
    client.set_cookie("signaal", said.word("cookie"))
    client.get("/melden", headers={"User-Agent": said.word("browser")})


def tell_by_code(world: World) -> None:
    """A reporter adds, corrects, adds to another and withdraws it; a household asks."""
    client, said = world.app.test_client(), world.secrets
    kept, gone = (report_with_code(world, form_id) for form_id in ("kept", "gone"))
    addition = {"code": kept, "text": f"ook {said.word('addition')}"}
    corrected = {"code": kept, "text": f"het is {said.word('correction')}"}
    last_words = {"code": gone, "text": f"ach, {said.word('withdrawn words')}"}
    household = {
        "postcode": "8021AC",
        "number": "14",
        "contact": f"0{said.number('number of a household')[3:]}",
        "text": said.word("question of a household"),
    }
    for path, fields in (
        ("/volgen", {"code": kept}),
        ("/volgen/aanvullen", addition),
        ("/volgen/verbeteren", corrected),
        ("/volgen/aanvullen", last_words),
        ("/volgen/intrekken", {"code": gone, "sure": "1"}),
        ("/inzage", household),
    ):
        answer = client.post(path, data=fields)
        assert answer.status_code == 200, (path, answer.status_code)


def report_with_code(world: World, form_id: str) -> str:
    """Reports by form, and gives the code; its secret part is one of the secrets."""
    fields = FORM | {"form_id": form_id, "text": world.secrets.word(f"text to be {form_id}")}
    page = world.app.test_client().post("/melden/bedankt", data=fields).text
    code = CODE.search(page)
    assert code
    secret = "-".join(code.groups())
    world.secrets.exactly(f"receipt of {form_id}", secret, secret.replace("-", ""))
    return code[0]


def tell_by_call(world: World) -> None:
    """A neighbour calls at night: somebody takes it; another calls from a hidden corner."""
    caller = world.phone("number of a caller")
    call = world.network.call(caller, LINE).sid
    world.work(2)
    world.network.press(call, "2")
    world.work(20)
    world.network.hang_up(caller)
    world.work(5)
    world.network.text(caller, LINE, f"nog iets over {world.secrets.word('after a call')}")
    world.work(5)
    for case in the_cases(world):
        oncall.acknowledge(world.services, case.id, visitor=STAFF, by="Wijkteam")
        oncall.open_reports(world.services, case.id, visitor=STAFF)


def tell_at_the_door(world: World) -> None:
    """Somebody signs in with what isn't theirs."""
    client, said = world.app.test_client(), world.secrets
    mail = f"{said.word('mail at the door')}@voorbeeld.example"
    client.post("/aanmelden", data={"email": mail, "password": said.word("password")})
    client.post("/aanmelden/code", data={"code": said.word("second factor")[:20]})
    client.post("/aanmelden", data={"role": said.word("role")})
    client.get("/uitnodiging/" + said.word("invitation"))


class Breaks:
    """Whatever is asked of it, it fails, and quotes a secret while it does."""

    def __init__(self, secret: str) -> None:
        self._secret = secret

    def __getitem__(self, _key: object) -> object:
        raise RuntimeError(f"kan {self._secret} niet lezen")

    def read(self, _session: object, inbound) -> bool:
        raise RuntimeError(f"{self._secret}: {inbound.from_number} {inbound.body}")


def tell_by_breaking(world: World) -> None:
    """A page, a webhook and a tick fail, each with a secret in the error."""
    said = world.secrets
    broken = replace(world.services, policies=Breaks(said.word("crash of a page")))
    app = create_quietly(broken)
    assert app.test_client().get("/melden").status_code == 500
    reader = (Breaks(said.word("crash of a webhook")),)
    app = create_quietly(replace(world.services, inbound_readers=reader))
    form = {
        "MessageSid": "SM" + "9" * 32,
        "From": said.number("number in a crash"),
        "To": LINE,
        "Body": said.word("text in a crash"),
    }
    signature = webhook_signature_of(world, "/haak/sms", form)
    answer = app.test_client().post(
        "/haak/sms", data=form, headers={"X-Twilio-Signature": signature}
    )
    assert answer.status_code == 500
    forged = app.test_client().post("/haak/sms", data=form, headers={"X-Twilio-Signature": "x"})
    assert forged.status_code == 403
    secret = said.word("crash of the worker")

    def fail() -> None:
        raise RuntimeError(secret)

    _guarded(Tick("one that fails", 1, fail), AlwaysHeld())()


def tell_all(world: World) -> None:
    tell_by_text(world)
    tell_by_form(world)
    tell_by_code(world)
    tell_by_call(world)
    tell_at_the_door(world)
    tell_by_breaking(world)


def the_cases(world: World) -> list:
    with world.services.database.reading() as session:
        return [case for case in case_lines(session) if case.state is not CaseState.CLOSED]


def end_everything(world: World) -> None:
    """Colleagues close what is open, and everybody hangs up."""
    world.work(5)
    for case in the_cases(world):
        oncall.close(
            world.services, case.id, visitor=STAFF, by="Wijkteam", result=CaseResult.VISITED
        )
    for asked in intake.household_requests(world.services):
        intake.answer_request(
            world.services,
            asked.id,
            visitor=STAFF,
            purpose=Purpose.ANSWER_HOUSEHOLD,
            identity=Identity.AT_HOME,
            answer=world.secrets.word("answer to a household"),
        )
    for number in ON_DUTY:
        world.network.decline(number)
        world.network.hang_up(number)
    world.work(30)


def create_quietly(services):
    app = create_app(services)
    app.config["WTF_CSRF_ENABLED"] = False
    return app


def webhook_signature_of(world: World, path: str, form: dict[str, str]) -> str:
    settings = world.services.settings
    url, token = settings.public_url + path, webhook_token(settings)
    return webhook_signature(url=url, form=form, token=token)


class AlwaysHeld:
    def is_held(self) -> bool:
        return True


@contextmanager
def keeping_a_plain_secret(world: World) -> Iterator[str]:
    """One secret is written down without a seal, and deleted again."""
    name = "plain"
    engine = world.services.database.engine
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE IF NOT EXISTS plain_secret (said TEXT)"))
        said = world.secrets.word(name)
        connection.execute(text("INSERT INTO plain_secret VALUES (:said)"), {"said": said})
    try:
        yield name
    finally:
        with engine.begin() as connection:
            connection.execute(text("DELETE FROM plain_secret"))


# -- the tests ------------------------------------------------------------------------------


def test_forty_secrets_stand_in_no_log_on_no_open_page_and_in_no_export(world, told) -> None:
    tell_all(world)

    assert len(world.secrets.kept) >= 40
    assert "request failed" in told(), "nothing was captured"
    assert world.secrets.found_in(told().encode()) == set()
    assert found_on_open_pages(world) == set()
    assert found_in_exports(world) == set()


def test_all_is_sealed_from_the_first_write_on_and_in_the_end_nothing_is_left(world) -> None:
    tell_all(world)
    with keeping_a_plain_secret(world) as plain:
        assert world.on_disk() == {plain}, "the search finds what is plain, and nothing else is"
    assert world.at_the_carrier(), "the carrier knows numbers and words, until it is told to forget"
    end_everything(world)
    keys = wrapped_keys(world)
    assert keys

    world.clock.turn(days=LONG_AFTER.days)
    wiring.purge(world.services)
    while messages.forget_copies(world.services):
        pass
    world.back_up()

    assert world.at_the_carrier() == set()
    assert world.on_disk() == set()
    assert wrapped_keys(world) == []
    assert keys_left_on_disk(world, keys) == 0


# -- looking --------------------------------------------------------------------------------


def found_on_open_pages(world: World) -> set[str]:
    """On every page that asks for no role, and as answer to every page that does."""
    client = world.app.test_client()
    pages = [client.get(path).data for path in paths_of(world.app)]
    return set().union(*(world.secrets.found_in(page) for page in pages))


def found_in_exports(world: World) -> set[str]:
    """In whatever leaves the house as a file: figures for every role."""
    found: set[str] = set()
    for role in (Role.COORDINATOR, Role.POLICY_OFFICER, Role.POLICE_OFFICER, Role.AUDITOR):
        client = signed_in(world.app, world.services, role)
        for path in paths_of(world.app):
            answer = client.get(path)
            if answer.mimetype != "text/html":
                found |= world.secrets.found_in(unpacked(answer.data))
    return found


def paths_of(app) -> list[str]:
    rules = app.url_map.iter_rules()
    return [rule.rule for rule in rules if "GET" in rule.methods and not rule.arguments]


def wrapped_keys(world: World) -> list[bytes]:
    """Every data key as it is kept now."""
    with world.services.database.reading() as session:
        return list(session.exec(select(DataKeyRow.wrapped)))


def keys_left_on_disk(world: World, keys: list[bytes]) -> int:
    """How many destroyed keys a thief of the disk could still find."""
    data = [path.read_bytes() for path in world._files()]
    return sum(any(key in each for each in data) for key in keys)
