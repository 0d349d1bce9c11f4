"""`openapi.json`, made from the code: what flask-smorest gathers, and what holds for every call."""

import json
from functools import cache
from typing import Any

import flask_smorest
from apispec import BasePlugin
from flask import Flask, Response, current_app

from inventory.access import PUBLIC, permission_of, public
from inventory.api import problems
from inventory.api.answering import JSON, PROBLEM
from inventory.api.base import PREFIX, bp
from inventory.api.idempotency import HEADER, LONGEST, REPLAYED

DESCRIPTION = """Relais keeps medical supplies from a donor's gift to a dispensary's shelf.

Lists answer `{"data": [...], "next": CURSOR or null}`. Errors are RFC 9457 problems; `errors` names each field at
fault by its JSON pointer. Quantities are whole numbers of an item's base unit, weights kilograms, volumes cubic
metres; decimals are told as strings. A request is done whole or not at all."""

TAGS = {
    "Reference": "Items, sites, donors and reorder policies.",
    "Stock": "Receipts, what is in stock, and what changes it.",
    "Requisitions": "What a site asks for.",
    "Shipments": "Packages on their way, their milestones, papers and what arrived.",
    "Alerts": "What somebody should look at.",
    "Donations": "Gifts and what became of them.",
    "Tracking": "Links that show a shipment's status to whoever holds them.",
    "Field work": "What devices recorded offline.",
}
_EXTENSION = "relais-api"
_REFUSALS = {
    "400": "Unreadable",
    "401": "No or bad token",
    "403": "Not allowed",
    "404": "Unknown, or not to be known of",
    "409": "The state does not allow it",
    "413": "Too large",
    "415": "Not JSON",
    "422": "Fields are wrong",
    "429": "Too many",
}


class Api(flask_smorest.Api):
    """flask-smorest's spec alone: errors and the document itself are ours."""

    ERROR_SCHEMA = None

    def _register_error_handlers(self) -> None:
        """The blueprint has its own."""

    def _register_doc_blueprint(self) -> None:
        """The document is served below."""


def install(app: Flask, plugins: tuple[BasePlugin, ...] = ()) -> None:
    """Put the blueprint with all its rooms into `app` and its description beside it."""
    app.config.update(API_TITLE="Relais", API_VERSION="1", OPENAPI_VERSION="3.1.0")
    api = Api(spec_kwargs={"info": {"description": DESCRIPTION}, "extra_plugins": list(plugins)})
    api.init_app(app)
    api.register_blueprint(bp)
    app.extensions[_EXTENSION] = api


@bp.route("/openapi.json", methods=["GET"], tags=["Reference"])
@public
@bp.doc(summary="This document")
@bp.response(200, {"type": "object"}, description="OpenAPI 3.1")
def openapi() -> Response:
    """This document."""
    return Response(_document(current_app.extensions[_EXTENSION]), content_type=JSON)


@cache
def _document(api: flask_smorest.Api) -> bytes:
    return json.dumps(described(api), ensure_ascii=False).encode()


def described(api: flask_smorest.Api) -> dict[str, Any]:
    """The OpenAPI document of the API."""
    document: dict[str, Any] = json.loads(json.dumps(api.spec.to_dict(), default=str))
    document["tags"] = [{"name": name, "description": text} for name, text in TAGS.items()]
    document["security"] = [{"bearer": []}]
    parts = document.setdefault("components", {})
    parts.pop("responses", None)
    parts["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer"}}
    parts["schemas"]["Problem"] = _problem_schema()
    parts["headers"] = {
        REPLAYED: {
            "description": "`true` where this is the first answer again, and nothing was done.",
            "schema": {"type": "string", "enum": ["true"]},
        }
    }
    parts["parameters"] = {
        "IdempotencyKey": {
            "name": HEADER,
            "in": "header",
            "required": False,
            "description": "The same key with the same body gets the first answer again; with another body, 422.",
            "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST},
        },
    }
    parts["responses"] = {
        f"Problem{status}": {
            "description": text,
            "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status, text in _REFUSALS.items()
    }
    open_paths = _open_paths()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if isinstance(operation, dict) and "responses" in operation:
                _complete(path, method, operation, is_open=path in open_paths)
    return document


def _complete(path: str, method: str, operation: dict[str, Any], *, is_open: bool) -> None:
    answers = operation["responses"]
    for status in [each for each in answers if each == "default" or int(each) >= 400]:
        del answers[status]
    statuses = {"404", "422", "429"} if "{" in path else {"422", "429"}
    if is_open:
        operation["security"] = []
    else:
        statuses |= {"401", "403"}
    if any(each.get("name") == "site" for each in operation.get("parameters", [])):
        statuses.add("404")  # a list of a site that is not known
    if method != "get":
        statuses |= {"400", "409", "413", "415"}
    if method == "post":
        operation.setdefault("parameters", []).append({"$ref": "#/components/parameters/IdempotencyKey"})
        for status, answer in answers.items():
            if int(status) < 300:
                answer["headers"] = {REPLAYED: {"$ref": f"#/components/headers/{REPLAYED}"}}
    for status in sorted(statuses):
        answers[status] = {"$ref": f"#/components/responses/Problem{status}"}


def _open_paths() -> set[str]:
    rules = current_app.url_map.iter_rules()
    ours = [rule for rule in rules if rule.endpoint.startswith(f"{bp.name}.")]
    views = current_app.view_functions
    found = [rule.rule for rule in ours if permission_of(views[rule.endpoint]) == PUBLIC]
    return {rule.replace("<", "{").replace(">", "}").replace("string:", "") for rule in found}


def _problem_schema() -> dict[str, Any]:
    field = {
        "type": "object",
        "required": ["pointer", "detail"],
        "properties": {
            "pointer": {"type": "string", "description": "JSON pointer (RFC 6901) to the field at fault"},
            "detail": {"type": "string"},
        },
    }
    return {
        "type": "object",
        "description": "RFC 9457",
        "required": ["type", "title", "status", "detail"],
        "properties": {
            "type": {"type": "string"},
            "title": {"type": "string"},
            "status": {"type": "integer", "enum": sorted(problems.TITLES)},
            "detail": {"type": "string"},
            "errors": {"type": "array", "items": field},
        },
    }


__all__ = ["PREFIX", "described", "install"]
