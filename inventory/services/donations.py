"""Donations: what a donor promised, in goods or in money."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import extract, select
from sqlalchemy.orm import Session

from inventory.access import Actor, require
from inventory.errors import msg
from inventory.models import Donation, DonationLine, Donor, Shipment
from inventory.models.words import DonationKind
from inventory.services import audit
from inventory.services.checks import Checks, currency_places
from inventory.services.numbers import next_number


@dataclass(frozen=True, slots=True)
class PromisedLine:
    """So many base units of an item."""

    item: str
    quantity: int


@dataclass(frozen=True, slots=True)
class NewDonation:
    """A promise of goods (`lines`) or of money (`amount` in `currency`, perhaps for a `shipment`)."""

    donor: str
    kind: str
    pledged_on: date
    reference: str | None = None
    amount: Decimal | None = None
    currency: str | None = None
    shipment: str | None = None
    lines: Sequence[PromisedLine] = ()


def donate(session: Session, actor: Actor, command: NewDonation) -> Donation:
    """Record a donation."""
    require(actor, "donations.write")
    checks = Checks(session)
    donor = checks.donor(command.donor)
    kind = checks.word(command.kind, DonationKind, "/kind", required=True)
    checks.day(command.pledged_on, "/pledged_on")
    reference = checks.text(command.reference, "/reference")
    shipment_id = _shipment(session, checks, command.shipment)
    amount_minor = None
    if kind == DonationKind.MONEY:
        currency = checks.currency(command.currency, "/currency", required=True)
        if command.amount is None:
            checks.add("/amount", msg("Give the amount."))
        elif currency is not None:
            places = currency_places(currency)
            amount = checks.amount(command.amount, "/amount", places=places, most=10**12)
            if amount is not None and amount == 0:
                checks.add("/amount", msg("This must be more than 0."))
            amount_minor = int(amount.scaleb(places)) if amount is not None else None
        if command.lines:
            checks.add("/lines", msg("A donation of money has no lines."))
    elif kind == DonationKind.GOODS:
        if command.amount is not None:
            checks.add("/amount", msg("A donation of goods has no amount."))
        checks.lines(list(command.lines))
    items = [
        (
            checks.item(line.item, f"/lines/{index}/item"),
            checks.quantity(line.quantity, f"/lines/{index}/quantity"),
        )
        for index, line in enumerate(command.lines)
    ]
    checks.check()
    assert donor is not None
    donation = Donation(
        number=next_number(session, "DON"),
        donor_id=donor.id,
        donor=donor,
        kind=command.kind,
        pledged_on=command.pledged_on,
        reference=reference,
        amount_minor=amount_minor,
        currency=command.currency if kind == DonationKind.MONEY else None,
        shipment_id=shipment_id,
        created_by_id=actor.user_id,
        lines=[
            DonationLine(item_id=item.id, item=item, quantity=quantity) for item, quantity in items if item
        ],
    )
    session.add(donation)
    session.flush()
    audit.note(session, actor, "create", donation.number)
    return donation


def unannounced(session: Session, actor: Actor, donor: Donor, received_on: date) -> Donation:
    """The donation of a year that gathers what a donor sent without telling: the pre-alert, made afterwards.

    WHO Guidelines for Medicine Donations, article 10, asks for one for every donation.
    """
    # Two receipts at once would each make one: the second waits here and finds it.
    session.execute(select(Donor.id).where(Donor.id == donor.id).with_for_update(key_share=True))
    query = select(Donation).where(
        Donation.donor_id == donor.id,
        Donation.unannounced,
        extract("year", Donation.pledged_on) == received_on.year,
    )
    found = session.scalars(query.order_by(Donation.id).limit(1)).one_or_none()
    if found is None:
        found = Donation(
            number=next_number(session, "DON"),
            donor_id=donor.id,
            kind=DonationKind.GOODS,
            pledged_on=received_on,
            unannounced=True,
            created_by_id=actor.user_id,
            lines=[],
        )
        session.add(found)
        session.flush()
    return found


def _shipment(session: Session, checks: Checks, number: str | None) -> int | None:
    if not number:
        return None
    found = session.scalar(select(Shipment.id).where(Shipment.number == number))
    if found is None:
        checks.add("/shipment", msg("There is no shipment with the number %(number)s.", number=number))
    return found
