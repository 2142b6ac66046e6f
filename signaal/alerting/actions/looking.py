"""Keeps what somebody makes of a place on the list of the week."""

from uuid import UUID

from signaal.access import actions as access
from signaal.access.model import Act, Purpose
from signaal.alerting.model import LONGEST_REASON, TOLD_ROLES, Verdict
from signaal.alerting.store import LookRow
from signaal.alerting.store import lists as store
from signaal.errors import NotAllowed, UnknownWeekPlace, UnusableLook
from signaal.hotspots.model import kinds_for
from signaal.privacy.masks import mask
from signaal.services import Services
from signaal.visitor import Visitor


def look_at(
    services: Services,
    *,
    visitor: Visitor,
    item: UUID,
    verdict: Verdict,
    reason: str,
    purpose: str = Purpose.EARLY_WARNING,
) -> None:
    """Keeps that somebody looked at a place, and whether it was worth it, with the reason.

    Each person has one judgement of a place: a later one corrects it and stands beside it. The
    same judgement again changes nothing. Numbers of persons are masked before it is written.

    Args:
        services: The tools of the house.
        visitor: Who looked.
        item: The place on the list (`WeekRow.id`).
        verdict: What they make of it.
        reason: Why, for or against; at most 500 characters.
        purpose: What for.

    Raises:
        NotAllowed: This role sees no weekly figures, or the place isn't in the visitor's districts.
        UnknownWeekPlace: There is no such place on any list.
        UnusableLook: Without a reason, or with too long a one.
    """
    if visitor.role not in TOLD_ROLES or visitor.person is None:
        raise NotAllowed("weekly figures")
    words = mask(reason.strip())
    if not words or len(words) > LONGEST_REASON:
        raise UnusableLook("a reason of 1 to 500 characters")
    now = services.clock.now()
    with services.database.session() as session, session.begin():
        place = store.find_place(session, item)
        kinds = kinds_for(visitor.role, arrears=services.settings.arrears_layer)
        if place is None or place.kind not in kinds:
            raise UnknownWeekPlace(str(item))
        if not visitor.covers(place.district_code):
            raise NotAllowed("district")
        before = [
            row
            for row in store.looks(session, [item]).get(item, ())
            if row.person_id == visitor.person
        ]
        if any((row.verdict, row.reason) == (verdict, words) for row in before):
            return
        look = LookRow(
            place_id=item,
            person_id=visitor.person,
            role=visitor.role,
            verdict=verdict,
            reason=words,
            at=now,
        )
        store.add_look(session, look)
        access.record(
            session,
            visitor=visitor,
            act=Act.PLACE_LOOKED_AT,
            purpose=purpose,
            subject=str(item),
            now=now,
            details={
                "verdict": verdict.value,
                "block": place.block_code,
                "corrects": int(bool(before)),
            },
        )
