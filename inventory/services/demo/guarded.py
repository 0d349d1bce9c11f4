"""Controlled medicines: signed by a second person every other week, the last days not yet; and their permits."""

from datetime import timedelta

from sqlalchemy import select

from inventory.models import ControlledEntry, ControlledSignature, Posting
from inventory.services import permits, register
from inventory.services.demo.places import HUB
from inventory.services.demo.world import World
from inventory.services.permits import Covered


def tell(world: World) -> None:
    """Registers with two names but for what moved lately; permits in several states."""
    for day in range(-440, -3, 14):
        world.plan(day, 18, _sign, world, day)
    world.plan(-300, 10, _permits, world)


def _sign(world: World, day: int) -> None:
    """Who did not post it signs: the pharmacist in charge, or the administrator for what she posted herself."""
    unsigned = (
        select(Posting)
        .join(ControlledEntry, ControlledEntry.posting_id == Posting.id)
        .outerjoin(ControlledSignature, ControlledSignature.posting_id == Posting.id)
        .where(ControlledSignature.posting_id.is_(None))
        .distinct()
    )
    postings = world.session.scalars(unsigned).all()
    signer, other = world.person("coordinator"), world.person("admin")
    own = [each.id for each in postings if register.is_own(each, signer)]
    rest = [each.id for each in postings if not register.is_own(each, signer)]
    with world.at(day, 18):
        for person, ids in ((signer, rest), (other, own)):
            for start in range(0, len(ids), register.MOST_AT_ONCE):
                register.sign(world.session, person, ids[start : start + register.MOST_AT_ONCE])


def _permits(world: World) -> None:
    ministry = "Ministry of Health, Kurdistan Region, narcotics section"
    told = (
        ("licence", "KRG-NAR-0412", ministry, -300, 420, {"TRAM-50": None, "MORPH-10": 2000}),
        ("import", "IQ-IMP-2031", ministry, -260, 230, {"TRAM-50": 20_000, "MORPH-10": 500}),
        ("import", "IQ-IMP-2188", ministry, -40, 61, {"TRAM-50": 40_000, "MORPH-10": 1000}),
        ("model_form", "WHO-MF-0007", "Chief pharmacist of the mission", -300, 60, {"MORPH-10": 300}),
    )
    for kind, number, authority, day, days, items in told:
        with world.at(day, 10):
            fields = {
                "kind": kind,
                "number": number,
                "authority": authority,
                "importer": "Hub, Erbil",
                "exporter": None if kind == "licence" else "Depot, Lyon",
                "site": HUB,
                "valid_from": world.date(day),
                "valid_until": world.date(day) + timedelta(days=days),
                "lines": [Covered(item, quantity) for item, quantity in items.items()],
            }
            made = permits.add_permit(world.session, world.person("coordinator"), fields)
        if kind == "model_form":
            with world.at(day + days, 10):
                permits.end_permit(
                    world.session, world.person("coordinator"), made.id, "The emergency is over"
                )
