"""A donor's own page: their gifts, what became of each, and the shipments that carry them."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from inventory.models import Donation, DonationLine, Shipment
from inventory.queries import shipments
from inventory.queries.trace import Fate, fates_of


@dataclass(frozen=True, slots=True)
class Gift:
    """A donation and what became of it; of money, the shipment that it is for, as outsiders see it."""

    donation: Donation
    fate: Fate
    shipment: shipments.PublicShipment | None


def gifts_of(session: Session, donor_id: int) -> list[Gift]:
    """The donations of a donor, the newest first."""
    donations = session.scalars(
        select(Donation)
        .where(Donation.donor_id == donor_id)
        .options(selectinload(Donation.lines).selectinload(DonationLine.item))
        .order_by(Donation.pledged_on.desc(), Donation.id.desc())
    ).all()
    fates = fates_of(session, [each.id for each in donations])
    paid = {each.shipment_id for each in donations if each.shipment_id is not None}
    carried = {each.id: each for each in _whole(session, paid)}
    found = []
    for donation in donations:
        total = Fate()
        for fate in fates.get(donation.id, {}).values():
            total.plus(fate)
        carrier = carried.get(donation.shipment_id or 0)
        told = shipments.for_outsiders(carrier, donor_id) if carrier is not None else None
        found.append(Gift(donation, total, told))
    return found


def shipments_for(session: Session, donor_id: int, limit: int) -> list[shipments.PublicShipment]:
    """The newest shipments that carry something of a donor, or that their money pays for."""
    newest = select(Shipment.id).where(shipments.visible_to_donor(donor_id)).order_by(Shipment.number.desc())
    ids = set(session.scalars(newest.limit(limit)))
    told = [shipments.for_outsiders(each, donor_id) for each in _whole(session, ids)]
    return sorted(told, key=lambda each: each.number, reverse=True)


def as_outsiders(
    session: Session, found: Sequence[Shipment], donor_id: int
) -> list[shipments.PublicShipment]:
    """These shipments as that donor may see them, the newest first."""
    told = [shipments.for_outsiders(each, donor_id) for each in _whole(session, {each.id for each in found})]
    return sorted(told, key=lambda each: each.number, reverse=True)


def _whole(session: Session, ids: set[int | None] | set[int]) -> list[Shipment]:
    if not ids:
        return []
    query = shipments.read_for_outsiders(select(Shipment).where(Shipment.id.in_(ids)))
    return list(session.scalars(query))
