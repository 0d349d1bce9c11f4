"""Putting stock right: found and lost, disposed of, moved between the zones of a site."""

from collections.abc import Callable, Sequence
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session
from wtforms import FieldList, FormField, TextAreaField
from wtforms.validators import InputRequired

from inventory import clock
from inventory.access import requires
from inventory.db import session
from inventory.errors import DomainError
from inventory.models import Site
from inventory.queries import stock
from inventory.services import adjustments as services
from inventory.web import labels
from inventory.web.forms import (
    BaseForm,
    Choice,
    Day,
    ItemSearch,
    LineForm,
    SecondPerson,
    Text,
    Whole,
    asked,
    asked_number,
    filled,
    name_items,
    refused,
    rows_changed,
)
from inventory.web.guard import me
from inventory.web.pages import do_once, my_sites, preset_site, site_choices, zone_of
from inventory.web.stock_events import address

bp = Blueprint("adjustments", __name__)
MOST_LOTS = 500


class AdjustmentRow(LineForm):
    """A lot, why its figure is wrong, and by how much."""

    item = ItemSearch(_l("Item"))
    lot = Text(_l("Lot"))
    reason = Choice(_l("Reason"), choices=labels.choices(labels.REASONS, _l("Choose")))
    quantity = Whole(_l("Quantity"))


class DisposalRow(LineForm):
    """So much of a lot, from one zone or from the worst first."""

    item = ItemSearch(_l("Item"))
    lot = Text(_l("Lot"))
    zone = Choice(_l("From"), choices=labels.choices(labels.ZONES, _l("Wherever it is")))
    quantity = Whole(_l("Quantity"))


class ZoneMoveRow(LineForm):
    """So much of a lot out of the stock. What comes out of quarantine is decided by two people (`web/holds`)."""

    item = ItemSearch(_l("Item"))
    lot = Text(_l("Lot"))
    source = Choice(_l("From"), choices=labels.choices(labels.ZONES), default="stock")
    destination = Choice(
        _l("To"), choices=labels.choices(labels.ZONES, only=("quarantine", "refused")), default="quarantine"
    )
    quantity = Whole(_l("Quantity"))


class SiteForm(BaseForm):
    """What every one of these forms has: the site."""

    site = Choice(_l("Site"), [InputRequired(_l("Choose a site."))])


class AdjustmentForm(SiteForm):
    """What was found, lost, damaged, stolen or is put right."""

    occurred_on = Day(_l("Day"), [InputRequired(_l("Give the day."))])
    witness = SecondPerson()
    lines = FieldList(FormField(AdjustmentRow), label=_l("Lots"), min_entries=1)


class DisposalForm(SiteForm):
    """What was disposed of, and how."""

    occurred_on = Day(_l("Day"), [InputRequired(_l("Give the day."))])
    method = Choice(
        _l("How"), [InputRequired(_l("Say how."))], choices=labels.choices(labels.METHODS, _l("Choose"))
    )
    certificate = Text(_l("Certificate"), description=_l("Number of the certificate of destruction."))
    witness = Text(
        _l("Witness"),
        [InputRequired(_l("Name a second person who watched."))],
        description=_l("Somebody else than you."),
    )
    place = Text(_l("Where"))
    authority = Text(_l("Authority"), description=_l("The office that allowed it or was there."))
    note = TextAreaField(_l("Why"), description=_l("It stands on the certificate."))
    lines = FieldList(FormField(DisposalRow), label=_l("Lots"), min_entries=1)


class ZoneMoveForm(SiteForm):
    """Lots set aside, for a reason."""

    note = TextAreaField(_l("Why"), [InputRequired(_l("Say why: who decides about it reads this."))])
    witness = SecondPerson()
    lines = FieldList(FormField(ZoneMoveRow), label=_l("Lots"), min_entries=1)


@bp.route("/adjustments/new", methods=["GET", "POST"])
@requires("adjustments.write")
def adjust() -> ResponseReturnValue:
    """Found, lost, damaged, stolen, or simply wrong in the books."""
    form = AdjustmentForm()

    def work(s: Session, rows: Sequence[Any]) -> str:
        lines = [
            services.AdjustmentLine(
                e.form.item.data or "",
                e.form.lot.data or "",
                signed(e.form.reason.data, e.form.quantity.data or 0),
                e.form.reason.data or "",
            )
            for e in rows
        ]
        command = services.Adjustment(form.site.data or "", form.occurred_on.data or clock.today(), lines)
        return str(services.adjust(s, me(), command).number)

    return _handle(form, "adjust", work, defaults=("reason",))


def signed(reason: str | None, quantity: int) -> int:
    """What a person means by a quantity: what is lost, damaged or stolen is taken off, with or without the sign."""
    return -abs(quantity) if reason in ("lost", "damaged", "theft") else quantity


@bp.route("/disposals/new", methods=["GET", "POST"])
@requires("disposals.write")
def dispose() -> ResponseReturnValue:
    """What was destroyed, returned or thrown away."""
    form = DisposalForm()

    def work(s: Session, rows: Sequence[Any]) -> str:
        lines = [
            services.DisposalLine(
                e.form.item.data or "", e.form.lot.data or "", e.form.quantity.data or 0, e.form.zone.data
            )
            for e in rows
        ]
        command = services.Disposal(
            site=form.site.data or "",
            occurred_on=form.occurred_on.data or clock.today(),
            method=form.method.data or "",
            lines=lines,
            certificate=form.certificate.data,
            place=form.place.data,
            witness=form.witness.data,
            authority=form.authority.data,
            note=form.note.data,
        )
        return str(services.dispose(s, me(), command).number)

    return _handle(form, "dispose", work, defaults=("zone",))


@bp.route("/zone-moves/new", methods=["GET", "POST"])
@requires("zone_moves.write")
def move() -> ResponseReturnValue:
    """Set lots aside. What stands in quarantine already is another page's: two people decide about it."""
    if request.method == "GET" and asked("zone") in ("quarantine", "refused"):
        return redirect(url_for("holds.index", site=asked("site"), q=asked("lot")), 303)
    form = ZoneMoveForm()

    def work(s: Session, rows: Sequence[Any]) -> str:
        lines = [
            services.ZoneMoveLine(
                e.form.item.data or "",
                e.form.lot.data or "",
                e.form.quantity.data or 0,
                e.form.source.data or "",
                e.form.destination.data or "",
            )
            for e in rows
        ]
        command = services.ZoneMove(form.site.data or "", lines, form.note.data)
        return str(services.move_zones(s, me(), command).number)

    return _handle(
        form, "move", work, defaults=("source", "destination"), names={"from": "source", "to": "destination"}
    )


def _handle(
    form: Any,
    kind: str,
    work: Callable[[Session, Sequence[Any]], str],
    *,
    defaults: tuple[str, ...],
    names: dict[str, str] | None = None,
) -> ResponseReturnValue:
    """Show one of the three forms, or do what it says."""
    sites = my_sites(partners=False)
    form.site.choices = site_choices(sites)
    if request.method == "GET":
        form.site.data = preset_site(sites)
        if "occurred_on" in form:
            form.occurred_on.data = clock.today(zone_of(sites, form.site.data))
        _from_address(form)
        return _page(form, kind, sites)
    name_items(entry.form.item for entry in form.lines)
    if "fill" in request.form:
        _fill_expired(form, sites)
        return _page(form, kind, sites)
    if rows_changed(form.lines):
        return _page(form, kind, sites)
    rows = filled(form.lines, *defaults)
    if not form.validate() or (kind == "move" and _held(rows)):
        return _page(form, kind, sites), 422
    try:
        number = do_once(kind, form.uuid, lambda s: work(s, rows), second=form.witness)
    except DomainError as error:
        return refused(form, error, lambda: _page(form, kind, sites), {"lines": rows}, names)
    flash(_("Written down: %(number)s.", number=number), "success")
    return redirect(address(number), 303)


def _held(rows: Sequence[Any]) -> bool:
    """Whether a row would take goods out of quarantine by one person alone; said at that row."""
    found = [row.form.source for row in rows if row.form.source.data in ("quarantine", "refused")]
    for field in found:
        field.errors = [*field.errors, _("Two people decide about this: look for it under Held goods.")]
    return bool(found)


def _page(form: Any, kind: str, sites: Sequence[Site]) -> str:
    return render_template(f"adjustments/{kind}.html", form=form, lots=_lots_at(form.site.data, sites))


def _lots_at(code: str | None, sites: Sequence[Site]) -> list[tuple[str, str]]:
    """(lot number, item name) of what is at a site, to be offered while one types."""
    if not any(site.code == code for site in sites):
        return []
    rows = stock.lots_page(session(), me(), stock.StockFilter(site=code), 1, MOST_LOTS).rows
    return sorted({(row.lot, row.item_name) for row in rows})


def _from_address(form: Any) -> None:
    """Begin with the lot that a stock page or an alert sends along."""
    first = form.lines.entries[0].form
    if asked("item"):
        first.item.data, first.lot.data = asked("item"), asked("lot")
        first.quantity.data = asked_number("quantity", 0) or None
        for name, parameter in (("zone", "zone"), ("source", "zone"), ("reason", "reason")):
            if name in first._fields and asked(parameter):
                first[name].data = asked(parameter)
        name_items([first.item])


def _fill_expired(form: Any, sites: Sequence[Site]) -> None:
    """A row for each lot at the site that has expired, was recalled or refused, and stands in no row yet."""
    code = form.site.data
    kept = filled(form.lines, "zone")
    if not kept:
        form.lines.pop_entry()
    known = {(e.form.item.data, e.form.lot.data) for e in kept}
    if any(site.code == code for site in sites):
        found = stock.lots_page(session(), me(), stock.StockFilter(site=code), 1, MOST_LOTS).rows
        for row in found:
            if (row.status in ("expired", "recalled") or row.zone == "refused") and (
                row.item,
                row.lot,
            ) not in known:
                form.lines.append_entry(
                    {
                        "item": row.item,
                        "lot": row.lot,
                        "zone": row.zone,
                        "quantity": row.on_hand - row.reserved,
                    }
                )
                field = form.lines.entries[-1].form.item
                field.render_kw = {**(field.render_kw or {}), "data-label": row.item_name}
    else:
        form.site.errors = [*form.site.errors, _("Choose the site first.")]
    if not form.lines.entries:
        form.lines.append_entry()
