"""The one blueprint of this feature."""

from flask import Blueprint

blueprint = Blueprint("alerting", __name__)
