"""What the API tells beside what it takes: messages in the reader's language."""

from collections.abc import Mapping
from typing import Any

from inventory.errors import Message
from inventory.exchange.json_fields import (
    Anything,
    Code,
    Day,
    Flag,
    Free,
    Instant,
    Many,
    Number,
    One,
    Query,
    QueryFlag,
    QueryWhole,
    Schema,
    Text,
    Whole,
    Word,
    optional,
    parse_instant,
    tell_instant,
)
from inventory.extensions import render


class Said(Text):
    """A message of ours, told in the reader's language. Only told, never taken."""

    def __init__(self, **options: Any) -> None:
        super().__init__(dump_only=True, **options)

    def _serialize(self, value: Any, attr: str | None, obj: Any, **_: Any) -> str | None:
        return None if value is None else say(value)


def say(value: Any) -> str:
    """A message, or the form in which one is stored, in the reader's language."""
    if isinstance(value, Mapping):
        value = Message.from_json(value)
    return render(value) if isinstance(value, Message) else str(value)


class Finding(Schema):
    """Something to know about it, under the name of its rule."""

    rule = Text(required=True)
    detail = Said(required=True)


__all__ = [
    "Anything",
    "Code",
    "Day",
    "Finding",
    "Flag",
    "Free",
    "Instant",
    "Many",
    "Number",
    "One",
    "Query",
    "QueryFlag",
    "QueryWhole",
    "Said",
    "Schema",
    "Text",
    "Whole",
    "Word",
    "optional",
    "parse_instant",
    "say",
    "tell_instant",
]
