"""Recalls: a batch that may not be used any more, and everywhere that holds it."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session
from wtforms import TextAreaField
from wtforms.validators import InputRequired

from inventory.access import Actor, requires
from inventory.db import session
from inventory.errors import DomainError
from inventory.queries import documents
from inventory.queries.recalls import recall_of
from inventory.services import recalls
from inventory.services.recalls import Holder
from inventory.web.forms import BaseForm, ItemSearch, Text, asked, asked_number, name_items, refused
from inventory.web.guard import me
from inventory.web.pages import PAGE, do_once, item_name

bp = Blueprint("recalls", __name__)


class RecallForm(BaseForm):
    """Which batch, and why."""

    item = ItemSearch(_l("Item"), [InputRequired(_l("Say which item."))])
    lot = Text(_l("Lot"), [InputRequired(_l("Give the lot number as printed on the pack."))])
    reason = TextAreaField(
        _l("Why"),
        [InputRequired(_l("Say why: everyone who holds it reads this."))],
        description=_l("Who ordered the recall and what to do with the goods."),
    )


@bp.get("/recalls")
@requires("stock.see")
def index() -> ResponseReturnValue:
    """Every recall, the newest first."""
    page = documents.recalls_page(session(), asked_number("page", 1), PAGE)
    return render_template("recalls/index.html", page=page, item_name=item_name)


@bp.route("/recalls/new", methods=["GET", "POST"])
@requires("recalls.write")
def new() -> ResponseReturnValue:
    """Block a batch everywhere at once."""
    form = RecallForm()

    def show() -> str:
        return render_template("recalls/form.html", form=form)

    if request.method == "GET":
        form.item.data, form.lot.data = asked("item"), asked("lot")
        name_items([form.item])
        return show()
    name_items([form.item])
    if not form.validate():
        return show(), 422

    def work(s: Session) -> str:
        return str(recalls.recall(s, me(), form.item.data or "", form.lot.data or "", form.reason.data).id)

    try:
        made = do_once("recall", form.uuid, work)
    except DomainError as error:
        return refused(form, error, show)
    flash(_("The lot is blocked everywhere: it can no longer be issued or sent."), "success")
    return redirect(url_for("recalls.show", recall_id=int(made)), 303)


@bp.get("/recalls/<int:recall_id>")
@requires("stock.see")
def show(recall_id: int) -> ResponseReturnValue:
    """A recall and who holds the batch."""
    actor = me()
    found = recall_of(session(), min(recall_id, 2**62))
    holders = [each for each in recalls.holders(session(), found) if _concerns(actor, each)]
    return render_template(
        "recalls/show.html",
        recall=found,
        holders=sorted(holders, key=lambda each: -each.quantity),
        item_name=item_name,
    )


def _concerns(actor: Actor, holder: Holder) -> bool:
    """Whether somebody may know of a holder: their own site, a shipment from or to it."""
    if holder.site is not None:
        return actor.sees_site(holder.site.id)
    shipment = holder.shipment
    return shipment is not None and (
        actor.sees_site(shipment.origin_id) or actor.sees_site(shipment.destination_id)
    )
