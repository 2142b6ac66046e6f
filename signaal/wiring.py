"""Puts the services together: which carrier, which clock, which policies."""

import importlib

from signaal.policies import Policy


def _policy_types() -> tuple[type[Policy], ...]:
    found = []
    for room, name in (
        ("intake", "Categories"),
        ("alerting", "AlertPolicy"),
        ("oncall", "EscalationPolicy"),
    ):
        try:
            found.append(getattr(importlib.import_module(f"signaal.{room}.model"), name))
        except (ImportError, AttributeError):
            continue
    return tuple(found)


POLICY_TYPES: tuple[type[Policy], ...] = _policy_types()
