"""What a receiving check is told: of the whole receipt, and of each lot. What was not told is None."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from inventory.errors import Message

Zone = Literal["stock", "quarantine", "refused"]

LABEL_PARTS = (
    "inn",
    "batch",
    "dosage_form",
    "strength",
    "manufacturer",
    "quantity",
    "storage",
    "expiry",
    "route",
)
"""What a label must say (WHO Guidelines for Medicine Donations, article 7); the route on injections alone."""


@dataclass(frozen=True, slots=True)
class ExceptionGiven:
    """Somebody takes a line although `rule` is against it."""

    rule: str
    accepted_by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Header:
    """What the receipt says of all its lines. `announced`: whether the donor had told of it; `announced_on`: the day
    of the pre-alert. Temperatures of the logger are in degrees Celsius.
    """

    received_on: date
    arrived_in_country_on: date | None = None
    consent_reference: str | None = None
    announced: bool | None = None
    has_donor: bool = True
    announced_on: date | None = None
    vehicle: str | None = None
    seal_declared: str | None = None
    seal_found: str | None = None
    seal_intact: bool | None = None
    logger_low: Decimal | None = None
    logger_high: Decimal | None = None
    logger_alarm: bool | None = None
    costs_paid_by: str | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One lot of a receipt. No languages: not told. `zone` is the one asked for.

    `gross_weight_kg` is that of the whole carton; of a serialised asset it is its own. `storage` and `presentation`
    (strength and form) are what the label says, `temperature`, `strength` and `dosage_form` what the catalogue does;
    `pack_quantity` is how many base units a pack holds, `usual_packs` those of the packs that are known.
    """

    item_is_medicine: bool
    quantity: int
    expires_on: date | None = None
    tracks_expiry: bool = True
    serialised: bool = False
    damaged: int = 0
    label_languages: tuple[str, ...] | None = None
    unit_value: Decimal | None = None
    value_basis: str | None = None
    carton: str | None = None
    gross_weight_kg: Decimal | None = None
    returned_or_sample: bool = False
    announced: bool | None = None
    zone: Literal["stock", "quarantine"] = "stock"
    exceptions: tuple[ExceptionGiven, ...] = ()
    declared: int | None = None
    declared_weight_kg: Decimal | None = None
    condition: str | None = None
    storage: str | None = None
    label_missing: tuple[str, ...] = ()
    presentation: str | None = None
    pack_quantity: int | None = None
    on_list: bool | None = None
    registered: bool | None = None
    quality_seen: bool | None = None
    temperature: str = "ambient"
    freeze_sensitive: bool = False
    controlled: bool = False
    strength: str | None = None
    dosage_form: str | None = None
    usual_packs: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Failure:
    """A rule that keeps the line out of usable stock, and where the line goes if somebody takes it all the
    same."""

    rule: str
    detail: Message
    zone: Zone
    if_accepted: Zone = "stock"


Warned = tuple[str, Message]
"""A rule and what is to be said under it."""
