"""One report comes in."""
