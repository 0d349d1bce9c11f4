"""Why lines of a receipt, or of what a shipment brought, stand in quarantine or were refused: their holds."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol

from sqlalchemy.orm import Session

from inventory import ledger
from inventory.access import Actor
from inventory.errors import Message, msg
from inventory.ledger import Move
from inventory.models import Hold, Lot, Receipt, Site
from inventory.models.words import SiteKind
from inventory.rules.donation_checks import Verdict
from inventory.rules.effects import LocationKind
from inventory.rules.finding import Finding
from inventory.rules.holding import severity, worst
from inventory.services import holds
from inventory.services.receipt_commands import NewReceiptLine

DAMAGED = msg("It came damaged.")
SET_ASIDE = msg("It was set aside as it was unpacked.")


def hold_lines(
    session: Session,
    actor: Actor,
    receipt: Receipt,
    site: Site,
    lots: Sequence[Lot],
    verdicts: Sequence[Verdict],
    told: Sequence[NewReceiptLine],
) -> list[Hold]:
    """A hold for each line of a receipt that is not all usable, under its worst rule, with all of them told.

    What is damaged has a hold of its own. Lines that are all right cost nothing.
    """
    parts: list[_Part] = []
    for lot, verdict, given in zip(lots, verdicts, told, strict=True):
        for zone, quantity in verdict.placed:
            if zone != "stock":
                broken = min(given.damaged, quantity)
                parts += _parts(lot.id, zone, quantity - broken, broken, *_why(verdict, given.note))
    return _hold(session, actor, site, receipt.number, parts)


class _Line(Protocol):
    @property
    def zone(self) -> str:
        """Where the sound part goes."""
        ...


class _Share(Protocol):
    @property
    def lot_id(self) -> int:
        """Of which lot."""
        ...

    @property
    def quantity(self) -> int:
        """All of it, damaged or not."""
        ...


def hold_arrived(
    session: Session,
    actor: Actor,
    site: Site,
    document: str,
    came: Iterable[tuple[_Line, Iterable[tuple[_Share, int]]]],
) -> list[Hold]:
    """The same for what a shipment brought: lines with their shares of lots, and how many of each are damaged."""
    if site.kind == SiteKind.PARTNER:
        return []
    parts: list[_Part] = []
    for line, shares in came:
        for share, damaged in shares:
            parts += _parts(share.lot_id, "quarantine", 0, damaged, "", {})
            if line.zone != "stock":
                sound = share.quantity - damaged
                parts += _parts(share.lot_id, line.zone, sound, 0, "by_hand", SET_ASIDE.as_json())
    return _hold(session, actor, site, document, parts)


_Part = tuple[int, str, int, str, dict[str, Any]]
"""(lot id, zone, units, cause, detail)"""


def _parts(
    lot_id: int, zone: str, sound: int, broken: int, cause: str, detail: dict[str, Any]
) -> Iterator[_Part]:
    if sound:
        yield lot_id, zone, sound, cause, detail
    if broken:
        yield lot_id, zone, broken, "damaged", DAMAGED.as_json()


def _hold(session: Session, actor: Actor, site: Site, document: str, parts: Sequence[_Part]) -> list[Hold]:
    zones = ledger.zones(session, site.id) if parts else {}
    found: list[Hold] = []
    # What was set aside by hand comes last: a hold by hand is taken for one whose reason is told afterwards.
    for lot_id, zone, quantity, cause, detail in sorted(parts, key=lambda part: part[3] == "by_hand"):
        move = Move(lot_id, quantity, 0, zones[LocationKind(zone)].id)
        found += holds.open_for(session, actor, site, [move], cause, detail, document)
    return found


def _why(verdict: Verdict, note: str | None) -> tuple[str, dict[str, Any]]:
    """The worst rule that failed and its message; under `findings` those of all rules that failed."""
    cause = worst(verdict.failed)
    told = [each for each in verdict.warnings if each.rule in verdict.failed]
    told.sort(key=lambda each: severity(each.rule))
    first: Message = told[0].detail if told else _typed(note)
    return cause, {**first.as_json(), "findings": [_finding(each) for each in told]}


def _typed(note: str | None) -> Message:
    return msg("%(note)s", note=note) if note else SET_ASIDE


def _finding(finding: Finding) -> dict[str, Any]:
    return {"rule": finding.rule, "detail": [text.as_json() for text in finding.said()]}
