"""Number and words stand open nowhere, from the first row on."""

from dataclasses import replace
from datetime import timedelta

from pydantic import SecretStr
from sqlalchemy import text

from signaal.messages import actions, store
from signaal.messages.model import OutboxState
from tests.messages.outbox import (
    ANN,
    purged_words,
    put_call,
    put_plain,
    put_text,
    refusal,
    row,
    words,
)


def test_no_log_line_holds_a_number_or_a_word_of_the_text(services, phone, capsys):
    put_text(services, "a", body="geheim")
    phone.fail_next = [refusal("21610", permanent=True)]
    actions.deliver_due(services)
    put_text(services, "b", body="geheim")
    phone.fail_next = [refusal("20003", operator=True)]
    actions.deliver_due(services)

    written = "".join(capsys.readouterr())
    assert "geheim" not in written
    assert ANN not in written


# -- sealed from the first row on ----------------------------------------------------------------


def every_byte(services):
    """All values of the outbox and the keys as the database holds them."""
    with services.database.reading() as session:
        return repr(
            [
                session.connection().execute(text(f"SELECT * FROM {table}")).all()
                for table in ("outbox", "data_key", "key_group", "provider_copy")
            ]
        )


def test_neither_number_nor_words_stand_open_in_any_row_at_any_time(services, phone):
    put_text(services, "a", body="geheim")
    put_call(services, "b", to="+31698765432")
    before = every_byte(services)
    phone.fail_next = [refusal()]
    actions.deliver_due(services)
    after = every_byte(services)

    for written in (before, after):
        assert "geheim" not in written
        assert "612345678" not in written
        assert "698765432" not in written


def test_the_sealed_words_of_one_message_dont_open_as_anothers(services, phone):
    first, second = put_text(services, "a", body="een"), put_text(services, "b", body="twee")
    with services.database.session() as session, session.begin():
        rows = {one: session.get(store.OutboxRow, one) for one in (first, second)}
        rows[first].sealed, rows[second].sealed = rows[second].sealed, rows[first].sealed

    assert actions.deliver_due(services) == 0
    assert phone.texts == []


def test_a_message_that_cannot_be_opened_waits_and_holds_up_no_other(services, phone, clock):
    broken = put_text(services, "a", body="een", urgent=True)
    put_text(services, "b", body="twee")
    with services.database.session() as session, session.begin():
        whole = session.get(store.OutboxRow, broken).sealed
        session.get(store.OutboxRow, broken).sealed = b"x" * 40

    assert actions.deliver_due(services) == 1
    assert (row(services, broken).state, row(services, broken).last_error) == ("queued", "seal")

    with services.database.session() as session, session.begin():
        session.get(store.OutboxRow, broken).sealed = whole
    clock.turn(seconds=60)
    assert actions.deliver_due(services) == 1
    assert [sent.body for sent in phone.texts] == ["twee", "een"]


def test_with_another_master_key_nothing_is_sent_and_nothing_lost(services, phone, clock):
    put_text(services)
    settings = services.settings.model_copy(update={"master_key": SecretStr("n" * 40)})
    assert actions.deliver_due(replace(services, settings=settings)) == 0

    clock.turn(seconds=60)
    assert actions.deliver_due(services) == 1


def test_an_unsent_row_of_an_older_version_is_sealed_and_sent(services, phone):
    outbox_id = put_plain(services)
    actions.deliver_due(services)

    assert [(sent.to_number, sent.body) for sent in phone.texts] == [(ANN, "Van vroeger.")]
    assert (row(services, outbox_id).to_number, row(services, outbox_id).body) == ("", "")
    assert words(services, outbox_id) == (ANN, "Van vroeger.")


def test_the_purge_seals_the_open_words_of_an_older_version(services):
    later = services.clock.now() + timedelta(hours=1)
    outbox_id = put_plain(services, next_attempt_at=later)
    assert purged_words(services) == 0

    assert "Van vroeger" not in every_byte(services)
    assert words(services, outbox_id) == (ANN, "Van vroeger.")


def test_rows_of_an_older_version_are_found_by_their_number_too(services):
    put_plain(services, state=OutboxState.SENT, provider_sid="SM7")
    put_text(services, "a", body="Van nu.")

    with services.database.reading() as session:
        found = actions.texts_to(session, ANN, settings=services.settings)
        sent = store.sids_to(session, ANN, sign="another")
    assert [one.body for one in found] == ["Van vroeger.", "Van nu."]
    assert sent == {"SM7"}
