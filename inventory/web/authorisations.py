"""Authorisations: the dated papers without which a team may not enter a camp."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session
from wtforms import TextAreaField
from wtforms.validators import InputRequired

from inventory import clock
from inventory.access import requires
from inventory.db import session
from inventory.errors import DomainError
from inventory.models import Authorisation
from inventory.queries import authorisations as reading
from inventory.services import authorisations as service
from inventory.web.forms import BaseForm, Choice, Day, Text, asked, asked_number, put_errors
from inventory.web.guard import me
from inventory.web.labels import AUTHORISATIONS
from inventory.web.pages import PAGE, do_once, my_sites, page_token, preset_site, site_choices

bp = Blueprint("authorisations", __name__, url_prefix="/authorisations")


class AuthorisationForm(BaseForm):
    """Who lets the team of a site in where, and from when to when."""

    site = Choice(_l("Site"), [InputRequired(_l("Say which site."))])
    place = Text(
        _l("Place"),
        [InputRequired(_l("Say which place."))],
        description=_l("The camp or area that the team may enter."),
        render_kw={"maxlength": 200},
    )
    authority = Text(
        _l("Given by"), description=_l("The office that signed it."), render_kw={"maxlength": 200}
    )
    reference = Text(_l("Number on the paper"), render_kw={"maxlength": 64, "dir": "auto"})
    valid_from = Day(_l("First day"), [InputRequired(_l("Give a date."))])
    valid_until = Day(
        _l("Last day"), [InputRequired(_l("Give a date."))], description=_l("The team may still enter on it.")
    )
    note = TextAreaField(_l("Note"), render_kw={"rows": 2, "maxlength": 2000})

    def fields(self) -> dict[str, Any]:
        """What the service takes."""
        names = ("site", "place", "authority", "reference", "valid_from", "valid_until", "note")
        return {name: self[name].data for name in names}


@bp.get("")
@requires("authorisations.see")
def index() -> ResponseReturnValue:
    """The authorisations of my sites, what is most pressing first."""
    site, state = asked("site"), asked("state")
    papers = reading.authorisations(session(), me(), site, state)
    number = max(1, min(asked_number("page", 1), -(-len(papers) // PAGE)))
    return render_template(
        "authorisations/index.html",
        papers=papers[(number - 1) * PAGE : number * PAGE],
        number=number,
        size=PAGE,
        total=len(papers),
        sites=my_sites(partners=False),
        states=AUTHORISATIONS,
        site=site,
        state=state,
        token=uuid4(),
    )


@bp.route("/new", methods=["GET", "POST"])
@requires("authorisations.write")
def new() -> ResponseReturnValue:
    """A new authorisation."""
    sites = my_sites(partners=False, closed=False)
    form = AuthorisationForm(site=preset_site(sites))
    form.site.choices = site_choices(sites)
    return _form(form, None, lambda s: service.add_authorisation(s, me(), form.fields()), "new")


@bp.route("/<int:paper_id>/renew", methods=["GET", "POST"])
@requires("authorisations.write")
def renew(paper_id: int) -> ResponseReturnValue:
    """A new authorisation that takes over from an old one."""
    old = _known(paper_id)
    after = max(old.valid_until, clock.today(old.site.timezone))
    given = {"authority": old.authority, "valid_from": after}
    form = AuthorisationForm(data=given | {"site": old.site.code, "place": old.place})
    _fixed(form, old)
    return _form(
        form, old, lambda s: service.renew_authorisation(s, me(), old.id, form.fields()), f"renew {old.id}"
    )


@bp.route("/<int:paper_id>/edit", methods=["GET", "POST"])
@requires("authorisations.write")
def edit(paper_id: int) -> ResponseReturnValue:
    """Put right what was written down wrongly."""
    paper = _known(paper_id)
    names = ("place", "authority", "reference", "valid_from", "valid_until", "note")
    form = AuthorisationForm(data={name: getattr(paper, name) for name in names} | {"site": paper.site.code})
    _fixed(form, paper)
    return _form(
        form,
        paper,
        lambda s: service.change_authorisation(s, me(), paper.id, form.fields()),
        f"edit {paper.id}",
    )


@bp.post("/<int:paper_id>/end")
@requires("authorisations.write")
def end(paper_id: int) -> ResponseReturnValue:
    """Say that an authorisation is not needed any more."""
    paper = _known(paper_id)

    def work(s: Session) -> str:
        return str(service.end_authorisation(s, me(), paper.id, None).id)

    do_once(f"end authorisation {paper.id}", page_token(), work)
    flash(_("Nobody is reminded of this authorisation any more."), "success")
    return redirect(url_for("authorisations.index"), 303)


def _known(paper_id: int) -> Authorisation:
    return service.get_authorisation(session(), me(), min(paper_id, 2**62), "authorisations.write")


def _fixed(form: AuthorisationForm, paper: Authorisation) -> None:
    """The site of a paper that is there already is not chosen again."""
    form.site.choices = [(paper.site.code, f"{paper.site.name} ({paper.site.code})")]


def _form(
    form: AuthorisationForm,
    paper: Authorisation | None,
    work: Callable[[Session], Authorisation],
    purpose: str,
) -> ResponseReturnValue:
    status = 200
    if form.validate_on_submit():
        try:
            do_once(f"authorisation {purpose}", form.uuid, lambda s: str(work(s).id))
            flash(_("The authorisation is written down."), "success")
            return redirect(url_for("authorisations.index"), 303)
        except DomainError as error:
            if error.status in (403, 404):
                raise
            put_errors(form, error)
            status = error.status
            paper = _known(paper.id) if paper is not None else None
    elif request.method == "POST":
        status = 422
    verb = (request.endpoint or "").rpartition(".")[2]
    return render_template("authorisations/form.html", form=form, paper=paper, verb=verb), status
