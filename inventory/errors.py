"""What can go wrong, said once: every floor raises these and the edges turn them into an answer.

Texts are kept untranslated (`Message`): only an edge knows the reader's language.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Message:
    """An English text with named parameters (`%(name)s`), translated by whoever shows it."""

    text: str
    params: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.text % self.params if self.params else self.text

    def as_json(self) -> dict[str, Any]:
        """The form in which a message is stored, to be rendered later in another language."""
        return {"text": self.text, "params": {key: _plain(value) for key, value in self.params.items()}}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Message":
        return cls(str(stored["text"]), dict(stored.get("params", {})))


def _plain(value: Any) -> Any:
    return value if isinstance(value, int | float | str | bool | None) else str(value)


def msg(text: str, **params: Any) -> Message:
    """Mark `text` for translation (pybabel extracts calls of this name)."""
    return Message(text, params)


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field: `pointer` is a JSON pointer (`/lines/0/quantity`)."""

    pointer: str
    message: Message


class DomainError(Exception):
    """The request cannot be done; nothing of it was done."""

    status = 400
    code = "error"

    def __init__(self, message: Message, errors: Iterable[FieldError] = ()) -> None:
        super().__init__(str(message))
        self.message = message
        self.errors = list(errors)


class Forbidden(DomainError):
    """The caller may not do this."""

    status = 403
    code = "forbidden"


class NotFound(DomainError):
    """Unknown, or what the caller may not know exists."""

    status = 404
    code = "not_found"


class Conflict(DomainError):
    """The state does not allow it: too little stock, already dispatched."""

    status = 409
    code = "conflict"


class Superseded(Conflict):
    """Somebody else's transaction did the same meanwhile: whoever tries again finds what it did."""


class Invalid(DomainError):
    """Fields are at fault; each is named by its pointer."""

    status = 422
    code = "invalid"

    def __init__(self, errors: Iterable[FieldError], message: Message | None = None) -> None:
        found = list(errors)
        super().__init__(message or msg("Some fields need your attention."), found)

    @classmethod
    def at(cls, pointer: str, message: Message) -> "Invalid":
        """One field alone is at fault."""
        return cls([FieldError(pointer, message)])


class TooMany(DomainError):
    """Slow down: too many tries."""

    status = 429
    code = "too_many"


class Faults:
    """Collects the field errors of a request so that all are told at once."""

    def __init__(self) -> None:
        self.errors: list[FieldError] = []

    def add(self, pointer: str, message: Message) -> None:
        self.errors.append(FieldError(pointer, message))

    def __bool__(self) -> bool:
        return bool(self.errors)

    def check(self) -> None:
        """Raise `Invalid` with everything that was collected, if anything was."""
        if self.errors:
            raise Invalid(self.errors)
