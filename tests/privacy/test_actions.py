from uuid import uuid4

from cryptography.exceptions import InvalidTag
from pydantic import SecretStr
from pytest import raises

from signaal.privacy.actions import destroy_key, find_key, new_key

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


def test_another_master_key_opens_nothing(database) -> None:
    key_id = uuid4()
    with database.session() as session, session.begin():
        new_key(session, key_id=key_id, master_key=MASTER)
    with database.reading() as session, raises(InvalidTag):
        find_key(session, key_id=key_id, master_key=SecretStr("n" * 40))
