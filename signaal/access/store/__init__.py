"""The rows of accounts and of the log of acts."""

from signaal.access.store import audit, people, sessions, tries

__all__ = ["audit", "people", "sessions", "tries"]
