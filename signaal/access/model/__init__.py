"""Roles, purposes, what each role sees, and the rules of accounts."""

from signaal.access.model.audit import OPENINGS, Act, Entry, digest, place_key
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
    "OPENINGS",
    "READS_CASES",
    "STAFF",
    "Act",
    "ArrearsSight",
    "BlockSight",
    "CaseText",
    "Contact",
    "DwellingSight",
    "Entry",
    "OwnReports",
    "Purpose",
    "Role",
    "Sight",
    "digest",
    "may_enter",
    "place_key",
    "sight_of",
]
