"""A receipt in words: its lines with what was found, how it came, and the packing list beside what is there."""

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from inventory import clock
from inventory.errors import Message
from inventory.extensions import render
from inventory.models import Receipt, ReceiptLine
from inventory.queries import catalogue, promised
from inventory.queries.short_dated import Arriving, would_expire
from inventory.services.receipt_preview import PreviewLine
from inventory.services.receipts import NewReceipt
from inventory.web.reference_words import (
    CHECKS,
    CONDITIONS,
    LABEL_PARTS,
    REMEDIES,
    TEMPERATURES,
    VALUE_BASES,
    said,
)
from inventory.web.words import day, number


def shown_line(line: ReceiptLine | PreviewLine) -> dict[str, Any]:
    """A line with the zones that its units went to, and what is to be said of it in words."""
    placed = [(line.zone, line.quantity)]
    if line.zone == "stock" and 0 < line.damaged < line.quantity:
        placed = [("stock", line.quantity - line.damaged), ("quarantine", line.damaged)]
    warnings: dict[str, list[str]] = {}
    for each in line.warnings:
        warnings.setdefault(each["rule"], []).append(_told(each["detail"]))
    difference = None if line.declared is None else line.quantity - line.declared
    return {
        "row": line,
        "placed": placed,
        "warnings": [(said(CHECKS, rule), texts) for rule, texts in warnings.items()],
        "remedies": {said(CHECKS, rule): render(REMEDIES[rule]) for rule in warnings if rule in REMEDIES},
        "details": details_of(line),
        "accepted": {each["rule"] for each in line.exceptions},
        "difference": difference or None,
        "basis": said(VALUE_BASES, line.value_basis),
    }


def _told(stored: dict[str, Any]) -> str:
    """A stored finding in the reader's language; its dates as pages write them."""
    found = Message.from_json(stored)
    dates = {name: day(date.fromisoformat(value)) for name, value in found.params.items() if _is_date(value)}
    return render(Message(found.text, {**found.params, **dates}))


def _is_date(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value) is not None


def details_of(line: ReceiptLine | PreviewLine, *, paper: bool = False) -> list[tuple[str, str]]:
    """(label, words) of what was noted of a line besides its lot and quantity; a paper tells some of it itself."""
    if isinstance(line, PreviewLine):
        return []
    missing = ", ".join(said(LABEL_PARTS, part) for part in line.label_missing or ())
    told = [
        (_("Brand"), line.brand),
        (_("Strength and form"), line.presentation),
        (_("Units in a pack"), number(line.pack_quantity) if line.pack_quantity else None),
        (_("Condition"), said(CONDITIONS, line.condition)),
        (_("Storage on the label"), said(TEMPERATURES, line.storage)),
        (_("Languages of the label"), ", ".join(line.label_languages or ())),
        (_("Missing on the label"), missing),
        (_("Source of the value"), line.value_source),
        (_("On the list used here"), _yes_no(line.on_list)),
        (_("Registered in the country"), _yes_no(line.registered)),
        (_("Certificate of quality seen"), _yes_no(line.quality_seen)),
    ]
    own = {_("Brand"), _("Languages of the label")} if paper else set()
    return [(str(label), str(words)) for label, words in told if words and label not in own]


def arrival_facts(receipt: Receipt) -> list[tuple[str, str]]:
    """(label, words) of how a receipt came: pre-alert, seal, logger, who pays."""
    low, high = (
        None if value is None else f"{number(value)} °C"
        for value in (receipt.logger_low, receipt.logger_high)
    )
    told = [
        (_("Pre-alert on"), day(receipt.announced_on) if receipt.announced_on else None),
        (_("Vehicle or container"), receipt.vehicle),
        (_("Seal declared"), receipt.seal_declared),
        (_("Seal found"), receipt.seal_found),
        (_("Seal intact"), _yes_no(receipt.seal_intact)),
        (_("Temperature logger"), receipt.logger),
        (_("Lowest, °C"), low),
        (_("Highest, °C"), high),
        (_("Logger alarm"), _yes_no(receipt.logger_alarm)),
        (_("Who pays"), receipt.costs_paid_by),
    ]
    return [(str(label), str(words)) for label, words in told if words]


def compared_with_list(database: Session, receipt: Receipt) -> list[promised.Compared]:
    """Promised, listed and found by item, where anything was promised or listed."""
    lines = [(line.item_id, line.declared, line.quantity) for line in receipt.lines]
    return promised.compare(database, receipt.donation_id, lines, receipt.not_found or [])


def compared_in_preview(
    database: Session, command: NewReceipt, shown: Sequence[PreviewLine]
) -> list[promised.Compared]:
    """The same for a receipt that is not recorded yet."""
    lines = [(line.item.id, line.declared, line.quantity) for line in shown]
    gone = [{"item": each.item, "declared": each.declared} for each in command.not_found or ()]
    return promised.compare(database, promised.id_of(database, command.donation), lines, gone)


def short_dated_tests(database: Session, site: str, shown: Sequence[PreviewLine]) -> list[str]:
    """For each line what the test of the one-year rule's exception says; empty where it is not short-dated."""
    found = [""] * len(shown)
    at = next((each for each in catalogue.all_sites(database) if each.code == site), None)
    short = [index for index, line in enumerate(shown) if _is_short(line)]
    if at is None or not short:
        return found
    arriving = [Arriving(shown[i].item.id, shown[i].expires_on, shown[i].quantity) for i in short]
    results = would_expire(database, at.id, arriving, clock.today(at.timezone))
    for index, units in zip(short, results, strict=True):
        if units is None:
            found[index] = _(
                "What is used here is not known: it cannot be told whether it will be used in time."
            )
        elif units:
            found[index] = _(
                "At what is used here, %(units)s would expire unused. Do not take it without a plan for them.",
                units=number(units),
            )
        else:
            found[index] = _("At what is used here, all of it would be used before it expires.")
    return found


def _is_short(line: PreviewLine) -> bool:
    return any(each["rule"] == "short_dated" for each in line.warnings)


def _yes_no(value: bool | None) -> str:
    return "" if value is None else str(_("Yes") if value else _("No"))
