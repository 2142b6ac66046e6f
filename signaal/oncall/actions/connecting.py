"""Who took a case is connected with the neighbour; neither sees the other's number."""

from uuid import UUID

from signaal.db import Session
from signaal.messages.texts import render
from signaal.oncall import store
from signaal.oncall.actions.cases import caller_number
from signaal.oncall.actions.speaking import (
    STAFF_LANGUAGE,
    note_call,
    once,
    spelled,
    spoken_to_staff,
)
from signaal.oncall.model import CaseState, EscalationPolicy, Spoken
from signaal.oncall.store import NightCaseRow
from signaal.services import Services

MOST_CODE_REPEATS = 1
"""So often an owner may try again after a wrong code, in one call."""


def ask_code(services: Services, case: NightCaseRow, *, question: str, turn: int = 0) -> Spoken:
    """Asks the owner who rings the line for the code of the case; silence counts as no code."""
    policy = services.policies[EscalationPolicy]
    path = f"/haak/verbind/{case.id}/code/{turn}"
    spoken = spoken_to_staff(services)
    says = (render(f"voice/{question}", language=STAFF_LANGUAGE), None)
    spoken.gather(says, action=path, digits=len(case.code), seconds=policy.whisper_seconds)
    return spoken.redirect(path)


def connect_by_code(services: Services, *, case_id: UUID, sid: str, turn: int, keys: str) -> str:
    """The owner pressed the code of a case, or nothing; a wrong one may be mended once. TwiML.

    Args:
        services: The tools of the house.
        case_id: The case for which the owner was asked.
        sid: The carrier's id of the call.
        turn: How often the code was asked before.
        keys: What was pressed; may be empty.
    """

    def answer(session: Session, case: NightCaseRow) -> Spoken:
        if case.state is not CaseState.OWNED:
            return _part(services, "not_yours")
        meant = _meant(session, case, keys)
        if meant:
            return _connect(session, services, meant)
        if turn < MOST_CODE_REPEATS:
            question = "code_wrong" if keys else "code_missing"
            return ask_code(services, case, question=question, turn=turn + 1)
        return _part(services, "code_goodbye")

    return once(services, case_id=case_id, sid=sid, step=f"code:{turn}", answer=answer)


def connect_owner(services: Services, *, case_id: UUID, sid: str, keys: str) -> str:
    """Who just took a case by call presses 1 to be connected at once. TwiML."""

    def answer(session: Session, case: NightCaseRow) -> Spoken:
        if case.state is not CaseState.OWNED:
            return _part(services, "not_yours")
        if keys != "1":
            return _part(services, "connect_later")
        return _connect(session, services, case)

    return once(services, case_id=case_id, sid=sid, step="connect", answer=answer)


def after_connecting(services: Services, *, case_id: UUID, sid: str, leg: str = "") -> str:
    """The owner hears how to say that it is finished. TwiML.

    Args:
        services: The tools of the house.
        case_id: Which case.
        sid: The carrier's id of the owner's call.
        leg: The carrier's id of the leg to the neighbour, as far as it says so.
    """

    def answer(session: Session, case: NightCaseRow) -> Spoken:
        note_call(session, services, leg)
        code = spelled(case.code)
        text = render("voice/after_call_back", language=STAFF_LANGUAGE, spelled=code)
        return spoken_to_staff(services).say(text).hang_up()

    return once(services, case_id=case_id, sid=sid, step="connected", answer=answer)


def _meant(session: Session, case: NightCaseRow, keys: str) -> NightCaseRow | None:
    """The case of this code: the one that was asked for, or another of the same owner."""
    meant = case if keys == case.code else store.case_of_code(session, keys)
    mine = meant and meant.state is CaseState.OWNED and meant.owner == case.owner
    return meant if mine else None


def _connect(session: Session, services: Services, case: NightCaseRow) -> Spoken:
    """Rings the neighbour from the line.

    That a telephone was picked up proves nothing: the case stays open until its owner says that
    it is finished.
    """
    number = caller_number(session, services, case)
    if number is None:
        return _part(services, "connect_later")
    return spoken_to_staff(services).dial(
        number,
        caller_id=services.settings.line_number,
        seconds=services.policies[EscalationPolicy].page_ring_seconds,
        action=f"/haak/verbind/{case.id}/na",
    )


def _part(services: Services, word: str) -> Spoken:
    return spoken_to_staff(services).say(render(f"voice/{word}", language=STAFF_LANGUAGE)).hang_up()
