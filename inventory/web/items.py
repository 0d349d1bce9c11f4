"""The catalogue: items with their packs, found whatever the spelling."""

from decimal import Decimal
from typing import Any

from babel.numbers import format_decimal
from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from inventory import clock
from inventory.access import requires
from inventory.db import atomically, session
from inventory.errors import DomainError
from inventory.extensions import current_language
from inventory.models import Item
from inventory.queries import catalogue, stock
from inventory.queries.in_transit import in_transit_total
from inventory.queries.stock import StockFilter
from inventory.services import catalogue as service
from inventory.web.forms import asked, asked_number, put_errors, rows_changed
from inventory.web.guard import me
from inventory.web.item_forms import ItemFilters, ItemForm
from inventory.web.pages import PAGE, item_name, my_sites
from inventory.web.reference_words import CATEGORIES, VEN, said
from inventory.web.words import number as said_number

bp = Blueprint("items", __name__, url_prefix="/items")


@bp.get("")
@requires("items.see")
def index() -> ResponseReturnValue:
    """Items by name."""
    filters = ItemFilters(request.args)
    filters.offer(catalogue.categories(session()))
    page = catalogue.items_page(session(), asked_number("page", 1), PAGE, asked("q"), asked("category"))
    return render_template(
        "items/index.html", page=page, filters=filters, q=asked("q"), category=asked("category"), **_words()
    )


@bp.get("/search")
@requires("items.see")
def search() -> ResponseReturnValue:
    """At most 20 items for what is being typed, the best first; with `site` also what is free there."""
    code = asked("site")
    site = next((each for each in my_sites() if each.code == code), None)
    hits = catalogue.search_items(session(), asked("q") or "", 20, site.id if site else None)
    return jsonify(
        [
            {
                "code": hit.item.code,
                "name": item_name(hit.item),
                "base_unit": hit.item.base_unit,
                "detail": "" if hit.here is None else _("%(units)s here", units=said_number(hit.here)),
            }
            for hit in hits
        ]
    )


@bp.route("/new", methods=["GET", "POST"])
@requires("items.write")
def new() -> ResponseReturnValue:
    """A new item."""
    form = ItemForm()
    form.offer(catalogue.categories(session()))
    if request.method == "GET":
        form.tracks_expiry.data = True
        return render_template("items/form.html", form=form, item=None)
    return _save(form, None)


@bp.get("/<code>")
@requires("items.see")
def show(code: str) -> ResponseReturnValue:
    """An item, its packs, and what there is of it at the sites of who asks."""
    item = service.get_item(session(), code)
    wanted = StockFilter(item=item.code)
    at_sites = stock.groups_page(session(), me(), wanted, 1, 500, by_site=True, sort="site").rows
    return render_template(
        "items/show.html",
        item=item,
        name=item_name(item),
        at_sites=at_sites,
        totals=stock.totals(session(), me(), wanted),
        in_transit=in_transit_total(session(), me(), wanted),
        today=clock.today(),
        **_words(),
    )


@bp.route("/<code>/edit", methods=["GET", "POST"])
@requires("items.write")
def edit(code: str) -> ResponseReturnValue:
    """Change an item."""
    item = service.get_item(session(), code)
    packs = [{"gtin": pack.gtin, "quantity": pack.quantity} for pack in item.gtins]
    form = ItemForm(data=_data(item) | {"gtins": packs})
    form.offer([*catalogue.categories(session()), item.category])
    if request.method == "GET":
        return render_template("items/form.html", form=form, item=item)
    return _save(form, item)


def _save(form: ItemForm, item: Item | None) -> ResponseReturnValue:
    if rows_changed(form.gtins):
        return render_template("items/form.html", form=form, item=item)
    if not form.validate():
        return render_template("items/form.html", form=form, item=item), 422
    rows, code = form.rows(), item.code if item is not None else form.code.data or ""
    fields = form.fields(rows)
    try:
        if item is None:
            code = atomically(lambda s: service.add_item(s, me(), fields | {"code": code}).code)
            flash(_("%(name)s is in the catalogue.", name=fields["name"]), "success")
        else:
            atomically(lambda s: service.change_item(s, me(), code, fields).code)
            flash(_("%(name)s is changed.", name=fields["name"]), "success")
    except DomainError as error:
        put_errors(form, error, {"gtins": rows})
        known = service.get_item(session(), code) if item is not None else None
        return render_template("items/form.html", form=form, item=known), error.status
    return redirect(url_for("items.show", code=code), 303)


def _data(item: Item) -> dict[str, Any]:
    return {name: getattr(item, name) for name in (*service.TEXTS, *service.SHORT_TEXTS, *service.FLAGS)} | {
        "code": item.code,
        "temperature": item.temperature,
        "ven": item.ven,
        "unit_weight_kg": item.unit_weight_kg,
        "unit_volume_m3": item.unit_volume_m3,
    }


def _words() -> dict[str, Any]:
    return {"said": said, "categories": CATEGORIES, "ven": VEN}


def exact(value: Decimal) -> str:
    """A decimal with every digit that it has."""
    return format_decimal(value, "#,##0.#########", locale=current_language().dates, numbering_system="latn")


bp.add_app_template_filter(exact)
