from datetime import timedelta

from signaal.errors import CarrierError
from signaal.messages import actions, store
from signaal.messages.model import OutboxState

LINE = "+3197010200300"
ANN = "+31612345678"


def put_text(services, key="a", **given):
    values = {"to": ANN, "body": "Dank u.", "urgent": False, "now": services.clock.now()} | given
    with services.database.session() as session, session.begin():
        return actions.enqueue_text(session, key=key, line=LINE, **values)


def put_call(services, key="c", **given):
    values = {"to": ANN, "answer_path": "/haak/gesprek/x", "now": services.clock.now()} | given
    with services.database.session() as session, session.begin():
        return actions.enqueue_call(session, key=key, line=LINE, ring_seconds=20, **values)


def row(services, outbox_id):
    with services.database.reading() as session:
        found = session.get(store.OutboxRow, outbox_id)
        session.expunge(found)
        return found


def refusal(code="503", *, permanent=False, operator=False):
    return CarrierError(code, permanent=permanent, operator=operator)


def test_a_text_is_handed_to_the_carrier_once(services, phone):
    put_text(services)

    assert actions.deliver_due(services) == 1
    assert actions.deliver_due(services) == 0
    assert [(t.from_number, t.to_number, t.body) for t in phone.texts] == [(LINE, ANN, "Dank u.")]


def test_a_call_is_handed_to_the_carrier_with_its_path_and_patience(services, phone):
    outbox_id = put_call(services)

    actions.deliver_due(services)

    assert [(c.outbox_id, c.answer_path, c.ring_seconds) for c in phone.calls] == [
        (outbox_id, "/haak/gesprek/x", 20)
    ]


def test_the_same_key_is_kept_once_and_keeps_its_first_words(services):
    first = put_text(services, body="een")
    second = put_text(services, body="twee")

    assert first == second
    assert row(services, first).body == "een"


def test_nothing_due_is_nothing_done(services):
    assert actions.deliver_due(services) == 0


def test_times_come_back_as_they_went_in(services, clock):
    outbox_id = put_text(services, drop_after=clock.now() + timedelta(minutes=5))

    kept = row(services, outbox_id)
    assert kept.created_at == clock.now()
    assert kept.drop_after == clock.now() + timedelta(minutes=5)
    assert kept.created_at.tzinfo is not None


def test_a_refusal_is_tried_again_after_5_15_30_and_then_every_60_seconds(services, phone, clock):
    put_text(services)
    start = clock.now()
    tried = []
    for _ in range(240):
        phone.fail_next = [refusal()]
        actions.deliver_due(services)
        if not phone.fail_next:
            tried.append((clock.now() - start).total_seconds())
        clock.turn(seconds=1)

    assert tried == [0, 5, 20, 50, 110, 170, 230]


def test_a_permanent_refusal_ends_it_at_once(services, phone, clock):
    outbox_id = put_text(services)
    phone.fail_next = [refusal("21610", permanent=True)]

    actions.deliver_due(services)
    clock.turn(hours=1)
    actions.deliver_due(services)

    kept = row(services, outbox_id)
    assert (kept.state, kept.last_error) == (OutboxState.FAILED, "21610")
    assert phone.texts == []
