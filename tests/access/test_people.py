"""People: joining by invitation, leaving, other roles, and administrators who reach too far."""

import pyotp
import pytest
from sqlalchemy import event, text
from sqlmodel import col, select
from uuid_utils.compat import uuid7

from signaal.access import actions
from signaal.access.actions import purging
from signaal.access.model import Assignment, OrganisationKind, Role, SignInStep
from signaal.access.model.audit import Act, read_details
from signaal.access.store import people as store
from signaal.access.store.audit import AuditEntryRow
from signaal.errors import (
    NotAllowed,
    SessionEnded,
    UnknownAccount,
    UnknownLink,
    UnusableAccount,
    WrongSignIn,
)
from signaal.privacy.periods import Kept, period
from signaal.visitor import RESIDENT, Visitor
from tests.access.colleagues import (
    KEY,
    PASSWORD,
    acts,
    administrator,
    all_at_once,
    code_now,
    for_real,
    found,
    hire,
    signed_in,
)

COORDINATOR = (Assignment(Role.COORDINATOR, frozenset({"WK01"})),)
BOSS = "boss@example.nl"


@pytest.fixture
def real(services):
    return for_real(services)


@pytest.fixture
def boss(real):
    return hire(real, BOSS, Role.ADMINISTRATOR)


@pytest.fixture
def corporation(real):
    return found(real, "Corporatie", OrganisationKind.CORPORATION)


def invite(services, boss, email="new@example.nl", assignments=COORDINATOR, **others):
    return actions.invite(
        services,
        visitor=administrator(boss),
        organisation=others.pop("organisation", boss.organisation),
        email=email,
        assignments=assignments,
        **others,
    )


def accept(services, link, *, password=PASSWORD, key=KEY, code=None):
    return actions.accept(
        services,
        secret=link,
        password=password,
        totp_secret=key,
        totp_code=code_now(services, key) if code is None else code,
    )


def faults(verb):
    with pytest.raises(UnusableAccount) as refused:
        verb()
    return refused.value.faults


def everybody(services, visitor):
    with services.database.reading() as reading:
        return actions.people(reading, visitor=visitor)


# -- joining --------------------------------------------------------------------------------


def test_somebody_is_invited_joins_and_works(real, boss, clock):
    link = invite(real, boss, duty_name="Wijkdienst")
    assert actions.invited(real, link) == "new@example.nl"
    key = pyotp.random_base32()
    assert "new%40example.nl" in actions.totp_address(key, email="new@example.nl")

    codes = accept(real, link, key=key)

    assert len(set(codes)) == 10
    begun = actions.begin_sign_in(real, email="new@example.nl", password=PASSWORD)
    with pytest.raises(WrongSignIn):  # the code that proved the app is used
        actions.give_code(real, session_secret=begun.secret, code=code_now(real, key))
    clock.turn(seconds=30)
    done = actions.give_code(real, session_secret=begun.secret, code=code_now(real, key))
    visitor = actions.visitor_of(real, done.secret)
    assert (visitor.role, visitor.districts, visitor.duty_name) == (
        Role.COORDINATOR,
        {"WK01"},
        "Wijkdienst",
    )
    again = actions.begin_sign_in(real, email="new@example.nl", password=PASSWORD)
    assert actions.give_code(real, session_secret=again.secret, code=codes[3])
    assert acts(real)[:2] == ["person_invited", "invitation_accepted"]


def test_an_invitation_is_accepted_once_also_in_parallel(real, boss):
    link = invite(real, boss)

    outcomes = all_at_once([lambda: accept(real, link) for _ in range(4)], hands=4)

    assert sum(isinstance(one, list) for one in outcomes) == 1
    assert acts(real).count("invitation_accepted") == 1
    with pytest.raises(UnknownLink):
        accept(real, link)
    assert actions.invited(real, link) is None


def test_a_link_is_valid_for_seven_days(real, boss, clock):
    link = invite(real, boss)
    clock.turn(days=7, seconds=-1)
    assert actions.invited(real, link)
    clock.turn(seconds=1)

    assert actions.invited(real, link) is None
    with pytest.raises(UnknownLink):
        accept(real, link)


def test_links_that_were_never_given_out_open_nothing(real, boss):
    invite(real, boss)

    for link in ("", "x" * 43, "\ud800", "é" * 43, "x" * 100_000):
        assert actions.invited(real, link) is None
        with pytest.raises(UnknownLink):
            accept(real, link)


def test_an_invitation_opens_no_session_and_a_session_is_no_invitation(real, boss):
    link, session = invite(real, boss), signed_in(real, boss)

    assert actions.visitor_of(real, link) is None
    assert actions.invited(real, session) is None


def test_a_wrong_code_or_password_leaves_the_link_usable(real, boss):
    link = invite(real, boss)
    with pytest.raises(WrongSignIn):
        accept(real, link, code="000000")
    assert faults(lambda: accept(real, link, password="short")) == ("password_too_short",)
    assert faults(lambda: accept(real, link, password="new@example.nl"))
    assert faults(lambda: accept(real, link, key="short", code="1"))
    assert faults(lambda: accept(real, link, key="0" * 32, code="1"))

    assert accept(real, link)


def test_inviting_again_before_joining_gives_another_link_and_voids_the_first(real, boss):
    first = invite(real, boss)
    second = invite(real, boss, assignments=(Assignment(Role.PLANNER),))

    assert actions.invited(real, first) is None
    accept(real, second)
    held = {one.email: one.assignments for one in everybody(real, administrator(boss))}
    assert held["new@example.nl"] == (Assignment(Role.PLANNER),)


def test_no_secret_is_in_the_database(real, boss):
    link = invite(real, boss)
    codes = accept(real, link)
    with real.database.reading() as reading:
        rows = [
            reading.connection().execute(text(f"SELECT * FROM {table}")).all()
            for table in ("invitation", "person", "recovery_code")
        ]

    whole = repr(rows)
    for secret in (link, PASSWORD, KEY, *codes, *(code.replace("-", "") for code in codes)):
        assert secret not in whole


def test_an_address_belongs_to_one_account_however_it_is_written(real, boss):
    hire(real, "jos\u00e9@example.nl", Role.PLANNER)

    assert faults(lambda: invite(real, boss, "JOSE\u0301@EXAMPLE.NL ")) == ("email_taken",)


@pytest.mark.parametrize("address", ["a,b@c.nl", "a;b@c.nl", "<a@c.nl>", 'a"b@c.nl', "a@c.nl,d"])
def test_what_a_mail_server_would_read_as_more_than_one_address_is_none(real, boss, address):
    assert faults(lambda: invite(real, boss, address)) == ("email_unreadable",)


def test_one_address_invited_many_times_at_once_is_one_account(real, boss):
    all_at_once([lambda: invite(real, boss) for _ in range(8)])

    assert [one.email for one in everybody(real, administrator(boss))].count("new@example.nl") == 1


def test_what_is_no_address_is_not_invited(real, boss):
    assert faults(lambda: invite(real, boss, "no address")) == ("email_unreadable",)


# -- who may invite whom --------------------------------------------------------------------


def test_only_administrators_let_people_in_and_out(real, boss):
    person = hire(real, "a@example.nl", Role.COORDINATOR)
    others = [Visitor(role, person.id, person.organisation, None) for role in Role]
    for visitor in (RESIDENT, *others):
        if visitor.role == Role.ADMINISTRATOR:
            continue
        whom = {"visitor": visitor, "person_id": person.id}
        for verb in (
            lambda v=visitor: everybody(real, v),
            lambda v=visitor: actions.invite(
                real,
                visitor=v,
                organisation=person.organisation,
                email="b@example.nl",
                assignments=COORDINATOR,
            ),
            lambda v=visitor: actions.create_organisation(
                real, visitor=v, name="Nieuw", kind=OrganisationKind.POLICE
            ),
            lambda w=whom: actions.end_person(real, **w),
            lambda w=whom: actions.reset_second_factor(real, **w),
            lambda w=whom: actions.change_roles(real, **w, assignments=COORDINATOR),
        ):
            with pytest.raises(NotAllowed):
                verb()


def test_an_administrator_reaches_no_further_than_their_organisation(real, boss, corporation):
    own = hire(real, "c@example.nl", Role.ADMINISTRATOR, organisation=corporation)
    visitor = administrator(own)
    for stranger in (boss.id, uuid7()):  # somebody else's and nobody's look alike
        whom = {"visitor": visitor, "person_id": stranger}
        with pytest.raises(UnknownAccount):
            actions.end_person(real, **whom)
        with pytest.raises(UnknownAccount):
            actions.reset_second_factor(real, **whom)
        with pytest.raises(UnknownAccount):
            actions.change_roles(real, **whom, assignments=COORDINATOR)
    for elsewhere in (boss.organisation, uuid7()):
        with pytest.raises(UnknownAccount):
            invite(real, own, organisation=elsewhere)
    with pytest.raises(NotAllowed):
        actions.create_organisation(
            real, visitor=visitor, name="Nieuw", kind=OrganisationKind.MUNICIPALITY
        )

    assert [one.id for one in everybody(real, visitor)] == [own.id]
    with real.database.reading() as reading:
        assert len(actions.organisations(reading, visitor=visitor)) == 1


def test_the_municipality_lets_other_organisations_take_part(real, boss):
    made = actions.create_organisation(
        real, visitor=administrator(boss), name="  Politie   Noord ", kind=OrganisationKind.POLICE
    )
    assert made.name == "Politie Noord"
    assert faults(
        lambda: actions.create_organisation(
            real, visitor=administrator(boss), name="Politie Noord", kind=OrganisationKind.POLICE
        )
    ) == ("name_taken",)
    assert faults(
        lambda: actions.create_organisation(
            real, visitor=administrator(boss), name="\x00", kind=OrganisationKind.POLICE
        )
    ) == ("name_unreadable",)

    invite(real, boss, organisation=made.id, assignments=(Assignment(Role.POLICE_OFFICER),))
    assert acts(real) == ["organisation_made", "person_invited"]
    assert {one.organisation.name for one in everybody(real, administrator(boss))} == {
        "Gemeente",
        "Politie Noord",
    }


def test_roles_that_do_not_go_together_are_refused(real, boss):
    person = hire(real, "a@example.nl", Role.COORDINATOR)
    both = (Assignment(Role.ADMINISTRATOR), Assignment(Role.COORDINATOR))

    assert faults(lambda: invite(real, boss, assignments=both)) == ("administrator_reads_cases",)
    assert faults(
        lambda: actions.change_roles(
            real, visitor=administrator(boss), person_id=person.id, assignments=both
        )
    ) == ("administrator_reads_cases",)


def test_who_waited_for_a_colleague_sees_what_the_colleague_did(real, boss):
    person = hire(real, "a@example.nl", Role.COORDINATOR)
    done = []

    def meanwhile(connection, _cursor, statement, *_):
        if not done and statement.startswith("SELECT organisation.id \nFROM"):
            done.append(statement)
            connection.exec_driver_sql(
                "UPDATE person SET ended_at = invited_at WHERE pin_hash = ''"
            )

    with real.database.session() as session, session.begin():
        store.update_person(session, person.id, {"pin_hash": ""})
    event.listen(real.database.engine, "before_cursor_execute", meanwhile)
    with pytest.raises(UnknownAccount):
        actions.change_roles(
            real, visitor=administrator(boss), person_id=person.id, assignments=COORDINATOR
        )
    event.remove(real.database.engine, "before_cursor_execute", meanwhile)
    assert done


def details_of(services, act):
    with services.database.reading() as reading:
        wanted = select(AuditEntryRow).where(AuditEntryRow.act == act)
        rows = reading.exec(wanted.order_by(col(AuditEntryRow.seq)))
        return [read_details(row.details) for row in rows]


WIDE = (Assignment(Role.TEAM_MEMBER), Assignment(Role.CARE_WORKER, frozenset({"W1", "W2"})))


def test_outside_the_municipality_nobody_gives_a_role_that_reads_what_others_took_in(real, boss):
    provider = found(real, "Zorg", OrganisationKind.CARE_PROVIDER)
    own = hire(real, "c@example.nl", Role.ADMINISTRATOR, organisation=provider)
    refused = ("given_by_municipality",)
    assert faults(lambda: invite(real, own, assignments=WIDE)) == refused
    accept(real, invite(real, boss, assignments=WIDE, organisation=provider))
    (person,) = [
        one.id for one in everybody(real, administrator(own)) if one.email == "new@example.nl"
    ]

    def change(*assignments):
        actions.change_roles(
            real, visitor=administrator(own), person_id=person, assignments=assignments
        )

    change(WIDE[0])  # what the municipality gave may stay
    narrower = Assignment(Role.TEAM_MEMBER, frozenset({"W1"}))
    assert faults(lambda: change(narrower)) == refused
    change(WIDE[1])
    assert faults(lambda: change(*WIDE)) == refused


def test_there_is_no_second_municipality(real, boss):
    assert faults(
        lambda: actions.create_organisation(
            real, visitor=administrator(boss), name="Nog een", kind=OrganisationKind.MUNICIPALITY
        )
    ) == ("municipality_exists",)


def test_the_log_says_how_far_the_roles_reach_that_were_given(real, boss):
    provider = found(real, "Zorg", OrganisationKind.CARE_PROVIDER)
    accept(real, invite(real, boss, assignments=WIDE, organisation=provider, duty_name="Wijk"))
    (person,) = [
        one.id for one in everybody(real, administrator(boss)) if one.email == "new@example.nl"
    ]
    whom = {"visitor": administrator(boss), "person_id": person}
    actions.change_roles(real, **whom, assignments=WIDE[1:], duty_name="Wijk")
    actions.change_roles(real, **whom, assignments=WIDE[1:])

    assert details_of(real, Act.PERSON_INVITED) == [
        {"roles": "care_worker:2,team_member:all", "duty_name": 1}
    ]
    assert details_of(real, Act.ROLES_CHANGED) == [
        {"roles": "care_worker:2"},
        {"roles": "care_worker:2", "duty_name": 1},
    ]


# -- changes --------------------------------------------------------------------------------


def test_other_roles_count_at_once(real, boss, clock):
    person = hire(real, "a@example.nl", Role.COORDINATOR)
    secret = signed_in(real, person)

    actions.change_roles(
        real,
        visitor=administrator(boss),
        person_id=person.id,
        assignments=[Assignment(Role.POLICY_OFFICER), Assignment(Role.PLANNER)],
    )

    assert actions.session_of(real, secret) is None
    clock.turn(minutes=1)
    choosing = signed_in(real, person)
    with pytest.raises(NotAllowed):
        actions.choose_role(real, session_secret=choosing, role=Role.COORDINATOR)
    assert "roles_changed" in acts(real)


def test_other_districts_end_the_session_too(real, boss):
    person = hire(real, "a@example.nl", Role.COORDINATOR)
    secret = signed_in(real, person)

    actions.change_roles(
        real, visitor=administrator(boss), person_id=person.id, assignments=COORDINATOR
    )

    assert actions.session_of(real, secret) is None


def test_a_lost_second_factor_gives_a_new_link_to_the_same_person(real, boss, clock):
    person = hire(real, "a@example.nl", Role.COORDINATOR)
    codes = accept(real, invite(real, boss))
    secret = signed_in(real, person)
    assert codes
    begun = actions.begin_sign_in(real, email=person.email, password=PASSWORD)

    link = actions.reset_second_factor(real, visitor=administrator(boss), person_id=person.id)

    assert actions.visitor_of(real, secret) is None
    with pytest.raises(SessionEnded):
        actions.give_code(real, session_secret=begun.secret, code=code_now(real))
    with pytest.raises(WrongSignIn):
        actions.begin_sign_in(real, email=person.email, password=PASSWORD)
    key = pyotp.random_base32(32)
    accept(real, link, key=key, password="een heel ander wachtwoord")
    clock.turn(minutes=1)
    again = actions.begin_sign_in(real, email=person.email, password="een heel ander wachtwoord")
    done = actions.give_code(real, session_secret=again.secret, code=code_now(real, key))
    assert actions.visitor_of(real, done.secret).person == person.id


def test_nobody_changes_their_own_account(real, boss):
    whom = {"visitor": administrator(boss), "person_id": boss.id}

    with pytest.raises(NotAllowed):
        actions.end_person(real, **whom)
    with pytest.raises(NotAllowed):
        actions.reset_second_factor(real, **whom)
    with pytest.raises(NotAllowed):
        actions.change_roles(real, **whom, assignments=COORDINATOR)


def test_two_administrators_who_end_each_other_at_once_leave_one(real, boss):
    other = hire(real, "second@example.nl", Role.ADMINISTRATOR)

    outcomes = all_at_once(
        [
            lambda: actions.end_person(real, visitor=administrator(boss), person_id=other.id),
            lambda: actions.end_person(real, visitor=administrator(other), person_id=boss.id),
        ]
    )

    assert outcomes.count(None) == 1


def test_the_last_administrator_of_the_municipality_stays(real, boss):
    other = hire(real, "second@example.nl", Role.ADMINISTRATOR)
    actions.end_person(real, visitor=administrator(boss), person_id=other.id)
    ghost = administrator(other)  # whose session was open when they left

    assert faults(lambda: actions.end_person(real, visitor=ghost, person_id=boss.id)) == (
        "last_administrator",
    )
    assert faults(
        lambda: actions.change_roles(
            real, visitor=ghost, person_id=boss.id, assignments=COORDINATOR
        )
    ) == ("last_administrator",)


def test_who_left_can_come_back_as_somebody_new(real, boss):
    person = hire(real, "a@example.nl", Role.COORDINATOR)
    visitor = administrator(boss)
    actions.end_person(real, visitor=visitor, person_id=person.id)
    with pytest.raises(UnknownAccount):
        actions.end_person(real, visitor=visitor, person_id=person.id)
    with pytest.raises(UnknownAccount):
        actions.reset_second_factor(real, visitor=visitor, person_id=person.id)

    invite(real, boss, "a@example.nl")

    ids = {one.id for one in everybody(real, visitor) if one.email == "a@example.nl"}
    assert len(ids) == 2


# -- the first administrator ----------------------------------------------------------------


def test_the_first_administrator_is_let_in_by_a_command_and_once(real, clock):
    link = actions.invite_first(real, organisation_name="Gemeente", email="Boss@example.nl")
    lost = actions.invite_first(real, organisation_name="Gemeente", email="boss@example.nl")
    assert actions.invited(real, link) is None
    accept(real, lost)
    clock.turn(minutes=1)
    begun = actions.begin_sign_in(real, email=BOSS, password=PASSWORD)
    done = actions.give_code(real, session_secret=begun.secret, code=code_now(real))
    assert done.step is SignInStep.DONE
    assert actions.visitor_of(real, done.secret).role == Role.ADMINISTRATOR

    assert faults(
        lambda: actions.invite_first(real, organisation_name="Gemeente", email="x@example.nl")
    ) == ("administrator_exists",)


def test_who_runs_the_installation_helps_the_only_administrator_who_lost_their_telephone(
    real, boss
):
    secret = signed_in(real, boss)

    link = actions.invite_first(real, organisation_name="Gemeente", email=BOSS)

    assert actions.visitor_of(real, secret) is None
    assert accept(real, link)


def test_the_command_makes_nobody_else_an_administrator(real, corporation):
    hire(real, "a@example.nl", Role.COORDINATOR)

    for name, email, fault in (
        ("", BOSS, "name_unreadable"),
        ("Gemeente", "x", "email_unreadable"),
        ("Corporatie", BOSS, "name_taken"),
        ("Gemeente", "a@example.nl", "email_taken"),
    ):
        assert faults(
            lambda n=name, e=email: actions.invite_first(real, organisation_name=n, email=e)
        ) == (fault,)


# -- letting go -----------------------------------------------------------------------------


def test_what_has_had_its_time_is_forgotten_and_the_rest_stays(real, boss, clock):
    left = hire(real, "left@example.nl", Role.COORDINATOR)
    signed_in(real, left)
    invite(real, boss)
    with real.database.session() as session, session.begin():
        key = actions.key_of_tries(real, "x")
        actions.count_try(
            session, key=key, limit=5, silence=period(Kept.TRIES).live, now=clock.now()
        )
    actions.end_person(real, visitor=administrator(boss), person_id=left.id)
    stays = signed_in(real, boss)
    assert not any(actions.purge(real).values())
    assert actions.visitor_of(real, stays)

    clock.turn(days=91)
    clock.turn(days=period(Kept.ENDED_ACCOUNT).live.days)
    counted = actions.purge(real, dry_run=True)
    purged = actions.purge(real)

    assert counted["ended_account"] in {1, 2}  # who never came, once the link is gone
    assert purged == {
        "staff_session": 1,
        "invitation": 1,
        "tries": 1,
        "device": 1,
        "ended_account": 2,
    }
    assert [one.email for one in everybody(real, administrator(boss))] == [BOSS, ""]
    assert not any(actions.purge(real).values())


def test_purging_goes_in_slices(real, boss, monkeypatch):
    monkeypatch.setattr(purging, "SLICE", 2)
    with real.database.session() as session, session.begin():
        for number in range(7):
            actions.count_try(
                session,
                key=str(number),
                limit=1,
                silence=-period(Kept.TRIES).live,
                now=real.clock.now(),
            )

    assert actions.purge(real)["tries"] == 7
