"""The demand to come at a site as people know it: its plan, months set by hand, figures assumed where none is known."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from inventory import clock
from inventory.access import requires
from inventory.db import atomically, session
from inventory.errors import DomainError, NotFound
from inventory.extensions import render
from inventory.models import Site
from inventory.queries import planning as queries
from inventory.queries import stock
from inventory.rules.demand import rounded
from inventory.services import planning
from inventory.services.planning import Assumption, MonthsByHand, Plan
from inventory.web.demand_forms import AssumedForm, MonthsForm, PlanForm
from inventory.web.forms import asked, asked_day, name_items, put_errors
from inventory.web.guard import me
from inventory.web.pages import do_once, item_name, my_sites, preset_site, stand_at

bp = Blueprint("demand", __name__, url_prefix="/demand")


@bp.get("")
@requires("policies.see")
def index() -> ResponseReturnValue:
    """What is planned, set and assumed at a site."""
    site = _site()
    return _page(site) if site is not None else _choose()


@bp.post("/plan")
@requires("policies.write")
def plan() -> ResponseReturnValue:
    """Set the plan of a site."""
    site, form = _site_or_404(), PlanForm()
    form.offer(queries.kits(session()))

    def work(s: Session) -> str:
        command = Plan(
            site.code,
            form.starts_on.data,
            form.days_per_week.data,
            form.patients_per_day.data,
            form.population.data,
            form.kit.data,
            bool(form.for_supplied.data),
            form.note.data,
        )
        return str(planning.set_plan(s, me(), command).id)

    return _handle(site, form, work, _("The plan of %(site)s is set.", site=site.name), plan=form)


@bp.post("/plans/<int:plan_id>/remove")
@requires("policies.write")
def remove_plan(plan_id: int) -> ResponseReturnValue:
    """Take a plan away."""
    code = atomically(lambda s: planning.remove_plan(s, me(), plan_id))
    flash(_("The plan is removed."), "success")
    return redirect(url_for("demand.index", site=code), 303)


@bp.post("/months")
@requires("policies.write")
def months() -> ResponseReturnValue:
    """Set the demand for an item in some months by hand."""
    site, form = _site_or_404(), MonthsForm()
    name_items([form.item])

    def work(s: Session) -> str:
        command = MonthsByHand(
            site.code,
            form.item.data or "",
            form.first.data,
            form.last.data,
            form.quantity.data,
            form.reason.data,
        )
        return str(planning.set_months(s, me(), command))

    return _handle(site, form, work, _("The demand is set by hand."), months=form)


@bp.post("/months/end")
@requires("policies.write")
def end_months() -> ResponseReturnValue:
    """End what was set by hand for an item."""
    site, item = _site_or_404(), asked("item")
    first, last = asked_day("first"), asked_day("last")
    if item is None or first is None:
        abort(404)
    try:
        count = atomically(
            lambda s: planning.remove_months(s, me(), site.code, item, first.replace(day=1), last)
        )
        flash(
            ngettext("One month is as before again.", "%(num)s months are as before again.", count), "success"
        )
    except NotFound as error:
        flash(render(error.message), "info")
    return redirect(url_for("demand.index", site=site.code), 303)


@bp.post("/assumed")
@requires("policies.write")
def assume() -> ResponseReturnValue:
    """Assume a figure where nothing is known."""
    site, form = _site_or_404(), AssumedForm()
    name_items([form.item])

    def work(s: Session) -> str:
        command = Assumption(site.code, form.item.data or "", form.quantity.data, form.note.data)
        return str(planning.assume(s, me(), command).id)

    return _handle(
        site, form, work, _("The figure is assumed until something better is known."), assumed=form
    )


@bp.post("/assumed/remove")
@requires("policies.write")
def forget() -> ResponseReturnValue:
    """Take an assumed figure away."""
    site, item = _site_or_404(), asked("item")
    try:
        atomically(lambda s: planning.forget_assumption(s, me(), site.code, item or ""))
        flash(_("Nothing is assumed any more."), "success")
    except NotFound as error:
        flash(render(error.message), "info")
    return redirect(url_for("demand.index", site=site.code), 303)


def _handle(
    site: Site, form: Any, work: Callable[[Session], str], done: str, **forms: Any
) -> ResponseReturnValue:
    if not form.validate():
        return _page(site, 422, **forms)
    try:
        do_once(f"{request.path} {site.code}", form.uuid, work)
    except DomainError as error:
        put_errors(form, error)
        return _page(site, error.status, **forms)
    flash(done, "success")
    return redirect(url_for("demand.index", site=site.code), 303)


def _site() -> Site | None:
    sites = my_sites(partners=False)
    code = asked("site")
    stock.check_site(session(), me(), code)
    code = code or preset_site(sites)
    return next((each for each in sites if each.code == code), None)


def _site_or_404() -> Site:
    site = _site()
    if site is None:
        abort(404)
    return site


def _choose() -> ResponseReturnValue:
    return render_template("demand/index.html", site=None, sites=my_sites(partners=False))


def _page(
    site: Site,
    status: int = 200,
    plan: PlanForm | None = None,
    months: MonthsForm | None = None,
    assumed: AssumedForm | None = None,
) -> ResponseReturnValue:
    stand_at(site)
    plans, kits = queries.plans(session(), site), queries.kits(session())
    if plan is None:
        plan = PlanForm(formdata=None, obj=plans.current)
        plan.starts_on.data = None
        plan.kit.data = plans.current.kit.item.code if plans.current and plans.current.kit else None
        plan.offer(kits)
    page = render_template(
        "demand/index.html",
        site=site,
        sites=my_sites(partners=False),
        plans=plans,
        kits=kits,
        months=queries.months_by_hand(session(), site),
        assumed=queries.assumed(session(), site),
        plan_form=plan,
        months_form=months or MonthsForm(formdata=None),
        assumed_form=assumed or AssumedForm(formdata=None),
        today=clock.today(site.timezone),
        token=uuid4(),
        rounded=rounded,
        item_name=item_name,
    )
    return page, status
