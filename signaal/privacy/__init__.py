"""Sealed fields, reporter tokens, masks, and the hiding of small counts."""
