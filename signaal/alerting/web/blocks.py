"""The page of one block: its figures, what lies behind its colour, and how it went."""

from datetime import timedelta

from flask import Response, abort, make_response, render_template, request

from signaal.access.model import Purpose
from signaal.alerting import actions
from signaal.alerting.model import TOLD_ROLES, LookOnBlock, WarningShown
from signaal.alerting.web.door import blueprint
from signaal.errors import UnknownPlace
from signaal.hotspots import actions as hotspots
from signaal.hotspots.model import LOOKERS
from signaal.intake.model import Kind
from signaal.web import Within, open_to, services, visitor

A_YEAR = 52
"""Weeks."""


@blueprint.get("/blok/<code>")
@open_to(*LOOKERS, purpose=Purpose.EARLY_WARNING, within=Within.DISTRICT)
def show_block(code: str) -> Response:
    """One block, with all kinds that the role may see side by side."""
    asked = request.args.get("soort", "")
    if asked and asked not in {kind.value for kind in Kind}:
        abort(400)
    try:
        story = hotspots.block_story(
            services(), code=code, kind=Kind(asked) if asked else None, visitor=visitor()
        )
    except UnknownPlace:
        abort(404)
    page = render_template(
        "alerting/block.html", story=story, warnings=_warnings(code), looks=_looks(code)
    )
    return make_response(page)


def _warnings(code: str) -> tuple[WarningShown, ...]:
    """The warnings of the last year with this block in them, for who sees warnings."""
    if visitor().role not in TOLD_ROLES:
        return ()
    return actions.warnings(
        services(), visitor=visitor(), code=code, ended_within=timedelta(weeks=A_YEAR)
    )


def _looks(code: str) -> tuple[LookOnBlock, ...]:
    """What people made of it on the lists of the last year, for who sees the list."""
    if visitor().role not in TOLD_ROLES:
        return ()
    return actions.looks_of_block(services(), visitor=visitor(), code=code, weeks=A_YEAR)
