"""The line on which nobody rings in vain."""
