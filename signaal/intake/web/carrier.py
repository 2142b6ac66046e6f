"""Where a text message comes in."""

from flask import abort
from werkzeug.wrappers import Response

from signaal.access.model import Purpose
from signaal.intake import actions
from signaal.intake.web.pages import webhooks
from signaal.ports import InboundText
from signaal.web import EVERYONE, Field, genuine_form, open_to, services, twiml

NOTHING_TO_SAY = '<?xml version="1.0" encoding="UTF-8"?><Response/>'
WHATEVER_FITS = 64 * 1024
"""Characters: however long a neighbour's message is, it is taken in."""


@webhooks.post("/haak/sms")
@open_to(
    EVERYONE,
    purpose=Purpose.CARRY,
    takes=(
        Field("MessageSid", required=True),
        Field("From", required=True),
        Field("To"),
        Field("Body", longest=WHATEVER_FITS),
    ),
)
def take_in_sms() -> Response:
    """Takes in one text message; the answer to the carrier comes only after the commit."""
    form = genuine_form()
    sid, sender = form.get("MessageSid", ""), form.get("From", "")
    if not sid or not sender:
        abort(400)
    tools = services()
    actions.take_in_sms(
        tools,
        InboundText(
            provider_sid=sid,
            from_number=sender,
            to_number=form.get("To") or tools.settings.line_number,
            body=form.get("Body", ""),
            received_at=tools.clock.now(),
        ),
    )
    return twiml(NOTHING_TO_SAY)
