"""What a site should ask for: each figure with the sum behind it, and a requisition made of it at once."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID, uuid4

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from inventory import clock
from inventory.access import requires
from inventory.db import session
from inventory.errors import DomainError
from inventory.extensions import render
from inventory.models import Site
from inventory.queries import stock
from inventory.queries import suggestions as queries
from inventory.queries.suggestions import Suggestion
from inventory.rules.demand import rounded
from inventory.services import requisitions
from inventory.services.requisitions import AskedLine, NewRequisition
from inventory.web.downloads import download, hxl_tags
from inventory.web.forms import asked
from inventory.web.guard import me
from inventory.web.numerals import NotANumber, whole_typed
from inventory.web.pages import do_once, item_name, my_sites, page_token, preset_site
from inventory.web.planning_words import level_word
from inventory.web.reference_words import BASES, said

bp = Blueprint("suggestions", __name__, url_prefix="/suggestions")


@bp.get("")
@requires("requisitions.see")
def index() -> ResponseReturnValue:
    """What is suggested at a site."""
    site = _site()
    return _page(site, uuid4())


@bp.get("/file.<any(csv, xlsx):ending>")
@requires("requisitions.write")
def file(ending: str) -> ResponseReturnValue:
    """What the page suggests for a site, as CSV or XLSX."""
    site = _site()
    if site is None:
        return render_template("errors/error.html", status=404, message=None), 404
    head = [
        _("Item"), _("Name"), _("Unit"), _("State"), _("Usable"), _("Reserved"), _("Will expire unused within a year"),
        _("On its way"), _("Asked for"), _("Used in a month"), _("It rests on"), _("Fill up to"), _("Lacking"),
        _("To ask for now"),
    ]  # fmt: skip
    names = (
        "item", "item_name", "base_unit", "status", "usable", "reserved", "projected_expired", "inbound", "asked_for",
        "demand", "demand_basis", "maximum", "lacking", "suggested_quantity",
    )  # fmt: skip
    saved = f"suggestions-{site.code}-{clock.today(site.timezone).isoformat()}"
    return download(ending, saved, head, _file_rows(site), _("Suggestions"), hxl_tags(names))


def _file_rows(site: Site) -> Iterator[Sequence[Any]]:
    for row in queries.suggestions(session(), me(), site):
        known, judged = row.figures, row.figures.assessment
        yield (
            row.item.code, item_name(row.item), row.item.base_unit, level_word(judged.status), known.usable,
            row.reserved, row.expiring, known.inbound, known.open_requisitions, rounded(known.demand),
            said(BASES, known.basis), rounded(judged.maximum), rounded(row.lacking), row.quantity,
        )  # fmt: skip


@bp.post("")
@requires("requisitions.write")
def make() -> ResponseReturnValue:
    """Make a draft of the chosen suggestions; once, however often the page is sent."""
    site = _site()
    if site is None:
        abort(404)
    token = page_token()
    typed = {code: request.form.get(f"quantity.{code}", "").strip() for code in request.form.getlist("pick")}
    errors: dict[str, str] = {}
    lines: list[AskedLine] = []
    for code, text in typed.items():
        try:
            lines.append(AskedLine(code, whole_typed(text) if text else 0))
        except NotANumber as error:
            errors[code] = render(error.message)
    general = []
    if not typed:
        general.append(_("Choose at least one item."))
    if not request.form.get("kind"):
        general.append(_("Say how urgent it is: some items are at their emergency level or out of stock."))
    if errors or general:
        return _page(site, token, errors, general, typed, 422)
    command = NewRequisition(site.code, request.form["kind"], lines)

    def work(s: Session) -> str:
        number: str = requisitions.draft(s, me(), command).number
        return number

    try:
        number = do_once(f"suggestions {site.code}", token, work)
    except DomainError as error:
        for each in error.errors:
            parts = each.pointer.split("/")
            at = int(parts[2]) if len(parts) > 2 and parts[2].isdigit() else len(lines)
            if at < len(lines):
                errors[lines[at].item] = render(each.message)
            else:
                general.append(render(each.message))
        if not error.errors:
            general.append(render(error.message))
        return _page(site, token, errors, general, typed, error.status)
    flash(
        _("%(number)s is kept as a draft. Send it for approval when it is ready.", number=number), "success"
    )
    return redirect(url_for("requisitions.show", number=number), 303)


def _site() -> Site | None:
    sites = my_sites(partners=False, closed=False)
    code = asked("site")
    stock.check_site(session(), me(), code)
    code = code or preset_site(sites)
    return next((each for each in sites if each.code == code), None)


def _page(
    site: Site | None,
    token: UUID,
    errors: Mapping[str, str] | None = None,
    general: list[str] | None = None,
    typed: Mapping[str, str] | None = None,
    status: int = 200,
) -> ResponseReturnValue:
    rows: list[Suggestion] = queries.suggestions(session(), me(), site) if site is not None else []
    page = render_template(
        "suggestions/index.html",
        site=site,
        sites=my_sites(partners=False, closed=False),
        rows=rows,
        urgent=any(row.urgent and not row.drafts for row in rows),
        drafts=sorted({number for row in rows for number in row.drafts}),
        errors=errors or {},
        general=general or [],
        typed=typed,
        kind=request.form.get("kind"),
        token=token,
        rounded=rounded,
        said=said,
        bases=BASES,
        item_name=item_name,
    )
    return page, status
