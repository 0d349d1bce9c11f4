"""What happens to stock at one site: consumption, adjustment, disposal, count, move between zones."""

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from inventory.db import Base
from inventory.models._types import (
    Day,
    Key,
    Name,
    Number,
    Prose,
    Recorded,
    SiteRef,
    UserRef,
    When,
    Word,
    one_of,
)
from inventory.models.movement import Posting
from inventory.models.site import Site
from inventory.models.words import DisposalMethod, StockEventKind


class StockEvent(Base):
    """A document of one site; its lines are the movements of its posting (none where a count found no difference).

    `place` and `authority`: where goods were disposed of, and who allowed or watched it on behalf of the state.
    """

    __tablename__ = "stock_event"
    __table_args__ = (
        one_of("kind", StockEventKind),
        one_of("method", DisposalMethod),
        CheckConstraint("consultations >= 0", name="consultations_not_negative"),
    )

    id: Mapped[Key]
    number: Mapped[Number]
    kind: Mapped[Word] = mapped_column(index=True)
    site_id: Mapped[SiteRef]
    occurred_on: Mapped[Day]
    occurred_at: Mapped[When]
    consultations: Mapped[int | None]
    method: Mapped[Word | None]
    certificate: Mapped[Name | None]
    place: Mapped[Name | None]
    authority: Mapped[Name | None]
    note: Mapped[Prose | None]
    posting_id: Mapped[int | None] = mapped_column(ForeignKey("posting.id"), index=True)
    reversed_by_id: Mapped[int | None] = mapped_column(ForeignKey("posting.id"))
    created_by_id: Mapped[UserRef | None]
    created_at: Mapped[Recorded]

    site: Mapped[Site] = relationship(lazy="raise")
    posting: Mapped[Posting | None] = relationship(foreign_keys="StockEvent.posting_id", lazy="raise")
