"""The pages of access: signing in, joining, managing accounts, and who may see what."""

from signaal.access.web import (
    administration,
    explanation,
    invitation,
    organisation,
    signing_in,
)
from signaal.access.web.door import blueprint

__all__ = [
    "administration",
    "blueprint",
    "explanation",
    "invitation",
    "organisation",
    "signing_in",
]
