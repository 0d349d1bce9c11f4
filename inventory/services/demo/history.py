"""The year behind the demonstration: gifts to the depot, two large shipments, restocks, and what was handed out."""

from collections.abc import Iterable

from inventory.services.demo.items import EVERYDAY, SURVIVORS, THINGS
from inventory.services.demo.places import (
    CENTER,
    DARKAR,
    DEPOT,
    ERBIL_D,
    HOSPITAL,
    HUB,
    HYGIENE,
    MARIE,
    PHARMA,
    SHARE,
    TEAMS,
    carried,
    week_of,
    whole_packs,
)
from inventory.services.demo.world import Lines, World
from inventory.services.receipts import LineException

Lot = tuple[str, int, str, int | None]
"""item, quantity, lot number, days from today until it expires"""

START = -385
RESTOCKS = range(-389, -50, 56)
"""Days on which the two dispensaries are restocked; they never coincide with days on which anything is handed out."""
ALL = sum(SHARE.values())
CONSULTATIONS = {DARKAR: 135, ERBIL_D: 92, "MOBILE-1": 58, "MOBILE-2": 66, "MOBILE-3": 47, CENTER: 61}
SCARCE = {
    (DARKAR, "AMOX-500", -165): 0.15,
    (DARKAR, "METRO-250", -53): 0.0,
    (DARKAR, "SALB-INH", -53): 0.3,
    (DARKAR, "METRO-250", -4): 0.0,
    (DARKAR, "SALB-INH", -4): 0.0,
    (DARKAR, "FEFOL", -4): 0.0,
    (ERBIL_D, "SALB-INH", -53): 0.1,
    (ERBIL_D, "TETRA-EYE", -109): 0.2,
    (ERBIL_D, "ALBEN-400", -53): 0.0,
}
"""(site, item, restock) -> the share of the usual that was to be had: what led to a stock-out."""
PLENTY = {
    (DARKAR, "CIPRO-500", -221): (3000, "CX2207"),
    (DARKAR, "ORS", -53): (5200, None),
    (ERBIL_D, "ZINC-20", -109): (3000, "ZN3315"),
    (DARKAR, "ENAL-10", -4): (600, "EN9907"),
}
"""(site, item, restock) -> more than would be used up, and of which lot where one is meant."""
LAST_BUY = {"AMLO-5": 0, "METF-500": 0, "GLUC-STRIP": 0, "INSU-NPH": 0, "TRAM-50": 0, "LORA-10": 90}
"""item -> weeks of use bought last, where it was not the usual."""


def tell(world: World) -> None:
    """Plan everything up to about two months ago, and what is handed out until yesterday."""
    _gifts(world)
    _journeys(world)
    _purchases(world)
    for day in RESTOCKS:
        for site in (ERBIL_D, DARKAR):
            world.plan(day, 6, restock, world, site, day)
    for day in RESTOCKS[::3]:
        for offset, site in enumerate((*TEAMS, CENTER)):
            when = day + 7 * (offset % 2)
            world.plan(when, 6, restock, world, site, when, weeks=28)
    for site, first, step in (
        (DARKAR, START, 7),
        (ERBIL_D, START, 7),
        *((team, START + 1, 21) for team in TEAMS),
        (CENTER, START + 2, 28),
    ):
        for day in (*range(first, -1, step), -1):
            world.plan(day, 14, _hand_out, world, site, day, step)


def hand_out_of(world: World, site: str, weeks: float) -> Lines:
    """What a site hands out in so many weeks, more or less."""
    return {
        item: max(1, round(week_of(site, item) * weeks * world.rng.uniform(0.75, 1.25)))
        for item in carried(site)
        if week_of(site, item)
    }


def _hand_out(world: World, site: str, day: int, step: int) -> None:
    days = step if day < -1 else 4
    many = round(CONSULTATIONS[site] * days / 7 * world.rng.uniform(0.85, 1.15))
    world.dispense(day, site, hand_out_of(world, site, days / 7), many)


def restock(
    world: World, site: str, day: int, weeks: float = 12, faults: dict[str, tuple[int, int]] | None = None
) -> None:
    """A site asks for what it lacks, gets what the hub has, and receives it on the next day."""
    here, hub = world.free(site, carried(site), day), world.free(HUB, carried(site), day + 1)
    wanted: dict[str, int] = {}
    lots: dict[str, str] = {}
    for item in carried(site):
        lacking = week_of(site, item) * weeks - here[item]
        if (site, item, day) in PLENTY:
            lacking, lot = PLENTY[(site, item, day)]
            lots |= {item: lot} if lot else {}
        elif (site, item, day) in SCARCE:
            lacking *= SCARCE[(site, item, day)]
        if (quantity := whole_packs(item, lacking)) > 0:
            wanted[item] = quantity
    asked = world.ask(day - 3, site, wanted)
    given = {item: min(quantity, hub[item]) for item, quantity in wanted.items()}
    world.agree(day - 2, asked, given)
    name = f"{site} {day}"
    world.book(name, day, HUB, site, "road", day + 1, requisition=asked)
    for medicines in (True, False):
        part = {item: n for item, n in given.items() if n and THINGS[item].is_medicine is medicines}
        if part:
            world.pack(name, day, "pallet", part, lots)
    world.leave(name, day, f"W-{abs(day):04d}")
    world.arrive(name, day + 1, faults)


def _lots(
    world: World, items: Iterable[str], weeks: float, expire: tuple[int, int], prefix: str
) -> list[Lot]:
    """(item, quantity, lot, days until it expires) enough for all sites for so many weeks."""
    lots = []
    for item in items:
        need = THINGS[item].weekly * ALL + SURVIVORS.get(item, 0)
        expires = world.rng.randrange(*expire) if THINGS[item].tracks_expiry else None
        lots.append(
            (item, whole_packs(item, need * weeks), f"{prefix}{world.rng.randrange(1000, 9999)}", expires)
        )
    return [lot for lot in lots if lot[1]]


def _gift(
    world: World,
    name: str,
    donor: str,
    day: int,
    lots: list[Lot],
    reference: str | None = None,
) -> None:
    """A donor announces goods, and they come ten days later."""
    lines: dict[str, int] = {}
    for item, quantity, _, _ in lots:
        lines[item] = lines.get(item, 0) + quantity
    world.plan(day, 9, world.give, name, donor, day, lines, reference)
    world.plan(day + 10, 8, world.unload, day + 10, DEPOT, [world.line(*lot) for lot in lots], name)


def _gifts(world: World) -> None:
    medicines = [item for item in EVERYDAY if THINGS[item].is_medicine]
    others = [item for item in EVERYDAY if not THINGS[item].is_medicine]
    programme = [
        item
        for item in SURVIVORS
        if item not in ("SANPAD", "ACU-25", "MOXA", "ART-PAINT", "ART-PAPER", "ART-CLAY")
    ]
    _gift(
        world,
        "A pharma",
        PHARMA,
        -452,
        _lots(world, medicines, 24, (140, 320), "VA"),
        "Convention Valmédis 1",
    )
    _gift(
        world,
        "A hospital",
        HOSPITAL,
        -450,
        [
            *_lots(world, medicines, 20, (330, 600), "SA"),
            *_lots(world, others, 44, (300, 700), "SA"),
            *_lots(world, programme, 80, (300, 700), "SA"),
            ("MORPH-10", 200, "SA7741", 240),
        ],
        "Don annuel",
    )
    _gift(
        world,
        "A hygiene",
        HYGIENE,
        -449,
        [
            ("SOAP-100", 6000, "HY2101", None),
            ("SANPAD", 960, "HY2102", None),
            ("HYG-KIT", 150, "HY2103", None),
        ],
    )
    _gift(
        world,
        "A marie",
        MARIE,
        -448,
        [
            ("ACU-25", 14_000, "AC5512", 520),
            ("MOXA", 420, "MX0101", None),
            ("ART-PAINT", 70, "AP0001", None),
            ("ART-PAPER", 140, "AP0002", None),
            ("ART-CLAY", 140, "AP0003", None),
        ],
    )
    _gift(
        world,
        "B pharma",
        PHARMA,
        -250,
        _lots(world, medicines, 30, (380, 620), "VB"),
        "Convention Valmédis 2",
    )
    _gift(world, "B hospital", HOSPITAL, -249, _lots(world, others, 30, (400, 700), "SB"))
    # What is left of these is still in Lyon: it waits for the container and for the next flight.
    _gift(
        world,
        "C hospital",
        HOSPITAL,
        -75,
        [
            ("GAUZE-10", 42_000, "SC1180", 900),
            ("GLOVE-M", 60_000, "SC1181", 1000),
            ("SYR-5", 18_000, "SC1182", 1200),
            ("BAND-10", 2600, "SC1183", None),
            ("EXAM-BED", 8, "SC1184", None),
            ("WHEELCHAIR", 24, "SC1185", None),
            ("BP-MON", 40, "SC1186", None),
            ("SPECULUM", 3000, "SC1187", 800),
        ],
    )
    _gift(
        world,
        "C hygiene",
        HYGIENE,
        -62,
        [
            ("SOAP-100", 14_000, "HY2601", None),
            ("SANPAD", 5760, "HY2602", None),
            ("HYG-KIT", 420, "HY2603", None),
            ("GEL-500", 960, "HY2604", 640),
        ],
    )
    _gift(
        world,
        "C pharma",
        PHARMA,
        -48,
        [
            ("AMLO-5", 30_000, "VC4401", 610),
            ("METF-500", 40_000, "VC4402", 560),
            ("INSU-NPH", 320, "VC4403", 430),
            ("AMOX-500", 20_000, "VC4404", 500),
            ("CEFTRI-1G", 900, "VC4405", 480),
            ("SERT-50", 5600, "VC4406", 590),
            ("PARA-500", 25_000, "VC4407", 700),
        ],
    )


def _journeys(world: World) -> None:
    """The two large shipments from Lyon to Erbil that lie behind us."""
    plan = world.plan
    plan(-432, 6, _by_sea, world)
    plan(-428, 7, world.leave, "A", -428, "BL-40871")
    for day, milestone, place in (
        (-427, "departed", "Fos-sur-Mer"),
        (-412, "arrived_port", "Mersin"),
        (-409, "customs_cleared", "Ibrahim Khalil"),
        (-407, "delivered", "Erbil"),
    ):
        plan(day, 8, world.tell, "A", day, milestone, place)
    plan(-407, 9, world.arrive, "A", -407)
    plan(-230, 6, _by_road, world)
    plan(-229, 7, world.leave, "B", -229, "CMR-11902")
    for day, milestone, place in (
        (-229, "departed", "Lyon"),
        (-216, "customs_cleared", "Ibrahim Khalil"),
        (-214, "delivered", "Erbil"),
    ):
        plan(day, 8, world.tell, "B", day, milestone, place)
    plan(-214, 9, world.arrive, "B", -214, {"NACL-500": (40, 20)})


def _by_sea(world: World) -> None:
    world.book("A", -432, DEPOT, HUB, "sea", -405, container="40DC")
    box = world.pack("A", -432, "container", container_number="RLSU4028177", seal="FR118204")
    world.load("A", -432, world.everything(DEPOT, -432), box)


def _by_road(world: World) -> None:
    world.book("B", -230, DEPOT, HUB, "road", -212)
    world.load("B", -230, world.everything(DEPOT, -230))


def _purchases(world: World) -> None:
    """Bought in Erbil with money that was given; lots of which too much goes to one place, and one to be recalled."""
    special: list[tuple[int, Lot]] = [
        (-226, ("CIPRO-500", 4200, "CX2207", -18)),
        (-112, ("ZINC-20", 3000, "ZN3315", 41)),
    ]
    for day, of in special:
        line = world.line(*of, exceptions=_accepted("Bought for use at once"))
        world.plan(day, 8, world.unload, day, HUB, [line], reference=f"Invoice {abs(day)}")
    last = [world.line("ENAL-10", 4000, "EN9907", 760)]
    for item in EVERYDAY:
        soon = item == "LORA-10"
        for lot in _lots(world, [item], LAST_BUY.get(item, 26), (76, 77) if soon else (430, 700), "EB"):
            last.append(world.line(*lot, exceptions=_accepted("For the allergy season") if soon else ()))
    world.plan(-96, 8, world.unload, -96, HUB, last, reference="Invoice 3391")


def _accepted(reason: str) -> tuple[LineException, ...]:
    return (LineException("short_dated", "R. Karim, pharmacist", reason),)
