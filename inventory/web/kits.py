"""Kits: what they hold, for how many people and months."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from inventory.access import requires
from inventory.db import atomically, session
from inventory.errors import DomainError
from inventory.extensions import render
from inventory.models import Kit
from inventory.queries import planning as queries
from inventory.services import kits
from inventory.services.kits import InKit, KitContent
from inventory.web.demand_forms import KitForm
from inventory.web.forms import filled, name_items, refused, rows_changed
from inventory.web.guard import me
from inventory.web.pages import do_once, item_name

bp = Blueprint("kits", __name__, url_prefix="/demand/kits")


@bp.get("")
@requires("policies.see")
def index() -> ResponseReturnValue:
    """Every kit."""
    return render_template("demand/kits.html", kits=queries.kits(session()), item_name=item_name)


@bp.route("/new", methods=["GET", "POST"])
@requires("policies.write")
def new() -> ResponseReturnValue:
    """Say what a kit holds."""
    return _edit(None)


@bp.route("/<code>", methods=["GET", "POST"])
@requires("policies.write")
def edit(code: str) -> ResponseReturnValue:
    """Change what a kit holds."""
    return _edit(queries.kit(session(), code))


@bp.post("/<code>/remove")
@requires("policies.write")
def remove(code: str) -> ResponseReturnValue:
    """Forget what a kit holds."""
    try:
        atomically(lambda s: kits.remove_kit(s, me(), code))
    except DomainError as error:
        flash(render(error.message), "error")
        return redirect(url_for("kits.index"), 303)
    flash(_("The kit is removed. The item stays in the catalogue."), "success")
    return redirect(url_for("kits.index"), 303)


def _edit(kit: Kit | None) -> ResponseReturnValue:
    form = KitForm()
    if request.method == "GET":
        if kit is not None:
            _put(form, kit)
        return _form_page(form, kit)
    name_items([form.item, *(entry.form.item for entry in form.lines)])
    if rows_changed(form.lines):
        return _form_page(form, kit)
    rows = filled(form.lines)
    if not form.validate():
        return _form_page(form, kit), 422
    lines = [InKit(entry.form.item.data or "", entry.form.quantity.data or 0) for entry in rows]
    command = KitContent(form.item.data or "", form.people.data, form.months.data, lines)

    def work(s: Session) -> str:
        return str(kits.set_kit(s, me(), command).id)

    try:
        do_once("kit", form.uuid, work)
    except DomainError as error:
        return refused(form, error, lambda: _form_page(form, kit), {"lines": rows})
    flash(_("The content of the kit is set."), "success")
    return redirect(url_for("kits.index"), 303)


def _put(form: KitForm, kit: Kit) -> None:
    form.item.data, form.people.data, form.months.data = kit.item.code, kit.people, kit.months
    form.item.render_kw = {**(form.item.render_kw or {}), "data-label": item_name(kit.item)}
    while form.lines.entries:
        form.lines.pop_entry()
    for line in kit.lines:
        form.lines.append_entry({"item": line.item.code, "quantity": line.quantity})
        field = form.lines.entries[-1].form.item
        field.render_kw = {**(field.render_kw or {}), "data-label": item_name(line.item)}


def _form_page(form: KitForm, kit: Kit | None) -> str:
    return render_template("demand/kit.html", form=form, kit=kit, item_name=item_name)
