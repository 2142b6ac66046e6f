"""Which rule decided about which report, and why."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, Session, SQLModel

from signaal.alerting.model import Action, Decision
from signaal.db import insert_for, one_of


class DecisionRow(SQLModel, table=True):
    """The latest decision about one report."""

    __tablename__ = "decision"

    report_id: UUID = Field(primary_key=True)
    action: Action = Field(sa_type=one_of(Action, "decision_action"))
    rule: str
    because: str
    because_en: str
    policy: str
    """Fingerprint of the rules in force."""
    at: datetime


def keep(
    session: Session, report_id: UUID, decision: Decision, *, policy: str, at: datetime
) -> None:
    """Writes the decision down; a report that has changed since gets a new one in its place."""
    values = {
        "action": decision.action,
        "rule": decision.rule,
        "because": decision.because,
        "because_en": decision.because_en,
        "policy": policy,
        "at": at,
    }
    statement = insert_for(session)(DecisionRow).values(report_id=report_id, **values)
    session.execute(statement.on_conflict_do_update(index_elements=["report_id"], set_=values))
