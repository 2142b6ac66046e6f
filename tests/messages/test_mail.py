"""E-mail goes through the outbox as texts and calls do: sealed, once for each key, tried again."""

from dataclasses import replace

from pytest import fixture

from signaal.messages import actions
from signaal.messages.model import OutboxState
from tests.fakes import RecordingMailer
from tests.messages.outbox import refusal, row

TO = "wijkteam@example.nl"


@fixture
def mailer() -> RecordingMailer:
    return RecordingMailer()


@fixture
def services(services, mailer):
    return replace(services, mailer=mailer)


def put_mail(services, key="week 1"):
    with services.database.session() as session, session.begin():
        return actions.enqueue_mail(
            session,
            key=key,
            to=TO,
            subject="De lijst van de week",
            body="Er staat een nieuwe lijst klaar.",
            settings=services.settings,
            now=services.clock.now(),
        )


def test_a_mail_is_handed_over_once_with_its_subject(services, mailer, phone):
    outbox_id = put_mail(services)
    assert put_mail(services) == outbox_id, "the same key is the same mail"
    assert actions.deliver_due(services) == 1
    assert actions.deliver_due(services) == 0
    (mail,) = mailer.mails
    assert (mail.outbox_id, mail.to_address) == (outbox_id, TO)
    assert mail.subject == "De lijst van de week"
    assert mail.body == "Er staat een nieuwe lijst klaar."
    assert not phone.texts
    assert row(services, outbox_id).state is OutboxState.SENT


def test_address_and_words_lie_sealed(services):
    kept = row(services, put_mail(services))
    assert kept.to_number == kept.body == ""
    assert TO.encode() not in kept.sealed


def test_a_mail_that_was_not_taken_is_tried_again(services, mailer, clock):
    mailer.fail_next.append(refusal("ConnectionRefusedError"))
    outbox_id = put_mail(services)
    assert actions.deliver_due(services) == 0
    clock.turn(seconds=6)
    assert actions.deliver_due(services) == 1
    assert row(services, outbox_id).attempts == 2


def test_an_address_that_is_refused_for_good_is_given_up(services, mailer):
    mailer.fail_next.append(refusal("recipient 550", permanent=True))
    outbox_id = put_mail(services)
    actions.deliver_due(services)
    assert row(services, outbox_id).state is OutboxState.FAILED


def test_without_a_mail_server_mail_waits_and_texts_go_on(services, phone, clock):
    outbox_id = put_mail(services)
    bare = replace(services, mailer=None)
    assert actions.deliver_due(bare) == 0
    assert row(services, outbox_id).state is OutboxState.QUEUED
    clock.turn(seconds=61)
    assert actions.deliver_due(services) == 1


def test_the_words_of_a_mail_go_a_day_after_it_was_sent(services, clock):
    outbox_id = put_mail(services)
    actions.deliver_due(services)
    clock.turn(days=8)
    actions.purge(services)
    assert row(services, outbox_id).sealed is None
