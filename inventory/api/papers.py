"""A shipment's papers as PDF, in the language that `?lang=` asks for."""

from collections.abc import Callable
from typing import Any

from flask import Response, current_app

from inventory.access import requires
from inventory.api.base import bp, me, read
from inventory.api.fields import Query, Text
from inventory.documents import (
    Direction,
    Organisation,
    render_gift_certificate,
    render_packing_list,
    render_shipment_note,
    render_waybill,
)
from inventory.extensions import current_language, render
from inventory.models import Shipment
from inventory.queries import papers, shipments

TAG = ["Shipments"]
PDF = "application/pdf"
FILE = {"type": "string", "format": "binary"}


class PaperWanted(Query):
    """In which language: `en`, `fr`, `ar`, `ckb`, `kmr-Arab` or `hy`."""

    lang = Text(most=35, load_default=None)


def _paper() -> tuple[Organisation, str]:
    """Who issues a paper, and the language it is in."""
    return _organisation(), current_language().tag


def _organisation() -> Organisation:
    settings = current_app.config["RELAIS"]
    return Organisation(settings.org_name, settings.org_address)


def _pdf(found: Shipment, name: str, press: Callable[..., bytes], data: Any) -> Response:
    language = current_language()
    direction: Direction = "rtl" if language.direction == "rtl" else "ltr"
    made = press(data, locale=language.tag, direction=direction, translate=render)
    answer = Response(made, content_type=PDF)
    answer.headers["Content-Disposition"] = f'inline; filename="{found.number}-{name}.pdf"'
    return answer


@bp.route("/shipments/<number>/packing-list.pdf", methods=["GET"], tags=TAG)
@requires("shipments.papers")
@bp.arguments(PaperWanted, location="query")
@bp.response(200, FILE, content_type=PDF)
def packing_list(wanted: dict[str, Any], number: str) -> Response:
    """What lies in which package, down to the lot."""
    found = shipments.shipment(read(), me(), number)
    return _pdf(
        found,
        "packing-list",
        render_packing_list,
        papers.packing_list(found, *_paper()),
    )


@bp.route("/shipments/<number>/waybill.pdf", methods=["GET"], tags=TAG)
@requires("shipments.papers")
@bp.arguments(PaperWanted, location="query")
@bp.response(200, FILE, content_type=PDF)
def waybill(wanted: dict[str, Any], number: str) -> Response:
    """What a carrier takes over, from whom and for whom."""
    found = shipments.shipment(read(), me(), number)
    return _pdf(found, "waybill", render_waybill, papers.waybill(found, *_paper()))


@bp.route("/shipments/<number>/gift-certificate.pdf", methods=["GET"], tags=TAG)
@requires("shipments.gift_certificate")
@bp.arguments(PaperWanted, location="query")
@bp.response(200, FILE, content_type=PDF)
def gift_certificate(wanted: dict[str, Any], number: str) -> Response:
    """That the goods are given and not sold; for a donor, their own goods alone."""
    found = shipments.shipment(read(), me(), number)
    data = papers.gift_certificate(found, *_paper(), me().donor_id)
    return _pdf(found, "gift-certificate", render_gift_certificate, data)


@bp.route("/shipments/<number>/goods-received-note.pdf", methods=["GET"], tags=TAG)
@requires("shipments.papers")
@bp.arguments(PaperWanted, location="query")
@bp.response(200, FILE, content_type=PDF)
def goods_received_note(wanted: dict[str, Any], number: str) -> Response:
    """What came of what was sent; before it is counted, a form to fill in."""
    found = shipments.shipment(read(), me(), number)
    data = papers.goods_received_note(read(), found, *_paper())
    return _pdf(found, "goods-received-note", render_shipment_note, data)
