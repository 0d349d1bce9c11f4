"""Errors as pages: one place turns what went wrong below into an answer for a person."""

from flask import Flask, current_app, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from inventory.db import session
from inventory.errors import DomainError
from inventory.extensions import render


def page(status: int, message: str | None = None) -> ResponseReturnValue:
    """The error page of that status."""
    return render_template("errors/error.html", status=status, message=message), status


def _domain_error(error: DomainError) -> ResponseReturnValue:
    texts = [render(error.message), *(render(each.message) for each in error.errors)]
    return page(error.status, " ".join(dict.fromkeys(texts)))


def _http_error(error: HTTPException) -> ResponseReturnValue:
    if error.code is None or error.code < 400:
        return error
    message = _("The form was open for too long. Load the page again and send it once more.")
    return page(error.code, message if isinstance(error, CSRFError) else None)


def _failure(error: Exception) -> ResponseReturnValue:
    session().rollback()
    current_app.logger.error("failed: %s %s", request.method, request.path, exc_info=error)
    return page(500)


def install(app: Flask) -> None:
    """Catch whatever comes up to the pages. The API catches its own before it gets here."""
    app.register_error_handler(DomainError, _domain_error)
    app.register_error_handler(HTTPException, _http_error)
    if not app.testing:
        app.register_error_handler(Exception, _failure)
