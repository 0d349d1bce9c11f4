"""The labels of a shipment's packages as PDF."""

from typing import Any

from flask import Response, current_app

from inventory.access import requires
from inventory.api.base import bp, me, read
from inventory.api.fields import QueryWhole, Text, Word
from inventory.api.papers import FILE, PDF, TAG, PaperWanted
from inventory.documents.labels import render_labels
from inventory.errors import FieldError, Invalid, NotFound, msg
from inventory.extensions import current_language, render
from inventory.queries import shipments
from inventory.queries.labels import package_labels
from inventory.rules.label_sheets import MOST_LABELS, SHEETS, for_packages

FITTING = [name for name, sheet in SHEETS.items() if for_packages(sheet)]


class LabelsWanted(PaperWanted):
    """`format`: the sheets; `start`: the first free label of the first sheet; `package`: the SSCC of one alone."""

    format = Word(FITTING, load_default="a4-2x2")
    start = QueryWhole(load_default=1)
    package = Text(most=18, load_default=None)


@bp.route("/shipments/<number>/labels.pdf", methods=["GET"], tags=TAG)
@requires("labels.print")
@bp.arguments(LabelsWanted, location="query")
@bp.response(200, FILE, content_type=PDF)
def package_labels_pdf(wanted: dict[str, Any], number: str) -> Response:
    """A label for each package, with its SSCC as GS1-128. Of a sensitive site it tells the country alone."""
    found = shipments.shipment(read(), me(), number)
    language, sheet = current_language(), SHEETS[wanted["format"]]
    made = package_labels(found, current_app.config["RELAIS"].org_name, language.tag)
    if wanted["package"] is not None:
        made = [each for each in made if each.code == wanted["package"]]
    if not made:
        raise NotFound(msg("No such package is in this shipment."))
    _judge(wanted["start"], len(made), len(sheet))
    pdf = render_labels(
        [(each.label, 1) for each in made],
        sheet,
        wanted["start"],
        locale=language.tag,
        direction="rtl" if language.direction == "rtl" else "ltr",
        translate=render,
    )
    answer = Response(pdf, content_type=PDF)
    answer.headers["Content-Disposition"] = f'inline; filename="{found.number}-labels.pdf"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _judge(start: int, count: int, places: int) -> None:
    errors = []
    if not 1 <= start <= places:
        errors.append(FieldError("/start", msg("This sheet has labels 1 to %(most)s.", most=places)))
    if count > MOST_LABELS:
        text = msg(
            "At most %(most)s labels at a time; these would be %(count)s.", most=MOST_LABELS, count=count
        )
        errors.append(FieldError("/package", text))
    if errors:
        raise Invalid(errors)
