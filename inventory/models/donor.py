"""Donors: who gave."""

from sqlalchemy.orm import Mapped

from inventory.db import Base
from inventory.models._types import Code, Key, Name, Recorded


class Donor(Base):
    """A hospital, firm, association or person that gives goods or money."""

    __tablename__ = "donor"

    id: Mapped[Key]
    code: Mapped[Code]
    name: Mapped[Name]
    email: Mapped[Name | None]
    created_at: Mapped[Recorded]
