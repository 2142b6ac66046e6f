"""Where all pages of the figures come in."""

from flask import Blueprint

blueprint = Blueprint("hotspots", __name__)
