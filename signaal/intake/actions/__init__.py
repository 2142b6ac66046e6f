"""Takes reports in, lets reporters follow and change them, and lets colleagues work on them."""

from signaal.intake.actions.desk import (
    close,
    look_at,
    open_contact,
    open_on_question,
    open_reports,
    open_unplaced,
    place_by_hand,
    reference_of,
    unplaced,
)
from signaal.intake.actions.dialogue import take_in_sms
from signaal.intake.actions.figures import (
    classified,
    count_reports,
    latest_neighbourhood,
    mark_considered,
    note_number_opened,
    take_in_history,
    unconsidered,
    voices,
)
from signaal.intake.actions.forms import describes_somebody, mark_of, receipt_again, take_in_form
from signaal.intake.actions.households import (
    answer_request,
    ask,
    household_requests,
    open_request,
    shout_late_requests,
)
from signaal.intake.actions.keeping import read
from signaal.intake.actions.letting_go import purge
from signaal.intake.actions.night import ReportAtNight, report_at_night
from signaal.intake.actions.receipts import add_to, correct, follow, withdraw

__all__ = [
    "ReportAtNight",
    "add_to",
    "answer_request",
    "ask",
    "classified",
    "close",
    "correct",
    "count_reports",
    "describes_somebody",
    "follow",
    "household_requests",
    "latest_neighbourhood",
    "look_at",
    "mark_considered",
    "mark_of",
    "note_number_opened",
    "open_contact",
    "open_on_question",
    "open_reports",
    "open_request",
    "open_unplaced",
    "place_by_hand",
    "purge",
    "read",
    "receipt_again",
    "reference_of",
    "report_at_night",
    "shout_late_requests",
    "take_in_form",
    "take_in_history",
    "take_in_sms",
    "unconsidered",
    "unplaced",
    "voices",
    "withdraw",
]
