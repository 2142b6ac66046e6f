"""After its time only the shell of a message is left, and then nothing."""

from datetime import timedelta

from signaal.messages import actions, store
from signaal.messages.model import OutboxState
from signaal.privacy.actions import find_key
from tests.messages.outbox import (
    ANN,
    note,
    plain_values,
    purged_words,
    put_plain,
    put_text,
    row,
    words,
)


def test_a_day_after_its_end_words_and_number_are_gone(services, clock):
    delivered = put_text(services, "a")
    never_told = put_text(services, "b")
    actions.deliver_due(services)
    note(services, delivered, "delivered")
    waiting = put_text(services, "c", now=clock.now() + timedelta(days=9))

    clock.turn(hours=24)
    assert purged_words(services) == 0
    clock.turn(seconds=1)
    assert actions.purge(services, dry_run=True)["outbox_words"] == 2
    assert purged_words(services) == 2
    assert purged_words(services) == 0

    for outbox_id in (delivered, never_told):
        kept = row(services, outbox_id)
        assert words(services, outbox_id) == ("", "")
        assert (kept.sealed, kept.number_sign) == (None, None)
    assert words(services, waiting) == (ANN, "Dank u.")


def test_what_was_never_sent_is_let_go_of_after_a_week(services, clock, phone):
    far = clock.now() + timedelta(days=30)
    outbox_id = put_text(services, now=far)
    with services.database.session() as session, session.begin():
        session.get(store.OutboxRow, outbox_id).created_at = clock.now()

    clock.turn(days=7)
    assert purged_words(services) == 0
    clock.turn(seconds=1)
    assert purged_words(services) == 1
    assert row(services, outbox_id).state is OutboxState.DROPPED
    clock.turn(days=60)
    assert actions.deliver_due(services) == 0
    assert phone.texts == []


def test_a_year_later_the_shell_is_gone_too(services, clock):
    note(services, put_text(services, "a"), "delivered")
    clock.turn(days=365)
    actions.purge(services)
    clock.turn(seconds=1)

    assert actions.purge(services, dry_run=True)["outbox_shell"] == 1
    assert actions.purge(services)["outbox_shell"] == 1
    with services.database.reading() as session:
        assert actions.state_of(session, "a") is None


def test_a_purge_of_many_goes_on_until_all_is_done(services, clock):
    ended = {"state": OutboxState.DELIVERED, "finished_at": clock.now()}
    put_plain(services, *(plain_values(services, key=f"m{n}", **ended) for n in range(700)))
    clock.turn(days=1, seconds=1)

    assert purged_words(services) == 700
    assert purged_words(services) == 0


def test_after_the_purge_no_backup_of_the_row_opens_with_any_key_that_is_left(services, clock):
    outbox_id = put_text(services, body="geheim")
    backup = row(services, outbox_id).sealed
    note(services, outbox_id, "delivered")
    clock.turn(days=1, seconds=1)
    actions.purge(services)

    with services.database.session() as session, session.begin():
        session.get(store.OutboxRow, outbox_id).sealed = backup
    with services.database.reading() as session:
        master_key = services.settings.master_key
        assert find_key(session, key_id=outbox_id, master_key=master_key) is None
        assert actions.texts_to(session, ANN, settings=services.settings) == []
