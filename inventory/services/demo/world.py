"""What tells the story of the demonstration: days counted from today, people, and use cases in short words."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from inventory import clock, ledger
from inventory.access import Actor
from inventory.models import Item, Site, User
from inventory.rules.effects import LocationKind
from inventory.services import consumption, donations, packing, receipts, requisitions, shipments, shipping
from inventory.services.accounts import actor_of
from inventory.services.demo.items import THINGS
from inventory.services.demo.places import HUB, TEAM_OF, email

SEED = 20_261
Lines = Mapping[str, int]
"""item -> base units"""

_VALUES = {
    "AMBULANCE": "46000",
    "DEFIB": "1150",
    "STRETCHER": "240",
    "VAC-SPLINT": "310",
    "BVM-AD": "32",
    "COLLAR": "18",
    "BP-MON": "27",
    "WHEELCHAIR": "185",
    "EXAM-BED": "420",
    "HYG-KIT": "21",
    "INSU-NPH": "6.2",
    "PSY-BOOK": "4",
    "ACU-25": "0.03",
}
PALLET_KG = 450


@dataclass(slots=True)
class Step:
    """Something that happens on a day (0 is today, -1 yesterday) at an hour in UTC."""

    day: int
    hour: int
    act: Callable[[], object]


@dataclass(slots=True)
class World:
    """The demonstration as it is being told. `numbers` remembers documents by a name of ours."""

    session: Session
    anchor: datetime
    numbers: dict[str, str] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    rng: Random = field(default_factory=lambda: Random(SEED))  # nosec B311
    _people: dict[str, Actor] = field(default_factory=dict)
    _origins: dict[str, str] = field(default_factory=dict)
    _items: dict[str, int] = field(default_factory=dict)

    def plan(self, day: int, hour: int, act: Callable[..., object], /, *given: Any, **named: Any) -> None:
        """Let `act` happen then, with what it is given."""
        self.steps.append(Step(day, hour, partial(act, *given, **named)))

    def moment(self, day: int, hour: int = 9) -> datetime:
        """The instant so many days from today, never one that has not come."""
        then = datetime.combine(self.date(day), time(hour), UTC)
        return min(then, self.anchor) if day <= 0 else then

    def date(self, day: int) -> date:
        """The day so many days from today."""
        return self.anchor.date() + timedelta(days=day)

    def at(self, day: int, hour: int = 9) -> AbstractContextManager[None]:
        """Inside, it is that moment."""
        return clock.pretend(self.moment(day, hour))

    def person(self, name: str) -> Actor:
        """Somebody of the demonstration, by the part before the @."""
        if name not in self._people:
            query = select(User).where(User.email == email(name)).options(selectinload(User.sites))
            self._people[name] = actor_of(self.session.scalars(query).one())
        return self._people[name]

    def team(self, site: str) -> Actor:
        """Who works at a site."""
        return self.person(TEAM_OF[site])

    def uuid(self) -> UUID:
        """A UUID that is the same in every telling."""
        return UUID(int=self.rng.getrandbits(128), version=4)

    def free(self, site: str, items: Iterable[str], day: int) -> dict[str, int]:
        """item -> what of it a site may still take from stock on that day."""
        site_id = self.session.scalars(select(Site.id).where(Site.code == site)).one()
        if not self._items:
            self._items |= {
                code: item_id for code, item_id in self.session.execute(select(Item.code, Item.id))
            }
        wanted = {code: self._items[code] for code in items}
        zone = ledger.place(self.session, LocationKind.STOCK, site_id=site_id)
        lots = ledger.lots_at(self.session, zone.id, wanted.values())
        today = self.date(day)
        return {
            code: sum(
                lot.free
                for lot in lots.get(item_id, ())
                if lot.recalled_on is None and (lot.expires_on is None or lot.expires_on >= today)
            )
            for code, item_id in wanted.items()
        }

    def everything(self, site: str, day: int) -> dict[str, int]:
        """item -> all that a site may take from stock on that day."""
        return {item: quantity for item, quantity in self.free(site, THINGS, day).items() if quantity}

    def lots(self, site: str, item: str, zone: LocationKind = LocationKind.STOCK) -> list[ledger.LotBalance]:
        """The lots of an item in a zone of a site, those with the most first."""
        self.free(site, (), 0)
        site_id = self.session.scalars(select(Site.id).where(Site.code == site)).one()
        where = ledger.place(self.session, zone, site_id=site_id)
        found = ledger.lots_at(self.session, where.id, [self._items[item]]).get(self._items[item], [])
        return sorted(found, key=lambda lot: -lot.free)

    def line(
        self, item: str, quantity: int, lot: str, expires_in: int | None = None, **more: Any
    ) -> receipts.NewReceiptLine:
        """A lot of a receipt with all that should be told of it; `expires_in` counts days from today."""
        thing = THINGS[item]
        value = Decimal(_VALUES.get(item) or str(round(0.03 + float(thing.grams) * 0.004, 3)))
        facts: dict[str, Any] = {
            "expires_on": self.date(expires_in) if expires_in is not None else None,
            "label_languages": ("en", "fr"),
            "unit_value": value,
            "currency": "EUR",
            "value_basis": "Wholesale price of the generic equivalent",
        }
        if thing.serialised:
            facts["serial"] = lot
        return receipts.NewReceiptLine(item, lot, quantity, **facts | more)

    def give(self, name: str, donor: str, day: int, lines: Lines, reference: str | None = None) -> str:
        """A donor announces goods."""
        promised = [donations.PromisedLine(item, quantity) for item, quantity in lines.items()]
        command = donations.NewDonation(donor, "goods", self.date(day), reference, lines=promised)
        with self.at(day):
            self.numbers[name] = donations.donate(self.session, self.person("coordinator"), command).number
        return self.numbers[name]

    def unload(
        self,
        day: int,
        site: str,
        lines: Sequence[receipts.NewReceiptLine],
        donation: str | None = None,
        **header: Any,
    ) -> str:
        """Goods are received at a site."""
        known = {"checked_by": "J. Vidal" if site != HUB else "R. Karim"}
        if donation:
            known |= {
                "donation": self.numbers[donation],
                "consent_reference": f"Consent of {self.date(day - 20)}",
            }
        command = receipts.NewReceipt(site, self.date(day), lines, uuid=self.uuid(), **known | header)
        with self.at(day, 8):
            return receipts.receive(self.session, self.team(site), command).number

    def ask(
        self,
        day: int,
        site: str,
        lines: Lines,
        kind: str = "regular",
        note: str | None = None,
        *,
        submit: bool = True,
    ) -> str:
        """A site asks for goods."""
        who, asked = (
            self.team(site),
            [requisitions.AskedLine(item, quantity) for item, quantity in lines.items()],
        )
        with self.at(day, 10):
            number = requisitions.draft(
                self.session, who, requisitions.NewRequisition(site, kind, asked, note)
            ).number
            if submit:
                requisitions.submit(self.session, who, number)
        return number

    def agree(self, day: int, number: str, approved: Lines | None = None) -> None:
        """The coordinator approves, all of it or so much."""
        with self.at(day, 13):
            requisitions.approve(self.session, self.person("coordinator"), number, approved)

    def book(
        self, name: str, day: int, origin: str, destination: str, mode: str, eta: int, **more: Any
    ) -> str:
        """A shipment is drafted."""
        command = shipments.NewShipment(origin, destination, mode, self.date(eta), **more)
        self._origins[name] = origin
        with self.at(day, 6):
            self.numbers[name] = shipments.draft(self.session, self.team(origin), command).number
        return self.numbers[name]

    def pack(
        self,
        name: str,
        day: int,
        kind: str,
        lines: Lines | None = None,
        lots: Mapping[str, str] | None = None,
        **more: Any,
    ) -> str:
        """A package is packed; its label."""
        content = [
            packing.PackedLine(item, quantity, (lots or {}).get(item))
            for item, quantity in (lines or {}).items()
        ]
        who = self.team(self._origins[name])
        with self.at(day, 6):
            return packing.pack(
                self.session, who, self.numbers[name], packing.NewPackage(kind, content, **more)
            )[0].label

    def load(self, name: str, day: int, lines: Lines, parent: str | None = None) -> None:
        """Pallets are packed, none much heavier than one should be, medicines apart from the rest."""
        for medicines in (True, False):
            pallet: dict[str, int] = {}
            weight = 0.0
            for item, quantity in lines.items():
                thing, left = THINGS[item], quantity
                if thing.is_medicine is not medicines:
                    continue
                each = float(thing.grams) / 1000
                while left > 0:
                    room = max(1, int((PALLET_KG - weight) / each / thing.pack) * thing.pack)
                    pallet[item] = part = min(left, room)
                    left, weight = left - part, weight + part * each
                    if weight > PALLET_KG * 0.95:
                        self.pack(name, day, "pallet", pallet, parent=parent)
                        pallet, weight = {}, 0.0
            if pallet:
                self.pack(name, day, "pallet", pallet, parent=parent)

    def tell(
        self,
        name: str,
        day: int,
        milestone: str,
        place: str | None = None,
        note: str | None = None,
        hour: int = 8,
        classifier: str = "actual",
        on: int | None = None,
    ) -> None:
        """A milestone is recorded on `day`; `on` is the day that an expected one is told for."""
        with self.at(day, hour):
            at = self.moment(day if on is None else on, hour)
            event = shipments.NewEvent(milestone, at, classifier, place, note)
            shipments.record_event(self.session, self.person("coordinator"), self.numbers[name], event)

    def leave(self, name: str, day: int, waybill: str | None = None) -> None:
        """A shipment leaves."""
        with self.at(day, 7):
            shipping.dispatch(
                self.session, self.person("coordinator"), self.numbers[name], clock.now(), waybill
            )

    def arrive(self, name: str, day: int, faults: Mapping[str, tuple[int, int]] | None = None) -> None:
        """All of a shipment is received, but for `faults`: item -> (missing, damaged), on its largest lot."""
        with self.at(day, 9):
            shipment = shipments.get_shipment(self.session, self.person("coordinator"), self.numbers[name])
            sent: dict[tuple[str, str], int] = {}
            for package in shipment.packages:
                for line in package.lines:
                    key = (line.item.code, line.lot.number)
                    sent[key] = sent.get(key, 0) + line.quantity
            lines = []
            left = dict(faults or {})
            for (item, lot), quantity in sorted(sent.items(), key=lambda each: -each[1]):
                missing, damaged = left.pop(item, (0, 0))
                lines.append(shipping.ArrivedLine(item, lot, quantity - missing, damaged))
            who = self.person("coordinator")
            if shipment.destination.code in TEAM_OF:
                who = self.team(shipment.destination.code)
            command = shipping.Arrival(clock.now(), lines, uuid=self.uuid())
            shipping.receive(self.session, who, self.numbers[name], command)

    def dispense(self, day: int, site: str, lines: Lines, consultations: int | None = None) -> str | None:
        """A site hands out what it has of `lines`; the number of the document, None where there was nothing."""
        with self.at(day, 14):
            here = self.free(site, lines, day)
            given = [
                consumption.ConsumptionLine(item, min(quantity, here[item]))
                for item, quantity in lines.items()
                if min(quantity, here[item]) > 0
            ]
            if not given:
                return None
            command = consumption.Consumption(site, self.date(day), given, consultations, uuid=self.uuid())
            return consumption.consume(self.session, self.team(site), command).number
