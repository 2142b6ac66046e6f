"""Roles, purposes, what each role sees, and the rules of accounts."""

from signaal.access.model.audit import CARE_ACTS, OPENINGS, Act, Entry, digest, place_key
from signaal.access.model.chain import Checkpoint, LogCheck
from signaal.access.model.people import (
    ROLES_OF,
    AccountFault,
    Assignment,
    Organisation,
    OrganisationKind,
    Person,
    faults_in,
)
from signaal.access.model.roles import STAFF, Purpose, Role, may_enter
from signaal.access.model.sessions import SignIn, SignInStep, StaffSession
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
    "CARE_ACTS",
    "MATRIX",
    "OPENINGS",
    "READS_CASES",
    "ROLES_OF",
    "STAFF",
    "AccountFault",
    "Act",
    "ArrearsSight",
    "Assignment",
    "BlockSight",
    "CaseText",
    "Checkpoint",
    "Contact",
    "DwellingSight",
    "Entry",
    "LogCheck",
    "Organisation",
    "OrganisationKind",
    "OwnReports",
    "Person",
    "Purpose",
    "Role",
    "Sight",
    "SignIn",
    "SignInStep",
    "StaffSession",
    "digest",
    "faults_in",
    "may_enter",
    "place_key",
    "sight_of",
]
