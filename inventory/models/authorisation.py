"""Authorisations: the dated papers without which a team may not enter a camp."""

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from inventory.db import Base
from inventory.models._types import Day, Key, Name, Prose, Recorded, SiteRef
from inventory.models.site import Site


class Authorisation(Base):
    """Who lets the team of a site into a place, and until when (both days count). `ended_on`: no longer needed."""

    __tablename__ = "authorisation"
    __table_args__ = (CheckConstraint("valid_until >= valid_from", name="ends_after_it_begins"),)

    id: Mapped[Key]
    site_id: Mapped[SiteRef]
    place: Mapped[Name]
    authority: Mapped[Name | None]
    reference: Mapped[Name | None]
    valid_from: Mapped[Day]
    valid_until: Mapped[Day] = mapped_column(index=True)
    ended_on: Mapped[date | None]
    note: Mapped[Prose | None]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    by: Mapped[Name]
    recorded_at: Mapped[Recorded]

    site: Mapped[Site] = relationship(lazy="raise")
