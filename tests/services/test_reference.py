"""Items, sites, donors, policies and donations: made and changed by who may, and nothing wrong gets in."""

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from inventory import clock
from inventory.access import Role
from inventory.errors import Conflict, Forbidden, Invalid, NotFound
from inventory.models import Donation, Donor, Item, Policy, Site
from inventory.services import catalogue, donations, donors, packing, shipments, shipping, sites
from inventory.services.catalogue import Pack
from inventory.services.donations import NewDonation, PromisedLine
from tests.factories import create_donor, create_item, create_site, stock_up
from tests.services.people import COORDINATOR, DONOR, VIEWER, acting, pointers

ITEM = {"code": "AMOX-500", "name": "Amoxicillin 500 mg", "base_unit": "tablet", "category": "medicine"}
SITE = {"code": "ERB", "name": "Erbil", "kind": "dispensary", "country": "IQ"}
LEVELS = {"method": "fixed", "reorder_point": 50, "maximum": 100, "emergency_point": 20}
MONTHS = {
    "method": "months",
    "minimum_months": Decimal(1),
    "maximum_months": Decimal(3),
    "emergency_months": Decimal("0.5"),
}


def test_an_item(do, session):
    packs = [Pack("3400930000021", 20), Pack("09506000134352", 100)]
    item = do(catalogue.add_item, COORDINATOR, ITEM | {"gtins": packs[1:], "ven": "V", "temperature": "cool"})
    assert (item.tracks_expiry, item.serialised, item.temperature, item.ven) == (True, False, "cool", "V")
    assert [(pack.gtin, pack.quantity) for pack in item.gtins] == [("09506000134352", 100)]
    changed = do(catalogue.change_item, COORDINATOR, "AMOX-500", {"name_fr": "Amoxicilline", "gtins": []})
    assert (changed.name_fr, changed.name, changed.gtins) == ("Amoxicilline", "Amoxicillin 500 mg", [])
    assert "amoxicilline" in changed.search_text


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"code": "A B"}, "/code"),
        ({"code": "x" * 33}, "/code"),
        ({"code": ""}, "/code"),
        ({"name": " "}, "/name"),
        ({"name": "a\x00"}, "/name"),
        ({"name": "x" * 201}, "/name"),
        ({"base_unit": None}, "/base_unit"),
        ({"category": ""}, "/category"),
        ({"temperature": "hot"}, "/temperature"),
        ({"ven": "VE"}, "/ven"),
        ({"ven": "X"}, "/ven"),
        ({"unit_weight_kg": Decimal("-1")}, "/unit_weight_kg"),
        ({"unit_volume_m3": Decimal("0.00000000001")}, "/unit_volume_m3"),
        ({"un_number": "123456789"}, "/un_number"),
        ({"gtins": [Pack("123", 1)]}, "/gtins/0/gtin"),
        ({"gtins": [Pack("09506000134352", 0)]}, "/gtins/0/quantity"),
        ({"gtins": [Pack("09506000134352", 1), Pack("9506000134352", 2)]}, "/gtins/1/gtin"),
    ],
)
def test_a_wrong_item_is_named(do, session, fields, pointer):
    with pytest.raises(Invalid) as refused:
        do(catalogue.add_item, COORDINATOR, ITEM | fields)
    assert pointers(refused) == [pointer]
    assert session.scalar(select(func.count()).select_from(Item)) == 0


def test_a_wrong_change_never_reaches_the_database(do):
    do(catalogue.add_item, COORDINATOR, ITEM)
    with pytest.raises(Invalid) as refused:
        do(
            catalogue.change_item,
            COORDINATOR,
            ITEM["code"],
            {"name": None, "temperature": "hot", "gtins": [Pack("09506000134352", 5)]},
        )
    assert set(pointers(refused)) == {"/name", "/temperature"}


def test_codes_and_barcodes_are_taken_once(do):
    do(catalogue.add_item, COORDINATOR, ITEM | {"gtins": [Pack("09506000134352", 10)]})
    for code in ("AMOX-500", "amox-500"):
        with pytest.raises(Conflict) as refused:
            do(catalogue.add_item, COORDINATOR, ITEM | {"code": code})
        assert pointers(refused) == ["/code"]
    with pytest.raises(Invalid) as wrong:
        do(catalogue.add_item, COORDINATOR, ITEM | {"code": "B", "gtins": [Pack("9506000134352", 10)]})
    assert pointers(wrong) == ["/gtins/0/gtin"]
    with pytest.raises(NotFound):
        do(catalogue.change_item, COORDINATOR, "NOPE", {"name": "x"})


def test_what_stock_is_recorded_in_cannot_change(do, session):
    item = create_item(session)
    stock_up(session, create_site(session), item, 10)
    for name, value in (("base_unit", "box"), ("serialised", True)):
        with pytest.raises(Conflict) as refused:
            do(catalogue.change_item, COORDINATOR, item.code, {name: value})
        assert pointers(refused) == [f"/{name}"]
    do(catalogue.change_item, COORDINATOR, item.code, {"base_unit": "tablet", "name": "New name"})


def test_who_may_write_the_catalogue(do, session):
    site = create_site(session)
    for actor in (VIEWER, DONOR, acting(Role.WAREHOUSE, site), acting(Role.CLINIC, site)):
        for call in (
            lambda actor=actor: do(catalogue.add_item, actor, ITEM),
            lambda actor=actor: do(sites.add_site, actor, SITE),
            lambda actor=actor: do(sites.change_site, actor, site.code, {"name": "x"}),
            lambda actor=actor: do(donors.add_donor, actor, {"code": "D", "name": "D"}),
            lambda actor=actor: do(sites.set_policy, actor, site.code, "X", LEVELS),
        ):
            with pytest.raises(Forbidden):
                call()


def test_a_site(do, session):
    site = do(sites.add_site, COORDINATOR, SITE | {"timezone": "Asia/Baghdad", "lead_time_days": 14})
    assert (site.status, site.sensitive, site.country) == ("open", True, "IQ")
    assert do(sites.add_site, COORDINATOR, SITE | {"code": "DEPOT", "kind": "warehouse"}).sensitive is False
    shown = do(sites.add_site, COORDINATOR, SITE | {"code": "C", "sensitive": False, "supplied_by": "DEPOT"})
    assert (shown.sensitive, shown.supplied_by.code) == (False, "DEPOT")
    changed = do(sites.change_site, COORDINATOR, "C", {"supplied_by": None, "admin1": "Duhok"})
    assert (changed.supplied_by, changed.supplied_by_id, changed.admin1) == (None, None, "Duhok")
    with pytest.raises(Conflict):
        do(sites.add_site, COORDINATOR, SITE | {"code": "erb"})
    for code in ("NOPE", "N\x00"):
        with pytest.raises(NotFound):
            do(sites.change_site, COORDINATOR, code, {})


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"code": "?"}, "/code"),
        ({"name": ""}, "/name"),
        ({"kind": "shop"}, "/kind"),
        ({"kind": None}, "/kind"),
        ({"status": "ruined"}, "/status"),
        ({"country": "Iraq"}, "/country"),
        ({"country": "ZZ"}, "/country"),
        ({"country": None}, "/country"),
        ({"supplied_by": "NOPE"}, "/supplied_by"),
        ({"lead_time_days": -1}, "/lead_time_days"),
        ({"timezone": "Mars/Olympus"}, "/timezone"),
    ],
)
def test_a_wrong_site_is_named(do, session, fields, pointer):
    with pytest.raises(Invalid) as refused:
        do(sites.add_site, COORDINATOR, SITE | fields)
    assert pointers(refused) == [pointer]
    assert session.scalar(select(func.count()).select_from(Site)) == 0
    if pointer != "/code":
        do(sites.add_site, COORDINATOR, SITE)
        with pytest.raises(Invalid) as refused:
            do(sites.change_site, COORDINATOR, "ERB", fields | {"supplied_by": "NOPE"})
        assert pointer in pointers(refused)


def test_suppliers_make_no_ring(do, session):
    for code in ("A", "B", "C"):
        do(sites.add_site, COORDINATOR, SITE | {"code": code})
    do(sites.change_site, COORDINATOR, "B", {"supplied_by": "A"})
    do(sites.change_site, COORDINATOR, "C", {"supplied_by": "B"})
    for code, supplier in (("A", "A"), ("A", "B"), ("A", "C"), ("B", "C")):
        with pytest.raises(Invalid) as refused:
            do(sites.change_site, COORDINATOR, code, {"supplied_by": supplier})
        assert pointers(refused) == ["/supplied_by"]
    do(sites.change_site, COORDINATOR, "C", {"supplied_by": "A"})


def test_a_site_with_stock_does_not_close(do, session):
    site, item = create_site(session), create_item(session)
    stock_up(session, site, item, 10, zone="quarantine")
    for fields in ({"status": "closed"}, {"kind": "partner"}):
        with pytest.raises(Conflict) as refused:
            do(sites.change_site, COORDINATOR, site.code, fields)
        assert pointers(refused) == [f"/{next(iter(fields))}"]
    do(sites.change_site, COORDINATOR, site.code, {"name": "Renamed", "kind": "hospital"})
    empty = create_site(session)
    assert do(sites.change_site, COORDINATOR, empty.code, {"status": "closed"}).status == "closed"
    assert do(sites.change_site, COORDINATOR, empty.code, {"status": "open"}).status == "open"


def test_a_site_to_which_goods_are_coming_does_not_close(do, session):
    origin, site, item = create_site(session), create_site(session), create_item(session)
    stock_up(session, origin, item, 10, lot="L1")
    number = do(shipments.draft, COORDINATOR, shipments.NewShipment(origin.code, site.code, "road")).number
    with pytest.raises(Conflict) as refused:
        do(sites.change_site, COORDINATOR, site.code, {"status": "closed"})
    assert pointers(refused) == ["/status"]
    do(packing.pack, COORDINATOR, number, packing.NewPackage("carton", [packing.PackedLine(item.code, 10)]))
    do(shipping.dispatch, COORDINATOR, number, clock.now())
    with pytest.raises(Conflict):
        do(sites.change_site, COORDINATOR, site.code, {"status": "closed"})
    do(shipping.receive, COORDINATOR, number, shipping.Arrival(clock.now(), []))
    do(sites.change_site, COORDINATOR, site.code, {"status": "closed"})


def test_a_donor(do, session):
    donor = do(
        donors.add_donor, COORDINATOR, {"code": "D1", "name": "Hôpital", "email": " Gifts@Example.ORG "}
    )
    assert donor.email == "gifts@example.org"
    with pytest.raises(Conflict):
        do(donors.add_donor, COORDINATOR, {"code": "d1", "name": "x"})
    for fields, pointer in (
        ({"code": "D 2"}, "/code"),
        ({"name": ""}, "/name"),
        ({"email": "nobody"}, "/email"),
    ):
        with pytest.raises(Invalid) as refused:
            do(donors.add_donor, COORDINATOR, {"code": "D2", "name": "x"} | fields)
        assert pointers(refused) == [pointer]
    assert session.scalar(select(func.count()).select_from(Donor)) == 1


def test_a_policy(do, session):
    site, item = create_site(session), create_item(session)
    policy = do(sites.set_policy, COORDINATOR, site.code, item.code, LEVELS | {"order_multiple": 10})
    assert (policy.reorder_point, policy.order_multiple, policy.lookback_months) == (50, 10, None)
    override = {"quantity": Decimal("12.5"), "reason": "a new ward"}
    policy = do(sites.set_policy, COORDINATOR, site.code, item.code, MONTHS | {"demand_override": override})
    assert (policy.reorder_point, policy.minimum_months, policy.lookback_months) == (None, 1, 6)
    assert (policy.demand_override, policy.demand_override_reason, policy.order_multiple) == (
        Decimal("12.5"),
        "a new ward",
        1,
    )
    assert session.scalar(select(func.count()).select_from(Policy)) == 1
    for wrong in ((site.code, "NOPE"), ("NOPE", item.code), (site.code, "N\x00")):
        with pytest.raises(NotFound):
            do(sites.set_policy, COORDINATOR, *wrong, LEVELS)


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"method": "guess"}, "/method"),
        ({"method": None}, "/method"),
        (LEVELS | {"reorder_point": None}, "/reorder_point"),
        (LEVELS | {"reorder_point": -1}, "/reorder_point"),
        (LEVELS | {"maximum": 10**12}, "/maximum"),
        (LEVELS | {"maximum": 40}, "/maximum"),
        (LEVELS | {"emergency_point": 60}, "/emergency_point"),
        (LEVELS | {"order_multiple": 0}, "/order_multiple"),
        (LEVELS | {"expiry_buffer_days": -1}, "/expiry_buffer_days"),
        (LEVELS | {"demand_override": {"quantity": Decimal(1)}}, "/demand_override/reason"),
        (LEVELS | {"demand_override": {"quantity": Decimal(-1), "reason": "x"}}, "/demand_override/quantity"),
        (MONTHS | {"minimum_months": Decimal(-1)}, "/minimum_months"),
        (MONTHS | {"maximum_months": Decimal(500)}, "/maximum_months"),
        (MONTHS | {"emergency_months": None}, "/emergency_months"),
        (MONTHS | {"lookback_months": Decimal(0)}, "/lookback_months"),
        (MONTHS | {"minimum_months": Decimal("NaN")}, "/minimum_months"),
    ],
)
def test_a_wrong_policy_is_named(do, session, fields, pointer):
    site, item = create_site(session), create_item(session)
    with pytest.raises(Invalid) as refused:
        do(sites.set_policy, COORDINATOR, site.code, item.code, fields)
    assert pointer in pointers(refused)
    assert session.scalar(select(func.count()).select_from(Policy)) == 0


def test_a_donation(do, session):
    donor, item = create_donor(session), create_item(session)
    lines = [PromisedLine(item.code, 100)]
    goods = do(
        donations.donate,
        acting(Role.WAREHOUSE),
        NewDonation(donor.code, "goods", clock.today(), "letter 7", lines=lines),
    )
    assert (goods.number, goods.unannounced) == (f"DON-{clock.today().year}-000001", False)
    assert [(line.item.code, line.quantity) for line in goods.lines] == [(item.code, 100)]
    number = do(
        shipments.draft,
        COORDINATOR,
        shipments.NewShipment(create_site(session).code, create_site(session).code, "sea"),
    ).number
    money = NewDonation(
        donor.code, "money", clock.today(), amount=Decimal("1234.5"), currency="EUR", shipment=number
    )
    given = do(donations.donate, COORDINATOR, money)
    assert (given.amount_minor, given.currency, given.shipment_id is not None) == (123450, "EUR", True)
    yen = NewDonation(donor.code, "money", clock.today(), amount=Decimal("500"), currency="JPY")
    assert do(donations.donate, COORDINATOR, yen).amount_minor == 500
    for actor in (VIEWER, DONOR, acting(Role.CLINIC)):
        with pytest.raises(Forbidden):
            do(donations.donate, actor, money)


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"donor": "NOPE"}, "/donor"),
        ({"kind": "time"}, "/kind"),
        ({"kind": None}, "/kind"),
        ({"pledged_on": None}, "/pledged_on"),
        ({"pledged_on": date(1900, 1, 1)}, "/pledged_on"),
        ({"reference": "a\x00"}, "/reference"),
        ({"lines": []}, "/lines"),
        ({"lines": [PromisedLine("NOPE", 1)]}, "/lines/0/item"),
        ({"amount": Decimal(5)}, "/amount"),
        ({"shipment": "SHP-1"}, "/shipment"),
        ({"kind": "money", "amount": Decimal(5), "currency": "EUR"}, "/lines"),
        ({"kind": "money", "lines": [], "currency": "EUR"}, "/amount"),
        ({"kind": "money", "lines": [], "amount": Decimal(0), "currency": "EUR"}, "/amount"),
        ({"kind": "money", "lines": [], "amount": Decimal(-5), "currency": "EUR"}, "/amount"),
        ({"kind": "money", "lines": [], "amount": Decimal("5.001"), "currency": "EUR"}, "/amount"),
        ({"kind": "money", "lines": [], "amount": Decimal(5)}, "/currency"),
        ({"kind": "money", "lines": [], "amount": Decimal(5), "currency": "EURO"}, "/currency"),
    ],
)
def test_a_wrong_donation_is_named(do, session, fields, pointer):
    lines = [PromisedLine(create_item(session).code, 1)]
    command = {
        "donor": create_donor(session).code,
        "kind": "goods",
        "pledged_on": clock.today(),
        "lines": lines,
    }
    with pytest.raises(Invalid) as refused:
        do(donations.donate, COORDINATOR, NewDonation(**command | fields))
    assert pointers(refused) == [pointer]
    assert session.scalar(select(func.count()).select_from(Donation)) == 0
