from uuid import uuid4

from pydantic import SecretStr
from pytest import mark, raises

from signaal.errors import BrokenSeal
from signaal.privacy.actions import destroy_key, find_key, find_keys, new_key
from signaal.privacy.store import DataKeyRow

MASTER = SecretStr("m" * 40)


def test_what_is_sealed_can_be_opened_with_the_key_of_its_report(database) -> None:
    key_id = uuid4()
    with database.session() as session, session.begin():
        sealed = new_key(session, key_id=key_id, master_key=MASTER).seal("wie wat waar 🦊")
    with database.reading() as session:
        key = find_key(session, key_id=key_id, master_key=MASTER)
    assert key is not None
    assert key.open(sealed) == "wie wat waar 🦊"
    assert b"wat" not in sealed


def test_a_destroyed_key_is_gone(database) -> None:
    key_id = uuid4()
    with database.session() as session, session.begin():
        new_key(session, key_id=key_id, master_key=MASTER)
    with database.session() as session, session.begin():
        destroy_key(session, key_id)
    with database.reading() as session:
        assert find_key(session, key_id=key_id, master_key=MASTER) is None


@mark.parametrize("spoilt", [b"", b"1234567", b"123456789012", b"x" * 40])
def test_what_was_spoilt_is_a_broken_seal(database, spoilt) -> None:
    with database.session() as session, session.begin():
        key = new_key(session, key_id=uuid4(), master_key=MASTER)
    with raises(BrokenSeal):
        key.open(spoilt)


def test_a_key_that_cant_be_opened_hides_no_other(database) -> None:
    good, broken, gone = uuid4(), uuid4(), uuid4()
    with database.session() as session, session.begin():
        new_key(session, key_id=good, master_key=MASTER)
        new_key(session, key_id=broken, master_key=MASTER)
        session.get(DataKeyRow, broken).wrapped = b"spoilt by a disk"
    with database.reading() as session:
        found = find_keys(session, [good, broken, gone], master_key=MASTER)
    assert found[good] is not None
    assert found[broken] is None
    assert gone not in found


def test_another_master_key_opens_nothing(database) -> None:
    key_id = uuid4()
    with database.session() as session, session.begin():
        new_key(session, key_id=key_id, master_key=MASTER)
    with database.reading() as session, raises(BrokenSeal):
        find_key(session, key_id=key_id, master_key=SecretStr("n" * 40))
