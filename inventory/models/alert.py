"""Alerts: what somebody should look at, opened and resolved by the postings that cause it."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from inventory.db import Base, Chars, Instant
from inventory.models._types import Day, Key, Name, Prose, Quantity, Recorded, When, Word, one_of
from inventory.models.authorisation import Authorisation
from inventory.models.item import Item
from inventory.models.lot import Lot
from inventory.models.shipment import Shipment
from inventory.models.site import Site
from inventory.models.words import AlertKind


def _of_those(name: str, *columns: str, where: str) -> Index:
    """An index of the rows alone of which `where` is true."""
    return Index(name, *columns, sqlite_where=text(where), postgresql_where=text(where))


class Alert(Base):
    """One thing that is amiss. `subject` names it: at most one alert is open per kind and subject.

    `occurrence` counts how often it came back within a while, `previous_id` is the time before. `escalation` counts
    how often it was ignored for too long; that time runs from `waiting_since` (None: since it was opened).
    `acknowledged_quantity` is what `quantity` was when somebody acknowledged it. See `rules/alerting.py`.
    """

    __tablename__ = "alert"
    __table_args__ = (
        one_of("kind", AlertKind),
        Index(
            "uq_alert_open",
            "kind",
            "subject",
            unique=True,
            sqlite_where=text("resolved_at IS NULL"),
            postgresql_where=text("resolved_at IS NULL"),
        ),
        Index("ix_alert_site_item", "site_id", "item_id"),
        # Most alerts are about no lot, shipment or authorisation, and very many may open at once.
        _of_those("ix_alert_kind_subject", "kind", "subject", where="resolved_at IS NOT NULL"),
        _of_those("ix_alert_resolved_at", "resolved_at", where="resolved_at IS NOT NULL"),
        _of_those("ix_alert_lot_id", "lot_id", where="lot_id IS NOT NULL"),
        _of_those("ix_alert_shipment_id", "shipment_id", where="shipment_id IS NOT NULL"),
        _of_those("ix_alert_authorisation_id", "authorisation_id", where="authorisation_id IS NOT NULL"),
    )

    id: Mapped[Key]
    kind: Mapped[Word]
    subject: Mapped[str] = mapped_column(Chars(80))
    severity: Mapped[Word]
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id"))
    item_id: Mapped[int | None] = mapped_column(ForeignKey("item.id"))
    lot_id: Mapped[int | None] = mapped_column(ForeignKey("lot.id"))
    shipment_id: Mapped[int | None] = mapped_column(ForeignKey("shipment.id"))
    quantity: Mapped[Quantity | None]
    threshold: Mapped[Quantity | None]
    suggested_quantity: Mapped[Quantity | None]
    document: Mapped[str | None] = mapped_column(Chars(64))
    message: Mapped[dict[str, Any]] = mapped_column(JSON)
    opened_at: Mapped[Recorded]
    occurrence: Mapped[int] = mapped_column(default=1)
    previous_id: Mapped[int | None] = mapped_column(ForeignKey("alert.id"))
    escalation: Mapped[int] = mapped_column(default=0)
    escalated_at: Mapped[datetime | None] = mapped_column(Instant)
    waiting_since: Mapped[datetime | None] = mapped_column(Instant)
    acknowledged_quantity: Mapped[Quantity | None]
    authorisation_id: Mapped[int | None] = mapped_column(ForeignKey("authorisation.id"))
    resolved_at: Mapped[datetime | None] = mapped_column(Instant)
    acknowledged_at: Mapped[datetime | None] = mapped_column(Instant)
    acknowledged_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    acknowledged_by: Mapped[str | None] = mapped_column(Chars(200))
    note: Mapped[Prose | None]

    site: Mapped[Site | None] = relationship(lazy="raise")
    item: Mapped[Item | None] = relationship(lazy="raise")
    lot: Mapped[Lot | None] = relationship(lazy="raise")
    shipment: Mapped[Shipment | None] = relationship(lazy="raise")
    authorisation: Mapped[Authorisation | None] = relationship(lazy="raise")


class AlertRule(Base):
    """Thresholds for a site, a category, both or (neither) everything; the narrowest that says something holds.

    `horizons` are the days before expiry at which `expiring` opens and then grows louder, the longest first, such as
    `90,60,30`. `escalate_after_days`: ignored for so long, an alert is escalated. `least_risk` is the smallest
    projected expiry of a lot, in base units, that is worth an `expiry_risk`. `silent_days`: a logger from which nothing
    has come for so long is asked for.
    """

    __tablename__ = "alert_rule"

    id: Mapped[Key]
    scope: Mapped[str] = mapped_column(Chars(120), unique=True)
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id"))
    category: Mapped[Word | None]
    horizons: Mapped[str | None] = mapped_column(Chars(60))
    escalate_after_days: Mapped[int | None]
    least_risk: Mapped[Quantity | None]
    authorisation_days: Mapped[int | None]
    silent_days: Mapped[int | None]
    by: Mapped[Name]
    recorded_at: Mapped[Recorded]

    site: Mapped[Site | None] = relationship(lazy="raise")


class AlertRound(Base):
    """When the alerts of a site were last brought up to date for what time changes, and for which day."""

    __tablename__ = "alert_round"

    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), primary_key=True)
    evaluated_on: Mapped[Day]
    evaluated_at: Mapped[When]
