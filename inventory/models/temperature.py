"""Temperature: the loggers, what they read, and the excursions that follow from it."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from inventory.db import Base, Chars, Instant
from inventory.models._types import Celsius, Code, Key, Name, Prose, Recorded, When, Word, one_of
from inventory.models.bin import Bin
from inventory.models.shipment import Shipment
from inventory.models.site import Site
from inventory.models.words import ExcursionKind, ExcursionOutcome, Temperature


class TemperatureLogger(Base):
    """A device that writes down temperatures: in a room or a bin of a site, or on its way with a shipment.

    `temperature` is the storage class that it watches over; `low` and `high` take the place of what the class allows.
    `holds_freeze_sensitive`: one reading at or below zero is an excursion, whatever the class allows. `placed_at` is
    since when it has been where it is: what it read before is kept, and judged by nobody.
    """

    __tablename__ = "temperature_logger"
    __table_args__ = (
        one_of("temperature", Temperature),
        CheckConstraint("site_id IS NOT NULL OR shipment_id IS NOT NULL", name="is_somewhere"),
    )

    id: Mapped[Key]
    code: Mapped[Code]
    name: Mapped[Name | None]
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id"), index=True)
    bin_id: Mapped[int | None] = mapped_column(ForeignKey("bin.id"), index=True)
    shipment_id: Mapped[int | None] = mapped_column(ForeignKey("shipment.id"), index=True)
    temperature: Mapped[Word] = mapped_column(default=Temperature.COLD_CHAIN)
    holds_freeze_sensitive: Mapped[bool] = mapped_column(default=False)
    low: Mapped[Celsius | None]
    high: Mapped[Celsius | None]
    calibrated_until: Mapped[datetime | None] = mapped_column(Instant)
    placed_at: Mapped[datetime | None] = mapped_column(Instant)
    retired: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[Recorded]

    site: Mapped[Site | None] = relationship(lazy="raise")
    bin: Mapped[Bin | None] = relationship(lazy="raise")
    shipment: Mapped[Shipment | None] = relationship(lazy="raise")


class TemperatureReading(Base):
    """What a logger read at an instant, in degrees Celsius."""

    __tablename__ = "temperature_reading"

    logger_id: Mapped[int] = mapped_column(
        ForeignKey("temperature_logger.id"), primary_key=True, autoincrement=False
    )
    at: Mapped[datetime] = mapped_column(Instant, primary_key=True)
    celsius: Mapped[Celsius]


class TemperatureFile(Base):
    """A file of readings that was taken in; the same file again brings nothing new."""

    __tablename__ = "temperature_file"
    __table_args__ = (UniqueConstraint("logger_id", "sha256", name="uq_temperature_file_logger_sha256"),)

    id: Mapped[Key]
    logger_id: Mapped[int] = mapped_column(ForeignKey("temperature_logger.id"))
    name: Mapped[Name]
    sha256: Mapped[str] = mapped_column(Chars(64))
    readings: Mapped[int]
    first_at: Mapped[When]
    last_at: Mapped[When]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    by: Mapped[Name]
    recorded_at: Mapped[Recorded]


class Excursion(Base):
    """A run of readings outside what the storage class allows, and what a person decided about the goods.

    `extreme` is the reading furthest out, `mkt` the mean kinetic temperature of the window that USP names for the
    class, in degrees Celsius (None for cold: it never excuses freezing). `document` is the zone move that put goods
    aside.
    """

    __tablename__ = "excursion"
    __table_args__ = (
        one_of("kind", ExcursionKind),
        one_of("outcome", ExcursionOutcome),
        UniqueConstraint("logger_id", "kind", "started_at", name="uq_excursion_logger_kind_started"),
        CheckConstraint("ended_at >= started_at", name="ends_after_it_begins"),
        CheckConstraint("(outcome IS NULL) = (decided_at IS NULL)", name="decided_with_outcome"),
    )

    id: Mapped[Key]
    logger_id: Mapped[int] = mapped_column(ForeignKey("temperature_logger.id"))
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id"), index=True)
    bin_id: Mapped[int | None] = mapped_column(ForeignKey("bin.id"))
    shipment_id: Mapped[int | None] = mapped_column(ForeignKey("shipment.id"), index=True)
    kind: Mapped[Word]
    limit: Mapped[Celsius]
    extreme: Mapped[Celsius]
    mkt: Mapped[Celsius | None]
    started_at: Mapped[When]
    ended_at: Mapped[When]
    readings: Mapped[int]
    outcome: Mapped[Word | None]
    document: Mapped[str | None] = mapped_column(Chars(24))
    note: Mapped[Prose | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    decided_by: Mapped[Name | None]
    decided_at: Mapped[datetime | None] = mapped_column(Instant)
    recorded_at: Mapped[Recorded]

    logger: Mapped[TemperatureLogger] = relationship(lazy="raise")
    site: Mapped[Site | None] = relationship(lazy="raise")
    bin: Mapped[Bin | None] = relationship(lazy="raise")
    shipment: Mapped[Shipment | None] = relationship(lazy="raise")
