"""Lots: found again by what makes them one, or made."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from inventory.errors import Conflict, FieldError, msg
from inventory.models import Donation, Donor, Item, Lot, Recall


@dataclass(frozen=True, slots=True)
class LotFacts:
    """What is told of a lot when it comes."""

    item: Item
    number: str
    expires_on: date | None
    donation: Donation | None
    donor: Donor | None
    received_on: date
    expiry_precision: str = "day"
    arrived_in_country_on: date | None = None
    manufacturer: str | None = None
    unit_value: Decimal | None = None
    currency: str | None = None
    value_basis: str | None = None


def find_or_make_lot(session: Session, facts: LotFacts) -> Lot:
    """The lot of that number and expiry from that donation; a new one if there is none. Recalled batches stay so."""
    found = session.scalars(
        select(Lot)
        .where(
            Lot.item_id == facts.item.id,
            Lot.number == facts.number,
            Lot.expires_on == facts.expires_on,
            Lot.donation_id == (facts.donation.id if facts.donation else None),
            Lot.donor_id == (facts.donor.id if facts.donor else None),
        )
        .order_by(Lot.id)
        .limit(1)
    ).one_or_none()
    key = serial_key(facts.item, facts.number)
    if found is not None:
        found.serial_key = key
        found.received_on = min(found.received_on, facts.received_on)
        return found
    recalled_on = session.scalar(
        select(Recall.recalled_on).where(Recall.item_id == facts.item.id, Recall.lot_number == facts.number)
    )
    lot = Lot(
        item_id=facts.item.id,
        number=facts.number,
        expires_on=facts.expires_on,
        expiry_precision=facts.expiry_precision,
        donor_id=facts.donor.id if facts.donor else None,
        donation_id=facts.donation.id if facts.donation else None,
        manufacturer=facts.manufacturer,
        serial=facts.number if facts.item.serialised else None,
        serial_key=key,
        received_on=facts.received_on,
        arrived_in_country_on=facts.arrived_in_country_on,
        unit_value=facts.unit_value,
        currency=facts.currency,
        value_basis=facts.value_basis,
        recalled_on=recalled_on,
    )
    session.add(lot)
    session.flush()
    return lot


def serial_key(item: Item, number: str) -> str | None:
    """What keeps a serial from being received twice; None for goods that come in lots."""
    return f"{item.id}:{number}" if item.serialised else None


def known_expiry(session: Session, item: Item, number: str) -> date | None:
    """The expiry under which a lot number of an item is known, from the newest receipt."""
    if not number:
        return None
    return session.scalar(
        select(Lot.expires_on)
        .where(Lot.item_id == item.id, Lot.number == number, Lot.expires_on.is_not(None))
        .order_by(Lot.id.desc())
        .limit(1)
    )


def refuse_known_serials(session: Session, serials: Sequence[tuple[Item, str, str]]) -> None:
    """Raise Conflict for each (item, serial, its pointer) that was received before, or stands here twice."""
    seen: set[str] = set()
    wrong: list[FieldError] = []
    for item, number, at in serials:
        key = serial_key(item, number) or ""
        known = session.scalar(select(Lot.id).where(Lot.serial_key == key))
        if known is not None or key in seen:
            text = msg(
                "The serial %(serial)s of %(item)s was received already.", serial=number, item=item.code
            )
            wrong.append(FieldError(at, text))
        seen.add(key)
    if wrong:
        raise Conflict(msg("A serial is one piece and is received once."), wrong)
