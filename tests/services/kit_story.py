"""What tests of kits share: a kit of two components, and kits put together of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from inventory import clock
from inventory.access import Actor
from inventory.models import Item, Lot, Site, StockEvent
from inventory.services import kits, kitting
from inventory.services.kits import InKit, KitContent
from inventory.services.kitting import Assembly, ChosenLot, Disassembly
from tests.factories import create_item
from tests.services.people import COORDINATOR


@dataclass
class KitStory:
    """A dressing kit: 2 of gauze, 1 of soap."""

    do: Any
    session: Any
    site: Site
    kit: Item
    gauze: Item
    soap: Item

    def assemble(
        self,
        quantity: int,
        lines: Sequence[ChosenLot] = (),
        day: date | None = None,
        actor: Actor = COORDINATOR,
        **more: Any,
    ) -> StockEvent:
        given: dict[str, Any] = {"site": self.site.code, "kit": self.kit.code, "quantity": quantity}
        given["lines"] = lines
        given |= {"occurred_on": day or clock.today()}
        return self.do(kitting.assemble, actor, Assembly(**given | more))

    def take_apart(
        self,
        lot: str,
        quantity: int,
        day: date | None = None,
        actor: Actor = COORDINATOR,
        **more: Any,
    ) -> StockEvent:
        given: dict[str, Any] = {"site": self.site.code, "kit": self.kit.code, "lot": lot}
        given["quantity"] = quantity
        given |= {"occurred_on": day or clock.today()}
        return self.do(kitting.take_apart, actor, Disassembly(**given | more))

    def lots(self) -> list[Lot]:
        """The kit lots, in the order of their making."""
        from sqlalchemy import select

        self.session.expire_all()
        return list(self.session.scalars(select(Lot).where(Lot.item_id == self.kit.id).order_by(Lot.id)))


def kit_story(session: Any, do: Any, site: Site, kit: str = "DRESSING-KIT") -> KitStory:
    """The items and the bill, and nothing in stock."""
    made = create_item(session, kit, category="kit", base_unit="kit", name="Dressing kit")
    gauze = create_item(session, "GAUZE", category="dressing", base_unit="piece", name="Gauze")
    soap = create_item(
        session, "SOAP", category="hygiene", base_unit="piece", name="Soap", tracks_expiry=False
    )
    lines = [InKit(gauze.code, 2), InKit(soap.code, 1)]
    do(kits.set_kit, COORDINATOR, KitContent(made.code, None, None, lines))
    session.commit()
    return KitStory(do, session, site, made, gauze, soap)
