"""What a check found: something to tell the person at work, under the name of its rule."""

from dataclasses import dataclass

from inventory.errors import Message


@dataclass(frozen=True, slots=True)
class Finding:
    """One warning. `accepted` says who took responsibility for it and why, where somebody did."""

    rule: str
    detail: Message
    accepted: Message | None = None

    def said(self) -> tuple[Message, ...]:
        """Everything to tell, in order: what was found and, if so, by whom it was accepted."""
        return (self.detail,) if self.accepted is None else (self.detail, self.accepted)
