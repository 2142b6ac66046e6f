"""The pages of access: signing in, joining, managing accounts, and who may see what."""

from signaal.access.web import signing_in
from signaal.access.web.door import blueprint

__all__ = ["blueprint", "signing_in"]
