"""Roles, purposes, what each role sees, and the rules of accounts."""

from signaal.access.model.roles import STAFF, Purpose, Role, may_enter
from signaal.access.model.sight import (
    MATRIX,
    READS_CASES,
    ArrearsSight,
    BlockSight,
    CaseText,
    Contact,
    DwellingSight,
    OwnReports,
    Sight,
    sight_of,
)

__all__ = [
    "MATRIX",
    "READS_CASES",
    "STAFF",
    "ArrearsSight",
    "BlockSight",
    "CaseText",
    "Contact",
    "DwellingSight",
    "OwnReports",
    "Purpose",
    "Role",
    "Sight",
    "may_enter",
    "sight_of",
]
