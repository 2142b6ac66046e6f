"""Sessions of staff: who asks, in one look-up; ending them; and those of the demo."""

from contextlib import suppress
from datetime import datetime
from uuid import NAMESPACE_URL, UUID, uuid5

from uuid_utils.compat import uuid7

from signaal.access.actions.audit import record
from signaal.access.actions.tokens import hash_of, new_secret
from signaal.access.model.audit import Act
from signaal.access.model.people import (
    ROLES_OF,
    Assignment,
    Organisation,
    OrganisationKind,
    login_of,
)
from signaal.access.model.roles import Purpose, Role
from signaal.access.model.sessions import (
    SignInStep,
    StaffSession,
    has_pin_now,
    must_note,
    step_now,
)
from signaal.access.store import people as people_store
from signaal.access.store import sessions as store
from signaal.db import Session
from signaal.errors import NotAllowed, UnknownAccount
from signaal.services import Services
from signaal.visitor import HOUSE, Visitor

_DEMO = uuid5(NAMESPACE_URL, "signaal:demo")
_DEMO_NAMES = {
    OrganisationKind.MUNICIPALITY: "Gemeente Lindestad (demo)",
    OrganisationKind.CORPORATION: "Woningcorporatie (demo)",
    OrganisationKind.POLICE: "Politie (demo)",
    OrganisationKind.CARE_PROVIDER: "Zorgaanbieder (demo)",
}


def visitor_of(services: Services, secret: str) -> Visitor | None:
    """Who asks, by the session's secret; None when no session is open by now.

    One statement; at most once a minute a second one notes that somebody is still there.
    """
    found = session_of(services, secret)
    return found.visitor if found else None


def session_of(services: Services, secret: str) -> StaffSession | None:
    """The session of this secret as it stands now, also half-way or locked; None when over."""
    token_hash = hash_of(secret)
    if token_hash is None:
        return None
    now = services.clock.now()
    with services.database.reading() as reading:
        found = store.find(reading, token_hash)
    current = standing(services, found, now=now) if found else None
    if found and current and current.visitor:
        _note_seen(services, found, now=now)
    return current


def standing(services: Services, found: store.Found, *, now: datetime) -> StaffSession | None:
    """What a session is worth now; None when it is over."""
    row = found.session
    step = step_now(
        row.step,
        found.times,
        now=now,
        can_lock=row.role is Role.DUTY_CONTACT and found.pin_hash is not None,
        never_idles=services.settings.is_demo,
    )
    has_role = found.holds_role or row.step is not SignInStep.DONE
    # Nobody of the demo has joined: what they left behind opens nothing in production.
    if step is None or not has_role or not (found.has_joined or services.settings.is_demo):
        return None
    visitor = _visitor(found, now=now) if step is SignInStep.DONE else None
    return StaffSession(row.id, row.person_id, step, visitor, row.started_at)


def _visitor(found: store.Found, *, now: datetime) -> Visitor:
    row = found.session
    return Visitor(
        role=row.role or "",
        person=row.person_id,
        organisation=found.organisation,
        districts=found.districts,
        duty_name=found.duty_name,
        has_pin=has_pin_now(found.times, now=now),
    )


def _note_seen(services: Services, found: store.Found, *, now: datetime) -> None:
    if not must_note(found.times, now=now):
        return
    row = found.session
    # Where nothing can be written (a full disk), reading goes on.
    with (
        suppress(store.DatabaseAway),
        services.database.session() as session,
        session.begin(),
    ):
        store.note_seen(session, row.token_hash, now=now, seen_at=row.last_seen_at)


def sign_out(services: Services, secret: str) -> None:
    """Ends the session of this secret at once; nothing happens when there is none."""
    token_hash = hash_of(secret)
    if token_hash is None:
        return
    now = services.clock.now()
    with services.database.session() as session, session.begin():
        found = store.find(session, token_hash)
        current = standing(services, found, now=now) if found else None
        store.end(session, token_hash)
        if found and current:
            visitor = current.visitor or _visitor(found, now=now)
            _record(session, visitor, Act.SIGNED_OUT, subject=found.session.person_id, now=now)


def revoke(services: Services, *, email: str) -> int:
    """Ends all sessions of somebody at once; a command, no page.

    Returns:
        How many there were.

    Raises:
        UnknownAccount: Nobody signs in with this address.
    """
    now = services.clock.now()
    with services.database.session() as session, session.begin():
        person = people_store.person_by_email(session, login_of(email) or "")
        if person is None:
            raise UnknownAccount("person")
        ended = store.end_all(session, person.id)
        _record(session, HOUSE, Act.SESSIONS_REVOKED, subject=person.id, now=now)
    return ended


def _record(session: Session, visitor: Visitor, act: Act, *, subject: UUID, now: datetime) -> None:
    record(
        session, visitor=visitor, act=act, purpose=Purpose.SIGN_IN, subject=str(subject), now=now
    )


# -- the demo -------------------------------------------------------------------------------


def start_demo_session(
    services: Services,
    *,
    role: str,
    districts: frozenset[str] | None = None,
    duty_name: str = "",
) -> str:
    """A session in this role in the invented town, without a password; makes what is missing.

    Returns:
        The session's secret.

    Raises:
        NotAllowed: This is not the demo, or there is no such role.
    """
    if not services.settings.is_demo or role not in set(Role):
        raise NotAllowed("only_in_the_demo")
    secret, now = new_secret(), services.clock.now()
    with services.database.session() as session, session.begin():
        held = Assignment(Role(role), districts)
        person = _demo_person(session, held, duty_name=duty_name, now=now)
        begin(session, secret, person=person.id, step=SignInStep.DONE, role=held.role, now=now)
        visitor = Visitor(held.role, person.id, person.organisation_id, districts, duty_name)
        _record(session, visitor, Act.SIGNED_IN, subject=person.id, now=now)
    return secret


def begin(
    session: Session,
    secret: str,
    *,
    person: UUID,
    step: SignInStep,
    now: datetime,
    role: Role | None = None,
    device_hash: str | None = None,
) -> None:
    """A new session with this secret, in the caller's transaction."""
    row = store.StaffSessionRow(
        id=uuid7(),
        token_hash=hash_of(secret) or "",
        person_id=person,
        step=step,
        role=role,
        device_hash=device_hash,
        started_at=now,
        last_seen_at=now,
    )
    store.begin(session, row)


def _demo_person(
    session: Session, held: Assignment, *, duty_name: str, now: datetime
) -> people_store.PersonRow:
    """The nameless person of this role, districts and duty, always the same one."""
    kind = next(kind for kind, roles in ROLES_OF.items() if held.role in roles)
    name = _DEMO_NAMES[kind]
    people_store.add_organisation(session, Organisation(uuid5(_DEMO, kind), name, kind), now=now)
    organisation = people_store.organisation_named(session, name)
    places = "*" if held.districts is None else ",".join(sorted(held.districts))
    person = people_store.PersonRow(
        id=uuid5(_DEMO, f"{held.role}|{places}|{duty_name}"),
        organisation_id=organisation.id if organisation else uuid5(_DEMO, kind),
        duty_name=duty_name,
        invited_at=now,
    )
    if people_store.add_person(session, person):
        people_store.assign(session, person.id, (held,))
    return person
