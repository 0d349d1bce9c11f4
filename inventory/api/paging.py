"""Lists: `?limit=` and `?cursor=`, and the envelope around every page."""

import base64
import binascii
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import Response

from inventory.api.answering import encoded
from inventory.api.fields import Many, One, Query, QueryWhole, Schema, Text, parse_instant, tell_instant
from inventory.errors import Invalid, msg
from inventory.queries.paging import Slice

DEFAULT = 50
LARGEST = 500


class Paged(Query):
    """What every list takes."""

    limit = QueryWhole(least=1, most=LARGEST, load_default=DEFAULT)
    cursor = Text(most=500, load_default=None)


def page_of(row: type[Schema]) -> type[Schema]:
    """The schema of a page of such rows."""
    return Schema.from_dict(  # type: ignore[return-value]
        {
            "data": Many(One(row), required=True),
            "next": Text(required=True, allow_none=True),
        },
        name=f"{row.__name__}Page",
    )


def cursor_of(key: Any) -> str | None:
    """A key as an opaque string."""
    if key is None:
        return None
    parts = list(key) if isinstance(key, tuple) else [key]
    told = [tell_instant(part) if isinstance(part, datetime) else part for part in parts]
    return base64.urlsafe_b64encode(json.dumps(told).encode()).decode().rstrip("=")


def key_of(cursor: str | None, kinds: Sequence[type]) -> Any:
    """The key in a cursor of ours: one value, or a tuple. Raises Invalid at `/cursor` for anything else."""
    if cursor is None:
        return None
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        parts = json.loads(raw.decode("ascii"))
        found = tuple(_part(part, kind) for part, kind in zip(parts, kinds, strict=True))
    except (binascii.Error, ValueError, TypeError, RecursionError):
        raise Invalid.at("/cursor", msg("This cursor is not one of ours.")) from None
    return found if len(found) > 1 else found[0]


def _part(value: Any, kind: type) -> Any:
    if kind is datetime:
        value = parse_instant(value)
    if not isinstance(value, kind) or isinstance(value, bool):
        raise ValueError
    if isinstance(value, int) and abs(value) > 2**62:
        raise ValueError
    return value


def page(row: type[Schema], found: Slice[Any], rows: Sequence[Any] | None = None) -> Response:
    """One page: `rows` as told (default: those of the slice) and the cursor of the next."""
    data = row(many=True).dump(found.rows if rows is None else rows)
    return encoded({"data": data, "next": cursor_of(found.next)})
