"""The network at a glance, for those who see every site."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from inventory.access import requires
from inventory.db import session
from inventory.queries.network import network
from inventory.rules.demand import rounded
from inventory.web.pages import item_name
from inventory.web.reference_words import SITE_KINDS, said

bp = Blueprint("network", __name__, url_prefix="/network")

GLYPHS = {
    "warehouse": "building-warehouse",
    "dispensary": "first-aid-kit",
    "mobile_clinic": "ambulance",
    "hospital": "building-hospital",
    "partner": "heart-handshake",
}


@bp.get("")
@requires("network.see")
def index() -> ResponseReturnValue:
    """Every site and what is amiss there, who supplies whom, and the items that fare worst."""
    return render_template(
        "network/index.html",
        network=network(session()),
        glyphs=GLYPHS,
        kinds=SITE_KINDS,
        said=said,
        rounded=rounded,
        item_name=item_name,
    )
