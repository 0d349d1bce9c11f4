"""Locations: anywhere a unit can be, inside the house or in the accounts that close the books."""

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from inventory.db import Base
from inventory.models._types import Key, Word, one_of
from inventory.models.site import Site
from inventory.rules.effects import LocationKind


class Location(Base):
    """A zone of a site, a shipment in transit or missing from one, a partner, or an outside account."""

    __tablename__ = "location"
    __table_args__ = (
        one_of("kind", LocationKind),
        UniqueConstraint("id", "inside", name="uq_location_inside"),
        UniqueConstraint("site_id", "kind", name="uq_location_site_kind"),
        UniqueConstraint("shipment_id", "kind", name="uq_location_shipment_kind"),
        CheckConstraint("site_id IS NULL OR shipment_id IS NULL", name="one_owner"),
        Index(
            "uq_location_account",
            "kind",
            unique=True,
            sqlite_where=text("site_id IS NULL AND shipment_id IS NULL"),
            postgresql_where=text("site_id IS NULL AND shipment_id IS NULL"),
        ),
    )

    id: Mapped[Key]
    kind: Mapped[Word]
    inside: Mapped[bool]
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id"))
    shipment_id: Mapped[int | None] = mapped_column(ForeignKey("shipment.id"))

    site: Mapped[Site | None] = relationship(lazy="raise")
