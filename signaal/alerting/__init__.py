"""Decides by the policies, and records which rule and why."""
