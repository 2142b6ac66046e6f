"""A duty contact answers a page by text message: "ja 482" takes it, "klaar 482" ends it."""

import hmac
from collections.abc import Collection
from hashlib import sha256

from signaal.db import Session
from signaal.messages import actions as outbox
from signaal.messages.texts import render
from signaal.oncall import store
from signaal.oncall.actions.cases import end, take, targets_of
from signaal.oncall.actions.speaking import STAFF_LANGUAGE
from signaal.oncall.model import (
    OWING,
    CaseResult,
    CaseState,
    DutyTarget,
    EscalationPolicy,
    ReplyKind,
    Why,
    read_reply,
)
from signaal.oncall.store import NightCaseRow
from signaal.ports import InboundText
from signaal.services import Services

FINISHABLE = frozenset({CaseState.OWNED, CaseState.TALKED})
RESULTS = {CaseState.OWNED: CaseResult.CALLED_BACK, CaseState.TALKED: CaseResult.TALKED}


class RepliesReader:
    """Reads text messages of people who were on the duty list of an open case, and no others."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def read(self, session: Session, text: InboundText) -> bool:
        """Deals with a reply to a page in the caller's transaction.

        A number that isn't on the case's duty list is a neighbour's, whatever the text says.

        Returns:
            Whether it was one.
        """
        reply = read_reply(text.body)
        if reply is None:
            return False
        if reply.code is None:
            wanted = OWING if reply.kind is ReplyKind.TAKE else FINISHABLE
            return self._without_code(session, text, kind=reply.kind, states=wanted)
        case = store.case_of_code(session, reply.code)
        target = self._sender(session, case, text.from_number) if case else None
        if case is None or target is None:
            return False
        self._act(session, case, text=text, kind=reply.kind, target=target)
        return True

    def _without_code(
        self,
        session: Session,
        text: InboundText,
        *,
        kind: ReplyKind,
        states: Collection[CaseState],
    ) -> bool:
        """A bare "ja" means the one case that waits for this person; of more, we ask which."""
        found = [
            (case, target)
            for case in store.owing(session, states)
            if (target := self._sender(session, case, text.from_number))
            and (kind is ReplyKind.TAKE or case.owner == target.name)
        ]
        if len(found) == 1:
            self._act(session, found[0][0], text=text, kind=kind, target=found[0][1])
        elif found:
            codes = ", ".join(case.code for case, _target in found)
            self._answer(session, text, "page_which", codes=codes)
        return bool(found)

    def _sender(self, session: Session, case: NightCaseRow, number: str) -> DutyTarget | None:
        targets = targets_of(session, self._services, case)
        return next((target for target in targets if target.number == number), None)

    def _act(
        self,
        session: Session,
        case: NightCaseRow,
        *,
        text: InboundText,
        kind: ReplyKind,
        target: DutyTarget,
    ) -> None:
        if kind is ReplyKind.DONE:
            self._finish(session, case, text=text, target=target)
        elif take(session, self._services, case, who=target.name, why=Why.TAKES_BY_REPLY):
            minutes = self._services.policies[EscalationPolicy].callback_minutes
            known = case.caller_token is not None
            self._answer(
                session,
                text,
                "page_taken",
                code=case.code,
                known=known,
                minutes=minutes,
                line=text.to_number,
            )
        else:
            self._answer(session, text, "page_already", code=case.code, owner=case.owner)

    def _finish(
        self, session: Session, case: NightCaseRow, *, text: InboundText, target: DutyTarget
    ) -> None:
        held = store.locked(session, case.id)
        if held and held.state in FINISHABLE and held.owner == target.name:
            end(session, self._services, held, who=target.name, result=RESULTS[held.state])
            self._answer(session, text, "page_done", code=case.code)
        else:
            self._answer(session, text, "page_already", code=case.code, owner=case.owner)

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
            now=services.clock.now(),
        )
