"""Carries e-mail to a mail server, over SMTP."""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.policy import SMTP as SMTP_RULES
from urllib.parse import urlsplit

from signaal.errors import CarrierError
from signaal.ports import OutboundMail
from signaal.settings import MailSecurity, Settings

TIMEOUT_SECONDS = 20.0
"""Shorter than the lease of a message, so that nobody else sends it meanwhile."""
PERMANENT = 500
"""From this code on the server says no for good (RFC 5321, section 4.2.1)."""


class SmtpMailer:
    """Hands e-mail to one server; a connection for each, because there are few."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def send_mail(self, mail: OutboundMail) -> None:
        """Hands over one e-mail.

        Raises:
            CarrierError: It was not taken; for good when the server refuses this address, and the
                operator's fault when it refuses us.
        """
        try:
            message = _message(mail, settings=self._settings)
        except ValueError:
            raise CarrierError("unusable header", permanent=True) from None
        try:
            with self._connected() as server:
                _hand_over(server, message, to=mail.to_address)
        except smtplib.SMTPResponseException as refused:  # before any e-mail: it refuses us
            is_ours = refused.smtp_code >= PERMANENT
            raise CarrierError(
                f"server {refused.smtp_code}", permanent=False, operator=is_ours
            ) from None
        except smtplib.SMTPNotSupportedError:
            raise _ours("not supported") from None
        except ssl.SSLError:
            raise _ours("certificate") from None
        except (OSError, smtplib.SMTPException) as error:
            raise CarrierError(type(error).__name__, permanent=False) from None

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        settings, context = self._settings, ssl.create_default_context()
        host, port = settings.smtp_host, settings.smtp_port
        server: smtplib.SMTP
        if settings.smtp_security is MailSecurity.TLS:
            server = smtplib.SMTP_SSL(host, port, timeout=TIMEOUT_SECONDS, context=context)
        else:
            server = smtplib.SMTP(host, port, timeout=TIMEOUT_SECONDS)
        with server:
            if settings.smtp_security is MailSecurity.STARTTLS:
                server.starttls(context=context)
            if settings.smtp_user:
                server.login(settings.smtp_user, settings.smtp_password.get_secret_value())
            yield server


def _hand_over(server: smtplib.SMTP, message: EmailMessage, *, to: str) -> None:
    """To this one address, whatever else could be read in its header."""
    try:
        server.send_message(message, to_addrs=[to])
    except smtplib.SMTPRecipientsRefused as refused:
        code, _ = next(iter(refused.recipients.values()))
        raise CarrierError(f"recipient {code}", permanent=code >= PERMANENT) from None
    except smtplib.SMTPSenderRefused as refused:
        raise _ours(f"sender {refused.smtp_code}") from None
    except smtplib.SMTPDataError as refused:
        permanent = refused.smtp_code >= PERMANENT
        raise CarrierError(f"server {refused.smtp_code}", permanent=permanent) from None


def _message(mail: OutboundMail, *, settings: Settings) -> EmailMessage:
    """The mail with its headers; one that is sent again has the same id, so that it is one."""
    message = EmailMessage(policy=SMTP_RULES)
    message["From"] = settings.mail_from
    message["To"] = mail.to_address
    message["Subject"] = " ".join(mail.subject.split())
    message["Message-ID"] = f"<{mail.outbox_id}@{urlsplit(settings.public_url).hostname}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.body + "\n")
    return message


def _ours(what: str) -> CarrierError:
    return CarrierError(what, permanent=False, operator=True)
