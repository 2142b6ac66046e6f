"""The pages of intake: for residents, for households, for colleagues; and the carrier's webhook."""

from signaal.intake.web import carrier, desk, households, own, residents
from signaal.intake.web.pages import blueprint, webhooks

__all__ = ["blueprint", "carrier", "desk", "households", "own", "residents", "webhooks"]
