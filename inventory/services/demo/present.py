"""What is open today in the demonstration, and what goes wrong in a store: losses, counts, a recall."""

from decimal import Decimal

from sqlalchemy import select

from inventory.models import Alert
from inventory.models.words import AlertKind
from inventory.rules.effects import LocationKind
from inventory.services import (
    adjustments,
    alerts,
    counts,
    recalls,
    receipts,
    requisitions,
    shipments,
    shipping,
    stock_events,
)
from inventory.services.demo.history import restock
from inventory.services.demo.places import CENTER, DARKAR, ERBIL_D, HOSPITAL, HUB
from inventory.services.demo.world import Lines, World


def tell(world: World) -> None:
    """Plan it."""
    _store(world)
    _requests(world)
    world.plan(
        -4,
        6,
        lambda: restock(
            world, DARKAR, -4, faults={"NACL-500": (20, 0), "SYR-5": (0, 60), "PARA-500": (500, 0)}
        ),
    )
    _on_the_way(
        world,
        "erbil",
        ERBIL_D,
        -6,
        -1,
        1,
        {
            "ALBEN-400": 200,
            "SALB-INH": 60,
            "PARA-500": 6000,
            "AMOX-500": 2500,
            "METF-500": 1000,
            "ENAL-10": 2000,
            "OMEP-20": 1500,
            "GLOVE-M": 1800,
            "TETRA-EYE": 60,
        },
    )
    _on_the_way(world, "center", CENTER, -7, -3, -1, {"SERT-50": 840, "ACU-25": 1800, "SPECULUM": 100})
    world.plan(-1, 8, lambda: world.tell("center", -1, "delivered", "Duhok", "Left with the guard"))


def _on_the_way(world: World, name: str, site: str, asked: int, leaves: int, due: int, wanted: Lines) -> None:
    def ask() -> None:
        world.numbers[f"{name} request"] = world.ask(asked, site, wanted)

    def send() -> None:
        number = world.numbers[f"{name} request"]
        here = world.free(HUB, wanted, due)
        given = {item: min(quantity, here[item]) for item, quantity in wanted.items()}
        world.agree(leaves - 1, number, given)
        world.book(name, leaves, HUB, site, "road", due, requisition=number)
        world.load(name, leaves, {item: quantity for item, quantity in given.items() if quantity})
        world.leave(name, leaves, f"W-{abs(leaves):04d}-{site}")
        world.tell(name, leaves, "departed", "Erbil")

    world.plan(asked, 10, ask)
    world.plan(leaves, 6, send)


def _requests(world: World) -> None:
    """Requisitions in every state."""
    people, session = world.person, world.session

    def turned_down() -> None:
        number = world.ask(-41, ERBIL_D, {"MORPH-10": 30}, "emergency", "For palliative care at home")
        with world.at(-40, 9):
            reason = (
                "The dispensary has no permit for morphine yet. Refer to the hospital in Erbil meanwhile."
            )
            requisitions.reject(session, people("coordinator"), number, reason)

    def dropped() -> None:
        number = world.ask(-26, "MOBILE-3", {"ORS": 300, "ZINC-20": 200})
        world.agree(-25, number)
        world.book("dropped", -24, HUB, "MOBILE-3", "road", -22, requisition=number)
        world.pack("dropped", -24, "carton", {"ORS": 300})
        with world.at(-23, 8):
            shipments.cancel(session, people("warehouse"), world.numbers["dropped"])
            requisitions.cancel(session, people("mobile"), number)

    def packing_now() -> None:
        number = world.ask(
            -4,
            "MOBILE-2",
            {"PARA-500": 3000, "AMOX-500": 1000, "ORS": 400, "GAUZE-10": 800},
            note="The road to Bersivé II is open on Thursday only",
        )
        world.agree(-2, number, {"PARA-500": 2000, "ORS": 200})
        world.book("packing", -1, HUB, "MOBILE-2", "road", 2, requisition=number)
        world.pack("packing", -1, "carton", {"PARA-500": 2000, "AMOX-500": 1000})

    world.plan(-41, 10, turned_down)
    world.plan(-26, 10, dropped)
    world.plan(-1, 6, packing_now)
    world.plan(-2, 10, lambda: world.agree(-1, world.ask(-2, "MOBILE-1", {"IBU-400": 1500, "GLOVE-M": 500})))
    world.plan(
        -1,
        10,
        lambda: world.ask(
            -1,
            DARKAR,
            {"METRO-250": 2000, "SALB-INH": 40},
            "emergency",
            "Metronidazole has run out: patients are sent to Zakho",
        ),
    )
    world.plan(-2, 11, lambda: world.ask(-2, "MOBILE-3", {"ALBEN-400": 200, "TETRA-EYE": 20}))
    world.plan(-1, 11, lambda: world.ask(-1, DARKAR, {"FEFOL": 3000, "GEL-500": 24}, submit=False))
    world.plan(
        -1,
        12,
        lambda: world.ask(
            -1, CENTER, {"ART-PAINT": 12, "ART-CLAY": 20}, submit=False, note="For the workshop of next month"
        ),
    )


def _store(world: World) -> None:
    session, people = world.session, world.person

    def settled() -> None:
        with world.at(-205, 10):
            lot = world.lots(HUB, "NACL-500", LocationKind.QUARANTINE)[0].number
            shipping.found(
                session, people("warehouse"), world.numbers["B"], [shipping.MissingLine("NACL-500", lot, 15)]
            )
            reason = "Looked for in Erbil and Mersin, not found. The carrier pays."
            shipping.write_off(session, people("warehouse"), world.numbers["B"], reason)
        with world.at(-190, 10):
            line = adjustments.DisposalLine("NACL-500", lot, 20)
            command = adjustments.Disposal(
                HUB, world.date(-190), "sewer", [line], "ERB-ENV-0118", uuid=world.uuid()
            )
            adjustments.dispose(session, people("warehouse"), command)

    def wrong_receipt() -> None:
        line = world.line("SYR-5", 10_000, "EB5061", 900)
        number = world.unload(-34, HUB, [line], reference="Invoice 3520")
        with world.at(-34, 11):
            receipts.undo_receipt(
                session, people("warehouse"), number, "A zero too many: 1,000 came, not 10,000"
            )
        world.unload(-33, HUB, [world.line("SYR-5", 1000, "EB5061", 900)], reference="Invoice 3520")

    def unannounced() -> None:
        """A hospital sends what it has left over, and tells nobody."""
        lines = [
            world.line("AMOX-SUSP", 120, "XS1180", 200, carton="1", gross_weight_kg=Decimal(34)),
            world.line("IBU-400", 800, "XS0910", -25, carton="2", gross_weight_kg=Decimal(6)),
            world.line(
                "CEFTRI-1G",
                150,
                "XS2201",
                420,
                label_languages=("de",),
                carton="3",
                gross_weight_kg=Decimal(9),
            ),
            world.line("GAUZE-10", 4000, "XS3307", 800, carton="4", gross_weight_kg=Decimal(14), damaged=300),
        ]
        world.unload(-16, HUB, lines, donor=HOSPITAL)
        with world.at(-12, 10):
            part = adjustments.ZoneMoveLine("AMOX-SUSP", "XS1180", 60, "quarantine", "stock")
            note = "Half of it will be used before it expires: agreed with the pharmacist of the directorate"
            command = adjustments.ZoneMove(HUB, [part], note, uuid=world.uuid())
            adjustments.move_zones(session, people("warehouse"), command)

    def losses() -> None:
        with world.at(-58, 12):
            line = adjustments.AdjustmentLine("GEL-500", world.lots(HUB, "GEL-500")[0].number, -6, "damaged")
            adjustments.adjust(
                session,
                people("warehouse"),
                adjustments.Adjustment(HUB, world.date(-58), [line], uuid=world.uuid()),
            )
        with world.at(-57, 12):
            lines = [
                adjustments.AdjustmentLine(item, world.lots(DARKAR, item)[0].number, -quantity, "theft")
                for item, quantity in (("TRAM-50", 40), ("PARA-500", 300))
            ]
            command = adjustments.Adjustment(DARKAR, world.date(-57), lines, uuid=world.uuid())
            adjustments.adjust(session, people("clinic"), command)

    def counted() -> None:
        with world.at(-30, 12):
            found = []
            for item, off in (
                ("PARA-500", -35),
                ("IBU-400", 0),
                ("AMLO-5", 12),
                ("ORS", 0),
                ("GLOVE-M", -50),
                ("SYR-5", 0),
            ):
                lot = world.lots(DARKAR, item)[0]
                same = sum(each.on_hand for each in world.lots(DARKAR, item) if each.number == lot.number)
                found.append(counts.CountedLine(item, lot.number, max(0, same + off)))
            command = counts.Count(
                DARKAR, world.date(-30), found, note="Count of the quarter", uuid=world.uuid()
            )
            counts.count(session, people("clinic"), command)

    def taken_back() -> None:
        number = world.dispense(-20, DARKAR, {"IBU-400": 200})
        with world.at(-20, 15):
            if number is not None:
                stock_events.undo(session, people("clinic"), number, "Entered twice")

    def called_back() -> None:
        with world.at(-2, 9):
            reason = "Notice of the maker: an impurity above the limit in this batch"
            recalls.recall(session, people("coordinator"), "ENAL-10", "EN9907", reason)

    world.plan(-205, 10, settled)
    world.plan(-58, 12, losses)
    world.plan(-34, 8, wrong_receipt)
    world.plan(-30, 12, counted)
    world.plan(-20, 14, taken_back)
    world.plan(-16, 8, unannounced)
    world.plan(-2, 9, called_back)


def acknowledge(world: World) -> None:
    """Two alerts that somebody has seen."""
    for kind, person, note in (
        (AlertKind.SHIPMENT_LATE, "coordinator", "The permit was asked for; the agent calls every morning."),
        (AlertKind.EXPIRED, "clinic", "Set aside, the truck takes it back to Erbil."),
    ):
        query = select(Alert.id).where(Alert.kind == kind, Alert.resolved_at.is_(None)).order_by(Alert.id)
        sites = people_sites(world, person)
        if sites is not None:
            query = query.where(Alert.site_id.in_(sites))
        found = world.session.scalars(query.limit(1)).one_or_none()
        if found is not None:
            alerts.acknowledge(world.session, world.person(person), found, note)


def people_sites(world: World, person: str) -> list[int] | None:
    """The ids of the sites where somebody works; None for everywhere."""
    sites = world.person(person).sites
    return None if sites is None else sorted(sites)
