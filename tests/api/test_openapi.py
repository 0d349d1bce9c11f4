"""The description of the API: made from the code, true to it, and complete."""

import contextlib
import contextvars
import json
import re

import jsonschema_rs
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from inventory.access import PUBLIC, permission_of
from tests.api.conftest import good
from tests.factories import create_donor, create_item, create_site, stock_up


@pytest.fixture
def document(nobody):
    return good(nobody.get("/openapi.json"))


def operations(document):
    for path, entry in document["paths"].items():
        for method, operation in entry.items():
            if method in ("get", "post", "put", "patch", "delete"):
                yield method, path, operation


def test_it_describes_every_endpoint_and_no_other(app, document):
    plain = re.compile(r"[<{][^>}]*[>}]")
    described = {(method, plain.sub("{}", path)) for method, path, _ in operations(document)}
    served = {
        (method.lower(), plain.sub("{}", rule.rule))
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/")
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    assert described == served
    assert document["openapi"].startswith("3.1")


def test_who_needs_a_token(app, document):
    assert document["security"] == [{"bearer": []}]
    for method, path, operation in operations(document):
        rule = path.replace("{", "<").replace("}", ">")
        view = next(r for r in app.url_map.iter_rules() if r.rule == rule and method.upper() in r.methods)
        public = permission_of(app.view_functions[view.endpoint]) == PUBLIC
        assert (operation.get("security") == []) == public, path
        assert ("401" in operation["responses"]) != public


def test_every_post_takes_a_key_and_every_list_pages(document):
    for method, _path, operation in operations(document):
        names = {
            each.get("name") or each["$ref"].rpartition("/")[2] for each in operation.get("parameters", [])
        }
        assert ("IdempotencyKey" in names) == (method == "post")
        schema = (
            operation["responses"]
            .get("200", {})
            .get("content", {})
            .get("application/json", {})
            .get("schema", {})
        )
        if schema.get("$ref", "").endswith("Page"):
            assert {"limit", "cursor"} <= names


def test_every_refusal_is_a_problem(document):
    for _, path, operation in operations(document):
        for status, answer in operation["responses"].items():
            if int(status) >= 400:
                assert answer == {"$ref": f"#/components/responses/Problem{status}"}, path
    for answer in document["components"]["responses"].values():
        assert list(answer["content"]) == ["application/problem+json"]


def test_every_reference_leads_somewhere(document):
    for name in set(re.findall(r'"#/components/([^"]+)"', json.dumps(document))):
        kind, _, key = name.partition("/")
        assert key in document["components"][kind], name


def test_its_schemas_are_schemas(document):
    for schema in document["components"]["schemas"].values():
        jsonschema_rs.meta.validate(schema)
    assert all("summary" in operation for _, _, operation in operations(document))


QUICK = settings(
    max_examples=4,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
CHECKS = [not_a_server_error, content_type_conformance, response_schema_conformance, status_code_conformance]


@pytest.mark.slow
def test_whatever_is_asked_is_answered_as_described(app, session, admin):
    """schemathesis makes up requests, good and bad: no answer is a fault of ours, and each is as described."""
    site, item = create_site(session, "DEPOT"), create_item(session, "PARA500")
    create_donor(session, "GIVER")
    stock_up(session, site, item, 100)
    headers = {"Authorization": f"Bearer {admin.token}"}
    schema = contextvars.Context().run(schemathesis.openapi.from_wsgi, "/api/v1/openapi.json", app)
    for found in schema.get_all_operations():
        operation = found.ok()
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            _ask(operation.as_strategy(generation_mode=mode), headers)


def _ask(cases, headers):
    @QUICK
    @given(case=cases)
    def call(case):
        answer = contextvars.Context().run(case.call, headers=headers)
        case.validate_response(answer, checks=CHECKS)

    with contextlib.suppress(Unsatisfiable):  # where there is no way to ask it wrongly
        call()
