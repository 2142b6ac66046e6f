"""Puts the services together: which carrier, which clock, which policies."""

from signaal.policies import Policy

POLICY_TYPES: tuple[type[Policy], ...] = ()
