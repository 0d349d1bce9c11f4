"""Two refrigerators of the demonstration: one was open on a warm afternoon, one froze last night."""

from datetime import timedelta
from decimal import Decimal
from math import sin

from sqlalchemy import select

from inventory.models import Excursion
from inventory.rules.temperature import Reading
from inventory.services import excursions, loggers, temperatures
from inventory.services.demo.places import DARKAR, HUB
from inventory.services.demo.world import World

STEP = timedelta(minutes=30)
_FIRST = -40


def tell(world: World) -> None:
    """Plan it."""
    world.plan(_FIRST, 9, lambda: _set_up(world))
    world.plan(-12, 8, lambda: _read(world, "TRED-20417", _FIRST, -12))
    world.plan(-12, 10, lambda: _harmless(world))
    world.plan(-1, 7, lambda: _read(world, "TRED-20417", -12, -1))
    world.plan(-1, 8, lambda: _read(world, "FT2-160400", _FIRST, -1))


def _set_up(world: World) -> None:
    coordinator, session = world.person("coordinator"), world.session
    until = world.date(330)
    with world.at(_FIRST, 9):
        for code, name, site in (
            ("TRED-20417", "Refrigerator of the pharmacy", DARKAR),
            ("FT2-160400", "Cold store", HUB),
        ):
            fields = {
                "code": code,
                "name": name,
                "site": site,
                "temperature": "cold_chain",
                "holds_freeze_sensitive": True,
                "calibrated_until": until,
            }
            loggers.add_logger(session, coordinator, fields)


def _read(world: World, code: str, first: int, last: int) -> None:
    """What a logger read from one day to another: 4 to 6 °C, and what happened to it."""
    begins, ends = world.moment(first, 9), world.moment(last, 6)
    rows: list[Reading] = []
    at = begins
    while at < ends:
        hours = (at - world.moment(0, 0)) / timedelta(hours=1)
        celsius = 5.0 + 0.8 * sin(hours / 3.1) + 0.3 * sin(hours * 1.7)
        if code == "TRED-20417" and world.moment(-14, 13) <= at <= world.moment(-14, 16):
            celsius += 6.5 - abs((at - world.moment(-14, 14)) / timedelta(hours=1))
        if code == "FT2-160400" and world.moment(-2, 22) <= at < world.moment(-1, 3):
            celsius -= 6.2
        rows.append((at, Decimal(str(round(celsius, 1)))))
        at += STEP
    with world.at(last, 7):
        temperatures.add_readings(
            world.session, world.person("warehouse" if code[:2] == "FT" else "clinic"), code, rows
        )


def _harmless(world: World) -> None:
    reason = "The door stood open while a delivery was put away. Three hours below 12 °C: the maker allows 24 hours."
    with world.at(-12, 10):
        query = select(Excursion.id).where(Excursion.outcome.is_(None)).order_by(Excursion.id)
        for found in world.session.scalars(query).all():
            excursions.call_harmless(world.session, world.person("coordinator"), found, reason)
