"""The verbs of the night line: a call is answered, a person is paged, a case gets an ending."""

from signaal.oncall.actions.calls import (
    after_out_of_order,
    answer_call,
    choose,
    give_postcode,
    out_of_order,
)
from signaal.oncall.actions.cases import duty_now
from signaal.oncall.actions.connecting import after_connecting, connect_by_code, connect_owner
from signaal.oncall.actions.desk import acknowledge, close, open_reports
from signaal.oncall.actions.legs import after_dial, call_ended, press, whisper
from signaal.oncall.actions.letting_go import purge
from signaal.oncall.actions.overview import cases, has_duty, standing_alarms
from signaal.oncall.actions.pages import (
    hear_page,
    open_case_for_report,
    press_page,
    tick,
)
from signaal.oncall.actions.replies import RepliesReader
from signaal.oncall.actions.rota import read_rota, rota_of

__all__ = [
    "RepliesReader",
    "acknowledge",
    "after_connecting",
    "after_dial",
    "after_out_of_order",
    "answer_call",
    "call_ended",
    "cases",
    "choose",
    "close",
    "connect_by_code",
    "connect_owner",
    "duty_now",
    "give_postcode",
    "has_duty",
    "hear_page",
    "open_case_for_report",
    "open_reports",
    "out_of_order",
    "press",
    "press_page",
    "purge",
    "read_rota",
    "rota_of",
    "standing_alarms",
    "tick",
    "whisper",
]
