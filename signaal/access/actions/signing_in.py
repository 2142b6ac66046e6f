"""Signing in, step by step: password, second factor, role; each step gives a new secret."""

from datetime import datetime
from uuid import UUID

from signaal.access.actions.second_factor import use_any_code
from signaal.access.actions.sessions import begin
from signaal.access.actions.steps import (
    advance,
    at_step,
    count_guess,
    fits,
    in_role,
    record_failure,
    record_own,
    take_back,
)
from signaal.access.actions.tokens import hash_of, key_of_tries, new_secret
from signaal.access.actions.tries import forgive_tries
from signaal.access.model.audit import Act
from signaal.access.model.people import LONGEST_PASSWORD, login_of, name_of, password_bytes
from signaal.access.model.roles import Role
from signaal.access.model.sessions import SignIn, SignInStep
from signaal.access.store import people as people_store
from signaal.access.store import sessions as store
from signaal.db import Session
from signaal.errors import NotAllowed, SessionEnded, WrongSignIn
from signaal.privacy.periods import Kept, period
from signaal.services import Services
from signaal.visitor import network_of

TRIES_OF_AN_ADDRESS = 60
"""Wrong guesses from one internet address, at whichever accounts, until a silence."""


def begin_sign_in(
    services: Services,
    *,
    email: str,
    password: str,
    device: str | None = None,
    address: str = "",
) -> SignIn:
    """The first step: address and password.

    A known and an unknown account take the same steps and get the same answer. A browser that
    signed in before has a count of wrong guesses of its own: nobody locks its owner out. All
    others count per internet address too, before anything slow is done or written down.

    Args:
        services: The tools of the house.
        email: As it was typed.
        password: As it was typed.
        device: What this browser got at an earlier sign-in.
        address: From which internet address it came.

    Raises:
        WrongSignIn: The two don't fit together.
        TooManyGuesses: Too often wrong lately.
        TooBusy: Too many others are signing in now.
    """
    now = services.clock.now()
    login = login_of(email) or ""
    device_hash = hash_of(device or "") or ""
    with services.database.reading() as reading:
        person = people_store.person_by_email(reading, login)
        owner = store.device_owner(reading, device_hash, since=period(Kept.DEVICE).before(now))
    known = device_hash if person and person.id == owner else None
    keys: tuple[str, ...] = (key_of_tries(services, "password", known or login or email),)
    if known is None:
        stranger = key_of_tries(services, "address", network_of(address))
        count_guess(services, stranger, limit=TRIES_OF_AN_ADDRESS, now=now)
        keys = (*keys, stranger)
    count_guess(services, keys[0], now=now)
    kept = person.password_hash if person and len(password) <= LONGEST_PASSWORD else None
    if not fits(services, kept, password_bytes(password[:LONGEST_PASSWORD]), keys=keys):
        _refuse(services, person.id if person else None, now=now)
    secret = new_secret()
    with services.database.session() as session, session.begin():
        forgive_tries(session, keys[0])
        take_back(session, *keys[1:])  # a whole town hall may share one address
        begin(
            session,
            secret,
            person=person.id,  # type: ignore[union-attr] # a hash that fits is somebody's
            step=SignInStep.SECOND_FACTOR,
            device_hash=known,
            now=now,
        )
    return SignIn(secret, SignInStep.SECOND_FACTOR)


def give_code(services: Services, *, session_secret: str, code: str) -> SignIn:
    """The second step: a code of the app, or a recovery code; each works once.

    Raises:
        SessionEnded: No password was given a moment ago.
        WrongSignIn: The code is wrong, or was used.
        TooManyGuesses: Too often wrong lately.
    """
    now = services.clock.now()
    found, _current = at_step(services, session_secret, SignInStep.SECOND_FACTOR)
    row = found.session
    key = key_of_tries(services, "code", row.person_id, row.device_hash or "")
    count_guess(services, key, now=now)
    with services.database.session() as session, session.begin():
        if use_any_code(session, services, person=row.person_id, code=code):
            forgive_tries(session, key)
            return _enter(session, found, now=now)
        record_failure(session, row.person_id, now=now)
    raise WrongSignIn("code")


def _enter(session: Session, found: store.Found, *, now: datetime) -> SignIn:
    """Past the second factor: on to the choice of a role, or straight to work with the only one."""
    row = found.session
    held = people_store.assignments(session, person=row.person_id).get(row.person_id, ())
    only = held[0] if len(held) == 1 else None
    device = None if row.device_hash else _new_device(session, row.person_id, now=now)
    if row.device_hash:
        store.note_device(session, row.device_hash, now=now)
    step = SignInStep.DONE if only else SignInStep.ROLE
    secret = advance(session, found, step=step, role=only.role if only else None, now=now)
    if only:
        record_own(session, in_role(found, only), Act.SIGNED_IN, now=now)
    return SignIn(secret, step, tuple(one.role for one in held), device)


def _new_device(session: Session, person: UUID, *, now: datetime) -> str:
    secret = new_secret()
    store.add_device(session, token_hash=hash_of(secret) or "", person_id=person, now=now)
    return secret


def roles_of(services: Services, session_secret: str) -> tuple[Role, ...]:
    """The roles among which the owner of this session can choose; empty when it is over."""
    try:
        _found, current = at_step(services, session_secret, SignInStep.ROLE, SignInStep.DONE)
    except SessionEnded:
        return ()
    with services.database.reading() as reading:
        held = people_store.assignments(reading, person=current.person).get(current.person, ())
    return tuple(one.role for one in held)


def choose_role(services: Services, *, session_secret: str, role: str) -> SignIn:
    """The last step: one of one's own roles; later on, another one.

    Raises:
        SessionEnded: The session is over, or not that far.
        NotAllowed: It is not one of their roles.
    """
    now = services.clock.now()
    found, current = at_step(services, session_secret, SignInStep.ROLE, SignInStep.DONE)
    with services.database.session() as session, session.begin():
        held = people_store.assignments(session, person=current.person).get(current.person, ())
        chosen = next((one for one in held if one.role == role), None)
        if chosen is None:
            raise NotAllowed("not_your_role")
        secret = advance(session, found, step=SignInStep.DONE, role=chosen.role, now=now)
        act = Act.SIGNED_IN if current.step is SignInStep.ROLE else Act.ROLE_CHOSEN
        record_own(session, in_role(found, chosen), act, now=now)
    return SignIn(secret, SignInStep.DONE)


def sign_in_as(
    services: Services, *, subject: str, email: str, second_factor_given: bool
) -> SignIn:
    """Signs somebody in whom their own organisation's OpenID Connect provider vouches for.

    It vouches for nobody of another organisation. The first time they are found by their
    address; then the provider's own id is remembered, and an address that the provider gives to
    somebody else opens nothing.

    Args:
        services: The tools of the house.
        subject: The provider's id of this person, with the provider before it.
        email: Their address, if the provider has checked it; else empty.
        second_factor_given: Whether they gave a second factor there; else ours is asked.

    Raises:
        WrongSignIn: Nobody of that organisation was invited under this address.
        NotAllowed: A second factor is missing, here and there ("no_second_factor").
    """
    now, secret = services.clock.now(), new_secret()
    with services.database.session() as session, session.begin():
        person = _vouched_for(session, services, subject, login_of(email) or "")
        if person is None:
            record_failure(session, None, now=now)
        elif not second_factor_given and person.totp_sealed is None:
            raise NotAllowed("no_second_factor")
        else:
            _join_by_provider(session, person, subject, now=now)
            begin(session, secret, person=person.id, step=SignInStep.SECOND_FACTOR, now=now)
            found = store.find(session, hash_of(secret) or "")
            if not second_factor_given or found is None:
                return SignIn(secret, SignInStep.SECOND_FACTOR)
            return _enter(session, found, now=now)
    raise WrongSignIn("provider")


def _vouched_for(
    session: Session, services: Services, subject: str, login: str
) -> people_store.PersonRow | None:
    named = name_of(services.settings.oidc_organisation) or ""
    where = people_store.organisation_named(session, named)
    if not subject or where is None:
        return None
    found = people_store.person_by_subject(session, subject)
    if found is None and login:
        invited = people_store.person_by_email(session, login)
        found = invited if invited and invited.subject in {None, subject} else None
    if found is None or found.organisation_id != where.id:
        return None
    now = services.clock.now()
    if found.joined_at or people_store.has_invitation(session, found.id, now=now):
        return found
    # They may have joined a moment ago, by this very provider, which uses the invitation up.
    return people_store.person_by_subject(session, subject)


def _join_by_provider(
    session: Session, person: people_store.PersonRow, subject: str, *, now: datetime
) -> None:
    people_store.update_person(
        session, person.id, {"subject": subject, "joined_at": person.joined_at or now}
    )
    if person.joined_at is None:
        people_store.forget_invitations(session, person.id)


def _refuse(services: Services, person: UUID | None, *, now: datetime) -> None:
    with services.database.session() as session, session.begin():
        record_failure(session, person, now=now)
    raise WrongSignIn("password")
