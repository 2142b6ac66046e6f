"""Decisions, warnings with their history, lists of the week and what people made of them."""

from signaal.alerting.store.decisions import DecisionRow, keep
from signaal.alerting.store.lists import LookRow, NoBetterToldRow, WeekListRow, WeekPlaceRow
from signaal.alerting.store.warnings import EarlyWarningRow, EarlyWarningStepRow, WarningHeadRow

__all__ = [
    "DecisionRow",
    "EarlyWarningRow",
    "EarlyWarningStepRow",
    "LookRow",
    "NoBetterToldRow",
    "WarningHeadRow",
    "WeekListRow",
    "WeekPlaceRow",
    "keep",
]
