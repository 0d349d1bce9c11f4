"""Links that show a shipment's status to whoever holds them."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from inventory.db import Base, Chars, Instant
from inventory.models._types import Key, Recorded, UserRef, When
from inventory.models.shipment import Shipment


class TrackingLink(Base):
    """A public link: its token is kept as a SHA-256 digest."""

    __tablename__ = "tracking_link"

    id: Mapped[Key]
    shipment_id: Mapped[int] = mapped_column(ForeignKey("shipment.id"), index=True)
    digest: Mapped[str] = mapped_column(Chars(64), unique=True)
    expires_at: Mapped[When]
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)
    views: Mapped[int] = mapped_column(default=0)
    created_by_id: Mapped[UserRef | None]
    created_at: Mapped[Recorded]

    shipment: Mapped[Shipment] = relationship(lazy="raise")
