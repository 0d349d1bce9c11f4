"""Kits at a site: how many are there and could be made, put together, looked into, taken apart."""

from collections import defaultdict
from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session
from wtforms import TextAreaField
from wtforms.validators import InputRequired

from inventory import clock
from inventory.access import requires
from inventory.db import session
from inventory.errors import DomainError, NotFound
from inventory.models import Kit, Site
from inventory.queries import kitting as queries
from inventory.queries import stock
from inventory.queries.kitting import KitLot, Preview
from inventory.services import kitting
from inventory.services.kitting import Assembly, ChosenLot, Disassembly
from inventory.web.forms import BaseForm, Choice, Day, SecondPerson, Whole, asked_number, refused
from inventory.web.guard import me
from inventory.web.pages import do_once, item_name, my_sites, preset_site, site_choices, stand_at, zone_of
from inventory.web.stock_events import address

bp = Blueprint("kitting", __name__, url_prefix="/kits")
MOST_LOTS = 500


class AssemblyForm(BaseForm):
    """How many kits are put together, where and when."""

    site = Choice(_l("Site"), [InputRequired(_l("Choose a site."))])
    quantity = Whole(_l("How many kits"), [InputRequired(_l("Say how many kits."))])
    occurred_on = Day(_l("Day"), [InputRequired(_l("Give the day."))])
    note = TextAreaField(_l("Note"))
    witness = SecondPerson()


class DisassemblyForm(BaseForm):
    """How many kits of a lot are taken apart, where and when."""

    site = Choice(_l("Site"), [InputRequired(_l("Choose a site."))])
    quantity = Whole(_l("How many kits"), [InputRequired(_l("Say how many kits."))])
    occurred_on = Day(_l("Day"), [InputRequired(_l("Give the day."))])
    note = TextAreaField(_l("Note"))
    witness = SecondPerson()


@bp.get("")
@requires("kits.see")
def index() -> ResponseReturnValue:
    """Every kit: how many are at a site, how many could be made there now."""
    sites = my_sites(partners=False, closed=False)
    site = _chosen_site(sites)
    bills = queries.bills(session())
    rows = queries.kits_here(session(), me(), site, bills) if site is not None else []
    return render_template(
        "kitting/index.html", sites=sites, site=site, bills=bills, rows=rows, item_name=item_name
    )


@bp.get("/<code>")
@requires("kits.see")
def show(code: str) -> ResponseReturnValue:
    """What a kit holds, and the kits of it at a site, lot by lot."""
    kit = queries.bill(session(), code)
    sites = my_sites(partners=False, closed=False)
    site = _chosen_site(sites)
    here, lots, made = None, [], set()
    if site is not None:
        stand_at(site)
        here = queries.kits_here(session(), me(), site, [kit])[0]
        wanted = stock.StockFilter(site=site.code, item=kit.item.code)
        lots = list(stock.lots_page(session(), me(), wanted, 1, MOST_LOTS, "expires_on").rows)
        made = queries.put_together_here(session(), [row.lot_id for row in lots])
    return render_template(
        "kitting/show.html",
        kit=kit,
        sites=sites,
        site=site,
        here=here,
        lots=lots,
        made=made,
        today=clock.today(site.timezone if site else None),
        item_name=item_name,
    )


@bp.route("/<code>/assemble", methods=["GET", "POST"])
@requires("kits.assemble")
def assemble(code: str) -> ResponseReturnValue:
    """Put kits together; `look` shows what they would be made of."""
    queries.bill(session(), code)
    form = AssemblyForm()
    sites = my_sites(partners=False, closed=False)
    form.site.choices = site_choices(sites)
    if request.method == "GET":
        form.site.data = preset_site(sites)
        form.quantity.data = asked_number("quantity", 0, kitting.MOST_KITS) or None
        form.occurred_on.data = clock.today(zone_of(sites, form.site.data))
        return _assembly_page(code, form, sites)
    valid = form.validate()
    if "fewer" in request.form:
        fewer = request.form["fewer"]
        form.quantity.raw_data, form.quantity.errors = None, []
        form.quantity.data = int(fewer) if fewer.isascii() and fewer.isdigit() and len(fewer) < 9 else None
    if "look" in request.form or "fewer" in request.form:
        return _assembly_page(code, form, sites)
    if not valid:
        return _assembly_page(code, form, sites), 422
    lines = [ChosenLot(item, lot) for item, lots in _ticked().items() for lot in lots]
    command = Assembly(
        site=form.site.data or "",
        kit=code,
        quantity=form.quantity.data or 0,
        occurred_on=form.occurred_on.data or clock.today(),
        lines=lines,
        note=form.note.data,
    )

    def work(s: Session) -> str:
        return str(kitting.assemble(s, me(), command).number)

    try:
        number = do_once(f"assemble {code}", form.uuid, work, second=form.witness)
    except DomainError as error:
        return refused(form, error, lambda: _assembly_page(code, form, sites))
    flash(_("%(number)s: the kits are in stock, their components are in them.", number=number), "success")
    return redirect(address(number), 303)


def _assembly_page(code: str, form: AssemblyForm, sites: list[Site]) -> str:
    kit = queries.bill(session(), code)  # read again: what failed took what was read with it
    return render_template(
        "kitting/assemble.html",
        form=form,
        kit=kit,
        preview=_preview(kit, form, sites),
        ticked=_ticked(),
        item_name=item_name,
    )


def _preview(kit: Kit, form: AssemblyForm, sites: list[Site]) -> Preview | None:
    """What the form asks for would be made of; None while it does not say enough."""
    site = next((each for each in sites if each.code == form.site.data), None)
    quantity = form.quantity.data or 0
    if site is None or not 0 < quantity <= kitting.MOST_KITS:
        return None
    day = form.occurred_on.data if isinstance(form.occurred_on.data, date) else None
    try:
        return queries.preview(session(), me(), site, kit, quantity, day=day, chosen=_ticked())
    except NotFound:
        return None


def _ticked() -> dict[str, list[str]]:
    """item code -> the lot numbers that were ticked for it."""
    found: dict[str, list[str]] = defaultdict(list)
    for each in request.form.getlist("lots"):
        code, _blank, lot = each.partition(" ")
        found[code].append(lot)
    return dict(found)


@bp.get("/lots/<int:lot_id>")
@requires("kits.see")
def lot(lot_id: int) -> ResponseReturnValue:
    """A kit lot: what is in each kit of it, and where its kits are."""
    found = queries.kit_lot(session(), me(), min(lot_id, 2**62))
    return render_template(
        "kitting/lot.html", found=found, lot=found.lot, today=clock.today(), item_name=item_name
    )


@bp.route("/lots/<int:lot_id>/take-apart", methods=["GET", "POST"])
@requires("kits.take_apart")
def take_apart(lot_id: int) -> ResponseReturnValue:
    """Take kits of a lot apart; `look` shows what comes back."""
    lot_id = min(lot_id, 2**62)
    found = queries.kit_lot(session(), me(), lot_id)
    form = DisassemblyForm()
    sites = _sites_with(found)
    form.site.choices = site_choices(sites)
    kit, number = found.lot.item.code, found.lot.number
    if request.method == "GET":
        form.site.data = preset_site(sites)
        form.occurred_on.data = clock.today(zone_of(sites, form.site.data))
        return _disassembly_page(lot_id, form)
    valid = form.validate()
    if "look" in request.form:
        return _disassembly_page(lot_id, form)
    if not valid:
        return _disassembly_page(lot_id, form), 422
    command = Disassembly(
        site=form.site.data or "",
        kit=kit,
        lot=number,
        quantity=form.quantity.data or 0,
        occurred_on=form.occurred_on.data or clock.today(),
        note=form.note.data,
    )

    def work(s: Session) -> str:
        return str(kitting.take_apart(s, me(), command).number)

    try:
        document = do_once(f"take apart {lot_id}", form.uuid, work, second=form.witness)
    except DomainError as error:
        return refused(form, error, lambda: _disassembly_page(lot_id, form))
    text = _("%(number)s: what was in the kits is in stock again, in its own lots.", number=document)
    flash(text, "success")
    return redirect(address(document), 303)


def _disassembly_page(lot_id: int, form: DisassemblyForm) -> str:
    found = queries.kit_lot(session(), me(), lot_id)
    return render_template(
        "kitting/take_apart.html",
        form=form,
        found=found,
        lot=found.lot,
        quantity=max(form.quantity.data or 0, 0),
        free=_free(found),
        today=clock.today(),
        item_name=item_name,
    )


def _sites_with(found: KitLot) -> list[Site]:
    """The sites of who asks at which kits of the lot are in stock."""
    codes = {each.site.code for each in found.standing if each.site is not None and each.zone == "stock"}
    return [site for site in my_sites(partners=False) if site.code in codes]


def _free(found: KitLot) -> list[tuple[Any, int]]:
    """(site, kits) of what could be taken apart."""
    return [
        (each.site, each.quantity - each.reserved)
        for each in found.standing
        if each.site is not None and each.zone == "stock" and me().sees_site(each.site.id)
    ]


def _chosen_site(sites: list[Site]) -> Site | None:
    """The site of the address, the one worked at last, or the first of one's own."""
    wanted = request.args.get("site")
    if wanted:
        stock.check_site(session(), me(), wanted)
    code = preset_site(sites)
    return next((site for site in sites if site.code == code), sites[0] if sites else None)
