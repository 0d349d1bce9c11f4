"""Receipts: what was unloaded becomes lots, each in the zone that the checks give it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from inventory import clock, ledger
from inventory.access import Actor, require, require_site
from inventory.errors import NotFound, msg
from inventory.ledger import Entry, Move
from inventory.models import Donation, Donor, Item, Lot, Posting, Receipt, ReceiptLine, Site
from inventory.models.words import DonationKind
from inventory.rules import donation_checks as rules
from inventory.rules.effects import LocationKind, PostingKind
from inventory.rules.finding import Finding
from inventory.rules.identifiers import InvalidIdentifier, vin, vin_check
from inventory.rules.shelf_life import month_end
from inventory.services import audit, receipt_holds, stock
from inventory.services.checks import Checks, not_closed, occurrence
from inventory.services.donations import unannounced
from inventory.services.lots import (
    LotFacts,
    find_or_make_lots,
    known_expiries,
    known_expiry,
    refuse_known_serials,
)
from inventory.services.numbers import next_number
from inventory.services.receipt_commands import Limits, LineException, NewReceipt, NewReceiptLine

__all__ = [
    "Limits",
    "LineException",
    "NewReceipt",
    "NewReceiptLine",
    "get_receipt",
    "receive",
    "record",
    "undo_receipt",
]


@dataclass(slots=True)
class _Line:
    """A line whose fields were found right."""

    given: NewReceiptLine
    item: Item
    lot: str
    expires_on: date | None
    at: str
    lot_at: str
    warnings: list[Finding] = field(default_factory=list)


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
    header = _header(checks, command, site)
    donation, donor = _giver(session, checks, command)
    checks.lines(list(command.lines))
    checks.know_items(line.item for line in command.lines)
    lines = [
        line
        for index, given in enumerate(command.lines)
        if (line := _line(session, checks, given, f"/lines/{index}"))
    ]
    checks.check()
    assert site is not None
    require_site(actor, "receipts.write", site.id)
    not_closed(site)
    verdicts = _judge(checks, command, lines, donation, donor, limits or Limits())
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
        arrived_in_country_on=command.arrived_in_country_on,
        created_by_id=actor.user_id,
        **header,
    )
    lots = find_or_make_lots(session, [_facts(command, line, donation, donor) for line in lines])
    at = occurrence(command.received_on, site, command.occurred_at, arrives=True)
    posting = _post(session, actor, command, receipt.number, site, donor, at, lots, verdicts)
    receipt.posting_id = posting.id
    receipt.lines = [
        _kept(index, line, lot, verdict)
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


def _header(checks: Checks, command: NewReceipt, site: Site | None) -> dict[str, Any]:
    today = clock.today(site.timezone if site else None)
    checks.day(command.received_on, "/received_on", latest=today)
    arrived = checks.day(
        command.arrived_in_country_on, "/arrived_in_country_on", latest=today, required=False
    )
    if arrived is not None and command.received_on is not None and arrived > command.received_on:
        checks.add("/arrived_in_country_on", msg("It cannot arrive in the country after it was received."))
    return {
        name: checks.text(getattr(command, name), f"/{name}")
        for name in ("consent_reference", "checked_by", "reference")
    }


def _giver(session: Session, checks: Checks, command: NewReceipt) -> tuple[Donation | None, Donor | None]:
    donor = checks.donor(command.donor) if command.donor else None
    if not command.donation:
        return None, donor
    donation = session.scalars(
        select(Donation)
        .where(Donation.number == command.donation)
        .options(selectinload(Donation.lines), selectinload(Donation.donor))
    ).one_or_none()
    if donation is None:
        checks.add(
            "/donation", msg("There is no donation with the number %(number)s.", number=command.donation)
        )
    elif donation.kind == DonationKind.MONEY:
        checks.add("/donation", msg("%(number)s is a gift of money.", number=command.donation))
    elif donor is not None and donor.id != donation.donor_id:
        checks.add("/donor", msg("%(number)s was given by another donor.", number=command.donation))
    return donation, donation.donor if donation is not None else donor


def _line(session: Session, checks: Checks, given: NewReceiptLine, at: str) -> _Line | None:
    item = checks.item(given.item, f"{at}/item")
    field_name = "serial" if item is not None and item.serialised and given.serial else "lot"
    number = checks.lot(given.serial if field_name == "serial" else given.lot, f"{at}/{field_name}")
    quantity = checks.quantity(given.quantity, f"{at}/quantity")
    if given.declared is not None:
        checks.quantity(given.declared, f"{at}/declared", least=0)
    checks.quantity(given.damaged, f"{at}/damaged", least=0)
    if given.damaged > quantity > 0:
        checks.add(f"{at}/damaged", msg("More cannot be damaged than came."))
    checks.word(given.zone, ("stock", "quarantine"), f"{at}/zone")
    checks.word(given.expiry_precision, ("day", "month"), f"{at}/expiry_precision")
    checks.amount(given.unit_value, f"{at}/unit_value", places=6)
    checks.currency(given.currency, f"{at}/currency", required=given.unit_value is not None)
    checks.amount(given.gross_weight_kg, f"{at}/gross_weight_kg", places=9, most=100_000)
    given = replace(
        given,
        manufacturer=checks.text(given.manufacturer, f"{at}/manufacturer"),
        value_basis=checks.text(given.value_basis, f"{at}/value_basis"),
        carton=checks.text(given.carton, f"{at}/carton"),
        note=checks.text(given.note, f"{at}/note", most=2000, lines=True),
    )
    for position, exception in enumerate(given.exceptions):
        checks.text(exception.accepted_by, f"{at}/exceptions/{position}/accepted_by")
        checks.text(exception.reason, f"{at}/exceptions/{position}/reason", most=2000, lines=True)
    if item is None:
        return None
    if item.serialised:
        number = _serial(checks, item, number, quantity, f"{at}/{field_name}", at)
    expires_on = _expiry(session, checks, item, number, given, at)
    return _Line(given, item, number, expires_on, at, f"{at}/{field_name}")


def _serial(checks: Checks, item: Item, number: str, quantity: int, pointer: str, at: str) -> str:
    if quantity != 1:
        checks.add(f"{at}/quantity", msg("A serial is one piece: the quantity is 1."))
    if item.category != "vehicle":
        return number
    try:
        return vin(number)
    except InvalidIdentifier as error:
        checks.add(pointer, error.message)
        return number


def _expiry(
    session: Session, checks: Checks, item: Item, number: str, given: NewReceiptLine, at: str
) -> date | None:
    """The last day of use: as given, or as it is known of this lot."""
    day = given.expires_on
    if day is None and item.tracks_expiry:
        day = known_expiry(session, item, number)
        if day is None:
            checks.add(
                f"{at}/expires_on", msg("Give the expiry date: it is followed for %(item)s.", item=item.code)
            )
    checks.day(day, f"{at}/expires_on", required=False)
    if day is not None and given.expiry_precision == "month":
        return month_end(day.year, day.month)
    return day


def _judge(
    checks: Checks,
    command: NewReceipt,
    lines: Sequence[_Line],
    donation: Donation | None,
    donor: Donor | None,
    limits: Limits,
) -> list[rules.Verdict]:
    announced = donation is not None and not donation.unannounced
    promised = {line.item_id for line in donation.lines} if donation is not None else set()
    header = rules.Header(
        received_on=command.received_on,
        arrived_in_country_on=command.arrived_in_country_on,
        consent_reference=command.consent_reference,
        announced=announced,
        has_donor=donor is not None,
    )
    verdicts = rules.check_receipt(
        header,
        [
            rules.Line(
                item_is_medicine=line.item.is_medicine,
                quantity=line.given.quantity,
                expires_on=line.expires_on,
                tracks_expiry=line.item.tracks_expiry,
                serialised=line.item.serialised,
                damaged=line.given.damaged,
                label_languages=tuple(line.given.label_languages or ()) or None,
                unit_value=line.given.unit_value,
                value_basis=line.given.value_basis,
                carton=line.given.carton,
                gross_weight_kg=line.given.gross_weight_kg,
                returned_or_sample=line.given.returned_or_sample,
                announced=line.item.id in promised if promised else announced,
                zone="quarantine" if line.given.zone == "quarantine" else "stock",
                exceptions=tuple(
                    rules.ExceptionGiven(given.rule, given.accepted_by, given.reason)
                    for given in line.given.exceptions
                ),
            )
            for line in lines
        ],
        carton_warn_kg=limits.carton_warn_kg,
        carton_fail_kg=limits.carton_fail_kg,
    )
    known = known_expiries(checks.session, [(line.item, line.lot) for line in lines])
    for line, verdict in zip(lines, verdicts, strict=True):
        for error in verdict.errors:
            checks.add(line.at + error.pointer, error.message)
        line.warnings = [*verdict.warnings, *_own_findings(line, known.get((line.item.id, line.lot)))]
    return verdicts


def _own_findings(line: _Line, known: date | None) -> list[Finding]:
    """What is to be said of a line besides the donation rules: an odd VIN, an expiry that contradicts the known one."""
    found = []
    if line.item.serialised and line.item.category == "vehicle" and not vin_check(line.lot):
        found.append(
            Finding("vin", msg("The check digit of this VIN does not fit. European ones often do not."))
        )
    if known is not None and line.expires_on is not None and known != line.expires_on:
        text = msg("This lot number is known with the expiry %(known)s.", known=known.isoformat())
        found.append(Finding("expiry_mismatch", text))
    return found


def _facts(command: NewReceipt, line: _Line, donation: Donation | None, donor: Donor | None) -> LotFacts:
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


def _kept(index: int, line: _Line, lot: Lot, verdict: rules.Verdict) -> ReceiptLine:
    given = line.given
    warnings = [
        {"rule": finding.rule, "detail": text.as_json()}
        for finding in line.warnings
        for text in finding.said()
    ]
    return ReceiptLine(
        position=index,
        item_id=line.item.id,
        lot_id=lot.id,
        quantity=given.quantity,
        declared=given.declared,
        damaged=given.damaged,
        zone=verdict.zone,
        manufacturer=given.manufacturer,
        label_languages=list(given.label_languages) if given.label_languages else None,
        unit_value=given.unit_value,
        currency=given.currency,
        value_basis=given.value_basis,
        carton=given.carton,
        gross_weight_kg=given.gross_weight_kg,
        returned_or_sample=given.returned_or_sample,
        warnings=warnings,
        exceptions=[
            {"rule": e.rule, "accepted_by": e.accepted_by, "reason": e.reason} for e in given.exceptions
        ],
        note=given.note,
    )
