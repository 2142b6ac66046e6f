"""The rows of accounts and of the log of acts."""

from signaal.access.store import audit

__all__ = ["audit"]
