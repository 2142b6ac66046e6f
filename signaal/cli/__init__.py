"""The command line: `signaal --help` lists what there is."""

from signaal.cli import hotspots, serving, simulating, town, trust
from signaal.cli.base import commands, main

__all__ = ["commands", "hotspots", "main", "serving", "simulating", "town", "trust"]
