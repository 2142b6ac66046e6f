"""The command line: `signaal --help` lists what there is."""

from signaal.cli import serving, simulating, town, trust
from signaal.cli.base import commands, main

__all__ = ["commands", "main", "serving", "simulating", "town", "trust"]
