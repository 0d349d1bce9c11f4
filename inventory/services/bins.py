"""Bins of a site: made, changed and closed; what is put away, moved between them and taken out of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from inventory import clock, ledger
from inventory.access import Actor, require
from inventory.errors import Conflict, FieldError, NotFound, msg
from inventory.ledger import bins as places
from inventory.ledger.bins import Put
from inventory.ledger.shelves import filled, goods_of, shelves
from inventory.models import Balance, Bin, BinMove, BinStock, Item, Location, Lot, Site
from inventory.models.words import Temperature, Zone
from inventory.rules.bin_codes import InvalidPattern, expand, parse_bin_code
from inventory.rules.effects import LocationKind
from inventory.rules.put_away import Goods, Objection, Shelf, objections, room_for
from inventory.services import audit
from inventory.services.checks import Checks, get_site, not_closed, own_site

MOST_SEQUENCE = 1_000_000
MOST_LINES = 2000


@dataclass(frozen=True, slots=True)
class PutLine:
    """So much of a lot into the bin `to`, out of the bin `source`; None is outside every bin.

    `lot_id` names the lot where it is known; else all lots of that number and item are meant, the oldest first.
    """

    item: str
    lot: str
    quantity: int | None
    source: str | None = None
    to: str | None = None
    lot_id: int | None = None


def add_bins(session: Session, actor: Actor, site_code: str, fields: Mapping[str, Any]) -> list[Bin]:
    """Make the bins that `codes` names (`A-01..A-20 x 4`), all alike, in the order of the walk.

    The other fields are those of `Bin`. Raises Invalid, or Conflict where a code is taken.
    """
    site = _site(session, actor, site_code, "bins.write")
    not_closed(site)
    checks = Checks(session)
    checks.own_stock(site)
    codes: list[str] = []
    try:
        codes = expand(str(fields.get("codes") or ""))
    except InvalidPattern as error:
        checks.add("/codes", error.message)
    model = Bin(site_id=site.id)
    with session.no_autoflush:
        _fill(checks, model, fields)
        first = fields.get("sequence")
    checks.check()
    taken = session.scalars(select(Bin.code).where(Bin.site_id == site.id, Bin.code.in_(codes))).all()
    if taken:
        listed = ", ".join(sorted(taken)[:5])
        text = msg("There is a bin with this code already: %(codes)s.", codes=listed)
        raise Conflict(text, [FieldError("/codes", text)])
    if first is None:
        first = (session.scalar(select(func.max(Bin.sequence)).where(Bin.site_id == site.id)) or 0) + 1
    names = ("name", "zone", "temperature", "frost_free", "locked", "for_dangerous", "volume_m3", "weight_kg")
    made = [
        Bin(
            site_id=site.id,
            code=code,
            sequence=first + turn,
            **{name: getattr(model, name) for name in names},
        )
        for turn, code in enumerate(codes)
    ]
    session.add_all(made)
    session.flush()
    audit.note(session, actor, "bins", f"site {site.code}", codes=codes[:200], many=len(codes))
    return made


def change_bin(session: Session, actor: Actor, site_code: str, code: str, fields: Mapping[str, Any]) -> Bin:
    """Put a bin right. Its zone stays while something lies in it."""
    found = get_bin(session, actor, site_code, code, "bins.write", lock=True)
    checks = Checks(session)
    zone = found.zone
    with session.no_autoflush:
        _fill(checks, found, fields)
        if fields.get("sequence") is not None:
            found.sequence = int(fields["sequence"])
    checks.check()
    if found.zone != zone and _holds(session, found):
        text = msg("Something lies in it: its zone cannot change.")
        raise Conflict(text, [FieldError("/zone", text)])
    session.flush()
    audit.note(session, actor, "bin_change", f"bin {site_code} {code}")
    return found


def close_bin(session: Session, actor: Actor, site_code: str, code: str) -> Bin:
    """Close a bin: nothing is put into it any more. It must be empty."""
    found = get_bin(session, actor, site_code, code, "bins.write", lock=True)
    if found.closed_on is not None:
        return found
    if _holds(session, found):
        raise Conflict(msg("Something lies in it. Move it to another bin first."))
    found.closed_on = clock.today(found.site.timezone)
    audit.note(session, actor, "bin_close", f"bin {site_code} {code}")
    return found


def open_bin(session: Session, actor: Actor, site_code: str, code: str) -> Bin:
    """Use a closed bin again."""
    found = get_bin(session, actor, site_code, code, "bins.write", lock=True)
    if found.closed_on is not None:
        found.closed_on = None
        audit.note(session, actor, "bin_open", f"bin {site_code} {code}")
    return found


def get_bin(
    session: Session, actor: Actor, site_code: str, code: str, permission: str, *, lock: bool = False
) -> Bin:
    """The bin of that code at a site of the actor, with its site."""
    site = _site(session, actor, site_code, permission)
    query = select(Bin).where(Bin.site_id == site.id, Bin.code == code).options(joinedload(Bin.site))
    query = query.execution_options(populate_existing=True)
    found = session.scalars(query.with_for_update(of=Bin) if lock else query).one_or_none()
    if found is None:
        raise NotFound(msg("There is no bin %(code)s at this site.", code=code))
    return found


def put_away(
    session: Session, actor: Actor, site_code: str, lines: Sequence[PutLine], *, reason: str | None = None
) -> list[BinMove]:
    """Put lots into bins, out of them or from one to another, all or nothing.

    Where a bin does not suit, a `reason` overrides what may be overridden: never cold chain, what freezing destroys,
    or what is kept under lock. Raises Invalid for what is not known, Conflict for what may not be or is not there.
    """
    site = _site(session, actor, site_code, "put_aways.write")
    checks = Checks(session)
    checks.own_stock(site)
    checks.lines(list(lines), MOST_LINES)
    why = checks.text(reason, "/reason", most=500)
    checks.know_items([line.item for line in lines])
    bins = {row.code: row for row in session.scalars(select(Bin).where(Bin.site_id == site.id))}
    read = [_read(checks, site, bins, line, f"/lines/{index}") for index, line in enumerate(lines)]
    checks.check()
    zones = ledger.zones(session, site.id)
    keys = {
        (zones[LocationKind(zone)].id, lot.id): (zones[LocationKind(zone)], lot.id)
        for zone, lots, _ in read
        for lot in lots
    }
    ends = {each.id for _, _, put in read for each in (put.source, put.destination) if each is not None}
    places.hold(session, keys.values(), ends)
    puts = _spread(session, zones, read)
    lots = {lot.id: lot for _, found, _ in read for lot in found}
    _refuse_unfit(session, actor, site, puts, lots, why)
    return places.put(session, puts, actor)


def _site(session: Session, actor: Actor, code: str, permission: str) -> Site:
    require(actor, permission)
    site = get_site(session, code)
    own_site(actor, site)
    return site


def _holds(session: Session, found: Bin) -> bool:
    query = select(BinStock.lot_id).where(BinStock.bin_id == found.id, BinStock.quantity > 0).limit(1)
    return session.scalar(query) is not None


def _fill(checks: Checks, found: Bin, fields: Mapping[str, Any]) -> None:
    """The fields that are given, judged; the others stay as they are."""
    if "name" in fields:
        found.name = checks.text(fields["name"], "/name")
    for name, words in (("zone", Zone), ("temperature", Temperature)):
        if name in fields:
            setattr(found, name, checks.word(fields[name], words, f"/{name}", required=True))
    for name in ("frost_free", "locked", "for_dangerous"):
        if name in fields:
            setattr(found, name, bool(fields[name]))
    for name in ("volume_m3", "weight_kg"):
        if name in fields:
            amount = checks.amount(fields[name], f"/{name}", places=6, most=100_000)
            setattr(found, name, amount)
    sequence = fields.get("sequence")
    if sequence is not None and not 0 <= sequence <= MOST_SEQUENCE:
        checks.add("/sequence", msg("This must be from 0 to %(most)s.", most=MOST_SEQUENCE))
    if found.frost_free and found.temperature == Temperature.FROZEN:
        checks.add("/frost_free", msg("Everything in a freezer freezes."))


Read = tuple[str, list[Lot], Put]
"""The zone, the lots that may be meant, and the line with the first of them."""


def _read(checks: Checks, site: Site, bins: Mapping[str, Bin], line: PutLine, pointer: str) -> Read:
    source = _bin(checks, site, bins, line.source, f"{pointer}/from")
    destination = _bin(checks, site, bins, line.to, f"{pointer}/to")
    quantity = checks.quantity(line.quantity, f"{pointer}/quantity")
    item = checks.item(line.item, f"{pointer}/item")
    if not line.source and not line.to:
        checks.add(f"{pointer}/to", msg("Say which bin."))
    if source is not None and destination is not None:
        if source.id == destination.id:
            checks.add(f"{pointer}/to", msg("It lies there already."))
        elif source.zone != destination.zone:
            checks.add(
                f"{pointer}/to", msg("The bin is in another zone. Move the goods between the zones first.")
            )
    lots: list[Lot] = []
    if item is not None:
        number = checks.lot(line.lot, f"{pointer}/lot")
        lots = _lots(checks.session, site, item, number, line.lot_id)
        if number and not lots:
            text = msg("%(item)s has no lot %(lot)s at this site.", item=item.code, lot=number)
            checks.add(f"{pointer}/lot", text)
    zone = next((each.zone for each in (source, destination) if each is not None), Zone.STOCK)
    return zone, lots, Put(lots[0].id if lots else 0, quantity, source, destination, pointer)


def _bin(checks: Checks, site: Site, bins: Mapping[str, Bin], code: str | None, pointer: str) -> Bin | None:
    """The bin of a code, or of its label's text as a scanner gives it."""
    if not code:
        return None
    label = parse_bin_code(code)
    if label is not None and label.site != site.code:
        checks.add(pointer, msg("This is a bin of %(site)s.", site=label.site))
        return None
    found = bins.get(label.code if label is not None else code.strip())
    if found is None:
        checks.add(pointer, msg("There is no bin %(code)s at this site.", code=code[:80]))
    return found


def _lots(session: Session, site: Site, item: Item, number: str, lot_id: int | None) -> list[Lot]:
    query = (
        select(Lot)
        .join(Balance, Balance.lot_id == Lot.id)
        .join(Location, Location.id == Balance.location_id)
        .where(Lot.item_id == item.id, Lot.number == number, Location.site_id == site.id)
        .options(joinedload(Lot.item))
        .order_by(Lot.id)
    )
    found = list(session.scalars(query).unique())
    return [lot for lot in found if lot_id is None or lot.id == lot_id]


def _spread(session: Session, zones: Mapping[LocationKind, Location], read: Sequence[Read]) -> list[Put]:
    """One line for each lot: what the first of a number does not have is taken of the next."""
    if all(len(lots) <= 1 for _, lots, _ in read):
        return [put for _, _, put in read]
    ids = {lot.id for _, lots, _ in read for lot in lots}
    site_id = next(iter(zones.values())).site_id or 0
    lying = {(each.bin.id, each.lot.id): each.quantity for each in places.in_bins(session, site_id)}
    loose = {(each.zone, each.lot.id): each.left for each in places.unplaced(session, site_id, None, ids)}
    puts: list[Put] = []
    for zone, lots, put in read:
        left = put.quantity
        for turn, lot in enumerate(lots):
            if put.source is not None:
                there = lying.get((put.source.id, lot.id), 0)
            else:
                there = loose.get((Zone(zone), lot.id), 0)
            part = left if turn == len(lots) - 1 else min(left, there)
            if part > 0:
                puts.append(Put(lot.id, part, put.source, put.destination, put.pointer))
                left -= part
                if put.source is not None:
                    lying[(put.source.id, lot.id)] = there - part
                else:
                    loose[(Zone(zone), lot.id)] = there - part
    return puts


def _refuse_unfit(
    session: Session,
    actor: Actor,
    site: Site,
    puts: Sequence[Put],
    lots: Mapping[int, Lot],
    reason: str | None,
) -> None:
    ends = {each.id for put in puts for each in (put.source, put.destination) if each is not None}
    state, _, _ = shelves(session, site.id, ends)
    wrong: list[FieldError] = []
    for put in puts:
        lot = lots[put.lot_id]
        if put.source is not None:
            goods = goods_of(lot, put.source.zone)
            state[put.source.id] = filled(state[put.source.id], goods, -put.quantity)
        if put.destination is None:
            continue
        goods = goods_of(lot, put.destination.zone)
        shelf = state[put.destination.id]
        found = [each for each in _objections(goods, shelf, put.quantity) if each.rule != "closed"]
        refused = [each for each in found if not (each.overridable and reason)]
        wrong += [FieldError(f"{put.pointer}/to", each.message) for each in refused[:1]]
        state[put.destination.id] = filled(shelf, goods, put.quantity)
        if found and not refused:
            audit.note(
                session,
                actor,
                "put_away_override",
                f"bin {site.code} {put.destination.code}",
                item=lot.item.code,
                lot=lot.number,
                quantity=put.quantity,
                rules=[each.rule for each in found],
                reason=reason,
            )
    if wrong:
        raise Conflict(msg("This may not lie there."), wrong)


def _objections(goods: Goods, shelf: Shelf[int], quantity: int) -> list[Objection]:
    room, _ = room_for(goods, shelf)
    found = objections(goods, shelf)
    if room is not None and quantity > room:
        text = msg("There is room for %(room)s more. Give a reason if it fits all the same.", room=room)
        found.append(Objection("room", text, True))
    return found
