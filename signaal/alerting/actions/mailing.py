"""Tells people by e-mail: each new warning once, and that the list of the week is there."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from signaal.access import actions as access
from signaal.access.model import sight_of
from signaal.alerting.actions.evaluating import evaluation
from signaal.alerting.actions.showing import list_lengths_for_each, warnings_for_each
from signaal.alerting.model import (
    EarlyWarningPolicy,
    WarningShown,
    digest_due,
    once_per,
)
from signaal.clock import monday_of, week_of
from signaal.hotspots.model import Shown, short_name
from signaal.intake.model import Kind
from signaal.messages import actions as messages
from signaal.messages.texts import render
from signaal.places import actions as places
from signaal.privacy.model import Precision
from signaal.services import Services
from signaal.visitor import Visitor

LANGUAGES = ("nl", "en")
"""Nobody has told in which language they read: a mail says it in both, Dutch first."""
BETWEEN = "\n\n--------\n\n"
WORTH_SENDING = timedelta(days=2)
"""An older digest is no news."""
NEW_FOR = 1
"""A warning is told in the week in which it was raised and so many weeks after."""
KINDS = {
    "nl": {Kind.NUISANCE: "overlast", Kind.CONCERN: "zorgen", Kind.ARREARS: "huurachterstand"},
    "en": {Kind.NUISANCE: "nuisance", Kind.CONCERN: "concern", Kind.ARREARS: "rent arrears"},
}
FEWER, MORE, TO = (
    {"nl": "minder dan", "en": "fewer than"},
    {"nl": "of meer", "en": "or more"},
    {"nl": "tot en met", "en": "to"},
)


@dataclass(frozen=True)
class _Mail:
    """A mail that may have to be written.

    Attributes:
        key: Under which it is sent once.
        to: Address.
        write: Gives subject and words.
    """

    key: str
    to: str
    write: Callable[[], tuple[str, str]]


def send_mails(services: Services) -> int:
    """Puts in the outbox what people have not been told yet; returns how many mails.

    1. Each warning is told once to each person who may see it, when it is raised.
    2. Once a week, from the hour that the policy names, everybody hears that the list is there.

    What a mail says was hidden for its reader as the page is. Without a mail server nothing is
    written. Warnings and lists are read once for all readers, and a mail that was put in the outbox
    before costs one look at its key.
    """
    if services.mailer is None:
        return 0
    policy = services.policies[EarlyWarningPolicy]
    with services.database.reading() as session:
        readers = access.addressees(session, roles=policy.told)
        names = places.district_names(session)
    # Somebody with two roles is told about a warning in the first of them.
    mails: dict[str, _Mail] = {}
    for mail in _possible(services, readers, names=names):
        mails.setdefault(mail.key, mail)
    with services.database.reading() as session:
        known = messages.known_keys(session, list(mails))
    fresh = [mail for key, mail in mails.items() if key not in known]
    for mail in fresh:
        _post(services, mail)
    return len(fresh)


def _possible(
    services: Services, readers: list[tuple[str, Visitor]], *, names: Mapping[str, str]
) -> Iterator[_Mail]:
    week = week_of(services.clock.now())
    is_due = digest_due(services.policies[EarlyWarningPolicy], services.clock.now())
    people = [reader for _, reader in readers]
    lists: Sequence[Mapping[str, int]] = [{} for _ in readers]
    if is_due:
        lists = list_lengths_for_each(services, week=week, visitors=people)
    told = zip(readers, warnings_for_each(services, visitors=people), lists, strict=True)
    for (address, reader), alive, fresh in told:
        for warning in alive:
            if warning.raised_week >= week - NEW_FOR:
                key = f"warning:{warning.id}:{reader.person}"
                yield _Mail(key, address, lambda told=warning: _of(services, told))  # type: ignore[misc]
        if fresh:
            key = f"list:{week}:{reader.person}:{reader.role}"
            yield _Mail(
                key,
                address,
                lambda reader=reader, alive=alive, fresh=fresh: _digest(  # type: ignore[misc]
                    services, reader, warnings=alive, lists=fresh, names=names
                ),
            )


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
    services: Services,
    reader: Visitor,
    *,
    warnings: tuple[WarningShown, ...],
    lists: Mapping[str, int],
    names: Mapping[str, str],
) -> tuple[str, str]:
    listed = [{"name": names.get(code, code), "places": lists[code]} for code in lists]
    no_better = _no_better(services, reader)
    return _both(
        "mail/list",
        lambda language: {
            "monday": _day(week_of(services.clock.now())),
            "districts": listed,
            "warnings": [_told(each, language=language) for each in warnings],
            "no_better": [KINDS[language][kind] for kind in no_better],
            "page": f"{_site(services)}/lijst",
            "quality_page": f"{_site(services)}/hoe-goed",
        },
    )


def _no_better(services: Services, reader: Visitor) -> tuple[Kind, ...]:
    """The kinds of which the warnings do no better than chance, for who may evaluate them."""
    if sight_of(reader.role).areas is not Precision.EXACT:
        return ()
    return evaluation(services, visitor=reader).told_no_better


def _told(warning: WarningShown, *, language: str) -> dict[str, object]:
    return {
        "kind": KINDS[language][warning.kind],
        "blocks": [short_name(code) for code in warning.codes],
        "goes_beyond": warning.goes_beyond,
        "since": _day(warning.since_week),
        "reporters": _class(warning.reporters, language=language),
        "expected": max(round(warning.expected), 1),
        "often": once_per(warning.recurrence_weeks),
    }


def _class(count: Shown, *, language: str) -> str:
    """Empty for a number that isn't shown."""
    if count.is_exact:
        return str(count.low)
    if count.hidden and count.high is None:
        return ""
    if count.hidden:
        return f"{FEWER[language]} {(count.high or 0) + 1}"
    if count.high is None:
        return f"{count.low} {MORE[language]}"
    return f"{count.low} {TO[language]} {count.high}"


def _day(week: int) -> str:
    return f"{monday_of(week):%d-%m-%Y}"


def _post(services: Services, mail: _Mail) -> None:
    subject, body = mail.write()
    now = services.clock.now()
    with services.database.session() as session, session.begin():
        messages.enqueue_mail(
            session,
            key=mail.key,
            to=mail.to,
            subject=subject,
            body=body,
            settings=services.settings,
            now=now,
            drop_after=now + WORTH_SENDING,
        )
