"""Errors as RFC 9457 problems: one place turns what went wrong below into `application/problem+json`."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Response, current_app, request
from marshmallow import ValidationError
from werkzeug.exceptions import HTTPException
from werkzeug.http import HTTP_STATUS_CODES

from inventory.api.answering import PROBLEM, encoded
from inventory.db import session
from inventory.errors import DomainError, FieldError, Invalid, Message, msg
from inventory.exchange.json_fields import field_errors
from inventory.extensions import render

TITLES = {
    400: msg("The request cannot be read"),
    401: msg("A token is needed"),
    403: msg("Not allowed"),
    404: msg("Not found"),
    405: msg("This method is not known here"),
    409: msg("The present state does not allow it"),
    413: msg("The request is too large"),
    415: msg("The body must be JSON"),
    422: msg("Some fields are wrong"),
    429: msg("Too many requests"),
    500: msg("Something went wrong here"),
}
DETAILS = {
    400: msg("The body is no JSON in UTF-8."),
    401: msg("Send `Authorization: Bearer TOKEN` with a token that is valid."),
    404: msg("There is nothing at this address, or nothing that you may know of."),
    405: msg("See openapi.json for what can be asked of this address."),
    413: msg("At most %(kilobytes)s kB are taken at once."),
    415: msg("Send the body as application/json."),
    500: msg("It was written to the log. Nothing of the request was done."),
}


class Problem(HTTPException):
    """A problem that the API itself finds, with its status, detail and headers."""

    def __init__(
        self, status: int, detail: Message | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__()
        self.code = status
        self.detail = detail
        self.headers = dict(headers or {})


class KeyReused(Invalid):
    """An Idempotency-Key came again with another body. Never remembered under that key."""


def problem(
    status: int,
    detail: Message | str | None = None,
    errors: Sequence[FieldError] = (),
    headers: Mapping[str, str] | None = None,
    code: str | None = None,
) -> Response:
    """The answer that tells what went wrong, in the reader's language."""
    title = TITLES.get(status)
    default = DETAILS.get(status, title)
    if status == 413:
        default = msg("At most %(kilobytes)s kB are taken at once.", kilobytes=_limit() // 1024)
    told = detail or default or HTTP_STATUS_CODES.get(status, "")
    body: dict[str, Any] = {
        "type": f"urn:relais:problem:{code}" if code else "about:blank",
        "title": render(title) if title else HTTP_STATUS_CODES.get(status, "Error"),
        "status": status,
        "detail": render(told) if isinstance(told, Message) else told,
    }
    if errors:
        body["errors"] = [{"pointer": each.pointer, "detail": render(each.message)} for each in errors]
    answer = encoded(body, status, PROBLEM)
    answer.headers.extend(headers or {})
    return answer


def _limit() -> int:
    return int(request.max_content_length or current_app.config["MAX_CONTENT_LENGTH"])


def of_domain(error: DomainError) -> Response:
    """What a floor below refused."""
    return problem(error.status, error.message, error.errors, code=error.code)


def of_fields(error: ValidationError) -> Response:
    """What marshmallow found wrong with a body or a query."""
    return of_domain(Invalid(field_errors(error.messages)))


def of_http(error: HTTPException) -> Response:
    """What werkzeug, Flask or the API's own guard refused."""
    if isinstance(error, Problem):
        return problem(error.code or 500, error.detail, headers=error.headers)
    status = error.code or 500
    headers: dict[str, str] = {}
    allowed = getattr(error, "valid_methods", None)
    if allowed:
        headers["Allow"] = ", ".join(sorted(allowed))
    return problem(status, headers=headers)


def of_failure(error: Exception) -> Response:
    """A fault of the program: logged in full, told without detail."""
    if current_app.testing:
        raise error
    session().rollback()
    current_app.logger.error("failed: %s %s", request.method, request.path, exc_info=error)
    return problem(500)
