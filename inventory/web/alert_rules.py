"""Thresholds of alerts: for everything, a site, a category or both."""

from typing import Any
from uuid import uuid4

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from inventory.access import requires
from inventory.db import session
from inventory.errors import DomainError
from inventory.queries import catalogue
from inventory.rules import alerting
from inventory.services import alert_rules as service
from inventory.web.forms import BaseForm, Choice, Text, Whole, put_errors
from inventory.web.guard import me
from inventory.web.numerals import NotANumber, whole_typed
from inventory.web.pages import do_once, my_sites, page_token
from inventory.web.reference_words import CATEGORIES, said

bp = Blueprint("alert_rules", __name__, url_prefix="/alerts/rules")


class RuleForm(BaseForm):
    """What is to be told when; what is left empty is as a wider rule says."""

    site = Choice(_l("Site"))
    category = Choice(_l("Category"))
    horizons = Text(
        _l("Days before expiry"),
        description=_l("Such as 90, 60, 30: told at the first, louder at each that follows."),
        render_kw={"maxlength": 60, "dir": "ltr", "inputmode": "text"},
    )
    least_risk = Whole(
        _l("Least quantity that will expire"),
        description=_l("Fewer of a batch that will not be used in time are not told, in base units."),
    )
    escalate_after_days = Whole(
        _l("Louder when ignored for, days"),
        description=_l("Without a rule: 2 days where it is critical, 7 where it is a warning."),
    )
    authorisation_days = Whole(_l("Days before an authorisation ends"))
    silent_days = Whole(
        _l("Days without a temperature reading"),
        description=_l("A logger from which nothing came for so long is asked for."),
    )

    def offer(self, categories: list[str]) -> None:
        """Set what may be chosen."""
        self.site.choices = [("", _("Every site"))] + [
            (site.code, f"{site.name} ({site.code})") for site in my_sites(partners=False, closed=False)
        ]
        self.category.choices = [("", _("Every category"))] + [
            (word, said(CATEGORIES, word)) for word in categories
        ]

    def fields(self) -> dict[str, Any]:
        """What the service takes; raises NotANumber for horizons that are none."""
        typed = (self.horizons.data or "").replace("،", ",").replace(";", ",")
        names = (
            *("site", "category", "least_risk", "escalate_after_days", "authorisation_days"),
            "silent_days",
        )
        return {name: self[name].data for name in names} | {
            "horizons": [whole_typed(each) for each in typed.split(",") if each.strip()]
        }


@bp.route("", methods=["GET", "POST"])
@requires("alerts.rules")
def index() -> ResponseReturnValue:
    """The rules, and a form for another or for one to be changed."""
    form = RuleForm()
    form.offer(sorted({*catalogue.categories(session())}))
    status = 200
    if form.validate_on_submit():
        try:
            fields = form.fields()
            do_once("alert rule", form.uuid, lambda s: str(service.set_rule(s, me(), fields).id))
            flash(_("The thresholds are set. Alerts follow when they are looked at next."), "success")
            return redirect(url_for("alert_rules.index"), 303)
        except NotANumber:
            text = _("Write whole numbers of days with commas between, such as 90, 60, 30.")
            form.horizons.errors = [*form.horizons.errors, text]
            status = 422
        except DomainError as error:
            put_errors(form, error)
            status = error.status
    elif request.method == "POST":
        status = 422
    page = render_template(
        "alerts/rules.html",
        form=form,
        rules=service.all_rules(session(), me()),
        usual=alerting.Thresholds(),
        patience=alerting.PATIENCE,
        horizons=alerting.read_horizons,
        said=said,
        categories=CATEGORIES,
        token=uuid4(),
    )
    return page, status


@bp.post("/<int:rule_id>/delete")
@requires("alerts.rules")
def drop(rule_id: int) -> ResponseReturnValue:
    """Take a rule away."""

    def work(s: Session) -> str:
        service.drop_rule(s, me(), min(rule_id, 2**62))
        return str(rule_id)

    do_once(f"drop alert rule {rule_id}", page_token(), work)
    flash(_("The rule is gone: what is wider holds again."), "success")
    return redirect(url_for("alert_rules.index"), 303)
