"""A log that was tampered with is found out; one that was only purged is not."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from random import Random
from threading import Thread
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from signaal.access.actions import purge_log, record, seal_checkpoint, verify
from signaal.access.model.audit import GENESIS, Act, Entry, digest
from signaal.access.model.chain import Checkpoint, Fault, Line, check
from signaal.access.store import audit as store
from signaal.privacy.periods import Kept
from signaal.visitor import Visitor

READER = Visitor(role="team_member", person=UUID(int=7), organisation=UUID(int=3))
BY_HAND = {
    "at": "'2026-11-16 09:00:00.000001+00:00'",
    "person_id": "'00000000000000000000000000000008'",
    "role": "'coordinator'",
    "organisation_id": "NULL",
    "purpose": "'steer'",
    "act": "'report_placed'",
    "subject": "'another'",
    "details": """'{"task"\\:2}'""",
    "previous": "other",
    "digest": "other",
}


@pytest.fixture
def write(services, clock) -> Callable[..., None]:
    def write(count: int = 1, act: Act = Act.TEXT_OPENED, visitor: Visitor = READER) -> None:
        for _ in range(count):
            clock.turn(seconds=1)
            with services.database.session() as session, session.begin():
                record(
                    session,
                    visitor=visitor,
                    act=act,
                    purpose="offer_help",
                    subject="ABC123",
                    now=clock.now(),
                    details={"task": 1},
                )

    return write


@pytest.fixture
def by_hand(services) -> Callable[..., None]:
    """Changes rows as somebody could who owns the database: guards and all."""

    def change(statement: str, **values: object) -> None:
        with services.database.session() as session, session.begin():
            if services.database.is_sqlite:
                found = session.execute(
                    text("SELECT name FROM sqlite_master WHERE type = 'trigger'")
                )
                for (name,) in found.all():
                    session.execute(text(f"DROP TRIGGER {name}"))
            else:
                session.execute(text("SET LOCAL session_replication_role = replica"))
            session.execute(text(statement), values)

    return change


def gone(services, **how: bool) -> dict[str, int]:
    """What the purge of the log's own lines came to."""
    counts = purge_log(services, **how)
    return {name: counts[name] for name in (Kept.CARE_LOG, Kept.OTHER_LOG)}


def rewrite_from(services, by_hand, *, first: int) -> None:
    """Writes all lines from this one on anew, with fitting signs, and moves the head along."""
    with services.database.reading() as session:
        lines = list(store.lines(session, slice_size=100))
    sign = lines[first - 2].sign
    for line in lines[first - 1 :]:
        entry = replace(line.entry, subject="forged")
        values = {"s": "forged", "p": sign, "d": digest(sign, entry), "n": entry.seq}
        by_hand(
            "UPDATE audit_entry SET subject = :s, previous = :p, digest = :d WHERE seq = :n",
            **values,
        )
        sign = digest(sign, entry)
    by_hand("UPDATE audit_head SET digest = :d", d=sign)


# -- a log that is whole --------------------------------------------------------------------


def test_a_log_in_which_nothing_stands_yet_is_whole(services) -> None:
    found = verify(services)

    assert found.is_whole
    assert (found.lines, found.checkpoints) == (0, 0)
    assert seal_checkpoint(services) is None


def test_a_whole_log_is_found_whole_before_and_after_a_checkpoint(services, write) -> None:
    write(3)
    assert verify(services).is_whole
    sealed = seal_checkpoint(services)
    write(2)

    found = verify(services)
    assert found.is_whole
    assert (found.lines, found.last, found.newest) == (5, 5, sealed)
    assert "Het logboek is heel. / The log is whole." in found.report()


def test_an_hour_in_which_nothing_was_done_gets_no_checkpoint(services, write) -> None:
    write(2)
    first = seal_checkpoint(services)
    assert seal_checkpoint(services) is None
    write(1)
    second = seal_checkpoint(services)

    assert first is not None
    assert second is not None
    assert [(one.first_seq, one.seq) for one in (first, second)] == [(1, 2), (3, 3)]


def test_more_lines_than_one_slice_holds_are_all_checked(services, write, monkeypatch) -> None:
    monkeypatch.setattr("signaal.access.actions.audit_chain.SLICE", 3)
    write(10)

    assert verify(services).lines == 10


# -- a log that was tampered with -----------------------------------------------------------


@pytest.mark.parametrize("column", sorted(BY_HAND))
def test_a_line_of_which_one_column_was_altered_is_named(services, write, by_hand, column) -> None:
    write(4)
    value = ":other" if BY_HAND[column] == "other" else BY_HAND[column]
    values = {"other": bytes(range(32))} if value == ":other" else {}
    by_hand(f"UPDATE audit_entry SET {column} = {value} WHERE seq = 3", **values)

    found = verify(services)
    assert (found.fault, found.seq) == (Fault.ALTERED, 3)
    assert "Regel 3: deze regel is veranderd" in found.report()


def test_a_line_that_was_taken_out_of_the_middle_is_named(services, write, by_hand) -> None:
    write(4)
    by_hand("DELETE FROM audit_entry WHERE seq = 2")

    found = verify(services)
    assert (found.fault, found.seq) == (Fault.MISSING, 2)


def test_a_first_line_that_was_taken_away_is_named(services, write, by_hand) -> None:
    write(4)
    by_hand("DELETE FROM audit_entry WHERE seq = 1")

    assert (verify(services).fault, verify(services).seq) == (Fault.MISSING, 1)


def test_a_last_line_that_was_taken_away_is_named(services, write, by_hand) -> None:
    write(4)
    by_hand("DELETE FROM audit_entry WHERE seq = 4")

    assert (verify(services).fault, verify(services).seq) == (Fault.CUT_OFF, 4)


def test_an_end_cut_off_with_its_head_is_found_by_the_checkpoint(services, write, by_hand) -> None:
    write(4)
    seal_checkpoint(services)
    by_hand("DELETE FROM audit_entry WHERE seq > 2")
    by_hand("UPDATE audit_head SET seq = 2, digest = (SELECT digest FROM audit_entry WHERE seq=2)")

    assert (verify(services).fault, verify(services).seq) == (Fault.CUT_OFF, 3)


def test_everything_taken_away_is_found_by_the_checkpoint(services, write, by_hand) -> None:
    write(4)
    seal_checkpoint(services)
    for table in ("audit_entry", "audit_head"):
        by_hand(f"DELETE FROM {table}")

    assert (verify(services).fault, verify(services).seq) == (Fault.CUT_OFF, 1)


def test_two_lines_that_changed_places_are_named(services, write, by_hand) -> None:
    write(5)
    for old, new in ((2, -1), (4, 2), (-1, 4)):
        by_hand(f"UPDATE audit_entry SET seq = {new} WHERE seq = {old}")

    assert (verify(services).fault, verify(services).seq) == (Fault.OUT_OF_ORDER, 2)


def test_a_line_put_in_before_the_first_is_named(services, write, by_hand) -> None:
    write(2)
    by_hand(
        "INSERT INTO audit_entry SELECT 0, at, person_id, role, organisation_id, purpose, act,"
        " subject, details, previous, digest FROM audit_entry WHERE seq = 1"
    )

    assert (verify(services).fault, verify(services).seq) == (Fault.OUT_OF_ORDER, 0)


def test_a_tail_rewritten_with_fitting_signs_is_found_by_the_checkpoint(
    services, write, by_hand
) -> None:
    write(4)
    seal_checkpoint(services)
    write(1)
    rewrite_from(services, by_hand, first=2)

    assert (verify(services).fault, verify(services).seq) == (Fault.CHECKPOINT, 4)


def test_a_checkpoint_moved_along_with_a_rewritten_tail_lacks_our_signature(
    services, write, by_hand
) -> None:
    write(4)
    seal_checkpoint(services)
    rewrite_from(services, by_hand, first=2)
    by_hand("UPDATE audit_checkpoint SET digest = (SELECT digest FROM audit_head)")

    assert (verify(services).fault, verify(services).seq) == (Fault.CHECKPOINT, 4)


def test_a_checkpoint_taken_from_between_two_others_is_noticed(services, write, by_hand) -> None:
    for _ in range(3):
        write(2)
        seal_checkpoint(services)
    by_hand("DELETE FROM audit_checkpoint WHERE seq = 4")

    assert (verify(services).fault, verify(services).seq) == (Fault.CHECKPOINT, 6)


def test_a_segment_marked_as_destroyed_by_somebody_else_is_noticed(
    services, write, by_hand
) -> None:
    write(2)
    seal_checkpoint(services)
    by_hand("UPDATE audit_checkpoint SET destroyed_at = at, destroyed_signature = signature")
    by_hand("DELETE FROM audit_entry")

    assert (verify(services).fault, verify(services).seq) == (Fault.CHECKPOINT, 2)


def test_a_head_that_points_elsewhere_is_noticed(services, write, by_hand) -> None:
    write(3)
    by_hand("UPDATE audit_head SET seq = 2")
    assert (verify(services).fault, verify(services).seq) == (Fault.HEAD, 3)
    by_hand("DELETE FROM audit_head")
    assert (verify(services).fault, verify(services).seq) == (Fault.HEAD, 3)


# -- guards in the database -----------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET subject = 'x' WHERE seq = 1",
        "DELETE FROM audit_entry WHERE seq = 1",
        "DELETE FROM audit_entry WHERE seq = 3",
        "UPDATE audit_checkpoint SET digest = signature",
        "UPDATE audit_checkpoint SET destroyed_at = at, first_seq = 0",
        "DELETE FROM audit_checkpoint",
    ],
)
def test_the_database_itself_refuses_to_change_or_delete_a_line(services, write, statement) -> None:
    write(2)
    seal_checkpoint(services)
    write(1)
    with (
        pytest.raises(DBAPIError),
        services.database.session() as session,
        session.begin(),
    ):
        session.execute(text(statement))

    assert verify(services).is_whole


# -- what has had its time ------------------------------------------------------------------


def test_other_lines_go_after_three_years_and_lines_about_care_after_five(
    services, write, clock
) -> None:
    write(2, act=Act.TEXT_OPENED)
    seal_checkpoint(services)
    write(3, act=Act.SIGNED_IN)
    seal_checkpoint(services)
    clock.turn(days=3 * 365 - 1)
    assert gone(services) == {Kept.CARE_LOG: 0, Kept.OTHER_LOG: 0}
    clock.turn(days=5)
    assert gone(services, dry_run=True) == {Kept.CARE_LOG: 0, Kept.OTHER_LOG: 3}
    assert gone(services) == {Kept.CARE_LOG: 0, Kept.OTHER_LOG: 3}
    assert gone(services) == {Kept.CARE_LOG: 0, Kept.OTHER_LOG: 0}

    found = verify(services)
    assert found.is_whole
    assert (found.destroyed, found.lines) == (3, 3)  # the two about care, and that we purged
    clock.turn(days=2 * 365 + 5)
    assert gone(services) == {Kept.CARE_LOG: 2, Kept.OTHER_LOG: 0}
    assert verify(services).is_whole
    assert verify(services).destroyed == 5


def test_a_line_behind_no_checkpoint_stays_however_old_it_is(services, write, clock) -> None:
    write(2)
    clock.turn(days=6 * 365)

    assert gone(services) == {Kept.CARE_LOG: 0, Kept.OTHER_LOG: 0}
    assert verify(services).lines == 2


def test_one_young_line_keeps_its_whole_segment(services, write, clock) -> None:
    write(2, act=Act.SIGNED_IN)
    clock.turn(days=2 * 365)
    write(1, act=Act.SIGNED_IN)
    seal_checkpoint(services)
    clock.turn(days=2 * 365)

    assert purge_log(services)[Kept.OTHER_LOG] == 0


def test_a_purge_that_was_cut_short_is_finished_by_the_next(
    services, write, clock, monkeypatch
) -> None:
    write(5, act=Act.SIGNED_IN)
    seal_checkpoint(services)
    clock.turn(days=4 * 365)
    with monkeypatch.context() as broken:
        broken.setattr("signaal.access.actions.audit_chain._empty", lambda *_: None)
        purge_log(services)
    assert verify(services).is_whole

    assert gone(services) == {Kept.CARE_LOG: 0, Kept.OTHER_LOG: 5}
    assert verify(services).is_whole
    assert verify(services).destroyed == 5


def test_a_young_line_of_a_log_that_was_purged_is_still_found_out(
    services, write, clock, by_hand
) -> None:
    write(2, act=Act.SIGNED_IN)
    seal_checkpoint(services)
    clock.turn(days=4 * 365)
    write(2)
    purge_log(services)
    by_hand("DELETE FROM audit_entry WHERE seq = 3")

    assert (verify(services).fault, verify(services).seq) == (Fault.MISSING, 3)


# -- whatever happens -----------------------------------------------------------------------


class Undone(Exception):
    """The act that a line was written for did not happen."""


def work(services, seed: int, *, lines: int) -> list[str]:
    """Writes lines of random acts by random people; a third of the acts is undone."""
    chance, done = Random(seed), []  # noqa: S311 - to choose acts, not secrets
    for number in range(lines):
        subject = f"{seed}-{number}"
        visitor = replace(READER, person=UUID(int=chance.randrange(9)))
        act, undo = chance.choice(list(Act)), chance.random() < 1 / 3
        with suppress(Undone), services.database.session() as session, session.begin():
            for _ in range(chance.choice([1, 1, 2])):
                record(
                    session,
                    visitor=visitor,
                    act=act,
                    purpose="run",
                    subject=subject,
                    now=services.clock.now(),
                    details={"rows": chance.randrange(99)},
                )
            if undo:
                raise Undone
            done.append(subject)
    return done


@pytest.mark.parametrize("seed", [1, 2])
def test_writers_sealers_and_readers_at_once_leave_a_whole_log(services, seed) -> None:
    done, checks = [], []
    tasks = [
        *(lambda own=own: done.extend(work(services, own, lines=8)) for own in range(seed, 40, 10)),
        lambda: [seal_checkpoint(services) for _ in range(5)],
        lambda: checks.extend(verify(services) for _ in range(5)),
    ]
    workers = [Thread(target=task) for task in tasks]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert [one.fault for one in checks] == [None] * 5
    seal_checkpoint(services)
    found = verify(services)
    assert found.is_whole
    with services.database.reading() as session:
        lines = list(store.lines(session, slice_size=1000))
    assert [line.entry.seq for line in lines] == list(range(1, found.lines + 1))
    assert {line.entry.subject for line in lines} == set(done)


MOMENT = datetime(2026, 11, 16, tzinfo=UTC)


def chain(subjects: list[str]) -> list[Line]:
    made, sign = [], GENESIS
    for seq, subject in enumerate(subjects, 1):
        entry = Entry(seq, MOMENT, None, "r", None, "p", "a", subject)
        made.append(Line(entry, sign, digest(sign, entry)))
        sign = made[-1].sign
    return made


def outcome(lines, *, last, checkpoints=()) -> Fault | None:
    found = check(lines, checkpoints=checkpoints, head=last, is_genuine=lambda _: True)
    return found.fault


@given(
    subjects=st.lists(st.sampled_from("ABC"), min_size=1, max_size=12),
    data=st.data(),
)
def test_whatever_single_thing_is_done_to_a_chain_it_is_no_longer_whole(subjects, data) -> None:
    lines = chain(subjects)
    last = (lines[-1].entry.seq, lines[-1].sign)
    ends = data.draw(st.sets(st.integers(1, len(lines))).map(sorted))
    checkpoints = [
        Checkpoint(first, seq, lines[seq - 1].sign, MOMENT)
        for first, seq in zip([1, *(end + 1 for end in ends)], ends, strict=False)
    ]
    assert outcome(lines, last=last, checkpoints=checkpoints) is None
    at = data.draw(st.integers(0, len(lines) - 1))
    deed = data.draw(st.sampled_from(["alter", "delete", "double", "swap"]))
    changed = list(lines)
    if deed == "alter":
        changed[at] = replace(lines[at], entry=replace(lines[at].entry, subject="Z"))
    elif deed == "delete":
        del changed[at]
    elif deed == "double":
        changed.insert(at, changed[at])
    elif len(lines) > 1:
        other = (at + 1) % len(lines)
        changed[at], changed[other] = changed[other], changed[at]
    else:
        return
    assert outcome(changed, last=last, checkpoints=checkpoints) is not None
