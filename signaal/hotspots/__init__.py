"""Counts and rates per block, the frozen snapshot, and the map."""
