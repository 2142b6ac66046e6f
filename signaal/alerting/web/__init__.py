"""The page of one block, the list of the week, the sheet and how good the warnings are."""

from signaal.alerting.web import blocks, quality, weeks, words
from signaal.alerting.web.door import blueprint

__all__ = ["blocks", "blueprint", "quality", "weeks", "words"]
