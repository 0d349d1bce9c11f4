"""What is refused, and how that is told."""

import json

import pytest

from inventory.access import Role
from tests.api.conftest import good, pointers, problem

JSON = {"content_type": "application/json"}
DONOR = {"code": "D", "name": "N"}


@pytest.mark.parametrize(
    "raw",
    [
        b'{"code": ',
        b"\xff\xfe{}",
        b'{"code": NaN}',
        b'{"code": Infinity}',
        b"\xef\xbb\xbf{}",
        b'{"a": 1, "a": 2}',
        b'{"a\\u0000b": 1}',
        b'{"a": 1}}',
        b"[" * 100_000,
        b'{"a":' * 50 + b"1" + b"}" * 50,
        b'{"a": ' + b"9" * 5000 + b"}",
        b"\x00",
        b" ",
    ],
)
def test_an_unreadable_body(admin, raw):
    problem(admin.post("/donors", data=raw, **JSON), 400)


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", None]
)
@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/donors"), ("PATCH", "/items/X"), ("PUT", "/sites/X/policies/Y")]
)
def test_a_body_of_the_wrong_type(admin, kind, method, path):
    problem(admin.ask(method, path, data=b'{"code": "D"}', content_type=kind), 415)


def test_json_by_another_name(admin):
    answer = admin.post(
        "/donors", data=json.dumps(DONOR), content_type="application/merge-patch+json; charset=utf-8"
    )
    assert good(answer, 201)["code"] == "D"


@pytest.mark.parametrize("body", [[], "text", 5, None, True])
def test_a_body_that_is_no_object(admin, body):
    assert pointers(admin.post("/donors", data=json.dumps(body), **JSON)) == [""]


def test_no_body_where_one_is_needed(admin):
    assert sorted(pointers(admin.post("/donors"))) == ["/code", "/name"]


def test_a_huge_body(admin):
    problem(admin.post("/donors", data=b" " * (2 * 1024 * 1024), **JSON), 413)


def test_an_unknown_address_and_a_wrong_method(nobody, admin):
    for caller in (nobody, admin):
        problem(caller.get("/nothing"), 404)
        answer = caller.ask("DELETE", "/items")
        problem(answer, 405)
        assert "GET" in answer.headers["Allow"]


def test_an_unknown_field_is_named(admin):
    answer = admin.post("/donors", DONOR | {"nmae": "typo", "a/b~c": 1})
    assert sorted(pointers(answer)) == ["/a~1b~0c", "/nmae"]


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("a\x00b", True),
        ("a\x1bb", True),
        ("\ud800", True),
        ("a\u202eb", True),
        ("\uffff", True),
        ("<script>alert(1)</script>", False),
        ("شركة\u200f", False),
        ("'; DROP TABLE donor; --", False),
        ("x" * 201, True),
        ("", True),
        ("   ", True),
    ],
)
def test_texts_that_may_and_may_not_be_kept(admin, text, refused):
    answer = admin.post("/donors", data=json.dumps({"code": "D", "name": text}), **JSON)
    if refused:
        assert pointers(answer) == ["/name"]
    else:
        assert good(answer, 201)["name"] == text.strip()
        assert answer.mimetype == "application/json"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("value", ["many", True, 1.5, 1.0, "1", None, [], {}, 2**53 + 1, -(2**60)])
def test_a_quantity_is_a_whole_number(admin, depot, value):
    body = {"site": "DEPOT", "kind": "regular", "lines": [{"item": "A", "quantity": value}]}
    assert pointers(admin.post("/requisitions", body)) == ["/lines/0/quantity"]


@pytest.mark.parametrize(
    "value", ["2026-1-1", "01/02/2026", "2026-02-30", "20260101", 20260101, "2026-01-01T00:00:00Z", ""]
)
def test_a_date_is_strict(admin, value):
    body = {"donor": "D", "kind": "goods", "pledged_on": value, "lines": []}
    assert "/pledged_on" in pointers(admin.post("/donations", body))


@pytest.mark.parametrize(
    "value",
    [
        "2026-01-01T00:00:00",
        "2026-01-01 00:00:00Z",
        "2026-01-01T24:00:00Z",
        "2026-13-01T00:00:00Z",
        "0001-01-01T00:00:00+05:00",
        "2026-W01-1T00:00:00Z",
        0,
    ],
)
def test_an_instant_has_its_offset(admin, value):
    assert "/occurred_at" in pointers(
        admin.post("/shipments/X/events", {"milestone": "packed", "occurred_at": value})
    )


def test_what_every_path_may_hold(admin):
    for path in (
        "/items/a%00b",
        "/items/%F0%28",
        "/items/" + "x" * 4000,
        "/alerts/0x1/acknowledge",
        "/shipments/%E2%80%AE",
    ):
        method = "POST" if path.endswith("acknowledge") else "GET"
        problem(admin.ask(method, path, {} if method == "POST" else None), 404)


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("limit=0", "/limit"),
        ("limit=501", "/limit"),
        ("limit=many", "/limit"),
        ("limit=1.5", "/limit"),
        ("cursor=!!", "/cursor"),
        ("cursor=bnVsbA", "/cursor"),
        ("cursor=W10", "/cursor"),
        ("cursor=WyJhIl0", "/cursor"),
        ("cursor=W3RydWVd", "/cursor"),
        ("cursor=WzFlOTk5XQ", "/cursor"),
        ("cursor=%00", "/cursor"),
    ],
)
def test_a_bad_page(admin, query, pointer):
    assert pointers(admin.get(f"/sites?{query}")) == [pointer]


def test_problems_speak_the_callers_language(admin):
    german = good_title(admin, "de")
    french = good_title(admin, "fr")
    assert german == "There is no item with the code NONE."
    assert french != "" and isinstance(french, str)


def good_title(caller, language):
    return problem(caller.get("/items/NONE", headers={"Accept-Language": language}), 404)["detail"]


def test_a_fault_of_ours_tells_nothing(app, admin, monkeypatch):
    def broken(*_):
        raise RuntimeError("the secret of the house")

    monkeypatch.setattr("inventory.queries.catalogue.donors_slice", broken)
    app.testing = False
    try:
        answer = admin.get("/donors")
    finally:
        app.testing = True
    assert "secret" not in str(problem(answer, 500))


def test_a_rate_limit_where_the_settings_say_so(app, admin, program, monkeypatch):
    from dataclasses import replace

    from config import RateLimit

    other = program(Role.VIEWER)
    monkeypatch.setitem(app.config, "RELAIS", replace(app.config["RELAIS"], api_rate_limit=RateLimit(3, 60)))
    app.extensions.pop("relais-api-calls", None)
    for _ in range(3):
        good(admin.get("/items"))
    answer = admin.get("/items")
    problem(answer, 429)
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    good(other.get("/items"))
