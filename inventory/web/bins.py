"""Bins of a site: the list, one bin, new ones, what is put right; moving what lies in one."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy.orm import Session
from wtforms import BooleanField
from wtforms.validators import InputRequired

from inventory.access import requires
from inventory.db import session
from inventory.errors import DomainError, NotFound, msg
from inventory.extensions import render
from inventory.models import Bin, Site
from inventory.queries import bins as reading
from inventory.rules.bin_codes import bin_code, parse_bin_code
from inventory.services import bins as service
from inventory.services.bins import PutLine
from inventory.web.forms import Amount, BaseForm, Choice, Text, Whole, asked, asked_number, put_errors
from inventory.web.guard import me
from inventory.web.labels import ZONES, choices
from inventory.web.pages import (
    PAGE,
    do_once,
    item_name,
    my_sites,
    page_token,
    preset_site,
    site_choices,
    stand_at,
)
from inventory.web.reference_words import TEMPERATURES, said

bp = Blueprint("bins", __name__, url_prefix="/bins")


class BinForm(BaseForm):
    """What a bin is for and how much it takes."""

    zone = Choice(_l("Zone"), choices=choices(ZONES), default="stock")
    temperature = Choice(_l("Kept at"), default="ambient")
    frost_free = BooleanField(
        _l("Nothing in it ever freezes"), description=_l("For vaccines and what else freezing destroys.")
    )
    locked = BooleanField(_l("Under lock"), description=_l("For controlled medicines, and nothing else."))
    for_dangerous = BooleanField(_l("For dangerous goods"), description=_l("And nothing else."))
    volume_m3 = Amount(_l("Takes"), description=_l("Left empty: not known."))
    weight_kg = Amount(_l("Carries"), description=_l("Left empty: not known."))
    name = Text(
        _l("Name"), render_kw={"maxlength": 200}, description=_l("Such as “Refrigerator by the door”.")
    )
    sequence = Whole(
        _l("Turn on the walk"),
        description=_l("Goods are fetched from bins in this order. Left empty: the last."),
    )

    def fields(self) -> dict[str, Any]:
        """What the service takes."""
        left_out = ("token", "csrf_token", "site")
        return {name: field.data for name, field in self._fields.items() if name not in left_out}


class NewBinsForm(BinForm):
    """One bin or a whole row of them."""

    site = Choice(_l("Site"), [InputRequired(_l("Say which site."))])
    codes = Text(
        _l("Code or row of codes"),
        [InputRequired(_l("Give a code, such as A-01."))],
        description=_l("A-01, or a row with levels: A-01..A-20 × 4 makes A-01-1 to A-20-4."),
        render_kw={"dir": "ltr", "autocomplete": "off"},
    )


class MoveForm(BaseForm):
    """What is moved out of a bin, and where to."""

    lot = Choice(_l("What"), [InputRequired(_l("Say what is moved."))])
    quantity = Whole(_l("Quantity"), [InputRequired(_l("Give a quantity."))])
    to = Text(
        _l("To the bin"),
        description=_l("Its code or a scan of its label. Left empty: out of every bin."),
        render_kw={"dir": "ltr", "autocomplete": "off", "list": "bin-codes"},
    )
    reason = Text(
        _l("Reason"), description=_l("Only where the bin does not suit."), render_kw={"maxlength": 500}
    )


def site_asked() -> tuple[list[Site], Site | None]:
    """My sites that may have bins, and the one that is asked for."""
    sites = my_sites(partners=False)
    code = preset_site(sites)
    return sites, next((each for each in sites if each.code == code), None)


@bp.get("")
@requires("bins.see")
def index() -> ResponseReturnValue:
    """The bins of a site on the walk's way: how full they are, what lies in them, what lies wrongly."""
    sites, site = site_asked()
    if asked("site") and site is not None and site.code != asked("site"):
        reading.site_of(session(), me(), asked("site") or "")
    if site is None:
        return render_template("bins/index.html", site=None, sites=sites, rows=[])
    stand_at(site)
    text = asked("q")
    if text is not None and parse_bin_code(text) is not None:
        return redirect(_address_of(text))
    zone, closed = asked("zone"), asked("closed") is not None
    rows = reading.bins_at(session(), me(), site.code, zone=zone, text=text, closed=closed)
    number = max(1, min(asked_number("page", 1), -(-len(rows) // PAGE)))
    return render_template(
        "bins/index.html",
        site=site,
        sites=sites,
        rows=rows[(number - 1) * PAGE : number * PAGE],
        wrong=sum(each.wrong for each in rows),
        waiting=reading.waiting(session(), me(), site.code, most=0)[1],
        number=number,
        size=PAGE,
        total=len(rows),
        filtered=bool(text or zone or closed),
        zone=zone,
        closed=closed,
        zones=ZONES,
        temperatures=TEMPERATURES,
        said=said,
        item_name=item_name,
    )


@bp.get("/open")
@requires("bins.see")
def find() -> ResponseReturnValue:
    """The bin whose label was scanned: `?code=BIN:SITE:CODE`."""
    code = request.args.get("code", "")[:100]
    return redirect(_address_of(code) if code else url_for("bins.index"))


@bp.route("/new", methods=["GET", "POST"])
@requires("bins.write")
def new() -> ResponseReturnValue:
    """One bin, or a row of them."""
    sites = my_sites(partners=False, closed=False)
    form = NewBinsForm(site=preset_site(sites))
    form.site.choices = site_choices(sites)
    made: list[int] = []

    def work(s: Session) -> str:
        made[:] = [len(service.add_bins(s, me(), form.site.data or "", form.fields()))]
        return form.site.data or ""

    def there() -> str:
        return url_for("bins.index", site=form.site.data)

    return _form(
        form,
        None,
        work,
        there,
        lambda: ngettext("%(num)s bin is there.", "%(num)s bins are there.", *made or [1]),
    )


@bp.get("/<site>/<code>")
@requires("bins.see")
def show(site: str, code: str) -> ResponseReturnValue:
    """What lies in a bin, what lies there wrongly, and what came and went."""
    return _page(site, code, None)


@bp.post("/<site>/<code>/move")
@requires("put_aways.write")
def move(site: str, code: str) -> ResponseReturnValue:
    """Move something to another bin, or out of every bin."""
    view = reading.bin_at(session(), me(), site, code)
    form = MoveForm()
    form.lot.choices = _lots(view)
    if not form.validate_on_submit():
        return _page(site, code, form), 422
    chosen = next(each.lot for each in view.contents if str(each.lot.id) == form.lot.data)
    line = PutLine(chosen.item.code, chosen.number, form.quantity.data, code, form.to.data, chosen.id)

    def work(s: Session) -> str:
        service.put_away(s, me(), site, [line], reason=form.reason.data)
        return code

    try:
        do_once(f"bin move {site} {code}", form.uuid, work)
    except DomainError as error:
        if error.status in (403, 404):
            raise
        put_errors(form, error, names={f"/lines/0/{name}": name for name in ("lot", "quantity", "to")})
        return _page(site, code, form), error.status
    flash(_("It is written down where it lies now."), "success")
    return redirect(url_for("bins.show", site=site, code=code), 303)


@bp.route("/<site>/<code>/edit", methods=["GET", "POST"])
@requires("bins.write")
def edit(site: str, code: str) -> ResponseReturnValue:
    """Put a bin right."""
    found = service.get_bin(session(), me(), site, code, "bins.write")
    names = [name for name in BinForm()._fields if hasattr(found, name)]
    form = BinForm(data={name: getattr(found, name) for name in names})

    def work(s: Session) -> str:
        return service.change_bin(s, me(), site, code, form.fields()).code

    return _form(
        form,
        found,
        work,
        lambda: url_for("bins.show", site=site, code=code),
        lambda: _("The bin is put right."),
    )


@bp.post("/<site>/<code>/close")
@requires("bins.write")
def close(site: str, code: str) -> ResponseReturnValue:
    """Close an empty bin."""
    do_once(f"bin close {site} {code}", page_token(), lambda s: service.close_bin(s, me(), site, code).code)
    flash(_("The bin is closed: nothing is put into it any more."), "success")
    return redirect(url_for("bins.index", site=site), 303)


@bp.post("/<site>/<code>/open")
@requires("bins.write")
def reopen(site: str, code: str) -> ResponseReturnValue:
    """Use a closed bin again."""
    do_once(f"bin open {site} {code}", page_token(), lambda s: service.open_bin(s, me(), site, code).code)
    flash(_("The bin is in use again."), "success")
    return redirect(url_for("bins.show", site=site, code=code), 303)


def _address_of(text: str) -> str:
    label = parse_bin_code(text)
    if label is None:
        raise NotFound(msg("This is no label of a bin: %(label)s", label=text))
    return url_for("bins.show", site=label.site, code=label.code)


def _lots(view: reading.BinView) -> list[tuple[str, str]]:
    return [(str(each.lot.id), f"{item_name(each.lot.item)} · {each.lot.number}") for each in view.contents]


def _page(site: str, code: str, form: MoveForm | None) -> str:
    view = reading.bin_at(session(), me(), site, code)
    place = reading.site_of(session(), me(), site)
    stand_at(place)
    if form is None:
        form = MoveForm(formdata=None)
    form.lot.choices = _lots(view)
    others = reading.bins_at(session(), me(), site, zone=view.row.zone)
    return render_template(
        "bins/show.html",
        view=view,
        site=place,
        form=form,
        label=bin_code(place.code, view.row.code),
        moves=reading.last_moves(session(), view.row.id),
        others=[each.row for each in others if each.row.id != view.row.id],
        zones=ZONES,
        temperatures=TEMPERATURES,
        said=said,
        told=render,
        item_name=item_name,
        token=uuid4(),
    )


def _form(
    form: BinForm,
    found: Bin | None,
    work: Callable[[Session], str],
    there: Callable[[], str],
    told: Callable[[], str],
) -> ResponseReturnValue:
    form.temperature.choices = [(word, said(TEMPERATURES, word)) for word in TEMPERATURES]
    status = 200
    if form.validate_on_submit():
        try:
            do_once(f"bin {found.id if found else 'new'}", form.uuid, work)
            flash(told(), "success")
            return redirect(there(), 303)
        except DomainError as error:
            if error.status in (403, 404):
                raise
            put_errors(form, error)
            status = error.status
    elif request.method == "POST":
        status = 422
    where = request.view_args or {}
    return render_template("bins/form.html", form=form, at=where, new=found is None), status
