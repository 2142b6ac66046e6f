"""Decides about reports and figures, keeps the list of the week, and learns how good it was."""

from signaal.alerting.actions.evaluating import evaluation, overdue_rules, shout_no_better
from signaal.alerting.actions.figures import consider_figures
from signaal.alerting.actions.looking import look_at
from signaal.alerting.actions.mailing import send_mails
from signaal.alerting.actions.purging import purge
from signaal.alerting.actions.reports import consider
from signaal.alerting.actions.showing import (
    list_districts,
    looks_of_block,
    warned_weeks,
    warnings,
    week_list,
)
from signaal.alerting.actions.trying import Fired, try_rules, try_warnings

__all__ = [
    "Fired",
    "consider",
    "consider_figures",
    "evaluation",
    "list_districts",
    "look_at",
    "looks_of_block",
    "overdue_rules",
    "purge",
    "send_mails",
    "shout_no_better",
    "try_rules",
    "try_warnings",
    "warned_weeks",
    "warnings",
    "week_list",
]
