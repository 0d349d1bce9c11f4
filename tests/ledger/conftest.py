"""A small house for the ledger's own tests: two sites, an item, lots; postings without any document."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy.orm import Session

from inventory import clock, ledger
from inventory.ledger import Entry, Move, Posted
from inventory.models import Balance, Item, Location, Lot, Site
from inventory.rules.effects import LocationKind, PostingKind
from tests.factories import create_item, create_site

K = LocationKind


@dataclass
class House:
    """Posts by hand what documents would."""

    session: Session
    site: Site
    other: Site
    item: Item

    def lot(self, number: str = "L1", item: Item | None = None) -> Lot:
        lot = Lot(
            item_id=(item or self.item).id,
            number=number,
            expires_on=clock.today() + timedelta(days=700),
            received_on=clock.today(),
        )
        self.session.add(lot)
        self.session.flush()
        return lot

    def at(self, kind: LocationKind, site: Site | None = None) -> Location:
        zone = kind in (K.STOCK, K.QUARANTINE, K.REFUSED)
        site_id = (site or self.site).id if zone else None
        return ledger.place(self.session, kind, site_id=site_id)

    def move(
        self,
        lot: Lot,
        quantity: int,
        source: LocationKind,
        destination: LocationKind,
        pointer: str = "/lines",
    ) -> Move:
        return Move(lot.id, quantity, self.at(source).id, self.at(destination).id, pointer=pointer)

    def post(
        self,
        kind: PostingKind,
        *moves: Move,
        ago: int = 0,
        uuid: UUID | None = None,
        document: str | None = None,
    ) -> Posted:
        day = clock.today() - timedelta(days=ago)
        return ledger.post(
            self.session,
            Entry(
                kind=kind,
                occurred_on=day,
                occurred_at=datetime.combine(day, time(12), UTC) if ago else clock.now(),
                moves=moves,
                uuid=uuid or uuid4(),
                document=document,
            ),
        )

    def receive(self, lot: Lot, quantity: int, *, ago: int = 0, zone: LocationKind = K.STOCK) -> Posted:
        return self.post(PostingKind.RECEIPT, self.move(lot, quantity, K.SUPPLIER, zone), ago=ago)

    def consume(self, lot: Lot, quantity: int, *, ago: int = 0) -> Posted:
        return self.post(PostingKind.CONSUMPTION, self.move(lot, quantity, K.STOCK, K.PATIENTS), ago=ago)

    def reverse(self, posted: Posted) -> Posted:
        return ledger.reverse(self.session, posted.posting, reason="wrong", user_id=None, by="test")

    def balance(self, lot: Lot, kind: LocationKind = K.STOCK, site: Site | None = None) -> tuple[int, int]:
        found = self.session.get(Balance, (self.at(kind, site).id, lot.id), populate_existing=True)
        return (found.on_hand, found.reserved) if found is not None else (0, 0)

    def faults(self) -> list[str]:
        self.session.flush()
        return ledger.verify(self.session).faults

    def day(self, ago: int) -> date:
        return clock.today() - timedelta(days=ago)


@pytest.fixture
def house(session: Session) -> House:
    return House(session, create_site(session), create_site(session), create_item(session))
