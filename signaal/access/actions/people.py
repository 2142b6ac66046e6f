"""Who works with Signaal: administrators let people in and out, and can't read cases themselves."""

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from uuid_utils.compat import uuid7

from signaal.access.actions.audit import record
from signaal.access.actions.joining import make_link
from signaal.access.model.audit import Act
from signaal.access.model.people import (
    AccountFault,
    Assignment,
    Organisation,
    OrganisationKind,
    Person,
    fault_in_giving,
    faults_in_assignments,
    login_of,
    name_of,
)
from signaal.access.model.roles import Purpose, Role
from signaal.access.store import people as store
from signaal.access.store import sessions as sessions_store
from signaal.db import Session
from signaal.errors import NotAllowed, UnknownAccount, UnusableAccount
from signaal.services import Services
from signaal.visitor import HOUSE, Visitor

# -- whom an administrator may manage -------------------------------------------------------


def organisations(session: Session, *, visitor: Visitor) -> list[Organisation]:
    """The organisations whose people this administrator manages.

    Raises:
        NotAllowed: They are no administrator.
    """
    _require_administrator(visitor)
    own = store.organisations(session, only=visitor.organisation) if visitor.organisation else []
    if any(one.kind is OrganisationKind.MUNICIPALITY for one in own):
        return store.organisations(session)
    return own


def people(session: Session, *, visitor: Visitor) -> list[Person]:
    """The people of their own organisation; for the municipality's administrator everybody.

    Raises:
        NotAllowed: They are no administrator.
    """
    within = organisations(session, visitor=visitor)
    if len(within) == 1:
        return store.people(session, organisation=within[0].id)
    return store.people(session) if within else []


def addressees(session: Session, *, roles: Collection[str]) -> list[tuple[str, Visitor]]:
    """Who may be written to in one of these roles: the address, and as whom they would look.

    Args:
        session: The caller's session.
        roles: The roles in which somebody must work.

    Returns:
        Everybody who has joined and not left, once for each of these roles.
    """
    return [
        (
            each.email,
            Visitor(
                role=held.role,
                person=each.id,
                organisation=each.organisation.id,
                districts=held.districts,
            ),
        )
        for each in store.people(session)
        if each.email and each.joined_at and not each.ended_at
        for held in each.assignments
        if held.role in roles
    ]


def person(session: Session, *, visitor: Visitor, person_id: UUID) -> Person:
    """One of the people whom this administrator manages.

    Raises:
        NotAllowed: They are no administrator.
        UnknownAccount: There is no such person, or not for this administrator.
    """
    within = {one.id for one in organisations(session, visitor=visitor)}
    found = store.people(session, person=person_id)
    if not found or found[0].organisation.id not in within:
        raise UnknownAccount("person")
    return found[0]


def _require_administrator(visitor: Visitor) -> None:
    if visitor.role != Role.ADMINISTRATOR:
        raise NotAllowed("not_an_administrator")


def _organisation(session: Session, visitor: Visitor, organisation_id: UUID) -> Organisation:
    for one in organisations(session, visitor=visitor):
        if one.id == organisation_id:
            return one
    raise UnknownAccount("organisation")


def _colleague(session: Session, visitor: Visitor, person_id: UUID) -> Person:
    """Somebody else who has not left; their organisation is held, so that others wait."""
    found = person(session, visitor=visitor, person_id=person_id)
    store.hold_organisation(session, found.organisation.id)
    found = person(session, visitor=visitor, person_id=person_id)
    if found.ended_at is not None:
        raise UnknownAccount("person")
    if found.id == visitor.person:
        raise NotAllowed("own_account")
    return found


# -- letting in -----------------------------------------------------------------------------


def create_organisation(
    services: Services, *, visitor: Visitor, name: str, kind: OrganisationKind
) -> Organisation:
    """Lets another organisation take part; only the municipality's administrator does.

    Raises:
        NotAllowed: They are no administrator of the municipality.
        UnusableAccount: The name can't be used, or is taken; or it would be a second municipality.
    """
    kept = name_of(name)
    if kept is None:
        raise UnusableAccount(AccountFault.NAME_UNREADABLE)
    made, now = Organisation(uuid7(), kept, kind), services.clock.now()
    with services.database.session() as session, session.begin():
        if not _works_for_municipality(session, visitor):
            raise NotAllowed("not_the_municipality")
        if kind is OrganisationKind.MUNICIPALITY:  # its administrators would manage everybody
            raise UnusableAccount(AccountFault.MUNICIPALITY_EXISTS)
        if not store.add_organisation(session, made, now=now):
            raise UnusableAccount(AccountFault.NAME_TAKEN)
        _record(session, visitor, Act.ORGANISATION_MADE, made.id, now=now)
    return made


def _works_for_municipality(session: Session, visitor: Visitor) -> bool:
    kinds = {one.id: one.kind for one in organisations(session, visitor=visitor)}
    own = kinds.get(visitor.organisation) if visitor.organisation else None
    return own is OrganisationKind.MUNICIPALITY


def invite(
    services: Services,
    *,
    visitor: Visitor,
    organisation: UUID,
    email: str,
    assignments: Collection[Assignment],
    duty_name: str = "",
) -> str:
    """Invites somebody; again, when the first link was lost before they joined.

    Args:
        services: The tools of the house.
        visitor: The administrator.
        organisation: For whom they will work.
        email: With which they will sign in.
        assignments: Their roles, each with its districts.
        duty_name: Under which name they stand in the rota, if they do.

    Returns:
        The link's secret; it is valid for seven days, and once.

    Raises:
        NotAllowed: They are no administrator.
        UnknownAccount: There is no such organisation, or not for this administrator.
        UnusableAccount: Address or roles can't be used, or the address is somebody's already.
    """
    now = services.clock.now()
    with services.database.session() as session, session.begin():
        where = _organisation(session, visitor, organisation)
        faults = list(faults_in_assignments(assignments, where.kind))
        faults += _faults_in_giving(session, visitor, assignments)
        login, on_duty = login_of(email), name_of(duty_name) if duty_name else ""
        faults += [AccountFault.EMAIL_UNREADABLE] if login is None else []
        faults += [AccountFault.NAME_UNREADABLE] if on_duty is None else []
        if faults or login is None or on_duty is None:
            raise UnusableAccount(*faults)
        invited = _invited(session, where, login, duty_name=on_duty, now=now)
        store.assign(session, invited, assignments)
        secret = make_link(session, invited, now=now)
        told = _told(assignments, named=bool(on_duty))
        _record(session, visitor, Act.PERSON_INVITED, invited, now=now, told=told)
    return secret


def _faults_in_giving(
    session: Session,
    visitor: Visitor,
    assignments: Collection[Assignment],
    held: Collection[Assignment] = (),
) -> tuple[AccountFault, ...]:
    by_municipality = _works_for_municipality(session, visitor)
    return fault_in_giving(assignments, held, by_municipality=by_municipality)


def _told(assignments: Collection[Assignment], *, named: bool) -> Mapping[str, str | int]:
    """What the log says of roles that were given: in how many districts, and if a duty goes along.

    Args:
        assignments: The roles.
        named: Whether the name in the rota became another one.
    """
    reach = {
        one.role: "all" if one.districts is None else len(one.districts) for one in assignments
    }
    roles = ",".join(f"{role}:{reach[role]}" for role in sorted(reach))
    return {"roles": roles} | ({"duty_name": 1} if named else {})


def _invited(
    session: Session, where: Organisation, login: str, *, duty_name: str, now: datetime
) -> UUID:
    """A new account, or that of somebody who was invited here before and hasn't joined."""
    row = store.PersonRow(
        id=uuid7(), organisation_id=where.id, email=login, duty_name=duty_name, invited_at=now
    )
    if store.add_person(session, row):
        return row.id
    known = store.person_by_email(session, login)
    if known is None or known.joined_at is not None or known.organisation_id != where.id:
        raise UnusableAccount(AccountFault.EMAIL_TAKEN)
    store.update_person(session, known.id, {"duty_name": duty_name, "invited_at": now})
    return known.id


def invite_first(services: Services, *, organisation_name: str, email: str) -> str:
    """Lets the first administrator of the municipality in; a command, no page.

    For an address that is an administrator's already it makes a new link: so whoever runs the
    installation helps out when the only administrator lost their second factor.

    Returns:
        The link's secret; it is valid for seven days, and once.

    Raises:
        UnusableAccount: Name or address can't be used, or there is an administrator already.
    """
    name, login, now = name_of(organisation_name), login_of(email), services.clock.now()
    if name is None or login is None:
        raise UnusableAccount(
            AccountFault.NAME_UNREADABLE if name is None else AccountFault.EMAIL_UNREADABLE
        )
    with services.database.session() as session, session.begin():
        made = Organisation(uuid7(), name, OrganisationKind.MUNICIPALITY)
        store.add_organisation(session, made, now=now)
        where = store.organisation_named(session, name)
        if where is None or where.kind is not OrganisationKind.MUNICIPALITY:
            raise UnusableAccount(AccountFault.NAME_TAKEN)
        store.hold_organisation(session, where.id)
        first = _first_administrator(session, where, login, now=now)
        secret = make_link(session, first, now=now)
        _record(session, HOUSE, Act.PERSON_INVITED, first, now=now)
    return secret


def _first_administrator(
    session: Session, where: Organisation, login: str, *, now: datetime
) -> UUID:
    known = store.person_by_email(session, login)
    if known and known.joined_at is not None:
        held = store.assignments(session, person=known.id).get(known.id, ())
        if known.organisation_id == where.id and held == (Assignment(Role.ADMINISTRATOR),):
            _take_factors(session, known.id)
            return known.id
        raise UnusableAccount(AccountFault.EMAIL_TAKEN)
    if store.has_administrator(session, None, but=None):
        raise UnusableAccount(AccountFault.ADMINISTRATOR_EXISTS)
    invited = _invited(session, where, login, duty_name="", now=now)
    store.assign(session, invited, [Assignment(Role.ADMINISTRATOR)])
    return invited


# -- changing and letting out ---------------------------------------------------------------


def change_roles(
    services: Services,
    *,
    visitor: Visitor,
    person_id: UUID,
    assignments: Collection[Assignment],
    duty_name: str = "",
) -> None:
    """Gives somebody other roles; they sign in anew.

    Raises:
        NotAllowed: They are no administrator, or it is their own account.
        UnknownAccount: There is no such person, or not for this administrator.
        UnusableAccount: These roles can't be held, or the last administrator would be gone.
    """
    now = services.clock.now()
    on_duty = name_of(duty_name) if duty_name else ""
    with services.database.session() as session, session.begin():
        known = _colleague(session, visitor, person_id)
        faults = faults_in_assignments(assignments, known.organisation.kind)
        faults += _faults_in_giving(session, visitor, assignments, known.assignments)
        if faults or on_duty is None:
            raise UnusableAccount(*faults or (AccountFault.NAME_UNREADABLE,))
        if Role.ADMINISTRATOR not in {one.role for one in assignments}:
            _require_another_administrator(session, known)
        store.update_person(session, person_id, {"duty_name": on_duty})
        store.assign(session, person_id, assignments)
        sessions_store.end_all(session, person_id)
        told = _told(assignments, named=on_duty != known.duty_name)
        _record(session, visitor, Act.ROLES_CHANGED, person_id, now=now, told=told)


def end_person(services: Services, *, visitor: Visitor, person_id: UUID) -> None:
    """Lets somebody go: all their sessions are over at once, and nothing opens the account.

    Raises:
        NotAllowed: They are no administrator, or it is their own account.
        UnknownAccount: There is no such person, or not for this administrator.
        UnusableAccount: They are the municipality's last administrator.
    """
    now = services.clock.now()
    with services.database.session() as session, session.begin():
        known = _colleague(session, visitor, person_id)
        _require_another_administrator(session, known)
        _take_factors(session, person_id)
        store.forget_invitations(session, person_id)
        store.update_person(session, person_id, {"ended_at": now})
        _record(session, visitor, Act.PERSON_ENDED, person_id, now=now)


def reset_second_factor(services: Services, *, visitor: Visitor, person_id: UUID) -> str:
    """Helps somebody who lost their second factor or password: the old ones are void at once.

    Returns:
        A new link's secret; whoever uses it is the same person in the log.

    Raises:
        NotAllowed: They are no administrator, or it is their own account.
        UnknownAccount: There is no such person, or not for this administrator.
    """
    now = services.clock.now()
    with services.database.session() as session, session.begin():
        _colleague(session, visitor, person_id)
        _take_factors(session, person_id)
        secret = make_link(session, person_id, now=now)
        _record(session, visitor, Act.SECOND_FACTOR_RESET, person_id, now=now)
    return secret


def _take_factors(session: Session, person_id: UUID) -> None:
    """Voids password, second factor, PIN, recovery codes, known browsers and open sessions."""
    # The person's row first: a sign-in that is under way is waited for, and then ended too.
    nothing: Mapping[str, None] = dict.fromkeys(("password_hash", "totp_sealed", "pin_hash"))
    store.update_person(session, person_id, nothing)
    store.replace_codes(session, person_id, ())
    sessions_store.forget_devices(session, person_id)
    sessions_store.end_all(session, person_id)


def _require_another_administrator(session: Session, known: Person) -> None:
    """The municipality keeps an administrator; other organisations can ask the municipality."""
    holds = Role.ADMINISTRATOR in {one.role for one in known.assignments}
    where = known.organisation
    if not holds or where.kind is not OrganisationKind.MUNICIPALITY or known.joined_at is None:
        return
    if not store.has_administrator(session, where.id, but=known.id):
        raise UnusableAccount(AccountFault.LAST_ADMINISTRATOR)


def _record(
    session: Session,
    visitor: Visitor,
    act: Act,
    subject: UUID,
    *,
    now: datetime,
    told: Mapping[str, str | int] | None = None,
) -> None:
    record(
        session,
        visitor=visitor,
        act=act,
        purpose=Purpose.RUN,
        subject=str(subject),
        now=now,
        details=told,
    )
