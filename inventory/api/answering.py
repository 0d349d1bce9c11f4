"""Answers as bytes of JSON, so that what is remembered and what is sent are the same."""

import json
from typing import Any

from flask import Response

JSON = "application/json"
PROBLEM = "application/problem+json"


def encoded(body: Any, status: int = 200, content_type: str = JSON) -> Response:
    """`body` (of plain JSON values) as an answer in UTF-8."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    data = text.encode("utf-8", errors="backslashreplace")
    return Response(data, status, content_type=content_type)
