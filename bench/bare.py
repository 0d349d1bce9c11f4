"""The reference: a Flask app that does nothing but answer bytes of the size that is asked for."""

from functools import cache

from flask import Flask, Response, request

app = Flask(__name__)


@cache
def _body(size: int) -> bytes:
    return b"x" * size


@app.get("/<kind>/<int:size>")
def answer(kind: str, size: int) -> Response:
    """`size` bytes of HTML or JSON."""
    return Response(_body(size), mimetype="text/html" if kind == "html" else "application/json")


@app.post("/json/<int:size>")
def take(size: int) -> Response:
    """Read the JSON that was sent and answer `size` bytes."""
    request.get_json()
    return Response(_body(size), 201, mimetype="application/json")
