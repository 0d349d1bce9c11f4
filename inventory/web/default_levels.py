"""Levels by default: for whatever has none of its own, by site, category, importance and kind of site."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy.orm import Session
from wtforms.validators import InputRequired

from inventory.access import requires
from inventory.db import atomically, session
from inventory.errors import DomainError, NotFound
from inventory.extensions import render
from inventory.models import PolicyDefault
from inventory.queries import catalogue
from inventory.queries import levels as queries
from inventory.services import levels
from inventory.services.default_levels import PROPOSED
from inventory.services.levels import COMMON, DEFAULT_METHODS, POLICY_FIELDS
from inventory.web.forms import Choice, asked_number, refused
from inventory.web.guard import me
from inventory.web.pages import do_once, my_sites, page_token, site_choices
from inventory.web.reference_forms import LevelsForm
from inventory.web.reference_words import CATEGORIES, POLICY_METHODS, SITE_KINDS, VEN, choices, said

bp = Blueprint("default_levels", __name__, url_prefix="/policies/defaults")

SCOPE = ("site", "site_kind", "category", "ven")


class DefaultForm(LevelsForm):
    """Levels for what fits; what is left empty fits all."""

    emergency_point = reorder_point = maximum = None  # type: ignore[assignment]
    demand_override = demand_override_reason = None  # type: ignore[assignment]
    site = Choice(_l("Site"))
    site_kind = Choice(_l("Kind of site"))
    category = Choice(_l("Category"))
    ven = Choice(_l("Importance"))
    method = Choice(_l("Kept by"), [InputRequired(_l("Choose one of the list."))], default="service")

    def offer(self) -> None:
        """Set what may be chosen."""
        self.site.choices = site_choices(my_sites(partners=False), _("Every site"))
        self.site_kind.choices = [
            each for each in choices(SITE_KINDS, _("Every kind")) if each[0] != "partner"
        ]
        words = {each: said(CATEGORIES, each) for each in (*CATEGORIES, *catalogue.categories(session()))}
        self.category.choices = [("", _("Every category")), *words.items()]
        self.ven.choices = choices(VEN, _("Every importance"))
        self.method.choices = [each for each in choices(POLICY_METHODS) if each[0] in DEFAULT_METHODS]

    def fields(self) -> dict[str, Any]:
        """What the service takes."""
        names = [*SCOPE, "method", *COMMON]
        names += [name for method in DEFAULT_METHODS for name in POLICY_FIELDS[method]]
        return {name: self[name].data for name in names}

    @staticmethod
    def of_default(row: PolicyDefault) -> dict[str, Any]:
        """The data of a stored default."""
        names = ["site_kind", "category", "ven", "method", *COMMON]
        names += [name for method in DEFAULT_METHODS for name in POLICY_FIELDS[method]]
        site = row.site.code if row.site is not None else None
        return {name: getattr(row, name) for name in names} | {"site": site}


@bp.get("")
@requires("policies.see")
def index() -> ResponseReturnValue:
    """Every default, and a form for one more or for the one that is to be changed."""
    rows = queries.defaults(session())
    wanted = asked_number("change", 0)
    changing = next((row for row in rows if row.id == wanted), None)
    data = DefaultForm.of_default(changing) if changing is not None else None
    form = DefaultForm(formdata=None, data=data)
    form.offer()
    return _page(form, changing)


@bp.post("")
@requires("policies.write")
def save() -> ResponseReturnValue:
    """Set a default; for the same sites and items it replaces what was set before."""
    form = DefaultForm()
    form.offer()
    if not form.validate():
        return _page(form), 422

    def work(s: Session) -> str:
        return str(levels.set_default(s, me(), form.fields()).id)

    try:
        do_once("default levels", form.uuid, work)
    except DomainError as error:
        return refused(form, error, lambda: _page(form))
    flash(_("The default is set. It holds where an item has no levels of its own."), "success")
    return redirect(url_for("default_levels.index"), 303)


@bp.post("/take")
@requires("policies.write")
def take() -> ResponseReturnValue:
    """Take over the levels that are recommended."""

    def work(s: Session) -> str:
        return str(levels.propose_defaults(s, me()))

    count = int(do_once("recommended levels", page_token(), work))
    if count:
        told = ngettext("One default is added.", "%(num)s defaults are added.", count)
        flash(told + " " + _("Change or remove them as you need."), "success")
    else:
        flash(_("All that is recommended is set already."), "info")
    return redirect(url_for("default_levels.index"), 303)


@bp.post("/<int:default_id>/remove")
@requires("policies.write")
def remove(default_id: int) -> ResponseReturnValue:
    """Take a default away."""
    try:
        atomically(lambda s: levels.drop_default(s, me(), default_id))
        flash(_("The default is removed."), "success")
    except NotFound as error:
        flash(render(error.message), "info")
    return redirect(url_for("default_levels.index"), 303)


def _page(form: DefaultForm, changing: PolicyDefault | None = None) -> str:
    rows = queries.defaults(session())
    scopes = {row.scope for row in rows}
    lacking = [each for each in PROPOSED if f"|{each['site_kind']}||{each['ven'] or ''}" not in scopes]
    return render_template(
        "policies/defaults.html",
        rows=rows,
        form=form,
        changing=changing,
        lacking=lacking,
        opened=changing is not None or request.method == "POST",
        token=form.token.data,
        said=said,
        kinds=SITE_KINDS,
        categories=CATEGORIES,
        ven=VEN,
        methods=POLICY_METHODS,
    )
