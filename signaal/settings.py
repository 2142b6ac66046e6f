"""What is set from outside: environment variables that begin with SIGNAAL_."""

import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, StringConstraints, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from signaal.errors import UnsafeSetting

DEMO_SECRET = "only-for-the-demo-never-for-real-people"  # noqa: S105 - refused in production
SHORTEST_SECRET = 32
READABLE_BY_OTHERS = 0o077
"""The rights of group and others on a file that only its owner may read."""
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
"""The names of this machine to itself."""
_SECRETS = ("secret_key", "master_key", "reporter_pepper")
_ACCOUNT = "twilio_account_sid"


DATABASES = r"^$|^sqlite:///.+$|^postgresql(\+psycopg)?://.+$"
"""What kinds of database there are; empty: one SQLite file in the data folder."""


def _readable_address(text: str) -> str:
    """The same address; a ValueError says that it can't be one."""
    _ = urlsplit(text).port
    return text


class Mode(StrEnum):
    """A demo with an invented town, or the real thing."""

    DEMO = "demo"
    PRODUCTION = "production"


class CarrierName(StrEnum):
    """Who carries text messages and calls."""

    CONSOLE = "console"
    TWILIO = "twilio"


class MailSecurity(StrEnum):
    """How the connection to the mail server is sealed."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


class Settings(BaseSettings):
    """All settings, checked when they are read."""

    model_config = SettingsConfigDict(env_prefix="SIGNAAL_", frozen=True, extra="ignore")

    mode: Mode = Mode.DEMO
    data_dir: Path = Path("var")
    database_url: Annotated[str, StringConstraints(pattern=DATABASES)] = ""
    public_url: Annotated[str, AfterValidator(_readable_address)] = "http://127.0.0.1:8000"
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)
    threads: int = Field(default=8, ge=2, le=64)
    embedded_worker: bool = True
    trusted_proxies: int = Field(default=0, ge=0, le=5)
    """How many proxies of our own stand before us and may say who the visitor is."""

    secret_key: SecretStr = SecretStr(DEMO_SECRET)
    """Signs cookies and forms."""
    master_key: SecretStr = SecretStr(DEMO_SECRET)
    """Wraps the key groups, which wrap the data keys of sealed fields."""
    master_key_file: Path | None = None
    """Where the master key stands alone, instead of in the environment."""
    reporter_pepper: SecretStr = SecretStr(DEMO_SECRET)
    """Makes reporter tokens that can't be guessed from a telephone number."""

    carrier: CarrierName = CarrierName.CONSOLE
    line_number: Annotated[str, StringConstraints(pattern=r"^\+[1-9]\d{7,14}$")] = "+3197010200300"
    """The one telephone number of this municipality, E.164."""
    twilio_account_sid: str = ""
    twilio_auth_token: SecretStr = SecretStr("")
    twilio_previous_auth_token: SecretStr = SecretStr("")
    """Still accepted while a token is being changed."""
    twilio_api_url: str = "https://api.twilio.com"
    """Another address only for a rehearsal against the fake telephone network."""

    smtp_host: str = ""
    """The server that carries our e-mail; empty: Signaal sends none."""
    smtp_port: int = Field(default=587, ge=1, le=65535)
    smtp_security: MailSecurity = MailSecurity.STARTTLS
    smtp_user: str = ""
    smtp_password: SecretStr = SecretStr("")
    mail_from: Annotated[str, StringConstraints(pattern=r"^$|^[^@\s<>,;]+@[^@\s<>,;]+$")] = ""
    """The address that our e-mail comes from."""

    oidc_issuer: Annotated[str, AfterValidator(_readable_address)] = ""
    """Where the organisation's own sign-in stands (OpenID Connect); empty: there is none."""
    oidc_organisation: str = ""
    """The name in Signaal of the one organisation whose people it vouches for."""
    oidc_client_id: str = ""
    oidc_client_secret: SecretStr = SecretStr("")
    oidc_name: str = ""
    """What the button of that sign-in calls the organisation."""

    arrears_layer: bool = True
    """Whether figures of arrears are shown at all."""
    reports_per_hour: int = Field(default=6, ge=1, le=1_000_000)
    """So many forms may come in from one internet address within the hour; more where a library
    or a town hall reports for many."""

    tiles_url: str = ""
    """Tiles of a map beneath the blocks, with {z}, {x} and {y}; empty: none, and no page asks
    anything of another host."""
    tiles_attribution: str = ""
    """Who made those tiles, as their licence wants it said."""

    policies_dir: Path | None = None
    """A municipality's own alerts/; the shipped ones otherwise."""
    rota_file: Path | None = None
    """Who is on duty (TOML); the demo town's own in the demo."""

    @property
    def database(self) -> str:
        """The database's address; one SQLite file in the data folder unless told otherwise."""
        return self.database_url or f"sqlite:///{self.data_dir.absolute() / 'signaal.db'}"

    @property
    def tiles_origin(self) -> str:
        """The one other host that pages may take pictures from; empty: none."""
        address = urlsplit(self.tiles_url)
        return f"{address.scheme}://{address.netloc}" if self.tiles_url else ""

    @property
    def snapshots_dir(self) -> Path:
        """Where the frozen figures lie."""
        return self.data_dir / "snapshots"

    @property
    def is_demo(self) -> bool:
        """Whether this is the invented town."""
        return self.mode is Mode.DEMO


def read_settings() -> Settings:
    """Reads the environment, and refuses what is unsafe.

    Raises:
        UnsafeSetting: One sentence in Dutch and English for each thing to mend.
    """
    try:
        settings = Settings()
    except ValidationError as error:
        raise UnsafeSetting("\n".join(_sentence(fault) for fault in error.errors())) from None
    settings, problems = _with_master_key(settings)
    problems = problems or [text for is_wrong, text in _dangers(settings) if is_wrong]
    if problems:
        raise UnsafeSetting("\n".join(problems))
    return settings


def _with_master_key(settings: Settings) -> tuple[Settings, list[str]]:
    """The settings with the master key from its file, and what is wrong with that file."""
    path = settings.master_key_file
    if path is None:
        return settings, []
    try:
        mode = path.stat().st_mode
        key = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        return settings, [
            f"SIGNAAL_MASTER_KEY_FILE ({path}) is niet te lezen ({reason}); zet het bestand met de"
            f" hoofdsleutel daar terug, leesbaar voor Signaal. / SIGNAAL_MASTER_KEY_FILE can't be"
            " read; put the file with the master key back there, readable to Signaal."
        ]
    faults = [
        (
            not key,
            f"SIGNAAL_MASTER_KEY_FILE ({path}) is leeg; zet de hoofdsleutel erin. /"
            " SIGNAAL_MASTER_KEY_FILE is empty; put the master key into it.",
        ),
        (
            "master_key" in settings.model_fields_set,
            "Geef óf SIGNAAL_MASTER_KEY óf SIGNAAL_MASTER_KEY_FILE, niet allebei. / Give either"
            " SIGNAAL_MASTER_KEY or SIGNAAL_MASTER_KEY_FILE, not both.",
        ),
        (
            not settings.is_demo and bool(mode & READABLE_BY_OTHERS),
            f"SIGNAAL_MASTER_KEY_FILE ({path}) is leesbaar voor anderen; geef eerst: chmod 600"
            f" {path} / SIGNAAL_MASTER_KEY_FILE can be read by others; run: chmod 600 {path}",
        ),
    ]
    problems = [text for is_wrong, text in faults if is_wrong]
    return settings.model_copy(update={"master_key": SecretStr(key)}), problems


def _sentence(fault: object) -> str:
    details = dict(fault) if isinstance(fault, dict) else {}
    name = "SIGNAAL_" + "_".join(str(part) for part in details.get("loc", ())).upper()
    reason = details.get("msg", "")
    return (
        f"{name} is niet bruikbaar; zet er een geldige waarde in. / "
        f"{name} can't be used ({reason}); give it a valid value."
    )


def _dangers(settings: Settings) -> list[tuple[bool, str]]:
    """Each thing that would be unsafe, with the sentence that says how to mend it."""
    return [
        *_dangers_anywhere(settings),
        *_sign_in_dangers(settings),
        _tiles_danger(settings),
        *_mail_dangers(settings),
        *(_dangers_of_the_demo if settings.is_demo else _dangers_in_production)(settings),
    ]


def _dangers_anywhere(settings: Settings) -> list[tuple[bool, str]]:
    address, provider = urlsplit(settings.public_url), urlsplit(settings.twilio_api_url)
    return [
        (
            address.scheme not in {"http", "https"} or not address.netloc or bool(address.query),
            "SIGNAAL_PUBLIC_URL moet een volledig webadres zijn, zoals https://signaal.example.nl."
            " / SIGNAAL_PUBLIC_URL must be a full web address, like https://signaal.example.nl.",
        ),
        (
            settings.carrier is CarrierName.TWILIO
            and not (settings.twilio_account_sid and settings.twilio_auth_token.get_secret_value()),
            "Vul SIGNAAL_TWILIO_ACCOUNT_SID en SIGNAAL_TWILIO_AUTH_TOKEN in, of kies"
            " SIGNAAL_CARRIER=console. / Set SIGNAAL_TWILIO_ACCOUNT_SID and"
            " SIGNAAL_TWILIO_AUTH_TOKEN, or choose SIGNAAL_CARRIER=console.",
        ),
        (
            provider.scheme != "https" and provider.hostname not in LOOPBACK,
            "SIGNAAL_TWILIO_API_URL moet met https:// beginnen (of naar 127.0.0.1 wijzen voor een"
            " oefening). / SIGNAAL_TWILIO_API_URL must begin with https:// (or point at 127.0.0.1"
            " for a rehearsal).",
        ),
    ]


def _dangers_of_the_demo(settings: Settings) -> list[tuple[bool, str]]:
    """Whatever points at a real installation whose SIGNAAL_MODE was forgotten."""
    host = urlsplit(settings.public_url).hostname
    own = [f"SIGNAAL_{name.upper()}" for name in (*_SECRETS, _ACCOUNT) if _is_own(settings, name)]
    return [
        (
            settings.host not in LOOPBACK,
            "De demo kent geen echt aanmelden en luistert daarom alleen op 127.0.0.1; zet"
            " SIGNAAL_HOST terug of kies SIGNAAL_MODE=production. / The demo has no real"
            " sign-in and so listens on 127.0.0.1 only; reset SIGNAAL_HOST or choose"
            " SIGNAAL_MODE=production.",
        ),
        (
            host is not None and host not in LOOPBACK,
            "De demo kent geen echt aanmelden en staat daarom alleen op 127.0.0.1; haal"
            " SIGNAAL_PUBLIC_URL weg of kies SIGNAAL_MODE=production. / The demo has no real"
            " sign-in and so stands on 127.0.0.1 only; unset SIGNAAL_PUBLIC_URL or choose"
            " SIGNAAL_MODE=production.",
        ),
        (
            bool(own),
            f"{', '.join(own)}: eigen geheimen horen niet in de demo, waar iedereen elke rol kan"
            " kiezen; kies SIGNAAL_MODE=production of haal ze weg. / Secrets of your own don't"
            " belong in the demo, where anybody may take any role; choose SIGNAAL_MODE=production"
            " or unset them.",
        ),
    ]


def _is_own(settings: Settings, name: str) -> bool:
    """Whether this holds something else than the demo has."""
    value = getattr(settings, name)
    return (value.get_secret_value() if isinstance(value, SecretStr) else value) not in {
        "",
        DEMO_SECRET,
    }


def _dangers_in_production(settings: Settings) -> list[tuple[bool, str]]:
    return [
        *(_weak_secret(settings, name) for name in _SECRETS),
        (
            urlsplit(settings.public_url).scheme != "https",
            "SIGNAAL_PUBLIC_URL moet in productie met https:// beginnen. /"
            " SIGNAAL_PUBLIC_URL must begin with https:// in production.",
        ),
        (
            settings.carrier is CarrierName.CONSOLE,
            "In productie belt en sms't een echte aanbieder: kies SIGNAAL_CARRIER=twilio. /"
            " In production a real provider rings and texts: choose SIGNAAL_CARRIER=twilio.",
        ),
        (
            settings.rota_file is None,
            "Geef met SIGNAAL_ROTA_FILE aan wie er dienst heeft. /"
            " Say with SIGNAAL_ROTA_FILE who is on duty.",
        ),
    ]


def _sign_in_dangers(settings: Settings) -> list[tuple[bool, str]]:
    """What would be unsafe about signing in through the organisation's own provider."""
    given = (
        bool(settings.oidc_issuer),
        bool(settings.oidc_client_id),
        bool(settings.oidc_client_secret.get_secret_value()),
    )
    issuer = urlsplit(settings.oidc_issuer)
    is_safe = issuer.scheme == "https" or (issuer.scheme == "http" and issuer.hostname in LOOPBACK)
    return [
        (
            any(given) and not all(given),
            "Vul SIGNAAL_OIDC_ISSUER, SIGNAAL_OIDC_CLIENT_ID en SIGNAAL_OIDC_CLIENT_SECRET alle"
            " drie in, of geen van drieën. / Set all three of SIGNAAL_OIDC_ISSUER,"
            " SIGNAAL_OIDC_CLIENT_ID and SIGNAAL_OIDC_CLIENT_SECRET, or none of them.",
        ),
        (
            bool(settings.oidc_issuer) and not settings.oidc_organisation.strip(),
            "Zet in SIGNAAL_OIDC_ORGANISATION de naam van de organisatie (zoals die in Signaal"
            " staat) van wie SIGNAAL_OIDC_ISSUER de mensen aanmeldt. / Set"
            " SIGNAAL_OIDC_ORGANISATION to the name (as it stands in Signaal) of the organisation"
            " whose people SIGNAAL_OIDC_ISSUER signs in.",
        ),
        (
            bool(settings.oidc_issuer)
            and not (is_safe and issuer.netloc and not issuer.query and not issuer.fragment),
            "SIGNAAL_OIDC_ISSUER moet een volledig adres zijn dat met https:// begint (of naar"
            " 127.0.0.1 wijzen voor een oefening). / SIGNAAL_OIDC_ISSUER must be a full address"
            " that begins with https:// (or point at 127.0.0.1 for a rehearsal).",
        ),
    ]


def _mail_dangers(settings: Settings) -> list[tuple[bool, str]]:
    """What would be unsafe about sending e-mail."""
    is_open = settings.smtp_security is MailSecurity.NONE
    return [
        (
            bool(settings.smtp_host) is not bool(settings.mail_from),
            "Vul SIGNAAL_SMTP_HOST en SIGNAAL_MAIL_FROM allebei in, of geen van beide. / Set both"
            " SIGNAAL_SMTP_HOST and SIGNAAL_MAIL_FROM, or neither.",
        ),
        (
            bool(settings.smtp_host) and is_open and settings.smtp_host not in LOOPBACK,
            "SIGNAAL_SMTP_SECURITY=none mag alleen naar 127.0.0.1; kies starttls of tls. /"
            " SIGNAAL_SMTP_SECURITY=none is allowed to 127.0.0.1 only; choose starttls or tls.",
        ),
    ]


def _tiles_danger(settings: Settings) -> tuple[bool, str]:
    """An address of tiles that can't be one, or that others could listen in on."""
    url = settings.tiles_url
    address = urlsplit(url)
    is_one = all(part in address.path for part in ("{z}", "{x}", "{y}"))
    host = re.fullmatch(r"[A-Za-z0-9.-]+(:\d+)?", address.netloc)
    return (
        bool(url) and not (address.scheme == "https" and host and is_one),
        "SIGNAAL_TILES_URL moet met https:// beginnen en {z}, {x} en {y} bevatten. /"
        " SIGNAAL_TILES_URL must begin with https:// and hold {z}, {x} and {y}.",
    )


def _weak_secret(settings: Settings, name: str) -> tuple[bool, str]:
    value = getattr(settings, name).get_secret_value()
    variable = f"SIGNAAL_{name.upper()}"
    return (
        value == DEMO_SECRET or len(value) < SHORTEST_SECRET,
        f"{variable} moet in productie een eigen geheim van minstens {SHORTEST_SECRET} tekens"
        f" zijn. / {variable} must be a secret of your own of at least {SHORTEST_SECRET}"
        " characters in production.",
    )
