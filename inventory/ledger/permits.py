"""What has gone under permits for controlled medicines, read from shipments and receipts; what a journey lacks."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, aliased, selectinload

from inventory import clock
from inventory.errors import Message, msg
from inventory.models import (
    Item,
    Package,
    PackageLine,
    Permit,
    Receipt,
    ReceiptLine,
    Shipment,
    Site,
)
from inventory.models.words import PermitKind
from inventory.rules import permits as rules
from inventory.rules.finding import Finding

SENT = ("dispatched", "arrived", "received")
UNDER_WAY = ("draft", "dispatched", "arrived")


def as_paper(permit: Permit) -> rules.Paper:
    """A permit, read with its lines, as the rules take it."""
    owner = ("site", permit.site_id) if permit.shipment_id is None else ("shipment", permit.shipment_id)
    return rules.Paper(
        permit.id,
        permit.kind,
        (owner[0], owner[1] or 0),
        permit.valid_from,
        permit.valid_until,
        permit.ended_on,
        {line.item_id: line.quantity for line in permit.lines},
    )


def used(session: Session, papers: Iterable[rules.Paper], without: int | None = None) -> rules.Used:
    """(permit id, item id) -> base units that went under it, leaving the shipment `without` out.

    Of a shipment's own permit: what was dispatched with it. Of a site's: what it sent (export) or was sent across a
    border, as far as the shipment has no permit of its own; for an import also what it received that had arrived in
    the country before. Nothing goes under a licence.
    """
    groups: dict[tuple[tuple[str, int], str], list[rules.Paper]] = defaultdict(list)
    for paper in papers:
        if paper.kind != PermitKind.LICENCE:
            groups[(paper.owner, paper.kind)].append(paper)
    spent: rules.Used = {}
    for ((owner, owner_id), kind), group in groups.items():
        items = {item_id for paper in group for item_id in paper.items}
        if owner == "shipment":
            if owner_id == without:
                continue
            sums: dict[int, int] = defaultdict(int)
            for use in _sent(session, items, [Shipment.id == owner_id]):
                sums[use.item_id] += use.quantity
            spent |= {
                (paper.id, item_id): sums[item_id]
                for paper in group
                for item_id in paper.items
                if sums[item_id]
            }
        else:
            spent |= rules.used(group, _of_site(session, owner_id, kind, items, without))
    return spent


def lacking(session: Session, shipment: Shipment) -> list[Finding]:
    """What is to be said of the controlled goods of a shipment that crosses a border without the permits for them.

    Nothing once it was received or cancelled.
    """
    if shipment.status not in UNDER_WAY or shipment.historical:
        return []
    needed = {
        item_id: (code, int(quantity))
        for item_id, code, quantity in session.execute(
            select(Item.id, Item.code, func.sum(PackageLine.quantity))
            .join(PackageLine, PackageLine.item_id == Item.id)
            .join(Package, Package.id == PackageLine.package_id)
            .where(Package.shipment_id == shipment.id, Item.controlled)
            .group_by(Item.id, Item.code)
            .order_by(Item.code)
        )
    }
    if not needed:
        return []
    origin, destination = (
        session.get_one(Site, each) for each in (shipment.origin_id, shipment.destination_id)
    )
    if origin.country == destination.country:
        return []
    rows = session.scalars(
        select(Permit)
        .where(
            Permit.kind != PermitKind.LICENCE,
            or_(Permit.shipment_id == shipment.id, Permit.site_id.in_([origin.id, destination.id])),
        )
        .options(selectinload(Permit.lines))
    )
    papers = [as_paper(each) for each in rows if _fits(each, shipment)]
    spent = used(session, papers, without=shipment.id)
    leaves = clock.today(origin.timezone, shipment.dispatched_at)
    arrives = max(leaves, shipment.eta or leaves)
    quantities = {item_id: quantity for item_id, (_, quantity) in needed.items()}
    return [
        Finding(
            "permit",
            Message(_LACKS[lack].text, dict(zip(("item", "quantity"), needed[item_id], strict=True))),
        )
        for item_id, lack in rules.lacking(quantities, papers, spent, leaves, arrives).items()
    ]


_LACKS = {
    "both": msg(
        "%(item)s is controlled and crosses a border: neither a model form nor export and import authorisations cover "
        "%(quantity)s of it."
    ),
    "export": msg(
        "%(item)s is controlled and crosses a border: no export authorisation covers %(quantity)s of it."
    ),
    "import": msg(
        "%(item)s is controlled and crosses a border: no import authorisation covers %(quantity)s of it."
    ),
}


def _fits(permit: Permit, shipment: Shipment) -> bool:
    if permit.shipment_id is not None:
        return permit.shipment_id == shipment.id
    if permit.kind == PermitKind.EXPORT:
        return permit.site_id == shipment.origin_id
    return permit.site_id == shipment.destination_id or permit.kind == PermitKind.MODEL_FORM


def _of_site(
    session: Session, site_id: int, kind: str, items: Collection[int], without: int | None
) -> Iterator[rules.Use]:
    origin, destination = aliased(Site), aliased(Site)
    abroad = (
        select(Shipment.id)
        .join(origin, origin.id == Shipment.origin_id)
        .join(destination, destination.id == Shipment.destination_id)
        .where(origin.country != destination.country)
    )
    ends = (
        [Shipment.origin_id == site_id] if kind == PermitKind.EXPORT else [Shipment.destination_id == site_id]
    )
    if kind == PermitKind.MODEL_FORM:
        ends = [or_(Shipment.origin_id == site_id, Shipment.destination_id == site_id)]
    own = select(Permit.shipment_id).where(
        Permit.shipment_id.is_not(None),
        Permit.kind.in_([kind, PermitKind.MODEL_FORM]),
        Permit.ended_on.is_(None),
    )
    wanted = [Shipment.id.in_(abroad), Shipment.id.not_in(own), *ends]
    if without is not None:
        wanted.append(Shipment.id != without)
    yield from _sent(session, items, wanted)
    if kind == PermitKind.EXPORT:
        return
    came = (
        select(ReceiptLine.item_id, Receipt.received_on, func.sum(ReceiptLine.quantity))
        .join(Receipt, Receipt.id == ReceiptLine.receipt_id)
        .where(
            Receipt.site_id == site_id,
            Receipt.arrived_in_country_on.is_not(None),
            Receipt.reversed_by_id.is_(None),
            ReceiptLine.item_id.in_(list(items)),
        )
        .group_by(ReceiptLine.item_id, Receipt.received_on)
    )
    for item_id, day, quantity in session.execute(came):
        yield rules.Use(item_id, day, int(quantity))


def _sent(session: Session, items: Collection[int], wanted: Sequence[object]) -> Iterator[rules.Use]:
    rows = session.execute(
        select(PackageLine.item_id, Shipment.dispatched_at, Site.timezone, func.sum(PackageLine.quantity))
        .join(Package, Package.id == PackageLine.package_id)
        .join(Shipment, Shipment.id == Package.shipment_id)
        .join(Site, Site.id == Shipment.origin_id)
        .where(Shipment.status.in_(SENT), PackageLine.item_id.in_(list(items)), *wanted)  # type: ignore[arg-type]
        .group_by(PackageLine.item_id, Shipment.id, Shipment.dispatched_at, Site.timezone)
    )
    for item_id, at, timezone, quantity in rows:
        day: date = clock.today(timezone, at)
        yield rules.Use(item_id, day, int(quantity))
