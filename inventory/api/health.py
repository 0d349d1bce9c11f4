"""`GET /healthz`: whether the program and its database answer."""

from flask import Blueprint, Response, current_app
from sqlalchemy.exc import SQLAlchemyError

from inventory.access import public
from inventory.api.answering import encoded
from inventory.db import alive

bp = Blueprint("health", __name__)


@bp.get("/healthz")
@public
def healthz() -> Response:
    """200 where the database answers, else 503."""
    try:
        alive()
    except SQLAlchemyError as error:
        current_app.logger.error("the database does not answer: %s", error)
        return encoded({"status": "the database does not answer"}, 503)
    return encoded({"status": "ok"})
