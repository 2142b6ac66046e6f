"""Who may see what, for which purpose."""
