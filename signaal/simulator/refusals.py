"""Why the carrier says no: its own error codes, with the HTTP status and words that go with them.

Source: Twilio, "Error and Warning Dictionary".
"""

import re

from signaal.errors import CarrierError
from signaal.simulator.twiml import E164

LONGEST_TEXT = 1600

# code: (HTTP status, message, trying again won't help, the fault is in our account)
REFUSALS: dict[int, tuple[int, str, bool, bool]] = {
    20003: (401, "Authenticate", False, True),
    20009: (409, "Cannot delete this resource before it is complete", False, False),
    20404: (404, "The requested resource was not found", True, False),
    20429: (429, "Too Many Requests", False, False),
    20500: (500, "Internal Server Error", False, False),
    20503: (503, "Service Unavailable", False, False),
    21210: (400, "'From' phone number not verified", False, True),
    21211: (400, "Invalid 'To' Phone Number", True, False),
    21602: (400, "Message body is required", True, False),
    21606: (400, "The 'From' phone number is not a valid message-capable number", False, True),
    21610: (400, "Attempt to send to unsubscribed recipient", True, False),
    21617: (400, "The concatenated message body exceeds the 1600 character limit", True, False),
}


def refusal(code: int) -> CarrierError:
    """The refusal with this code; a code outside the table stands for no answer at all."""
    if code not in REFUSALS:
        return CarrierError("no answer", permanent=False)
    _, _, permanent, operator = REFUSALS[code]
    return CarrierError(str(code), permanent=permanent, operator=operator)


def check_text(
    *, lines: frozenset[str], from_number: str, to_number: str, body: str, opted_out: bool
) -> None:
    """Refuses a text message as the carrier would.

    Raises:
        CarrierError: With the carrier's own code.
    """
    for wrong, code in (
        (from_number not in lines, 21606),
        (not re.fullmatch(E164, to_number) or to_number in lines, 21211),
        (not body, 21602),
        (len(body) > LONGEST_TEXT, 21617),
        (opted_out, 21610),
    ):
        if wrong:
            raise refusal(code)


def check_call(*, lines: frozenset[str], from_number: str, to_number: str) -> None:
    """Refuses a call as the carrier would.

    Raises:
        CarrierError: With the carrier's own code.
    """
    if from_number not in lines:
        raise refusal(21210)
    if not re.fullmatch(E164, to_number):
        raise refusal(21211)
