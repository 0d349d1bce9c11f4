"""What is odd about a file but stops nothing: told to whoever imports it."""

from dataclasses import dataclass, field

from inventory.errors import Message


@dataclass(frozen=True, slots=True)
class Note:
    """`column` is the header in the file, None where the whole line is meant."""

    line: int
    column: str | None
    message: Message


@dataclass(slots=True)
class Notes:
    """Collected while rows are read; each counts as one warning."""

    found: list[Note] = field(default_factory=list)

    def warn(self, line: int, column: str | None, message: Message) -> None:
        self.found.append(Note(line, column, message))

    def __len__(self) -> int:
        return len(self.found)
