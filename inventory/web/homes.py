"""Home pages by role: what waits for me, then what I do most."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from inventory.access import requires

bp = Blueprint("homes", __name__)


@bp.get("/")
@requires("home.see")
def home() -> ResponseReturnValue:
    """The home page of whoever asks."""
    return render_template("homes/home.html")
