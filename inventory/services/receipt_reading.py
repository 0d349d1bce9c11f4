"""What is told of a receipt, read field by field: every fault is collected, none stops the others."""

from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from inventory import clock
from inventory.errors import msg
from inventory.models import Donation, Donor, Item, Site
from inventory.models.words import DonationKind, GoodsCondition, Temperature
from inventory.rules.donation_facts import LABEL_PARTS
from inventory.rules.finding import Finding
from inventory.rules.identifiers import InvalidIdentifier, vin
from inventory.rules.shelf_life import month_end
from inventory.rules.temperature import HIGHEST, LOWEST
from inventory.services.checks import Checks
from inventory.services.lots import known_expiry
from inventory.services.receipt_commands import NewReceipt, NewReceiptLine

HEADER_TEXTS = (
    "consent_reference",
    "checked_by",
    "reference",
    "vehicle",
    "seal_declared",
    "seal_found",
    "logger",
    "costs_paid_by",
)
MOST_NOT_FOUND = 2000
LINE_TEXTS = ("manufacturer", "value_basis", "carton", "brand", "presentation", "value_source")


@dataclass(slots=True)
class ReadLine:
    """A line whose fields were found right."""

    given: NewReceiptLine
    item: Item
    lot: str
    expires_on: date | None
    at: str
    lot_at: str
    warnings: list[Finding] = field(default_factory=list)


def read_header(checks: Checks, command: NewReceipt, site: Site | None) -> dict[str, Any]:
    today = clock.today(site.timezone if site else None)
    checks.day(command.received_on, "/received_on", latest=today)
    arrived = checks.day(
        command.arrived_in_country_on, "/arrived_in_country_on", latest=today, required=False
    )
    if arrived is not None and command.received_on is not None and arrived > command.received_on:
        checks.add("/arrived_in_country_on", msg("It cannot arrive in the country after it was received."))
    checks.day(command.announced_on, "/announced_on", latest=today, required=False)
    low = _celsius(checks, command.logger_low, "/logger_low")
    high = _celsius(checks, command.logger_high, "/logger_high")
    if low is not None and high is not None and low > high:
        checks.add("/logger_high", msg("The highest temperature is not below the lowest one."))
    return {name: checks.text(getattr(command, name), f"/{name}") for name in HEADER_TEXTS} | {
        "arrived_in_country_on": command.arrived_in_country_on,
        "announced_on": command.announced_on,
        "seal_intact": command.seal_intact,
        "logger_low": low,
        "logger_high": high,
        "logger_alarm": command.logger_alarm,
        "not_found": _not_found(checks, command),
    }


def _celsius(checks: Checks, value: Decimal | None, pointer: str) -> Decimal | None:
    if value is None:
        return None
    if not value.is_finite() or not LOWEST <= value <= HIGHEST:
        checks.add(
            pointer,
            msg("A temperature lies between %(low)s and %(high)s °C.", low=int(LOWEST), high=int(HIGHEST)),
        )
        return None
    if value.scaleb(2) != value.scaleb(2).to_integral_value():
        checks.add(pointer, msg("At most %(places)s decimals, please.", places=2))
        return None
    return value


def _not_found(checks: Checks, command: NewReceipt) -> list[dict[str, Any]] | None:
    """What was declared and is not there, as the receipt keeps it."""
    told = list(command.not_found or ())
    if len(told) > MOST_NOT_FOUND:
        checks.add("/not_found", msg("At most %(most)s lines at once.", most=MOST_NOT_FOUND))
        return None
    checks.know_items(line.item for line in told)
    kept = []
    for index, line in enumerate(told):
        at = f"/not_found/{index}"
        item = checks.item(line.item, f"{at}/item")
        lot = checks.lot(line.lot, f"{at}/lot") if line.lot else None
        checks.day(line.expires_on, f"{at}/expires_on", required=False)
        kept.append(
            {
                "item": item.code if item else "",
                "lot": lot,
                "expires_on": line.expires_on.isoformat() if line.expires_on else None,
                "declared": checks.quantity(line.declared, f"{at}/declared"),
                "carton": checks.text(line.carton, f"{at}/carton"),
            }
        )
    return kept or None


def read_giver(session: Session, checks: Checks, command: NewReceipt) -> tuple[Donation | None, Donor | None]:
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


def read_line(session: Session, checks: Checks, given: NewReceiptLine, at: str) -> ReadLine | None:
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
    for name in ("gross_weight_kg", "declared_weight_kg"):
        checks.amount(getattr(given, name), f"{at}/{name}", places=9, most=100_000)
    if given.pack_quantity is not None:
        checks.quantity(given.pack_quantity, f"{at}/pack_quantity")
    checks.word(given.condition, GoodsCondition, f"{at}/condition")
    checks.word(given.storage, Temperature, f"{at}/storage")
    for position, part in enumerate(given.label_missing or ()):
        checks.word(part, LABEL_PARTS, f"{at}/label_missing/{position}")
    texts: dict[str, Any] = {name: checks.text(getattr(given, name), f"{at}/{name}") for name in LINE_TEXTS}
    given = replace(given, note=checks.text(given.note, f"{at}/note", most=2000, lines=True), **texts)
    for position, exception in enumerate(given.exceptions):
        checks.text(exception.accepted_by, f"{at}/exceptions/{position}/accepted_by")
        checks.text(exception.reason, f"{at}/exceptions/{position}/reason", most=2000, lines=True)
    if item is None:
        return None
    if item.serialised:
        number = _serial(checks, item, number, quantity, f"{at}/{field_name}", at)
    expires_on = _expiry(session, checks, item, number, given, at)
    return ReadLine(given, item, number, expires_on, at, f"{at}/{field_name}")


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
