"""A duty contact answers a page by text message: "ja 482" takes it, "klaar 482" ends it."""

import hmac
from collections.abc import Collection, Iterable
from datetime import timedelta
from hashlib import sha256
from itertools import chain

import structlog

from signaal.db import Session
from signaal.intake import actions as intake
from signaal.intake.model import Urgency, is_stop_word
from signaal.messages import actions as outbox
from signaal.messages.texts import render
from signaal.oncall import store
from signaal.oncall.actions.cases import closed_by, duty_now, end, take, targets_of, token_of
from signaal.oncall.actions.rota import rota_of
from signaal.oncall.actions.speaking import STAFF_LANGUAGE, call_key
from signaal.oncall.model import (
    OWING,
    CaseResult,
    CaseState,
    DutyTarget,
    EscalationPolicy,
    Reply,
    ReplyKind,
    Why,
    read_reply,
)
from signaal.oncall.store import NightCaseRow
from signaal.ports import InboundText
from signaal.services import Services

FINISHABLE = frozenset({CaseState.OWNED, CaseState.TALKED})
RESULTS = {CaseState.OWNED: CaseResult.CALLED_BACK, CaseState.TALKED: CaseResult.TALKED}
OPEN = frozenset(CaseState) - {CaseState.CLOSED}
MOST_QUESTIONS = 3
"""So often one number is told that it was not understood, within the window: no loops."""
QUESTIONS_WINDOW = timedelta(minutes=15)

log = structlog.get_logger()


class RepliesReader:
    """Reads text messages of people who were on the duty list of an open case, and no others."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def read(self, session: Session, text: InboundText) -> bool:
        """Deals with a reply to a page in the caller's transaction.

        A number that is neither on a case's duty list nor on the rota is a neighbour's, whatever
        the text says. A duty contact whom we don't understand hears so, unless the message
        clearly reports something.

        Returns:
            Whether it was one.
        """
        reply = read_reply(text.body)
        if reply and reply.kind is not ReplyKind.UNCLEAR and self._obey(session, text, reply):
            return True
        return self._ask(session, text, reply)

    def _obey(self, session: Session, text: InboundText, reply: Reply) -> bool:
        """Does what was said, if it is clear which case was meant."""
        if not reply.codes:
            wanted = OWING if reply.kind is ReplyKind.TAKE else FINISHABLE
            found = self._of_sender(store.owing(session, wanted), session, text)
            if reply.kind is ReplyKind.DONE:
                found = [(case, target) for case, target in found if case.owner == target.name]
        else:
            coded = (store.case_of_code(session, code) for code in reply.codes)
            found = self._of_sender((case for case in coded if case), session, text)
        if len(found) == 1:
            self._act(session, found[0][0], text=text, kind=reply.kind, target=found[0][1])
        elif found:
            codes = ", ".join(case.code for case, _target in found)
            done = reply.kind is ReplyKind.DONE
            self._answer(session, text, "page_which", codes=codes, done=done)
        return bool(found)

    def _of_sender(
        self, cases: Iterable[NightCaseRow], session: Session, text: InboundText
    ) -> list[tuple[NightCaseRow, DutyTarget]]:
        """Those of the cases on whose duty list the sender stands, as whom."""
        return [
            (case, target)
            for case in cases
            for target in targets_of(session, self._services, case)
            if target.number == text.from_number
        ]

    # -- what was clear ----------------------------------------------------------------------

    def _act(
        self,
        session: Session,
        case: NightCaseRow,
        *,
        text: InboundText,
        kind: ReplyKind,
        target: DutyTarget,
    ) -> None:
        held = store.locked(session, case.id)
        if held is None:
            return  # it was closed a year ago, and removed this very moment
        services, who = self._services, target.name
        mine = held.owner == who and held.state in FINISHABLE
        if kind is ReplyKind.DONE and mine:
            end(session, services, held, who=who, result=RESULTS[held.state])
            self._answer(session, text, "page_done", code=held.code)
        elif kind is ReplyKind.TAKE and (
            mine or take(session, services, held, who=who, why=Why.TAKES_BY_REPLY)
        ):
            self._answer_taken(session, held, text=text)
        else:
            self._answer_standing(session, held, text=text)

    def _answer_taken(self, session: Session, case: NightCaseRow, *, text: InboundText) -> None:
        self._answer(
            session,
            text,
            "page_taken",
            code=case.code,
            known=case.caller_token is not None,
            minutes=self._services.policies[EscalationPolicy].callback_minutes,
            line=text.to_number,
        )

    def _answer_standing(self, session: Session, case: NightCaseRow, *, text: InboundText) -> None:
        """Nothing was changed: the sender hears how the case stands."""
        if case.state is CaseState.CLOSED:
            who = closed_by(session, case)
            self._answer(session, text, "page_ended", code=case.code, who=who)
        elif case.state in OWING:
            self._answer(session, text, "page_untaken", code=case.code)
        elif case.state in FINISHABLE and case.owner:
            self._answer(session, text, "page_already", code=case.code, owner=case.owner)
        else:
            self._answer(session, text, "page_live", code=case.code)

    # -- what was not ------------------------------------------------------------------------

    def _ask(self, session: Session, text: InboundText, reply: Reply | None) -> bool:
        """Tells a duty contact that we don't understand; whoever it is not for is a neighbour."""
        if is_stop_word(text.body) or not self._may_concern_duty(session, text, reply):
            return False
        if self._reports(session, text, reply):
            return False
        services, now = self._services, self._services.clock.now()
        asked = call_key(services, f"asked:{token_of(services, text.from_number)}")
        before = store.count_steps(session, call=asked, since=now - QUESTIONS_WINDOW)
        if before >= MOST_QUESTIONS:
            log.warning("duty contact not understood and not asked again")
            return True
        store.claim_step(session, call=asked, step=call_key(services, text.provider_sid), at=now)
        self._answer(
            session,
            text,
            "page_unclear",
            take=self._only(session, text, OWING),
            done=self._only(session, text, FINISHABLE),
        )
        return True

    def _may_concern_duty(self, session: Session, text: InboundText, reply: Reply | None) -> bool:
        """Whether the sender has to do with duty: by the rota or by the list of an open case.

        What doesn't look like a reply concerns duty only while the sender has some.
        """
        number, rota = text.from_number, rota_of(self._services)
        known = (rota.day, rota.fallback, *chain.from_iterable(rota.weeks))
        on_rota = any(target.number == number for target in known)
        if reply is None and not on_rota:
            return False
        if on_rota and (reply or any(each.number == number for each in duty_now(self._services))):
            return True
        return bool(self._of_sender(store.owing(session, OPEN), session, text))

    def _reports(self, session: Session, text: InboundText, reply: Reply | None) -> bool:
        """Whether a duty contact clearly reports something, as a neighbour would."""
        reading = intake.read(self._services, session, text.body)
        if reading.urgency is Urgency.ACUTE:
            return True
        said_place = bool(reading.words.postcode or reading.words.street)
        postcode = (reading.words.postcode or "")[:4]
        return said_place and not (reply and set(reply.codes) - {postcode})

    def _only(
        self, session: Session, text: InboundText, states: Collection[CaseState]
    ) -> str | None:
        """The code of the one case in these states that is the sender's to answer."""
        found = self._of_sender(store.owing(session, states), session, text)
        mine = [case.code for case, target in found if case.owner in {None, target.name}]
        return mine[0] if len(mine) == 1 else None

    def _answer(self, session: Session, text: InboundText, name: str, **values: object) -> None:
        services = self._services
        pepper = services.settings.reporter_pepper.get_secret_value()
        sign = hmac.new(pepper.encode(), f"reply:{text.provider_sid}".encode(), sha256)
        outbox.enqueue_text(
            session,
            key=f"night-reply:{sign.hexdigest()}",
            line=text.to_number,
            to=text.from_number,
            body=render(f"sms/{name}", language=STAFF_LANGUAGE, **values),
            urgent=True,
            settings=services.settings,
            now=services.clock.now(),
        )
