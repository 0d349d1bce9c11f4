"""Sites: where stock is kept and goods are delivered."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from inventory import clock
from inventory.access import requires
from inventory.db import atomically, session
from inventory.errors import DomainError
from inventory.extensions import current_language
from inventory.models import Site
from inventory.queries import catalogue, stock
from inventory.queries.in_transit import in_transit_total
from inventory.queries.stock import StockFilter
from inventory.rules.text import fold
from inventory.services import sites as service
from inventory.web.forms import asked, put_errors
from inventory.web.guard import me
from inventory.web.reference_forms import SiteFilters, SiteForm, countries
from inventory.web.reference_words import SITE_KINDS, said

bp = Blueprint("sites", __name__, url_prefix="/sites")


@bp.get("")
@requires("sites.see")
def index() -> ResponseReturnValue:
    """Every site by code."""
    filters = SiteFilters(request.args)
    filters.offer()
    q, kind, status = asked("q"), asked("kind"), asked("status")
    wanted = fold(q or "").split()
    every = catalogue.all_sites(session())
    found = [
        site
        for site in every
        if kind in (None, site.kind)
        and status in (None, site.status)
        and all(word in fold(f"{site.code} {site.name} {site.admin1 or ''}") for word in wanted)
    ]
    return render_template(
        "sites/index.html",
        found=found,
        filters=filters,
        q=q,
        kind=kind,
        status=status,
        said=said,
        kinds=SITE_KINDS,
        countries=_countries(),
    )


@bp.route("/new", methods=["GET", "POST"])
@requires("sites.write")
def new() -> ResponseReturnValue:
    """A new site."""
    form = SiteForm()
    form.offer(catalogue.all_sites(session()), None)
    return (
        render_template("sites/form.html", form=form, site=None)
        if request.method == "GET"
        else _save(form, None)
    )


@bp.get("/<code>")
@requires("sites.see")
def show(code: str) -> ResponseReturnValue:
    """What a site is, and for those who work there what it holds."""
    site = service.get_site(session(), code)
    mine = me().sees_site(site.id) and site.kind != "partner"
    wanted = StockFilter(site=code)
    return render_template(
        "sites/show.html",
        site=site,
        mine=mine,
        totals=stock.totals(session(), me(), wanted) if mine else None,
        in_transit=in_transit_total(session(), me(), wanted) if mine else 0,
        supplies=[each for each in catalogue.all_sites(session()) if each.supplied_by_id == site.id],
        today=clock.today(site.timezone),
        said=said,
        kinds=SITE_KINDS,
        countries=_countries(),
    )


@bp.route("/<code>/edit", methods=["GET", "POST"])
@requires("sites.write")
def edit(code: str) -> ResponseReturnValue:
    """Change a site."""
    site = service.get_site(session(), code)
    names = ("code", "name", "kind", "status", "country", "admin1", "lead_time_days", "timezone")
    data = {name: getattr(site, name) for name in names}
    data["sensitive"] = "yes" if site.sensitive else "no"
    data["supplied_by"] = site.supplied_by.code if site.supplied_by else None
    form = SiteForm(data=data)
    form.offer(catalogue.all_sites(session()), code)
    return (
        render_template("sites/form.html", form=form, site=site)
        if request.method == "GET"
        else _save(form, site)
    )


def _save(form: SiteForm, site: Site | None) -> ResponseReturnValue:
    if not form.validate():
        return render_template("sites/form.html", form=form, site=site), 422
    code = site.code if site is not None else form.code.data or ""
    fields = form.fields()
    try:
        if site is None:
            code = atomically(lambda s: service.add_site(s, me(), fields | {"code": code}).code)
            flash(_("%(name)s is there now.", name=fields["name"]), "success")
        else:
            atomically(lambda s: service.change_site(s, me(), code, fields).code)
            flash(_("%(name)s is changed.", name=fields["name"]), "success")
    except DomainError as error:
        put_errors(form, error)
        known = service.get_site(session(), code) if site is not None else None
        return render_template("sites/form.html", form=form, site=known), error.status
    return redirect(url_for("sites.show", code=code), 303)


def _countries() -> dict[str, str]:
    return dict(countries(current_language().dates))
