"""Who works with Signaal: the administrator's pages, on which no case can be read."""

from http import HTTPStatus
from uuid import UUID

from flask import abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from signaal.access import actions
from signaal.access.model import Purpose, Role
from signaal.access.model.people import (
    LONGEST_EMAIL,
    LONGEST_NAME,
    ROLES_OF,
    Assignment,
    Organisation,
    OrganisationKind,
    Person,
)
from signaal.access.web.door import blueprint
from signaal.errors import UnknownAccount, UnusableAccount
from signaal.web import Field, Within, clean, open_to, services, visitor

LONGEST_DISTRICTS = 400
WHOLE_TOWN = "alles"
"""What an administrator types for the whole municipality: nobody gets it by leaving a box empty."""
TOWN_WIDE = frozenset(
    {
        Role.ADMINISTRATOR,
        Role.AUDITOR,
        Role.DATA_PROTECTION_OFFICER,
        Role.POLICY_OFFICER,
        Role.PLANNER,
    }
)
"""Roles for which the box says the whole municipality to begin with."""
ROLE_FIELDS = tuple(
    field
    for role in Role
    for field in (
        Field(f"role_{role}", choices=("yes",)),
        Field(f"districts_{role}", longest=LONGEST_DISTRICTS),
    )
)
KINDS = tuple(kind for kind in OrganisationKind if kind is not OrganisationKind.MUNICIPALITY)
"""What can be added: the municipality is there from the beginning."""
SURE = Field("sure", choices=("yes",), required=True)
DUTY_FIELD = Field("duty_name", longest=LONGEST_NAME)


# -- everybody --------------------------------------------------------------------------------


@blueprint.get("/beheer")
@open_to(Role.ADMINISTRATOR, purpose=Purpose.RUN, within=Within.ORGANISATION)
def manage() -> str:
    """The organisations and people whom this administrator manages."""
    return _overview()


@blueprint.post("/beheer/organisaties")
@open_to(
    Role.ADMINISTRATOR,
    purpose=Purpose.RUN,
    within=Within.ORGANISATION,
    takes=(
        Field("name", longest=LONGEST_NAME, required=True),
        Field("kind", choices=KINDS, required=True),
    ),
)
def add_organisation() -> Response | tuple[str, int]:
    """Lets another organisation take part."""
    name, kind = clean(request.form.get("name", "")), request.form.get("kind", "")
    if kind not in KINDS:
        abort(400)
    try:
        made = actions.create_organisation(
            services(), visitor=visitor(), name=name, kind=OrganisationKind(kind)
        )
    except UnusableAccount as error:
        return _overview(faults=error.faults, name=name), HTTPStatus.UNPROCESSABLE_ENTITY
    return redirect(url_for("access.invite", organisation=made.id), code=303)


def _overview(faults: tuple[str, ...] = (), name: str = "") -> str:
    with services().database.reading() as reading:
        organisations = actions.organisations(reading, visitor=visitor())
        people = actions.people(reading, visitor=visitor())
    own = next((one for one in organisations if one.id == visitor().organisation), None)
    return render_template(
        "access/manage.html",
        organisations=[
            (one, [each for each in people if each.organisation.id == one.id])
            for one in organisations
        ],
        kinds=KINDS,
        may_add=own is not None and own.kind is OrganisationKind.MUNICIPALITY,
        faults=faults,
        name=name,
    )


# -- letting somebody in ----------------------------------------------------------------------


@blueprint.get("/beheer/organisaties/<uuid:organisation>/uitnodigen")
@open_to(Role.ADMINISTRATOR, purpose=Purpose.RUN, within=Within.ORGANISATION)
def invite(organisation: UUID) -> str:
    """The form to invite somebody with."""
    return _invitation_form(_organisation(organisation))


@blueprint.post("/beheer/organisaties/<uuid:organisation>/uitnodigen")
@open_to(
    Role.ADMINISTRATOR,
    purpose=Purpose.RUN,
    within=Within.ORGANISATION,
    takes=(Field("email", longest=LONGEST_EMAIL, required=True), DUTY_FIELD, *ROLE_FIELDS),
)
def take_invitation(organisation: UUID) -> str | tuple[str, int]:
    """Invites somebody, and shows the link this one time."""
    where, email = _organisation(organisation), clean(request.form.get("email", ""))
    try:
        secret = actions.invite(
            services(),
            visitor=visitor(),
            organisation=where.id,
            email=email,
            assignments=_assignments(),
            duty_name=_duty_name(),
        )
    except UnusableAccount as error:
        page = _invitation_form(where, faults=error.faults, email=email)
        return page, HTTPStatus.UNPROCESSABLE_ENTITY
    return _link(secret, email=email)


def _organisation(organisation_id: UUID) -> Organisation:
    with services().database.reading() as reading:
        within = actions.organisations(reading, visitor=visitor())
    found = next((one for one in within if one.id == organisation_id), None)
    if found is None:
        abort(404)
    return found


def _invitation_form(where: Organisation, faults: tuple[str, ...] = (), email: str = "") -> str:
    return render_template(
        "access/invite.html",
        organisation=where,
        choices=_choices(where, _typed() if faults else {}),
        duty_name=_duty_name(),
        faults=faults,
        email=email,
    )


def _link(secret: str, *, email: str) -> str:
    path = url_for("access.follow_link", secret=secret)
    address = services().settings.public_url.rstrip("/") + path
    return render_template("access/link.html", address=address, email=email)


# -- changing, helping, letting go ------------------------------------------------------------


@blueprint.get("/beheer/mensen/<uuid:person_id>")
@open_to(Role.ADMINISTRATOR, purpose=Purpose.RUN, within=Within.ORGANISATION)
def show_person(person_id: UUID) -> str:
    """One person: roles, and what can be changed."""
    return _person_page(_person(person_id))


@blueprint.post("/beheer/mensen/<uuid:person_id>/rollen")
@open_to(
    Role.ADMINISTRATOR,
    purpose=Purpose.RUN,
    within=Within.ORGANISATION,
    takes=(DUTY_FIELD, *ROLE_FIELDS),
)
def take_roles(person_id: UUID) -> Response | tuple[str, int]:
    """Gives somebody other roles; they sign in anew."""
    known = _person(person_id)
    try:
        actions.change_roles(
            services(),
            visitor=visitor(),
            person_id=person_id,
            assignments=_assignments(),
            duty_name=_duty_name(),
        )
    except UnusableAccount as error:
        return _refused(known, error.faults, typed=_typed())
    except UnknownAccount:
        abort(404)
    return redirect(url_for("access.show_person", person_id=person_id), code=303)


@blueprint.post("/beheer/mensen/<uuid:person_id>/nieuwe-link")
@open_to(Role.ADMINISTRATOR, purpose=Purpose.RUN, within=Within.ORGANISATION, takes=(SURE,))
def reset(person_id: UUID) -> str | tuple[str, int]:
    """Helps somebody who lost password or telephone: the old ones are void, a new link is shown."""
    known = _person(person_id)
    if request.form.get("sure") != "yes":
        return _refused(known, ("not_sure",))
    try:
        secret = actions.reset_second_factor(services(), visitor=visitor(), person_id=person_id)
    except UnknownAccount:
        abort(404)
    return _link(secret, email=known.email)


@blueprint.post("/beheer/mensen/<uuid:person_id>/uit-dienst")
@open_to(Role.ADMINISTRATOR, purpose=Purpose.RUN, within=Within.ORGANISATION, takes=(SURE,))
def end(person_id: UUID) -> Response | tuple[str, int]:
    """Lets somebody go: their sessions are over at once."""
    known = _person(person_id)
    if request.form.get("sure") != "yes":
        return _refused(known, ("not_sure",))
    try:
        actions.end_person(services(), visitor=visitor(), person_id=person_id)
    except UnusableAccount as error:
        return _refused(known, error.faults)
    except UnknownAccount:
        abort(404)
    return redirect(url_for("access.manage"), code=303)


def _person(person_id: UUID) -> Person:
    """One of their own people; whoever isn't there and whoever is another's are alike."""
    try:
        with services().database.reading() as reading:
            return actions.person(reading, visitor=visitor(), person_id=person_id)
    except UnknownAccount:
        abort(404)


def _refused(
    known: Person, faults: tuple[str, ...], typed: dict[Role, str] | None = None
) -> tuple[str, int]:
    return _person_page(known, faults=faults, typed=typed), HTTPStatus.UNPROCESSABLE_ENTITY


def _person_page(
    known: Person, faults: tuple[str, ...] = (), typed: dict[Role, str] | None = None
) -> str:
    held = {each.role: _districts_text(each) for each in known.assignments}
    return render_template(
        "access/person.html",
        person=known,
        choices=_choices(known.organisation, held if typed is None else typed),
        duty_name=known.duty_name,
        is_self=known.id == visitor().person,
        faults=faults,
    )


# -- roles on a form --------------------------------------------------------------------------


def _choices(where: Organisation, held: dict[Role, str]) -> list[tuple[Role, bool, str]]:
    """Each role that such an organisation has: whether it is held, and for which districts."""
    return [
        (role, role in held, held.get(role, WHOLE_TOWN if role in TOWN_WIDE else ""))
        for role in Role
        if role in ROLES_OF[where.kind]
    ]


def _typed() -> dict[Role, str]:
    """The roles that were ticked on the form, each with what was typed for its districts."""
    form = request.form
    return {
        role: clean(form.get(f"districts_{role}", ""))
        for role in Role
        if form.get(f"role_{role}") == "yes"
    }


def _assignments() -> tuple[Assignment, ...]:
    return tuple(Assignment(role, _districts(text)) for role, text in _typed().items())


def _districts(text: str) -> frozenset[str] | None:
    if text.strip().casefold() == WHOLE_TOWN:
        return None
    return frozenset(code for each in text.split(",") if (code := each.strip()))


def _districts_text(held: Assignment) -> str:
    return WHOLE_TOWN if held.districts is None else ", ".join(sorted(held.districts))


def _duty_name() -> str:
    return clean(request.form.get("duty_name", "")).strip()
