"""Tells people by e-mail: each new warning once, and that the list of the week is there."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from signaal.access import actions as access
from signaal.alerting.actions.showing import list_districts, warnings, week_list
from signaal.alerting.model import EarlyWarningPolicy, WarningShown, WarningState, digest_due
from signaal.clock import monday_of, week_of
from signaal.hotspots.model import Shown, short_name
from signaal.intake.model import Kind
from signaal.messages import actions as messages
from signaal.messages.texts import render
from signaal.places import actions as places
from signaal.services import Services
from signaal.visitor import Visitor

LANGUAGES = ("nl", "en")
"""Nobody has told in which language they read: a mail says it in both, Dutch first."""
BETWEEN = "\n\n--------\n\n"
WORTH_SENDING = timedelta(days=2)
"""An older digest is no news."""
KINDS = {
    "nl": {Kind.NUISANCE: "overlast", Kind.CONCERN: "zorgen", Kind.ARREARS: "huurachterstand"},
    "en": {Kind.NUISANCE: "nuisance", Kind.CONCERN: "concern", Kind.ARREARS: "rent arrears"},
}
FEWER, MORE, TO = (
    {"nl": "minder dan", "en": "fewer than"},
    {"nl": "of meer", "en": "or more"},
    {"nl": "tot", "en": "to"},
)


def send_mails(services: Services) -> int:
    """Puts in the outbox what people have not been told yet; returns how many mails.

    1. Each warning is told once to each person who may see it, when it is raised.
    2. Once a week, from the hour that the policy names, everybody hears that the list is there.

    What a mail says was hidden for its reader as the page is. Without a mail server nothing is
    written.
    """
    if services.mailer is None:
        return 0
    policy = services.policies[EarlyWarningPolicy]
    with services.database.reading() as session:
        readers = access.addressees(session, roles=policy.told)
        names = places.district_names(session)
    mails: dict[str, tuple[str, str, str]] = {}
    for address, reader in readers:
        for warning in _new(services, reader):
            mails[f"warning:{warning.id}:{reader.person}"] = (address, *_of(services, warning))
        if digest_due(policy, services.clock.now()):
            week = week_of(services.clock.now())
            told = _digest(services, reader, names=names)
            if told:
                mails[f"list:{week}:{reader.person}:{reader.role}"] = (address, *told)
    return _post(services, mails)


def _new(services: Services, reader: Visitor) -> list[WarningShown]:
    week = week_of(services.clock.now())
    return [
        each
        for each in warnings(services, visitor=reader)
        if each.raised_week >= week - 1 and each.state is not WarningState.ENDED
    ]


def _of(services: Services, warning: WarningShown) -> tuple[str, str]:
    page = f"{_site(services)}/blok/{warning.codes[0]}"
    return _both(
        "mail/warning", lambda language: {"page": page, **_told(warning, language=language)}
    )


def _both(name: str, values: Callable[[str], dict[str, object]]) -> tuple[str, str]:
    """Subject and words; the words in both languages."""
    first = LANGUAGES[0]
    bodies = [render(name, language=each, **values(each)) for each in LANGUAGES]
    subject = render(f"{name}_subject", language=first, **values(first))
    return subject, BETWEEN.join(bodies)


def _site(services: Services) -> str:
    return services.settings.public_url.rstrip("/")


def _digest(
    services: Services, reader: Visitor, *, names: Mapping[str, str]
) -> tuple[str, str] | None:
    lists = [
        week_list(services, district=code, visitor=reader)
        for code in list_districts(services, visitor=reader)
    ]
    week = week_of(services.clock.now())
    fresh = [each for each in lists if each.week == week]
    if not fresh:
        return None
    alive = warnings(services, visitor=reader)
    places_of = [
        {"name": names.get(each.district, each.district), "places": len(each.rows)}
        for each in fresh
    ]
    return _both(
        "mail/list",
        lambda language: {
            "monday": _day(week),
            "districts": places_of,
            "warnings": [_told(each, language=language) for each in alive],
            "page": f"{_site(services)}/lijst",
        },
    )


def _told(warning: WarningShown, *, language: str) -> dict[str, object]:
    return {
        "kind": KINDS[language][warning.kind],
        "blocks": [short_name(code) for code in warning.codes],
        "since": _day(warning.since_week),
        "reporters": _class(warning.reporters, language=language),
        "expected": max(round(warning.expected), 1),
        "months": max(int(warning.recurrence_weeks * 12 / 52), 1),
    }


def _class(count: Shown, *, language: str) -> str:
    if count.is_exact:
        return str(count.low)
    if count.hidden:
        return f"{FEWER[language]} {(count.high or 0) + 1}"
    if count.high is None:
        return f"{count.low} {MORE[language]}"
    return f"{count.low} {TO[language]} {count.high}"


def _day(week: int) -> str:
    return f"{monday_of(week):%d-%m-%Y}"


def _post(services: Services, mails: Mapping[str, Sequence[str]]) -> int:
    """Only those whose key isn't known yet: a mail is sent once."""
    now = services.clock.now()
    with services.database.reading() as session:
        fresh = [key for key in mails if messages.state_of(session, key) is None]
    for key in fresh:
        to, subject, body = mails[key]
        _keep(services, key=key, to=to, subject=subject, body=body, now=now)
    return len(fresh)


def _keep(services: Services, *, key: str, to: str, subject: str, body: str, now: datetime) -> None:
    with services.database.session() as session, session.begin():
        messages.enqueue_mail(
            session,
            key=key,
            to=to,
            subject=subject,
            body=body,
            settings=services.settings,
            now=now,
            drop_after=now + WORTH_SENDING,
        )
