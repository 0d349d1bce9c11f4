"""Shipments as lists tell them: totals of many at once are those of each alone."""

from decimal import Decimal

from inventory.queries.shipments import shipment, totals, totals_of
from inventory.services import packing, shipments
from inventory.services.packing import NewPackage, PackedLine
from inventory.services.shipments import NewShipment
from tests.factories import create_item, create_site, stock_up
from tests.services.people import COORDINATOR


def test_totals_of_many_are_those_of_each(session, do, count_queries):
    here, there = create_site(session), create_site(session)
    weighed = create_item(session, unit_weight_kg=Decimal("0.25"), unit_volume_m3=Decimal("0.001"))
    unknown = create_item(session)
    for item in (weighed, unknown):
        stock_up(session, here, item, 1000)
    session.commit()
    commands = [
        [],
        [NewPackage("carton", [PackedLine(weighed.code, 10), PackedLine(unknown.code, 5)])],
        [
            NewPackage("pallet", [PackedLine(weighed.code, 4)], gross_weight_kg=Decimal("12.5")),
            NewPackage("carton", [PackedLine(weighed.code, 20)], volume_m3=Decimal("0.5")),
        ],
    ]
    numbers = []
    for packages in commands:
        number = do(shipments.draft, NewShipment(here.code, there.code, "road")).number
        for command in packages:
            do(packing.pack, number, command)
        numbers.append(number)
    pallet, _ = do(packing.pack, numbers[2], NewPackage("pallet", []))
    do(
        packing.pack,
        numbers[2],
        NewPackage("carton", [PackedLine(weighed.code, 40)], parent=pallet.label),
    )

    session.expire_all()
    alone = {(found := shipment(session, COORDINATOR, number)).id: totals(found) for number in numbers}
    with count_queries() as queries:
        together = totals_of(session, list(alone))
    assert together == alone
    assert len(queries) == 2
    assert sorted(each.packages for each in together.values()) == [0, 1, 4]
    assert (
        max(each.gross_weight_kg for each in together.values()) == Decimal("12.5") + 20 * Decimal("0.25") + 10
    )
