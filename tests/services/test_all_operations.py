"""All that people do with stock, in any order: nothing appears or vanishes, nothing is below zero, the ledger proves
itself after each step, and every gift adds up."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from inventory import clock, ledger
from inventory.db import atomically, db
from inventory.errors import Conflict, Invalid
from inventory.models import (
    Alert,
    Balance,
    Donation,
    Location,
    Lot,
    Policy,
    Receipt,
    Shipment,
    Site,
    StockEvent,
)
from inventory.queries import trace
from inventory.rules.effects import LocationKind
from inventory.services import (
    adjustments,
    alerts,
    consumption,
    counts,
    kits,
    kitting,
    packing,
    recalls,
    receipts,
    shipments,
    shipping,
    sites,
    stock_events,
)
from tests.factories import create_donor, create_item, create_site
from tests.services.people import COORDINATOR

TODAY = clock.today()
K = LocationKind
SITES = st.integers(0, 2)
ITEMS = st.sampled_from([0, 0, 0, 1])
DONORS = st.integers(0, 2)
LOTS = st.sampled_from(["A", "B"])
AMOUNT = st.integers(1, 12)
AGO = st.integers(0, 4)
ZONES = st.sampled_from(["stock", "quarantine", "refused"])
PICK = st.integers(0, 20)


class Stock(RuleBasedStateMachine):
    """Three sites, two items, three givers. Every example begins with no rows, within a savepoint of its own."""

    session: Session

    def __init__(self) -> None:
        super().__init__()
        connection: Any = db.engine  # the outer transaction of the test (conftest)
        self.outer = connection.begin_nested()

    def teardown(self) -> None:
        self.session.rollback()
        self.session.expunge_all()
        self.outer.rollback()

    @initialize()
    def begin(self) -> None:
        self.here = [
            create_site(self.session),
            create_site(self.session, kind="dispensary"),
            create_site(self.session, kind="partner"),
        ]
        self.codes = [site.code for site in self.here]
        self.items = [create_item(self.session).code for _ in range(2)]
        self.donors = [None, *(create_donor(self.session).code for _ in range(2))]
        self.came = 0
        self.kit = create_item(self.session, category="kit").code
        bill = [kits.InKit(self.items[0], 3), kits.InKit(self.items[1], 1)]
        kits.set_kit(self.session, COORDINATOR, kits.KitContent(self.kit, None, None, bill))
        for site in self.codes[:2]:
            levels = {"method": "fixed", "reorder_point": 10, "maximum": 20, "emergency_point": 4}
            for item in self.items:
                sites.set_policy(self.session, COORDINATOR, site, item, levels)
        self.session.commit()
        for at, donor, lot in ((0, 0, "A"), (0, 1, "A"), (0, 2, "B"), (1, 1, "A"), (1, 2, "B")):
            self.receive(at, 0, (lot, 800), donor, 30, 0, 6, "stock")

    def do(self, service, *args):
        """Whether it was done; refusals are for the services' own tests."""
        try:
            return atomically(lambda s: service(s, COORDINATOR, *args))
        except (Conflict, Invalid):
            return None

    @rule(
        site=st.integers(0, 1),
        item=ITEMS,
        lot=st.sampled_from([("A", 800), ("B", 800), ("SOON", 2), ("OLD", -1)]),
        donor=DONORS,
        quantity=AMOUNT,
        damaged=st.integers(0, 3),
        ago=AGO,
        zone=st.sampled_from(["stock", "quarantine"]),
    )
    def receive(self, site, item, lot, donor, quantity, damaged, ago, zone) -> None:
        number, expires = lot
        line = receipts.NewReceiptLine(
            self.items[item],
            number,
            quantity,
            TODAY + timedelta(days=expires),
            damaged=min(damaged, quantity),
            zone=zone,
            exceptions=[receipts.LineException("short_dated", "me", "needed")],
        )
        command = receipts.NewReceipt(
            self.codes[site], TODAY - timedelta(days=ago), [line], donor=self.donors[donor]
        )
        assert self.do(receipts.receive, command) is not None
        self.came += quantity

    @rule(pick=PICK)
    def undo_receipt(self, pick) -> None:
        made = self.session.scalars(
            select(Receipt).where(Receipt.reversed_by_id.is_(None)).order_by(Receipt.id)
        ).all()
        if made:
            number = made[pick % len(made)].number
            done = self.do(receipts.undo_receipt, number, "wrong")
            if done is not None:
                self.came -= sum(line.quantity for line in done.lines)

    @rule(site=st.integers(0, 1), item=ITEMS, quantity=AMOUNT, ago=AGO, lot=st.none() | LOTS)
    def consume(self, site, item, quantity, ago, lot) -> None:
        line = consumption.ConsumptionLine(self.items[item], quantity, lot)
        self.do(
            consumption.consume,
            consumption.Consumption(self.codes[site], TODAY - timedelta(days=ago), [line]),
        )

    @rule(site=st.integers(0, 1), item=ITEMS, lot=LOTS, quantity=st.integers(-8, 4), ago=AGO)
    def adjust(self, site, item, lot, quantity, ago) -> None:
        line = adjustments.AdjustmentLine(self.items[item], lot, quantity, "correction")
        self.do(
            adjustments.adjust,
            adjustments.Adjustment(self.codes[site], TODAY - timedelta(days=ago), [line]),
        )

    @rule(
        site=st.integers(0, 1),
        item=ITEMS,
        lot=st.sampled_from(["A", "B", "OLD"]),
        quantity=AMOUNT,
        ago=AGO,
    )
    def dispose(self, site, item, lot, quantity, ago) -> None:
        line = adjustments.DisposalLine(self.items[item], lot, quantity)
        day = TODAY - timedelta(days=ago)
        self.do(adjustments.dispose, adjustments.Disposal(self.codes[site], day, "chemical", [line]))

    @rule(site=st.integers(0, 1), item=ITEMS, lot=LOTS, quantity=AMOUNT, source=ZONES, destination=ZONES)
    def move(self, site, item, lot, quantity, source, destination) -> None:
        line = adjustments.ZoneMoveLine(self.items[item], lot, quantity, source, destination)
        self.do(adjustments.move_zones, adjustments.ZoneMove(self.codes[site], [line]))

    @rule(site=st.integers(0, 1), item=ITEMS, lot=LOTS, counted=st.integers(0, 60), ago=AGO)
    def count(self, site, item, lot, counted, ago) -> None:
        day = TODAY - timedelta(days=ago)
        line = counts.CountedLine(self.items[item], lot, counted)
        if self.do(counts.count, counts.Count(self.codes[site], day, [line])) is not None:
            zone = ledger.place(self.session, K.STOCK, site_id=self.here[site].id)
            lots = self.session.scalars(
                select(Lot.id).where(Lot.number == lot, Lot.item.has(code=self.items[item]))
            ).all()
            assert sum(ledger.on_hand_at(self.session, zone.id, lots, day).values()) == counted

    @rule(site=st.integers(0, 1), quantity=st.integers(1, 4), ago=AGO, lot=st.none() | LOTS)
    def assemble(self, site, quantity, ago, lot) -> None:
        chosen = [kitting.ChosenLot(self.items[0], lot)] if lot else []
        day = TODAY - timedelta(days=ago)
        self.do(kitting.assemble, kitting.Assembly(self.codes[site], self.kit, quantity, day, chosen))

    @rule(
        site=st.integers(0, 1),
        quantity=st.integers(1, 3),
        ago=st.integers(0, 2),
        pick=PICK,
        use=st.integers(0, 4),
    )
    def use_kits(self, site, quantity, ago, pick, use) -> None:
        """Taken apart, dispensed, sent on, lost or found: whatever happens to kits happens to what is in them."""
        made = self.session.scalars(
            select(Lot.number).where(Lot.item.has(code=self.kit)).order_by(Lot.id)
        ).all()
        if not made:
            return
        number, day, code = made[pick % len(made)], TODAY - timedelta(days=ago), self.codes[site]
        if use == 0:
            self.do(kitting.take_apart, kitting.Disassembly(code, self.kit, number, quantity, day))
        elif use == 1:
            line = consumption.ConsumptionLine(self.kit, quantity, number)
            self.do(consumption.consume, consumption.Consumption(code, day, [line]))
        elif use == 2:
            command = shipments.NewShipment(code, self.codes[pick % 3], "road")
            draft = self.do(shipments.draft, command)
            package = packing.NewPackage("carton", [packing.PackedLine(self.kit, quantity, number)])
            if draft is not None and self.do(packing.pack, draft.number, package) is not None:
                self.do(shipping.dispatch, draft.number, clock.now())
        else:
            change = quantity if use == 3 else -quantity
            put_right = [adjustments.AdjustmentLine(self.kit, number, change, "correction")]
            self.do(adjustments.adjust, adjustments.Adjustment(code, day, put_right))

    @rule(pick=PICK)
    def undo_event(self, pick) -> None:
        made = self.session.scalars(
            select(StockEvent.number).where(StockEvent.reversed_by_id.is_(None)).order_by(StockEvent.id)
        ).all()
        if made:
            self.do(stock_events.undo, made[pick % len(made)], "wrong")

    @rule(origin=st.integers(0, 1), destination=SITES, item=ITEMS, quantity=AMOUNT, dispatched=st.booleans())
    def ship(self, origin, destination, item, quantity, dispatched) -> None:
        command = shipments.NewShipment(self.codes[origin], self.codes[destination], "road")
        made = self.do(shipments.draft, command)
        if made is None:
            return
        number = made.number
        package = packing.NewPackage("carton", [packing.PackedLine(self.items[item], quantity)])
        packed = self.do(packing.pack, number, package)
        if packed is not None and dispatched:
            assert self.do(shipping.dispatch, number, clock.now()) is not None

    def shipment(self, pick: int, *states: str) -> str | None:
        found = self.session.scalars(
            select(Shipment.number).where(Shipment.status.in_(states)).order_by(Shipment.id)
        ).all()
        return found[pick % len(found)] if found else None

    @rule(pick=PICK, cancel=st.booleans())
    def unpack(self, pick, cancel) -> None:
        number = self.shipment(pick, "draft")
        if number is None:
            return
        if cancel:
            assert self.do(shipments.cancel, number) is not None
            return
        made = shipments.get_shipment(self.session, COORDINATOR, number)
        labels = [package.label for package in made.packages]
        for label in labels[:1]:
            self.do(packing.unpack, number, label)

    @rule(pick=PICK)
    def dispatch(self, pick) -> None:
        number = self.shipment(pick, "draft")
        if number is not None:
            self.do(shipping.dispatch, number, clock.now())

    @rule(pick=PICK, share=st.integers(0, 4), damaged=st.integers(0, 3), final=st.booleans())
    def arrive(self, pick, share, damaged, final) -> None:
        number = self.shipment(pick, "dispatched", "arrived")
        if number is None:
            return
        made = shipments.get_shipment(self.session, COORDINATOR, number)
        lines = [
            shipping.ArrivedLine(
                line.item.code, line.lot.number, (got := line.quantity * share // 4), min(damaged, got)
            )
            for package in made.packages
            for line in package.lines
        ]
        self.do(shipping.receive, number, shipping.Arrival(clock.now(), lines, final))

    @rule(pick=PICK, quantity=st.integers(1, 4), found=st.booleans(), all_of_it=st.booleans())
    def settle(self, pick, quantity, found, all_of_it) -> None:
        number = self.shipment(pick, "received")
        if number is None:
            return
        made = shipments.get_shipment(self.session, COORDINATOR, number)
        line = made.packages[0].lines[0]
        lines = [shipping.MissingLine(line.item.code, line.lot.number, quantity)]
        if found:
            self.do(shipping.found, number, lines)
        else:
            self.do(shipping.write_off, number, "stolen", [] if all_of_it else lines)

    @precondition(lambda self: self.came > 200)
    @rule(item=ITEMS, lot=st.sampled_from(["SOON", "OLD"]))
    def recall(self, item, lot) -> None:
        assert self.do(recalls.recall, self.items[item], lot, "crystals") is not None

    @invariant()
    def the_ledger_proves_itself(self) -> None:
        self.session.expire_all()
        assert ledger.verify(self.session).faults == []

    @invariant()
    def nothing_appears_or_vanishes(self) -> None:
        sums = dict(
            self.session.execute(
                select(Location.kind, func.sum(Balance.on_hand))
                .join(Location, Location.id == Balance.location_id)
                .group_by(Location.kind)
            ).all()
        )
        given = -sum(int(sums.pop(kind, 0)) for kind in (K.DONOR, K.SUPPLIER))
        assert given == getattr(self, "came", 0)
        assert sum(map(int, sums.values())) == given

    @invariant()
    def every_gift_adds_up(self) -> None:
        ids = self.session.scalars(select(Donation.id)).all()
        for fates in trace.fates_of(self.session, ids).values():
            for fate in fates.values():
                parts = fate.in_stock + fate.in_transit + fate.dispensed + fate.disposed + fate.lost
                assert parts + fate.missing + fate.delivered_to_partner == fate.donated
                assert min(fate.donated, fate.in_stock, fate.in_transit, fate.dispensed, fate.missing) >= 0

    @invariant()
    def kits_are_what_is_in_them(self) -> None:
        for lot in self.session.scalars(select(Lot).where(Lot.item.has(code=getattr(self, "kit", None)))):
            held = ledger.contents_of(self.session, [lot.id])[lot.id]
            inside = self.session.scalars(select(Lot).where(Lot.id.in_(held))).all()
            per_item = [
                sum(held[each.id] for each in inside if each.item_id == of)
                for of in {e.item_id for e in inside}
            ]
            assert sorted(per_item) == [1, 3]
            assert lot.expires_on == min(each.expires_on for each in inside)
            assert lot.recalled_on is not None or not any(each.recalled_on for each in inside)

    @invariant()
    def alerts_are_what_evaluating_would_make_them(self) -> None:
        if not self.session.scalar(select(func.count()).select_from(Policy)):
            return
        opened = select(Alert.kind, Alert.subject).where(Alert.resolved_at.is_(None))
        before = {tuple(row) for row in self.session.execute(opened)}
        with self.session.begin_nested() as trial:
            alerts.evaluate(self.session)
            after = {tuple(row) for row in self.session.execute(opened)}
            trial.rollback()
        assert before == after


@pytest.mark.slow
def test_all_operations_in_any_order(session, backend_name):
    Stock.session = session
    run_state_machine_as_test(
        Stock,
        settings=settings(
            max_examples=7 if backend_name == "sqlite" else 2,  # the same steps; here they cost less
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],
            derandomize=True,
            database=None,
        ),
    )
    assert session.scalar(select(func.count()).select_from(Site)) == 0
