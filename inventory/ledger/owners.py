"""Whose business a document is, known by its number alone: the sites that it concerns, and its donor."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from inventory.access import Actor, Role
from inventory.models import CountSheet, Donation, Hold, Receipt, Shipment, StockEvent

LONGEST = 24


@dataclass(frozen=True, slots=True)
class Owners:
    """`sites` are those of whose people it is the business, `home` the one where it was made; None: everywhere.

    `donor_id` is who gave the goods of a receipt or a donation.
    """

    kind: str
    number: str
    home: int | None
    sites: tuple[int, ...]
    donor_id: int | None = None

    def seen_by(self, actor: Actor) -> bool:
        """Whether somebody of ours may see the document; donors are asked about elsewhere."""
        if actor.role is Role.DONOR:
            return False
        return not self.sites or any(actor.sees_site(site) for site in self.sites)


def owners_of(session: Session, number: str) -> Owners | None:
    """The document of that number: a receipt, donation, shipment, stock event, count sheet or hold."""
    if not number or len(number) > LONGEST:
        return None
    shipment = session.execute(
        select(Shipment.origin_id, Shipment.destination_id).where(Shipment.number == number)
    ).one_or_none()
    if shipment is not None:
        return Owners("shipment", number, shipment[0], (shipment[0], shipment[1]))
    receipt = session.execute(
        select(Receipt.site_id, Receipt.donor_id).where(Receipt.number == number)
    ).one_or_none()
    if receipt is not None:
        return Owners("receipt", number, receipt[0], (receipt[0],), receipt[1])
    donor_id = session.scalar(select(Donation.donor_id).where(Donation.number == number))
    if donor_id is not None:
        return Owners("donation", number, None, (), donor_id)
    sources = (
        ("stock_event", select(StockEvent.site_id).where(StockEvent.number == number)),
        ("count_sheet", select(CountSheet.site_id).where(CountSheet.number == number)),
        ("hold", select(Hold.site_id).where(Hold.number == number)),
    )
    for kind, query in sources:
        site_id = session.scalar(query)
        if site_id is not None:
            return Owners(kind, number, site_id, (site_id,))
    return None
