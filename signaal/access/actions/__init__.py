"""The verbs of accounts, of signing in and of the log of acts."""

from signaal.access.actions.audit import record
from signaal.access.actions.audit_chain import purge_log, seal_checkpoint, verify
from signaal.access.actions.sessions import (
    revoke,
    session_of,
    sign_out,
    start_demo_session,
    visitor_of,
)
from signaal.access.actions.tokens import key_of_tries
from signaal.access.actions.tries import count_try, forgive_tries

__all__ = [
    "count_try",
    "forgive_tries",
    "key_of_tries",
    "purge_log",
    "record",
    "revoke",
    "seal_checkpoint",
    "session_of",
    "sign_out",
    "start_demo_session",
    "verify",
    "visitor_of",
]
