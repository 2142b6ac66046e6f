from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from hashlib import sha256
from threading import Barrier
from uuid import uuid4

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import SecretStr
from pytest import fixture, mark, raises
from sqlalchemy import event, text
from sqlmodel import select

from signaal.errors import BrokenMasterKey, BrokenSeal, UnsafeSetting
from signaal.privacy.actions import (
    DataKey,
    check_master_key,
    destroy_key,
    find_key,
    find_keys,
    group_key,
    new_key,
    rotate_groups,
    rotate_master_key,
)
from signaal.privacy.model import KeyPurpose
from signaal.privacy.store import DataKeyRow, KeyGroupRow

NEW = SecretStr("n" * 40)


def with_master_key(services, key):
    settings = services.settings.model_copy(update={"master_key": key})
    return replace(services, settings=settings)


def put(services, words="wie wat waar", *, purpose="reports"):
    """A data key, and what it sealed."""
    key_id = uuid4()
    master_key = services.settings.master_key
    with services.database.session() as session, session.begin():
        key = new_key(session, key_id=key_id, master_key=master_key, purpose=purpose)
    return key_id, key.seal(words)


def put_many(services, count):
    """So many data keys with what they sealed, in one transaction."""
    master_key = services.settings.master_key
    with services.database.session() as session, session.begin():
        keys = [new_key(session, key_id=uuid4(), master_key=master_key) for _ in range(count)]
    return [(key.id, key.seal(f"nr {number}")) for number, key in enumerate(keys)]


def put_first(services, words="van vroeger"):
    """A data key as version 0.1.0 wrapped it: by a bare hash of the master key, in no group."""
    key_id, secret = uuid4(), AESGCM.generate_key(256)
    master = services.settings.master_key.get_secret_value().encode()
    nonce = b"n" * 12
    wrapping = AESGCM(sha256(b"signaal data keys:" + master).digest())
    wrapped = nonce + wrapping.encrypt(nonce, secret, None)
    with services.database.session() as session, session.begin():
        session.add(DataKeyRow(id=key_id, wrapped=wrapped))
    return key_id, DataKey(key_id, secret).seal(words)


def read(services, key_id, sealed):
    with services.database.reading() as session:
        key = find_key(session, key_id=key_id, master_key=services.settings.master_key)
    return key.open(sealed) if key else None


def direct(services, purpose="log"):
    with services.database.session() as session, session.begin():
        return group_key(session, purpose=purpose, master_key=services.settings.master_key)


def rows(services, kind):
    with services.database.reading() as session:
        found = session.exec(select(kind)).all()
        session.expunge_all()
        return found


# -- key groups ------------------------------------------------------------------------------


def test_each_purpose_has_one_group_made_on_first_use(services) -> None:
    for count, purpose in enumerate(KeyPurpose, start=1):
        opened = [put(services, f"nr {n}", purpose=purpose) for n in range(2)]

        groups = {row.purpose: row.id for row in rows(services, KeyGroupRow)}
        assert len(rows(services, KeyGroupRow)) == len(groups) == count
        assert [read(services, *one) for one in opened] == ["nr 0", "nr 1"]
        assert {key.key_group_id for key in rows(services, DataKeyRow)} == set(groups.values())


def test_the_group_of_one_purpose_does_not_open_the_keys_of_another(services) -> None:
    key_id, sealed = put(services)
    put(services, purpose="messages")
    other = next(row for row in rows(services, KeyGroupRow) if row.purpose == "messages")
    with services.database.session() as session, session.begin():
        session.get(DataKeyRow, key_id).key_group_id = other.id
    with raises(BrokenSeal):
        read(services, key_id, sealed)


def test_an_unknown_purpose_is_refused(services) -> None:
    with raises(ValueError, match="curiosity"):
        put(services, purpose="curiosity")


def test_first_uses_at_once_make_one_group(services) -> None:
    together = Barrier(6)

    def begin(number):
        together.wait()
        return put(services, f"nr {number}")

    with ThreadPoolExecutor(6) as pool:
        made = list(pool.map(begin, range(6)))

    assert len(rows(services, KeyGroupRow)) == 1
    assert [read(services, *one) for one in made] == [f"nr {n}" for n in range(6)]


@mark.parametrize("part", ["wrapped", "id"])
def test_a_wrapped_key_does_not_open_in_another_row(services, part) -> None:
    mine, theirs = put(services, "mijn"), put(services, "hun")
    with services.database.session() as session, session.begin():
        first, second = (session.get(DataKeyRow, one[0]) for one in (mine, theirs))
        if part == "wrapped":
            first.wrapped, second.wrapped = second.wrapped, first.wrapped
        else:
            first.wrapped = second.wrapped
            session.delete(second)
    master_key = services.settings.master_key
    with services.database.reading() as session, raises(BrokenSeal):
        find_key(session, key_id=mine[0], master_key=master_key)


def test_a_wrapped_group_does_not_open_as_another_purposes(services) -> None:
    put(services), put(services, purpose="messages")
    with services.database.session() as session, session.begin():
        first, second = session.exec(select(KeyGroupRow)).all()
        first.wrapped, second.wrapped = second.wrapped, first.wrapped
    with raises(BrokenMasterKey):
        check_master_key(services)


def test_a_wrapped_group_does_not_open_in_the_row_of_an_older_one(services) -> None:
    direct(services)
    rotate_groups(services)
    with services.database.session() as session, session.begin():
        first, second = session.exec(select(KeyGroupRow).where(KeyGroupRow.purpose == "log")).all()
        first.wrapped, second.wrapped = second.wrapped, first.wrapped
    with raises(BrokenMasterKey):
        check_master_key(services)


def test_a_key_shows_its_secret_to_nobody_who_prints_it(services) -> None:
    with services.database.session() as session, session.begin():
        key = new_key(session, key_id=uuid4(), master_key=services.settings.master_key)
    assert repr(key.secret)[2:-1] not in repr(key)
    assert "secrets" not in repr(direct(services))


@mark.parametrize("purpose", ["reports", "messages"])
def test_a_purpose_of_data_keys_seals_nothing_by_itself(services, purpose) -> None:
    with raises(ValueError, match="data key"):
        direct(services, purpose)


# -- destroying is deleting ------------------------------------------------------------------


def test_a_destroyed_key_opens_nothing_even_with_a_backup_of_what_it_sealed(services) -> None:
    key_id, backup = put(services, "geheim")
    old = services.settings.master_key
    with services.database.session() as session, session.begin():
        destroy_key(session, key_id)
    rotate_master_key(services, new_master_key=NEW)

    for key in (old, NEW):
        assert read(with_master_key(services, key), key_id, backup) is None
    # Everything that is left to open things with, tried on the backup.
    renewed = with_master_key(services, NEW)
    secrets = {*direct(renewed).secrets.values(), NEW.get_secret_value().encode()[:32]}
    for secret in secrets:
        with raises(BrokenSeal):
            DataKey(key_id, secret).open(backup)


def test_a_backup_of_a_key_does_not_open_once_its_group_and_master_key_are_gone(services) -> None:
    key_id, sealed = put(services, "geheim")
    backup = rows(services, DataKeyRow)[0]
    with services.database.session() as session, session.begin():
        destroy_key(session, key_id)
    rotate_groups(services)

    with services.database.session() as session, session.begin():
        newest = session.exec(select(KeyGroupRow).where(KeyGroupRow.purpose == "reports")).one()
        session.add(DataKeyRow(id=key_id, wrapped=backup.wrapped, key_group_id=newest.id))
    with raises(BrokenSeal):
        read(services, key_id, sealed)


# -- the master key at start-up --------------------------------------------------------------


def test_an_empty_installation_starts_with_any_master_key(services) -> None:
    check_master_key(services)


def test_the_right_master_key_opens_all_groups(services) -> None:
    put(services), put_first(services), direct(services)
    check_master_key(services)


@mark.parametrize("kept", [put, put_first, direct])
def test_another_master_key_does_not_start(services, kept) -> None:
    kept(services)
    with raises(BrokenMasterKey) as refused:
        check_master_key(with_master_key(services, NEW))
    assert "hoofdsleutel" in str(refused.value)
    assert "master key" in str(refused.value)
    assert NEW.get_secret_value() not in str(refused.value)


def test_one_broken_key_of_version_0_1_0_keeps_nobody_from_starting_again(services) -> None:
    broken, good = put_first(services), put_first(services)
    with services.database.session() as session, session.begin():
        session.get(DataKeyRow, broken[0]).wrapped = b"x" * 60

    done = rotate_master_key(services, new_master_key=NEW)
    assert (done.rewrapped, done.broken) == (1, 1)
    renewed = with_master_key(services, NEW)
    check_master_key(renewed)
    assert (rotate_groups(renewed).broken, read(renewed, *good)) == (1, "van vroeger")
    check_master_key(renewed)
    with raises(BrokenMasterKey):
        check_master_key(services)


def test_with_another_master_key_nothing_new_is_sealed_either(services) -> None:
    put(services)
    with raises(BrokenSeal):
        put(with_master_key(services, NEW))


# -- another master key ----------------------------------------------------------------------


def test_after_a_change_of_master_key_only_the_new_one_opens(services) -> None:
    kept = [put(services, purpose=purpose) for purpose in KeyPurpose]
    first = put_first(services)
    sealed, signed = direct(services).seal("log"), direct(services).sign(b"kop")

    done = rotate_master_key(services, new_master_key=NEW)
    renewed = with_master_key(services, NEW)

    assert (done.rewrapped, done.broken) == (1, 0)
    check_master_key(renewed)
    assert {read(renewed, *one) for one in kept} == {"wie wat waar"}
    assert read(renewed, *first) == "van vroeger"
    assert direct(renewed).open(sealed) == "log"
    assert direct(renewed).verify(b"kop", signed)
    with raises(BrokenMasterKey):
        check_master_key(services)
    for one in (*kept, first):
        with raises(BrokenSeal):
            read(services, *one)


def test_no_group_can_be_made_with_the_old_master_key_afterwards(services) -> None:
    rotate_master_key(services, new_master_key=NEW)
    for purpose in KeyPurpose:
        with raises(BrokenSeal):
            put(services, purpose=purpose)
    check_master_key(with_master_key(services, NEW))


def test_a_change_of_master_key_that_breaks_off_has_changed_nothing(services) -> None:
    kept, first = put(services), put_first(services)
    put(services, purpose="messages")
    with services.database.session() as session, session.begin():
        spoilt = session.exec(select(KeyGroupRow).where(KeyGroupRow.purpose == "messages")).one()
        whole, spoilt.wrapped = spoilt.wrapped, b"x" * 60
    before = [(row.id, row.wrapped) for row in rows(services, DataKeyRow)]

    with raises(BrokenMasterKey):
        rotate_master_key(services, new_master_key=NEW)

    assert [(row.id, row.wrapped) for row in rows(services, DataKeyRow)] == before
    with services.database.session() as session, session.begin():
        session.get(KeyGroupRow, spoilt.id).wrapped = whole
    check_master_key(services)
    assert (read(services, *kept), read(services, *first)) == ("wie wat waar", "van vroeger")


def test_the_master_key_cannot_be_changed_by_who_does_not_have_it(services) -> None:
    kept = put(services)
    with raises(BrokenMasterKey):
        rotate_master_key(with_master_key(services, NEW), new_master_key=SecretStr("o" * 40))
    assert read(services, *kept) == "wie wat waar"


def test_a_short_new_master_key_is_refused(services) -> None:
    with raises(UnsafeSetting, match="32"):
        rotate_master_key(services, new_master_key=SecretStr("short"))


def test_reports_that_come_in_during_a_change_of_master_key_stay_readable(services) -> None:
    put(services)

    def take_in(number):
        try:
            return put(services, f"nr {number}")
        except BrokenSeal:  # the old key is over: this one is not acknowledged
            return None

    with ThreadPoolExecutor(4) as pool:
        coming = [pool.submit(take_in, number) for number in range(12)]
        rotate_master_key(services, new_master_key=NEW)
        taken = [one.result() for one in coming]

    renewed = with_master_key(services, NEW)
    check_master_key(renewed)
    for number, one in enumerate(taken):
        assert one is None or read(renewed, *one) == f"nr {number}"


# -- other key groups ------------------------------------------------------------------------


def test_after_a_change_of_groups_all_opens_and_the_old_groups_are_gone(services) -> None:
    kept = [put(services, purpose=purpose) for purpose in ("reports", "messages") * 2]
    first = put_first(services)
    old = {row.id for row in rows(services, KeyGroupRow)}
    heard = []

    done = rotate_groups(services, lambda *progress: heard.append(progress))

    assert (done.rewrapped, done.broken, done.destroyed) == (5, 0, 2)
    assert heard == [(5, 5)]
    assert old.isdisjoint(row.id for row in rows(services, KeyGroupRow))
    assert {row.key_group_id for row in rows(services, DataKeyRow)} <= {
        row.id for row in rows(services, KeyGroupRow)
    }
    assert {read(services, *one) for one in kept} == {"wie wat waar"}
    assert read(services, *first) == "van vroeger"


def test_what_was_sealed_and_signed_without_a_data_key_outlives_its_group(services) -> None:
    sealed, signed = direct(services).seal("log"), direct(services).sign(b"kop")
    before = direct(services).id
    rotate_groups(services)

    assert direct(services).id != before
    assert direct(services).open(sealed) == "log"
    assert direct(services).verify(b"kop", signed)


def test_a_change_of_groups_that_was_broken_off_is_taken_up_again(services) -> None:
    kept = put_many(services, 7)

    def die(_done, _total):
        raise KeyboardInterrupt

    with raises(KeyboardInterrupt):
        rotate_groups(services, die, slice_size=4)
    groups = {row.key_group_id for row in rows(services, DataKeyRow)}
    assert len(groups) == 2
    assert read(services, *kept[0]) == "nr 0"

    done = rotate_groups(services, slice_size=4)
    # The first group of reports, and those of reports and of messages from the first try.
    assert (done.rewrapped, done.destroyed) == (7, 3)
    with services.database.reading() as session:
        found = find_keys(
            session, [one[0] for one in kept], master_key=services.settings.master_key
        )
    assert [found[key_id].open(sealed) for key_id, sealed in kept] == [f"nr {n}" for n in range(7)]


def test_a_broken_data_key_stops_no_change_and_keeps_its_group(services) -> None:
    broken, good = put(services), put(services)
    with services.database.session() as session, session.begin():
        session.get(DataKeyRow, broken[0]).wrapped = b"x" * 60

    done = rotate_groups(services)

    assert (done.rewrapped, done.broken, done.destroyed) == (1, 1, 0)
    assert read(services, *good) == "wie wat waar"


def test_a_key_that_is_destroyed_meanwhile_stays_destroyed(services) -> None:
    kept = put_many(services, 3)
    last = max(kept, key=lambda one: one[0].hex)

    def destroy_last(_done, _total):
        with services.database.session() as session, session.begin():
            destroy_key(session, last[0])

    rotate_groups(services, destroy_last, slice_size=2)
    assert read(services, *last) is None


def test_a_change_of_groups_while_a_key_is_looked_up_makes_no_good_key_look_broken(
    services,
) -> None:
    kept = put(services)
    changes = []

    @event.listens_for(services.database.engine, "after_cursor_execute")
    def change_once(_connection, _cursor, statement, *_rest) -> None:
        if "data_key" in statement and not changes:
            changes.append(None)
            changes[0] = rotate_groups(services)

    try:
        assert read(services, *kept) == "wie wat waar"
    finally:
        event.remove(services.database.engine, "after_cursor_execute", change_once)
    assert changes[0].destroyed == 1
    assert read(services, *kept) == "wie wat waar"


def test_groups_are_not_changed_with_another_master_key(services) -> None:
    put(services)
    before = [row.id for row in rows(services, KeyGroupRow)]
    with raises(BrokenMasterKey):
        rotate_groups(with_master_key(services, NEW))
    assert [row.id for row in rows(services, KeyGroupRow)] == before


def test_reports_that_come_in_during_a_change_of_groups_are_all_kept(services) -> None:
    put(services)
    with ThreadPoolExecutor(4) as pool:
        coming = [pool.submit(put, services, f"nr {number}") for number in range(16)]
        rotate_groups(services)
        rotate_groups(services)
        taken = [one.result() for one in coming]

    rotate_groups(services)
    assert [read(services, *one) for one in taken] == [f"nr {number}" for number in range(16)]
    assert {row.purpose for row in rows(services, KeyGroupRow)} == set(KeyPurpose)


def test_the_database_keeps_a_second_group_of_one_purpose_out(database) -> None:
    with database.engine.begin() as connection:
        found = "indexdef" if not database.is_sqlite else "sql"
        source = "pg_indexes" if not database.is_sqlite else "sqlite_master"
        name = "indexname" if not database.is_sqlite else "name"
        made = connection.scalar(
            text(f"SELECT {found} FROM {source} WHERE {name} = 'uq_key_group_in_use'")
        )
    assert made.startswith("CREATE UNIQUE INDEX")
    assert "retired_at IS NULL" in made


@fixture(autouse=True)
def _nothing_open(database):
    """No verb here leaves a connection behind."""
    yield
    assert database.engine.pool.checkedout() == 0
