"""What Lyon sends: the ambulance to Martuni, hygiene goods to Athens, the container, the medicines held at customs."""

from decimal import Decimal

from inventory.services import donations
from inventory.services.demo.items import THINGS
from inventory.services.demo.places import (
    ARAM,
    ATHENS,
    DEPOT,
    FOUNDATION,
    HOSPITAL,
    HUB,
    MARIE,
    MARTUNI,
    PHARMA,
)
from inventory.services.demo.world import Lines, World

VIN = "VF1MAFFV463482157"
_RESCUE: tuple[tuple[str, Lines], ...] = (
    ("420", {"STRETCHER": 40, "COLLAR": 150, "BVM-AD": 60, "DEFIB": 4}),
    ("390", {"WHEELCHAIR": 20}),
    ("420", {"EXAM-BED": 6, "VAC-SPLINT": 30}),
    ("370", {"GAUZE-10": 60_000, "GLOVE-M": 30_000, "BP-MON": 50, "BAND-10": 600}),
)
"""Gross kilograms and content of the pallets that went with the ambulance: 1,600 kg."""


def tell(world: World) -> None:
    """Plan the journeys from Lyon and the gifts of money."""
    _ambulance(world)
    _athens(world)
    _container(world)
    _held_at_customs(world)
    world.plan(
        -3,
        9,
        lambda: world.give(
            "D pharma",
            PHARMA,
            -3,
            {"AMOX-500": 40_000, "PARA-500": 120_000, "ORS": 9000},
            "Convention Valmédis 3",
        ),
    )
    world.plan(
        -6,
        9,
        world.give,
        "D hospital",
        HOSPITAL,
        -6,
        {"DEFIB": 2, "BP-MON": 20},
        "Matériel réformé révisé",
    )
    for donor, day, amount in ((ARAM, -310, "500"), (MARIE, -198, "120"), (FOUNDATION, -110, "12000")):
        _money(world, donor, day, amount, None)


def _money(world: World, donor: str, day: int, amount: str, shipment: str | None) -> None:
    def give() -> None:
        command = donations.NewDonation(
            donor,
            "money",
            world.date(day),
            amount=Decimal(amount),
            currency="EUR",
            shipment=world.numbers[shipment] if shipment else None,
        )
        with world.at(day, 11):
            donations.donate(world.session, world.person("coordinator"), command)

    world.plan(day, 11, give)


def _ambulance(world: World) -> None:
    gear: dict[str, int] = {}
    for _, content in _RESCUE:
        gear |= content
    gear.pop("DEFIB")
    lines = [
        world.line(item, quantity, f"RG{3000 + index}", 900 if THINGS[item].tracks_expiry else None)
        for index, (item, quantity) in enumerate(gear.items())
    ]
    serials = [world.line("DEFIB", 1, f"AED-24{number}") for number in (1071, 1072, 1088, 1093)]
    ambulance = world.line(
        "AMBULANCE", 1, VIN, gross_weight_kg=Decimal(2450), note="2019, 84,000 km, serviced in Lyon"
    )
    world.plan(
        -160,
        9,
        lambda: world.give(
            "ambulance",
            HOSPITAL,
            -160,
            {"AMBULANCE": 1, "DEFIB": 4, "GAUZE-10": 60_000, "GLOVE-M": 30_000},
            "Ambulance pour Martuni",
        ),
    )
    world.plan(
        -158,
        9,
        lambda: world.give(
            "rescue",
            ARAM,
            -158,
            {item: n for item, n in gear.items() if item not in ("GAUZE-10", "GLOVE-M")},
            "Matériel de secours",
        ),
    )
    given = [line for line in lines if line.item in ("GAUZE-10", "GLOVE-M")]
    rescue = [line for line in lines if line not in given]
    world.plan(-141, 8, world.unload, -141, DEPOT, [ambulance, *serials, *given], "ambulance")
    world.plan(-140, 8, world.unload, -140, DEPOT, rescue, "rescue")
    world.plan(-124, 6, _load_ambulance, world)
    world.plan(-122, 7, world.leave, "martuni", -122, "CMR-20417")
    journey = (
        (-124, "packed", "Lyon", None),
        (-122, "departed", "Lyon", None),
        (-117, "transhipped", "Burgas", "Ferry across the Black Sea"),
        (-112, "arrived_port", "Poti", None),
        (-110, "customs_held", "Poti", "The vehicle's papers were asked for in Georgian"),
        (-106, "customs_cleared", "Bagratashen", None),
        (-99, "out_for_delivery", "Goris", None),
        (-98, "delivered", "Martuni", "Handed over to the head of the hospital"),
    )
    _milestones(world, "martuni", journey)
    world.plan(-98, 9, world.arrive, "martuni", -98)


def _milestones(world: World, name: str, journey: tuple[tuple[int, str, str, str | None], ...]) -> None:
    for day, milestone, place, note in journey:
        world.plan(day, 8, world.tell, name, day, milestone, place, note)


def _load_ambulance(world: World) -> None:
    world.book("martuni", -124, DEPOT, MARTUNI, "road", -99, reference="Martuni 1")
    kilograms, cubic_metres = Decimal(2450), Decimal("21.5")
    world.pack(
        "martuni", -124, "vehicle", {"AMBULANCE": 1}, gross_weight_kg=kilograms, volume_m3=cubic_metres
    )
    for gross, content in _RESCUE:
        world.pack("martuni", -124, "pallet", content, gross_weight_kg=Decimal(gross))


def _athens(world: World) -> None:
    goods = {"SOAP-100": 3000, "SANPAD": 960, "GEL-500": 180}

    def load() -> None:
        world.book("athens", -46, DEPOT, ATHENS, "road", -36)
        world.load("athens", -46, goods)

    world.plan(-46, 6, load)
    world.plan(-45, 7, world.leave, "athens", -45, "CMR-22850")
    _milestones(
        world,
        "athens",
        (
            (-45, "departed", "Lyon", None),
            (-41, "transhipped", "Ancona", None),
            (-36, "delivered", "Athens", None),
        ),
    )
    world.plan(-36, 9, world.arrive, "athens", -36)


def _container(world: World) -> None:
    """The container of hygiene products and medical material that is being filled, paid for by gifts of money."""

    def begin() -> None:
        world.book(
            "container",
            -24,
            DEPOT,
            HUB,
            "sea",
            58,
            container="40HC",
            minimum_shelf_life_days=365,
            reference="Container 2",
        )
        label = world.pack("container", -24, "container", container_number="RLSU4306215", seal=None)
        world.numbers["box"] = label
        world.load("container", -24, {"HYG-KIT": 260, "SOAP-100": 6000}, label)

    world.plan(-24, 6, begin)
    world.plan(
        -15,
        6,
        lambda: world.load(
            "container", -15, {"SANPAD": 2880, "GEL-500": 480, "GAUZE-10": 20_000}, world.numbers["box"]
        ),
    )
    world.plan(
        -5,
        6,
        lambda: world.load(
            "container", -5, {"EXAM-BED": 6, "WHEELCHAIR": 16, "GLOVE-M": 24_000}, world.numbers["box"]
        ),
    )
    world.plan(
        -5,
        7,
        lambda: world.pack(
            "container",
            -5,
            "carton",
            {"BP-MON": 30},
            parent=world.numbers["box"],
            gross_weight_kg=Decimal("17.4"),
        ),
    )
    world.plan(
        -4,
        9,
        world.tell,
        "container",
        -4,
        "departed",
        "Fos-sur-Mer",
        classifier="planned",
        on=12,
        hour=9,
    )
    for donor, day, amount in ((FOUNDATION, -22, "9500"), (ARAM, -20, "1500"), (MARIE, -17, "300")):
        _money(world, donor, day, amount, "container")


def _held_at_customs(world: World) -> None:
    goods = {"AMLO-5": 24_000, "METF-500": 32_000, "AMOX-500": 15_000, "CEFTRI-1G": 600, "SERT-50": 3360}

    def load() -> None:
        world.book(
            "air", -15, DEPOT, HUB, "air", -5, minimum_shelf_life_days=365, reference="AWB 157-40022816"
        )
        world.load("air", -15, goods)
        world.pack("air", -15, "carton", {"INSU-NPH": 160}, gross_weight_kg=Decimal("7.5"))

    world.plan(-15, 6, load)
    world.plan(-13, 7, world.leave, "air", -13, "157-40022816")
    _milestones(
        world,
        "air",
        (
            (-13, "departed", "Lyon Saint-Exupéry", None),
            (-11, "transhipped", "Istanbul", "The insulin waited in the cold store"),
            (-9, "arrived_port", "Erbil airport", None),
            (
                -8,
                "customs_held",
                "Erbil airport",
                "The Ministry of Health asks for the import permit of the insulin",
            ),
        ),
    )
    world.plan(
        -2,
        10,
        lambda: world.tell(
            "air", -2, "customs_cleared", "Erbil airport", classifier="estimated", on=3, hour=10
        ),
    )
