"""How often warnings proved right, and how evenly reports are spread."""

from flask import Response, make_response, render_template

from signaal.access.model import MATRIX, Purpose, sight_of
from signaal.alerting import actions
from signaal.alerting.model import TOLD_ROLES, Origin
from signaal.alerting.web.door import blueprint
from signaal.hotspots import actions as hotspots
from signaal.privacy.model import Precision
from signaal.web import Within, open_to, services, visitor

EVALUATORS = tuple(
    role for role in MATRIX if role in TOLD_ROLES and sight_of(role).areas is Precision.EXACT
)
"""The roles that see areas exactly: they divide the work, and so watch whether it helps."""


@blueprint.get("/hoe-goed")
@open_to(*EVALUATORS, purpose=Purpose.EARLY_WARNING, within=Within.DISTRICT)
def show_quality() -> Response:
    """Warnings beside the random draw, and evenness over the town and over time."""
    tools, asker = services(), visitor()
    return make_response(
        render_template(
            "alerting/quality.html",
            evaluation=actions.evaluation(tools, visitor=asker),
            evenness=hotspots.evenness(tools, visitor=asker),
            origins=list(Origin),
            overdue=actions.overdue_rules(tools),
        )
    )
