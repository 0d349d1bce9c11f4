"""Home pages by role: what waits for me, then what I do most."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from inventory.access import Role, requires
from inventory.db import session
from inventory.queries import gifts, homes
from inventory.web.guard import me

SHIPMENTS = 8
"""So many of a donor's shipments stand on their home page; the list of shipments has all."""

bp = Blueprint("homes", __name__)


@bp.get("/")
@requires("home.see")
def home() -> ResponseReturnValue:
    """The home page of whoever asks."""
    who = me()
    if who.role is Role.DONOR:
        found = gifts.gifts_of(session(), who.donor_id or 0)
        on_the_way = gifts.shipments_for(session(), who.donor_id or 0, SHIPMENTS)
        return render_template("homes/donor.html", gifts=found, shipments=on_the_way)
    return render_template("homes/staff.html", home=homes.home(session(), who))
