"""Kits put together and taken apart through the ledger: components keep their lots, a kit lot knows what is in it."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from inventory import clock, ledger
from inventory.access import Actor, require, require_site
from inventory.errors import Conflict, FieldError, Invalid, Message, msg
from inventory.ledger import Move, PartHere
from inventory.models import Item, Kit, KitContent, KitLine, Location, Lot, StockEvent
from inventory.models.words import StockEventKind
from inventory.rules import kitting
from inventory.rules.effects import LocationKind, PostingKind
from inventory.services.checks import Checks, not_closed
from inventory.services.stock_events import known_event, new_event, post_event

MOST_KITS = 100_000
MOST_KIT_LOTS = 200
"""More kit lots at once than this nobody can keep apart on a shelf."""


@dataclass(frozen=True, slots=True)
class ChosenLot:
    """A lot that a component is taken from, at most `quantity` base units of it; no other lots of that item are."""

    item: str
    lot: str
    quantity: int | None = None


@dataclass(frozen=True, slots=True)
class Assembly:
    """So many kits put together at a site. Components without a line come from the soonest-expiring lots."""

    site: str
    kit: str
    quantity: int
    occurred_on: date
    lines: Sequence[ChosenLot] = ()
    note: str | None = None
    uuid: UUID = field(default_factory=uuid4)


@dataclass(frozen=True, slots=True)
class Disassembly:
    """So many kits of one kit lot taken apart at a site."""

    site: str
    kit: str
    lot: str
    quantity: int
    occurred_on: date
    note: str | None = None
    uuid: UUID = field(default_factory=uuid4)


def assemble(session: Session, actor: Actor, command: Assembly) -> StockEvent:
    """Put kits together of what is free in the `stock` zone; where component lots change, another kit lot begins.

    A kit lot expires with the first of its components, is worth their sum where they are in one currency, and has no
    donor: its components have. Raises Conflict that names every component that is missing (`/components/0`: by its
    place in the bill; `/lines/0/lot` where its lots were chosen).
    """
    require(actor, "kits.assemble")
    known = known_event(session, actor, command.uuid)
    if known is not None:
        return known
    checks = Checks(session)
    site = checks.site(command.site)
    checks.own_stock(site)
    item = checks.item(command.kit, "/kit")
    if checks.quantity(command.quantity, "/quantity") > MOST_KITS:
        checks.add("/quantity", msg("At most %(most)s kits at once.", most=MOST_KITS))
    today = clock.today(site.timezone if site else None)
    checks.day(command.occurred_on, "/occurred_on", latest=today)
    note = checks.text(command.note, "/note", most=2000, lines=True)
    kit = _bill(checks, item)
    chosen = _chosen(checks, kit, command.lines)
    checks.check()
    assert site is not None and kit is not None
    require_site(actor, "kits.assemble", site.id)
    not_closed(site)
    event = new_event(session, actor, StockEventKind.KIT_ASSEMBLY, site, command.occurred_on, None)
    event.note = note
    zone = ledger.place(session, LocationKind.STOCK, site_id=site.id)
    since = command.occurred_on if command.occurred_on < today else None
    parts = ledger.components_here(session, [kit], zone, command.occurred_on, since=since, lock=True)[kit.id]
    _refuse_unknown(parts, chosen)
    components = [
        part.component([(each.lot, each.quantity) for _, each in chosen.get(part.item.id, ())])
        for part in parts
    ]
    found = kitting.plan(components, command.quantity, usable_on=command.occurred_on)
    if found.missing:
        raise _missing(found, parts, command.quantity, chosen)
    if len(found.batches) > MOST_KIT_LOTS:
        raise Conflict(
            msg(
                "These kits would be of %(many)s different lots, %(most)s at most: put fewer together at once.",
                many=len(found.batches),
                most=MOST_KIT_LOTS,
            )
        )
    moves = _put_together(session, event, kit.item, zone, found.batches)
    return post_event(session, actor, event, site, PostingKind.KIT_ASSEMBLY, moves, command.uuid)


def take_apart(session: Session, actor: Actor, command: Disassembly) -> StockEvent:
    """Take kits of one lot apart: their components are in the `stock` zone again, each in its own lot.

    Kits that were recalled or have expired can be taken apart too: what is good in them is free again.
    """
    require(actor, "kits.take_apart")
    known = known_event(session, actor, command.uuid)
    if known is not None:
        return known
    checks = Checks(session)
    site = checks.site(command.site)
    checks.own_stock(site)
    item = checks.item(command.kit, "/kit")
    number = checks.lot(command.lot, "/lot")
    checks.quantity(command.quantity, "/quantity")
    today = clock.today(site.timezone if site else None)
    checks.day(command.occurred_on, "/occurred_on", latest=today)
    note = checks.text(command.note, "/note", most=2000, lines=True)
    lot = _kit_lot(session, checks, item, number)
    checks.check()
    assert site is not None and lot is not None
    require_site(actor, "kits.take_apart", site.id)
    contents = ledger.contents_of(session, [lot.id])[lot.id]
    event = new_event(session, actor, StockEventKind.KIT_DISASSEMBLY, site, command.occurred_on, None)
    event.note = note
    zone = ledger.place(session, LocationKind.STOCK, site_id=site.id)
    kitted = ledger.place(session, LocationKind.KITTED)
    moves = [Move(lot.id, command.quantity, zone.id, kitted.id, pointer="/quantity")]
    moves += [
        Move(lot_id, each * command.quantity, kitted.id, zone.id, pointer="/quantity")
        for lot_id, each in contents.items()
    ]
    return post_event(session, actor, event, site, PostingKind.KIT_DISASSEMBLY, moves, command.uuid)


def _bill(checks: Checks, item: Item | None) -> Kit | None:
    if item is None:
        return None
    kit = checks.session.scalars(
        select(Kit)
        .where(Kit.item_id == item.id)
        .options(joinedload(Kit.item), selectinload(Kit.lines).joinedload(KitLine.item))
        .execution_options(populate_existing=True)
    ).one_or_none()
    if kit is None or not kit.lines:
        checks.add("/kit", msg("Nobody has said yet what %(item)s holds.", item=item.code))
        return None
    if item.serialised:
        checks.add("/kit", msg("%(item)s comes in single pieces with serials: it is no kit.", item=item.code))
        return None
    return kit


Chosen = Mapping[int, Sequence[tuple[int, ChosenLot]]]
"""item id -> (index of the line, what it says), of the components whose lots were chosen by hand."""


def _chosen(checks: Checks, kit: Kit | None, lines: Sequence[ChosenLot]) -> Chosen:
    found: dict[int, list[tuple[int, ChosenLot]]] = defaultdict(list)
    if lines:
        checks.lines(list(lines))
    components = {line.item.code: line.item_id for line in kit.lines} if kit is not None else {}
    for index, line in enumerate(lines):
        at = f"/lines/{index}"
        number = checks.lot(line.lot, f"{at}/lot")
        if line.quantity is not None:
            checks.quantity(line.quantity, f"{at}/quantity")
        if kit is None:
            continue
        if line.item not in components:
            text = msg("%(item)s is not in the bill of %(kit)s.", item=line.item, kit=kit.item.code)
            checks.add(f"{at}/item", text)
        else:
            found[components[line.item]].append((index, ChosenLot(line.item, number, line.quantity)))
    return found


def _refuse_unknown(parts: Sequence[PartHere], chosen: Chosen) -> None:
    """Raise Invalid for each chosen lot that is not here at all."""
    wrong = []
    for part in parts:
        here = {lot.number for lot in part.lots}
        for index, line in chosen.get(part.item.id, ()):
            if line.lot not in here:
                text = msg("There is no lot %(lot)s of %(item)s here.", lot=line.lot, item=line.item)
                wrong.append(FieldError(f"/lines/{index}/lot", text))
    if wrong:
        raise Invalid(wrong)


def _missing(found: kitting.Plan[int], parts: Sequence[PartHere], quantity: int, chosen: Chosen) -> Conflict:
    errors = []
    for short in found.missing:
        item = parts[short.index].item
        by_hand = chosen.get(item.id)
        at = f"/lines/{by_hand[0][0]}/lot" if by_hand else f"/components/{short.index}"
        errors.append(FieldError(at, told_missing(item, short, by_hand=bool(by_hand))))
    general = msg(
        "%(possible)s of %(quantity)s kits can be put together: components are missing.",
        possible=found.possible,
        quantity=quantity,
    )
    return Conflict(general, errors)


def told_missing(item: Item, short: kitting.Missing, *, by_hand: bool = False) -> Message:
    """Which component is missing, how many of it are, how many are needed and can be taken."""
    facts = {
        "missing": short.quantity,
        "item": item.name,
        "code": item.code,
        "needed": short.needed,
        "available": short.available,
    }
    if by_hand:
        return msg(
            "%(missing)s × %(item)s (%(code)s) missing: %(needed)s are needed, the lots chosen give %(available)s.",
            **facts,
        )
    return msg(
        "%(missing)s × %(item)s (%(code)s) missing: %(needed)s are needed, %(available)s can be taken.",
        **facts,
    )


def _put_together(
    session: Session, event: StockEvent, item: Item, zone: Location, batches: Sequence[kitting.Batch[int]]
) -> list[Move]:
    """Make the kit lots and what is in them; the movements of components and kits."""
    ids = {lot_id for batch in batches for lot_id in batch.contents}
    lots = {lot.id: lot for lot in session.scalars(select(Lot).where(Lot.id.in_(ids)))}
    made = [
        _new_lot(event, item, lots, batch, f"{event.number}/{at}" if len(batches) > 1 else event.number)
        for at, batch in enumerate(batches, 1)
    ]
    session.add_all(made)
    session.flush()
    session.add_all(
        KitContent(kit_lot_id=lot.id, lot_id=lot_id, quantity=quantity)
        for lot, batch in zip(made, batches, strict=True)
        for lot_id, quantity in batch.contents.items()
    )
    session.flush()
    kitted = ledger.place(session, LocationKind.KITTED)
    taken: Counter[int] = Counter()
    for batch in batches:
        for lot_id, quantity in batch.contents.items():
            taken[lot_id] += quantity * batch.kits
    moves = [Move(lot_id, taken[lot_id], zone.id, kitted.id, pointer="/quantity") for lot_id in taken]
    moves += [
        Move(lot.id, batch.kits, kitted.id, zone.id, pointer="/quantity")
        for lot, batch in zip(made, batches, strict=True)
    ]
    return moves


def _new_lot(
    event: StockEvent, item: Item, lots: Mapping[int, Lot], batch: kitting.Batch[int], number: str
) -> Lot:
    inside = [(lots[lot_id], quantity) for lot_id, quantity in batch.contents.items()]
    value, currency = worth(inside)
    bases = {lot.value_basis for lot, _ in inside}
    first = next((lot for lot, _ in inside if lot.expires_on == batch.expires_on), None)
    return Lot(
        item_id=item.id,
        number=number,
        expires_on=batch.expires_on,
        expiry_precision=first.expiry_precision if first is not None and batch.expires_on else "day",
        received_on=event.occurred_on,
        arrived_in_country_on=min(
            (lot.arrived_in_country_on for lot, _ in inside if lot.arrived_in_country_on), default=None
        ),
        unit_value=value,
        currency=currency,
        value_basis=bases.pop() if value is not None and len(bases) == 1 else None,
    )


def worth(inside: Sequence[tuple[Lot, int]]) -> tuple[Decimal | None, str | None]:
    """What a kit of these lots is worth, and in which currency; nothing where one has no value or another currency."""
    currencies = {lot.currency for lot, _ in inside}
    values = [(lot.unit_value, quantity) for lot, quantity in inside]
    if len(currencies) != 1 or None in currencies or any(value is None for value, _ in values):
        return None, None
    return sum(((value or Decimal(0)) * quantity for value, quantity in values), Decimal(0)), currencies.pop()


def _kit_lot(session: Session, checks: Checks, item: Item | None, number: str) -> Lot | None:
    if item is None or not number:
        return None
    lots = session.scalars(
        select(Lot)
        .where(Lot.item_id == item.id, Lot.number == number, Lot.id.in_(select(KitContent.kit_lot_id)))
        .order_by(Lot.id)
    ).all()
    if not lots:
        text = msg(
            "Lot %(lot)s of %(item)s was not put together here: nobody knows which lots are in it.",
            lot=number,
            item=item.code,
        )
        checks.add("/lot", text)
        return None
    return lots[0]
