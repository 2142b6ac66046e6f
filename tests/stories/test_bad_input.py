"""What strangers, broken networks and odd telephones send: refused or kept, never a crash."""

from dataclasses import dataclass, replace
from urllib.parse import quote, urlencode, urlsplit

import requests
from pytest import fixture, mark
from sqlalchemy.exc import TimeoutError as PoolTimeout

from signaal.app import create_app
from signaal.ports import webhook_signature
from tests.stories.stage import DIENST_A, LINE, NEIGHBOUR, TOKEN, code_in, words_of

A_WEEK = 7 * 24 * 3600
NOBODYS_ID = "018f0000-0000-7000-8000-000000000000"
WEBHOOKS = (
    "/haak/sms",
    f"/haak/bezorging?m={NOBODYS_ID}",
    "/haak/gesprek",
    "/haak/gesprek/einde",
    "/haak/gesprek/storing",
    f"/haak/gesprek/{NOBODYS_ID}/keuze/0",
    f"/haak/gesprek/{NOBODYS_ID}/postcode",
    f"/haak/gesprek/{NOBODYS_ID}/na/{NOBODYS_ID}",
    f"/haak/fluister/{NOBODYS_ID}/{NOBODYS_ID}",
    f"/haak/fluister/{NOBODYS_ID}/{NOBODYS_ID}/toets",
    f"/haak/oproep/{NOBODYS_ID}/{NOBODYS_ID}",
    f"/haak/oproep/{NOBODYS_ID}/{NOBODYS_ID}/toets",
    f"/haak/verbind/{NOBODYS_ID}",
    f"/haak/verbind/{NOBODYS_ID}/code/0",
    f"/haak/verbind/{NOBODYS_ID}/na",
)
FORM = {
    "MessageSid": "SM" + "7" * 32,
    "CallSid": "CA" + "7" * 32,
    "CallStatus": "completed",
    "MessageStatus": "delivered",
    "From": NEIGHBOUR,
    "To": LINE,
    "Body": "8021 AC 14 herrie",
    "Digits": "1",
}


@dataclass
class Post:
    """Whoever can reach our address: the carrier, or somebody who only pretends to be."""

    address: str

    def __call__(self, path, form=None, *, raw: bytes = b"", signature: str | None = None):
        return requests.post(
            self.address + path,
            data=raw or urlencode(FORM if form is None else form).encode(),
            headers={"Content-Type": "application/x-www-form-urlencoded"}
            | ({} if signature is None else {"X-Twilio-Signature": signature}),
            timeout=10,
        )

    def sign(self, path, form=None, *, token: str = TOKEN) -> str:
        form = FORM if form is None else form
        return webhook_signature(url=self.address + path, form=form, token=token)


@fixture
def post(stage) -> Post:
    return Post(stage.address)


# -- forged, altered, told again ---------------------------------------------------------------


def test_every_webhook_that_signaal_has_is_tried_here(stage, post) -> None:
    rules = create_app(stage.services).url_map.iter_rules()
    paths = {str(rule) for rule in rules if str(rule).startswith("/haak/")}
    tried = {urlsplit(path).path for path in WEBHOOKS}

    assert len(paths) == len(tried) == len(WEBHOOKS)


def test_a_webhook_that_is_unsigned_or_altered_is_refused_and_nothing_is_written(
    stage, post
) -> None:
    books = stage.books()
    for path in WEBHOOKS:
        genuine = post.sign(path)
        forgeries = {
            "unsigned": post(path),
            "empty": post(path, signature=""),
            "nonsense": post(path, signature="é" * 27),
            "another token": post(path, signature=post.sign(path, token="guessed")),
            "other words": post(path, FORM | {"Body": "8021 AC 16"}, signature=genuine),
            "another sender": post(path, FORM | {"From": DIENST_A}, signature=genuine),
            "one field more": post(path, FORM | {"Extra": "1"}, signature=genuine),
            "a field less": post(path, {"From": NEIGHBOUR}, signature=genuine),
            "another address": post(path, signature=post.sign(path + "0")),
        }
        answers = {name: answer.status_code for name, answer in forgeries.items()}
        assert set(answers.values()) == {403}, (path, answers)
        assert not any(answer.text for answer in forgeries.values())

    assert stage.books() == books


def test_a_text_that_is_told_again_and_again_gets_the_same_answer_and_stays_one_report(
    stage, post
) -> None:
    reports = stage.count("report")
    signature = post.sign("/haak/sms")

    answers = [post("/haak/sms", signature=signature) for _ in range(3)]
    stage.let_pass(4)
    code_in(stage.reply("uw melding is binnen"))
    books = stage.books()
    stage.network.advance(A_WEEK)
    answers.append(post("/haak/sms", signature=signature))
    stage.let_pass(4)

    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    assert stage.count("report") == reports + 1
    assert stage.books() == books


def test_the_carriers_own_repeat_changes_nothing(stage) -> None:
    sid = stage.text("8021 AC 14 al weken herrie")
    stage.reply("uw melding is binnen")
    books = stage.books()

    stage.network.send_again(sid)
    stage.let_pass(4)

    assert stage.books() == books


def test_a_call_that_is_told_again_a_week_later_rings_nobody(stage, post) -> None:
    signature = post.sign("/haak/gesprek")
    first = post("/haak/gesprek", signature=signature)
    post("/haak/gesprek/einde", signature=post.sign("/haak/gesprek/einde"))
    books = stage.books()
    again = post("/haak/gesprek", signature=signature)

    assert (first.status_code, again.status_code) == (200, 200)
    assert first.text == again.text
    assert stage.books() == books


class BusyDatabase:
    """A database of which every connection is taken."""

    def is_up(self):
        raise PoolTimeout("every connection is taken")

    def session(self):
        raise PoolTimeout("every connection is taken")

    def reading(self):
        raise PoolTimeout("every connection is taken")


def test_while_the_database_is_too_busy_whoever_asks_is_told_to_come_back(services) -> None:
    genuine = {"X-Twilio-Signature": "genuine"}
    app = create_app(replace(services, database=BusyDatabase()))
    visitor = app.test_client()

    answers = [
        visitor.get("/gezond"),
        visitor.post("/haak/sms", data=FORM, headers=genuine),
        visitor.post("/haak/bezorging?m=" + NOBODYS_ID, data=FORM, headers=genuine),
    ]

    assert [answer.status_code for answer in answers] == [503, 503, 503]
    assert all(answer.headers["Retry-After"] for answer in answers)
    line = visitor.post("/haak/gesprek", data=FORM, headers=genuine)
    assert line.status_code == 200
    assert "bel 112" in line.text


# -- odd messages ------------------------------------------------------------------------------

ODD = {
    "empty": "",
    "blanks": " \n\t\u00a0\u200b ",
    "10,000 signs": "herrie! " * 1250,
    "10,000 letters of two bytes": "ë" * 10_000,
    "emoji only": "😡🔊🥁",
    "NUL": "8021 AC 14\x00 her\x00rie",
    "right to left": "\u202e8021 AC 14 \u0627\u0644\u0636\u0648\u0636\u0627\u0621",
    "combining signs": "herrie" + "\u0301" * 500,
    "markup": "<Response><Dial>+31900123456</Dial></Response>{{ 7*7 }}{% raw %}",
    "a query": "'; DROP TABLE report; --",
    "not a sign at all": "\ufffe\uffff\U0010ffff",
}


@mark.parametrize("body", list(ODD.values()), ids=list(ODD))
def test_an_odd_message_is_kept_and_answered(stage, post, body) -> None:
    reports = stage.count("report")
    form = FORM | {"Body": body}

    answer = post("/haak/sms", form, signature=post.sign("/haak/sms", form))
    stage.let_pass(4)

    assert answer.status_code == 200
    assert stage.count("inbound_text") == 1
    assert stage.count("report") == reports + 1
    assert stage.reply("112")


LONE_SURROGATES = {"low": b"%ED%B0%80", "high": b"%ED%A0%80", "cut off": b"%F0%9F%98"}


@mark.parametrize("mangled", list(LONE_SURROGATES.values()), ids=list(LONE_SURROGATES))
def test_bytes_that_are_no_text_are_kept_as_far_as_they_are_or_refused(
    stage, post, mangled
) -> None:
    rest = urlencode({name: value for name, value in FORM.items() if name != "Body"}).encode()
    raw = rest + b"&Body=8021+AC+14+herrie+" + mangled
    as_read = {"Body": f"8021 AC 14 herrie {mangled.decode()}"}  # what is no text stays quoted
    as_sent = {"Body": "8021 AC 14 herrie \ufffd"}

    unsigned = post("/haak/sms", raw=raw)
    misread = post("/haak/sms", raw=raw, signature=post.sign("/haak/sms", FORM | as_sent))
    signed = post("/haak/sms", raw=raw, signature=post.sign("/haak/sms", FORM | as_read))
    stage.let_pass(4)

    assert unsigned.status_code == misread.status_code == 403
    assert signed.status_code == 200
    assert stage.reply("uw melding is binnen")


def test_what_no_webhook_looks_like_is_refused_with_a_sentence_and_never_a_500(stage, post) -> None:
    books = stage.books()
    without_sid = {"From": NEIGHBOUR, "Body": "herrie"}
    huge = {**FORM, "Body": "x" * 200_000}
    emoji = {**FORM, "Body": "😡" * 10_000}
    answers = {
        "no id": post("/haak/sms", without_sid, signature=post.sign("/haak/sms", without_sid)),
        "no call id": post("/haak/gesprek", {}, signature=post.sign("/haak/gesprek", {})),
        "10,000 emoji": post("/haak/sms", emoji, signature=post.sign("/haak/sms", emoji)),
        "too large": post("/haak/sms", huge, signature=post.sign("/haak/sms", huge)),
        "not a form": post("/haak/sms", raw=b"\x00\xff" * 500, signature="x"),
        "many fields": post("/haak/sms", raw=b"&".join(b"a%d=1" % n for n in range(3000))),
        "odd path": post(f"/haak/gesprek/{quote('../../x')}/keuze/0"),
        "odd follow": requests.post(f"{stage.address}/volgen", data={"code": "\x00"}, timeout=10),
    }

    codes = {name: answer.status_code for name, answer in answers.items()}
    assert all(400 <= code < 500 for code in codes.values()), codes
    assert "te lang" in words_of(answers["10,000 emoji"].text)
    assert stage.books() == books


def test_the_form_takes_odd_signs_too(stage) -> None:
    neighbour = stage.visitor()
    reports = stage.count("report")

    for odd in ("😡" * 500, "a\x00b", "\u202e", "<script>alert(1)</script>"):
        answer = neighbour.send(
            "/melden/bedankt",
            seen_at="/melden",
            kind="nuisance",
            postcode="8021 AC",
            number="14",
            since="today",
            text=odd,
        )
        assert answer.status_code == 200, (odd, answer.status_code)

    assert stage.count("report") == reports + 4
