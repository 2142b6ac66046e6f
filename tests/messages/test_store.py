from datetime import timedelta

import pytest
from sqlalchemy import event, insert, text
from sqlalchemy.exc import IntegrityError, StatementError
from uuid_utils.compat import uuid7

from signaal.messages import store
from signaal.messages.model import MessageChannel, OutboxState

LINE = "+3197010200300"


def values(clock, **given):
    return {
        "id": uuid7(),
        "key": str(uuid7()),
        "channel": MessageChannel.SMS,
        "state": OutboxState.DELIVERED,
        "line": LINE,
        "to_number": "+31612345678",
        "body": "Dank u.",
        "answer_path": "",
        "ring_seconds": 0,
        "urgent": False,
        "attempts": 1,
        "next_attempt_at": clock.now(),
        "created_at": clock.now(),
        "finished_at": clock.now(),
    } | given


def fill(database, rows):
    with database.engine.begin() as connection:
        connection.execute(insert(store.OutboxRow), rows)


def claim(database, clock):
    with database.session() as session, session.begin():
        return store.claim_next(
            session,
            now=clock.now(),
            lease_until=clock.now() + timedelta(seconds=60),
            claimed_by=uuid7(),
        )


def test_a_full_outbox_is_not_read_through_to_find_what_is_due(database, clock):
    fill(database, [values(clock) for _ in range(3000)])
    fill(database, [values(clock, state=OutboxState.QUEUED, body="de enige")])
    with database.engine.begin() as connection:
        connection.execute(text("ANALYZE outbox"))
    statements = []

    def listen(_connection, _cursor, statement, given, _context, _many):
        statements.append((statement, given))

    event.listen(database.engine, "before_cursor_execute", listen)
    claimed = claim(database, clock)
    event.remove(database.engine, "before_cursor_execute", listen)
    statement, given = next(one for one in statements if one[0].startswith("UPDATE"))
    explain = "EXPLAIN QUERY PLAN " if database.is_sqlite else "EXPLAIN "
    with database.engine.begin() as connection:
        plan = connection.exec_driver_sql(explain + statement, given).all()

    assert claimed.body == "de enige"
    assert "ix_outbox_unsent" in str(plan)


def test_a_claim_is_one_workers_until_its_lease_lapses(database, clock):
    fill(database, [values(clock, state=OutboxState.QUEUED, attempts=0)])

    first = claim(database, clock)
    assert claim(database, clock) is None
    clock.turn(seconds=60)
    assert claim(database, clock) is None
    clock.turn(seconds=1)
    second = claim(database, clock)
    assert (first.attempts, second.attempts) == (1, 2)
    assert first.id == second.id
    assert first.claimed_by != second.claimed_by


@pytest.mark.parametrize("field", ["channel", "state"])
def test_a_word_outside_the_list_is_refused_by_us_and_by_the_database(database, clock, field):
    with pytest.raises(StatementError):
        fill(database, [values(clock, **{field: "fax"})])
    fill(database, [values(clock)])
    with pytest.raises(IntegrityError), database.engine.begin() as connection:
        connection.execute(text(f"UPDATE outbox SET {field} = 'fax'"))


def test_the_same_key_cannot_be_kept_twice(database, clock):
    with pytest.raises(IntegrityError):
        fill(database, [values(clock, key="a"), values(clock, key="a")])
