"""What a site should ask for, with the sum behind it; who gets how much where a supplier has too little."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from inventory import clock
from inventory.access import Actor
from inventory.ledger.figures import Figures, figures
from inventory.models import Item, Requisition, RequisitionLine, Site
from inventory.queries.status import site_figures
from inventory.rules.rationing import Request, Share, ration

URGENT = ("stock_out", "emergency")
_ORDER = {"stock_out": 0, "emergency": 1, "reorder": 2}
_VEN = {"V": 0, "E": 1, "N": 2}


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What is suggested of one item, in base units. Position = usable - reserved - projected expired + on its way +
    asked for. `drafts` are the numbers of drafts that hold the item already."""

    item: Item
    figures: Figures
    drafts: Sequence[str]

    @property
    def quantity(self) -> int:
        return self.figures.assessment.suggested_quantity or 0

    @property
    def reserved(self) -> int:
        return self.figures.usable - self.figures.available

    @property
    def expiring(self) -> int:
        effective = self.figures.assessment.effective_stock
        return 0 if effective is None else self.figures.available - effective

    @property
    def lacking(self) -> Fraction:
        maximum = self.figures.assessment.maximum
        return (
            Fraction(0) if maximum is None else max(Fraction(0), maximum - self.figures.assessment.position)
        )

    @property
    def urgent(self) -> bool:
        return self.figures.assessment.status in URGENT


def suggestions(session: Session, actor: Actor, site: Site) -> list[Suggestion]:
    """What is suggested at a site, the most urgent first."""
    drafts = _in_drafts(session, site)
    found = [
        Suggestion(item, known, drafts.get(item.id, []))
        for item, known in site_figures(session, actor, site.code)
        if known.assessment.suggested_quantity
    ]
    return sorted(
        found,
        key=lambda each: (
            _ORDER.get(each.figures.assessment.status or "", 3),
            _VEN.get(each.item.ven or "", 3),
            each.item.name,
        ),
    )


def _in_drafts(session: Session, site: Site) -> dict[int, list[str]]:
    rows = session.execute(
        select(RequisitionLine.item_id, Requisition.number)
        .join(Requisition, Requisition.id == RequisitionLine.requisition_id)
        .where(Requisition.site_id == site.id, Requisition.status == "draft")
        .order_by(Requisition.id)
    )
    found: dict[int, list[str]] = defaultdict(list)
    for item_id, number in rows:
        found[item_id].append(number)
    return found


@dataclass(frozen=True, slots=True)
class Claim:
    """What one submitted requisition asks for of an item, and what of it is proposed and why."""

    requisition: Requisition
    line: RequisitionLine
    share: Share


@dataclass(frozen=True, slots=True)
class Rationed:
    """An item that a supplier has too little of: what it can give (free, and not promised by an approval), what is
    asked for in all, and the claims in the order of their submission."""

    item: Item
    supply: int
    promised: int
    wanted: int
    claims: Sequence[Claim]


def rationing(session: Session, supplier: Site, item_ids: Sequence[int] | None = None) -> list[Rationed]:
    """The items of which all submitted requisitions together ask a supplier for more than it can give, by name."""
    rows = session.scalars(
        select(Requisition)
        .join(Site, Site.id == Requisition.site_id)
        .where(Site.supplied_by_id == supplier.id, Requisition.status == "submitted")
        .options(
            joinedload(Requisition.site), selectinload(Requisition.lines).joinedload(RequisitionLine.item)
        )
        .order_by(Requisition.submitted_at, Requisition.id)
    ).all()
    claims: dict[int, list[tuple[Requisition, RequisitionLine]]] = defaultdict(list)
    for row in rows:
        for line in row.lines:
            if item_ids is None or line.item_id in item_ids:
                claims[line.item_id].append((row, line))
    if not claims:
        return []
    held = figures(session, supplier.id, clock.today(supplier.timezone), list(claims))
    promised = _promised(session, supplier, list(claims))
    short = {
        item_id: made
        for item_id, made in claims.items()
        if sum(line.quantity for _row, line in made) > held[item_id].available - promised.get(item_id, 0)
    }
    known = _figures_of(session, short)
    found = [
        _rationed(made, held[item_id].available, promised.get(item_id, 0), known)
        for item_id, made in short.items()
    ]
    return sorted(found, key=lambda each: each.item.name)


def _promised(session: Session, supplier: Site, item_ids: list[int]) -> dict[int, int]:
    """item id -> what is approved to sites that a supplier supplies and is in no shipment yet."""
    rows = session.execute(
        select(
            RequisitionLine.item_id,
            func.sum(func.coalesce(RequisitionLine.approved, RequisitionLine.quantity)),
        )
        .join(Requisition, Requisition.id == RequisitionLine.requisition_id)
        .join(Site, Site.id == Requisition.site_id)
        .where(Site.supplied_by_id == supplier.id, Requisition.status == "approved")
        .where(RequisitionLine.item_id.in_(item_ids))
        .group_by(RequisitionLine.item_id)
    )
    return {item_id: int(quantity) for item_id, quantity in rows}


def _figures_of(
    session: Session, claims: dict[int, list[tuple[Requisition, RequisitionLine]]]
) -> dict[tuple[int, int], Figures]:
    wanted: dict[int, set[int]] = defaultdict(set)
    sites: dict[int, Site] = {}
    for item_id, made in claims.items():
        for row, _line in made:
            wanted[row.site_id].add(item_id)
            sites[row.site_id] = row.site
    return {
        (site_id, item_id): found
        for site_id, ids in wanted.items()
        for item_id, found in figures(
            session, site_id, clock.today(sites[site_id].timezone), sorted(ids)
        ).items()
    }


def _rationed(
    made: list[tuple[Requisition, RequisitionLine]],
    available: int,
    promised: int,
    known: dict[tuple[int, int], Figures],
) -> Rationed:
    item = made[0][1].item
    asked: dict[int, int] = defaultdict(int)
    for row, line in made:
        asked[row.site_id] += line.quantity
    sites = {row.site_id: row.site for row, _line in made}
    requests = [
        _request(sites[site_id], item, known[site_id, item.id], wanted) for site_id, wanted in asked.items()
    ]
    supply = max(0, available - promised)
    shares = dict(zip(asked, ration(supply, requests), strict=True))
    left = {site_id: share.quantity for site_id, share in shares.items()}
    claims = []
    for row, line in made:
        # Of two requisitions of one site the older is served first.
        given = min(left[row.site_id], line.quantity)
        left[row.site_id] -= given
        share = shares[row.site_id]
        claims.append(Claim(row, line, Share(share.site, given, share.reason)))
    return Rationed(item, supply, promised, sum(asked.values()), claims)


def _request(site: Site, item: Item, known: Figures, wanted: int) -> Request:
    assessment = known.assessment
    return Request(
        site=site.code,
        ven=item.ven,
        maximum=assessment.maximum,
        # The position counts what is submitted as if it came: that is what is to be decided.
        position=assessment.position - wanted,
        emergency_point=assessment.emergency_point,
        usable=known.usable,
        wanted=wanted,
        multiple=known.policy.order_multiple if known.policy is not None else None,
    )
