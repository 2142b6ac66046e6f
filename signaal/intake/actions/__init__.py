"""Takes reports in: a text message, a form, the demo's history; and follows, places, hands on."""

from signaal.intake.actions.desk import (
    move_on,
    open_reports,
    open_unplaced,
    place_by_hand,
    report_text,
    unplaced,
)
from signaal.intake.actions.dialogue import take_in_sms
from signaal.intake.actions.figures import (
    count_reports,
    latest_neighbourhood,
    mark_considered,
    purge,
    take_in_history,
    unconsidered,
    voices,
)
from signaal.intake.actions.forms import mark_of, receipt_again, take_in_form
from signaal.intake.actions.keeping import read
from signaal.intake.actions.receipts import follow

__all__ = [
    "count_reports",
    "follow",
    "latest_neighbourhood",
    "mark_considered",
    "mark_of",
    "move_on",
    "open_reports",
    "open_unplaced",
    "place_by_hand",
    "purge",
    "read",
    "receipt_again",
    "report_text",
    "take_in_form",
    "take_in_history",
    "take_in_sms",
    "unconsidered",
    "unplaced",
    "voices",
]
