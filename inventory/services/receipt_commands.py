"""What is told of a receipt, before it is checked."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID, uuid4

from inventory.rules.packing import CARTON_FAIL_KG, CARTON_WARN_KG


@dataclass(frozen=True, slots=True)
class LineException:
    """Who took a line that a rule would set aside, and why."""

    rule: str
    accepted_by: str
    reason: str


@dataclass(frozen=True, slots=True)
class NewReceiptLine:
    """One lot as it came. `quantity` is all that came, in base units, `damaged` of it is damaged."""

    item: str
    lot: str | None
    quantity: int
    expires_on: date | None = None
    expiry_precision: str = "day"
    declared: int | None = None
    damaged: int = 0
    manufacturer: str | None = None
    label_languages: Sequence[str] | None = None
    unit_value: Decimal | None = None
    currency: str | None = None
    value_basis: str | None = None
    carton: str | None = None
    gross_weight_kg: Decimal | None = None
    serial: str | None = None
    zone: str = "stock"
    returned_or_sample: bool = False
    exceptions: Sequence[LineException] = ()
    note: str | None = None
    declared_weight_kg: Decimal | None = None
    brand: str | None = None
    presentation: str | None = None
    pack_quantity: int | None = None
    condition: str | None = None
    storage: str | None = None
    label_missing: Sequence[str] | None = None
    value_source: str | None = None
    on_list: bool | None = None
    registered: bool | None = None
    quality_seen: bool | None = None


@dataclass(frozen=True, slots=True)
class NotFound:
    """What the packing list has and nobody found: so many base units, of which `declared` is all."""

    item: str
    declared: int
    lot: str | None = None
    expires_on: date | None = None
    carton: str | None = None


@dataclass(frozen=True, slots=True)
class NewReceipt:
    """What came to a site on a day, from a donation, from a donor who had not told, or from a supplier."""

    site: str
    received_on: date
    lines: Sequence[NewReceiptLine]
    donation: str | None = None
    donor: str | None = None
    arrived_in_country_on: date | None = None
    consent_reference: str | None = None
    checked_by: str | None = None
    reference: str | None = None
    occurred_at: datetime | None = None
    uuid: UUID = field(default_factory=uuid4)
    announced_on: date | None = None
    vehicle: str | None = None
    seal_declared: str | None = None
    seal_found: str | None = None
    seal_intact: bool | None = None
    logger: str | None = None
    logger_low: Decimal | None = None
    logger_high: Decimal | None = None
    logger_alarm: bool | None = None
    costs_paid_by: str | None = None
    not_found: Sequence[NotFound] | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """Carton weights, in kilograms, above which a receipt warns and above which it says that they are too heavy."""

    carton_warn_kg: Decimal = CARTON_WARN_KG
    carton_fail_kg: Decimal = CARTON_FAIL_KG
