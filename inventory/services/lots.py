"""Lots: found again by what makes them one, or made."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from inventory.errors import Conflict, FieldError, msg
from inventory.models import Donation, Donor, Item, KitContent, Lot, Recall


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


def find_or_make_lots(session: Session, told: Sequence[LotFacts]) -> list[Lot]:
    """The lot of each number and expiry from its donation; a new one where there is none. Recalled batches stay so."""
    known: dict[tuple[object, ...], Lot] = {}
    alike = select(Lot).where(*_among(Lot.item_id, Lot.number, told))
    alike = alike.where(
        Lot.id.not_in(select(KitContent.kit_lot_id))
    )  # kits put together here never come from outside
    for lot in session.scalars(alike.order_by(Lot.id)):
        known.setdefault((lot.item_id, lot.number, lot.expires_on, lot.donation_id, lot.donor_id), lot)
    recalled = {
        (item_id, number): recalled_on
        for item_id, number, recalled_on in session.execute(
            select(Recall.item_id, Recall.lot_number, Recall.recalled_on)
            .where(*_among(Recall.item_id, Recall.lot_number, told), Recall.in_force())
            .order_by(Recall.id.desc())
        )
    }
    found = []
    for facts in told:
        donation_id = facts.donation.id if facts.donation else None
        donor_id = facts.donor.id if facts.donor else None
        key = (facts.item.id, facts.number, facts.expires_on, donation_id, donor_id)
        if key in known:
            known[key].serial_key = serial_key(facts.item, facts.number)
            known[key].received_on = min(known[key].received_on, facts.received_on)
        else:
            known[key] = _lot(facts, recalled.get((facts.item.id, facts.number)))
            session.add(known[key])
        found.append(known[key])
    session.flush()
    return found


def _among(
    item_id: Any, number: Any, told: Sequence[LotFacts]
) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Conditions that leave the rows of these items and lot numbers, and few others."""
    return item_id.in_({facts.item.id for facts in told}), number.in_({facts.number for facts in told})


def _lot(facts: LotFacts, recalled_on: date | None) -> Lot:
    return Lot(
        item_id=facts.item.id,
        number=facts.number,
        expires_on=facts.expires_on,
        expiry_precision=facts.expiry_precision,
        donor_id=facts.donor.id if facts.donor else None,
        donation_id=facts.donation.id if facts.donation else None,
        manufacturer=facts.manufacturer,
        serial=facts.number if facts.item.serialised else None,
        serial_key=serial_key(facts.item, facts.number),
        received_on=facts.received_on,
        arrived_in_country_on=facts.arrived_in_country_on,
        unit_value=facts.unit_value,
        currency=facts.currency,
        value_basis=facts.value_basis,
        recalled_on=recalled_on,
    )


def serial_key(item: Item, number: str) -> str | None:
    """What keeps a serial from being received twice; None for goods that come in lots."""
    return f"{item.id}:{number}" if item.serialised else None


def known_expiry(session: Session, item: Item, number: str) -> date | None:
    """The expiry under which a lot number of an item is known, from the newest receipt."""
    return known_expiries(session, [(item, number)]).get((item.id, number)) if number else None


def known_expiries(session: Session, lots: Sequence[tuple[Item, str]]) -> dict[tuple[int, str], date]:
    """(item id, lot number) -> the expiry under which it is known, from the newest receipt, for those that are."""
    rows = session.execute(
        select(Lot.item_id, Lot.number, Lot.expires_on)
        .where(
            Lot.item_id.in_({item.id for item, _ in lots}),
            Lot.number.in_({number for _, number in lots}),
            Lot.expires_on.is_not(None),
        )
        .order_by(Lot.id)
    )
    return {(item_id, number): expires_on for item_id, number, expires_on in rows if expires_on is not None}


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
