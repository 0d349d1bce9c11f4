"""Sites: warehouses, dispensaries, mobile clinics, hospitals and partners."""

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from inventory.db import Base, Chars
from inventory.models._types import Code, Key, Name, Recorded, Word, one_of
from inventory.models.words import SiteKind, SiteStatus


class Site(Base):
    """A place that holds stock or takes delivery. Of a `sensitive` one outsiders learn the country only."""

    __tablename__ = "site"
    __table_args__ = (one_of("kind", SiteKind), one_of("status", SiteStatus))

    id: Mapped[Key]
    code: Mapped[Code]
    name: Mapped[Name]
    kind: Mapped[Word]
    status: Mapped[Word] = mapped_column(default=SiteStatus.OPEN)
    country: Mapped[str] = mapped_column(Chars(2))
    admin1: Mapped[Name | None]
    sensitive: Mapped[bool]
    supplied_by_id: Mapped[int | None] = mapped_column(ForeignKey("site.id"))
    lead_time_days: Mapped[int | None]
    timezone: Mapped[Name | None]
    created_at: Mapped[Recorded]

    supplied_by: Mapped["Site | None"] = relationship(remote_side="Site.id", lazy="joined", join_depth=1)
