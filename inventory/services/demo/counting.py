"""Counts in the demonstration: a sheet a month at the hub, one that waits to be made final, one half counted today."""

from decimal import Decimal

from inventory import ledger
from inventory.ledger.counted import books, expected_of, lots_of
from inventory.models import CountSheet, CountSheetLine
from inventory.rules.counting import Tolerance
from inventory.rules.effects import LocationKind
from inventory.services import count_entry, count_final, count_sheets
from inventory.services.count_entry import Figure
from inventory.services.count_final import Final
from inventory.services.count_sheets import NewSheet
from inventory.services.demo.places import ERBIL_D, HUB, TEAM_OF
from inventory.services.demo.world import World

ITEMS = ("PARA-500", "AMOX-500", "METF-500", "ENAL-10", "SALB-INH", "GLOVE-M")
_OFF = {-128: {}, -97: {"PARA-500": 40}, -66: {"SALB-INH": -1}, -35: {"AMOX-500": 20, "GLOVE-M": 2}}
"""Day -> item -> by how much one of its lines was off."""


def tell(world: World) -> None:
    """Plan it."""
    for day, off in _OFF.items():
        world.plan(day, 7, _month, world, day, off)
    world.plan(-1, 7, _waiting, world)
    world.plan(0, 5, _today, world)


def _month(world: World, day: int, off: dict[str, int]) -> None:
    sheet = _open(world, HUB, day, "cycle", "Cycle count")
    with world.at(day, 8):
        _count(world, sheet, "warehouse", off)
    with world.at(day, 10):
        if _submit(world, sheet, "warehouse") == "recount":
            _count(world, sheet, "admin", off)
            _submit(world, sheet, "admin")
    with world.at(day, 13):
        count_final.finalise(world.session, world.person("coordinator"), Final(sheet))


def _waiting(world: World) -> None:
    sheet = _open(world, ERBIL_D, -1, "suspicion", "Cupboard of the pharmacy", items=ITEMS[:3])
    with world.at(-1, 8):
        _count(world, sheet, TEAM_OF[ERBIL_D], {"PARA-500": -10})
    with world.at(-1, 9):
        if _submit(world, sheet, TEAM_OF[ERBIL_D]) == "recount":
            _count(world, sheet, "coordinator", {"PARA-500": -10})
            _submit(world, sheet, "coordinator")


def _today(world: World) -> None:
    sheet = _open(world, HUB, 0, "cycle", "Cycle count")
    with world.at(0, 6):
        _count(world, sheet, "warehouse", {}, most=3)


def _open(world: World, site: str, day: int, reason: str, title: str, items: tuple[str, ...] = ITEMS) -> str:
    with world.at(day, 7):
        command = NewSheet(site, reason=reason, title=title, due_on=world.date(day), items=items)
        return str(count_sheets.open_sheet(world.session, world.person(TEAM_OF[site]), command).number)


def _submit(world: World, sheet: str, person: str) -> str:
    limits = Tolerance(percent=Decimal(0))
    return str(count_sheets.submit(world.session, world.person(person), sheet, limits).status)


def _count(world: World, number: str, person: str, off: dict[str, int], most: int = 1000) -> None:
    """Somebody counts what the books say, but for one line of each item that is `off`."""
    actor = world.person(person)
    sheet = count_sheets.get_sheet(world.session, actor, number, "stock.see")
    again = sheet.status == "recount"
    left = dict(off)
    figures: list[Figure] = []
    for line, expected in _books(world, sheet):
        if len(figures) < most and (line.recount or not again):
            figures.append(Figure(line=line.id, counted=max(0, expected + left.pop(line.item.code, 0))))
    count_entry.enter(world.session, actor, number, figures)


def _books(world: World, sheet: CountSheet) -> list[tuple[CountSheetLine, int]]:
    zone = ledger.place(world.session, LocationKind.STOCK, site_id=sheet.site_id)
    lots = lots_of(world.session, {(line.item_id, line.lot_number) for line in sheet.lines})
    told = books(world.session, zone, [lot.id for each in lots.values() for lot in each])
    now = world.anchor
    return [
        (line, expected_of(line, lots[(line.item_id, line.lot_number)], told, now)) for line in sheet.lines
    ]
