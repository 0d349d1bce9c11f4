"""Reorder levels of a site's items: all of them in one table, and each on a page of its own."""

from typing import Any
from uuid import uuid4

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy.orm import Session

from inventory.access import requires
from inventory.db import atomically, session
from inventory.errors import DomainError, NotFound
from inventory.extensions import render
from inventory.models import Policy, Site
from inventory.queries import catalogue, stock
from inventory.queries import levels as queries
from inventory.queries.levels import SHOWN, LevelsFilter
from inventory.queries.status import site_figures
from inventory.rules.demand import rounded
from inventory.services import levels
from inventory.services import sites as service
from inventory.services.catalogue import get_item
from inventory.web import levels_table
from inventory.web.forms import BaseForm, Choice, FilterForm, asked, asked_number, name_items, put_errors
from inventory.web.guard import me
from inventory.web.levels_table import UNCHANGED, Row
from inventory.web.pages import do_once, item_name, my_sites, preset_site
from inventory.web.reference_forms import LEVEL_NAMES, AddLevelsForm, LevelsForm
from inventory.web.reference_words import BASES, CATEGORIES, POLICY_METHODS, VEN, choices, said

bp = Blueprint("policies", __name__, url_prefix="/policies")

ROWS = 100
MOST_SENT = 500


class LevelsFilters(FilterForm):
    """Which items to show."""

    category = Choice(_l("Category"))
    ven = Choice(_l("Importance"))
    show = Choice(_l("Show"))

    def offer(self) -> None:
        """Set what may be chosen."""
        used = catalogue.categories(session())
        self.category.choices = [
            ("", _("Every category")),
            *((each, said(CATEGORIES, each)) for each in used),
        ]
        self.ven.choices = choices(VEN, _("Every importance"))
        self.show.choices = [
            ("", _("Items known here")),
            ("own", _("With levels of their own")),
            ("default", _("With levels by default")),
            ("none", _("Without levels")),
            ("all", _("The whole catalogue")),
        ]


@bp.get("")
@requires("policies.see")
def index() -> ResponseReturnValue:
    """The levels of one site, beside what is there."""
    return _table(AddLevelsForm(), 200)


@bp.post("")
@requires("policies.write")
def save() -> ResponseReturnValue:
    """Save the rows that were changed, all or none; or fill rows with the levels that are suggested."""
    site = _site()
    if site is None:
        abort(404)
    codes = [key[5:] for key in request.form if key.startswith("seen.")][:MOST_SENT]
    sent = [levels_table.row_of(each) for each in queries.rows_by_code(session(), site, codes)]
    for row in sent:
        levels_table.put_typed(row, request.form)
    if "take" in request.form:
        wanted = {request.form["take"], *request.form.getlist("pick")}
        for row in sent:
            if row.code in wanted:
                levels_table.take_advice(row)
        return _table(AddLevelsForm(), 200, sent)
    commands = [(row, levels_table.command_of(row)) for row in sent]
    changed = [(row, fields) for row, fields in commands if fields is not UNCHANGED]
    if any(row.errors for row in sent):
        for row, fields in changed:
            if not row.errors:
                levels_table.judge(row, fields)
        return _table(AddLevelsForm(), 422, sent)
    rows = [levels.LevelsRow(row.code, fields, _seen(row)) for row, fields in changed]
    if not rows:
        flash(_("Nothing was changed."), "info")
        return redirect(_here(), 303)

    def work(s: Session) -> str:
        return str(levels.set_policies(s, me(), site.code, rows))

    try:
        done = int(do_once(f"levels {site.code}", BaseForm().uuid, work))
    except DomainError as error:
        left = levels_table.put_errors([row for row, _fields in changed], error.errors)
        general = [] if error.errors else [render(error.message)]
        return _table(AddLevelsForm(), error.status, sent, [*left, *general])
    flash(
        ngettext("The levels of one item are set.", "The levels of %(num)s items are set.", done), "success"
    )
    return redirect(_here(), 303)


def _seen(row: Row) -> str:
    return request.form.get(f"seen.{row.code}", "")


def _here() -> str:
    values: dict[str, Any] = request.args.to_dict()
    return url_for("policies.index", **values)


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


def _site() -> Site | None:
    """The site of the address, or the one worked at last; None where there is none yet."""
    sites = my_sites(partners=False)
    code = asked("site")
    stock.check_site(session(), me(), code)
    code = code or preset_site(sites)
    return next((each for each in sites if each.code == code), None)


def _table(
    add: AddLevelsForm, status: int, sent: list[Row] | None = None, faults: list[str] | None = None
) -> ResponseReturnValue:
    site = _site()
    filters = LevelsFilters(request.args)
    filters.offer()
    show = asked("show")
    wanted = LevelsFilter(asked("q"), asked("category"), asked("ven"), show if show in SHOWN else "known")
    page = None
    rows: list[Row] = []
    if site is not None:
        page = queries.levels_page(session(), site, wanted, asked_number("page", 1), ROWS)
        typed = {row.code: row for row in sent or []}
        rows = [
            typed.pop(each.item.code) if each.item.code in typed else levels_table.row_of(each)
            for each in page.rows
        ]
        rows = [*typed.values(), *rows]
    told = render_template(
        "policies/index.html",
        sites=my_sites(partners=False),
        site=site,
        page=page,
        rows=rows,
        faults=faults or [],
        wanted=wanted,
        filters=filters,
        chips=_chips(filters),
        form=add,
        token=uuid4(),
        rounded=rounded,
        said=said,
        bases=BASES,
        ven=VEN,
        methods=POLICY_METHODS,
        item_name=item_name,
    )
    return told, status


def _chips(filters: LevelsFilters) -> list[dict[str, str]]:
    found = []
    for field in (filters.category, filters.ven, filters.show):
        offered: Any = field.choices or []
        words = dict(offered).get(field.data or "")
        if field.data and words:
            found.append({"name": field.short_name, "label": str(field.label.text), "value": str(words)})
    return found


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
        advice=queries.rows_by_code(session(), place, [item])[0].advice,
        rounded=rounded,
        said=said,
        bases=BASES,
    )
    return page, status


@bp.post("/<site>/<item>/remove")
@requires("policies.write")
def remove(site: str, item: str) -> ResponseReturnValue:
    """Take the levels of an item away; what a default says holds then."""
    try:
        atomically(lambda s: levels.remove_policy(s, me(), site, item))
        flash(_("The reorder levels are removed."), "success")
    except NotFound:
        _known(site, item)  # an unknown site or item is missing; levels that are gone already are no fault
        flash(_("No reorder levels are set for this item at this site."), "info")
    return redirect(url_for("policies.index", site=site), 303)


def _known(site: str, item: str) -> Policy | None:
    """The policy that is set; None where there is none yet. Raises NotFound for an unknown site or item."""
    service.get_site(session(), site)
    get_item(session(), item)
    try:
        return catalogue.policy(session(), site, item)
    except NotFound:
        return None
