"""Where a colleague reads reports, finds their place, and says how they stand."""

from uuid import UUID

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from signaal.access.model import MATRIX, CaseText, Contact, Purpose, sight_of
from signaal.errors import AlreadyPlaced, UnknownPlace, UnusableReport
from signaal.intake import actions
from signaal.intake.model import (
    MOST_READ,
    ContactReason,
    Judgement,
    OpenReports,
    ReportStatus,
    typed_reference,
)
from signaal.intake.web.pages import (
    UNUSABLE,
    address_words,
    blueprint,
    closed_list,
    label_of,
    place_sentence,
    said,
)
from signaal.web import Field, Within, open_to, role, services, visitor

FINISHES = tuple(role for role, sight in MATRIX.items() if sight.case_text is CaseText.OWN_DISTRICT)
"""Who also reads on, and closes, what a colleague looks at."""
DESK = (
    *FINISHES,
    *(role for role, sight in MATRIX.items() if sight.case_text is CaseText.UNTRIAGED),
)
"""Who reads what nobody has triaged yet."""
RINGS_BACK = tuple(role for role, sight in MATRIX.items() if sight.contact is Contact.WITH_REASON)
"""Who may see how to reach a reporter."""
ON_QUESTION = tuple(
    role for role, sight in MATRIX.items() if sight.case_text is CaseText.ON_QUESTION
)
"""Who reads one report, upon a dated question to which a second person agreed."""


# -- without a place ------------------------------------------------------------------------


@blueprint.get("/te-plaatsen")
@open_to(*DESK, purpose=Purpose.OFFER_HELP, within=Within.DISTRICT)
def show_unplaced() -> str:
    """Reports for which a person must find the place."""
    return _unplaced_page()


@blueprint.post("/te-plaatsen/<uuid:report_id>")
@open_to(
    *DESK,
    purpose=Purpose.OFFER_HELP,
    within=Within.DISTRICT,
    takes=(Field("postcode"), Field("number")),
)
def place(report_id: UUID) -> Response | tuple[str, int]:
    """Gives a report the place that a colleague found."""
    postcode, number = said("postcode"), said("number")
    words = address_words(postcode, number)
    try:
        found = actions.place_by_hand(
            services(), report_id, words, visitor=visitor(), purpose=Purpose.OFFER_HELP
        )
    except UnknownPlace as unknown:
        sentence = place_sentence(unknown)
        return _unplaced_page(
            wrong=report_id, sentence=sentence, postcode=postcode, number=number
        ), UNUSABLE
    except AlreadyPlaced:
        flash(_("Deze melding heeft al een plaats. Iemand was u voor."))
        return redirect(url_for("intake.show_unplaced"), code=303)
    except UnusableReport:
        abort(404)
    flash(_("De melding staat nu in %(place)s.", place=found.neighbourhood_name))
    return redirect(url_for("intake.show_unplaced"), code=303)


def _unplaced_page(
    *, wrong: UUID | None = None, sentence: str = "", postcode: str = "", number: str = ""
) -> str:
    return render_template(
        "intake/unplaced.html",
        reports=actions.open_unplaced(services(), visitor=visitor(), purpose=Purpose.OFFER_HELP),
        labels=_labels(),
        wrong=wrong,
        sentence=sentence,
        postcode=postcode,
        number=number,
    )


# -- to read and to close -------------------------------------------------------------------


@blueprint.get("/meldingen")
@open_to(*DESK, purpose=Purpose.OFFER_HELP, within=Within.DISTRICT)
def show_reports() -> str:
    """Reports that came in, and those that a colleague looks at."""
    opened = actions.open_reports(services(), visitor=visitor(), purpose=Purpose.OFFER_HELP)
    return render_template(
        "intake/reports.html",
        received=opened[ReportStatus.RECEIVED],
        watched=opened.get(ReportStatus.BEING_LOOKED_AT, OpenReports([], more=0)),
        labels=_labels(),
        limit=MOST_READ,
        reasons=list(ContactReason),
        judgements=list(Judgement),
        may_ring_back=sight_of(role()).contact is Contact.WITH_REASON,
    )


@blueprint.post("/meldingen/<uuid:report_id>")
@open_to(
    *DESK,
    purpose=Purpose.OFFER_HELP,
    within=Within.DISTRICT,
    takes=(Field("status", choices=(ReportStatus.BEING_LOOKED_AT,), required=True),),
)
def look_at(report_id: UUID) -> Response:
    """Says that a colleague looks at a report."""
    if request.form.get("status", "") != ReportStatus.BEING_LOOKED_AT:
        abort(400)
    try:
        actions.look_at(services(), report_id, visitor=visitor(), purpose=Purpose.OFFER_HELP)
    except UnusableReport:
        abort(404)
    flash(_("Dat is bewaard. De melder kan het nu zien."))
    return redirect(url_for("intake.show_reports"), code=303)


@blueprint.post("/meldingen/<uuid:report_id>/afsluiten")
@open_to(
    *FINISHES,
    purpose=Purpose.OFFER_HELP,
    within=Within.DISTRICT,
    takes=(
        Field("judgement", choices=tuple(Judgement), required=True),
        Field("sure", longest=10),
    ),
)
def close(report_id: UUID) -> Response | str:
    """Closes a report with what was found; asks first where it will be gone at once."""
    judgement = request.form.get("judgement", "")
    if judgement not in set(Judgement):
        abort(400)
    tools = services()
    try:
        if judgement == Judgement.UNFOUNDED and request.form.get("sure") != "1":
            with tools.database.reading() as reading:
                reference = actions.reference_of(reading, report_id, visitor=visitor())
            return render_template(
                "intake/unfounded.html", report_id=report_id, reference=reference
            )
        closed = actions.close(
            tools,
            report_id,
            Judgement(judgement),
            visitor=visitor(),
            purpose=Purpose.OFFER_HELP,
        )
    except UnusableReport:
        abort(404)
    if not closed:
        flash(_("Een collega was u voor."))
    elif judgement == Judgement.UNFOUNDED:
        flash(_("De melding is weg. Alleen een telling blijft."))
    else:
        flash(_("Dat is bewaard. De melder kan het nu zien."))
    return redirect(url_for("intake.show_reports"), code=303)


@blueprint.post("/meldingen/<uuid:report_id>/contact")
@open_to(
    *RINGS_BACK,
    purpose=Purpose.OFFER_HELP,
    within=Within.DISTRICT,
    takes=(Field("reason", choices=tuple(ContactReason), required=True),),
)
def show_contact(report_id: UUID) -> str:
    """How to reach a reporter, after a reason was given."""
    reason = request.form.get("reason", "")
    if reason not in set(ContactReason):
        abort(400)
    try:
        contact = actions.open_contact(
            services(),
            report_id,
            visitor=visitor(),
            reason=ContactReason(reason),
            purpose=Purpose.OFFER_HELP,
        )
    except UnusableReport:
        abort(404)
    return render_template("intake/contact.html", contact=contact)


@blueprint.get("/meldingen/<uuid:report_id>/<any(afsluiten, contact):step>")
@open_to(*DESK, purpose=Purpose.OFFER_HELP, within=Within.DISTRICT)
def back_to_reports(report_id: UUID, step: str) -> Response:
    """Back to the reports, for whoever comes along here without a form."""
    del report_id, step
    return redirect(url_for("intake.show_reports"), code=303)


# -- upon a question ------------------------------------------------------------------------


@blueprint.get("/meldingen/op-vraag")
@open_to(*ON_QUESTION, purpose=Purpose.AUDIT, within=Within.CASE)
def ask_reference() -> str:
    """Asks about which report there is an agreed question."""
    return render_template("intake/on_question.html", report=None, unknown=False, labels={})


@blueprint.post("/meldingen/op-vraag")
@open_to(
    *ON_QUESTION,
    purpose=Purpose.AUDIT,
    within=Within.CASE,
    takes=(Field("reference", longest=100, required=True),),
)
def show_on_question() -> str | tuple[str, int]:
    """The text of one report, upon a dated question to which a second person agreed."""
    reference = typed_reference(said("reference"))
    report = actions.open_on_question(
        services(), reference, visitor=visitor(), purpose=Purpose.AUDIT
    )
    page = render_template(
        "intake/on_question.html", report=report, unknown=report is None, labels=_labels()
    )
    return page if report else (page, UNUSABLE)


def _labels() -> dict[str, str]:
    return {each.code: label_of(each) for each in closed_list()}
