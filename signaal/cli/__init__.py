"""The command line: `signaal --help` lists what there is."""

from signaal.cli import hotspots, policies, serving, simulating, town, trust
from signaal.cli.base import commands, main

__all__ = ["commands", "hotspots", "main", "policies", "serving", "simulating", "town", "trust"]
