"""What is kept, on which ground, for how long: for everybody to read."""

from flask import Blueprint, render_template

from signaal.access.model import Purpose
from signaal.privacy.periods import RETENTION
from signaal.privacy.register import register
from signaal.web import EVERYONE, open_to

blueprint = Blueprint("accountability", __name__)


@blueprint.get("/verantwoording")
@open_to(EVERYONE, purpose=Purpose.EXPLAIN)
def account() -> str:
    """The register of processing, the retention table, and what must be confirmed."""
    return render_template("access/accountability.html", register=register(), retention=RETENTION)
