"""Where a supplier has too little for all that is asked for: who would get how much, and why."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from inventory.access import requires
from inventory.db import session
from inventory.queries import stock
from inventory.queries.suggestions import rationing
from inventory.web.forms import asked
from inventory.web.guard import me
from inventory.web.pages import item_name, my_sites, preset_site

bp = Blueprint("rationing", __name__, url_prefix="/rationing")


@bp.get("")
@requires("requisitions.approve")
def index() -> ResponseReturnValue:
    """The items of which a supplier has too little, with the proposed shares."""
    every = my_sites(partners=False)
    giving = {site.supplied_by_id for site in every}
    sites = [site for site in every if site.id in giving]
    code = asked("site")
    stock.check_site(session(), me(), code)
    code = code or preset_site(sites)
    site = next((each for each in sites if each.code == code), None)
    return render_template(
        "rationing/index.html",
        site=site,
        sites=sites,
        rows=rationing(session(), site) if site is not None else [],
        item_name=item_name,
    )
