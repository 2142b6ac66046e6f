"""Where the carrier tells how far a message or call has come."""

from uuid import UUID

from flask import Blueprint, request
from werkzeug.wrappers import Response

from signaal.access.model import Purpose
from signaal.messages import actions
from signaal.messages.model import STATUS_PATH
from signaal.web import EVERYONE, Field, genuine_form, open_to, services

blueprint = Blueprint("messages", __name__)
webhooks = Blueprint("messages_webhooks", __name__)

LONGEST_ID = 100
STATUS = (
    Field("MessageSid", longest=LONGEST_ID),
    Field("CallSid", longest=LONGEST_ID),
    Field("MessageStatus"),
    Field("CallStatus"),
    Field("ErrorCode"),
)
"""What we read of a status; the carrier sends more."""
NO_CONTENT = 204
"""Never an empty 200: the carrier would try to read it as an instruction."""


@webhooks.post(STATUS_PATH)
@open_to(EVERYONE, purpose=Purpose.CARRY, takes=STATUS)
def hear_status() -> Response:
    """Takes one status callback; what isn't ours or can't be read is thanked for and ignored."""
    form = genuine_form()
    outbox_id = _outbox_id(request.args.get("m", ""))
    status = form.get("MessageStatus") or form.get("CallStatus") or ""
    sid = form.get("MessageSid") or form.get("CallSid") or ""
    if outbox_id and status and sid:
        tools = services()
        actions.note_status(
            tools,
            outbox_id=outbox_id,
            sid=sid,
            status=status,
            at=tools.clock.now(),
            error=form.get("ErrorCode"),
        )
    return Response(status=NO_CONTENT)


def _outbox_id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
