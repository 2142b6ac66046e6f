"""Who may see what, in words, for everybody to read."""

from flask import render_template

from signaal.access.model import MATRIX, Purpose, Sight, sight_of
from signaal.access.web.door import blueprint
from signaal.web import EVERYONE, open_to, role

blueprint.add_app_template_global(sight_of, "sight_of")


@blueprint.get("/wie-ziet-wat")
@open_to(EVERYONE, purpose=Purpose.EXPLAIN)
def who_sees_what() -> str:
    """The matrix of roles as the program itself goes by it; the visitor's own role first."""
    return render_template("access/who_sees_what.html", matrix=_own_first(role()))


def _own_first(own: str) -> list[tuple[str, Sight]]:
    return sorted(MATRIX.items(), key=lambda each: each[0] != own)
