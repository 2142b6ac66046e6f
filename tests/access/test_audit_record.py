"""Every act gets one line, and the lines hang together."""

from datetime import UTC, datetime
from itertools import pairwise
from threading import Thread
from uuid import UUID

import pytest
from sqlmodel import col, select

from signaal.access.actions import record
from signaal.access.model.audit import GENESIS, Act, Entry, canonical_details, digest
from signaal.access.store.audit import AuditEntryRow
from signaal.errors import UnusableAct
from signaal.visitor import Visitor

NOON = datetime(2026, 11, 16, 12, 0, tzinfo=UTC)
READER = Visitor(role="team_member", person=UUID(int=7), organisation=UUID(int=3))


def write(services, *subjects: str) -> None:
    for subject in subjects:
        with services.database.session() as session, session.begin():
            record(
                session,
                visitor=READER,
                act=Act.TEXT_OPENED,
                purpose="offer_help",
                subject=subject,
                now=NOON,
            )


def lines(services) -> list[AuditEntryRow]:
    with services.database.reading() as session:
        found = list(session.exec(select(AuditEntryRow).order_by(col(AuditEntryRow.seq))))
        session.expunge_all()
        return found


def test_the_first_line_stands_on_nothing_and_each_next_one_on_the_one_before(services) -> None:
    write(services, "A", "B", "C")

    found = lines(services)
    assert [line.seq for line in found] == [1, 2, 3]
    assert [line.previous for line in found] == [GENESIS, found[0].digest, found[1].digest]


def test_an_act_that_is_undone_leaves_no_line_and_no_hole(services) -> None:
    write(services, "A")
    with services.database.session() as session:
        session.begin()
        record(session, visitor=READER, act=Act.TEXT_OPENED, purpose="x", subject="B", now=NOON)
        session.rollback()
    write(services, "C")

    assert [(line.seq, line.subject) for line in lines(services)] == [(1, "A"), (2, "C")]


def test_the_sign_of_a_line_worked_out_by_hand() -> None:
    # printf '%64s' | tr ' ' 0 | xxd -r -p, then the line below, through sha256sum.
    entry = Entry(
        seq=1,
        at=NOON,
        person=UUID(int=7),
        role="team_member",
        organisation=None,
        purpose="offer_help",
        act="text_opened",
        subject="SIG-1",
        details='{"task":1}',
    )
    expected = "a043e3da2c9811ae8fea013c5c38a11666df6f0e3f07ce216cf490255202752a"

    assert digest(GENESIS, entry).hex() == expected


@pytest.mark.parametrize("subject", ["Jan Jansen", "0612345678 x", "+31612345678", "a@b.nl", "é"])
def test_a_line_refuses_anything_but_an_id_or_a_reference(services, subject) -> None:
    with pytest.raises(UnusableAct):
        write(services, subject)
    assert lines(services) == []


def test_details_are_kept_in_order_and_hold_codes_and_counts_only() -> None:
    assert canonical_details({"rows": 3, "kind": "csv"}) == '{"kind":"csv","rows":3}'
    with pytest.raises(UnusableAct):
        canonical_details({"why": "omdat het kan"})
    with pytest.raises(UnusableAct):
        canonical_details({"Why": 1})


def test_eight_writers_at_once_leave_one_chain_without_a_hole(services) -> None:
    writers = [Thread(target=write, args=(services, *"abcdefgh")) for _ in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    found = lines(services)
    assert [line.seq for line in found] == list(range(1, 65))
    assert all(a.digest == b.previous for a, b in pairwise(found))
