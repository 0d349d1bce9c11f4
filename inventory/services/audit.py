"""The audit log: who did what to which document."""

from typing import Any

from sqlalchemy.orm import Session

from inventory.access import Actor
from inventory.models import AuditEntry


def note(session: Session, actor: Actor, action: str, subject: str, **data: Any) -> None:
    """Write down that `actor` did `action` to `subject`; `data` is plain JSON and never a secret."""
    session.add(AuditEntry(user_id=actor.user_id, by=actor.name, action=action, subject=subject, data=data))
