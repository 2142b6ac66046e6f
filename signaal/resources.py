"""Where the shipped files are: beside the code in a checkout, inside the package in a wheel."""

from pathlib import Path

_PACKAGE = Path(__file__).parent
_SHIPPED = _PACKAGE / "_shipped"
_ROOT = _SHIPPED if _SHIPPED.is_dir() else _PACKAGE.parent

TEMPLATES = _ROOT / "templates"
ALERTS = _ROOT / "alerts"
GEODATA = _ROOT / "geodata"
STATIC = _PACKAGE / "static"
TRANSLATIONS = _PACKAGE / "translations"
MIGRATIONS = _PACKAGE / "migrations"
