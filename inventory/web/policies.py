"""Reorder levels of a site's items."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from inventory.access import requires
from inventory.db import atomically, session
from inventory.errors import DomainError, NotFound
from inventory.models import Policy
from inventory.queries import catalogue, stock
from inventory.queries.status import site_figures
from inventory.rules.demand import rounded
from inventory.services import levels
from inventory.services import sites as service
from inventory.services.catalogue import get_item
from inventory.web.forms import asked, name_items, put_errors
from inventory.web.guard import me
from inventory.web.pages import item_name, my_sites, preset_site
from inventory.web.reference_forms import LEVEL_NAMES, AddLevelsForm, LevelsForm
from inventory.web.reference_words import BASES, POLICY_METHODS, said

bp = Blueprint("policies", __name__, url_prefix="/policies")


@bp.get("")
@requires("policies.see")
def index() -> ResponseReturnValue:
    """The levels of one site, beside what is there."""
    return _table(AddLevelsForm(), 200)


@bp.get("/new")
@requires("policies.write")
def new() -> ResponseReturnValue:
    """From what was typed to the item whose levels are to be set."""
    form = AddLevelsForm(request.args)
    name_items([form.item])
    code = preset_site(my_sites(partners=False))
    if not form.validate() or code is None:
        return _table(form, 422)
    return redirect(url_for("policies.edit", site=code, item=form.item.data), 303)


def _table(form: AddLevelsForm, status: int) -> ResponseReturnValue:
    sites = my_sites(partners=False)
    code = asked("site")
    stock.check_site(session(), me(), code)
    code = code or preset_site(sites)
    site = next((each for each in sites if each.code == code), None)
    policies = catalogue.policies_of(session(), site.id) if site is not None else []
    items = [policy.item.code for policy in policies]
    known = {item.id: each for item, each in site_figures(session(), me(), site.code, items)} if site else {}
    page = render_template(
        "policies/index.html",
        sites=sites,
        site=site,
        policies=policies,
        figures=known,
        form=form,
        rounded=rounded,
        said=said,
        methods=POLICY_METHODS,
        item_name=item_name,
    )
    return page, status


@bp.route("/<site>/<item>", methods=["GET", "POST"])
@requires("policies.write")
def edit(site: str, item: str) -> ResponseReturnValue:
    """Set the levels of an item at a site."""
    known = _known(site, item)
    form = LevelsForm(data=LevelsForm.of(known) if known is not None else None)
    form.offer()
    status = 200
    if form.validate_on_submit():
        fields = form.fields()
        try:
            atomically(lambda s: levels.set_policy(s, me(), site, item, fields).id)
            flash(_("The reorder levels are set."), "success")
            return redirect(url_for("policies.index", site=site), 303)
        except DomainError as error:
            put_errors(form, error, names=LEVEL_NAMES)
            status = error.status
    elif request.method == "POST":
        status = 422
    place, goods = service.get_site(session(), site), get_item(session(), item)
    figures = site_figures(session(), me(), site, [item])
    page = render_template(
        "policies/form.html",
        form=form,
        site=place,
        item=goods,
        name=item_name(goods),
        known=known is not None,
        figures=figures[0][1] if figures else None,
        rounded=rounded,
        said=said,
        bases=BASES,
    )
    return page, status


def _known(site: str, item: str) -> Policy | None:
    """The policy that is set; None where there is none yet. Raises NotFound for an unknown site or item."""
    service.get_site(session(), site)
    get_item(session(), item)
    try:
        return catalogue.policy(session(), site, item)
    except NotFound:
        return None
