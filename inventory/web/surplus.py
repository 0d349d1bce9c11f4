"""Surplus: what would expire unused at one site and is used in time at another; drafts of it, and their approval."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from inventory import clock
from inventory.access import requires
from inventory.db import session
from inventory.errors import DomainError
from inventory.extensions import render
from inventory.queries import surplus as reading
from inventory.services import surplus
from inventory.services.surplus import Chosen
from inventory.web.downloads import download, hxl_tags
from inventory.web.forms import BaseForm
from inventory.web.guard import me
from inventory.web.numerals import NotANumber, whole_typed
from inventory.web.pages import do_once, item_name, page_token
from inventory.web.shipments import act

bp = Blueprint("surplus", __name__)

Key = tuple[int, int, int]
"""(lot, origin, destination)"""

MOST_LINES = 500
MOST_ID = 2**62


class ChoiceForm(BaseForm):
    """What is chosen stands in `take`, how much of it in `q-` and the same key."""


@bp.get("/surplus")
@requires("surplus.see")
def index() -> ResponseReturnValue:
    """What to move, by where from and where to."""
    return _page()


@bp.get("/surplus/file.<any(csv, xlsx):ending>")
@requires("surplus.see")
def file(ending: str) -> ResponseReturnValue:
    """What to move, a lot a row, as CSV or XLSX."""
    head = [
        _("From"), _("To"), _("Item"), _("Name"), _("Unit"), _("Lot"), _("Expires"), _("Quantity"), _("There on"),
    ]  # fmt: skip
    names = (
        "origin", "destination", "item", "item_name", "base_unit", "lot", "expires_on", "quantity", "arrives_on",
    )  # fmt: skip
    found = reading.proposals(session(), me(), clock.today())
    rows = (
        (
            each.origin.code, each.destination.code, each.item.code, item_name(each.item), each.item.base_unit,
            each.lot.number, each.lot.expires_on, each.quantity, each.arrives_on,
        )
        for each in found.proposals
    )  # fmt: skip
    saved = f"surplus-{clock.today().isoformat()}"
    return download(ending, saved, head, rows, _("Surplus"), hxl_tags(names))


@bp.post("/surplus")
@requires("surplus.write")
def make() -> ResponseReturnValue:
    """A draft shipment for each way of what was chosen."""
    form = ChoiceForm()
    typed = _typed()
    if not form.validate():
        return _page(422, typed, general=[text for found in form.errors.values() for text in found])
    chosen, wrong = _read(typed)
    if wrong:
        return _page(422, typed, wrong)
    keys = [(each.lot_id, each.origin_id, each.destination_id) for each in chosen]

    def work(s: Session) -> str:
        return " ".join(each.number for each in surplus.draft_moves(s, me(), chosen))

    try:
        numbers = do_once("surplus", form.uuid, work).split()
    except DomainError as error:
        if error.status in (403, 404):
            raise
        wrong, general = _placed(error, keys)
        return _page(error.status, typed, wrong, general)
    flash(
        ngettext(
            "A draft shipment is made. It leaves once it is approved.",
            "%(num)d draft shipments are made. They leave once they are approved.",
            len(numbers),
        ),
        "success",
    )
    if len(numbers) == 1:
        return redirect(url_for("shipments.show", number=numbers[0]), 303)
    return redirect(url_for("shipments.index", status="draft"), 303)


@bp.post("/shipments/<number>/approve")
@requires("surplus.write")
def approve(number: str) -> ResponseReturnValue:
    """Let a proposed shipment leave."""
    done = _("%(number)s is approved. It may leave now.", number=number)
    return act(number, "approve", page_token(), lambda s: surplus.approve(s, me(), number), done)


def _page(
    status: int = 200,
    typed: Mapping[Key, str] | None = None,
    wrong: Mapping[Key, str] | None = None,
    general: list[str] | None = None,
) -> ResponseReturnValue:
    found = reading.proposals(session(), me(), clock.today())
    chosen = typed or {}
    there = {each.key for each in found.proposals}
    gone = reading.named(session(), [key[0] for key in chosen if key not in there])
    html = render_template(
        "surplus/index.html",
        found=found,
        form=ChoiceForm(formdata=None),
        typed=chosen,
        wrong=wrong or {},
        general=general or [],
        gone=[(item_name(lot.item), lot.number) for lot in gone],
        today=clock.today(),
        monthly=lambda each: round(each.monthly),
        item_name=item_name,
    )
    return html, status


def _typed() -> dict[Key, str]:
    """What was ticked, with what was typed for it; what names nothing is left out."""
    found: dict[Key, str] = {}
    for value in request.form.getlist("take")[:MOST_LINES]:
        parts = value.split("-")
        if len(parts) == 3 and all(
            part.isascii() and part.isdigit() and int(part) < MOST_ID for part in parts
        ):
            key = int(parts[0]), int(parts[1]), int(parts[2])
            found[key] = request.form.get(f"q-{value}", "")
    return found


def _read(typed: Mapping[Key, str]) -> tuple[list[Chosen], dict[Key, str]]:
    chosen: list[Chosen] = []
    wrong: dict[Key, str] = {}
    for key, text in typed.items():
        try:
            chosen.append(Chosen(*key, whole_typed(text)))
        except NotANumber as error:
            wrong[key] = render(error.message)
    return chosen, wrong


def _placed(error: DomainError, keys: list[Key]) -> tuple[dict[Key, str], list[str]]:
    """The errors of a service by line, and those of the whole."""
    wrong: dict[Key, str] = {}
    general: list[str] = []
    if error.status != 422 or not error.errors:
        general.append(render(error.message))
    for each in error.errors:
        parts: list[Any] = each.pointer.strip("/").split("/")
        if len(parts) > 1 and parts[0] == "moves" and parts[1].isdigit():
            wrong[keys[int(parts[1])]] = render(each.message)
        else:
            general.append(render(each.message))
    return wrong, general
