"""Staff with browsers: accounts made by invitation, and signing in page by page."""

import re
from dataclasses import dataclass, replace
from html import unescape
from typing import Any
from uuid import UUID

import pyotp
from flask import Flask
from flask.testing import FlaskClient
from jinja2.bccache import Bucket, BytecodeCache
from pydantic import SecretStr

from signaal.access import actions
from signaal.access.model import Role
from signaal.access.model.people import Assignment, OrganisationKind
from signaal.app import create_app
from signaal.services import Services
from signaal.settings import CarrierName, Mode
from signaal.visitor import Visitor

ADDRESS = "https://signaal.example"
PASSWORD = "vier losse woorden hier"


class CompiledPages(BytecodeCache):
    """Every page is compiled once, however many apps show it."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if code := self.kept.get(bucket.key + bucket.checksum):
            bucket.bytecode_from_string(code)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.kept[bucket.key + bucket.checksum] = bucket.bytecode_to_string()


COMPILED = CompiledPages()


def app_of(services: Services) -> Flask:
    """The house's app, with its pages compiled once for all tests."""
    app = create_app(services)
    app.jinja_env.bytecode_cache = COMPILED
    return app


def in_production(services: Services, **changed: Any) -> Services:
    """The same services, as a municipality runs them."""
    settings = services.settings.model_copy(
        update={
            "mode": Mode.PRODUCTION,
            "carrier": CarrierName.TWILIO,
            "public_url": ADDRESS,
            "secret_key": SecretStr("k" * 40),
            "master_key": SecretStr("m" * 40),
            **changed,
        }
    )
    return replace(services, settings=settings)


@dataclass
class Account:
    """Somebody's account, with what only they have."""

    services: Services
    email: str
    secret: str
    recovery_codes: list[str]
    used: int = 0

    def code(self) -> str:
        """What their app shows now; a turn of the clock later if it was used."""
        now = int(self.services.clock.now().timestamp())
        if now // 30 <= self.used:
            self.services.clock.turn(seconds=30)
            now += 30
        self.used = now // 30
        return pyotp.TOTP(self.secret).at(now)


def join(services: Services, link: str, email: str) -> Account:
    secret = pyotp.random_base32()
    made = Account(services, email, secret, [])
    made.recovery_codes = actions.accept(
        services, secret=link, password=PASSWORD, totp_secret=secret, totp_code=made.code()
    )
    return made


class Office:
    """A municipality in production with its first administrator."""

    def __init__(self, services: Services) -> None:
        self.services = services
        email = "beheer@gemeente.example"
        link = actions.invite_first(services, organisation_name="Voorbeeldstad", email=email)
        self.administrator = join(services, link, email)
        self.visitor = signed_in(self.administrator)
        self.organisations = {OrganisationKind.MUNICIPALITY: self.visitor.organisation}

    def link(
        self,
        *roles: Role,
        email: str,
        kind: OrganisationKind = OrganisationKind.MUNICIPALITY,
        duty_name: str = "",
    ) -> str:
        """An invitation for somebody with these roles in district W1."""
        if kind not in self.organisations:
            made = actions.create_organisation(
                self.services, visitor=self.visitor, name=f"Een {kind}", kind=kind
            )
            self.organisations[kind] = made.id
        return actions.invite(
            self.services,
            visitor=self.visitor,
            organisation=self.organisations[kind],
            email=email,
            assignments=[Assignment(role, frozenset({"W1"})) for role in roles],
            duty_name=duty_name,
        )

    def colleague(self, *roles: Role, email: str = "ann@gemeente.example", **given) -> Account:
        return join(self.services, self.link(*roles, email=email, **given), email)


def signed_in(account: Account) -> Visitor:
    """The account's owner after signing in, for who has one role."""
    services = account.services
    begun = actions.begin_sign_in(services, email=account.email, password=PASSWORD)
    done = actions.give_code(services, session_secret=begun.secret, code=account.code())
    found = actions.visitor_of(services, done.secret)
    assert found
    return found


@dataclass
class Browser:
    """Somebody with a browser, who fills in the forms that the pages give."""

    app: Flask

    def __post_init__(self) -> None:
        self.client: FlaskClient = self.app.test_client()
        self.base = ADDRESS

    def get(self, path: str, **given: Any) -> Any:
        return self.client.get(path, base_url=self.base, **given)

    def send(self, path: str, *, seen_at: str = "", **fields: str) -> Any:
        """Sends a form with the hidden token of the page on which it stood."""
        page = self.get(seen_at or path).text
        token = re.search(r'name="csrf_token" value="([^"]*)"', page)
        data = fields | ({"csrf_token": token[1]} if token else {})
        return self.client.post(path, base_url=self.base, data=data)

    def sign_in(self, account: Account, password: str = PASSWORD) -> Any:
        """Address, password and code; ends on the answer to the code."""
        first = self.send("/aanmelden", email=account.email, password=password)
        if first.status_code != 303:
            return first
        assert first.headers["Location"] == "/aanmelden/code"
        return self.send("/aanmelden/code", code=account.code())

    def cookie(self, name: str) -> Any:
        return self.client.get_cookie(name, domain="signaal.example")


def words_of(html: str) -> str:
    """The page itself as somebody reads it."""
    main = html.partition("<main")[2].partition("</main>")[0].partition(">")[2]
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", main)).split())


def uuids_in(html: str) -> list[UUID]:
    found = re.findall(r"/beheer/mensen/([0-9a-f-]{36})", html)
    return [UUID(each) for each in found]
