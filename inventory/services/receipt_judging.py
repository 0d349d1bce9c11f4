"""The verdict on each line of a receipt, and what the receipt keeps of it."""

from collections.abc import Collection, Sequence
from datetime import date

from sqlalchemy import select

from inventory.errors import msg
from inventory.models import Donation, Donor, Gtin, Lot, ReceiptLine
from inventory.rules import donation_checks as rules
from inventory.rules.finding import Finding
from inventory.rules.identifiers import vin_check
from inventory.services.checks import CHUNK, Checks
from inventory.services.lots import known_expiries
from inventory.services.receipt_commands import Limits, NewReceipt
from inventory.services.receipt_reading import ReadLine

_SAME = (
    "quantity",
    "declared",
    "damaged",
    "manufacturer",
    "unit_value",
    "currency",
    "value_basis",
    "carton",
    "gross_weight_kg",
    "declared_weight_kg",
    "brand",
    "presentation",
    "pack_quantity",
    "condition",
    "storage",
    "value_source",
    "on_list",
    "registered",
    "quality_seen",
    "returned_or_sample",
    "note",
)
"""Columns of a line that are as they were told."""


def judge(
    checks: Checks,
    command: NewReceipt,
    lines: Sequence[ReadLine],
    donation: Donation | None,
    donor: Donor | None,
    limits: Limits,
) -> list[rules.Verdict]:
    announced = _announced(command, donation)
    promised = {line.item_id for line in donation.lines} if donation is not None else set()
    packs = _usual_packs(checks, [line.item.id for line in lines if line.given.pack_quantity])
    header = rules.Header(
        received_on=command.received_on,
        arrived_in_country_on=command.arrived_in_country_on,
        consent_reference=command.consent_reference,
        announced=announced,
        has_donor=donor is not None,
        announced_on=command.announced_on,
        vehicle=command.vehicle,
        seal_declared=command.seal_declared,
        seal_found=command.seal_found,
        seal_intact=command.seal_intact,
        logger_low=command.logger_low,
        logger_high=command.logger_high,
        logger_alarm=command.logger_alarm,
        costs_paid_by=command.costs_paid_by,
    )
    verdicts = rules.check_receipt(
        header,
        [
            _told(line, line.item.id in promised if promised else announced, packs.get(line.item.id, ()))
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


def _own_findings(line: ReadLine, known: date | None) -> list[Finding]:
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


def _announced(command: NewReceipt, donation: Donation | None) -> bool:
    """Whether the donor had told of it: by a donation, or by a pre-alert before it came."""
    told = command.announced_on is not None and command.announced_on <= command.received_on
    return told or (donation is not None and not donation.unannounced)


def _usual_packs(checks: Checks, item_ids: Collection[int]) -> dict[int, tuple[int, ...]]:
    """item id -> how many base units its known packs hold."""
    found: dict[int, tuple[int, ...]] = {}
    wanted = sorted(set(item_ids))
    for start in range(0, len(wanted), CHUNK):
        rows = checks.session.execute(
            select(Gtin.item_id, Gtin.quantity).where(Gtin.item_id.in_(wanted[start : start + CHUNK]))
        )
        for item_id, quantity in rows:
            found[item_id] = tuple(sorted({*found.get(item_id, ()), quantity}))
    return found


def _told(line: ReadLine, announced: bool, packs: tuple[int, ...]) -> rules.Line:
    given, item = line.given, line.item
    return rules.Line(
        item_is_medicine=item.is_medicine,
        quantity=given.quantity,
        expires_on=line.expires_on,
        tracks_expiry=item.tracks_expiry,
        serialised=item.serialised,
        damaged=given.damaged,
        label_languages=tuple(given.label_languages or ()) or None,
        unit_value=given.unit_value,
        value_basis=given.value_basis,
        carton=given.carton,
        gross_weight_kg=given.gross_weight_kg,
        returned_or_sample=given.returned_or_sample,
        announced=announced,
        zone="quarantine" if given.zone == "quarantine" else "stock",
        exceptions=tuple(
            rules.ExceptionGiven(each.rule, each.accepted_by, each.reason) for each in given.exceptions
        ),
        declared=given.declared,
        declared_weight_kg=given.declared_weight_kg,
        condition=given.condition,
        storage=given.storage,
        label_missing=tuple(given.label_missing or ()),
        presentation=given.presentation or given.brand,
        pack_quantity=given.pack_quantity,
        on_list=given.on_list,
        registered=given.registered,
        quality_seen=given.quality_seen,
        temperature=item.temperature,
        freeze_sensitive=item.freeze_sensitive,
        controlled=item.controlled,
        strength=item.strength,
        dosage_form=item.dosage_form,
        usual_packs=packs,
    )


def as_kept(index: int, line: ReadLine, lot: Lot, verdict: rules.Verdict) -> ReceiptLine:
    """The line as the receipt keeps it."""
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
        zone=verdict.zone,
        label_languages=list(given.label_languages) if given.label_languages else None,
        label_missing=list(given.label_missing) if given.label_missing else None,
        warnings=warnings,
        exceptions=[
            {"rule": e.rule, "accepted_by": e.accepted_by, "reason": e.reason} for e in given.exceptions
        ],
        **{name: getattr(given, name) for name in _SAME},
    )
