"""E-mail over SMTP, to a real server in this process."""

import socket
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from email import message_from_bytes, policy
from uuid import UUID

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from pydantic import SecretStr
from pytest import fixture, mark, raises

from signaal.errors import CarrierError
from signaal.outside.smtp import SmtpMailer
from signaal.ports import OutboundMail
from signaal.settings import MailSecurity, Settings

MAIL = OutboundMail(
    outbox_id=UUID(int=7),
    to_address="wijkteam@example.nl",
    subject="Twee nieuwe\nwaarschuwingen",
    body="Waar om hulp wordt gevraagd: één blok.\n.\nGroet, Signaal",
)


class Keeper:
    """Keeps what comes in, and answers as it is told to."""

    def __init__(self) -> None:
        self.kept: list[bytes] = []
        self.recipients: list[str] = []
        self.recipient = "250 OK"
        self.sender = "250 OK"
        self.data = "250 OK"

    async def handle_MAIL(self, server, session, envelope, address, options):  # noqa: N802
        envelope.mail_from = address
        return self.sender

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        envelope.rcpt_tos.append(address)
        self.recipients.append(address)
        return self.recipient

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        self.kept.append(envelope.content)
        return self.data


def only_the_right_one(_server, _session, _envelope, _mechanism, login):
    return AuthResult(success=login.password == b"right", handled=False)


@fixture
def keeper():
    return Keeper()


@fixture
def server(keeper):
    running = Controller(
        keeper,
        hostname="127.0.0.1",
        port=free_port(),
        authenticator=only_the_right_one,
        auth_require_tls=False,
    )
    running.start()
    yield running
    running.stop()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def mailer(port, **more):
    given = {"smtp_security": MailSecurity.NONE, "mail_from": "signaal@example.nl"} | more
    return SmtpMailer(Settings(smtp_host="127.0.0.1", smtp_port=port, **given))


def test_a_mail_arrives_as_it_was_written(server, keeper):
    mailer(server.port).send_mail(MAIL)
    (raw,) = keeper.kept
    message = message_from_bytes(raw, policy=policy.default)
    assert message["To"] == "wijkteam@example.nl"
    assert message["From"] == "signaal@example.nl"
    assert message["Subject"] == "Twee nieuwe waarschuwingen"
    assert message.get_content().replace("\r\n", "\n").rstrip() == MAIL.body


def test_a_mail_that_is_sent_twice_has_one_id(server, keeper):
    for _ in range(2):
        mailer(server.port).send_mail(MAIL)
    ids = {message_from_bytes(raw)["Message-ID"] for raw in keeper.kept}
    assert ids == {f"<{UUID(int=7)}@127.0.0.1>"}


@mark.parametrize(
    ("answers", "meaning"),
    [
        ({"recipient": "550 no such box"}, "permanent"),
        ({"recipient": "450 later"}, "later"),
        ({"sender": "553 not yours"}, "operator"),
        ({"data": "554 no"}, "permanent"),
        ({"data": "451 later"}, "later"),
    ],
    ids=str,
)
def test_a_refusal_says_whether_trying_again_helps(server, keeper, answers, meaning):
    vars(keeper).update(answers)
    with raises(CarrierError) as refused:
        mailer(server.port).send_mail(MAIL)
    assert refused.value.permanent is (meaning == "permanent")
    assert refused.value.operator is (meaning == "operator")
    assert "example.nl" not in str(refused.value), "the log holds no addresses"


def test_a_wrong_password_is_the_operators_to_mend(server):
    with raises(CarrierError) as refused:
        mailer(server.port, smtp_user="signaal", smtp_password=SecretStr("wrong")).send_mail(MAIL)
    assert refused.value.operator
    mailer(server.port, smtp_user="signaal", smtp_password=SecretStr("right")).send_mail(MAIL)


def test_a_server_that_offers_no_sealed_connection_gets_nothing(server, keeper):
    with raises(CarrierError) as refused:
        mailer(server.port, smtp_security=MailSecurity.STARTTLS).send_mail(MAIL)
    assert refused.value.operator
    assert not keeper.kept


@mark.parametrize(("greeting", "operators"), [("554 not you", True), ("421 too busy", False)])
def test_a_server_that_refuses_us_at_the_door_loses_no_mail(greeting, operators):
    with socket.create_server(("127.0.0.1", 0)) as door, ThreadPoolExecutor(1) as porter:

        def refuse():
            caller, _ = door.accept()
            with caller:
                caller.sendall(f"{greeting}\r\n".encode())
                caller.recv(1000)

        porter.submit(refuse)
        with raises(CarrierError) as refused:
            mailer(door.getsockname()[1]).send_mail(MAIL)
    assert not refused.value.permanent
    assert refused.value.operator is operators


@mark.parametrize("address", ["a@b.nl\nBcc: all@b.nl", "a@b.nl\r\n."])
def test_an_address_that_would_be_a_header_is_given_up_for_good(server, keeper, address):
    with raises(CarrierError) as refused:
        mailer(server.port).send_mail(replace(MAIL, to_address=address))
    assert refused.value.permanent
    assert not keeper.kept


def test_a_mail_goes_to_one_address_also_where_its_text_could_be_two(server, keeper):
    mailer(server.port).send_mail(replace(MAIL, to_address='"a,c"@b.nl'))
    assert keeper.recipients == ['"a,c"@b.nl']


def test_a_server_that_is_away_is_tried_again_later():
    with raises(CarrierError) as refused:
        mailer(free_port()).send_mail(MAIL)
    assert not refused.value.permanent
    assert not refused.value.operator
