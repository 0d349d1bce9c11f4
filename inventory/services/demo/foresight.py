"""What the organisation of the demonstration knows of the time to come: visits planned, a closed road, papers."""

from datetime import date, timedelta
from decimal import Decimal

from sqlalchemy import select

from inventory.models import Lot
from inventory.services import authorisations, kits, kitting, levels, planning
from inventory.services.demo.places import CENTER, DARKAR, ERBIL_D, HUB
from inventory.services.demo.world import World

_VISITS = {
    DARKAR: ("6", 55),
    ERBIL_D: ("5", 45),
    CENTER: ("5", 16),
    "MOBILE-1": ("6", 40),
    "MOBILE-2": ("6", 45),
    "MOBILE-3": ("5", 35),
}
"""Days a week, patients a day."""


def tell(world: World) -> None:
    """Plan it."""
    world.plan(-90, 10, lambda: _visits(world))
    world.plan(-30, 10, lambda: _tel_uskuf(world))
    world.plan(-20, 10, lambda: _winter(world))
    world.plan(-19, 10, lambda: _levels(world))
    world.plan(-340, 10, lambda: _papers(world, -340, "Bersivé I camp", "MOBILE-1", 352))
    world.plan(-300, 10, lambda: _papers(world, -300, "Qadia camp", "MOBILE-3", 288))
    world.plan(-120, 10, lambda: _papers(world, -120, "Bersivé II camp", "MOBILE-2", 364))
    world.plan(-60, 10, lambda: _papers(world, -60, "Darkar camp", DARKAR, 364))
    world.plan(-3, 13, lambda: _hygiene_kits(world))


def _visits(world: World) -> None:
    coordinator, session = world.person("coordinator"), world.session
    with world.at(-90, 10):
        for site, (days, patients) in _VISITS.items():
            plan = planning.Plan(site, days_per_week=Decimal(days), patients_per_day=patients)
            planning.set_plan(session, coordinator, plan)
        note = "The hub gives nothing out itself: it holds what the dispensaries and teams will use."
        planning.set_plan(session, coordinator, planning.Plan(HUB, for_supplied=True, note=note))


def _tel_uskuf(world: World) -> None:
    """The dispensary to be opened: nothing is known of it but who will come, and what similar sites use."""
    coordinator, session = world.person("coordinator"), world.session
    with world.at(-30, 10):
        content = [kits.InKit("SOAP-100", 4), kits.InKit("SANPAD", 20), kits.InKit("GEL-500", 1)]
        kits.set_kit(session, coordinator, kits.KitContent("HYG-KIT", 5, Decimal(1), content))
        plan = planning.Plan(
            "TEL-USKUF",
            days_per_week=Decimal(5),
            patients_per_day=40,
            population=900,
            kit="HYG-KIT",
            note="Opens when the roof is done; the mayor counts 900 returned people.",
        )
        planning.set_plan(session, coordinator, plan)
        assumed = planning.Assumption(
            "TEL-USKUF", "INSU-NPH", Decimal(12), "Twelve known patients, a vial each"
        )
        planning.assume(session, coordinator, assumed)


def _hygiene_kits(world: World) -> None:
    """Kits for the families of Tel Uskuf, put together at the hub; a few are opened again for their soap."""
    warehouse, session = world.person("warehouse"), world.session
    with world.at(-3, 13):
        note = "For the families of Tel Uskuf"
        made = kitting.assemble(
            session,
            warehouse,
            kitting.Assembly(HUB, "HYG-KIT", 12, world.date(-3), note=note, uuid=world.uuid()),
        )
    with world.at(-3, 15):
        lot = session.scalars(select(Lot).where(Lot.number.startswith(made.number)).order_by(Lot.id)).first()
        assert lot is not None
        apart = kitting.Disassembly(HUB, "HYG-KIT", lot.number, 2, world.date(-3), uuid=world.uuid())
        kitting.take_apart(session, warehouse, apart)


def _winter(world: World) -> None:
    coordinator, session = world.person("coordinator"), world.session
    with world.at(-20, 10):
        first = _month_after(world.date(-20))
        for item, quantity in (("ORS", 20), ("PARA-500", 250), ("ZINC-20", 30)):
            months = planning.MonthsByHand(
                "MOBILE-2",
                item,
                first,
                _month_after(first),
                Decimal(quantity),
                "Snow: the road to Bersivé II is open one day in five",
            )
            planning.set_months(session, coordinator, months)


def _levels(world: World) -> None:
    """Two items at the Center by service level instead of by months."""
    with world.at(-19, 10):
        for item, share in (("SERT-50", "0.98"), ("ACU-25", "0.90")):
            fields = {
                "method": "service",
                "lead_time_days": 7,
                "review_period_days": 30,
                "service_level": Decimal(share),
            }
            levels.set_policy(world.session, world.person("coordinator"), CENTER, item, fields)


def _papers(world: World, day: int, place: str, site: str, days: int) -> None:
    with world.at(day, 10):
        fields = {
            "site": site,
            "place": place,
            "authority": "Board of Relief and Humanitarian Affairs, Duhok",
            "reference": f"BRHA/{abs(day)}",
            "valid_from": world.date(day),
            "valid_until": world.date(day) + timedelta(days=days),
        }
        authorisations.add_authorisation(world.session, world.person("coordinator"), fields)


def _month_after(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
