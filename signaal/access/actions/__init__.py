"""The verbs of accounts, of signing in and of the log of acts."""

from signaal.access.actions.audit import record

__all__ = ["record"]
