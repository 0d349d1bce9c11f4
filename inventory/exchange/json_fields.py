"""The kinds of value in JSON that programs and devices send; each refuses what is not quite its own.

marshmallow's fields with messages of ours, so that what is wrong can be told in any language.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import marshmallow
from marshmallow import ValidationError, fields

from inventory.errors import FieldError, Message, msg
from inventory.rules.packing import plain
from inventory.rules.text import CODE_PATTERN, UnfitText, clean

MOST = 2**53
"""Whole numbers beyond this are not exact in every program that reads JSON."""

_ERRORS: dict[str, list[Message]] = {
    "required": [msg("This is needed.")],
    "null": [msg("This may not be null.")],
    "validator_failed": [msg("This is not right.")],
}
_UNFIT: dict[str, Any] = {
    "unknown": msg("There is no such field here."),
    "type": msg("This must be an object."),
}
_DAY = re.compile(r"\d{4}-\d\d-\d\d\Z", re.ASCII)
_INSTANT = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?([Zz]|[+-]\d\d:\d\d)\Z", re.ASCII
)
_NUMBER = re.compile(r"-?\d{1,20}(\.\d{1,12})?\Z", re.ASCII)


class Schema(marshmallow.Schema):
    """An object with exactly these fields: an unknown one is refused, since a typo must not be lost."""

    error_messages = _UNFIT

    class Meta:
        unknown = marshmallow.RAISE


class Query(Schema):
    """What may stand after the question mark; what is not known there is passed over."""

    class Meta:
        unknown = marshmallow.EXCLUDE


class _Field(fields.Field[Any]):
    """A field whose faults are told by messages of ours."""

    errors: Mapping[str, list[Message]] = {}

    def __init__(self, **options: Any) -> None:
        super().__init__(error_messages={**_ERRORS, **self.errors}, **options)


def _wrong(text: Message) -> ValidationError:
    return ValidationError([text])


class Text(_Field, fields.String):
    """A string. `most` characters; no control characters, broken characters or direction overrides."""

    def __init__(self, *, most: int = 5000, **options: Any) -> None:
        options.setdefault("metadata", {})
        options["metadata"] = {"maxLength": most} | dict(options["metadata"])
        super().__init__(**options)
        self.most = most

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any) -> str:
        if not isinstance(value, str):
            raise _wrong(msg("This must be a string."))
        if len(value) > self.most:
            raise _wrong(msg("This is too long: %(most)s characters at most.", most=self.most))
        try:
            clean(value, lines=True)
        except UnfitText as error:
            raise _wrong(error.message) from None
        return value


class Free(Text):
    """A string of any characters, such as a scanner sends."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any) -> str:
        if not isinstance(value, str):
            raise _wrong(msg("This must be a string."))
        if len(value) > self.most:
            raise _wrong(msg("This is too long: %(most)s characters at most.", most=self.most))
        return value


class Code(Text):
    """The code of an item, a site or a donor."""

    def __init__(self, **options: Any) -> None:
        super().__init__(most=32, metadata={"pattern": CODE_PATTERN}, **options)


class Word(Text):
    """One of a closed list of words."""

    def __init__(self, words: Iterable[str], **options: Any) -> None:
        self.words = [str(word) for word in words]
        listed: list[str | None] = [*self.words, None] if options.get("allow_none") else [*self.words]
        super().__init__(most=40, metadata={"enum": listed}, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any) -> str:
        if not isinstance(value, str) or value not in self.words:
            raise _wrong(msg("This must be one of: %(words)s.", words=", ".join(self.words)))
        return value


class Whole(_Field, fields.Integer):
    """A whole number, written as one: not 1.0, not "1", not true."""

    def __init__(self, *, least: int = -MOST, most: int = MOST, **options: Any) -> None:
        super().__init__(metadata={"minimum": least, "maximum": most}, **options)
        self.least, self.most_ = least, most

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise _wrong(msg("This must be a whole number."))
        return self.bounded(value)

    def bounded(self, value: int) -> int:
        """`value`, if it lies within the bounds."""
        if value < self.least:
            raise _wrong(msg("This must be at least %(least)s.", least=self.least))
        if value > self.most_:
            raise _wrong(msg("This is more than can be right: %(most)s at most.", most=self.most_))
        return value

    def _serialize(self, value: Any, attr: str | None, obj: Any, **_: Any) -> int | None:
        return None if value is None else int(value)


class QueryWhole(Whole):
    """A whole number in a query."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any) -> int:
        if not re.fullmatch(r"-?\d{1,18}", str(value), re.ASCII):
            raise _wrong(msg("This must be a whole number."))
        return self.bounded(int(value))


class Number(_Field):
    """A decimal: taken as a number or a string, told as a string without exponent. `places` keeps its decimals."""

    def __init__(self, *, whole_too: bool = False, keep_places: bool = False, **options: Any) -> None:
        super().__init__(metadata={"type": ["string", "number"], "examples": ["12.5"]}, **options)
        self.whole_too, self.keep_places = whole_too, keep_places

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any) -> Decimal:
        if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
            raise _wrong(msg("This must be a number."))
        if isinstance(value, str) and not _NUMBER.match(value):
            raise _wrong(msg("This must be a number such as 12.5."))
        try:
            number = Decimal(value)
        except InvalidOperation:
            raise _wrong(msg("This must be a number.")) from None
        exponent = number.as_tuple().exponent
        if (
            not number.is_finite()
            or number.adjusted() > 20
            or not isinstance(exponent, int)
            or exponent < -20
        ):
            raise _wrong(msg("This number is out of range."))
        return number

    def _serialize(self, value: Any, attr: str | None, obj: Any, **_: Any) -> str | int | None:
        if value is None:
            return None
        if self.whole_too and value == int(value):
            return int(value)
        number = Decimal(value)
        return f"{number:f}" if self.keep_places else plain(number)


class Flag(_Field, fields.Boolean):
    """true or false, and nothing that might mean it."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any) -> bool:
        if not isinstance(value, bool):
            raise _wrong(msg("This must be true or false."))
        return value


class QueryFlag(Flag):
    """true or false in a query."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any) -> bool:
        if str(value).lower() not in ("true", "false"):
            raise _wrong(msg("This must be true or false."))
        return str(value).lower() == "true"


class Day(_Field, fields.Date):
    """A date, `YYYY-MM-DD`."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any) -> date:
        try:
            if isinstance(value, str) and _DAY.match(value):
                return date.fromisoformat(value)
        except ValueError:
            pass
        raise _wrong(msg("This must be a date such as 2026-01-31."))

    def _serialize(self, value: Any, attr: str | None, obj: Any, **_: Any) -> str | None:
        return None if value is None else value.isoformat()


class Instant(_Field, fields.DateTime):
    """An instant: RFC 3339 with its offset, told in UTC."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any
    ) -> datetime:
        found = parse_instant(value)
        if found is None:
            raise _wrong(msg("This must be an instant with its offset, such as 2026-01-31T12:00:00Z."))
        return found

    def _serialize(self, value: Any, attr: str | None, obj: Any, **_: Any) -> str | None:
        return None if value is None else tell_instant(value)


def parse_instant(value: Any) -> datetime | None:
    """What an RFC 3339 string means, in UTC; None for anything else. A space before the offset is a lost plus."""
    if not isinstance(value, str):
        return None
    parts = _INSTANT.match(re.sub(r" (\d\d:\d\d)\Z", r"+\1", value))
    if parts is None:
        return None
    day, clock, fraction, offset = parts.groups()
    text = f"{day}T{clock}.{(fraction or '0')[:6]:0<6}{'+00:00' if offset in 'Zz' else offset}"
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def tell_instant(value: datetime) -> str:
    """RFC 3339 in UTC, ending in Z."""
    return value.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


class Many(_Field, fields.List[Any]):
    """A list of the same."""

    errors = {"invalid": [msg("This must be a list.")]}

    def __init__(self, inner: Any, *, most: int | None = None, **options: Any) -> None:
        super().__init__(cls_or_instance=inner, metadata={"maxItems": most} if most else {}, **options)
        self.most = most

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **more: Any
    ) -> list[Any]:
        if not isinstance(value, list):
            raise self.make_error("invalid")
        if self.most is not None and len(value) > self.most:
            raise _wrong(msg("At most %(most)s at once.", most=self.most))
        return super()._deserialize(value, attr, data, **more)


class One(_Field, fields.Nested):
    """An object of its own."""

    errors = {"type": [msg("This must be an object.")]}

    def __init__(self, nested: type[Schema], **options: Any) -> None:
        super().__init__(nested=nested, **options)


class Anything(_Field):
    """Any JSON value, null too, as it is."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**({"allow_none": True} | options))


def optional(kind: type[fields.Field[Any]], *args: Any, **options: Any) -> fields.Field[Any]:
    """A field that may be left out or null."""
    return kind(*args, allow_none=True, **options)


def field_errors(messages: Any, pointer: str = "") -> list[FieldError]:
    """marshmallow's nested messages as JSON pointers: `{"lines": {0: {"quantity": [...]}}}` -> `/lines/0/quantity`."""
    return list(_field_errors(messages, pointer))


def _field_errors(messages: Any, pointer: str) -> Iterator[FieldError]:
    if isinstance(messages, Mapping):
        for key, inner in messages.items():
            step = "" if key == "_schema" else "/" + str(key).replace("~", "~0").replace("/", "~1")
            yield from _field_errors(inner, pointer + step)
    elif isinstance(messages, list | tuple):
        for inner in messages:
            yield from _field_errors(inner, pointer)
    else:
        yield FieldError(
            pointer, messages if isinstance(messages, Message) else Message(_escaped(str(messages)))
        )


def _escaped(text: str) -> str:
    return text.replace("%", "%%")
