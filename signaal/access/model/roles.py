"""Roles, purposes, and who may enter where."""

from enum import StrEnum


class Role(StrEnum):
    """In which capacity somebody works; one at a time."""

    HOUSING_CONSULTANT = "housing_consultant"
    POLICE_OFFICER = "police_officer"
    TEAM_MEMBER = "team_member"
    CARE_WORKER = "care_worker"
    DEBT_HELPER = "debt_helper"
    DUTY_CONTACT = "duty_contact"
    ALLOCATOR = "allocator"
    COORDINATOR = "coordinator"
    PLANNER = "planner"
    POLICY_OFFICER = "policy_officer"
    BACK_OFFICE = "back_office"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"
    DATA_PROTECTION_OFFICER = "data_protection_officer"


class Purpose(StrEnum):
    """What somebody looks for; written down with every look at personal data."""

    REPORT = "report"
    FOLLOW = "follow"
    OFFER_HELP = "offer_help"
    PUBLIC_ORDER = "public_order"
    EARLY_WARNING = "early_warning"
    TONIGHT = "tonight"
    STEER = "steer"
    RUN = "run"
    AUDIT = "audit"
    """Who looked at what, and whether that was right."""
    ANSWER_HOUSEHOLD = "answer_household"
    """A household asks what is held about it."""
    EXPLAIN = "explain"
    """How Signaal works and what it may, for everybody to read."""
    SIGN_IN = "sign_in"
    CARRY = "carry"
    """A telephone provider's own requests, guarded by their signature."""
    SHOW = "show"
    """The demo's simulator; not there in production."""


STAFF = frozenset(Role)


def may_enter(*, role: str, allowed: frozenset[str], everyone: str) -> bool:
    """Whether somebody in this role (empty: a resident) may use a route open to these roles."""
    return everyone in allowed or (bool(role) and role in allowed)
