"""Sessions of staff: one look-up, silence, the end, and what tampered secrets open (nothing)."""

from sqlalchemy import event

from signaal.access import actions
from signaal.access.model import Role


def test_a_demo_session_knows_role_organisation_and_districts(services):
    secret = actions.start_demo_session(
        services, role=Role.TEAM_MEMBER, districts=frozenset({"WK01", "WK02"})
    )

    visitor = actions.visitor_of(services, secret)

    assert visitor.role == Role.TEAM_MEMBER
    assert visitor.person
    assert visitor.organisation
    assert visitor.districts == {"WK01", "WK02"}
    assert not visitor.has_pin


def test_who_asks_costs_one_statement(services):
    secret = actions.start_demo_session(services, role=Role.COORDINATOR)
    said = []
    event.listen(
        services.database.engine,
        "before_cursor_execute",
        lambda _c, _cur, statement, *_: said.append(statement),
    )

    actions.visitor_of(services, secret)

    assert [text for text in said if not text.startswith("BEGIN")] == said[-1:]
    assert said[-1].startswith("SELECT")
