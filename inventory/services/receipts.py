"""Receipts: what was unloaded becomes lots, each in the zone that the checks give it."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from inventory import ledger
from inventory.access import Actor, require, require_site
from inventory.errors import NotFound, msg
from inventory.ledger import Entry, Move
from inventory.models import Donation, Donor, Lot, Posting, Receipt, ReceiptLine, Site
from inventory.rules import donation_checks as rules
from inventory.rules.effects import LocationKind, PostingKind
from inventory.services import audit, receipt_holds, stock
from inventory.services.checks import Checks, not_closed, occurrence
from inventory.services.donations import unannounced
from inventory.services.lots import (
    LotFacts,
    find_or_make_lots,
    refuse_known_serials,
)
from inventory.services.numbers import next_number
from inventory.services.receipt_commands import Limits, LineException, NewReceipt, NewReceiptLine
from inventory.services.receipt_commands import NotFound as NotFoundLine
from inventory.services.receipt_judging import as_kept, judge
from inventory.services.receipt_reading import ReadLine, read_giver, read_header, read_line

__all__ = [
    "Limits",
    "LineException",
    "NewReceipt",
    "NewReceiptLine",
    "NotFoundLine",
    "get_receipt",
    "receive",
    "record",
    "undo_receipt",
]


def receive(session: Session, actor: Actor, command: NewReceipt, limits: Limits | None = None) -> Receipt:
    """Check what came, make its lots, and post it. The same UUID again returns the first receipt."""
    require(actor, "receipts.write")
    known = session.scalars(
        select(Receipt).join(Posting, Posting.id == Receipt.posting_id).where(Posting.uuid == command.uuid)
    ).one_or_none()
    if known is not None:
        return get_receipt(session, actor, known.number)
    receipt = record(session, actor, command, limits)
    from inventory.services.sync import retry_waiting  # which posts receipts itself

    retry_waiting(session, [receipt.site_id])  # what a device recorded may have waited for these goods
    return get_receipt(session, actor, receipt.number)


def record(session: Session, actor: Actor, command: NewReceipt, limits: Limits | None = None) -> Receipt:
    """The same for one of many: nothing is read again, and what waits for the goods is told by the caller."""
    require(actor, "receipts.write")
    checks = Checks(session)
    site = checks.site(command.site)
    checks.own_stock(site)
    header = read_header(checks, command, site)
    donation, donor = read_giver(session, checks, command)
    checks.lines(list(command.lines))
    checks.know_items(line.item for line in command.lines)
    lines = [
        line
        for index, given in enumerate(command.lines)
        if (line := read_line(session, checks, given, f"/lines/{index}"))
    ]
    checks.check()
    assert site is not None
    require_site(actor, "receipts.write", site.id)
    not_closed(site)
    verdicts = judge(checks, command, lines, donation, donor, limits or Limits())
    checks.check()
    refuse_known_serials(
        session, [(line.item, line.lot, line.lot_at) for line in lines if line.item.serialised]
    )
    if donation is None and donor is not None:
        donation = unannounced(session, actor, donor, command.received_on)
    receipt = Receipt(
        number=next_number(session, "GRN"),
        site_id=site.id,
        donor_id=donor.id if donor else None,
        donation_id=donation.id if donation else None,
        received_on=command.received_on,
        created_by_id=actor.user_id,
        **header,
    )
    lots = find_or_make_lots(session, [_facts(command, line, donation, donor) for line in lines])
    at = occurrence(command.received_on, site, command.occurred_at, arrives=True)
    posting = _post(session, actor, command, receipt.number, site, donor, at, lots, verdicts)
    receipt.posting_id = posting.id
    receipt.lines = [
        as_kept(index, line, lot, verdict)
        for index, (line, lot, verdict) in enumerate(zip(lines, lots, verdicts, strict=True))
    ]
    session.add(receipt)
    session.flush()
    receipt_holds.hold_lines(session, actor, receipt, site, lots, verdicts, [line.given for line in lines])
    return receipt


def get_receipt(session: Session, actor: Actor, number: str) -> Receipt:
    """A receipt with its lines, for somebody of its site."""
    found = session.scalars(
        select(Receipt)
        .where(Receipt.number == number)
        .options(
            selectinload(Receipt.site),
            selectinload(Receipt.donor),
            selectinload(Receipt.donation),
            selectinload(Receipt.posting),
            selectinload(Receipt.reversed_by),
            selectinload(Receipt.lines).selectinload(ReceiptLine.item),
            selectinload(Receipt.lines).selectinload(ReceiptLine.lot),
        )
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None or not actor.sees_site(found.site_id):
        raise NotFound(msg("Not found."))
    return found


def undo_receipt(session: Session, actor: Actor, number: str, reason: str | None) -> Receipt:
    """Take a receipt back, for a reason; refused where its goods have moved on since."""
    require(actor, "receipts.reverse")
    receipt = get_receipt(session, actor, number)
    posting = session.get_one(Posting, receipt.posting_id)
    receipt.reversed_by_id = stock.reverse(session, actor, posting, reason).posting.id
    for line in receipt.lines:
        line.lot.serial_key = None  # the piece may be received again, rightly this time
    audit.note(session, actor, "reverse", receipt.number, reason=reason)
    session.flush()
    return get_receipt(session, actor, number)


def _facts(command: NewReceipt, line: ReadLine, donation: Donation | None, donor: Donor | None) -> LotFacts:
    given = line.given
    return LotFacts(
        item=line.item,
        number=line.lot,
        expires_on=line.expires_on,
        expiry_precision=given.expiry_precision,
        donation=donation,
        donor=donor,
        received_on=command.received_on,
        arrived_in_country_on=command.arrived_in_country_on,
        manufacturer=given.manufacturer,
        unit_value=given.unit_value,
        currency=given.currency,
        value_basis=given.value_basis,
    )


def _post(
    session: Session,
    actor: Actor,
    command: NewReceipt,
    number: str,
    site: Site,
    donor: Donor | None,
    at: datetime,
    lots: Sequence[Lot],
    verdicts: Sequence[rules.Verdict],
) -> Posting:
    zones = ledger.zones(session, site.id)
    giver = ledger.place(session, LocationKind.DONOR if donor else LocationKind.SUPPLIER)
    moves = [
        Move(lot.id, quantity, giver.id, zones[LocationKind(zone)].id, pointer=f"/lines/{index}/quantity")
        for index, (lot, verdict) in enumerate(zip(lots, verdicts, strict=True))
        for zone, quantity in verdict.placed
        if quantity
    ]
    entry = Entry(
        kind=PostingKind.RECEIPT,
        occurred_on=command.received_on,
        occurred_at=at,
        moves=moves,
        document=number,
        site_id=site.id,
        user_id=actor.user_id,
        by=actor.name,
        uuid=command.uuid,
    )
    return stock.post(session, entry).posting
