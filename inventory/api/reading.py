"""Bodies as programs send them: JSON in UTF-8, read once and strictly."""

import hashlib
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NoReturn

from flask import Request, current_app, g, request
from marshmallow import ValidationError, missing
from webargs.flaskparser import FlaskParser

from inventory.api.answering import JSON
from inventory.api.problems import Problem
from inventory.errors import msg

BODY_METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE"})
KEPT_WHATEVER = frozenset({"api.take_in"})
"""Endpoints that keep what they are sent, however odd it is."""
FILES = frozenset({"api.add_attachment"})
"""Endpoints that take a form with a file instead of JSON."""
DEEPEST = 32
"""More nested lists and objects than this are no request of ours."""
DRAINED = 32 * 1024 * 1024
"""How much of a body that is too large is still read, so that its sender gets to read the answer."""


def read_body() -> None:
    """Read the body of the present request into `g.body`; `missing` where there is none."""
    g.body = missing
    g.raw_body = b""
    if request.method not in BODY_METHODS:
        return
    if request.endpoint in FILES:
        request.max_content_length = (current_app.config["RELAIS"].attachment_max_mb << 20) + 64 * 1024
    limit = request.max_content_length
    if limit is not None and (request.content_length or 0) > limit:
        _drain()
        raise Problem(413)
    raw = request.get_data(cache=True)
    if not raw:
        return
    kind = request.mimetype
    if request.endpoint in FILES:
        if kind != "multipart/form-data":
            raise Problem(415)
        g.raw_body = _of_form()
        return
    if kind != JSON and not (kind.startswith("application/") and kind.endswith("+json")):
        raise Problem(415)
    g.raw_body = raw
    g.body = parsed(raw, any_keys=request.endpoint in KEPT_WHATEVER)


def _of_form() -> bytes:
    """What a form says, whatever the boundary between its parts: the same bytes for the same fields and files."""
    said = [(name, value) for name, value in request.form.items(multi=True)]
    said += [
        (name, hashlib.sha256(file.read()).hexdigest()) for name, file in request.files.items(multi=True)
    ]
    for file in request.files.values():
        file.seek(0)
    return json.dumps(sorted(said)).encode()


def _drain() -> None:
    stream = request.environ["wsgi.input"]
    left = min(request.content_length or 0, DRAINED)
    while left > 0 and (chunk := stream.read(min(left, 65536))):
        left -= len(chunk)


def parsed(raw: bytes, *, any_keys: bool = False) -> Any:
    """What the bytes say. Numbers with a point become Decimals. Raises the 400 problem for what is no JSON of ours."""
    try:
        found = json.loads(
            raw.decode("utf-8"), parse_float=Decimal, parse_constant=_refuse, object_pairs_hook=_unique
        )
        check_tree(found, any_keys)
    except (ValueError, RecursionError, ArithmeticError):
        raise Problem(400) from None
    return found


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Problem(400, msg("An object in the body has the same key twice."))
    return found


def check_tree(value: Any, any_keys: bool, depth: int = 0) -> None:
    """Raise ValueError where an object is nested too deep or has a key that could never be one of ours."""
    if depth > DEEPEST:
        raise ValueError("nested too deep")
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if not any_keys and (not key.isprintable() or len(key) > 200):
                raise ValueError("a key that cannot be printed")
            check_tree(inner, any_keys, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            check_tree(inner, any_keys, depth + 1)


class Parser(FlaskParser):
    """webargs, with bodies read by `read_body` and errors left to `problems`."""

    def load_json(self, req: Request, schema: Any) -> Any:
        return {} if g.body is missing else g.body

    def handle_error(self, error: ValidationError, req: Request, schema: Any, **_: Any) -> NoReturn:
        found = error.messages
        if isinstance(found, dict) and len(found) == 1:
            found = next(iter(found.values()))  # webargs puts the location around them
        raise ValidationError(found)
